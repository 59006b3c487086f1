package store_test

import (
	"testing"

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
