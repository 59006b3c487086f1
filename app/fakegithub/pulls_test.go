package fakegithub_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
