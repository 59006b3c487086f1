package release

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
	"github.com/onboard-app/onboard/checks/safehttp"
)

const (
	tagged = "aaaaaaa000000000000000000000000000000001"
	cd     = "on: {push: {tags: ['v*']}}"
)

var now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// world is a server of bundles and what the check needs to look at releases.
type world struct {
	t        *testing.T
	url      string // of the server
	contents map[string][]byte
	handler  http.HandlerFunc // instead of contents, if there is one
	policy   Policy
	fetching safehttp.Policy
	releases []checks.Release
	files    map[string]string
	subject  checks.Subject
	read     atomic.Int32 // answers with a file
	asked    atomic.Int32 // requests
	ids      int64
}

// newWorld has the release v1.2.3 with a good bundle.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, contents: map[string][]byte{}, policy: DefaultPolicy(), files: map[string]string{
		".github/workflows/cd.yml": cd, "plugin.json": `{"id": "org.example.Hello"}`,
	}}
	w.url, w.fetching = bundletest.Serve(t, "assets.example.com", http.HandlerFunc(w.serve))
	w.subject = checks.Subject{Commit: tagged, Tree: strings.Repeat("0", 40), Now: now, Repository: "https://github.com/jane/hello"}
	w.subject.Releases = func(context.Context) ([]checks.Release, error) { return w.releases, nil }
	w.subject.Read = func(_ context.Context, file checks.File, _ int64) ([]byte, error) {
		return []byte(w.files[file.Path]), nil
	}
	w.subject.CommitTime = func(context.Context, string) (string, time.Time, error) { return "", time.Time{}, fs.ErrNotExist }
	w.publish("v1.2.3", bundletest.Make(t, "org.example.hello", "1.2.3"))
	return w
}

// serve answers with a bundle, or 304 for the ETag that it has.
func (w *world) serve(out http.ResponseWriter, in *http.Request) {
	w.asked.Add(1)
	if w.handler != nil {
		w.handler(out, in)
		return
	}
	body, ok := w.contents[in.URL.Path]
	if !ok {
		http.NotFound(out, in)
		return
	}
	bundletest.Answer(out, in, body, fmt.Sprintf("%x", sha256.Sum256(body)), &w.read)
}

// upload serves a file and returns it as an asset.
func (w *world) upload(name string, content []byte) checks.Asset {
	w.ids++
	path := fmt.Sprintf("/%d/%s", w.ids, name)
	w.contents[path] = content
	return checks.Asset{
		ID: w.ids, Name: name, Size: int64(len(content)), Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(content)), URL: w.url + path[1:],
	}
}

// publish adds a release with a bundle.
func (w *world) publish(tag string, content []byte) *checks.Release {
	w.releases = append(w.releases, checks.Release{
		Tag: tag, Commit: tagged, Immutable: true, PublishedAt: now.Add(-time.Hour), Assets: []checks.Asset{w.upload("hello.tar.gz", content)},
	})
	return &w.releases[len(w.releases)-1]
}

// replace uploads another bundle instead of the one of a release.
func (w *world) replace(tag string, content []byte) {
	i := slices.IndexFunc(w.releases, func(r checks.Release) bool { return r.Tag == tag })
	require.GreaterOrEqual(w.t, i, 0)
	w.releases[i].Assets = []checks.Asset{w.upload("hello.tar.gz", content)}
}

// remove deletes the release of a tag.
func (w *world) remove(tag string) {
	w.releases = slices.DeleteFunc(w.releases, func(r checks.Release) bool { return r.Tag == tag })
}

// run runs the check.
func (w *world) run() (checks.Result, error) {
	w.subject.Files = nil
	for path, content := range w.files {
		w.subject.Files = append(w.subject.Files, checks.File{Path: path, Mode: checks.Regular, Size: int64(len(content))})
	}
	slices.SortFunc(w.subject.Files, func(a, b checks.File) int { return strings.Compare(a.Path, b.Path) })
	return checks.Run(w.t.Context(), New(w.policy, safehttp.New(w.fetching)), w.subject)
}

// look runs the check, which has to be able to look.
func (w *world) look() checks.Result {
	w.t.Helper()
	result, cause := w.run()
	require.NoError(w.t, cause)
	return result
}

// later looks again after a while, with the last result as JSON gives it back.
func (w *world) later(last checks.Result, after time.Duration) checks.Result {
	w.t.Helper()
	previous := checks.Previous{At: w.subject.Now, Result: bundletest.Stored(w.t, last)}
	w.subject.Now, w.subject.LastRelease = w.subject.Now.Add(after), &previous
	return w.look()
}

