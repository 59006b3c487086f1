package reconcile_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
)

// judged is a world with one check, of a stage of a gate, and rules that change.
type judged struct {
	*world
	found checks.Result // by the present rules
	rules string        // their name
	runs  int
}

func newJudged(t *testing.T, online bool) *judged {
	j := &judged{world: newWorld(t, plugin, nil), rules: "of old", found: checks.Result{Outcome: checks.Pass, Title: "fine", Facts: map[string]any{"sha256": "1", "url": "https://a"}}}
	j.looks.Pipeline = onboarding.Pipeline{
		Stages: []onboarding.Stage{{Name: "nightly-build", Kind: onboarding.Automatic}, {Name: "dev", Kind: onboarding.Review, Role: onboarding.CoreCommitter, Approvals: 1}},
		Gates:  []onboarding.Gate{{Name: "beta", Needs: []string{"nightly-build"}}, {Name: "community", Needs: []string{"beta", "dev"}}},
	}
	j.looks.Judge = func(context.Context, string) (string, error) { return j.rules, nil }
	j.looks.Checks = []checks.Check{{
		Name: "nightly-build", Online: online, Reads: func(string) bool { return false },
		Rules: []checks.Rule{
			{ID: "nightly-build/bad", Severity: checks.Failure}, {ID: "nightly-build/odd", Severity: checks.Warning},
			{ID: "nightly-build/old", Severity: checks.Failure, Outside: true},
		},
		Run: func(context.Context, checks.Subject) (checks.Result, error) {
			j.runs++
			return j.found, nil
		},
	}}
	return j
}

// finds has the check find something from now on.
func (j *judged) finds(rule string, severity checks.Severity, message string) {
	j.found = checks.Result{Outcome: checks.Pass, Title: message, Facts: j.found.Facts}
	j.found.Add(checks.Finding{Rule: rule, Severity: severity, Message: message})
}

// gate is the conclusion of the gate's check run, and the stage's check run.
func (j *judged) gate() (conclusion string, stage fakegithub.CheckRun) {
	for _, run := range j.repo.CheckRuns(j.pr().HeadSHA()) {
		switch run.Name {
		case "onboarding/beta":
			conclusion = run.Conclusion
		case "onboarding/nightly-build":
			stage = run
		}
	}
	return conclusion, stage
}

// recheck asks the check to look again.
func (j *judged) recheck() {
	j.t.Helper()
	require.NoError(j.t, j.store.Write(j.t.Context(), "recheck", func(ctx context.Context, tx *sql.Tx) error {
		return store.StaleResult(ctx, tx, j.repo.ID, "nightly-build")
	}))
	j.look()
}

// decide puts a decision on record about what is shown now.
func (j *judged) decide(verb onboarding.Verb, until time.Time) {
	j.change(func(r *onboarding.Record) {
		r.Decisions = onboarding.Decide(r.Decisions, onboarding.Decision{
			ID: "1", Verb: verb, Stage: "nightly-build", By: onboarding.Person{ID: 99, Login: "root"},
			Roles: []onboarding.Role{onboarding.Admin}, At: j.now(), Bound: r.Shown["nightly-build"].Subject, Until: until,
		})
	})
	j.look()
}

