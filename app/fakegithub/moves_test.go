package fakegithub_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// lastDelivery is the newest event's name and payload.
func (w *world) lastDelivery() (name string, payload object) {
	all := w.Deliveries()
	last := all[len(all)-1]
	require.NoError(w.t, json.Unmarshal(last.Payload, &payload))
	return last.Event + " " + last.Action, payload
}

func TestARenamedRepositoryIsFoundByARedirect(t *testing.T) {
	w := newWorld(t)
	rel := w.repository.Publish(w.author, fakegithub.Release{Tag: "v1", Assets: map[string][]byte{"a": []byte("1")}})
	old := rel.DownloadURL("a")
	w.repository.Rename(w.author, "Coffee")
	event, payload := w.lastDelivery()
	assert.Equal(t, "repository renamed", event)
	assert.Equal(t, "mattermost-plugin-tea", payload["changes"].(object)["repository"].(object)["name"].(object)["from"])
	assert.Equal(t, "Coffee", payload["repository"].(object)["name"])

	at := fmt.Sprintf("%s/api/v3/repositories/%d", w.url, w.repository.ID)
	for path, target := range map[string]string{"": at, "/git/trees/main?recursive=1": at + "/git/trees/main?recursive=1", "/labels/x": at + "/labels/x"} {
		method := map[bool]string{true: "DELETE", false: "GET"}[path == "/labels/x"]
		r, err := w.fetch(method, w.url+"/api/v3/repos/ada/Mattermost-Plugin-Tea"+path, "Authorization", "Bearer "+w.token)
		require.NoError(t, err)
		assert.Equal(t, http.StatusMovedPermanently, r.status)
		assert.Equal(t, target, r.header.Get("Location"))
		var body object
		require.NoError(t, json.Unmarshal(r.raw, &body))
		assert.Equal(t, []any{"Moved Permanently", target}, []any{body["message"], body["url"]})
	}
	assert.Equal(t, "Ada/Coffee", w.in("GET", "", nil).object["full_name"], "Go's client follows")
	assert.Equal(t, "/repos/{owner}/{repo}", w.Calls()[len(w.Calls())-1].Route)
	assert.Equal(t, fmt.Sprintf("/repositories/%d", w.repository.ID), w.Calls()[len(w.Calls())-1].Path)
	assert.Equal(t, w.repository.Head(), w.in("GET", "/commits/main", nil).object["sha"])
	assert.Equal(t, http.StatusOK, w.asApp("GET", "/repos/Ada/mattermost-plugin-tea/installation", nil).status)
	assert.Equal(t, http.StatusNotFound, w.call("GET", "/repositories/1", nil).status)
	assert.Equal(t, rel.DownloadURL("a"), w.download(old).header.Get("Location"))
	assert.Contains(t, rel.DownloadURL("a"), "/Ada/Coffee/")

	next := w.CreateRepository(w.author, "mattermost-plugin-tea", map[string]string{"a": "b"})
	assert.InDelta(t, next.ID, w.in("GET", "", nil).object["id"], 0, "a new repository takes the name")
}

func TestARenamedRepositoryOutOfReachIsNotFoundAttack(t *testing.T) {
	w := newWorld(t)
	other := w.CreateRepository(w.CreateUser("Eve"), "hers", map[string]string{"a": "b"})
	other.Rename(w.author, "hidden")
	assert.Equal(t, http.StatusNotFound, w.call("GET", "/repos/Eve/hers", nil).status)
	assert.Equal(t, http.StatusNotFound, w.call("GET", fmt.Sprintf("/repositories/%d", other.ID), nil).status)
	assert.Equal(t, http.StatusNotFound, w.asApp("GET", "/repos/Eve/hers/installation", nil).status)
}

func TestAPrivateRepositorySaysSo(t *testing.T) {
	w := newWorld(t)
	w.CreateUser("passer-by")
	deliveries := len(w.Deliveries())
	w.repository.SetPrivate(w.author, false)
	assert.Len(t, w.Deliveries(), deliveries, "it was public before")
	w.repository.SetPrivate(w.author, true)
	event, payload := w.lastDelivery()
	assert.Equal(t, "repository privatized", event)
	assert.Equal(t, true, payload["repository"].(object)["private"])
	assert.Equal(t, "private", w.in("GET", "", nil).object["visibility"])
	assert.Equal(t, "none", w.in("GET", "/collaborators/passer-by/permission", nil).object["permission"])
	w.repository.SetPrivate(w.author, false)
	event, _ = w.lastDelivery()
	assert.Equal(t, "repository publicized", event)
}

func TestContentsAreDescribedByKind(t *testing.T) {
	w := newWorld(t)
	w.repository.PushFiles(w.author, "Kinds", map[string]*fakegithub.File{
		"docs/a b.md": {Content: strings.Repeat("tea\n", 40)}, "docs/link": {Content: "a b.md", Mode: fakegithub.ModeSymlink},
		"docs/module": {Content: strings.Repeat("1", 40), Mode: fakegithub.ModeSubmodule}, "docs/big": {Content: strings.Repeat("x", 1<<20+1)},
	})
	file := w.in("GET", "/contents/docs/a%20b.md?ref=main", nil).object
	data, err := base64.StdEncoding.DecodeString(file["content"].(string))
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("tea\n", 40), string(data))
	assert.Equal(t, data, w.in("GET", "/contents/docs/a%20b.md", nil, "Accept", "application/vnd.github.raw+json").raw)
	assert.Equal(t, "none", w.in("GET", "/contents/docs/big", nil).object["encoding"])
	assert.Equal(t, "a b.md", w.in("GET", "/contents/docs/link", nil).object["target"])
	assert.Equal(t, "submodule", w.in("GET", "/contents/docs/module", nil).object["type"])
	assert.Equal(t, []string{"file", "file", "symlink", "submodule"}, names(w.in("GET", "/contents/docs", nil).list, "type"))
	for _, path := range []string{"/contents/none", "/contents/README.md?ref=none"} {
		assert.Equal(t, http.StatusNotFound, w.in("GET", path, nil).status, path)
	}
}