// ids returns the rules of the findings.
func ids(result checks.Result) []string {
	list := []string{}
	for _, f := range result.Findings {
		list = append(list, f.Rule)
	}
	return list
}

func TestTheCheckIsDocumented(t *testing.T) {
	require.NoError(t, checks.Validate([]checks.Check{New(DefaultPolicy(), safehttp.New(safehttp.Policy{}))}))
}

func TestAGoodReleasePassesAndSaysWhatItIs(t *testing.T) {
	w := newWorld(t)
	result := w.look()
	assert.Equal(t, checks.Pass, result.Outcome)
	assert.Equal(t, []string{claimsOnly}, ids(result), "versions are claims, and the check says so")
	sum := fmt.Sprintf("%x", sha256.Sum256(w.contents["/1/hello.tar.gz"]))
	assert.Equal(t, "v1.2.3, sha256 "+sum[:12], result.Title)
	for name, want := range map[string]any{
		"id": "org.example.hello", "version": "1.2.3", "sha256": sum, "bytes": int64(len(w.contents["/1/hello.tar.gz"])), "commit": tagged,
		"tag": "v1.2.3", "asset": "hello.tar.gz", "ci": []string{".github/workflows/cd.yml"}, "immutable": true,
	} {
		assert.Equal(t, want, result.Facts[name], name)
	}
}

func TestReleasesAreJudged(t *testing.T) {
	good := func(w *world) []byte { return bundletest.Make(w.t, "org.example.hello", "1.2.3") }
	only := func(w *world, tag, version string) *checks.Release {
		w.releases = nil
		return w.publish(tag, bundletest.Make(w.t, "org.example.hello", version))
	}
	tests := []struct {
		name    string
		change  func(w *world)
		rules   []string // beside the notice about claims
		message string   // part of the first finding's
	}{
		{"a tag without v", func(w *world) { only(w, "2.0.0", "2.0.0") }, nil, ""},
		{"a version with v in the manifest is not semver", func(w *world) { only(w, "v2.0.0", "v2.0.0") }, []string{"release/bundle-version"}, "not semver"},
		{"another version than the tag", func(w *world) { only(w, "v1.2.4", "1.2.3") }, []string{versionDiffers}, `version "1.2.3"`},
		{"built after the tag", func(w *world) { only(w, "v1.2.3", "1.2.3+abc1234") }, []string{versionDiffers}, "1.2.3+abc1234"},
		{"below version 1", func(w *world) { only(w, "v0.9.0", "0.9.0") }, []string{belowOne}, "below version 1.0.0"},
		{"a pre-release by its tag", func(w *world) { only(w, "v1.0.0-rc1", "1.0.0-rc1") }, []string{preRelease}, "no other"},
		{"a pre-release by its author's word", func(w *world) { only(w, "v1.0.0", "1.0.0").Prerelease = true }, []string{preRelease}, "no other"},
		{"pre-releases are not the newest", func(w *world) {
			w.publish("v2.0.0-rc1", good(w)).PublishedAt = now
			w.publish("v3.0.0", good(w)).Prerelease = true
		}, nil, ""},
		{"drafts are not there", func(w *world) { w.publish("v9.0.0", good(w)).Draft = true }, nil, ""},
		{"the highest version is the newest, not the latest", func(w *world) {
			w.publish("v1.2.1", good(w)).PublishedAt = now
			w.publish("v1.10.0", bundletest.Make(w.t, "org.example.hello", "1.10.0")).PublishedAt = now.Add(-9999 * time.Hour)
		}, nil, ""},
		{"a later release without semver", func(w *world) { w.publish("release-2", good(w)).PublishedAt = now }, []string{ignored}, `"release-2"`},
		{"a nightly build beside it", func(w *world) {
			nightly := w.publish("nightly", good(w))
			nightly.PublishedAt, nightly.Prerelease = now, true
		}, nil, ""},
		{"signatures beside the bundle", func(w *world) {
			w.releases[0].Assets = append(w.releases[0].Assets, w.upload("hello.tar.gz.sig", nil), w.upload("hello.tar.gz.asc", nil), w.upload("sums.txt", nil))
		}, nil, ""},
		{"no bundle", func(w *world) { w.releases[0].Assets = []checks.Asset{w.upload("hello.zip", nil)} }, []string{noBundle}, "no bundle"},
		{"two bundles", func(w *world) {
			w.releases[0].Assets = append(w.releases[0].Assets, w.upload("hello-linux.tar.gz", good(w)))
		}, []string{severalBundles}, `"hello.tar.gz", "hello-linux.tar.gz"`},
		{"another plugin's bundle", func(w *world) { w.replace("v1.2.3", bundletest.Make(w.t, "org.example.bye", "1.2.3")) }, []string{identity}, "org.example.bye"},
		{"no manifest in the repository", func(w *world) { delete(w.files, "plugin.json") }, []string{identity}, "no plugin.json"},
		{"a broken manifest in the repository", func(w *world) { w.files["plugin.json"] = "{" }, []string{identity}, "no plugin.json"},
		{"no CI", func(w *world) { delete(w.files, ".github/workflows/cd.yml") }, []string{noCI}, "No CI"},
		{"mutable", func(w *world) { w.releases[0].Immutable = false }, []string{mutable}, "can be replaced"},
		{"a tag that is gone", func(w *world) { w.releases[0].Commit = "" }, []string{noTag}, "not in the repository"},
		{"no digest of GitHub's", func(w *world) { w.releases[0].Assets[0].Digest = "" }, nil, ""},
		{"not gzip", func(w *world) { w.replace("v1.2.3", []byte("PK\x03\x04")) }, []string{"release/bundle-not-gzip"}, "ZIP"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			result := w.look()
			found := slices.DeleteFunc(ids(result), func(id string) bool { return id == claimsOnly })
			assert.ElementsMatch(t, test.rules, found)
			if test.message != "" {
				assert.Contains(t, result.Findings[0].Message, test.message)
			}
			outcome := checks.Pass
			for _, f := range result.Findings {
				outcome = checks.Worse(outcome, f.Severity.Outcome())
			}
			assert.Equal(t, outcome, result.Outcome)
			assert.NotEmpty(t, result.Title)
		})
	}
}

