package queue_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
)

func TestTwoHandlersForOneEventAreRefused(t *testing.T) {
	nothing := handler(func(context.Context, string, string) error { return nil })
	_, err := queue.New(openStore(t), queue.Options{
		Handlers: []githubapp.EventHandler{nothing, nothing},
		Route:    route,
		Look:     func(context.Context, string) (time.Time, error) { return time.Time{}, nil },
	})
	require.ErrorContains(t, err, "both handle the event issue_comment")
	_, err = queue.New(openStore(t), queue.Options{})
	require.ErrorContains(t, err, "Route and Look are required")
}

func TestWhatConcernsNobodyIsAnsweredAndNotStored(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.Schedule(t.Context(), delivery("a", "thanks!")))
	require.NoError(t, r.Schedule(t.Context(), githubapp.Dispatch{EventType: "star", DeliveryID: "b", Payload: []byte("repo/1")}))
	assert.Equal(t, queue.Stats{}, r.stats(t))
}

func TestAttackMalformedDeliveriesAreRefusedAndNotStored(t *testing.T) {
	r := newRig(t)
	for name, c := range map[string]struct {
		delivery githubapp.Dispatch
		err      error
	}{
		"payload cut short": {delivery("a", "{"), errUnreadable},
		"no GUID":           {delivery("", "repo/1"), queue.ErrMalformed},
		"GUID too long":     {delivery(strings.Repeat("a", 101), "repo/1"), queue.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, r.Schedule(t.Context(), c.delivery), c.err)
			assert.Equal(t, queue.Stats{}, r.stats(t))
		})
	}
}

func TestADeliveryIsOnDiskWhenScheduleReturns(t *testing.T) {
	r := newRig(t)
	r.schedule(t, "a", "repo/1")
	assert.Equal(t, queue.Stats{Waiting: 1, Unhandled: 1}, r.stats(t))
	r.clock.advance(time.Minute)
	assert.Equal(t, time.Minute, r.stats(t).OldestWaiting)
}

func TestADeliveryThatCannotBeStoredIsAnError(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := r.Schedule(ctx, delivery("a", "repo/1"))
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, queue.ErrMalformed)
}

func TestAttackADeliverySentThreeTimesIsHandledOnce(t *testing.T) {
	r := newRig(t)
	r.schedule(t, "a", "repo/1")
	r.schedule(t, "a", "repo/1")
	r.start(t)
	r.settle(t)
	r.schedule(t, "a", "repo/1")
	r.settle(t)
	assert.Equal(t, []string{"a", "look repo/1"}, r.notes.take())
}

func TestAttackAKnownGUIDWithAnotherPayloadReplacesNothing(t *testing.T) {
	r := newRig(t)
	var got []string
	r.handle = func(_ context.Context, guid, key string) error {
		got = append(got, guid+" "+key)
		return nil
	}
	r.schedule(t, "a", "repo/1")
	r.schedule(t, "a", "repo/2")
	r.start(t)
	r.settle(t)
	r.schedule(t, "a", "repo/3")
	r.settle(t)
	assert.Equal(t, []string{"a repo/1"}, got)
	assert.Equal(t, 1, r.stats(t).Idle, "no other key was touched")
}

func TestThePayloadIsDroppedOnceHandledAndTheRowsAfter30Days(t *testing.T) {
	r := newRig(t)
	stop := r.start(t)
	r.schedule(t, "a", "repo/1")
	r.settle(t)
	assert.EqualValues(t, 1, r.one(t, `SELECT COUNT(*) FROM delivery WHERE handled_at IS NOT NULL AND payload IS NULL`))

	for _, c := range []struct {
		after time.Duration
		left  int64
	}{{29 * 24 * time.Hour, 1}, {25 * time.Hour, 0}} {
		r.clock.advance(c.after)
		stop()
		stop = r.start(t)
		r.schedule(t, "x"+c.after.String(), "repo/2") // a run of the loop has passed when it is handled
		r.settle(t)
		assert.Equal(t, c.left, r.one(t, `SELECT COUNT(*) FROM delivery WHERE guid = 'a'`))
		assert.Equal(t, c.left, r.one(t, `SELECT COUNT(*) FROM work WHERE key = 'repo/1'`))
	}
}

func TestPayloadsAreStoredAsJSONReadsThem(t *testing.T) {
	r := newRig(t, func(o *queue.Options) {
		o.Route = func(context.Context, string, []byte) (string, error) { return "repo/1", nil }
	})
	var got string
	r.handle = func(_ context.Context, _, payload string) error {
		got = payload
		return nil
	}
	r.start(t)
	r.schedule(t, "a", "broken \xff, zero \x00 ü")
	r.settle(t)
	assert.Equal(t, "broken \uFFFD, zero \uFFFD ü", got)
}

func TestPokeAsksForALookWithoutADelivery(t *testing.T) {
	r := newRig(t)
	r.start(t)
	require.NoError(t, r.Poke(t.Context(), "repo/1"))
	r.settle(t)
	assert.Equal(t, []string{"look repo/1"}, r.notes.take())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, r.Poke(ctx, "repo/1"), "poke repo/1")
}

func TestScheduleWaitsForItsCommit(t *testing.T) {
	r := newRig(t)
	goOn := r.slowDisk(t)
	scheduled := r.arrive(t, 1, "repo/1")
	assert.Empty(t, scheduled)
	assert.Zero(t, r.stats(t).Unhandled)
	goOn()
	require.NoError(t, <-scheduled)
	assert.Equal(t, 1, r.stats(t).Unhandled)
}
