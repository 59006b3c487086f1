package queue_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
)

var errBroken = errors.New("broken")

// backoffs are the waits after the first to the ninth failure.
var backoffs = []time.Duration{
	5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second,
	160 * time.Second, 320 * time.Second, 640 * time.Second, 15 * time.Minute,
}

// alwaysFails makes every look fail until the returned function is called.
func (r *rig) alwaysFails() (repair func()) {
	broken := true
	r.look = func(context.Context, string) (time.Time, error) {
		if broken {
			return time.Time{}, errBroken
		}
		return time.Time{}, nil
	}
	return func() { broken = false }
}

func TestAFailingKeyBacksOffAndIsParkedAfterTenFailures(t *testing.T) {
	r := newRig(t)
	r.alwaysFails()
	r.start(t)
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	r.settle(t)
	for i, wait := range backoffs {
		require.Equal(t, wait, r.dueIn(t, "repo/1"), "after failure %d", i+1)
		assert.Equal(t, queue.Stats{Retrying: 1}, r.stats(t))
		r.schedule(t, fmt.Sprint(i), "repo/1")
		require.Equal(t, wait, r.dueIn(t, "repo/1"), "a delivery does not shorten the wait")
		r.clock.advance(wait)
		r.settle(t)
		assert.EqualValues(t, i+1, r.one(t, `SELECT COUNT(*) FROM delivery WHERE handled_at IS NOT NULL`), "a failing look does not hold up deliveries")
	}
	assert.Equal(t, 24*time.Hour, r.dueIn(t, "repo/1"))
	assert.Equal(t, queue.Stats{Parked: 1}, r.stats(t))
	var lastError string
	require.NoError(t, r.store.Read().QueryRow(`SELECT last_error FROM work`).Scan(&lastError))
	assert.Equal(t, "look at repo/1: broken", lastError)
}

func TestAParkedKeyIsTriedAgain(t *testing.T) {
	for name, try := range map[string]func(*testing.T, *rig){
		"by a delivery":         func(t *testing.T, r *rig) { r.schedule(t, "new", "repo/1") },
		"by hand":               func(t *testing.T, r *rig) { require.NoError(t, r.Poke(t.Context(), "repo/1")) },
		"by the nightly look":   func(_ *testing.T, r *rig) { r.clock.advance(24 * time.Hour) },
		"and stays parked else": nil,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.alwaysFails()()
			require.NoError(t, r.Poke(t.Context(), "repo/1"))
			r.exec(t, `UPDATE work SET attempts = 10, due_at = $1`, r.clock.Now().Add(24*time.Hour).UnixMilli())
			r.start(t)
			if try == nil {
				r.settle(t)
				assert.Empty(t, r.notes.take())
				assert.Equal(t, queue.Stats{Parked: 1}, r.stats(t))
				return
			}
			try(t, r)
			r.settle(t)
			assert.Contains(t, r.notes.take(), "look repo/1")
			assert.Equal(t, queue.Stats{Idle: 1}, r.stats(t))
		})
	}
}

func TestWhatArrivesDuringTheTenthFailureIsNotForgotten(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	r.exec(t, `UPDATE work SET attempts = 9`)
	r.look = func(context.Context, string) (time.Time, error) {
		r.look = nil
		r.schedule(t, "late", "repo/1")
		return time.Time{}, errBroken
	}
	r.start(t)
	r.settle(t)
	assert.Equal(t, 15*time.Minute, r.dueIn(t, "repo/1"))
	r.clock.advance(15 * time.Minute)
	r.settle(t)
	assert.Equal(t, []string{"look repo/1", "late", "look repo/1"}, r.notes.take())
	assert.Equal(t, queue.Stats{Idle: 1}, r.stats(t))
}

func TestPokeDoesNotWaitForTheBackoff(t *testing.T) {
	r := newRig(t)
	repair := r.alwaysFails()
	r.start(t)
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	r.settle(t)
	repair()
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	r.settle(t)
	assert.Equal(t, queue.Stats{Idle: 1}, r.stats(t))
}

func TestAnOutageOfGitHubParksNothing(t *testing.T) {
	r := newRig(t)
	down := true
	r.handle = func(context.Context, string, string) error {
		if down {
			return fmt.Errorf("add reaction: %w", outage{})
		}
		return nil
	}
	r.start(t)
	for i := range 3 {
		r.schedule(t, fmt.Sprint(i), "repo/1")
	}
	r.settle(t)
	holds := []time.Duration{5, 10, 20, 40, 80, 160, 240, 240, 240, 240, 240, 240, 240, 240, 240, 240, 240, 240, 240, 240, 240} // seconds; over an hour
	for i, hold := range holds {
		require.Equal(t, hold*time.Second, r.dueIn(t, "repo/1"), "hold %d", i+1)
		r.schedule(t, fmt.Sprint(3+i), "repo/1")
		require.Equal(t, hold*time.Second, r.dueIn(t, "repo/1"), "a delivery does not shorten the hold")
		s := r.stats(t)
		s.OldestWaiting = 0
		require.Equal(t, queue.Stats{Retrying: 1, Held: 1, Unhandled: 4 + i}, s)
		r.clock.advance(hold * time.Second)
		if i == len(holds)-1 {
			down = false
			r.notes.take()
		}
		r.settle(t)
	}
	inOrder := []string{}
	for i := range 3 + len(holds) {
		inOrder = append(inOrder, fmt.Sprint(i))
	}
	assert.Equal(t, append(inOrder, "look repo/1"), r.notes.take(), "all worked off")
	assert.Equal(t, queue.Stats{Idle: 1}, r.stats(t))
}

