package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
)

func TestWhatARunThatEndedWithoutAWordMayHaveDoneIsKnownBeforeTheNext(t *testing.T) {
	var r *rig
	r = newRig(t, func(o *queue.Options) {
		o.Abandoned = func(_ context.Context, key string) error { r.notes.add("abandoned %s", key); return nil }
	})
	r.schedule(t, "a", "repo/1")
	r.exec(t, `UPDATE work SET owner = 'dead/1', due_at = 0`)
	r.start(t)
	r.settle(t)
	assert.Equal(t, []string{"abandoned repo/1", "a", "look repo/1"}, r.notes.take())
}

func TestARunThatLostItsKeyHasItLookedAtOnceMore(t *testing.T) {
	var r *rig
	r = newRig(t, func(o *queue.Options) {
		o.Lease = time.Hour // no heartbeat tells it
		o.Abandoned = func(_ context.Context, key string) error { r.notes.add("abandoned %s", key); return nil }
	})
	again := make(chan struct{})
	r.look = func(ctx context.Context, _ string) (time.Time, error) {
		r.look = func(context.Context, string) (time.Time, error) {
			close(again)
			return time.Time{}, nil
		}
		r.exec(t, `UPDATE work SET owner = ''`) // another one had it, and is done
		return time.Time{}, r.store.HoldsLease(ctx)
	}
	r.start(t)
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	<-again
	r.settle(t)
	assert.Equal(t, []string{"look repo/1", "abandoned repo/1", "look repo/1"}, r.notes.take())
}
