package onboarding_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

// The people of these tests.
var (
	alice   = onboarding.Person{ID: 1, Login: "alice"} // the author
	ann     = onboarding.Person{ID: 2, Login: "ann"}   // a core committer
	bob     = onboarding.Person{ID: 3, Login: "bob"}   // a core committer, also in security
	quinn   = onboarding.Person{ID: 4, Login: "quinn"} // QA
	root    = onboarding.Person{ID: 5, Login: "root"}  // an admin
	robin   = onboarding.Person{ID: 6, Login: "robin"} // another admin
	mallory = onboarding.Person{ID: 7, Login: "mallory"}
)

var rolesOf = map[int64][]onboarding.Role{
	alice.ID: {onboarding.CoreCommitter, onboarding.Security, onboarding.QA, onboarding.PM, onboarding.Admin}, // and they help nobody
	ann.ID:   {onboarding.CoreCommitter}, bob.ID: {onboarding.CoreCommitter, onboarding.Security},
	quinn.ID: {onboarding.QA}, root.ID: {onboarding.Admin}, robin.ID: {onboarding.Admin},
}

// act is a decision of somebody, some minutes after the start.
func act(minute int, by onboarding.Person, verb onboarding.Verb, stage, bound string) onboarding.Decision {
	return onboarding.Decision{
		ID: fmt.Sprintf("comment/%d/%d", minute, by.ID), Verb: verb, Stage: stage, By: by, Roles: rolesOf[by.ID],
		At: now.Add(time.Duration(minute) * time.Minute), Bound: bound,
	}
}

const (
	first  = "1111111111111111111111111111111111111111" // review commits
	second = "2222222222222222222222222222222222222222"
)

// reviewable is a record in which all stages are open.
func reviewable(decisions ...onboarding.Decision) onboarding.Record {
	record := onboarding.Record{
		Author: alice, Starter: alice, AcceptedAt: now, Opened: map[string]time.Time{},
		ReviewPR: &onboarding.ReviewPR{Number: 2, Commits: []onboarding.ReviewCommit{{SHA: first}, {SHA: second}}},
	}
	for _, stage := range onboarding.Default().Stages {
		record.Opened[stage.Name] = now
	}
	for _, d := range decisions {
		record.Decisions = onboarding.Decide(record.Decisions, d)
	}
	return record
}

// green are the facts in which all checks pass, and nothing changed since.
func green() onboarding.Facts {
	f := facts(map[string]onboarding.Outcome{})
	for _, stage := range onboarding.Default().Stages {
		if stage.Kind == onboarding.Automatic {
			f.Results[stage.Name] = onboarding.Result{Outcome: onboarding.OutcomePass}
		}
	}
	f.Results["release"] = onboarding.Result{Outcome: onboarding.OutcomePass, Digest: "abc"}
	f.Since = map[string]onboarding.Change{first: onboarding.CodeChange, second: onboarding.NoChange}
	return f
}

