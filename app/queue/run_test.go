package queue_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/queue"
)

func TestDeliveriesOfAKeyAreHandledInOrderOfArrivalAndThenItIsLookedAtOnce(t *testing.T) {
	r := newRig(t)
	for i := range 12 { // 12, so that an order by name would show
		r.clock.advance(-time.Second) // nor does the clock decide
		r.schedule(t, fmt.Sprint(i), "repo/1")
	}
	r.clock.advance(time.Minute)
	r.start(t)
	r.settle(t)
	assert.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "look repo/1"}, r.notes.take())
	assert.Equal(t, queue.Stats{Idle: 1}, r.stats(t))
}

func TestAHundredDeliveriesDuringARunCauseOneMoreRun(t *testing.T) {
	r := newRig(t)
	looking, goOn := make(chan struct{}), make(chan struct{})
	var looks atomic.Int32
	r.look = func(context.Context, string) (time.Time, error) {
		if looks.Add(1) == 1 {
			close(looking)
			<-goOn
		}
		return time.Time{}, nil
	}
	r.start(t)
	r.schedule(t, "first", "repo/1")
	<-looking
	for i := range 100 {
		r.schedule(t, fmt.Sprint(i), "repo/1")
	}
	assert.Equal(t, 1, r.stats(t).Running)
	close(goOn)
	r.settle(t)
	assert.EqualValues(t, 2, looks.Load())
	assert.Len(t, r.notes.take(), 101+2)
	assert.Zero(t, r.stats(t).Unhandled)
}

func TestDeliveriesWithinTheDebounceCauseOneRun(t *testing.T) {
	r := newRig(t, func(o *queue.Options) { o.Debounce = 250 * time.Millisecond })
	r.start(t)
	r.schedule(t, "a", "repo/1")
	r.clock.advance(200 * time.Millisecond)
	r.schedule(t, "b", "repo/1")
	assert.Equal(t, 50*time.Millisecond, r.dueIn(t, "repo/1"), "the first one's time stands")
	assert.Empty(t, r.notes.take())
	r.clock.advance(50 * time.Millisecond)
	r.settle(t)
	assert.Equal(t, []string{"a", "b", "look repo/1"}, r.notes.take())
}

func TestRunWakesByItselfWhenSomethingIsDue(t *testing.T) {
	r := newRig(t, func(o *queue.Options) {
		o.Now, o.Debounce = time.Now, 5*time.Millisecond
	})
	again := make(chan struct{})
	var looks atomic.Int32
	r.look = func(context.Context, string) (time.Time, error) {
		if looks.Add(1) == 2 {
			close(again)
			return time.Time{}, nil
		}
		return time.Now().Add(20 * time.Millisecond), nil
	}
	r.start(t)
	r.schedule(t, "a", "repo/1")
	<-again
	r.settle(t)
}

func TestTheNextLookNeedsNoDelivery(t *testing.T) {
	r := newRig(t)
	r.look = func(context.Context, string) (time.Time, error) { return r.clock.Now().Add(24 * time.Hour), nil }
	r.start(t)
	r.schedule(t, "a", "repo/1")
	r.settle(t)
	r.notes.take()
	r.clock.advance(24*time.Hour - time.Millisecond)
	r.settle(t)
	assert.Empty(t, r.notes.take())
	r.clock.advance(time.Millisecond)
	r.settle(t)
	assert.Equal(t, []string{"look repo/1"}, r.notes.take())
}

// Whatever arrives, by whom and when: nothing is lost, nothing handled twice,
// no key runs twice at once, and a look follows the last delivery of each.
func TestNothingIsLostAndNoKeyRunsTwiceAtOnce(t *testing.T) {
	r := newRig(t, func(o *queue.Options) { o.Workers = 3 })
	var mu sync.Mutex
	handled, looked, running := map[string]int{}, map[string]bool{}, map[string]bool{}
	enter := func(key string) {
		mu.Lock()
		defer mu.Unlock()
		assert.False(t, running[key], "%s runs twice at once", key)
		running[key] = true
	}
	leave := func(key string, lookedAt bool) {
		mu.Lock()
		defer mu.Unlock()
		running[key], looked[key] = false, lookedAt
	}
	r.handle = func(_ context.Context, guid, key string) error {
		enter(key)
		defer leave(key, false)
		mu.Lock()
		defer mu.Unlock()
		handled[guid]++
		return nil
	}
	r.look = func(_ context.Context, key string) (time.Time, error) {
		enter(key)
		defer leave(key, true)
		runtime.Gosched()
		return time.Time{}, nil
	}
	r.start(t)
	rounds := 0
	rapid.Check(t, func(p *rapid.T) {
		keys := rapid.IntRange(1, 4).Draw(p, "keys")
		perSender := rapid.IntRange(1, 8).Draw(p, "deliveries of a sender")
		senders := rapid.IntRange(1, 6).Draw(p, "senders")
		rounds++
		round := rounds
		var all sync.WaitGroup
		for s := range senders {
			all.Go(func() {
				for i := range perSender {
					d := delivery(fmt.Sprintf("%d-%d-%d", round, s, i), fmt.Sprintf("repo/%d", (s+i)%keys))
					assert.NoError(t, r.Schedule(t.Context(), d))
				}
			})
		}
		all.Wait()
		r.settle(t)
		mu.Lock()
		defer mu.Unlock()
		assert.Len(t, handled, senders*perSender)
		for guid, n := range handled {
			assert.Equal(t, 1, n, guid)
		}
		for key, yes := range looked {
			assert.True(t, yes, "no look after the last delivery of %s", key)
		}
		clear(handled)
	})
}

