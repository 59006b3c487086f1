package onboarding_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/onboarding"
)

func TestBranchesOfLaterPairsHaveANumber(t *testing.T) {
	base, head := onboarding.ReviewBranches(1)
	assert.Equal(t, []string{"onboarding/base", "onboarding/review"}, []string{base, head})
	base, head = onboarding.ReviewBranches(2)
	assert.Equal(t, []string{"onboarding/base-2", "onboarding/review-2"}, []string{base, head})
}

func TestTwoChangesTogetherAreTheWorse(t *testing.T) {
	assert.Equal(t, onboarding.CodeChange, onboarding.DocsChange.Worse(onboarding.CodeChange))
	assert.Equal(t, onboarding.TestsChange, onboarding.TestsChange.Worse(onboarding.DocsChange))
	assert.Equal(t, onboarding.DocsChange, onboarding.NoChange.Worse(onboarding.DocsChange))
	assert.Equal(t, onboarding.CodeChange, onboarding.DocsChange.Worse("other"), "what is unknown is code")
}

func TestAReplacementShowsTheSameAndIsLimited(t *testing.T) {
	pr := &onboarding.ReviewPR{Number: 7, BaseSHA: "b", Commits: []onboarding.ReviewCommit{{SHA: "c"}}}
	at := now
	for i := range 3 {
		assert.True(t, pr.MayReplace(at), i)
		pr = pr.Replace(onboarding.BranchMoved, i+2, at)
		pr.Number = 8 + i
		at = at.Add(time.Hour)
	}
	assert.False(t, pr.MayReplace(at), "three a day")
	assert.Equal(t, []int{7, 8, 9}, pr.Former)
	assert.Equal(t, "b", pr.BaseSHA)
	assert.Equal(t, "c", pr.Last().SHA)
	assert.Equal(t, "onboarding/review-4", pr.HeadBranch)
	assert.True(t, pr.MayReplace(at.Add(24*time.Hour)), "the next day it may be")
}

func TestAReviewPRIsOpenFromItsNumberToItsEnd(t *testing.T) {
	var none *onboarding.ReviewPR
	assert.False(t, none.Open())
	assert.Empty(t, none.Last().SHA)
	assert.False(t, (&onboarding.ReviewPR{}).Open())
	assert.True(t, (&onboarding.ReviewPR{Number: 1}).Open())
	assert.False(t, (&onboarding.ReviewPR{Number: 1, Closed: true}).Open())
}

func TestWhatChangedSinceAReviewCommitChangedSinceThePluginsCommitThatItShows(t *testing.T) {
	commit := func(sha, source string) onboarding.ReviewCommit {
		return onboarding.ReviewCommit{SHA: sha, Source: source}
	}
	pr := &onboarding.ReviewPR{
		Commits: []onboarding.ReviewCommit{commit("r1", "s1"), commit("r2", "s2"), commit("r3", "s3"), commit("r4", "s4")},
		Changes: map[string]onboarding.Change{"r1": onboarding.CodeChange, "r3": onboarding.DocsChange},
	}
	assert.Equal(t, map[string]onboarding.Change{
		"r1": onboarding.CodeChange, "s1": onboarding.CodeChange, "r3": onboarding.DocsChange, "s3": onboarding.DocsChange,
		"r4": onboarding.NoChange, "s4": onboarding.NoChange,
	}, pr.Since(), "since s2, and any commit that no review commit shows, nothing is known")
	for sha, want := range map[string]string{"r2": "r2", "s2": "r2", "": "", "x": ""} {
		found, ok := pr.Find(sha)
		assert.Equal(t, want, found.SHA)
		assert.Equal(t, want != "", ok)
	}
	pr.Commits = append(pr.Commits, commit("r5", "s1"))
	assert.Equal(t, onboarding.NoChange, pr.Since()["s1"], "the branch is back where it was")
	found, _ := pr.Find("s1")
	assert.Equal(t, "r5", found.SHA, "the newest one")
	var none *onboarding.ReviewPR
	_, ok := none.Find("s1")
	assert.False(t, ok)
}
