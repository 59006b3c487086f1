package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAttackTheFirstIDOfANameStays(t *testing.T) {
	s, _ := openTemp(t)
	for _, name := range []string{"Alice", "acme/core"} {
		_, ok, err := s.LoginID(t.Context(), name)
		require.NoError(t, err)
		assert.False(t, ok)
		require.NoError(t, s.SaveLoginID(t.Context(), name, 7))
		require.NoError(t, s.SaveLoginID(t.Context(), name, 8), "somebody claims it")
	}
	for _, name := range []string{"alice", "ALICE", "Acme/Core"} {
		id, ok, err := s.LoginID(t.Context(), name)
		require.NoError(t, err)
		assert.True(t, ok)
		assert.EqualValues(t, 7, id)
	}
}

func TestWhenALoginWasLastWhoseItWasIsKept(t *testing.T) {
	s, _ := openTemp(t)
	require.NoError(t, s.SaveLoginHeld(t.Context(), "Alice", "Alice", evening), "nobody of that name counts yet")
	held := func() string {
		t.Helper()
		spelt, at, err := s.LoginHeld(t.Context(), "ALICE")
		require.NoError(t, err)
		return fmt.Sprint(spelt, " ", at.UTC().Format(time.RFC3339), " ", at.IsZero())
	}
	never := " 0001-01-01T00:00:00Z true"
	assert.Equal(t, never, held())
	require.NoError(t, s.SaveLoginID(t.Context(), "alice", 7))
	assert.Equal(t, never, held())
	require.NoError(t, s.SaveLoginHeld(t.Context(), "alice", "Alice", evening))
	assert.Equal(t, "Alice "+evening.UTC().Format(time.RFC3339)+" false", held())
	require.NoError(t, s.SaveLoginHeld(t.Context(), "alice", "", time.Time{}))
	assert.Equal(t, never, held())
}
