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

// completed is the record of a round in which all was decided, and its facts.
func completed(decisions ...onboarding.Decision) (onboarding.Record, onboarding.Facts) {
	if decisions == nil {
		decisions = []onboarding.Decision{
			act(1, ann, onboarding.Approve, "basic-review", first), act(2, ann, onboarding.Approve, "complete-review", second),
			act(3, bob, onboarding.Approve, "complete-review", second),
		}
	}
	record := reviewable(decisions...)
	p := onboarding.Default()
	record.Round, record.StartedAt, record.Pipeline = 1, now, &p
	record.ReviewPR.Commits[0].Source, record.ReviewPR.Commits[1].Source, record.ReviewPR.Commits[1].Tree = "s1", "s2", "t2"
	seen := green()
	seen.Commit = "s2"
	release := seen.Results["release"]
	release.Measured, release.Source = []onboarding.Measure{{Name: "tag", Value: "v1.2.0"}}, "s2"
	seen.Results["release"] = release
	return record, seen
}

// end completes a round.
func end(record onboarding.Record, seen onboarding.Facts) onboarding.Record {
	p := onboarding.Default()
	record.EndedAt = now.Add(time.Hour)
	record.NextBaseline = record.Complete(p, onboarding.Evaluate(p, record, seen, now), seen, record.EndedAt)
	return record
}

func TestACompletedRoundKeepsWhatWasAccepted(t *testing.T) {
	before := &onboarding.Baseline{Round: 1, Source: "s0", Review: "r0", Tree: "t0"}
	for name, test := range map[string]struct {
		decisions []onboarding.Decision
		change    func(*onboarding.Record)
		source    string
		passed    map[string]int
	}{
		"both approved the last commit": {source: "s2", passed: map[string]int{"basic-review": 1}},
		"one approved an older commit, which is what both have seen": {
			[]onboarding.Decision{
				act(1, ann, onboarding.Approve, "basic-review", first), act(2, ann, onboarding.Approve, "complete-review", first), act(3, bob, onboarding.Approve, "complete-review", second),
			}, func(r *onboarding.Record) {
				r.Reached = map[string]time.Time{"ci-extensions-release": now.Add(time.Hour)}
			}, "s1", map[string]int{"basic-review": 1},
		},
		"one is about a commit that nobody knows": {
			[]onboarding.Decision{act(2, ann, onboarding.Approve, "complete-review", "x"), act(3, bob, onboarding.Approve, "complete-review", second)},
			func(r *onboarding.Record) {
				r.Reached = map[string]time.Time{"ci-extensions-release": now.Add(time.Hour)}
			}, "", map[string]int{},
		},
		"all was waived": {
			[]onboarding.Decision{
				act(1, root, onboarding.Waive, "basic-review", ""), act(2, root, onboarding.Waive, "complete-review", ""), act(3, robin, onboarding.Waive, "complete-review", ""),
			}, nil, "", map[string]int{},
		},
		"it was waived in an update, so what was accepted before stands": {
			[]onboarding.Decision{act(2, root, onboarding.Waive, "complete-review", ""), act(3, robin, onboarding.Waive, "complete-review", "")},
			func(r *onboarding.Record) {
				r.Round, r.Baseline, r.Carried = 3, before, map[string]int{"basic-review": 1}
			}, "s0", map[string]int{"basic-review": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			record, seen := completed(test.decisions...)
			if test.change != nil {
				test.change(&record)
			}
			baseline := end(record, seen).NextBaseline
			assert.Equal(t, test.source, baseline.Source)
			assert.Equal(t, test.passed, baseline.Passed)
			assert.Equal(t, []string{"v1.2.0", "s2", "abc"}, []string{baseline.Tag, baseline.Commit, baseline.SHA256})
		})
	}
}

func TestOnlyTheBasicReviewCarriesOver(t *testing.T) {
	p := onboarding.Default()
	for _, stage := range p.Stages {
		assert.Equal(t, stage.Name == "basic-review", p.Carries(stage), stage.Name)
	}
	alone := onboarding.Pipeline{Stages: []onboarding.Stage{{Name: "dev-review", Kind: onboarding.Review, Role: onboarding.CoreCommitter, Approvals: 1}}}
	assert.False(t, alone.Carries(alone.Stages[0]), "else nobody would review an update")
}

func TestWhatTheNextRoundBeginsFrom(t *testing.T) {
	record, seen := completed()
	done := end(record, seen)
	next := done.Next(onboarding.Default())
	assert.Equal(t, map[string]int{"basic-review": 1}, next.Carried)
	assert.Equal(t, done.NextBaseline, next.Baseline)
	assert.Equal(t, 2, next.Round)

	next.StartedAt, next.AcceptedAt, next.Author = now.Add(2*time.Hour), now.Add(2*time.Hour), alice
	basic, _ := onboarding.Evaluate(onboarding.Default(), next, seen, now).Standing("basic-review")
	assert.Equal(t, onboarding.Passed, basic.State)
	assert.Equal(t, 1, basic.Carried)
	again := next
	again.Decisions = []onboarding.Decision{act(180, root, onboarding.Reopen, "basic-review", "")}
	basic, _ = onboarding.Evaluate(onboarding.Default(), again, seen, now).Standing("basic-review")
	assert.Equal(t, onboarding.Waiting, basic.State, "an admin asks for it again")
	again.Decisions = []onboarding.Decision{act(180, ann, onboarding.RequestChanges, "basic-review", "")}
	basic, _ = onboarding.Evaluate(onboarding.Default(), again, seen, now).Standing("basic-review")
	assert.Equal(t, onboarding.Waiting, basic.State, "somebody asks for changes")

	withdrawn := next
	withdrawn.EndedAt, withdrawn.Withdrawn = now, &onboarding.Withdrawal{By: alice}
	third := withdrawn.Next(onboarding.Default())
	assert.Equal(t, done.NextBaseline, third.Baseline, "the last completed round's stands")
	assert.Empty(t, third.Carried)

	stricter := onboarding.Default()
	stricter.Stages[4].Approvals = 2
	assert.Empty(t, done.Next(stricter).Carried, "more is asked of it now")
	stricter = onboarding.Default()
	stricter.Stages[4].Role = onboarding.Security
	assert.Empty(t, done.Next(stricter).Carried)
	assert.Equal(t, 1, onboarding.Record{}.Next(onboarding.Default()).Round, "the first")
}