func TestDecisionsOnAReview(t *testing.T) {
	approve := func(minute int, by onboarding.Person, sha string) onboarding.Decision {
		return act(minute, by, onboarding.Approve, "complete-review", sha)
	}
	object := func(minute int, by onboarding.Person) onboarding.Decision {
		return act(minute, by, onboarding.RequestChanges, "complete-review", second)
	}
	tests := map[string]struct {
		decisions []onboarding.Decision
		want      onboarding.State
		turn      onboarding.Party
	}{
		"nobody yet":                                 {nil, onboarding.Waiting, "core-committer"},
		"two, one of them in security":               {[]onboarding.Decision{approve(1, ann, second), approve(2, bob, second)}, onboarding.Passed, ""},
		"one of them only":                           {[]onboarding.Decision{approve(1, bob, second)}, onboarding.Waiting, "core-committer"},
		"the same one twice":                         {[]onboarding.Decision{approve(1, bob, second), approve(2, bob, second)}, onboarding.Waiting, "core-committer"},
		"two, but the author is one of them":         {[]onboarding.Decision{approve(1, alice, second), approve(2, bob, second)}, onboarding.Waiting, "core-committer"},
		"two, but code was pushed after one":         {[]onboarding.Decision{approve(1, ann, first), approve(2, bob, second)}, onboarding.Waiting, "core-committer"},
		"two, but of a commit nobody knows":          {[]onboarding.Decision{approve(1, ann, "evil"), approve(2, bob, second)}, onboarding.Waiting, "core-committer"},
		"an outsider's do not count":                 {[]onboarding.Decision{approve(1, mallory, second), approve(2, bob, second)}, onboarding.Waiting, "core-committer"},
		"a change request stands":                    {[]onboarding.Decision{approve(1, ann, second), approve(2, bob, second), object(3, ann)}, onboarding.Waiting, onboarding.Author},
		"until that person approves":                 {[]onboarding.Decision{object(1, ann), approve(2, bob, second), approve(3, ann, second)}, onboarding.Passed, ""},
		"or takes it back":                           {[]onboarding.Decision{object(1, ann), approve(2, bob, second), act(3, ann, onboarding.Retract, "complete-review", "")}, onboarding.Waiting, "core-committer"},
		"or an admin overrides it":                   {[]onboarding.Decision{object(1, quinn), object(2, ann), approve(3, bob, second), act(4, root, onboarding.Override, "complete-review", "")}, onboarding.Waiting, "core-committer"},
		"nobody else overrides it":                   {[]onboarding.Decision{object(1, ann), act(2, bob, onboarding.Override, "complete-review", "")}, onboarding.Waiting, onboarding.Author},
		"an outsider's change request does not hold": {[]onboarding.Decision{object(1, mallory), approve(2, ann, second), approve(3, bob, second)}, onboarding.Passed, ""},
		"re-opened, what was before counts no more":  {[]onboarding.Decision{approve(1, ann, second), approve(2, bob, second), act(3, root, onboarding.Reopen, "complete-review", "")}, onboarding.Waiting, "core-committer"},
		"re-opened by the author changes nothing":    {[]onboarding.Decision{approve(1, ann, second), approve(2, bob, second), act(3, alice, onboarding.Reopen, "complete-review", "")}, onboarding.Passed, ""},
		"closed is not passed":                       {[]onboarding.Decision{approve(1, ann, second), approve(2, bob, second), act(3, bob, onboarding.Close, "complete-review", "")}, onboarding.Closed, ""},
		"closed and opened again":                    {[]onboarding.Decision{approve(1, ann, second), approve(2, bob, second), act(3, bob, onboarding.Close, "complete-review", ""), act(4, ann, onboarding.Open, "complete-review", "")}, onboarding.Passed, ""},
		"waived by one admin is not enough":          {[]onboarding.Decision{act(1, root, onboarding.Waive, "complete-review", "")}, onboarding.Waiting, "core-committer"},
		"waived by two admins":                       {[]onboarding.Decision{act(1, root, onboarding.Waive, "complete-review", ""), act(2, robin, onboarding.Waive, "complete-review", "")}, onboarding.Waived, ""},
		"waived by the same admin twice":             {[]onboarding.Decision{act(1, root, onboarding.Waive, "complete-review", ""), act(2, root, onboarding.Waive, "complete-review", "")}, onboarding.Waiting, "core-committer"},
		"waived by two admins, one of them anew":     {[]onboarding.Decision{act(1, root, onboarding.Waive, "complete-review", ""), act(2+7*24*60, root, onboarding.Waive, "complete-review", ""), act(3+7*24*60, robin, onboarding.Waive, "complete-review", "")}, onboarding.Waived, ""},
		"waived by two admins, too far apart":        {[]onboarding.Decision{act(1, root, onboarding.Waive, "complete-review", ""), act(2+7*24*60, robin, onboarding.Waive, "complete-review", "")}, onboarding.Waiting, "core-committer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, _ := onboarding.Evaluate(onboarding.Default(), reviewable(test.decisions...), green(), now.Add(30*24*time.Hour)).Standing("complete-review")
			assert.Equal(t, test.want, s.State)
			assert.Equal(t, test.turn, s.Turn)
		})
	}
}

func TestACodePushAfterTheGateVoidsNoApproval(t *testing.T) {
	record := reviewable(act(1, ann, onboarding.Approve, "complete-review", first), act(2, bob, onboarding.Approve, "complete-review", first))
	s, _ := onboarding.Evaluate(onboarding.Default(), record, green(), now).Standing("complete-review")
	assert.Equal(t, onboarding.Waiting, s.State)
	record.Reached = map[string]time.Time{"ci-extensions-release": now.Add(time.Hour)}
	s, _ = onboarding.Evaluate(onboarding.Default(), record, green(), now).Standing("complete-review")
	assert.Equal(t, onboarding.Passed, s.State)
}

