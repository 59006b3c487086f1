package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
)

func TestADeliveryThatWasGivenUpIsListedAndTriedAgainByHand(t *testing.T) {
	r := newRig(t)
	r.handle = func(context.Context, string, string) error { return errBroken }
	r.start(t)
	r.schedule(t, "a", "repo/1")
	r.settle(t)
	for _, wait := range backoffs {
		r.clock.advance(wait)
		r.Wake()
		r.settle(t)
	}
	given, err := r.GivenUps(t.Context())
	require.NoError(t, err)
	require.Len(t, given, 1)
	assert.Equal(t, "a", given[0].GUID)
	assert.Contains(t, given[0].LastError, errBroken.Error())
	known, err := r.Known(t.Context(), "a")
	require.NoError(t, err)
	assert.True(t, known, "it is on record")

	r.handle = nil
	r.notes.take()
	known, err = r.Retry(t.Context(), "repo/1")
	require.NoError(t, err)
	assert.True(t, known)
	r.settle(t)
	assert.Equal(t, []string{"a", "look repo/1"}, r.notes.take())
	given, err = r.GivenUps(t.Context())
	require.NoError(t, err)
	assert.Empty(t, given)
	known, err = r.Retry(t.Context(), "repo/2")
	require.NoError(t, err)
	assert.False(t, known)
}

func TestTroublesAreTheKeysThatDoNotComeOn(t *testing.T) {
	r := newRig(t)
	r.look = func(_ context.Context, key string) (time.Time, error) {
		switch key {
		case "repo/1":
			return time.Time{}, errBroken
		case "repo/2":
			return time.Time{}, outage{}
		}
		return r.clock.Now().Add(time.Hour), nil
	}
	r.start(t)
	for _, key := range []string{"repo/1", "repo/2", "repo/3"} {
		require.NoError(t, r.Poke(t.Context(), key))
	}
	r.settle(t)
	list, err := r.Troubles(t.Context())
	require.NoError(t, err)
	due := r.clock.Now().Add(5 * time.Second).UTC()
	assert.Equal(t, []queue.Trouble{
		{Key: "repo/1", State: "retrying", Attempts: 1, DueAt: due, LastError: "look at repo/1: broken"},
		{Key: "repo/2", State: "retrying", Held: 1, DueAt: due, LastError: "look at repo/2: GitHub answers 502"},
	}, list)
}
