package store_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

func TestStagesTakeTheTimeOfAllOnboardingsTogether(t *testing.T) {
	s, _ := openTemp(t)
	turn := func(repository int64, stage string, party onboarding.Party, minute int) {
		write(t, s, func(ctx context.Context, tx *sql.Tx) error {
			return store.SaveTurn(ctx, tx, repository, 1, stage, party, evening.Add(time.Duration(minute)*time.Minute))
		})
	}
	times, err := s.StageTimes(t.Context(), evening)
	require.NoError(t, err)
	assert.Empty(t, times)
	turn(1, "licence", onboarding.Author, 0)
	turn(1, "licence", onboarding.Nobody, 10)
	turn(2, "licence", onboarding.Author, 5)
	turn(2, "qa", reviewers, 50) // begins later than now
	times, err = s.StageTimes(t.Context(), evening.Add(20*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []store.StageTime{{"licence", onboarding.Author, 25 * time.Minute}, {"qa", reviewers, 0}}, times)
}

func TestOnboardingsAreCountedByTheStateOfTheirLatestRound(t *testing.T) {
	s, _ := openTemp(t)
	for i, record := range []onboarding.Record{
		{},
		{AcceptedAt: evening},
		{AcceptedAt: evening, Paused: &onboarding.Pause{}},
		{AcceptedAt: evening, Paused: &onboarding.Pause{}, Held: &onboarding.Hold{}},
		{AcceptedAt: evening, EndedAt: evening},
		{AcceptedAt: evening, EndedAt: evening, Withdrawn: &onboarding.Withdrawal{}},
		{AcceptedAt: evening},
	} {
		record.Repository, record.Round = int64(i), 1
		older := onboarding.Record{Repository: int64(i), Round: 1, EndedAt: evening}
		if i == 6 {
			record.Round = 2
			write(t, s, func(ctx context.Context, tx *sql.Tx) error { return store.SaveOnboarding(ctx, tx, older, 1) })
		}
		write(t, s, func(ctx context.Context, tx *sql.Tx) error { return store.SaveOnboarding(ctx, tx, record, 1) })
	}
	counts, err := s.Onboardings(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"started": 1, "accepted": 2, "paused": 1, "held": 1, "complete": 1, "withdrawn": 1}, counts)
	for state := range counts {
		assert.Contains(t, store.OnboardingStates, state)
	}
}
