package ghapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// What NotAllowedError.Why says: the end of "There is no review pull request: …".
const (
	noPermission = "Onboard has no permission to write contents or pull requests"
	archived     = "the repository is archived"
	byRuleset    = "a ruleset of the repository forbids it"
	byProtection = "branch protection of the repository forbids it"
	noReason     = "GitHub refuses it without a reason"
	inTheWay     = "GitHub does not make its branches: a branch called onboarding, or branch protection, is in the way"
	oddFile      = "the plugin has a file whose name or mode GitHub does not take"
)

func TestReviewPRWhyEndsTheSentence(t *testing.T) {
	for _, why := range []string{noPermission, archived, byRuleset, byProtection, noReason, inTheWay, oddFile} {
		assert.NotEqual(t, '.', rune(why[len(why)-1]), why)
		assert.NotContains(t, why, "\n")
		assert.True(t, why == strings.ToLower(why[:1])+why[1:] || strings.HasPrefix(why, "Onboard ") || strings.HasPrefix(why, "GitHub "), why)
	}
}

// writes are all writes of a review PR; each can be made on the branches
// onboarding/base and onboarding/old and the open PR 1.
func writes(repo *ghapi.Repo, subject checks.Subject, second string) map[string]func(ctx context.Context) error {
	body := "Edited"
	return map[string]func(ctx context.Context) error{
		"blob": func(ctx context.Context) error {
			_, err := repo.PutBlob(ctx, []byte("new\n"))
			return err
		},
		"tree": func(ctx context.Context) error {
			_, err := repo.PutTree(ctx, subject, subject.Files[1:], nil)
			return err
		},
		"empty tree": func(ctx context.Context) error {
			_, err := repo.PutTree(ctx, subject, nil, nil)
			return err
		},
		"commit": func(ctx context.Context) error {
			_, err := repo.PutCommit(ctx, ghapi.Commit{Tree: subject.Tree, Message: "x", At: time.Unix(1e9, 0)})
			return err
		},
		"branch": func(ctx context.Context) error {
			_, err := repo.PutBranch(ctx, "onboarding/new", second)
			return err
		},
		"move": func(ctx context.Context) error {
			_, err := repo.MoveBranch(ctx, "onboarding/old", second)
			return err
		},
		"delete": func(ctx context.Context) error { return repo.DeleteBranch(ctx, "onboarding/base") },
		"pull": func(ctx context.Context) error {
			_, _, err := repo.OpenPull(ctx, ghapi.NewPull{Title: "Review", Base: "onboarding/base", Head: "onboarding/review"})
			return err
		},
		"edit": func(ctx context.Context) error { return repo.EditPull(ctx, 1, ghapi.PullEdit{Body: &body}) },
	}
}

// stage makes a plugin where all writes could be made.
func stage(t *testing.T, d *desk, name string) (*fakegithub.Repository, *ghapi.Repo, map[string]func(ctx context.Context) error) {
	t.Helper()
	r, repo := d.named(name, templatetest.Files{"a": "a\n", "b": "b\n"})
	_, subject := d.subject(t, repo)
	first := r.PushOrphan(d.alice, "onboarding/base", "First", map[string]string{"a": "a\n"})
	r.MoveBranch(d.alice, "onboarding/old", first)
	r.MoveBranch(d.alice, "onboarding/review", first)
	second := r.PushBranch(d.alice, "onboarding/review", "Second", map[string]*string{"b": new(string)})
	r.OpenPullRequest(d.alice, "Theirs", "", "onboarding/review", "onboarding/old")
	return r, repo, writes(repo, subject, second)
}

