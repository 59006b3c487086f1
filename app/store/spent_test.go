package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsSpentStaysSoUntilItEndsByItself(t *testing.T) {
	s, _ := openTemp(t)
	spent, err := s.Spent(t.Context(), "a")
	require.NoError(t, err)
	assert.False(t, spent)
	for _, want := range []bool{true, false} {
		first, err := s.Spend(t.Context(), "a", evening, evening.Add(time.Hour))
		require.NoError(t, err)
		assert.Equal(t, want, first)
	}
	spent, err = s.Spent(t.Context(), "a")
	require.NoError(t, err)
	assert.True(t, spent)

	_, err = s.Spend(t.Context(), "b", evening.Add(2*time.Hour), evening.Add(3*time.Hour))
	require.NoError(t, err)
	var rows int
	require.NoError(t, s.Read().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM spent`).Scan(&rows))
	assert.Equal(t, 1, rows, "the notes do not pile up")
}

func TestAttackOfManyWhoSpendTheSameAtOnceOneIsFirst(t *testing.T) {
	s, _ := openTemp(t)
	var all sync.WaitGroup
	var firsts atomic.Int32
	for range 8 {
		all.Go(func() {
			first, err := s.Spend(t.Context(), "a", evening, evening.Add(time.Hour))
			assert.NoError(t, err)
			if first {
				firsts.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, firsts.Load())
}