func TestNothingChangedIsDecidedByCommandAndHoldsAsLongAsNothingDoes(t *testing.T) {
	record := onboarding.Record{
		Round: 2, Author: alice, StartedAt: now, AcceptedAt: now, Carried: map[string]int{"basic-review": 1},
		NoReviewPR: &onboarding.NoReviewPR{Unchanged: "s1"},
		Decisions:  []onboarding.Decision{act(1, ann, onboarding.Approve, "complete-review", "s1"), act(2, bob, onboarding.Approve, "complete-review", "s1")},
	}
	seen := green()
	seen.Commit, seen.Since = "s1", nil
	complete, _ := onboarding.Evaluate(onboarding.Default(), record, seen, now).Standing("complete-review")
	assert.Equal(t, onboarding.Passed, complete.State)
	assert.Equal(t, "s1", complete.Subject)
	for source, unreviewed := range map[string]bool{"s1": false, "s0": false, "s9": true} {
		record.Baseline = &onboarding.Baseline{Source: "s0"}
		seen.Results["release"] = onboarding.Result{Outcome: onboarding.OutcomePass, Digest: "abc", Source: source}
		record.Opened = map[string]time.Time{"release": now}
		release, _ := onboarding.Evaluate(onboarding.Default(), record, seen, now).Standing("release")
		assert.Equal(t, unreviewed, release.Unreviewed, "S3: a release of %s", source)
	}
	seen.Commit = "s2" // something was pushed, and nobody has looked what
	complete, _ = onboarding.Evaluate(onboarding.Default(), record, seen, now).Standing("complete-review")
	assert.Equal(t, onboarding.Waiting, complete.State)
	assert.Empty(t, complete.Subject)
}

func TestPropertyNoDecisionOfAFormerRoundCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPipeline(t)
		if p.Validate(onboarding.DefaultRoles()) != nil {
			p = onboarding.Default()
		}
		former, seen := drawRecord(t, p)
		former.Round, former.EndedAt = 1, now.Add(time.Minute)
		if rapid.Bool().Draw(t, "withdrawn") {
			former.Withdrawn = &onboarding.Withdrawal{By: alice}
		} else {
			former.NextBaseline = former.Complete(p, onboarding.Evaluate(p, former, seen, now), seen, former.EndedAt)
		}
		next := former.Next(p)
		require.Empty(t, next.Decisions)
		require.Empty(t, next.Opened)
		require.Empty(t, next.Reached)
		next.Author, next.StartedAt, next.AcceptedAt = former.Author, now.Add(time.Hour), now.Add(time.Hour)
		clean := onboarding.Evaluate(p, next, seen, now.Add(2*time.Hour))
		for _, s := range clean.Standings {
			stage, _ := p.Stage(s.Name)
			if s.State == onboarding.Passed && s.Kind != onboarding.Automatic && s.Kind != onboarding.KindGate && s.Needs > 0 {
				t.Fatalf("%s has passed, and nobody decided anything in this round", s.Name)
			}
			if s.Carried > 0 && !p.Carries(stage) {
				t.Fatalf("%s carried over", s.Name)
			}
		}
		next.Decisions = slices.Clone(former.Decisions) // as if their deliveries came late
		require.Equal(t, clean, onboarding.Evaluate(p, next, seen, now.Add(2*time.Hour)))
	})
}

func TestAGateIsReachedWithTheStagesThatItNeeds(t *testing.T) {
	p := onboarding.Default()
	record := onboarding.Record{Reached: map[string]time.Time{"ci-extensions": now}}
	at, ok := record.ReachedWith(p, "licence")
	assert.True(t, ok)
	assert.Equal(t, now, at)
	for _, stage := range []string{"complete-review", "release", "none"} {
		_, ok := record.ReachedWith(p, stage)
		assert.False(t, ok, stage)
	}
}

// Whoever was on the plugin's side in a round gets no say in the next one by
// withdrawing, moving the repository, and having somebody else start (S11).
func TestAttackWhoWasOnThePluginsSideStaysThereInTheNextRound(t *testing.T) {
	record, seen := completed()
	record.Author, record.Owner, record.Former = ann, bob, []onboarding.Person{root}
	record.PluginOwners, record.OwnersOf = []onboarding.Person{robin}, "alice/mattermost-plugin-hello"
	next := end(record, seen).Next(onboarding.Default())
	next.Author, next.Starter, next.Owner = alice, alice, onboarding.Person{}
	for _, person := range []onboarding.Person{ann, bob, root, robin} {
		assert.True(t, next.Excluded(person), person.Login)
	}
	third := next.Next(onboarding.Default())
	third.Author = alice
	fourth := third.Next(onboarding.Default())
	assert.Len(t, fourth.Former, 4, "each once")
	assert.Equal(t, record.OwnersOf, fourth.OwnersOf, "a rename between rounds rids nobody of them")
}
