package store_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

func TestAPipelineIsKeptOnceForAllRoundsThatHaveIt(t *testing.T) {
	s, _ := openTemp(t)
	save := func(record onboarding.Record) {
		t.Helper()
		require.NoError(t, s.Write(t.Context(), "save", func(ctx context.Context, tx *sql.Tx) error { return store.SaveOnboarding(ctx, tx, record, 1) }))
	}
	pipeline, other := onboarding.Default(), onboarding.Default()
	other.Stages[0].Label = "1: Licence"
	save(onboarding.Record{Repository: 1, Round: 1, Pipeline: &pipeline})
	save(onboarding.Record{Repository: 2, Round: 1, Pipeline: &pipeline})
	save(onboarding.Record{Repository: 3, Round: 1})
	save(onboarding.Record{Repository: 2, Round: 2, Pipeline: &other})
	for repository, want := range map[int64]*onboarding.Pipeline{1: &pipeline, 2: &other, 3: nil} {
		record, ok, err := s.Onboarding(t.Context(), repository)
		require.NoError(t, err)
		require.True(t, ok)
		assert.Equal(t, want, record.Pipeline)
	}
	var kept, largest int
	require.NoError(t, s.Read().QueryRowContext(t.Context(), `SELECT COUNT(*), (SELECT MAX(LENGTH(record)) FROM onboarding) FROM pipeline`).Scan(&kept, &largest))
	assert.Equal(t, 2, kept)
	assert.Less(t, largest, 500, "records stay small")
}
