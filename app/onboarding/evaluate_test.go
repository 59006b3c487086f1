package onboarding_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

var now = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

// facts makes the facts in which checks had these outcomes.
func facts(outcomes map[string]onboarding.Outcome) onboarding.Facts {
	f := onboarding.Facts{Commit: "c0ffee", Results: map[string]onboarding.Result{}}
	for name, outcome := range outcomes {
		f.Results[name] = onboarding.Result{Commit: f.Commit, Outcome: outcome, Title: "title of " + name}
	}
	return f
}

func TestEvaluateOneStage(t *testing.T) {
	soon := now.Add(time.Minute)
	tests := map[string]struct {
		record onboarding.Record
		result *onboarding.Result
		stage  string
		want   onboarding.State
		turn   onboarding.Party
	}{
		"a check that passes passes its stage": {
			stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomePass}, want: onboarding.Passed,
		},
		"a check that fails is the author's turn": {
			stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomeFail}, want: onboarding.Failed, turn: onboarding.Author,
		},
		"a check that asks for something is the author's turn, and nothing failed": {
			stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomeFail, Asks: true}, want: onboarding.Waiting, turn: onboarding.Author,
		},
		"a check that wants a person is the admins' turn": {
			stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomeReview}, want: onboarding.Waiting, turn: onboarding.Party(onboarding.Admin),
		},
		"a check that has not looked yet is running": {
			stage: "licence", result: &onboarding.Result{}, want: onboarding.Running,
		},
		"a check that could not look is running while it is tried again": {
			stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomeError, Tries: 1, NextTry: soon}, want: onboarding.Running,
		},
		"a check that could not look at the last try is undecided": {
			stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomeError, Tries: 6}, want: onboarding.Undecided,
		},
		"an outcome nobody knows does not pass": {
			stage: "licence", result: &onboarding.Result{Outcome: "splendid"}, want: onboarding.Running,
		},
		"a stage whose check this program lacks is later": {
			stage: "licence", want: onboarding.Later,
		},
		"a stage that opened stays later while its check is gone": {
			record: onboarding.Record{Opened: map[string]time.Time{"licence": now}}, stage: "licence", want: onboarding.Later,
		},
		"a review is later until the start is accepted": {
			stage: "basic-review", want: onboarding.Later,
		},
		"a review that opened waits for its role": {
			record: onboarding.Record{AcceptedAt: now, Opened: map[string]time.Time{"basic-review": now}},
			stage:  "basic-review", want: onboarding.Waiting, turn: onboarding.Party(onboarding.CoreCommitter),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := facts(nil)
			if test.result != nil {
				f.Results[test.stage] = *test.result
			}
			standing, ok := onboarding.Evaluate(onboarding.Default(), test.record, f, now).Standing(test.stage)
			require.True(t, ok)
			assert.Equal(t, test.want, standing.State)
			assert.Equal(t, test.turn, standing.Turn)
		})
	}
}

func TestBasicReviewOpensWhenAcceptedAndTheFirstThreeAreNotFailing(t *testing.T) {
	three := func(last onboarding.Outcome) onboarding.Facts {
		return facts(map[string]onboarding.Outcome{"licence": onboarding.OutcomePass, "starter-template": onboarding.OutcomePass, "manifest": last})
	}
	accepted := onboarding.Record{AcceptedAt: now}
	tests := map[string]struct {
		record onboarding.Record
		facts  onboarding.Facts
		opens  bool
	}{
		"all pass, but nobody accepted":          {onboarding.Record{}, three(onboarding.OutcomePass), false},
		"all pass":                               {accepted, three(onboarding.OutcomePass), true},
		"one wants a person: that is no failure": {accepted, three(onboarding.OutcomeReview), true},
		"one fails":                              {accepted, three(onboarding.OutcomeFail), false},
		"one could not look":                     {accepted, three(onboarding.OutcomeError), false},
		"one has not looked":                     {accepted, three(onboarding.OutcomeNone), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			verdict := onboarding.Evaluate(onboarding.Default(), test.record, test.facts, now)
			assert.Equal(t, test.opens, slices.Contains(verdict.Opened, "basic-review"))
		})
	}
}

func TestOpeningLatches(t *testing.T) {
	record := onboarding.Record{AcceptedAt: now, Opened: map[string]time.Time{"basic-review": now.Add(-time.Hour)}}
	verdict := onboarding.Evaluate(onboarding.Default(), record, facts(map[string]onboarding.Outcome{"licence": onboarding.OutcomeFail}), now)

	standing, _ := verdict.Standing("basic-review")
	assert.Equal(t, onboarding.Waiting, standing.State, "a stage that opened stays open when what opened it fails")
	assert.Equal(t, now.Add(-time.Hour), standing.Since)
	assert.NotContains(t, verdict.Opened, "basic-review", "it is on record already")
}

