package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
)

func TestAttackPostsAreCountedWithinAnHourOfTheAppAndOfEachRepository(t *testing.T) {
	s, _ := openTemp(t)
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	post := func(repository string, at time.Duration) time.Duration {
		again, err := s.Post(t.Context(), repository, store.Ceiling{All: 3, Repository: 2}, now.Add(at))
		require.NoError(t, err)
		if again.IsZero() {
			return 0
		}
		return again.Sub(now)
	}
	assert.Zero(t, post("a/x", 0))
	assert.Zero(t, post("a/x", time.Minute))
	assert.Equal(t, time.Hour, post("a/x", 2*time.Minute), "two to one repository")
	assert.Zero(t, post("a/y", 3*time.Minute))
	assert.Equal(t, time.Hour, post("b/z", 4*time.Minute), "three of the App")
	all, most, err := s.Posts(t.Context(), now.Add(5*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []int{3, 2}, []int{all, most}, "what is refused is not counted")
	assert.Zero(t, post("a/x", time.Hour), "the first one is an hour old")
	assert.Equal(t, time.Hour+time.Minute, post("a/y", time.Hour+time.Second))
}

func TestAPauseOfAllIsKept(t *testing.T) {
	s, _ := openTemp(t)
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	require.NoError(t, s.PauseAll(t.Context(), "one", now))
	require.NoError(t, s.PauseAll(t.Context(), "two", now.Add(time.Hour)))
	pause, is, err := s.PausedAll(t.Context())
	require.NoError(t, err)
	assert.True(t, is)
	assert.Equal(t, "two", pause.Reason)
	assert.True(t, pause.At.Equal(now), "since the first one")
	for _, want := range []bool{true, false} {
		was, err := s.ResumeAll(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, was)
	}
	_, is, err = s.PausedAll(t.Context())
	require.NoError(t, err)
	assert.False(t, is)
}

func TestItIsKeptWhenDeliveriesWereAskedFor(t *testing.T) {
	s, _ := openTemp(t)
	at, again, err := s.Recovered(t.Context())
	require.NoError(t, err)
	assert.True(t, at.IsZero())
	assert.Zero(t, again)
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	require.NoError(t, s.SaveRecovered(t.Context(), now.Add(-time.Hour), 7))
	require.NoError(t, s.SaveRecovered(t.Context(), now, 3))
	at, again, err = s.Recovered(t.Context())
	require.NoError(t, err)
	assert.True(t, at.Equal(now))
	assert.Equal(t, 3, again)
}