func TestRunsGoOnSideBySideUpToTheNumberOfWorkers(t *testing.T) {
	r := newRig(t, func(o *queue.Options) { o.Workers = 2 })
	inside, goOn := make(chan string, 3), make(chan struct{})
	r.look = func(_ context.Context, key string) (time.Time, error) {
		inside <- key
		<-goOn
		return time.Time{}, nil
	}
	for i := range 3 {
		r.schedule(t, fmt.Sprint(i), fmt.Sprintf("repo/%d", i))
	}
	r.start(t)
	<-inside
	<-inside
	s := r.stats(t)
	assert.Equal(t, [2]int{2, 1}, [2]int{s.Running, s.Waiting})
	close(goOn)
	r.settle(t)
	assert.Equal(t, 3, r.stats(t).Idle)
}

func TestARunWhoseKeyWasTakenIsCancelledAndChangesNothing(t *testing.T) {
	for name, result := range map[string]error{"it fails": errBroken, "it succeeds": nil} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(o *queue.Options) { o.Lease = 30 * time.Millisecond })
			looking, ended := make(chan struct{}), make(chan error, 1)
			r.look = func(ctx context.Context, _ string) (time.Time, error) {
				close(looking)
				<-ctx.Done()
				ended <- context.Cause(ctx)
				return time.Time{}, result
			}
			stop := r.start(t)
			r.schedule(t, "a", "repo/1")
			<-looking
			r.exec(t, `UPDATE work SET owner = 'another', due_at = $1`, r.clock.Now().Add(time.Hour).UnixMilli())
			require.ErrorContains(t, <-ended, "lost the lease")
			stop()
			assert.EqualValues(t, 1, r.one(t, `SELECT COUNT(*) FROM work WHERE owner = 'another' AND done = 0`))
		})
	}
}

func TestTheHeartbeatExtendsTheLease(t *testing.T) {
	asked := make(chan struct{}, 1) // somebody asked for the time, as each heartbeat does
	r := newRig(t, func(o *queue.Options) {
		now := o.Now
		o.Lease = shortLease
		o.Now = func() time.Time {
			select {
			case asked <- struct{}{}:
			default:
			}
			return now()
		}
	})
	looking, goOn := make(chan struct{}), make(chan struct{})
	r.look = func(context.Context, string) (time.Time, error) {
		close(looking)
		<-goOn
		return time.Time{}, nil
	}
	r.start(t)
	r.schedule(t, "a", "repo/1")
	<-looking
	r.clock.advance(time.Hour) // the lease has run out by the clock, but the run is alive
	r.Wake()
	for r.dueIn(t, "repo/1") <= 0 {
		<-asked
	}
	close(goOn)
	r.settle(t)
	assert.Equal(t, []string{"a", "look repo/1"}, r.notes.take())
}

func TestTheKeyOfAFrozenOwnerIsTakenBackWhenItsLeaseHasRunOut(t *testing.T) {
	r := newRig(t)
	r.schedule(t, "a", "repo/1")
	r.exec(t, `UPDATE work SET owner = 'frozen/1', attempts = 1, due_at = $1`, r.clock.Now().Add(time.Minute).UnixMilli())
	looked := make(chan string, 2)
	r.look = func(_ context.Context, key string) (time.Time, error) {
		looked <- key
		return time.Time{}, nil
	}
	r.start(t)
	r.schedule(t, "b", "repo/2")
	require.Equal(t, "repo/2", <-looked)
	assert.NotContains(t, r.notes.take(), "a", "its lease has not run out")
	r.clock.advance(time.Minute)
	r.settle(t)
	assert.Equal(t, "repo/1", <-looked)
	assert.Equal(t, []string{"a", "look repo/1"}, r.notes.take())
	assert.Equal(t, 2, r.stats(t).Idle)
}

func TestAKeyWhoseRunsEndWithoutAWordIsSlowedAndThenParked(t *testing.T) {
	for _, c := range []struct {
		name  string
		ends  int
		wait  time.Duration
		looks bool
	}{
		{"the second such end is tried again at once", 2, 0, true},
		{"the third waits", 3, 20 * time.Second, false},
		{"the ninth waits longest", 9, 15 * time.Minute, false},
		{"the tenth parks", 10, 24 * time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			require.NoError(t, r.Poke(t.Context(), "repo/1"))
			r.exec(t, `UPDATE work SET owner = 'dead/1', attempts = $1, due_at = 0`, c.ends)
			r.start(t)
			r.settle(t)
			if c.looks {
				assert.Equal(t, []string{"look repo/1"}, r.notes.take())
				return
			}
			assert.Empty(t, r.notes.take())
			assert.Equal(t, c.wait, r.dueIn(t, "repo/1"))
		})
	}
}

func TestIdleGivesUpWithItsContext(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.Idle(t.Context()), "an empty queue is idle")
	r.schedule(t, "a", "repo/1")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, r.Idle(ctx), context.DeadlineExceeded)
}
