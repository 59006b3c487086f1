package onboarding_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

func TestPropertyWhoeverIsAskedStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPanel(t)
		want := onboarding.Choose(p, now)
		p.Asked = nil
		for _, pick := range want.Ask {
			p.Asked = append(p.Asked, pick.Person)
		}
		for i := range p.Candidates {
			p.Candidates[i].OpenReviews = rapid.IntRange(0, 5).Draw(t, "later open")
		}
		p.Record.Repository++ // another lot
		got := onboarding.Choose(p, now)
		if slices.ContainsFunc(want.Missing, func(s onboarding.Shortage) bool { return !s.Seat }) {
			assert.Subset(t, ids(got), ids(want), "who has less to do by now may fill an empty place")
			return
		}
		assert.Equal(t, ids(want), ids(got))
	})
}

func TestPropertyTheOrderOfCandidatesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPanel(t)
		want := onboarding.Choose(p, now)
		p.Candidates = rapid.Permutation(p.Candidates).Draw(t, "order")
		assert.Equal(t, want, onboarding.Choose(p, now))
	})
}

func TestPropertySomebodyWithMoreToDoChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPanel(t)
		want := onboarding.Choose(p, now)
		p.Candidates = append(p.Candidates, committer(onboarding.Person{ID: 90, Login: "newcomer"}, 6))
		got := onboarding.Choose(p, now)
		if slices.ContainsFunc(want.Missing, func(s onboarding.Shortage) bool { return !s.Seat }) {
			assert.Subset(t, ids(got), ids(want), "the newcomer may fill an empty place")
			return
		}
		assert.Equal(t, want.Ask, got.Ask)
	})
}

func TestPropertyLoadSpreads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.IntRange(2, 9).Draw(t, "people")
		p := review()
		p.Stage.Approvals, p.MaxOpen = rapid.IntRange(1, people).Draw(t, "approvals"), 0
		// So many have the seat that it could be filled without them doing more.
		seated := rapid.IntRange((people+p.Stage.Approvals-1)/p.Stage.Approvals, people).Draw(t, "seated")
		for i := range people {
			c := committer(onboarding.Person{ID: int64(20 + i)}, 0)
			if i < seated {
				c.Roles = append(c.Roles, onboarding.Security)
			}
			p.Candidates = append(p.Candidates, c)
		}
		for repository := range rapid.Int64Range(1, 60).Draw(t, "onboardings") {
			p.Record.Repository = repository
			for _, id := range ids(onboarding.Choose(p, now)) {
				p.Candidates[id-20].OpenReviews++
			}
			spread := func(some []onboarding.Candidate) int {
				least, most := 1<<30, 0
				for _, c := range some {
					least, most = min(least, c.OpenReviews), max(most, c.OpenReviews)
				}
				return max(most-least, 0)
			}
			require.LessOrEqual(t, spread(p.Candidates[:seated]), 1, "among equals")
			require.LessOrEqual(t, spread(p.Candidates[seated:]), 1, "among equals")
			require.LessOrEqual(t, spread(p.Candidates), 2, "among all")
		}
	})
}

func TestTheLotFallsOnEverybodyAlike(t *testing.T) {
	for name, next := range map[string]func(*onboarding.Record){
		"in each repository": func(r *onboarding.Record) { r.Repository++ },
		"in each round":      func(r *onboarding.Record) { r.Round++ },
	} {
		p := review(committer(ann, 0), committer(bob, 0), committer(carl, 0), committer(dora, 0))
		p.Stage.Approvals, p.Stage.Seats = 1, nil
		drawn := map[int64]int{}
		for range 400 {
			next(&p.Record)
			drawn[ids(onboarding.Choose(p, now))[0]]++
		}
		require.Len(t, drawn, 4, name)
		for _, times := range drawn {
			assert.InDelta(t, 100, times, 40, name)
		}
	}
}

func TestSeatsBeyondTheMostAreReportedMissing(t *testing.T) {
	panel := review(committer(ann, 0))
	panel.Stage.Seats = nil
	for i := range onboarding.MaxSeats + 1 {
		panel.Stage.Seats = append(panel.Stage.Seats, onboarding.Role(fmt.Sprintf("role-%d", i)))
	}
	panel.Candidates[0].Roles = append(panel.Candidates[0].Roles, panel.Stage.Seats[:onboarding.MaxSeats]...)
	choice := onboarding.Choose(panel, now)
	require.Len(t, choice.Missing, 2)
	assert.Equal(t, panel.Stage.Seats[onboarding.MaxSeats], choice.Missing[0].Role)
}
