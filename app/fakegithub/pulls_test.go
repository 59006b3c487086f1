package fakegithub_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// made is the SHA of what a call made.
func (w *world) made(path string, body any) string {
	r := w.in("POST", path, body)
	require.Equal(w.t, http.StatusCreated, r.status, "%s: %s", path, r.raw)
	sha, _ := r.object["sha"].(string)
	return sha
}

// commit makes a commit of one tree with fixed times.
func (w *world) commit(message, tree string, parents ...string) string {
	who := object{"name": "onboard[bot]", "email": "onboard@example.org", "date": "2026-11-26T01:02:03Z"}
	if parents == nil {
		parents = []string{}
	}
	return w.made("/git/commits", object{"message": message, "tree": tree, "parents": parents, "author": who, "committer": who})
}

func TestTheReviewPullRequestIsMadeOfBlobsTreesCommitsAndRefs(t *testing.T) {
	w := newWorld(t)
	main := w.in("GET", "/git/trees/main", nil).object
	template := w.made("/git/blobs", object{"content": "package main // template\n", "encoding": "utf-8"})
	binary := w.made("/git/blobs", object{"content": "AAEC/w==", "encoding": "base64"})
	baseTree := w.made("/git/trees", object{"tree": []object{
		{"path": "server/main.go", "mode": "100644", "type": "blob", "sha": template},
		{"path": "assets/icon.png", "mode": "100644", "type": "blob", "sha": binary},
	}})
	base := w.commit("Starter template", baseTree)
	head := w.commit("The plugin", main["sha"].(string), base)
	assert.Equal(t, head, w.commit("The plugin", main["sha"].(string), base), "equal commits have equal SHAs")
	w.made("/git/refs", object{"ref": "refs/heads/onboard/base", "sha": base})
	w.made("/git/refs", object{"ref": "refs/heads/onboard/review", "sha": head})

	r := w.in("POST", "/pulls", object{"title": "Review", "body": "Please", "head": "onboard/review", "base": "onboard/base"})
	require.Equal(t, http.StatusCreated, r.status, "%s", r.raw)
	assert.InDelta(t, 3, r.object["changed_files"], 0)
	assert.Equal(t, "onboard[bot]", r.object["user"].(object)["login"])
	number := r.object["number"]

	files := w.in("GET", fmt.Sprintf("/pulls/%v/files", number), nil).list
	assert.Equal(t, []string{"README.md", "assets/icon.png", "server/main.go"}, names(files, "filename"))
	assert.Equal(t, []string{"added", "removed", "modified"}, names(files, "status"))
	assert.Equal(t, "@@ -0,0 +1 @@\n+# Tea", files[0]["patch"])
	assert.NotContains(t, files[1], "patch", "binary")
	assert.Equal(t, []string{head}, names(w.in("GET", fmt.Sprintf("/pulls/%v/commits", number), nil).list, "sha"))
	found := w.in("GET", "/pulls?state=open&head=Ada:onboard/review&base=onboard/base", nil).list
	require.Len(t, found, 1)
	assert.Equal(t, head, found[0]["head"].(object)["sha"])
	assert.Equal(t, base, found[0]["base"].(object)["sha"])
	require.NoError(t, w.Settled(w.context()))
}

// pull opens a pull request from "feature" to "main" as Ada.
func (w *world) pull() *fakegithub.PullRequest {
	w.repository.PushBranch(w.author, "feature", "Feature", map[string]*string{"feature.txt": text("one\n")})
	return w.repository.OpenPullRequest(w.author, "A feature", "Please look", "feature", "main")
}

