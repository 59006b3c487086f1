package ghapi_test

import (
	"context"
	"net/http"
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
	tree, err := repo.PutTree(t.Context(), subject, subject.Files[:1])
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
			d := newDesk(t, nil)
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

	title, empty, closed := "Other", "", false
	require.NoError(t, repo.EditPull(t.Context(), 1, ghapi.PullEdit{Title: &title, Body: &empty, Open: &closed}))
	pull, _, err = repo.Pull(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, []any{"Other", "", false, false}, []any{pull.Title, pull.Body, pull.Open, pull.Merged})
	require.NoError(t, opened.Reopen(d.alice))
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

func TestReviewPROneWithoutADifferenceIsAFailure(t *testing.T) {
	d := newDesk(t, nil)
	_, repo, first, _ := twoCommits(t, d)
	_, taken, err := repo.OpenPull(t.Context(), openedPull(t, repo, first, first))
	require.ErrorContains(t, err, "No commits between")
	assert.False(t, taken)
}

func TestReviewPRAWriteWhoseAnswerWasLostIsMadeOnce(t *testing.T) {
	body := "Edited"
	// Each write returns what it says, to be the same when it is made again.
	for name, write := range map[string]func(ctx context.Context, repo *ghapi.Repo, first, second string) (any, error){
		"POST /git/blobs": func(ctx context.Context, repo *ghapi.Repo, _, _ string) (any, error) {
			return repo.PutBlob(ctx, []byte("new\n"))
		},
		"POST /git/commits": func(ctx context.Context, repo *ghapi.Repo, first, _ string) (any, error) {
			head, err := repo.Head(ctx, ghapi.Head{})
			if err != nil {
				return nil, err
			}
			return repo.PutCommit(ctx, ghapi.Commit{Tree: head.Tree, Parent: first, Message: "Third", At: head.CommittedAt})
		},
		"POST /git/refs": func(ctx context.Context, repo *ghapi.Repo, first, _ string) (any, error) {
			return repo.PutBranch(ctx, "onboarding/new", first)
		},
		"PATCH /git/refs/{ref}": func(ctx context.Context, repo *ghapi.Repo, _, second string) (any, error) {
			return repo.MoveBranch(ctx, "onboarding/old", second)
		},
		"DELETE /git/refs/{ref}": func(ctx context.Context, repo *ghapi.Repo, _, _ string) (any, error) {
			return nil, repo.DeleteBranch(ctx, "onboarding/old")
		},
		"POST /pulls": func(ctx context.Context, repo *ghapi.Repo, _, _ string) (any, error) {
			pull, taken, err := repo.OpenPull(ctx, ghapi.NewPull{Title: "Review", Base: "onboarding/base", Head: "onboarding/review"})
			return []any{pull.Number, taken}, err
		},
		"PATCH /pulls/{pull_number}": func(ctx context.Context, repo *ghapi.Repo, _, _ string) (any, error) {
			return nil, repo.EditPull(ctx, 1, ghapi.PullEdit{Body: &body})
		},
		"POST /git/trees": func(ctx context.Context, repo *ghapi.Repo, _, _ string) (any, error) {
			head, err := repo.Head(ctx, ghapi.Head{})
			if err != nil {
				return nil, err
			}
			subject, err := repo.Subject(ctx, head)
			if err != nil {
				return nil, err
			}
			return repo.PutTree(ctx, subject, subject.Files[1:])
		},
	} {
		for lost, cut := range map[string]fakegithub.Cut{"the call": fakegithub.CutBefore, "the answer": fakegithub.CutAfter} {
			t.Run(name+" without "+lost, func(t *testing.T) {
				once := lostOnce(t, name, fakegithub.NoCut, write)
				assert.Equal(t, once, lostOnce(t, name, cut, write))
			})
		}
	}
}

// lostOnce makes a write whose first attempt is cut, and returns what the second
// one says and what GitHub has after it.
func lostOnce(t *testing.T, call string, cut fakegithub.Cut, write func(ctx context.Context, repo *ghapi.Repo, first, second string) (any, error)) []any {
	t.Helper()
	d := newDesk(t, nil)
	r, repo, first, second := twoCommits(t, d)
	openedPull(t, repo, first, second)
	r.MoveBranch(d.alice, "onboarding/old", first)
	if strings.HasPrefix(call, "PATCH /pulls") {
		r.OpenPullRequest(d.alice, "Theirs", "", "onboarding/review", "onboarding/base")
	}
	if cut != fakegithub.NoCut {
		method, route, _ := strings.Cut(call, " ")
		d.Inject(fakegithub.Fault{Method: method, Route: "/repos/{owner}/{repo}" + route, Times: 1, Cut: cut})
		_, err := write(t.Context(), repo, first, second)
		assertAway(t, err)
	}
	said, err := write(t.Context(), repo, first, second)
	require.NoError(t, err)
	bodies := []string{}
	for _, p := range r.PullRequests() {
		pull, _, err := repo.Pull(t.Context(), p.Number)
		require.NoError(t, err)
		bodies = append(bodies, pull.Title+pull.Body)
	}
	branches := map[string]bool{}
	for _, name := range []string{"onboarding/base", "onboarding/review", "onboarding/old", "onboarding/new"} {
		branches[name+" at the second"] = r.Branch(name) == second
		branches[name] = r.Branch(name) != ""
	}
	if sha, ok := said.(string); ok { // commits carry the time of the plugin's
		said = len(sha)
	}
	return []any{said, bodies, branches}
}

func TestReviewPRHalfAnAnswerIsNoAnswer(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, first, second := twoCommits(t, d)
	want := openedPull(t, repo, first, second)
	d.Inject(fakegithub.Fault{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/pulls", Times: 1, Cut: fakegithub.CutHalf})
	_, _, err := repo.OpenPull(t.Context(), want)
	require.ErrorContains(t, err, "open the pull request of onboarding/review in alice/plugin-1")
	pull, taken, err := repo.OpenPull(t.Context(), want)
	require.NoError(t, err)
	assert.False(t, taken)
	assert.Equal(t, 1, pull.Number)
	assert.Len(t, r.PullRequests(), 1)
}