func TestThereIsNoReleaseYet(t *testing.T) {
	tests := []struct {
		name    string
		change  func(w *world)
		message string
		fix     []string
	}{
		{"none", func(*world) {}, "yet", []string{"`git tag -a v1.0.0 -m v1.0.0 && git push origin v1.0.0`", ".github/workflows/cd.yml", "make dist"}},
		{"drafts only", func(w *world) { w.publish("v1.0.0", nil).Draft = true }, "drafts only", []string{"git push origin"}},
		{"no semver", func(w *world) { w.publish("final", nil) }, `only "final"`, []string{"git push origin v1.0.0"}},
		{"an empty tag", func(w *world) { w.publish("", nil) }, `only ""`, []string{"git push origin v1.0.0"}},
		{"no CI that builds tags", func(w *world) { delete(w.files, ".github/workflows/cd.yml") }, "yet", []string{Workflow, ".github/workflows/release.yml"}},
		{"a version in the manifest", func(w *world) { w.files["plugin.json"] = `{"id": "x", "version": "2.3.4"}` }, "yet", []string{"git push origin v2.3.4"}},
		{"a version below 1 in the manifest", func(w *world) { w.files["plugin.json"] = `{"version": "0.3.4"}` }, "yet", []string{"git push origin v1.0.0"}},
		{"a version that is a command", func(w *world) { w.files["plugin.json"] = `{"version": "2.0.0; rm -rf ~"}` }, "yet", []string{"git push origin v1.0.0"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.releases = nil
			test.change(w)
			result := w.look()
			assert.Equal(t, checks.Fail, result.Outcome)
			require.Equal(t, []string{noRelease}, ids(result))
			assert.Contains(t, result.Findings[0].Message, test.message)
			for _, part := range test.fix {
				assert.Contains(t, result.Findings[0].Fix, part)
			}
		})
	}
}

func TestTheCommitOfATagIsLookedUpIfTheListDoesNotSayIt(t *testing.T) {
	w := newWorld(t)
	w.releases[0].Commit = ""
	w.subject.CommitTime = func(_ context.Context, ref string) (string, time.Time, error) {
		assert.Equal(t, "tags/v1.2.3", ref)
		return tagged, now, nil
	}
	assert.Equal(t, tagged, w.look().Facts["commit"])
}

func TestTheNewestReleaseIsTheHighestStableOne(t *testing.T) {
	tags := rapid.SliceOf(rapid.OneOf(rapid.StringMatching(`v?(0|[1-9]\d?)\.\d\.\d(-rc\d)?`), rapid.String()))
	rapid.Check(t, func(rt *rapid.T) {
		var releases []checks.Release
		for _, tag := range tags.Draw(rt, "tags") {
			releases = append(releases, checks.Release{Tag: tag, Draft: rapid.Bool().Draw(rt, "draft"), Prerelease: rapid.Bool().Draw(rt, "pre")})
		}
		list := candidates(releases)
		for i, c := range list {
			assert.False(rt, c.Draft)
			if i > 0 && list[i-1].stable() == c.stable() {
				assert.True(rt, list[i-1].version.GE(c.version))
			}
			assert.False(rt, c.stable() && !list[0].stable())
		}
	})
}
