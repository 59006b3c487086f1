package fakegithub_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestATextAndItsBase64AreTheSameBlob(t *testing.T) {
	w := newWorld(t)
	sha := w.made("/git/blobs", object{"content": "# Tea\n"})
	assert.Equal(t, sha, w.made("/git/blobs", object{"content": "IyBUZWEK", "encoding": "base64"}))
	assert.Equal(t, w.repository.TreeOf("main")["README.md"].SHA, sha)
	for name, body := range map[string]object{
		"no base64": {"content": "!", "encoding": "base64"}, "no such encoding": {"content": "a", "encoding": "latin-1"},
	} {
		assert.Equal(t, http.StatusUnprocessableEntity, w.in("POST", "/git/blobs", body).status, name)
	}
}

func TestATreeIsMadeUponAnotherOrFromNothing(t *testing.T) {
	w := newWorld(t)
	w.repository.PushFiles(w.author, "More", map[string]*fakegithub.File{"docs/a/b.md": {Content: "b"}, "docs/c.md": {Content: "c"}})
	main := w.repository.TreeOf("main")
	base := w.in("GET", "/git/trees/main", nil).object
	docs := base["tree"].([]any)[1].(object)["sha"].(string)
	readme := main["README.md"].SHA
	files := func(body object) map[string]string {
		sha := w.made("/git/trees", body)
		found := map[string]string{}
		for name, e := range w.repository.TreeOf(w.commit("x", sha)) {
			found[name] = e.Mode + " " + e.Content
		}
		return found
	}
	assert.Equal(t, map[string]string{"a/b/c": "100755 run", "copy/a/b.md": "100644 b", "copy/c.md": "100644 c", "link": "120000 # Tea\n"}, files(object{"tree": []object{
		{"path": "a/b/c", "mode": "100755", "type": "blob", "content": "run"},
		{"path": "copy", "mode": "040000", "type": "tree", "sha": docs},
		{"path": "link", "mode": "120000", "type": "blob", "sha": readme},
	}}))
	assert.Equal(t, map[string]string{"README.md": "100644 # Tea\n", "docs": "100644 a file now", "server/main.go/x": "100644 a folder now"}, files(object{
		"base_tree": base["sha"], "tree": []object{
			{"path": "docs", "mode": "100644", "type": "blob", "content": "a file now"},
			{"path": "server/main.go/x", "mode": "100644", "type": "blob", "content": "a folder now"},
		},
	}))
	assert.Equal(t, map[string]string{"docs/c.md": "100644 c"}, files(object{"base_tree": base["sha"], "tree": []object{
		{"path": "README.md", "mode": "100644", "type": "blob", "sha": nil},
		{"path": "docs/a", "mode": "040000", "type": "tree", "sha": nil},
		{"path": "server", "mode": "040000", "type": "tree", "sha": nil},
	}}))
	assert.Equal(t, map[string]string{"module": "160000 "}, files(object{"tree": []object{
		{"path": "module", "mode": "160000", "type": "commit", "sha": strings.Repeat("ab", 20)},
	}}))
}

