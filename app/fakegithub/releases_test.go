package fakegithub_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// names lists one field of a list's rows.
func names(rows []object, field string) []string {
	all := []string{}
	for _, row := range rows {
		all = append(all, fmt.Sprint(row[field]))
	}
	return all
}

func TestReleasesAreListedByTheirCommitsDates(t *testing.T) {
	w := newWorld(t)
	first := w.repository.Head()
	w.advance(10 * time.Minute)
	second := w.repository.Push(w.author, "Second", map[string]*string{"a": text("1")})
	w.advance(10 * time.Minute)
	w.repository.Publish(w.author, fakegithub.Release{Tag: "v1.1.0"})
	w.repository.Publish(w.author, fakegithub.Release{Tag: "v1.2.0-rc1", Prerelease: true})
	old := w.repository.Publish(w.author, fakegithub.Release{Tag: "v1.0.1", Target: first, Name: "A backport", Body: "text"})
	w.repository.Publish(w.author, fakegithub.Release{Tag: "v3.0.0", Draft: true})
	assert.Equal(t, []string{"v3.0.0", "v1.2.0-rc1", "v1.1.0", "v1.0.1"}, names(w.in("GET", "/releases", nil).list, "tag_name"))
	page := w.in("GET", "/releases?per_page=2&page=2", nil)
	assert.Equal(t, []string{"v1.1.0", "v1.0.1"}, names(page.list, "tag_name"))
	assert.Contains(t, page.header.Get("Link"), `rel="prev"`)

	latest := w.in("GET", "/releases/latest", nil)
	assert.Equal(t, "v1.1.0", latest.object["tag_name"], "no prerelease, and not the one published last of an older commit")
	assert.Equal(t, second, w.in("GET", "/commits/v1.1.0", nil).object["sha"])
	backport := w.in("GET", fmt.Sprintf("/releases/%d", old.ID), nil)
	assert.Equal(t, first, backport.object["target_commitish"])
	assert.Less(t, backport.object["created_at"], backport.object["published_at"])
	assert.Equal(t, false, backport.object["immutable"])
	assert.Equal(t, []string{"A backport", "v1.1.0"}, []string{backport.object["name"].(string), latest.object["name"].(string)})

	w.token = w.mint(object{"permissions": object{"contents": "read"}})
	assert.Len(t, w.in("GET", "/releases", nil).list, 3, "drafts are for those who may push")
	old.Delete(w.author)
	for _, path := range []string{fmt.Sprintf("/releases/%d", old.ID), "/releases/tags/v1.0.1", "/releases/tags/v3.0.0", fmt.Sprintf("/releases/%d/assets", old.ID), "/releases/assets/1"} {
		assert.Equal(t, http.StatusNotFound, w.in("GET", path, nil).status, path)
	}
	assert.Equal(t, first, w.in("GET", "/git/ref/tags/v1.0.1", nil).object["object"].(object)["sha"], "the tag outlives its release")
}

func TestARepositoryWithoutReleasesHasNoLatest(t *testing.T) {
	w := newWorld(t)
	w.repository.Publish(w.author, fakegithub.Release{Tag: "v1", Prerelease: true})
	assert.Equal(t, http.StatusNotFound, w.in("GET", "/releases/latest", nil).status)
	assert.Equal(t, http.StatusNotFound, w.download(w.url+"/Ada/mattermost-plugin-tea/releases/latest/download/a").status)
}

