package ghapi_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
)

// openedPull makes the two branches and returns the PR that is to be opened.
func openedPull(t *testing.T, repo *ghapi.Repo, first, second string) ghapi.NewPull {
	t.Helper()
	for branch, sha := range map[string]string{"onboarding/base": first, "onboarding/review": second} {
		_, err := repo.PutBranch(t.Context(), branch, sha)
		require.NoError(t, err)
	}
	return ghapi.NewPull{Title: "Review", Body: "Please", Base: "onboarding/base", Head: "onboarding/review"}
}

func TestReviewPRItIsOpenedOnceAndReadAsItIs(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, second := twoCommits(t, d)
	want := openedPull(t, repo, first, second)
	for range 2 {
		pull, taken, err := repo.OpenPull(t.Context(), want)
		require.NoError(t, err)
		assert.False(t, taken)
		assert.Equal(t, 1, pull.Number)
	}
	require.Len(t, r.PullRequests(), 1)
	opened := r.PullRequests()[0]
	opened.AddLabel(d.alice, "stage:review")

	pull, ok, err := repo.Pull(t.Context(), 1)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, "onboard[bot]", pull.By.Login)
	pull.By, pull.URL = ghapi.Pull{}.By, ""
	assert.Equal(t, ghapi.Pull{
		Number: 1, Open: true, Title: "Review", Body: "Please", Base: "onboarding/base", Head: "onboarding/review", BaseSHA: first, HeadSHA: second,
		HeadRepo: r.ID, Labels: []string{"stage:review"},
	}, pull)

	title, empty := "Other", ""
	require.NoError(t, repo.EditPull(t.Context(), 1, ghapi.PullEdit{Title: &title, Body: &empty}))
	for range 2 {
		require.NoError(t, repo.ClosePull(t.Context(), 1, ""), "closed is closed")
	}
	pull, _, err = repo.Pull(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, []any{"Other", "", false, false}, []any{pull.Title, pull.Body, pull.Open, pull.Merged})
	reopened, err := repo.ReopenPull(t.Context(), 1)
	require.NoError(t, err)
	assert.True(t, reopened)
	require.NoError(t, opened.Merge(d.alice))
	pull, _, err = repo.Pull(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, []any{false, true}, []any{pull.Open, pull.Merged})
}

func TestReviewPROneThatIsGoneIsNone(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, _, _ := twoCommits(t, d)
	issue := r.OpenIssue(d.alice, "An issue", "")
	for _, number := range []int{issue.Number, 99} {
		_, ok, err := repo.Pull(t.Context(), number)
		require.NoError(t, err)
		assert.False(t, ok)
	}
}

func TestAttackReviewPRSomebodyElsesPullRequestOfItsBranchesIsNotTakenForIt(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, second := twoCommits(t, d)
	want := openedPull(t, repo, first, second)
	r.OpenPullRequest(d.alice, "Mine", "Looks like Onboard's", want.Head, want.Base)
	for range 2 {
		pull, taken, err := repo.OpenPull(t.Context(), want)
		require.NoError(t, err)
		assert.True(t, taken)
		assert.Zero(t, pull)
	}
	require.Len(t, r.PullRequests(), 1)
	r.PullRequests()[0].Close(d.alice)
	pull, taken, err := repo.OpenPull(t.Context(), want)
	require.NoError(t, err)
	assert.False(t, taken)
	assert.Equal(t, 2, pull.Number)
}

func TestAttackReviewPRAPullRequestOfTheAppsThatIsAnotherOneIsNotTakenForIt(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, second := twoCommits(t, d)
	want := openedPull(t, repo, first, second)
	r.MoveBranch(d.alice, "other-base", first)
	r.MoveBranch(d.alice, "other-head", second)
	open := func(head, base string) *fakegithub.PullRequest {
		_, _, err := repo.OpenPull(t.Context(), ghapi.NewPull{Title: "Review", Head: head, Base: base})
		require.NoError(t, err)
		pulls := r.PullRequests()
		return pulls[len(pulls)-1]
	}
	open(want.Head, want.Base).Close(d.alice)
	require.NoError(t, open(want.Head, want.Base).Retarget(d.alice, "other-base"))
	open("other-head", want.Base)
	r.OpenPullRequest(d.alice, "Mine", "", want.Head, want.Base)
	_, taken, err := repo.OpenPull(t.Context(), want)
	require.NoError(t, err)
	assert.True(t, taken)
}

func TestReviewPROneWithoutADifferenceIsAFailure(t *testing.T) {
	d := newDesk(t, nil)
	_, repo, first, _ := twoCommits(t, d)
	_, taken, err := repo.OpenPull(t.Context(), openedPull(t, repo, first, first))
	require.ErrorContains(t, err, "No commits between")
	assert.False(t, taken)
}