func TestATreeThatGitHubRefusesIs422(t *testing.T) {
	w := newWorld(t)
	base := w.in("GET", "/git/trees/main", nil).object["sha"].(string)
	other := w.CreateRepository(w.author, "other", map[string]string{"secret": "of another repository"})
	foreign := other.TreeOf("main")["secret"].SHA
	readme := w.repository.TreeOf("main")["README.md"].SHA
	for name, test := range map[string]struct {
		base    any
		entry   object
		message string
	}{
		"a blob of another repository":  {nil, object{"path": "a", "mode": "100644", "type": "blob", "sha": foreign}, "tree.sha " + foreign + " is not a valid blob"},
		"a blob as a tree":              {nil, object{"path": "a", "mode": "040000", "type": "tree", "sha": readme}, "tree.sha " + readme + " is not a valid tree"},
		"both content and SHA":          {nil, object{"path": "a", "mode": "100644", "content": "x", "sha": readme}, "Must supply either tree.sha or tree.content"},
		"neither content nor SHA":       {nil, object{"path": "a", "mode": "100644", "type": "blob"}, "Must supply either tree.sha or tree.content"},
		"deleting what is not there":    {base, object{"path": "nothing", "mode": "100644", "type": "blob", "sha": nil}, "GitRPC::BadObjectState"},
		"deleting without a base":       {nil, object{"path": "README.md", "mode": "100644", "type": "blob", "sha": nil}, "GitRPC::BadObjectState"},
		"no mode":                       {nil, object{"path": "a", "type": "blob", "content": "x"}, "Must supply a valid tree.mode"},
		"a type that is not the mode's": {nil, object{"path": "a", "mode": "100644", "type": "tree", "sha": readme}, "tree.type tree does not fit tree.mode 100644"},
		"a folder from a text":          {nil, object{"path": "a", "mode": "040000", "type": "tree", "content": "x"}, "tree.content is for blobs only"},
		"a path from the root":          {nil, object{"path": "/a", "mode": "100644", "content": "x"}, "tree.path cannot start with a slash"},
		"a path that climbs out":        {nil, object{"path": "a/../../b", "mode": "100644", "content": "x"}, "tree.path contains a malformed path component"},
		"a path into git's own folder":  {nil, object{"path": ".GIT/config", "mode": "100644", "content": "x"}, "tree.path contains a malformed path component"},
		"no path":                       {nil, object{"mode": "100644", "content": "x"}, "Must supply a valid tree.path"},
		"a short SHA":                   {nil, object{"path": "a", "mode": "100644", "sha": "abc"}, "The tree parameter contains an invalid SHA: abc"},
		"a commit as the base":          {w.repository.Head(), object{"path": "a", "mode": "100644", "content": "x"}, "base_tree is not a valid tree oid"},
	} {
		t.Run(name, func(t *testing.T) {
			body := object{"tree": []object{test.entry}}
			if test.base != nil {
				body["base_tree"] = test.base
			}
			r := w.in("POST", "/git/trees", body)
			assert.Equal(t, http.StatusUnprocessableEntity, r.status)
			assert.Equal(t, test.message, r.object["message"])
		})
	}
	assert.Equal(t, "Invalid tree info", w.in("POST", "/git/trees", object{"tree": []object{}}).object["message"])
}

func TestACommitKeepsItsTimesAndPeople(t *testing.T) {
	w := newWorld(t)
	tree := w.in("GET", "/git/trees/main", nil).object["sha"].(string)
	r := w.in("POST", "/git/commits", object{
		"message": "Base\n\nwith a body\n", "tree": tree,
		"author":    object{"name": "Ada <x>", "email": "ada@example.org", "date": "2026-11-26T03:02:03+02:00"},
		"committer": object{"name": "onboard", "email": "onboard@example.org", "date": "2026-11-27T01:02:03Z"},
	})
	require.Equal(t, http.StatusCreated, r.status, "%s", r.raw)
	assert.Equal(t, object{"name": "Ada x", "email": "ada@example.org", "date": "2026-11-26T01:02:03Z"}, r.object["author"])
	assert.Equal(t, "2026-11-27T01:02:03Z", r.object["committer"].(object)["date"])
	assert.Empty(t, r.object["parents"])
	assert.Equal(t, r.object, w.in("GET", "/git/commits/"+r.object["sha"].(string), nil).object)
	bots := w.in("POST", "/git/commits", object{"message": "x", "tree": tree}).object
	assert.Equal(t, "onboard[bot]", bots["author"].(object)["name"])

	for message, body := range map[string]object{
		"Tree SHA does not exist":                             {"message": "x", "tree": w.repository.Head()},
		"Parent SHA does not exist or is not a commit object": {"message": "x", "tree": tree, "parents": []string{tree}},
	} {
		refusal := w.in("POST", "/git/commits", body)
		assert.Equal(t, http.StatusUnprocessableEntity, refusal.status)
		assert.Equal(t, message, refusal.object["message"])
	}
}

func TestRequestsThatLackAFieldAre422(t *testing.T) {
	w := newLooseWorld(t)
	for path, body := range map[string]object{
		"/git/blobs": {}, "/git/commits": {"message": "x"}, "/git/refs": {"ref": "refs/heads/x"}, "/pulls": {"title": "x", "head": "main"},
		"/pulls ": {"head": "main", "base": "main"},
	} {
		assert.Equal(t, http.StatusUnprocessableEntity, w.in("POST", strings.TrimSpace(path), body).status, path)
	}
	assert.Equal(t, http.StatusUnprocessableEntity, w.in("POST", "/git/commits", object{"message": "x", "tree": "x", "author": object{"name": "a"}}).status)
}

// writes are all calls that write git data or pull requests, with bodies that fit the description.
func (w *world) writes() map[string]object {
	sha := w.repository.Head()
	return map[string]object{
		"POST /git/blobs":             {"content": "x"},
		"POST /git/trees":             {"tree": []object{{"path": "a", "mode": "100644", "content": "x"}}},
		"POST /git/commits":           {"message": "x", "tree": strings.Repeat("1", 40)},
		"POST /git/refs":              {"ref": "refs/heads/x", "sha": strings.Repeat("1", 40)},
		"PATCH /git/refs/heads/main":  {"sha": sha + strings.Repeat("1", 40-len(sha))},
		"DELETE /git/refs/heads/main": nil,
	}
}