func TestBasicReviewStaysWhateverIsPushed(t *testing.T) {
	s, _ := onboarding.Evaluate(onboarding.Default(), reviewable(act(1, ann, onboarding.Approve, "basic-review", first)), green(), now).Standing("basic-review")
	assert.Equal(t, onboarding.Passed, s.State)
}

func TestASignOffOfTheReleaseHangsOnItsBundle(t *testing.T) {
	for bound, want := range map[string]onboarding.State{"abc": onboarding.Passed, "other": onboarding.Waiting, "": onboarding.Waiting} {
		s, _ := onboarding.Evaluate(onboarding.Default(), reviewable(act(1, quinn, onboarding.Approve, "release-qa", bound)), green(), now).Standing("release-qa")
		assert.Equal(t, want, s.State, bound)
		assert.Equal(t, "abc", s.Subject)
	}
	s, _ := onboarding.Evaluate(onboarding.Default(), reviewable(act(1, quinn, onboarding.Approve, "qa", "an older commit")), green(), now).Standing("qa")
	assert.Equal(t, onboarding.Passed, s.State, "qa stays")
}

func TestWaiversDieWithWhatTheyAreAbout(t *testing.T) {
	wrong := onboarding.Result{Outcome: onboarding.OutcomeFail, Findings: []onboarding.Finding{{Rule: "manifest/x", Severity: "failure", Path: "plugin.json", Line: 3, Message: "no"}}}
	waive := act(1, root, onboarding.Waive, "manifest", onboarding.Fingerprint(wrong))
	look := func(r onboarding.Result, d onboarding.Decision, at time.Time) onboarding.State {
		f := green()
		f.Results["manifest"] = r
		s, _ := onboarding.Evaluate(onboarding.Default(), reviewable(d), f, at).Standing("manifest")
		return s.State
	}
	assert.Equal(t, onboarding.Waived, look(wrong, waive, now))
	moved := wrong
	moved.Findings = []onboarding.Finding{{Rule: "manifest/x", Severity: "failure", Path: "plugin.json", Line: 9, Message: "no"}}
	assert.Equal(t, onboarding.Waived, look(moved, waive, now), "a line more above changes nothing")
	more := wrong
	more.Findings = append(slices.Clone(wrong.Findings), onboarding.Finding{Rule: "manifest/y", Severity: "failure", Message: "worse"})
	assert.Equal(t, onboarding.Failed, look(more, waive, now))
	waive.Until = now.Add(time.Hour)
	assert.Equal(t, onboarding.Failed, look(wrong, waive, now.Add(2*time.Hour)), "it has an end")
	licence := green()
	licence.Results["licence"] = wrong
	s, _ := onboarding.Evaluate(onboarding.Default(), reviewable(act(1, root, onboarding.Waive, "licence", onboarding.Fingerprint(wrong))), licence, now).Standing("licence")
	assert.Equal(t, onboarding.Waiting, s.State, "the licence is sensitive: two admins")
	assert.Equal(t, onboarding.Party(onboarding.Admin), s.Turn)
	assert.Len(t, s.Waivers, 1)
}

func TestWhatACheckWantsAPersonToLookAtIsSettledForJustThat(t *testing.T) {
	look := onboarding.Result{Outcome: onboarding.OutcomeReview, Findings: []onboarding.Finding{{Rule: "licence/extra", Severity: "warning", Message: "more words"}}}
	f := green()
	f.Results["licence"] = look
	for name, test := range map[string]struct {
		d    onboarding.Decision
		want onboarding.State
	}{
		"by an admin":            {act(1, root, onboarding.Approve, "licence", onboarding.Fingerprint(look)), onboarding.Passed},
		"by somebody else":       {act(1, ann, onboarding.Approve, "licence", onboarding.Fingerprint(look)), onboarding.Waiting},
		"of other findings":      {act(1, root, onboarding.Approve, "licence", "another"), onboarding.Waiting},
		"without saying of what": {act(1, root, onboarding.Approve, "licence", ""), onboarding.Waiting},
	} {
		s, _ := onboarding.Evaluate(onboarding.Default(), reviewable(test.d), f, now).Standing("licence")
		assert.Equal(t, test.want, s.State, name)
	}
}

