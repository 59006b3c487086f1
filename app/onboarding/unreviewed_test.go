package onboarding_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

// source is the plugin's commit of which a review commit's number is the n-th.
func source(n int) string { return strings.Repeat(string(rune('a'+n)), 40) }

// released is an onboarding whose review commits changed like this, with a release
// of one of the plugin's commits.
func released(tag string, changes []onboarding.Change, decisions ...onboarding.Decision) (onboarding.Record, onboarding.Facts) {
	record := reviewable(decisions...)
	record.ReviewPR.Commits = nil
	for i, change := range changes {
		record.ReviewPR.Commits = append(record.ReviewPR.Commits, onboarding.ReviewCommit{SHA: reviewCommit(i), Source: source(i), Change: change})
	}
	f := green()
	f.Commit = record.ReviewPR.Last().Source
	release := f.Results["release"]
	release.Source = tag
	f.Results["release"] = release
	f.Since = map[string]onboarding.Change{source(7): onboarding.NoChange}
	for i := range changes {
		f.Since[reviewCommit(i)] = onboarding.NoChange // whether approvals stand is tested elsewhere
	}
	return record, f
}

func reviewCommit(n int) string { return strings.Repeat(string(rune('1'+n)), 40) }

func TestAttackAReleaseOfCodeThatNobodyReviewed(t *testing.T) {
	const docs, tests, code, boilerplate = onboarding.DocsChange, onboarding.TestsChange, onboarding.CodeChange, onboarding.BoilerplateChange
	both := func(n int) []onboarding.Decision {
		return []onboarding.Decision{
			act(1, ann, onboarding.Approve, "complete-review", reviewCommit(n)), act(2, bob, onboarding.Approve, "complete-review", reviewCommit(n)),
		}
	}
	apart := []onboarding.Decision{
		act(1, ann, onboarding.Approve, "complete-review", reviewCommit(1)), act(2, bob, onboarding.Approve, "complete-review", reviewCommit(0)),
	}
	cases := map[string]struct {
		tag       string
		changes   []onboarding.Change
		decisions []onboarding.Decision
		want      onboarding.State
	}{
		"the commit that was approved":                 {source(0), []onboarding.Change{code}, both(0), onboarding.Passed},
		"a commit that nobody saw":                     {source(9), []onboarding.Change{code}, both(0), onboarding.Waiting},
		"no commit at all":                             {"", []onboarding.Change{code}, both(0), onboarding.Waiting},
		"docs and tests came after the approval":       {source(2), []onboarding.Change{code, docs, tests}, both(0), onboarding.Passed},
		"code came after the approval":                 {source(1), []onboarding.Change{code, code}, both(0), onboarding.Waiting},
		"code came after the approval, and docs later": {source(2), []onboarding.Change{code, code, docs}, both(0), onboarding.Waiting},
		"boilerplate is not what the reviewers saw":    {source(1), []onboarding.Change{code, boilerplate}, both(0), onboarding.Waiting},
		"the release is older than what was approved":  {source(0), []onboarding.Change{code, code}, both(1), onboarding.Waiting},
		"it is older by docs":                          {source(0), []onboarding.Change{code, docs}, both(1), onboarding.Passed},
		"the very commit, without a review commit":     {source(7), []onboarding.Change{code}, []onboarding.Decision{act(1, ann, onboarding.Approve, "complete-review", source(7)), act(2, bob, onboarding.Approve, "complete-review", source(7))}, onboarding.Passed},
		"security approved the commit before only":     {source(1), []onboarding.Change{code, code}, apart, onboarding.Waiting},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			record, f := released(test.tag, test.changes, test.decisions...)
			verdict := onboarding.Evaluate(onboarding.Default(), record, f, now)
			review, _ := verdict.Standing("complete-review")
			assert.Equal(t, onboarding.Passed, review.State)
			release, _ := verdict.Standing("release")
			assert.Equal(t, test.want, release.State)
			assert.Equal(t, test.want == onboarding.Waiting, release.Unreviewed)
			if test.want == onboarding.Waiting {
				assert.Equal(t, onboarding.Party(onboarding.Admin), release.Turn)
				record.Decisions = onboarding.Decide(record.Decisions, act(9, root, onboarding.Approve, "release", release.Subject))
				release, _ = onboarding.Evaluate(onboarding.Default(), record, f, now).Standing("release")
				assert.Equal(t, onboarding.Passed, release.State, "an admin may settle just that")
				other := f.Results["release"]
				other.Source = source(8)
				f.Results["release"] = other
				release, _ = onboarding.Evaluate(onboarding.Default(), record, f, now).Standing("release")
				assert.Equal(t, onboarding.Waiting, release.State, "another commit is another question")
			}
		})
	}
	record, f := released(source(9), []onboarding.Change{code})
	release, _ := onboarding.Evaluate(onboarding.Default(), record, f, now).Standing("release")
	assert.Equal(t, onboarding.Passed, release.State, "while the review is under way, the gate waits for that")
}

func TestPropertyBetweenReviewCommitsTheWorstStepCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := rapid.SliceOfN(rapid.SampledFrom([]onboarding.Change{onboarding.DocsChange, onboarding.TestsChange, onboarding.BoilerplateChange, onboarding.CodeChange}), 1, 8).Draw(t, "changes")
		record, _ := released("", changes)
		i, j := rapid.IntRange(0, len(changes)-1).Draw(t, "from"), rapid.IntRange(0, len(changes)-1).Draw(t, "to")
		change, known := record.ReviewPR.Between(reviewCommit(i), source(j))
		assert.True(t, known)
		want := onboarding.NoChange
		for k := min(i, j) + 1; k <= max(i, j); k++ {
			want = want.Worse(changes[k])
		}
		assert.Equal(t, want, change)
		back, _ := record.ReviewPR.Between(reviewCommit(j), source(i))
		assert.Equal(t, change, back)
	})
}