func TestAPullRequestThatGitHubRefusesIs422(t *testing.T) {
	w := newWorld(t)
	w.pull()
	w.repository.PushOrphan(w.author, "unrelated", "Root", map[string]string{"a": "b"})
	w.repository.MoveBranch(w.author, "same", w.repository.Head())
	for name, test := range map[string]struct{ head, base, field, code, message string }{
		"no commits":            {"same", "main", "", "custom", "No commits between main and same"},
		"no common history":     {"unrelated", "main", "", "custom", "The unrelated branch has no history in common with main"},
		"there already":         {"Ada:feature", "main", "", "custom", "A pull request already exists for Ada:feature."},
		"no such head":          {"none", "main", "head", "invalid", ""},
		"no such base":          {"feature", "none", "base", "invalid", ""},
		"another owner's head":  {"Eve:feature", "main", "head", "invalid", ""},
		"the branch and itself": {"main", "main", "", "custom", "No commits between main and main"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.in("POST", "/pulls", object{"title": "x", "head": test.head, "base": test.base})
			assert.Equal(t, http.StatusUnprocessableEntity, r.status)
			assert.Equal(t, "Validation Failed", r.object["message"])
			want := object{"resource": "PullRequest", "code": test.code}
			if test.field != "" {
				want["field"] = test.field
			}
			if test.message != "" {
				want["message"] = test.message
			}
			assert.Equal(t, want, r.object["errors"].([]any)[0])
		})
	}
	for name, body := range map[string]object{
		"a blank title": {"title": " "}, "a long title": {"title": strings.Repeat("ä", 257)}, "a long body": {"title": "x", "body": strings.Repeat("ä", 65_537)},
	} {
		body["head"], body["base"] = "feature", "main"
		assert.Equal(t, http.StatusUnprocessableEntity, w.in("POST", "/pulls", body).status, name)
	}
	w.repository.SetPrivate(w.author, true)
	assert.Equal(t, http.StatusUnprocessableEntity, w.in("POST", "/pulls", object{"title": "x", "head": "feature", "base": "same", "draft": true}).status)
	assert.Panics(t, func() { w.repository.OpenPullRequest(w.author, "x", "", "none", "main") })
}

func TestPullRequestsAreListedAsAsked(t *testing.T) {
	w := newWorld(t)
	w.pull()
	w.repository.OpenIssue(w.author, "Not a pull request", "")
	w.repository.PushBranch(w.author, "other", "Other", map[string]*string{"x": text("1")})
	third := w.repository.OpenPullRequest(w.author, "Other", "", "other", "feature")
	w.repository.OpenPullRequest(w.author, "Again", "", "other", "main").Close(w.author)
	numbers := func(query string) string {
		r := w.in("GET", "/pulls"+query, nil)
		require.Equal(t, http.StatusOK, r.status)
		return fmt.Sprint(names(r.list, "title"))
	}
	assert.Equal(t, "[Other A feature]", numbers(""))
	assert.Equal(t, "[Again]", numbers("?state=closed"))
	assert.Equal(t, "[Again Other A feature]", numbers("?state=all"))
	assert.Equal(t, "[Other]", numbers("?head=ada:other"))
	assert.Equal(t, "[Again]", numbers("?head=Ada:other&base=main&state=all"))
	assert.Equal(t, "[]", numbers("?head=Eve:other"))
	assert.Equal(t, "[Other A feature]", numbers("?head=other"), "no owner: no filter")
	assert.Equal(t, "[A feature Other]", numbers("?direction=asc"))
	w.advance(time.Minute)
	third.Comment(w.author, "bump")
	assert.Equal(t, "[A feature Other]", numbers("?sort=updated"))
	assert.Equal(t, "[Again]", numbers("?state=all&per_page=1"))
	assert.Len(t, w.repository.PullRequests(), 3)
}

func TestAPullRequestIsEditedClosedAndReopened(t *testing.T) {
	w := newWorld(t)
	p := w.pull()
	w.repository.PushBranch(w.author, "next", "Next", map[string]*string{"next": text("1")})
	before := len(w.Deliveries())
	r := w.in("PATCH", "/pulls/1", object{"title": "Better", "body": "New", "base": "next", "state": "closed"})
	require.Equal(t, http.StatusOK, r.status, "%s", r.raw)
	assert.Equal(t, []any{"Better", "New", "next", "closed"}, []any{r.object["title"], r.object["body"], r.object["base"].(object)["ref"], r.object["state"]})
	assert.Equal(t, []string{"pull_request edited onboard[bot]", "pull_request closed onboard[bot]"}, w.since(before))
	_, payload := w.lastDelivery()
	assert.Equal(t, false, payload["pull_request"].(object)["merged"])
	assert.Equal(t, "closed", p.State())
	assert.Equal(t, http.StatusOK, w.in("PATCH", "/pulls/1", object{"state": "open"}).status)
	event, _ := w.lastDelivery()
	assert.Equal(t, "pull_request reopened", event)
	require.NoError(t, p.Retarget(w.author, "main"))
	event, payload = w.lastDelivery()
	assert.Equal(t, "pull_request edited", event)
	assert.Equal(t, "next", payload["changes"].(object)["base"].(object)["ref"].(object)["from"])
	p.SetBody(w.author, "Forged")
	assert.Equal(t, "Forged", p.Body())
	require.ErrorContains(t, p.Retarget(w.author, "none"), "422")
	count := len(w.Deliveries())
	assert.Equal(t, http.StatusOK, w.in("PATCH", "/pulls/1", object{"title": "Better", "state": "open"}).status)
	assert.Len(t, w.Deliveries(), count, "nothing changed")
	assert.Equal(t, http.StatusNotFound, w.in("GET", "/pulls/2", nil).status)
}

