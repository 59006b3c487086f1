package queue_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

// replicas are several queues on one PostgreSQL database, with a clock each.
func replicas(t *testing.T, n int, change ...func(*queue.Options)) (list []*rig, url string) {
	t.Helper()
	url = storetest.Postgres(t)
	for range n {
		list = append(list, newRigOn(t, openStoreAt(t, url), newClock(), change...))
	}
	return list, url
}

// alone watches that no key runs twice at once, in whatever process.
type alone struct {
	t  *testing.T
	mu sync.Mutex
	by map[string]int // replica, by key
	n  map[int]int    // looks, by replica
}

func (a *alone) look(replica int) func(context.Context, string) (time.Time, error) {
	return func(_ context.Context, key string) (time.Time, error) {
		a.mu.Lock()
		other, twice := a.by[key]
		a.by[key] = replica
		a.n[replica]++
		a.mu.Unlock()
		assert.False(a.t, twice, "%s runs in %d and %d at once", key, other, replica)
		runtime.Gosched()
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.by, key)
		return time.Time{}, nil
	}
}

func TestReplicasShareTheWorkAndRunNoKeyTwiceAtOnce(t *testing.T) {
	list, _ := replicas(t, 3, func(o *queue.Options) { o.Workers = 2 })
	watch := &alone{t: t, by: map[string]int{}, n: map[int]int{}}
	for i, r := range list {
		r.look = watch.look(i)
		r.start(t)
	}
	var all sync.WaitGroup
	for i, r := range list {
		all.Go(func() {
			for n := range 60 {
				assert.NoError(t, r.Schedule(t.Context(), delivery(fmt.Sprintf("%d/%d", i, n), fmt.Sprintf("repo/%d", n%7))))
			}
		})
	}
	all.Wait()
	handled := map[string]int{}
	for _, r := range list {
		r.settle(t)
	}
	for _, r := range list {
		for _, note := range r.notes.take() {
			handled[note]++
		}
	}
	for i := range list {
		for n := range 60 {
			guid := fmt.Sprintf("%d/%d", i, n)
			assert.Equal(t, 1, handled[guid], guid)
		}
	}
	assert.Zero(t, list[0].stats(t).Unhandled)
	assert.Equal(t, 7, list[0].stats(t).Idle)
	assert.Len(t, watch.n, 3, "nobody is left out")
}

func TestOneDeliveryThatReachesTwoReplicasIsHandledOnce(t *testing.T) {
	list, _ := replicas(t, 2)
	var all sync.WaitGroup
	for n := range 20 {
		for _, r := range list {
			all.Go(func() { assert.NoError(t, r.Schedule(t.Context(), delivery(fmt.Sprint(n), "repo/1"))) })
		}
	}
	all.Wait()
	list[1].start(t)
	list[1].settle(t)
	assert.Len(t, list[1].notes.take(), 20+1, "each once, and one look")
}

// What arrives at one replica while the key runs in another one causes one more
// run, not one each.
func TestAHundredDeliveriesAtAnotherReplicaCauseOneMoreRun(t *testing.T) {
	list, _ := replicas(t, 2)
	looking, goOn := make(chan struct{}), make(chan struct{})
	looks := 0
	list[0].look = func(context.Context, string) (time.Time, error) {
		if looks++; looks == 1 {
			close(looking)
			<-goOn
		}
		return time.Time{}, nil
	}
	list[0].start(t)
	list[1].schedule(t, "first", "repo/1")
	list[0].Wake()
	<-looking
	for n := range 100 {
		list[1].schedule(t, fmt.Sprint(n), "repo/1")
	}
	close(goOn)
	list[0].settle(t)
	assert.Equal(t, 2, looks)
	assert.Zero(t, list[0].stats(t).Unhandled)
}

// busy keeps the only worker of a replica busy until the test's end.
func busy(t *testing.T, r *rig) {
	t.Helper()
	looking, goOn := make(chan struct{}), make(chan struct{})
	r.look = func(context.Context, string) (time.Time, error) {
		close(looking)
		<-goOn
		return time.Time{}, nil
	}
	r.start(t)
	t.Cleanup(func() { close(goOn) }) // before the one of start
	r.schedule(t, "long", "repo/1")
	<-looking
}

func TestABusyReplicaWakesAnotherOne(t *testing.T) {
	list, _ := replicas(t, 2, func(o *queue.Options) { o.Workers, o.Lease = 1, time.Hour }) // nobody looks by itself
	busy(t, list[0])
	looked := make(chan string, 1)
	list[1].look = func(_ context.Context, key string) (time.Time, error) {
		looked <- key
		return time.Time{}, nil
	}
	list[1].start(t)
	list[0].schedule(t, "a", "repo/2")
	assert.Equal(t, "repo/2", <-looked)
}

