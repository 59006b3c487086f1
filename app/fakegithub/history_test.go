package fakegithub_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCommitsAreListedNewestFirst(t *testing.T) {
	w := newWorld(t)
	shas := []string{w.repository.Head()}
	for i := range 4 {
		w.advance(time.Minute)
		shas = append([]string{w.repository.Push(w.author, fmt.Sprint("Change ", i), map[string]*string{fmt.Sprintf("folder%d/a", i%2): text(fmt.Sprint(i))})}, shas...)
	}
	assert.Equal(t, shas, names(w.in("GET", "/commits", nil).list, "sha"))
	page := w.in("GET", "/commits?per_page=2&sha=main", nil)
	assert.Equal(t, shas[:2], names(page.list, "sha"))
	assert.Contains(t, page.header.Get("Link"), `rel="next"`)
	assert.Equal(t, shas[3:], names(w.in("GET", "/commits?sha="+shas[3], nil).list, "sha"))
	assert.Equal(t, []string{shas[1], shas[3]}, names(w.in("GET", "/commits?path=folder0", nil).list, "sha"))
	when := w.now().UTC().Add(-90 * time.Second).Format(time.RFC3339)
	assert.Equal(t, shas[:2], names(w.in("GET", "/commits?since="+when, nil).list, "sha"))
	assert.Equal(t, shas[2:], names(w.in("GET", "/commits?until="+when, nil).list, "sha"))
	assert.Equal(t, http.StatusNotFound, w.in("GET", "/commits?sha=none", nil).status)
}

func TestAComparisonSaysWhatHeadHasOverBase(t *testing.T) {
	w := newWorld(t)
	first := w.repository.Head()
	second := w.repository.Push(w.author, "Second", map[string]*string{"a": text("1")})
	third := w.repository.Push(w.author, "Third", map[string]*string{"b": text("2"), "README.md": nil})
	w.repository.CreateTag(w.author, "v1", first, "annotated")
	ahead := w.in("GET", "/compare/v1...main", nil).object
	assert.Equal(t, []any{"ahead", 2.0, 0.0, 2.0}, []any{ahead["status"], ahead["ahead_by"], ahead["behind_by"], ahead["total_commits"]})
	assert.Equal(t, first, ahead["merge_base_commit"].(object)["sha"])
	var commits, files []string
	for _, c := range ahead["commits"].([]any) {
		commits = append(commits, c.(object)["sha"].(string))
	}
	for _, f := range ahead["files"].([]any) {
		files = append(files, fmt.Sprint(f.(object)["status"], " ", f.(object)["filename"]))
	}
	assert.Equal(t, []string{second, third}, commits, "oldest first")
	assert.Equal(t, []string{"removed README.md", "added a", "added b"}, files)

	paged := w.in("GET", "/compare/"+first+"..."+third+"?per_page=1&page=2", nil).object
	assert.Len(t, paged["commits"], 1)
	assert.Empty(t, paged["files"])
	behind := w.in("GET", "/compare/main...v1", nil).object
	assert.Equal(t, []any{"behind", 0.0, 2.0}, []any{behind["status"], behind["ahead_by"], behind["behind_by"]})
	assert.Equal(t, "identical", w.in("GET", "/compare/main...main", nil).object["status"])
	assert.Equal(t, http.StatusNotFound, w.in("GET", "/compare/main...none", nil).status)
}

func TestAComparisonShowsAtMost300Files(t *testing.T) {
	w := newWorld(t)
	changes := map[string]*string{}
	for i := range 310 {
		changes[fmt.Sprintf("f%d", i)] = text("x")
	}
	first := w.repository.Head()
	w.repository.Push(w.author, "Many", changes)
	assert.Len(t, w.in("GET", "/compare/"+first+"...main", nil).object["files"], 300)
}

func TestTagsAreReadWithOrWithoutAnObjectOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	head := w.repository.Head()
	w.repository.CreateTag(w.author, "v1.0.0", "", "")
	annotated := w.repository.CreateTag(w.author, "v1.1.0", head, "Tea 1.1\n")
	plain := w.in("GET", "/git/ref/tags/v1.0.0", nil).object["object"].(object)
	assert.Equal(t, []any{"commit", head}, []any{plain["type"], plain["sha"]})
	own := w.in("GET", "/git/ref/tags/v1.1.0", nil).object["object"].(object)
	assert.Equal(t, []any{"tag", annotated}, []any{own["type"], own["sha"]})
	tag := w.in("GET", "/git/tags/"+annotated, nil).object
	assert.Equal(t, []any{"v1.1.0", "Tea 1.1\n", head}, []any{tag["tag"], tag["message"], tag["object"].(object)["sha"]})
	assert.Equal(t, http.StatusNotFound, w.in("GET", "/git/tags/"+head, nil).status)
	assert.Equal(t, []string{"refs/tags/v1.0.0", "refs/tags/v1.1.0"}, names(w.in("GET", "/git/matching-refs/tags/v1", nil).list, "ref"))
	assert.Empty(t, w.in("GET", "/git/matching-refs/tags/v2", nil).list)
	for _, path := range []string{"/commits/v1.1.0", "/commits/tags/v1.1.0"} {
		assert.Equal(t, head, w.in("GET", path, nil).object["sha"], path)
	}
	assert.Equal(t, w.in("GET", "/git/trees/main", nil).object["sha"], w.in("GET", "/git/trees/v1.1.0", nil).object["sha"])

	moved := w.repository.Push(w.author, "Next", map[string]*string{"a": text("1")})
	w.repository.CreateTag(w.author, "v1.0.0", "", "")
	assert.Equal(t, moved, w.in("GET", "/commits/v1.0.0", nil).object["sha"], "a tag can be moved")
}

func TestAnEmptyRepositoryHasNoGitDataYet(t *testing.T) {
	w := newWorld(t)
	w.repository = w.CreateEmptyRepository(w.author, "empty")
	assert.Empty(t, w.repository.Head())
	sha := "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
	for path, status := range map[string]int{
		"": 200, "/branches/main": 404, "/contents/README.md": 404, "/git/trees/main": 409, "/git/trees/" + sha + "?recursive=1": 409, "/commits": 409,
		"/commits/main": 409, "/git/ref/heads/main": 409, "/git/commits/" + sha: 409, "/git/blobs/" + sha: 409, "/git/tags/" + sha: 409,
		"/git/matching-refs/tags/": 409, "/tarball/main": 404, "/compare/main...main": 404, "/releases": 200, "/releases/latest": 404,
	} {
		r := w.call("GET", "/repos/Ada/empty"+path, nil)
		assert.Equal(t, status, r.status, path)
		if status == http.StatusConflict {
			assert.Equal(t, "Git Repository is empty.", r.object["message"])
		}
	}
	head := w.repository.Push(w.author, "First", map[string]*string{"a": text("1")})
	assert.Equal(t, head, w.call("GET", "/repos/Ada/empty/branches/main", nil).object["commit"].(object)["sha"])
	require.NoError(t, w.Settled(w.context()))
}
