package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
)

var evening = time.Date(2026, 12, 3, 22, 0, 0, 0, time.UTC)

func saveLook(t *testing.T, s *store.Store, look store.Look) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), "save", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveLook(ctx, tx, 7, "nightly-build", look)
	}))
}

func TestThirtyNightsOfLooksAreKept(t *testing.T) {
	s, _ := openTemp(t)
	for night := range 40 {
		saveLook(t, s, store.Look{At: evening.AddDate(0, 0, night), Facts: true, Result: json.RawMessage(fmt.Sprint(night))})
	}
	looks, err := s.Looks(t.Context(), 7, "nightly-build")
	require.NoError(t, err)
	require.Len(t, looks, 30)
	assert.Equal(t, "39", string(looks[0].Result), "the newest first")
	assert.Equal(t, "10", string(looks[29].Result))
}

func TestALookWithoutFactsForgetsNothing(t *testing.T) {
	s, _ := openTemp(t)
	_, ok, err := s.LastLook(t.Context(), 7, "nightly-build")
	require.NoError(t, err)
	assert.False(t, ok)

	saveLook(t, s, store.Look{At: evening, URL: "https://a.example", Facts: true, Result: json.RawMessage(`{"title":"good"}`)})
	saveLook(t, s, store.Look{At: evening.Add(time.Minute), Result: json.RawMessage(`{"title":"crashed"}`)})
	for night := 1; night < 40; night++ {
		saveLook(t, s, store.Look{At: evening.AddDate(0, 0, night), Result: json.RawMessage(`{"title":"away"}`)})
	}
	last, ok, err := s.LastLook(t.Context(), 7, "nightly-build")
	require.NoError(t, err)
	require.True(t, ok, "though more than thirty nights followed")
	assert.Equal(t, store.Look{At: last.At, URL: "https://a.example", Facts: true, Result: json.RawMessage(`{"title":"good"}`)}, last)
	assert.True(t, last.At.Equal(evening))
}

func TestDownloadsAreCountedByOwnerAndDay(t *testing.T) {
	s, _ := openTemp(t)
	add := func(owner, bytes int64, at time.Time) {
		require.NoError(t, s.Write(t.Context(), "add", func(ctx context.Context, tx *sql.Tx) error {
			return store.AddDownloaded(ctx, tx, owner, bytes, at)
		}))
	}
	add(1, 10, evening)
	add(1, 5, evening.Add(time.Hour))
	add(2, 7, evening)
	got := func(owner int64, at time.Time) int64 {
		bytes, err := s.Downloaded(t.Context(), owner, at)
		require.NoError(t, err)
		return bytes
	}
	assert.Equal(t, []int64{15, 7, 0}, []int64{got(1, evening), got(2, evening), got(1, evening.Add(3*time.Hour))})
	add(2, 1, evening.Add(3*time.Hour))
	assert.Zero(t, got(1, evening), "days before are forgotten")
}
