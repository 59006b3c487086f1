package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatAClockThatWasAheadPutOffIsDoneNow(t *testing.T) {
	t.Run("a delivery", func(t *testing.T) {
		r := newRig(t)
		r.clock.advance(time.Hour)
		r.schedule(t, "a", "repo/1")
		r.clock.advance(-time.Hour)
		r.start(t)
		r.settle(t)
		assert.Equal(t, []string{"a", "look repo/1"}, r.notes.take())
	})
	t.Run("a key that is held", func(t *testing.T) {
		r := newRig(t)
		r.look = func(context.Context, string) (time.Time, error) {
			return time.Time{}, outage{until: r.clock.Now().Add(30 * time.Minute)}
		}
		stop := r.start(t)
		r.clock.advance(time.Hour)
		require.NoError(t, r.Poke(t.Context(), "repo/1"))
		r.settle(t)
		stop()
		r.look = nil
		r.clock.advance(-time.Hour)
		r = newRigOn(t, r.store, r.clock) // as after a new start
		r.start(t)
		r.schedule(t, "a", "repo/2") // for it to take its turn
		r.settle(t)
		assert.Equal(t, 0, r.stats(t).Held)
		assert.Contains(t, r.notes.take(), "look repo/1")
	})
}