func TestAttackReviewPRWithoutPermissionNothingIsWritten(t *testing.T) {
	for name, test := range map[string]struct {
		permissions map[string]string
		refused     []string
	}{
		"contents: read":      {map[string]string{"contents": "read"}, []string{"blob", "tree", "empty tree", "commit", "branch", "move", "delete"}},
		"pull requests: read": {map[string]string{"pull_requests": "read"}, []string{"pull", "edit"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, test.permissions)
			r, _, writes := stage(t, d, "plugin")
			for _, write := range test.refused {
				t.Run(write, func(t *testing.T) { assertRefused(t, writes[write](t.Context()), noPermission) })
			}
			assert.Len(t, r.PullRequests(), 1)
			assert.Empty(t, r.PullRequests()[0].Body())
		})
	}
}

func TestReviewPRAnArchivedRepositoryIsNotWrittenTo(t *testing.T) {
	d := newDesk(t, nil)
	r, repo, writes := stage(t, d, "plugin")
	r.Archive(d.alice)
	head, err := repo.Head(t.Context(), ghapi.Head{})
	require.NoError(t, err)
	assert.True(t, head.Archived)
	for name, write := range writes {
		t.Run(name, func(t *testing.T) { assertRefused(t, write(t.Context()), archived) })
	}
}

func TestReviewPRABranchInTheWayOfItsNamesIsARefusal(t *testing.T) {
	d := newDesk(t, nil)
	for _, name := range []string{"onboarding", "onboarding/base/mine"} {
		r, repo, first, _ := twoCommits(t, d)
		r.MoveBranch(d.alice, name, first)
		taken, err := repo.PutBranch(t.Context(), "onboarding/base", first)
		assert.False(t, taken)
		assertRefused(t, err, inTheWay)
	}
}

func TestAttackReviewPRWorkflowsAreNotWrittenWithoutPermission(t *testing.T) {
	d := newDesk(t, nil)
	r, repo := d.plugin(templatetest.Files{"a": "a\n", ".github/workflows/ci.yml": "on: push\n"})
	head, subject := d.subject(t, repo)
	_, err := repo.PutTree(t.Context(), subject, subject.Files[:1], nil)
	assertRefused(t, err, noReason)
	_, err = repo.PutCommit(t.Context(), ghapi.Commit{Tree: subject.Tree, Message: "A root with workflows", At: head.CommittedAt})
	assertRefused(t, err, noReason)
	hidden := r.PushOrphan(d.alice, "hidden", "Root", map[string]string{".github/workflows/ci.yml": "x"})
	require.NoError(t, r.DeleteBranch(d.alice, "hidden"))
	_, err = repo.PutBranch(t.Context(), "onboarding/base", hidden)
	assertRefused(t, err, noPermission)
	assert.Empty(t, r.Branch("onboarding/base"))
	tree, err := repo.PutTree(t.Context(), subject, subject.Files[1:], nil)
	require.NoError(t, err, "what is left when they are left out")
	assert.Len(t, tree, 40)
}

func TestReviewPRAFileThatGitHubDoesNotTakeIsARefusal(t *testing.T) {
	d := newDesk(t, nil)
	_, repo := d.plugin(templatetest.Files{".gitattributes": "* text\n", "a": "a\n"})
	_, subject := d.subject(t, repo)
	odd := subject.Files[1]
	odd.Path = ".Git"
	_, err := repo.PutTree(t.Context(), subject, []checks.File{odd}, nil)
	assertRefused(t, err, oddFile)

	odd.Path, odd.Mode = "a", "100664" // as git wrote long ago
	began := len(d.Calls())
	_, err = repo.PutTree(t.Context(), subject, []checks.File{odd}, nil)
	var refused *ghapi.NotAllowedError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, oddFile, refused.Why)
	assert.Empty(t, d.since(began))
}

func TestAttackReviewPRTheRepositorysNameIsNoRefusal(t *testing.T) {
	d := newDesk(t, nil)
	_, _, writes := stage(t, d, "archived-protected-branch")
	for name, write := range writes {
		for _, status := range []int{http.StatusBadGateway, http.StatusConflict, http.StatusForbidden} {
			remove := d.Inject(fakegithub.Fault{Status: status, Method: methodOf(name)})
			err := write(t.Context())
			remove()
			var refused *ghapi.NotAllowedError
			require.Error(t, err)
			assert.NotErrorAs(t, err, &refused, "%s, %d: %v", name, status, err)
		}
	}
}

