package nightlybuild

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
)

// releases makes the world one in which nobody gave a URL, and these are the
// releases of the repository.
func (w *world) releases(list ...checks.Release) (asked *int) {
	asked = new(int)
	w.subject.NightlyURL = ""
	w.subject.Releases = func(context.Context) ([]checks.Release, error) {
		*asked++
		return list, nil
	}
	return asked
}

func TestTheBuildIsFoundInThePreReleaseNightly(t *testing.T) {
	asset := func(w *world, name string) checks.Asset {
		return checks.Asset{Name: name, URL: w.url}
	}
	tests := map[string]struct {
		releases func(*world) []checks.Release
		finds    bool
		says     string
	}{
		"one bundle": {finds: true, releases: func(w *world) []checks.Release {
			return []checks.Release{{Tag: "v1.0.0"}, {Tag: "nightly", Prerelease: true, Assets: []checks.Asset{asset(w, "notes.txt"), asset(w, "x.tar.gz")}}}
		}},
		"none at all": {says: "Nobody has said", releases: func(*world) []checks.Release { return nil }},
		"a draft": {says: "Nobody has said", releases: func(w *world) []checks.Release {
			return []checks.Release{{Tag: "nightly", Draft: true, Prerelease: true, Assets: []checks.Asset{asset(w, "x.tar.gz")}}}
		}},
		"no pre-release": {says: "not marked as a pre-release", releases: func(w *world) []checks.Release {
			return []checks.Release{{Tag: "nightly", Assets: []checks.Asset{asset(w, "x.tar.gz")}}}
		}},
		"nothing in it": {says: "no .tar.gz yet", releases: func(*world) []checks.Release {
			return []checks.Release{{Tag: "nightly", Prerelease: true}}
		}},
		"two bundles": {says: "2 files that end in .tar.gz", releases: func(w *world) []checks.Release {
			return []checks.Release{{Tag: "nightly", Prerelease: true, Assets: []checks.Asset{asset(w, "x.tar.gz"), asset(w, "y.tar.gz")}}}
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.releases(test.releases(w)...)
			result := w.look()
			if test.finds {
				assert.Equal(t, checks.Pass, result.Outcome, result.Findings)
				assert.Equal(t, w.url, result.Facts["url"])
				return
			}
			require.Len(t, result.Findings, 1)
			assert.Equal(t, noURL, result.Findings[0].Rule)
			assert.Contains(t, result.Findings[0].Message, test.says)
			assert.True(t, made(t, w.policy, nil).AsksOnly(result), "the author is asked, and nothing is wrong")
		})
	}
}

func TestReleasesThatCannotBeListedPassNothing(t *testing.T) {
	w := newWorld(t, nil)
	w.subject.NightlyURL = ""
	w.subject.Releases = func(context.Context) ([]checks.Release, error) { return nil, errors.New("GitHub is down") }
	result, cause := checks.Run(t.Context(), made(t, w.policy, nil), w.subject)
	assert.Equal(t, checks.Error, result.Outcome)
	assert.ErrorContains(t, cause, "GitHub is down")
}

func TestAFoundBuildIsNotLookedForAgainUntilItIsGone(t *testing.T) {
	gone := false
	build := bundletest.Make(t, "org.example.hello", "1.2.3+aaaaaaa")
	w := newWorld(t, func(out http.ResponseWriter, in *http.Request) {
		if gone && strings.HasSuffix(in.URL.Path, "old.tar.gz") {
			http.NotFound(out, in)
			return
		}
		bundletest.Answer(out, in, build, "etag", new(atomic.Int32))
	})
	root := strings.TrimSuffix(w.url, "hello.tar.gz")
	w.subject.Repository = root + "jane/hello"
	release := func(name string) checks.Release {
		return checks.Release{Tag: "nightly", Prerelease: true, Assets: []checks.Asset{{Name: name, URL: root + "jane/hello/releases/download/nightly/" + name}}}
	}
	asked := w.releases(release("old.tar.gz"))
	first := w.look()
	require.Equal(t, checks.Pass, first.Outcome, first.Findings)
	require.Equal(t, 1, *asked)

	w.subject.Nightly = &checks.Previous{URL: first.Facts["url"].(string), At: w.subject.Now, Result: first}
	w.subject.Now = w.subject.Now.Add(24 * 60 * 60 * 1e9)
	require.Equal(t, checks.Pass, w.look().Outcome)
	assert.Equal(t, 1, *asked, "it is where it was")

	gone = true
	asked = w.releases(release("new.tar.gz"))
	result := w.look()
	assert.Equal(t, checks.Pass, result.Outcome, result.Findings)
	assert.Equal(t, 1, *asked)
	assert.Contains(t, result.Facts["url"], "new.tar.gz")
}