// anyDecision draws a decision of anybody about anything.
func anyDecision(t *rapid.T, people []onboarding.Person) onboarding.Decision {
	var stages []string
	for _, stage := range onboarding.Default().Stages {
		stages = append(stages, stage.Name)
	}
	by := rapid.SampledFrom(people).Draw(t, "by")
	d := act(rapid.IntRange(0, 100).Draw(t, "minute"), by,
		rapid.SampledFrom([]onboarding.Verb{
			onboarding.Approve, onboarding.RequestChanges, onboarding.Retract, onboarding.Override, onboarding.Waive, onboarding.Open, onboarding.Close, onboarding.Reopen,
		}).Draw(t, "verb"),
		rapid.SampledFrom(stages).Draw(t, "stage"),
		rapid.SampledFrom([]string{first, second, "abc", "c0ffee", "", "evil"}).Draw(t, "bound"))
	d.ID = fmt.Sprint(rapid.IntRange(0, 1000).Draw(t, "id"), d.Verb, d.Stage, d.By.ID, d.At.UnixNano(), d.Bound)
	return d
}

// anyFacts draws what was seen.
func anyFacts(t *rapid.T) onboarding.Facts {
	f := green()
	for name := range f.Results {
		f.Results[name] = onboarding.Result{
			Outcome: rapid.SampledFrom([]onboarding.Outcome{onboarding.OutcomePass, onboarding.OutcomePass, onboarding.OutcomeReview, onboarding.OutcomeFail, onboarding.OutcomeError}).Draw(t, name),
			Digest:  "abc",
		}
	}
	return f
}

func TestPropertyNoActOfAuthorsAndOutsidersChangesAnything(t *testing.T) {
	insiders, others := []onboarding.Person{ann, bob, quinn, root, robin}, []onboarding.Person{alice, mallory, {}}
	rapid.Check(t, func(t *rapid.T) {
		record := reviewable()
		for range rapid.IntRange(0, 12).Draw(t, "decisions") {
			record.Decisions = onboarding.Decide(record.Decisions, anyDecision(t, insiders))
		}
		f := anyFacts(t)
		want := onboarding.Evaluate(onboarding.Default(), record, f, now)
		for range rapid.IntRange(1, 12).Draw(t, "others") {
			record.Decisions = onboarding.Decide(record.Decisions, anyDecision(t, others))
		}
		assert.Equal(t, want, onboarding.Evaluate(onboarding.Default(), record, f, now))
	})
}

func TestPropertyOrderAndRepetitionChangeNothing(t *testing.T) {
	people := []onboarding.Person{alice, ann, bob, quinn, root, robin, mallory}
	rapid.Check(t, func(t *rapid.T) {
		var list []onboarding.Decision
		for range rapid.IntRange(0, 15).Draw(t, "decisions") {
			list = append(list, anyDecision(t, people))
		}
		arrived := rapid.Permutation(append(slices.Clone(list), list...)).Draw(t, "arrival")
		record, again := reviewable(list...), reviewable(arrived...)
		f := anyFacts(t)
		assert.Equal(t, onboarding.Evaluate(onboarding.Default(), record, f, now), onboarding.Evaluate(onboarding.Default(), again, f, now))
	})
}

func TestPropertyNoGateIsGreenWithoutItsStagesWhateverIsDecided(t *testing.T) {
	people := []onboarding.Person{alice, ann, bob, quinn, root, robin, mallory}
	pipeline := onboarding.Default()
	rapid.Check(t, func(t *rapid.T) {
		record := reviewable()
		for range rapid.IntRange(0, 20).Draw(t, "decisions") {
			record.Decisions = onboarding.Decide(record.Decisions, anyDecision(t, people))
		}
		verdict := onboarding.Evaluate(pipeline, record, anyFacts(t), now)
		for _, gate := range pipeline.Gates {
			g, _ := verdict.Standing(gate.Name)
			holds := 0
			for _, name := range gate.Needs {
				if need, _ := verdict.Standing(name); need.Holds() {
					holds++
				}
			}
			require.Equal(t, holds == len(gate.Needs), g.State == onboarding.Passed, gate.Name)
		}
		review, _ := verdict.Standing("complete-review")
		if review.State == onboarding.Passed {
			require.GreaterOrEqual(t, len(review.Approvals), 2)
			require.True(t, slices.ContainsFunc(review.Approvals, func(d onboarding.Decision) bool { return d.Has(onboarding.Security) }))
		}
	})
}