func TestGitDataIsWrittenOnlyWithPermissionIntoWhatCanBeWritten(t *testing.T) {
	w := newWorld(t)
	each := func(status int, message string) {
		t.Helper()
		for call, body := range w.writes() {
			method, path, _ := strings.Cut(call, " ")
			var sent any
			if body != nil {
				sent = body
			}
			r := w.in(method, path, sent)
			assert.Equal(t, status, r.status, call)
			assert.Equal(t, message, r.object["message"], call)
		}
	}
	w.repository.Archive(w.author)
	assert.Equal(t, true, w.in("GET", "", nil).object["archived"])
	each(http.StatusForbidden, "Repository was archived so is read-only.")
	assert.Equal(t, http.StatusForbidden, w.in("POST", "/labels", object{"name": "x"}).status)
	w.repository.Unarchive(w.author)
	w.installation.AcceptPermissions(w.author, map[string]string{"contents": "read"})
	each(http.StatusForbidden, "Resource not accessible by integration")
	w.installation.AcceptPermissions(w.author, map[string]string{"contents": "write"})
	event, _ := w.lastDelivery()
	assert.Equal(t, "installation new_permissions_accepted", event)

	w.repository.Rename(w.author, "full")
	w.repository = w.CreateEmptyRepository(w.author, "mattermost-plugin-tea")
	each(http.StatusConflict, "Git Repository is empty.")
}

func TestAnAppCanBeInstalledWithLess(t *testing.T) {
	w := newWorld(t)
	owner := w.CreateOrganization("tea")
	r := w.CreateRepository(owner, "plugin", map[string]string{"a": "b"})
	w.installation = w.InstallWith(w.app, owner, map[string]string{"contents": "read", "deployments": ""})
	w.token = w.mint(nil)
	assert.Equal(t, http.StatusOK, w.call("GET", "/repos/tea/plugin/git/trees/main", nil).status)
	assert.Equal(t, http.StatusForbidden, w.call("POST", "/repos/tea/plugin/git/refs", object{"ref": "refs/heads/x", "sha": r.Head()}).status)
}

func TestWorkflowsNeedAPermissionOfTheirOwnAttack(t *testing.T) {
	w := newWorld(t)
	w.repository.Push(w.author, "CI", map[string]*string{".github/workflows/ci.yml": text("on: push\n"), ".github/CODEOWNERS": text("* @ada\n")})
	main := w.in("GET", "/git/trees/main", nil).object
	github := main["tree"].([]any)[0].(object)["sha"]
	for name, body := range map[string]object{
		"a workflow":             {"tree": []object{{"path": ".github/workflows/evil.yml", "mode": "100644", "content": "x"}}},
		"a folder with one":      {"tree": []object{{"path": ".github", "mode": "040000", "type": "tree", "sha": github}}},
		"a workflow upon others": {"base_tree": main["sha"], "tree": []object{{"path": ".github/workflows/ci.yml", "mode": "100644", "content": "x"}}},
		"deleting them":          {"base_tree": main["sha"], "tree": []object{{"path": ".github/workflows", "mode": "040000", "sha": nil}}},
	} {
		assert.Equal(t, http.StatusNotFound, w.in("POST", "/git/trees", body).status, name)
	}
	kept := w.made("/git/trees", object{"base_tree": main["sha"], "tree": []object{{"path": "README.md", "mode": "100644", "content": "new"}}})
	w.commit("They stay as they are", kept, w.repository.Head())
	root := w.in("POST", "/git/commits", object{"message": "A root with workflows", "tree": main["sha"]})
	assert.Equal(t, http.StatusNotFound, root.status)
	w.made("/git/refs", object{"ref": "refs/heads/same", "sha": w.repository.Head()})

	hidden := w.repository.PushOrphan(w.author, "hidden", "Root", map[string]string{".github/workflows/ci.yml": "x"})
	require.NoError(t, w.repository.DeleteBranch(w.author, "hidden"))
	r := w.in("POST", "/git/refs", object{"ref": "refs/heads/again", "sha": hidden})
	assert.Equal(t, http.StatusForbidden, r.status)
	assert.Equal(t, "Resource not accessible by integration", r.object["message"])
	w.installation.AcceptPermissions(w.author, map[string]string{"workflows": "write"})
	w.token = w.mint(nil)
	w.made("/git/refs", object{"ref": "refs/heads/again", "sha": hidden})
}
