package release

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
)

const night = 24 * time.Hour

// noDigest makes the newest release one from before GitHub made digests.
func noDigest(w *world) { w.releases[0].Assets[0].Digest = "" }

func TestAnUnchangedBundleIsNotReadAgain(t *testing.T) {
	tests := []struct {
		name        string
		change      func(w *world)
		after       time.Duration
		asked, read int32 // by the second look
	}{
		{"GitHub's digest is the same", func(*world) {}, night, 0, 0},
		{"without a digest its server is asked", noDigest, night, 1, 0},
		{"without a digest, a minute later", noDigest, time.Minute, 0, 0},
		{"a week later it is read anew", func(*world) {}, 7 * night, 1, 1},
		{"a week later without a digest, too", noDigest, 7 * night, 1, 1},
		{"a broken one", func(w *world) { w.replace("v1.2.3", []byte("<html>")) }, night, 0, 0},
		{"a broken one, a minute later", func(w *world) { w.replace("v1.2.3", []byte("<html>")); noDigest(w) }, time.Minute, 0, 0},
		{"a broken one without a digest", func(w *world) { w.replace("v1.2.3", []byte("<html>")); noDigest(w) }, night, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			first := w.look()
			asked, read := w.asked.Load(), w.read.Load()
			again := w.later(first, test.after)
			assert.Equal(t, test.asked, w.asked.Load()-asked, "requests")
			assert.Equal(t, test.read, w.read.Load()-read, "downloads")
			assert.Equal(t, first.Outcome, again.Outcome)
			assert.Equal(t, first.Title, again.Title)
			assert.Equal(t, first.Findings, again.Findings)
			assert.Equal(t, first.Facts["sha256"], again.Facts["sha256"])
		})
	}
}

func TestANewReleaseIsReadAtOnce(t *testing.T) {
	w := newWorld(t)
	first := w.look()
	w.publish("v1.3.0", bundletest.Make(t, "org.example.hello", "1.3.0"))
	next := w.later(first, time.Minute)
	assert.Equal(t, checks.Pass, next.Outcome)
	assert.Equal(t, "1.3.0", next.Facts["version"])
}

func TestABrokenBundleMayBeMended(t *testing.T) {
	w := newWorld(t)
	w.replace("v1.2.3", []byte("<html>"))
	first := w.look()
	require.Equal(t, checks.Fail, first.Outcome)
	w.replace("v1.2.3", bundletest.Make(t, "org.example.hello", "1.2.3"))
	assert.Equal(t, checks.Pass, w.later(first, time.Minute).Outcome, "nobody can have signed the first one off")
}

func TestFindingsOfRulesThatAreGoneAreNotBelieved(t *testing.T) {
	w := newWorld(t)
	first := w.look()
	first.Findings = append(first.Findings, checks.Finding{Rule: "release/bundle-long-ago", Severity: checks.Failure})
	assert.Equal(t, checks.Pass, w.later(first, night).Outcome)
	assert.EqualValues(t, 2, w.read.Load())
}

func TestAttackAReplacedBundleIsSeenEachNight(t *testing.T) {
	w := newWorld(t)
	result := w.look()
	original := w.releases[0].Assets
	w.replace("v1.2.3", other(t))
	for range 3 {
		result = w.later(result, night)
		assert.Equal(t, checks.Review, result.Outcome)
		assert.Contains(t, ids(result), replacedAsset)
		assert.Contains(t, result.Title, "a person must look")
	}
	w.releases[0].Assets = original
	assert.Equal(t, checks.Pass, w.later(result, night).Outcome, "the first bundle is back")
}

// other is a sound bundle of version 1.2.3 that is not the first one.
func other(t *testing.T) []byte {
	t.Helper()
	return bundletest.Make(t, "Org.Example.Hello", "1.2.3")
}

func TestAttackNothingMakesTheFirstBundleForgotten(t *testing.T) {
	tests := []struct {
		name    string
		between func(w *world) // for one night
	}{
		{"the release is deleted", func(w *world) { w.remove("v1.2.3") }},
		{"the release is a draft", func(w *world) { w.releases[0].Draft = true }},
		{"there is a higher one", func(w *world) { w.publish("v2.0.0", bundletest.Make(w.t, "org.example.hello", "2.0.0")) }},
		{"the bundle is broken", func(w *world) { w.replace("v1.2.3", []byte("<html>")) }},
		{"there are two bundles", func(w *world) {
			w.releases[0].Assets = append(w.releases[0].Assets, w.upload("b.tar.gz", nil))
		}},
		{"its server fails", func(w *world) {
			w.replace("v1.2.3", other(w.t))
			w.handler = func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusBadGateway) }
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			first := w.look()
			test.between(w)
			second := w.later(first, night)
			require.NotEmpty(t, second.Facts["seen"])
			w.releases, w.handler = nil, nil
			w.publish("v1.2.3", other(t))
			third := w.later(second, night)
			assert.Equal(t, checks.Review, third.Outcome)
			assert.Contains(t, ids(third), replacedAsset)
		})
	}
}

func TestAttackTheSameVersionUnderAnotherTagIsAReplacement(t *testing.T) {
	w := newWorld(t)
	first := w.look()
	w.releases = nil
	w.publish("1.2.3", other(t))
	assert.Contains(t, ids(w.later(first, night)), replacedAsset)
}

func TestTheHighestVersionsAreRemembered(t *testing.T) {
	m := memory{seen: map[string]string{"odd": "x"}}
	for i := range maxSeen + 5 {
		m.note(fmt.Sprintf("1.%d.0", i), strings.Repeat("a", 64))
	}
	assert.Len(t, m.seen, maxSeen)
	assert.Contains(t, m.seen, fmt.Sprintf("1.%d.0", maxSeen+4))
	assert.NotContains(t, m.seen, "odd")
	assert.NotContains(t, m.seen, "1.0.0")
}