func TestAnImportedDecisionIsAboutThePluginsCommit(t *testing.T) {
	const source, older = "5555555555555555555555555555555555555555", "6666666666666666666666666666666666666666"
	stands := func(decisions ...onboarding.Decision) onboarding.Standing {
		record := reviewable(decisions...)
		record.ReviewPR.Commits[0].Source, record.ReviewPR.Commits[1].Source = older, source
		record.ReviewPR.Changes = map[string]onboarding.Change{first: onboarding.CodeChange}
		facts := green()
		facts.Commit, facts.Since = source, record.ReviewPR.Since()
		s, _ := onboarding.Evaluate(onboarding.Default(), record, facts, now).Standing("complete-review")
		return s
	}
	approve := func(by onboarding.Person, bound string) onboarding.Decision {
		return act(1, by, onboarding.Approve, "complete-review", bound)
	}
	assert.Equal(t, onboarding.Passed, stands(approve(ann, source), approve(bob, second)).State)
	half := stands(approve(ann, source), approve(bob, older))
	assert.Equal(t, onboarding.Waiting, half.State)
	assert.Equal(t, []onboarding.Decision{approve(bob, older)}, half.Void, "code changed since")
	assert.Len(t, stands(approve(ann, "7777777777777777777777777777777777777777"), approve(bob, "")).Void, 2, "nobody knows what changed since")
	assert.Equal(t, onboarding.Author, stands(act(1, ann, onboarding.RequestChanges, "complete-review", source)).Turn)
	assert.Equal(t, onboarding.Party(onboarding.CoreCommitter), stands(act(1, ann, onboarding.RequestChanges, "complete-review", older)).Turn)
}

// While the review PR does not show what is on the default branch, since others broke
// it too often today or it is one of theirs that lacks the new code, nothing that was
// approved in it speaks for that code (S1, S2, S8).
func TestAttackCodeThatTheReviewPRDoesNotShowIsNotApproved(t *testing.T) {
	record := reviewable(act(1, ann, onboarding.Approve, "complete-review", second), act(2, bob, onboarding.Approve, "complete-review", second))
	seen := green()
	record.ReviewPR.Commits[1].Source = seen.Commit
	review, _ := onboarding.Evaluate(onboarding.Default(), record, seen, now).Standing("complete-review")
	require.Equal(t, onboarding.Passed, review.State)

	seen.Commit = "b0b0"
	review, _ = onboarding.Evaluate(onboarding.Default(), record, seen, now).Standing("complete-review")
	assert.Equal(t, onboarding.Waiting, review.State)
	assert.Len(t, review.Void, 2)

	record.EndedAt = now
	review, _ = onboarding.Evaluate(onboarding.Default(), record, seen, now).Standing("complete-review")
	assert.Equal(t, onboarding.Passed, review.State, "the round is over: nothing follows the plugin any more")
}

// A PR whose foundation others moved may have hidden code: what was approved in it
// counts no more when another one takes its place, nor while it rests (S1).
func TestAttackAnApprovalInAPRThatWasReplacedCountsForNothing(t *testing.T) {
	for _, name := range []string{"basic-review", "complete-review"} {
		decisions := []onboarding.Decision{act(1, ann, onboarding.Approve, name, second), act(2, bob, onboarding.Approve, name, second)}
		for i := range decisions {
			decisions[i].Pull = 2
		}
		record := reviewable(decisions...)
		state := func() onboarding.State {
			s, _ := onboarding.Evaluate(onboarding.Default(), record, green(), now.Add(time.Hour)).Standing(name)
			return s.State
		}
		require.Equal(t, onboarding.Passed, state())
		record.NoReviewPR = &onboarding.NoReviewPR{Why: "it rests until tomorrow"}
		assert.Equal(t, onboarding.Waiting, state())
		record.NoReviewPR = nil
		record.ReviewPR = record.ReviewPR.Replace(onboarding.BranchMoved, 2, now)
		assert.Equal(t, onboarding.Waiting, state(), "until it is open")
		record.ReviewPR.Number = 3
		assert.Equal(t, onboarding.Waiting, state())
		record.Reached = map[string]time.Time{"ci-extensions": now.Add(3 * time.Minute), "ci-extensions-release": now.Add(3 * time.Minute)}
		assert.Equal(t, onboarding.Passed, state(), "a gate that was reached stays so")
	}
}