func TestALimitOfGitHubHoldsTheKeyUntilItIsReset(t *testing.T) {
	for _, c := range []struct {
		name       string
		reset, due time.Duration
	}{
		{"reset soon", 40 * time.Minute, 40 * time.Minute},
		{"reset said to be in a year", 365 * 24 * time.Hour, time.Hour},
		{"reset already past", -time.Minute, 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.look = func(context.Context, string) (time.Time, error) {
				return time.Time{}, outage{until: r.clock.Now().Add(c.reset)}
			}
			r.start(t)
			require.NoError(t, r.Poke(t.Context(), "repo/1"))
			r.settle(t)
			assert.Equal(t, c.due, r.dueIn(t, "repo/1"))
			assert.Equal(t, 1, r.stats(t).Held)
		})
	}
}

func TestManyLimitsInARowMakeNoOutageLonger(t *testing.T) {
	r := newRig(t)
	failure := outage{}
	r.look = func(context.Context, string) (time.Time, error) { return time.Time{}, failure }
	r.start(t)
	for range 20 {
		failure.until = r.clock.Now().Add(time.Second)
		require.NoError(t, r.Poke(t.Context(), "repo/1"))
		r.settle(t)
		r.clock.advance(time.Second)
	}
	failure.until = time.Time{}
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	r.settle(t)
	assert.LessOrEqual(t, r.dueIn(t, "repo/1"), 10*time.Second)
}

func TestAnOutageForgivesNoEarlierFailure(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	r.exec(t, `UPDATE work SET attempts = 3`)
	r.look = func(context.Context, string) (time.Time, error) { return time.Time{}, outage{} }
	r.start(t)
	r.settle(t)
	assert.EqualValues(t, 3, r.one(t, `SELECT attempts FROM work`))
}

func TestAttackADeliveryThatAlwaysFailsIsParkedAloneAndHoldsUpNobody(t *testing.T) {
	r := newRig(t)
	fixed := false
	r.handle = func(_ context.Context, guid, _ string) error {
		if guid == "poison" && !fixed {
			panic("nil map")
		}
		return nil
	}
	r.start(t)
	r.schedule(t, "poison", "repo/1")
	r.schedule(t, "good", "repo/1")
	r.settle(t)
	assert.Subset(t, r.notes.take(), []string{"poison", "good", "look repo/1"})
	for i, wait := range backoffs {
		require.Equal(t, wait, r.dueIn(t, "repo/1"))
		r.schedule(t, fmt.Sprint(i), "repo/1")
		r.settle(t)
		require.Equal(t, []string{fmt.Sprint(i), "look repo/1"}, r.notes.take(), "others do not wait, nor make it be tried sooner")
		r.clock.advance(wait)
		r.settle(t)
		require.Equal(t, []string{"poison", "look repo/1"}, r.notes.take())
	}
	s := r.stats(t)
	assert.Equal(t, queue.Stats{Idle: 1, Unhandled: 1, ParkedDeliveries: 1}, s, "the key itself is well")

	fixed = true
	r.schedule(t, "poison", "repo/1") // sent again by hand, with the same GUID
	r.settle(t)
	assert.Equal(t, []string{"poison", "look repo/1"}, r.notes.take())
	assert.Equal(t, queue.Stats{Idle: 1}, r.stats(t))
}

func TestAGUIDSentAgainWhileItsDeliveryIsRetriedChangesNothing(t *testing.T) {
	r := newRig(t)
	r.handle = func(context.Context, string, string) error { return errBroken }
	r.start(t)
	r.schedule(t, "a", "repo/1")
	r.settle(t)
	r.schedule(t, "a", "repo/1")
	r.settle(t)
	assert.Equal(t, []string{"a", "look repo/1"}, r.notes.take())
	r.handle = nil
	r.clock.advance(5 * time.Second)
	r.settle(t)
	assert.Equal(t, []string{"a", "look repo/1"}, r.notes.take())
	assert.Zero(t, r.stats(t).Unhandled)
}

func TestADeliveryWhoseHandlerIsGoneIsKept(t *testing.T) {
	r := newRig(t)
	r.schedule(t, "a", "repo/1")
	r.exec(t, `UPDATE delivery SET event = 'retired'`)
	r.start(t)
	r.settle(t)
	assert.Equal(t, []string{"look repo/1"}, r.notes.take())
	assert.Equal(t, 1, r.stats(t).Unhandled)
}