func TestAReplacedAssetHasAnotherIDAndDigest(t *testing.T) {
	w := newWorld(t)
	rel := w.repository.Publish(w.author, fakegithub.Release{Tag: "v1.0.0", Assets: map[string][]byte{"b.tar.gz": []byte("one"), "a.sig": []byte("sig")}})
	assets := fmt.Sprintf("/releases/%d/assets", rel.ID)
	before := w.in("GET", assets, nil).list
	assert.Equal(t, []string{"a.sig", "b.tar.gz"}, names(before, "name"))
	sum := sha256.Sum256([]byte("one"))
	assert.Equal(t, "sha256:"+hex.EncodeToString(sum[:]), before[1]["digest"])
	assert.Equal(t, []any{3.0, "uploaded", "application/gzip"}, []any{before[1]["size"], before[1]["state"], before[1]["content_type"]})

	deliveries := len(w.Deliveries())
	rel.ReplaceAsset(w.author, "b.tar.gz", []byte("two!"))
	after := w.in("GET", assets, nil).list
	assert.NotEqual(t, before[1]["id"], after[1]["id"])
	assert.NotEqual(t, before[1]["digest"], after[1]["digest"])
	assert.Len(t, w.Deliveries(), deliveries, "nothing tells of it")

	rel.EditAsset("b.tar.gz", func(a *fakegithub.Asset) { a.Digest, a.Content = "", []byte("three") })
	rel.EditAsset("none", func(*fakegithub.Asset) { t.Error("there is none") })
	lying := w.in("GET", assets+"?per_page=1&page=2", nil).list[0]
	assert.Equal(t, []any{nil, 5.0, after[1]["id"]}, []any{lying["digest"], lying["size"], lying["id"]})
}

func TestAnImmutableReleaseKeepsItsAssets(t *testing.T) {
	w := newWorld(t)
	rel := w.repository.Publish(w.author, fakegithub.Release{Tag: "v1.0.0", Immutable: true, Assets: map[string][]byte{"b": []byte("one")}})
	before := w.in("GET", "/releases/latest", nil)
	rel.ReplaceAsset(w.author, "b", []byte("two"))
	rel.DeleteAsset("b")
	assert.Equal(t, before.raw, w.in("GET", "/releases/latest", nil).raw)
	assert.Equal(t, true, before.object["immutable"])
}

func TestPublishingTellsTheApp(t *testing.T) {
	w := newWorld(t)
	told := func(publish func()) (events []string, last object) {
		from := len(w.Deliveries())
		publish()
		for _, d := range w.Deliveries()[from:] {
			events = append(events, strings.TrimSpace(d.Event+" "+d.Action))
			last = nil
			require.NoError(t, json.Unmarshal(d.Payload, &last))
		}
		return events, last
	}
	var rel *fakegithub.Release
	events, payload := told(func() { rel = w.repository.Publish(w.author, fakegithub.Release{Tag: "v1.0.0"}) })
	assert.Equal(t, []string{"push", "release created", "release published", "release released"}, events)
	assert.Equal(t, "v1.0.0", payload["release"].(object)["tag_name"])
	events, _ = told(func() { w.repository.Publish(w.author, fakegithub.Release{Tag: "v1.0.0", Prerelease: true}) })
	assert.Equal(t, []string{"release created", "release published", "release prereleased"}, events, "the tag was there")
	events, _ = told(func() { w.repository.Publish(w.author, fakegithub.Release{Tag: "v2", Draft: true}) })
	assert.Equal(t, []string{"release created"}, events)
	events, _ = told(func() { rel.Delete(w.author) })
	assert.Equal(t, []string{"release deleted"}, events)
	events, payload = told(func() { w.repository.CreateTag(w.author, "v3", "", "annotated") })
	assert.Equal(t, []string{"push"}, events)
	assert.Equal(t, "refs/tags/v3", payload["ref"])
	assert.Empty(t, payload["commits"])
	assert.Equal(t, w.repository.Head(), payload["head_commit"].(object)["id"])
}

func TestAWrongTargetIsTheCallersMistake(t *testing.T) {
	w := newWorld(t)
	assert.Panics(t, func() { w.repository.Publish(w.author, fakegithub.Release{Tag: "v1", Target: "none"}) })
	assert.Panics(t, func() { w.repository.Publish(w.author, fakegithub.Release{Tag: "v1", Target: "none", Draft: true}) })
}
