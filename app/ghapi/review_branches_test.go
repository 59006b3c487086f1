package ghapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// twoCommits makes a plugin, and two commits of it on each other that no branch has.
func twoCommits(t *testing.T, d *desk) (r *fakegithub.Repository, repo *ghapi.Repo, first, second string) {
	t.Helper()
	r, repo = d.plugin(templatetest.Files{"a": "a\n", "b": "b\n"})
	head, subject := d.subject(t, repo)
	tree, err := repo.PutTree(t.Context(), subject, subject.Files[:1], nil)
	require.NoError(t, err)
	first, err = repo.PutCommit(t.Context(), ghapi.Commit{Tree: tree, Message: "First", At: head.CommittedAt})
	require.NoError(t, err)
	second, err = repo.PutCommit(t.Context(), ghapi.Commit{Tree: subject.Tree, Parent: first, Message: "Second", At: head.CommittedAt})
	require.NoError(t, err)
	return r, repo, first, second
}

func TestAttackReviewPRABranchOfSomebodyElsesIsLeftAlone(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, _ := twoCommits(t, d)
	theirs := r.PushBranch(d.alice, "onboarding/base", "Mine", nil)
	r.PushBranch(d.alice, "onboarding/base-2", "Another", nil)
	taken, err := repo.PutBranch(t.Context(), "onboarding/base", first)
	require.NoError(t, err)
	assert.True(t, taken)
	assert.Equal(t, theirs, r.Branch("onboarding/base"))

	r.MoveBranch(d.alice, "onboarding/base", first)
	taken, err = repo.PutBranch(t.Context(), "onboarding/base", first)
	require.NoError(t, err)
	assert.False(t, taken, "whoever put it there, it is what it should be")
}

func TestReviewPRBranchesAreListedByTheirPrefix(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, second := twoCommits(t, d)
	branches, err := repo.Branches(t.Context(), "onboarding/")
	require.NoError(t, err)
	assert.Empty(t, branches)
	r.MoveBranch(d.alice, "onboarding/a b#c%2F", first)
	r.MoveBranch(d.alice, "onboarding/review", second)
	r.MoveBranch(d.alice, "onboarding-not", second)
	r.CreateTag(d.alice, "onboarding/review", "", "")
	branches, err = repo.Branches(t.Context(), "onboarding/")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"onboarding/a b#c%2F": first, "onboarding/review": second}, branches)
	require.NoError(t, repo.DeleteBranch(t.Context(), "onboarding/a b#c%2F"))
	assert.Empty(t, r.Branch("onboarding/a b#c%2F"))
}

func TestAttackReviewPRNothingIsForced(t *testing.T) {
	d := newDesk(t, nil)
	for name, test := range map[string]struct {
		before func(d *desk, r *fakegithub.Repository, first string)
		moved  bool
	}{
		"it stands where it was left": {func(*desk, *fakegithub.Repository, string) {}, true},
		"somebody pushed to it": {func(d *desk, r *fakegithub.Repository, _ string) {
			r.PushBranch(d.alice, "onboarding/review", "Mine", map[string]*string{"a": nil})
		}, false},
		"somebody put something else there": {func(d *desk, r *fakegithub.Repository, _ string) {
			r.MoveBranch(d.alice, "onboarding/review", r.Head())
		}, false},
		"somebody deleted it": {func(d *desk, r *fakegithub.Repository, _ string) {
			require.NoError(d.t, r.DeleteBranch(d.alice, "onboarding/review"))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r, repo, first, second := twoCommits(t, d)
			_, err := repo.PutBranch(t.Context(), "onboarding/review", first)
			require.NoError(t, err)
			test.before(d, r, first)
			stood := r.Branch("onboarding/review")
			for range 2 {
				moved, err := repo.MoveBranch(t.Context(), "onboarding/review", second)
				require.NoError(t, err)
				assert.Equal(t, test.moved, moved)
			}
			if test.moved {
				stood = second
			}
			assert.Equal(t, stood, r.Branch("onboarding/review"))
		})
	}
}

func TestReviewPRACommitThatGitHubLacksIsAFailureAndNotAMovedBranch(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, _ := twoCommits(t, d)
	_, err := repo.PutBranch(t.Context(), "onboarding/review", first)
	require.NoError(t, err)
	_, err = repo.MoveBranch(t.Context(), "onboarding/review", strings.Repeat("1", 40))
	require.ErrorContains(t, err, "move branch onboarding/review of alice/plugin-1 to 1111")
	assert.Equal(t, first, r.Branch("onboarding/review"))
	_, err = repo.PutBranch(t.Context(), "onboarding/other", strings.Repeat("1", 40))
	require.ErrorContains(t, err, "make branch onboarding/other in alice/plugin-1")
}

func TestReviewPRABranchIsDeletedOnce(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, _ := twoCommits(t, d)
	_, err := repo.PutBranch(t.Context(), "onboarding/review", first)
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, repo.DeleteBranch(t.Context(), "onboarding/review"))
		assert.Empty(t, r.Branch("onboarding/review"))
	}
	assert.Error(t, repo.DeleteBranch(t.Context(), r.DefaultBranch()), "that it stays is not kept quiet")
}
