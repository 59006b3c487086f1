package fakegithub_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestAPushIsReadBackThroughTheAPI(t *testing.T) {
	w := newWorld(t)
	first := w.repository.Head()
	head := w.repository.PushFiles(w.author, "Add tea\n\nand more", map[string]*fakegithub.File{
		"public/tea <&>.txt": {Content: strings.Repeat("tea\n", 40)}, "run.sh": {Content: "x", Mode: fakegithub.ModeExecutable}, "README.md": nil,
		"module": {Content: strings.Repeat("1", 40), Mode: fakegithub.ModeSubmodule},
	})
	branch := w.in("GET", "/branches/main", nil)
	assert.Equal(t, head, branch.object["commit"].(object)["sha"])
	assert.Equal(t, head, w.in("GET", "/git/ref/heads/main", nil).object["object"].(object)["sha"])
	for _, ref := range []string{"main", "heads/main", "heads%2Fmain", head, head[:8]} {
		assert.Equal(t, head, w.in("GET", "/commits/"+ref, nil).object["sha"], ref)
	}
	commit := w.in("GET", "/commits/main", nil)
	assert.Equal(t, "Ada", commit.object["author"].(object)["login"])
	assert.Len(t, commit.object["files"], 4)
	assert.Equal(t, first, w.in("GET", "/git/commits/"+head, nil).object["parents"].([]any)[0].(object)["sha"])
	assert.Equal(t, head, string(w.in("GET", "/commits/main", nil, "Accept", "application/vnd.github.sha").raw))

	tree := w.in("GET", "/git/trees/"+head+"?recursive=1", nil)
	blobs := map[string]object{}
	for _, row := range tree.object["tree"].([]any) {
		blobs[row.(object)["path"].(string)] = row.(object)
	}
	assert.Equal(t, "040000", blobs["public"]["mode"])
	assert.Equal(t, "commit", blobs["module"]["type"])
	assert.Equal(t, "100755", blobs["run.sh"]["mode"])
	assert.NotContains(t, blobs, "README.md")
	assert.Len(t, w.in("GET", "/git/trees/main", nil).object["tree"], 4)

	tea := "/git/blobs/" + blobs["public/tea <&>.txt"]["sha"].(string)
	content := w.in("GET", tea, nil).object["content"].(string)
	data, err := base64.StdEncoding.DecodeString(content)
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("tea\n", 40), string(data))
	raw := w.in("GET", tea, nil, "Accept", "application/vnd.github.raw+json")
	assert.Equal(t, data, raw.raw)
}

func TestATreeOverTheLimitIsTruncated(t *testing.T) {
	w := newWorld(t)
	w.repository.SetTreeLimit(2)
	tree := w.in("GET", "/git/trees/main?recursive=1", nil)
	assert.Equal(t, true, tree.object["truncated"])
	assert.Len(t, tree.object["tree"], 2)
}

func TestWhatIsNotThereIs404OrNoCommit(t *testing.T) {
	w := newWorld(t)
	nothing := strings.Repeat("0", 40)
	for path, status := range map[string]int{
		"/branches/none": 404, "/git/ref/heads/none": 404, "/git/ref/heads": 404, "/git/commits/" + nothing: 404, "/git/trees/" + nothing: 404,
		"/git/blobs/" + nothing: 404, "/commits/none": 422, "/commits/a/b/check-runs": 422, "/issues/1": 404, "/check-runs/1": 404,
		"/collaborators/nobody/permission": 404, "/issues/comments/1": 404, "/labels/none": 404,
	} {
		assert.Equal(t, status, w.in("GET", path, nil).status, path)
	}
	assert.Equal(t, 404, w.call("GET", "/users/nobody", nil).status)
}

func TestRolesAreToldInBothWays(t *testing.T) {
	w := newWorld(t)
	for role, permission := range map[string]string{"read": "read", "triage": "read", "write": "write", "maintain": "write", "admin": "admin"} {
		user := w.CreateUser("with-" + role)
		w.repository.Allow(user, role)
		r := w.in("GET", "/collaborators/WITH-"+role+"/permission", nil)
		require.Equal(t, http.StatusOK, r.status)
		assert.Equal(t, permission, r.object["permission"], role)
		assert.Equal(t, role, r.object["role_name"])
	}
	w.CreateUser("passer-by")
	assert.Equal(t, "read", w.in("GET", "/collaborators/passer-by/permission", nil).object["role_name"])
	assert.Equal(t, "admin", w.in("GET", "/collaborators/ada/permission", nil).object["permission"])
	assert.Equal(t, "Ada", w.call("GET", "/users/ada", nil).object["login"])
	assert.Equal(t, "Ada/mattermost-plugin-tea", w.repository.FullName())
	assert.Equal(t, "Bot", w.call("GET", "/users/onboard%5Bbot%5D", nil).object["type"])
}

func TestARepositoryOfAnOrganisationNamesIt(t *testing.T) {
	w := newWorld(t)
	organization := w.CreateOrganization("tea-club")
	w.installation = w.Install(w.app, organization)
	w.CreateRepository(organization, "plugin", map[string]string{"a": "b"})
	w.token = w.mint(nil)
	r := w.call("GET", "/repos/tea-club/plugin", nil)
	assert.Equal(t, "tea-club", r.object["organization"].(object)["login"])
}