func TestReviewPRGitHubsWordsAreUnderstood(t *testing.T) {
	d := newDesk(t, nil)
	_, _, writes := stage(t, d, "plugin")
	for _, test := range []struct {
		status int
		says   string
		why    string // "" if that is no refusal
	}{
		{422, "Protected branch update failed for refs/heads/onboarding/base.", byProtection},
		{422, "You're not authorized to push to this branch.", byProtection},
		{422, "Required status check \"ci\" is expected.", byProtection},
		{422, "Repository rule violations found\n\nRequired status check \"ci\" is expected.", byRuleset},
		{422, "Reference cannot be updated", inTheWay},
		{422, "Validation Failed", ""},
		{500, "Repository was archived so is read-only.", ""},
		{404, "Not Found", ""}, // but of POST
	} {
		d.Inject(fakegithub.Fault{Method: http.MethodPatch, Times: 1, Status: test.status, Body: fmt.Sprintf(`{"message":%q}`, test.says)})
		err := writes["move"](t.Context())
		if test.why != "" {
			assertRefused(t, err, test.why)
			continue
		}
		var refused *ghapi.NotAllowedError
		require.Error(t, err)
		assert.NotErrorAs(t, err, &refused, "%v", err)
	}
}

// methodOf is the HTTP method of a write.
func methodOf(write string) string {
	switch write {
	case "move", "edit":
		return http.MethodPatch
	case "delete":
		return http.MethodDelete
	}
	return http.MethodPost
}

func TestReviewPRGitHubsOwnFailuresAreNoRefusals(t *testing.T) {
	d := newDesk(t, nil)
	_, _, writes := stage(t, d, "plugin")
	const secondary = `{"message":"You have exceeded a secondary rate limit","documentation_url":"https://docs.github.com/rest#secondary-rate-limits"}`
	for name, fault := range map[string]fakegithub.Fault{
		"502":                 {Status: http.StatusBadGateway},
		"429":                 {Status: http.StatusTooManyRequests},
		"401":                 {Status: http.StatusUnauthorized},
		"the secondary limit": {Status: http.StatusForbidden, Body: secondary},
		"no answer":           {Cut: fakegithub.CutBefore},
	} {
		for kind, write := range writes {
			t.Run(name+" to "+kind, func(t *testing.T) {
				fault.Method = methodOf(kind)
				defer d.Inject(fault)()
				assertAway(t, write(t.Context()))
			})
		}
	}
	reset := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
	d.Inject(fakegithub.Fault{Status: http.StatusForbidden, Header: http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {reset}}})
	for _, write := range writes { // go-github asks no more after the first
		assertAway(t, write(t.Context()))
	}
}

func TestReviewPRWritesThatAreUsedUpAreNoRefusals(t *testing.T) {
	d := newDesk(t, nil)
	d.plugin(templatetest.Files{"a": "a\n"})
	d.clients = clientsOf(t, d.app, d.url, 1, 0.001)
	repo := d.repo("plugin-1")
	_, err := repo.PutBlob(t.Context(), []byte("one"))
	require.NoError(t, err)
	_, err = repo.PutBlob(t.Context(), []byte("two"))
	assertAway(t, err)
}

func TestReviewPRARepositoryThatMovedIsNoRefusal(t *testing.T) {
	d := newDesk(t, nil)
	r, _, writes := stage(t, d, "plugin")
	r.Rename(d.alice, "renamed")
	for name, write := range writes {
		var moved *ghapi.MovedError
		var refused *ghapi.NotAllowedError
		err := write(t.Context())
		require.ErrorAs(t, err, &moved, name)
		assert.NotErrorAs(t, err, &refused, name)
	}
}