func TestWorkIsFoundWhenNobodyTells(t *testing.T) {
	list, url := replicas(t, 1, func(o *queue.Options) { o.Lease = 30 * time.Millisecond })
	looked := make(chan string, 1)
	list[0].look = func(_ context.Context, key string) (time.Time, error) {
		looked <- key
		return time.Time{}, nil
	}
	list[0].start(t)
	silent := openStoreAt(t, url)
	require.NoError(t, silent.Write(t.Context(), "want", func(ctx context.Context, tx *sql.Tx) error {
		return queue.Want(ctx, tx, "repo/1", list[0].clock.Now())
	}))
	assert.Equal(t, "repo/1", <-looked)
}

func TestTheQueueOutlivesItsConnections(t *testing.T) {
	list, url := replicas(t, 2, func(o *queue.Options) { o.Workers, o.Lease = 1, time.Hour })
	cut := func() {
		storetest.Exec(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	}
	busy(t, list[0])
	looked := make(chan string)
	list[1].look = func(_ context.Context, key string) (time.Time, error) {
		looked <- key
		return time.Time{}, nil
	}
	list[1].start(t)
	cut()
	list[0].schedule(t, "a", "repo/2")
	assert.Equal(t, "repo/2", <-looked, "heard of, or found when it listens again")
	cut()
	list[1].schedule(t, "b", "repo/3")
	assert.Equal(t, "repo/3", <-looked)
}

func TestAKilledReplicaIsTakenOverWhenItsLeaseHasRunOut(t *testing.T) {
	url := storetest.Postgres(t)
	r := newRigOn(t, openStoreAt(t, url), newClock(), func(o *queue.Options) { o.Now, o.Lease = time.Now, shortLease })
	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), program)
	child.Env = append(os.Environ(), crashAsChild+"="+url)
	hang(t, child)
	r.start(t)
	r.settle(t)
	assert.Equal(t, []string{"hanging", "waiting", "look repo/1"}, r.notes.take())
}

// Whose clock is an hour ahead takes nothing from those who are at work, and nor
// does anybody from one whose clock is behind.
func TestAttackAWrongClockTakesNoKeyFromWhoIsAtWork(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"ahead": time.Hour, "behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := storetest.Postgres(t)
			withClock := func(off time.Duration) *rig {
				return newRigOn(t, openStoreAt(t, url), newClock(), func(o *queue.Options) {
					o.Lease, o.Now = shortLease, func() time.Time { return time.Now().Add(off) }
				})
			}
			right, wrong := withClock(0), withClock(ahead)
			looking, goOn := make(chan struct{}), make(chan struct{})
			right.look = func(ctx context.Context, key string) (time.Time, error) {
				if key == "repo/1" {
					close(looking)
					<-goOn
				}
				return time.Time{}, ctx.Err()
			}
			right.start(t)
			right.schedule(t, "a", "repo/1")
			<-looking
			wrong.start(t)
			for beats, last := 0, time.Duration(0); beats < 5; { // of three to a lease
				if due := right.dueIn(t, "repo/1"); due != last {
					beats, last = beats+1, due
				}
			}
			close(goOn)
			right.settle(t)
			assert.EqualValues(t, 0, right.one(t, `SELECT COUNT(*) FROM work WHERE last_error <> ''`))
			assert.Equal(t, []string{"a", "look repo/1"}, right.notes.take())
			assert.Empty(t, wrong.notes.take())
		})
	}
}

// A process that was frozen beyond its lease still believes what it read before.
func TestAttackARunThatLostItsKeyWritesNothing(t *testing.T) {
	r := newRig(t, func(o *queue.Options) { o.Lease = time.Hour }) // no heartbeat tells it
	looking, goOn := make(chan struct{}), make(chan struct{})
	written := make(chan error, 1)
	r.look = func(ctx context.Context, _ string) (time.Time, error) {
		close(looking)
		<-goOn
		err := r.store.Write(ctx, "decide", func(ctx context.Context, tx *sql.Tx) error {
			return store.SaveRepository(ctx, tx, store.Repository{ID: 1, Name: "old"})
		})
		written <- err
		return time.Time{}, err
	}
	stop := r.start(t)
	r.schedule(t, "a", "repo/1")
	<-looking
	r.exec(t, `UPDATE work SET owner = 'another/1'`)
	close(goOn)
	require.ErrorIs(t, <-written, store.ErrLeaseLost)
	stop()
	assert.Zero(t, r.one(t, `SELECT COUNT(*) FROM repository`))
	assert.EqualValues(t, 1, r.one(t, `SELECT COUNT(*) FROM work WHERE owner = 'another/1' AND last_error = ''`))
}