func TestAPullRequestFollowsItsBranches(t *testing.T) {
	w := newWorld(t)
	p := w.pull()
	before := len(w.Deliveries())
	sha := w.repository.PushBranch(w.author, "feature", "More", map[string]*string{"more": text("2")})
	assert.Equal(t, sha, p.HeadSHA())
	assert.Equal(t, []string{"push  Ada", "check_suite requested Ada", "pull_request synchronize Ada"}, w.since(before))
	_, payload := w.lastDelivery()
	assert.Equal(t, sha, payload["after"])
	assert.Len(t, p.Commits(), 2)
	run := w.in("POST", "/check-runs", object{"name": "onboard/licence", "head_sha": sha})
	assert.InDelta(t, 1, run.object["pull_requests"].([]any)[0].(object)["number"], 0)

	base := w.repository.Push(w.author, "On main", map[string]*string{"main.txt": text("1")})
	assert.Equal(t, base, p.BaseSHA())
	assert.Len(t, p.Files(), 2, "what main got is no part of it")
	assert.Equal(t, "clean", w.in("GET", "/pulls/1", nil).object["mergeable_state"])
	w.repository.Push(w.author, "Clash", map[string]*string{"more": text("3")})
	assert.Equal(t, "dirty", w.in("GET", "/pulls/1", nil).object["mergeable_state"])

	require.NoError(t, w.repository.DeleteBranch(w.author, "feature"))
	assert.Equal(t, "closed", p.State())
	event, _ := w.lastDelivery()
	assert.Equal(t, "pull_request closed", event)
	assert.Equal(t, sha, p.HeadSHA(), "the last one")
	require.ErrorContains(t, p.Reopen(w.author), "422")
	w.repository.MoveBranch(w.author, "feature", sha)
	require.NoError(t, p.Reopen(w.author))
	p.Close(w.author)
	w.repository.MoveBranch(w.author, "feature", w.repository.Head())
	assert.Equal(t, http.StatusUnprocessableEntity, w.in("PATCH", "/pulls/1", object{"state": "open"}).status)
}

func TestAMovedBaseChangesWhatAPullRequestShowsAttack(t *testing.T) {
	w := newWorld(t)
	p := w.pull()
	w.repository.PushOrphan(w.author, "elsewhere", "Root", map[string]string{"a": "b"})
	before := len(w.Deliveries())
	w.repository.MoveBranch(w.author, "main", w.repository.Branch("elsewhere"))
	assert.Equal(t, "open", p.State())
	assert.Empty(t, p.Files(), "nothing in common: nothing to compare")
	assert.Equal(t, "dirty", w.in("GET", "/pulls/1", nil).object["mergeable_state"])
	assert.Equal(t, []string{"push  Ada"}, w.since(before), "the commit has its suite; no event of the pull request")
	w.repository.MoveBranch(w.author, "main", p.HeadSHA())
	assert.True(t, p.Merged(), "the base has all of it")
	assert.Equal(t, http.StatusNoContent, w.in("GET", "/pulls/1/merge", nil).status)
}

func TestAHeadThatGoesBackToItsBaseIsClosed(t *testing.T) {
	w := newWorld(t)
	p := w.pull()
	w.repository.MoveBranch(w.author, "feature", w.repository.Head())
	assert.Equal(t, "closed", p.State())
	assert.False(t, p.Merged())
	require.ErrorContains(t, p.Reopen(w.author), "422")
}

