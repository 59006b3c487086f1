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
)

func TestReviewPRAWriteWhoseAnswerWasLostIsMadeOnce(t *testing.T) {
	d, body := newDesk(t, nil), "Edited"
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
			return repo.PutTree(ctx, subject, subject.Files[1:], nil)
		},
	} {
		for lost, cut := range map[string]fakegithub.Cut{"the call": fakegithub.CutBefore, "the answer": fakegithub.CutAfter} {
			t.Run(name+" without "+lost, func(t *testing.T) {
				once := lostOnce(t, d, name, fakegithub.NoCut, write)
				assert.Equal(t, once, lostOnce(t, d, name, cut, write))
			})
		}
	}
}

// lostOnce makes a write whose first attempt is cut, and returns what the second
// one says and what GitHub has after it.
func lostOnce(t *testing.T, d *desk, call string, cut fakegithub.Cut, write func(ctx context.Context, repo *ghapi.Repo, first, second string) (any, error)) []any {
	t.Helper()
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
