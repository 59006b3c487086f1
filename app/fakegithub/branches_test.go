package fakegithub_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestTheDefaultBranchGetsAnotherName(t *testing.T) {
	w := newWorld(t)
	p := w.pull()
	out := w.repository.PushBranch(w.author, "target", "Target", map[string]*string{"t": text("1")})
	w.repository.Push(w.author, "On main", map[string]*string{"main.txt": text("1")})
	from := w.repository.OpenPullRequest(w.author, "From main", "", "main", "target")
	head, before := w.repository.Head(), len(w.Deliveries())
	require.NoError(t, w.repository.RenameDefaultBranch(w.author, "trunk"))
	assert.Equal(t, []string{"trunk", head}, []string{w.repository.DefaultBranch(), w.repository.Head()})
	assert.Equal(t, "trunk", w.in("GET", "", nil).object["default_branch"])
	assert.Empty(t, w.repository.Branch("main"))
	base, _ := p.Base()
	assert.Equal(t, []string{"trunk", "open", "closed"}, []string{base, p.State(), from.State()})
	assert.Equal(t, []string{"push  Ada", "repository edited Ada", "pull_request edited Ada", "push  Ada", "pull_request closed Ada"}, w.since(before))
	assert.Equal(t, http.StatusOK, w.in("GET", "/contents/README.md", nil).status)
	pushed := w.repository.Push(w.author, "Goes on", map[string]*string{"a": text("1")})
	assert.Equal(t, pushed, w.repository.Branch("trunk"))
	suites := w.in("GET", "/commits/"+pushed+"/check-suites", nil).object["check_suites"].([]any)
	assert.Equal(t, "trunk", suites[0].(object)["head_branch"])

	require.NoError(t, w.repository.SetDefaultBranch(w.author, "target"))
	event, payload := w.lastDelivery()
	assert.Equal(t, "repository edited", event)
	assert.Equal(t, "trunk", payload["changes"].(object)["default_branch"].(object)["from"])
	assert.Equal(t, out, w.repository.Head())
	require.Error(t, w.repository.SetDefaultBranch(w.author, "none"))
	require.Error(t, w.repository.RenameDefaultBranch(w.author, "trunk"))
	require.Error(t, w.repository.DeleteBranch(w.author, "target"))
}

func TestATreeIsReadForComparing(t *testing.T) {
	w := newWorld(t)
	w.repository.PushFiles(w.author, "Modes", map[string]*fakegithub.File{
		"run.sh": {Content: "x", Mode: fakegithub.ModeExecutable}, "sub": {Content: "1111111111111111111111111111111111111111", Mode: fakegithub.ModeSubmodule},
	})
	tree := w.repository.TreeOf("main")
	assert.Len(t, tree, 4)
	assert.Equal(t, fakegithub.TreeEntry{Mode: "100755", SHA: tree["run.sh"].SHA, Content: "x"}, tree["run.sh"])
	assert.Equal(t, "1111111111111111111111111111111111111111", tree["sub"].SHA)
	assert.Equal(t, tree, w.repository.TreeOf(w.repository.Head()))
	assert.Empty(t, w.repository.TreeOf("none"))
	assert.Panics(t, func() { w.repository.MoveBranch(w.author, "main", "none") })
}