func TestAPullRequestIsAnIssueToo(t *testing.T) {
	w := newWorld(t)
	p := w.pull()
	before := len(w.Deliveries())
	require.Equal(t, http.StatusCreated, w.in("POST", "/issues/1/comments", object{"body": "Hello"}).status)
	_, payload := w.lastDelivery()
	assert.Contains(t, payload["issue"], "pull_request")
	require.Equal(t, http.StatusOK, w.in("POST", "/issues/1/labels", object{"labels": []string{"stage:licence"}}).status)
	p.RemoveLabel(w.author, "stage:licence")
	p.AddLabel(w.author, "stage:qa")
	assert.Equal(t, []string{
		"issue_comment created onboard[bot]", "pull_request labeled onboard[bot]", "pull_request unlabeled Ada", "pull_request labeled Ada",
	}, w.since(before))
	_, payload = w.lastDelivery()
	assert.Equal(t, "stage:qa", payload["label"].(object)["name"])
	assert.InDelta(t, 1, payload["number"], 0)
	issue := w.in("GET", "/issues/1", nil).object
	assert.Contains(t, issue["html_url"], "/pull/1")
	assert.Contains(t, issue["pull_request"].(object)["url"], "/pulls/1")
	assert.NotEqual(t, issue["id"], w.in("GET", "/pulls/1", nil).object["id"])
	assert.Equal(t, []string{"stage:qa"}, names(w.in("GET", "/issues/1/labels", nil).list, "name"))
	assert.Len(t, w.in("GET", "/pulls", nil).list[0]["labels"], 1)
	assert.Len(t, p.Comments(), 1)
	assert.Equal(t, http.StatusNotFound, w.in("GET", fmt.Sprintf("/pulls/%d", w.repository.OpenIssue(w.author, "x", "").Number), nil).status)
}

func TestFilesAreListedWithRenamesAndWithoutHugePatches(t *testing.T) {
	w := newWorld(t)
	w.repository.Push(w.author, "Before", map[string]*string{"a/moved.txt": text("same\n"), "z/other.txt": text("same\n"), "tail": text("1\n2\n3\n4\n5\n6\n7\n8")})
	p := w.pull()
	w.repository.PushBranch(w.author, "feature", "After", map[string]*string{
		"a/moved.txt": nil, "b/moved.txt": text("same\n"), "z/other.txt": nil, "tail": text("1\n2\n3\n4\nfive\n6\n7\n8\n"), "empty": text(""),
		"huge": text(strings.Repeat("x", 600<<10)), "long": text(strings.Repeat("\n", 20_001)),
	})
	w.repository.PushBranch(w.author, "feature", "Main came in", map[string]*string{"z/elsewhere.txt": text("same\n")})
	files := w.in("GET", "/pulls/1/files", nil).list
	var shown []string
	for _, f := range files {
		_, patched := f["patch"]
		shown = append(shown, fmt.Sprint(f["status"], " ", f["filename"], " ", f["additions"], "/", f["deletions"], " ", patched))
	}
	assert.Equal(t, []string{
		"renamed b/moved.txt 0/0 false", "added empty 0/0 false", "added feature.txt 1/0 true", "added huge 1/0 false", "added long 20001/0 false",
		"modified tail 4/4 true", "renamed z/elsewhere.txt 0/0 false",
	}, shown)
	assert.Equal(t, "a/moved.txt", files[0]["previous_filename"])
	assert.Equal(t, "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n-6\n-7\n-8\n\\ No newline at end of file\n+five\n+6\n+7\n+8", files[5]["patch"])
	assert.Equal(t, "a/moved.txt", p.Files()[0].PreviousPath)
	assert.Len(t, w.in("GET", "/pulls/1/files?per_page=3&page=3", nil).list, 1)
}

func TestAtMost3000FilesAreListed(t *testing.T) {
	w := newWorld(t)
	w.pull()
	many := map[string]*string{}
	for i := range 3010 {
		many[fmt.Sprintf("many/%d", i)] = text("x")
	}
	w.repository.PushBranch(w.author, "feature", "Many", many)
	assert.Len(t, w.in("GET", "/pulls/1/files?per_page=100&page=30", nil).list, 100)
	assert.Empty(t, w.in("GET", "/pulls/1/files?per_page=100&page=31", nil).list)
	assert.InDelta(t, 3011, w.in("GET", "/pulls/1", nil).object["changed_files"], 0)
}
