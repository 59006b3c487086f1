package fakegithub_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsPublicIsReadWithoutCredentials(t *testing.T) {
	w := newWorld(t)
	w.token = ""
	head := w.repository.Head()
	for path, status := range map[string]int{
		"": 200, "/commits": 200, "/commits/" + head: 200, "/git/trees/main?recursive=1": 200, "/branches/main": 200, "/labels": 200,
		"/collaborators/ada/permission": 401, "/installation": 401, "/commits?sha=none": 404,
	} {
		assert.Equal(t, status, w.in("GET", path, nil).status, path)
	}
	assert.Equal(t, http.StatusNotFound, w.call("GET", "/repos/Ada/nothing/commits", nil).status)
	assert.Equal(t, http.StatusUnauthorized, w.in("POST", "/labels", object{"name": "x"}).status)
	assert.Equal(t, "anonymous", w.Calls()[1].Actor)
	w.repository.SetPrivate(w.author, true)
	assert.Equal(t, http.StatusNotFound, w.in("GET", "/commits", nil).status)
}

func TestWithoutCredentialsThereAreSixtyCallsAnHour(t *testing.T) {
	w := newWorld(t)
	w.token = ""
	first := w.in("GET", "/commits", nil)
	assert.Equal(t, "60", first.header.Get("X-RateLimit-Limit"))
	again := w.in("GET", "/commits", nil, "If-None-Match", first.header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.status)
	assert.Equal(t, "58", again.header.Get("X-RateLimit-Remaining"), "only with credentials is a 304 free")
	w.SetAnonymousLimit(1)
	assert.Equal(t, http.StatusOK, w.in("GET", "/commits", nil).status)
	limited := w.in("GET", "/commits", nil)
	assert.Equal(t, http.StatusForbidden, limited.status)
	assert.Equal(t, "0", limited.header.Get("X-RateLimit-Remaining"))
	w.advance(time.Hour)
	assert.Equal(t, http.StatusOK, w.in("GET", "/commits", nil).status)
}

func TestAMergeAndAPushByForceMoveTheBranch(t *testing.T) {
	w := newWorld(t)
	base := w.repository.Head()
	w.advance(time.Minute)
	side := w.repository.Commit(w.author, base, "Side", map[string]*string{"a": text("1")})
	assert.Equal(t, base, w.repository.Head(), "a commit alone moves nothing")
	w.advance(time.Minute)
	merge := w.repository.Merge(w.author, side, "Merge")
	assert.Equal(t, []string{merge, side, base}, names(w.in("GET", "/commits", nil).list, "sha"))
	parents := w.in("GET", "/git/commits/"+merge, nil).object["parents"].([]any)
	assert.Equal(t, []any{base, side}, []any{parents[0].(object)["sha"], parents[1].(object)["sha"]})
	w.advance(time.Minute)
	root := w.repository.Commit(w.author, "", "Anew", map[string]*string{"b": text("2")})
	w.repository.Reset(w.author, root)
	assert.Equal(t, []string{root}, names(w.in("GET", "/commits", nil).list, "sha"))
	assert.Equal(t, "1", string(w.in("GET", "/git/blobs/"+blobOf(w, merge, "a"), nil, "Accept", "application/vnd.github.raw+json").raw))
	require.Panics(t, func() { w.repository.Reset(w.author, strings.Repeat("0", 40)) })
	require.NoError(t, w.Settled(w.context()))
}

// blobOf is the SHA of a file at the root of a commit.
func blobOf(w *world, commit, name string) string {
	for _, row := range w.in("GET", "/git/trees/"+commit, nil).object["tree"].([]any) {
		if row.(object)["path"] == name {
			return row.(object)["sha"].(string)
		}
	}
	return ""
}