func TestOneRedStageMakesOneGateRed(t *testing.T) {
	verdict := onboarding.Evaluate(onboarding.Default(), onboarding.Record{}, facts(map[string]onboarding.Outcome{
		"licence": onboarding.OutcomeFail, "manifest": onboarding.OutcomePass,
	}), now)
	first, _ := verdict.Standing("ci-extensions")
	second, _ := verdict.Standing("ci-extensions-release")
	assert.Equal(t, onboarding.Failed, first.State)
	assert.Equal(t, 1, first.Passing)
	assert.Equal(t, 5, first.Total)
	assert.Equal(t, []string{"licence", "starter-template", "nightly-build", "basic-review"}, first.Awaits)
	assert.Equal(t, onboarding.Later, second.State)
}

func TestNextIsTheAuthorBeforeThoseWhoWaitForTheAuthor(t *testing.T) {
	record := onboarding.Record{AcceptedAt: now, Opened: map[string]time.Time{"basic-review": now}}
	failing := facts(map[string]onboarding.Outcome{"manifest": onboarding.OutcomeFail, "licence": onboarding.OutcomeReview})
	assert.Equal(t, onboarding.Turn{Party: onboarding.Author, Stage: "manifest"},
		onboarding.Evaluate(onboarding.Default(), record, failing, now).Next)

	passing := facts(map[string]onboarding.Outcome{"manifest": onboarding.OutcomePass})
	assert.Equal(t, onboarding.Turn{Party: onboarding.Party(onboarding.CoreCommitter), Stage: "basic-review"},
		onboarding.Evaluate(onboarding.Default(), record, passing, now).Next)

	three := facts(map[string]onboarding.Outcome{
		"licence": onboarding.OutcomePass, "starter-template": onboarding.OutcomePass, "manifest": onboarding.OutcomePass,
	})
	assert.Equal(t, onboarding.Turn{Party: onboarding.RoleHolders, Stage: "basic-review"},
		onboarding.Evaluate(onboarding.Default(), onboarding.Record{}, three, now).Next, "only the accept is missing")
}

func TestPropertyNoGateIsGreenWithoutAllItNeeds(t *testing.T) {
	outcomes := []onboarding.Outcome{
		onboarding.OutcomeNone, onboarding.OutcomePass, onboarding.OutcomeReview, onboarding.OutcomeFail, onboarding.OutcomeError, "other",
	}
	pipeline := onboarding.Default()
	rapid.Check(t, func(t *rapid.T) {
		seen := map[string]onboarding.Outcome{}
		record := onboarding.Record{Opened: map[string]time.Time{}}
		for _, stage := range pipeline.Stages {
			if rapid.Bool().Draw(t, "looked at "+stage.Name) {
				seen[stage.Name] = rapid.SampledFrom(outcomes).Draw(t, stage.Name)
			}
			if rapid.Bool().Draw(t, "opened "+stage.Name) {
				record.Opened[stage.Name] = now
			}
		}
		if rapid.Bool().Draw(t, "accepted") {
			record.AcceptedAt = now
		}
		verdict := onboarding.Evaluate(pipeline, record, facts(seen), now)
		require.Len(t, verdict.Standings, len(pipeline.Stages)+len(pipeline.Gates))
		for _, gate := range pipeline.Gates {
			green, _ := verdict.Standing(gate.Name)
			for _, name := range gate.Needs {
				need, _ := verdict.Standing(name)
				if green.State == onboarding.Passed {
					require.Equal(t, onboarding.Passed, need.State, "%s is green without %s", gate.Name, name)
				}
			}
		}
		for _, s := range verdict.Standings {
			if s.Kind == onboarding.Automatic && s.State == onboarding.Passed {
				require.Equal(t, onboarding.OutcomePass, seen[s.Name], "%s passed without its check", s.Name)
			}
			if s.Kind == onboarding.Review || s.Kind == onboarding.SignOff {
				require.NotEqual(t, onboarding.Passed, s.State, "%s passed without a person", s.Name)
			}
		}
		require.Equal(t, verdict, onboarding.Evaluate(pipeline, record, facts(seen), now), "the same in gives the same out")
	})
}

func TestPropertyWithWhatOpenedOnRecordALookAgainOpensNothing(t *testing.T) {
	pipeline := onboarding.Default()
	rapid.Check(t, func(t *rapid.T) {
		seen := map[string]onboarding.Outcome{}
		for _, stage := range pipeline.Stages {
			if stage.Kind == onboarding.Automatic && rapid.Bool().Draw(t, stage.Name) {
				seen[stage.Name] = onboarding.OutcomePass
			}
		}
		record := onboarding.Record{AcceptedAt: now, Opened: map[string]time.Time{}}
		for range pipeline.Stages {
			for _, name := range onboarding.Evaluate(pipeline, record, facts(seen), now).Opened {
				record.Opened[name] = now
			}
		}
		require.Empty(t, onboarding.Evaluate(pipeline, record, facts(seen), now).Opened)
	})
}