func TestAStricterRuleNeverReddensAReachedGateBeforeTheCodeChanges(t *testing.T) {
	for name, test := range map[string]struct {
		online bool
		before func(*judged) // how the gate was reached, if not by a pass
		after  func(*judged) // what happens once rules are stricter
		red    bool
	}{
		"a look by stricter rules":           {after: func(j *judged) { j.look() }},
		"somebody asks to look again":        {after: func(j *judged) { j.recheck() }},
		"twice":                              {after: func(j *judged) { j.recheck(); j.recheck() }},
		"other rules yet":                    {after: func(j *judged) { j.recheck(); j.rules = "of tomorrow"; j.recheck() }},
		"the check crashes by its new rules": {after: func(j *judged) { j.found = checks.Result{Outcome: "?"}; j.recheck() }},
		"the code changes":                   {after: func(j *judged) { j.push(map[string]string{"x.go": "package x"}); j.look() }, red: true},
		"a build that stays":                 {online: true, after: func(j *judged) { j.look() }},
		"nights on end":                      {online: true, after: func(j *judged) { j.later(25 * time.Hour); j.later(25 * time.Hour) }},
		"another build":                      {online: true, after: func(j *judged) { j.found.Facts["sha256"] = "2"; j.look() }, red: true},
		"a build from elsewhere":             {online: true, after: func(j *judged) { j.found.Facts["url"] = "https://b"; j.look() }, red: true},
		"a build that is gone":               {online: true, after: func(j *judged) { delete(j.found.Facts, "sha256"); j.look() }, red: true},
		"a build that is too old":            {online: true, after: func(j *judged) { j.finds("nightly-build/old", checks.Failure, "Old."); j.look() }, red: true},
		"a build that could not be read for a night": {online: true, after: func(j *judged) {
			j.fails()
			j.later(25 * time.Hour)
			j.found.Outcome = checks.Fail
			j.later(25 * time.Hour)
		}},
		"what an admin settled":                        {before: settled, after: func(j *judged) { j.recheck() }},
		"what an admin settled, and the code changes":  {before: settled, after: func(j *judged) { j.push(map[string]string{"x.go": "package x"}); j.look() }, red: true},
		"what was waived":                              {before: waived, after: func(j *judged) { j.recheck() }},
		"what was waived, after the end of the waiver": {before: waived, after: func(j *judged) { j.look(); j.later(8 * 24 * time.Hour) }, red: true},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJudged(t, test.online)
			if test.before != nil {
				test.before(j)
			}
			j.look()
			conclusion, _ := j.gate()
			require.Equal(t, "success", conclusion)
			j.rules = "of today"
			j.finds("nightly-build/bad", checks.Failure, "Bad by the new rules.")
			test.after(j)
			conclusion, stage := j.gate()
			if test.red {
				assert.Equal(t, "failure", conclusion)
				assert.NotContains(t, stage.Summary, "Judged by the rules of")
			} else {
				assert.Equal(t, "success", conclusion, stage.Summary)
			}
			t.Log(stage.Title, stage.Summary)
		})
	}
}

// settled and waived: the gate is reached by what an admin decided about a finding.
func settled(j *judged) {
	j.finds("nightly-build/odd", checks.Warning, "Odd.")
	j.look()
	j.decide(onboarding.Approve, time.Time{})
}

func waived(j *judged) {
	j.finds("nightly-build/bad", checks.Failure, "Bad.")
	j.look()
	j.decide(onboarding.Waive, j.now().Add(7*24*time.Hour))
}

// fails has the check not look at all.
func (j *judged) fails() {
	j.found.Outcome = checks.Error
}

func TestARuleThatCountsForNothingHereCostsNothingAndIsSaidOnce(t *testing.T) {
	j := newJudged(t, false)
	j.look()
	j.rules = "of today"
	j.finds("nightly-build/bad", checks.Failure, "Bad by the new rules.")
	runs := j.runs
	j.look()
	assert.Equal(t, runs, j.runs, "what has passed cannot get better")
	j.recheck()
	assert.Equal(t, runs+1, j.runs)
	_, stage := j.gate()
	assert.Contains(t, stage.Summary, "Judged by the rules of")
	j.later(25 * time.Hour)
	assert.Equal(t, runs+1, j.runs)
	_, again := j.gate()
	assert.Equal(t, stage.ID, again.ID)
	assert.Equal(t, stage.Summary, again.Summary)

	j.rules, j.found = "of old", checks.Result{Outcome: checks.Pass, Title: "fine"}
	j.look()
	_, again = j.gate()
	assert.NotContains(t, again.Summary, "Judged by the rules of", "the rules of before are back")
}

func TestWhatGetsBetterByOtherRulesIsTaken(t *testing.T) {
	j := newJudged(t, false)
	waived(j)
	conclusion, _ := j.gate()
	require.Equal(t, "success", conclusion)
	j.rules, j.found = "of today", checks.Result{Outcome: checks.Pass, Title: "fine"}
	j.look()
	_, stage := j.gate()
	assert.Equal(t, "success", stage.Conclusion, "passed, and waived no more")
}

func TestBeforeAGateIsReachedAStricterRuleCounts(t *testing.T) {
	j := newJudged(t, false)
	j.looks.Pipeline.Gates[0].Needs = []string{"nightly-build", "dev"}
	j.look()
	j.rules = "of today"
	j.finds("nightly-build/bad", checks.Failure, "Bad by the new rules.")
	j.look()
	_, stage := j.gate()
	assert.Equal(t, "failure", stage.Conclusion)
}
