package store_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

const reviewers onboarding.Party = "core-committer"

func TestTurnsAreSummedByStageAndParty(t *testing.T) {
	s, _ := openTemp(t)
	save := func(round int, stage string, party onboarding.Party, minute int) {
		write(t, s, func(ctx context.Context, tx *sql.Tx) error {
			return store.SaveTurn(ctx, tx, 7, round, stage, party, evening.Add(time.Duration(minute)*time.Minute))
		})
	}
	save(1, "qa", onboarding.Nobody, 0) // never anybody's
	save(1, "licence", onboarding.Author, 0)
	save(1, "licence", onboarding.Author, 5) // a later look sees the same
	save(1, "basic-review", reviewers, 7)
	save(1, "licence", onboarding.Nobody, 10)
	save(1, "licence", onboarding.Nobody, 12)
	save(1, "licence", onboarding.Author, 20)
	save(1, "basic-review", onboarding.Author, 27)
	save(1, "basic-review", reviewers, 26) // the clock went back
	save(2, "licence", onboarding.Author, 30)

	turns, err := s.Turns(t.Context(), 7, 1)
	require.NoError(t, err)
	at := func(minute int) time.Time {
		return time.UnixMilli(evening.UnixMilli()).Add(time.Duration(minute) * time.Minute)
	}
	assert.Equal(t, []store.Turn{
		{Stage: "basic-review", Party: onboarding.Author},
		{Stage: "basic-review", Party: reviewers, Spent: 20 * time.Minute, Since: at(27)},
		{Stage: "licence", Party: onboarding.Author, Spent: 10 * time.Minute, Since: at(20)},
	}, turns)
	assert.Equal(t, 14*time.Minute, turns[2].Total(at(24)))
	assert.Equal(t, 10*time.Minute, turns[2].Total(at(0)), "never less than what passed")
	assert.Zero(t, turns[0].Total(at(24)))
}

func TestTurnsOfAStageNeverSumToMoreThanTheTimeThatPassed(t *testing.T) {
	s, _ := openTemp(t)
	require.NoError(t, s.WithoutDisk(t.Context()))
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		latest, began, clock := 0, 0, rapid.IntRange(0, 100)
		write(t, s, func(ctx context.Context, tx *sql.Tx) error {
			for i := range rapid.IntRange(1, 10).Draw(r, "looks") {
				at := clock.Draw(r, "at")
				if i == 0 {
					latest, began = at, at
				}
				latest = max(latest, at)
				party := rapid.SampledFrom([]onboarding.Party{onboarding.Author, reviewers, onboarding.RoleHolders}).Draw(r, "party")
				for range rapid.IntRange(1, 2).Draw(r, "times") {
					if err := store.SaveTurn(ctx, tx, 7, round, "qa", party, evening.Add(time.Duration(at)*time.Second)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		turns, err := s.Turns(t.Context(), 7, round)
		require.NoError(r, err)
		sum, open, end := time.Duration(0), 0, evening.Add(time.Duration(latest)*time.Second)
		for _, turn := range turns {
			require.GreaterOrEqual(r, turn.Spent, time.Duration(0))
			sum += turn.Total(end)
			if !turn.Since.IsZero() {
				open++
			}
		}
		require.Equal(r, 1, open, "it is one party's turn")
		require.Equal(r, time.Duration(latest-began)*time.Second, sum, "each moment is one party's")
	})
}
