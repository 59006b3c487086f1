package nightlybuild

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
	"github.com/onboard-app/onboard/checks/safehttp"
)

func TestAGoodBuildPasses(t *testing.T) {
	w := newWorld(t, nil)
	result := w.look()
	assert.Equal(t, checks.Pass, result.Outcome)
	assert.Empty(t, found(result))
	assert.Equal(t, "org.example.hello 1.2.3+aaaaaaa, commit aaaaaaa", result.Title)
	assert.Equal(t, head, result.Facts["commit"])
	assert.Equal(t, "org.example.hello", result.Facts["id"])
	assert.Equal(t, "1.2.3+aaaaaaa", result.Facts["version"])
	assert.Len(t, result.Facts["sha256"], 64)
	assert.Positive(t, result.Facts["bytes"])
	assert.NotEmpty(t, result.Facts["etag"])
}

func TestAllChecksRulesAreDocumented(t *testing.T) {
	require.NoError(t, checks.Validate([]checks.Check{made(t, DefaultPolicy(), safehttp.New(safehttp.Policy{}))}))
}

func TestNoURLFailsWithAWorkflowToUse(t *testing.T) {
	w := newWorld(t, nil)
	w.subject.NightlyURL = ""
	result := w.look()
	assert.Equal(t, checks.Fail, result.Outcome)
	assert.Equal(t, []string{"no-url"}, found(result))
	sentence, example := result.Findings[0].Advice()
	assert.True(t, strings.HasSuffix(sentence, "."), sentence)
	assert.True(t, strings.HasPrefix(example, "# .github/workflows/nightly.yml\nname: nightly\n"), example)
}

func TestAnUnchangedBuildCostsOne304AndComesOutTheSame(t *testing.T) {
	content := bundletest.Make(t, "org.example.hello", "1.2.3+aaaaaaa")
	w := newWorld(t, nil)
	first := w.look()
	w.next(first, 24*time.Hour)
	second := w.look()
	assert.Equal(t, checks.Pass, second.Outcome)
	assert.Equal(t, first.Facts["sha256"], second.Facts["sha256"])
	assert.Equal(t, int64(len(content)), second.Facts["bytes"])
	assert.Equal(t, int32(2), w.asked.Load())
	assert.Equal(t, int32(1), w.read.Load())
}

func TestAttackABadBuildStaysBadWhenItIsUnchanged(t *testing.T) {
	content := bundletest.Make(t, "org.example.hello", "none")
	bad := newWorld(t, (&world{}).serve(func() []byte { return content }))
	first := bad.look()
	require.Contains(t, found(first), "bundle-version")
	for _, later := range []time.Duration{time.Minute, 24 * time.Hour} {
		bad.next(first, later)
		again := bad.look()
		assert.Equal(t, checks.Fail, again.Outcome)
		assert.Contains(t, found(again), "bundle-version")
	}
}

func TestAttackAFileIsReadOnceInTenMinutes(t *testing.T) {
	content := bundletest.Make(t, "org.example.hello", "1.2.3+aaaaaaa")
	for name, body := range map[string][]byte{"a good one": content, "half of one": content[:len(content)/2], "none at all": []byte("<html>")} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(body) })
			first := w.look()
			w.next(first, 5*time.Minute)
			assert.Equal(t, first.Outcome, w.look().Outcome)
			assert.Equal(t, int32(1), w.asked.Load())
			w.next(first, 6*time.Minute)
			w.look()
			assert.Equal(t, int32(2), w.asked.Load())
		})
	}
}

func TestABrokenFileThatWasMendedIsSaidNotToBeReadAgainYet(t *testing.T) {
	content := []byte("this is no bundle at all, though it is long enough to be read")
	w := newWorld(t, func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(content) })
	result := w.look()
	require.Equal(t, []string{"bundle-not-gzip"}, found(result))
	assert.NotContains(t, result.Facts, AgainAt)
	content = bundletest.Make(t, "org.example.hello", "1.2.3+aaaaaaa")
	for range 2 {
		w.next(result, 3*time.Minute)
		result = w.look()
		assert.Equal(t, checks.Fail, result.Outcome)
		assert.Equal(t, []string{"bundle-not-gzip", "read-recently"}, found(result), "said once")
		assert.Contains(t, result.Findings[1].Message, "is read after 02:10 UTC")
		assert.Equal(t, "2026-11-23T02:10:00Z", result.Facts[AgainAt])
	}
	w.next(result, 4*time.Minute)
	result = w.look()
	assert.Equal(t, checks.Pass, result.Outcome, "it is ten past")
	assert.Empty(t, result.Findings)
	assert.NotContains(t, result.Facts, AgainAt)
}

func TestAttackABuildOfAnotherPlugin(t *testing.T) {
	tests := []struct {
		name, id, repository string
		passes               bool
	}{
		{"the same id", "org.example.hello", `{"id": "org.example.hello"}`, true},
		{"other capital letters", "org.example.HELLO", `{"id": "org.example.hello"}`, true},
		{"another id", "org.example.other", `{"id": "org.example.hello"}`, false},
		{"a longer id", "org.example.hello2", `{"id": "org.example.hello"}`, false},
		{"a repository without an id", "org.example.hello", `{}`, false},
		{"a repository whose manifest is broken", "org.example.hello", `{`, false},
		{"a repository without a manifest", "org.example.hello", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			content := bundletest.Make(t, test.id, "1.2.3+aaaaaaa")
			served := newWorld(t, func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(content) })
			served.subject.Read = func(context.Context, checks.File, int64) ([]byte, error) { return []byte(test.repository), nil }
			if test.repository == "" {
				served.subject.Files = nil
			}
			result := served.look()
			if test.passes {
				assert.Empty(t, found(result))
				return
			}
			assert.Equal(t, checks.Fail, result.Outcome)
			assert.Equal(t, []string{"identity"}, found(result))
		})
	}
}

func TestFreshness(t *testing.T) {
	hours := func(n float64) time.Time { return now.Add(-time.Duration(n * float64(time.Hour))) }
	tests := []struct {
		name    string
		version string
		change  func(*world)
		found   []string
		commit  string
	}{
		{"made of the head", "1.2.3+aaaaaaa", nil, nil, head},
		{"made of the head, as git describes it", "1.2.3+gaaaaaaa", nil, nil, head},
		{"behind a head of an hour ago", "1.2.3+bbbbbbb", nil, nil, old},
		{"behind a head of 47 hours ago", "1.2.3+bbbbbbb", func(w *world) { w.commits[head] = hours(47) }, nil, old},
		{"behind a head of 49 hours ago", "1.2.3+bbbbbbb", func(w *world) { w.commits[head] = hours(49) }, []string{"stale"}, old},
		{"made of a commit after the head", "1.2.3+bbbbbbb", func(w *world) { w.commits[head] = hours(100); w.commits[old] = hours(1) }, nil, old},
		{"made of a commit that is not here", "1.2.3+ccccccc", nil, []string{"unknown-commit"}, "ccccccc"},
		{"a branch with a name like a SHA", "1.2.3+ccccccc", func(w *world) { w.commits["ccccccc="+head] = now }, []string{"unknown-commit"}, "ccccccc"},
		{"the version is a tag at the head", "1.2.3", func(w *world) { w.commits["tags/v1.2.3="+head] = hours(1) }, nil, head},
		{"the version is a tag without a v", "1.2.3-rc.1", func(w *world) { w.commits["tags/1.2.3-rc.1="+head] = hours(1) }, nil, head},
		{"the version is a tag of long ago", "1.2.3", func(w *world) { w.commits["tags/v1.2.3="+old] = hours(1000); w.commits[head] = hours(49) }, []string{"stale"}, old},
		{"no way to tell", "1.2.3", nil, []string{"age-unknown"}, ""},
		{"something that is no SHA", "1.2.3+linux", nil, []string{"age-unknown"}, ""},
		{"a folder without a history", "1.2.3+bbbbbbb", func(w *world) { w.subject.CommitTime, w.subject.Repository = nil, "" }, []string{"host-unknown", "age-unknown"}, "bbbbbbb"},
		{"a folder at the same commit", "1.2.3+aaaaaaa", func(w *world) { w.subject.CommitTime, w.subject.Repository = nil, "" }, []string{"host-unknown"}, head},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var w *world
			w = newWorld(t, func(out http.ResponseWriter, in *http.Request) {
				w.serve(func() []byte { return bundletest.Make(t, "org.example.hello", test.version) })(out, in)
			})
			if test.change != nil {
				test.change(w)
			}
			result := w.look()
			assert.ElementsMatch(t, test.found, found(result))
			assert.Equal(t, test.commit, result.Facts["commit"])
		})
	}
}

func TestABuildThatStoppedFailsOnABusyBranchToo(t *testing.T) {
	w := newWorld(t, nil)
	first := w.look()
	require.Equal(t, checks.Pass, first.Outcome)
	result := first
	var outcomes []checks.Outcome
	for day := range 4 { // each day somebody pushed an hour ago
		w.next(result, 24*time.Hour)
		w.subject.Commit = fmt.Sprintf("ccccccc%033d", day)
		w.commits[w.subject.Commit] = w.subject.Now.Add(-time.Hour)
		result = w.look()
		outcomes = append(outcomes, result.Outcome)
	}
	assert.Equal(t, []checks.Outcome{checks.Pass, checks.Pass, checks.Fail, checks.Fail}, outcomes)
	assert.Equal(t, int32(1), w.read.Load())
}

func TestAPushOfOldCommitsLeavesTimeToBuildThem(t *testing.T) {
	w := newWorld(t, nil)
	w.next(w.look(), 24*time.Hour)
	w.subject.Commit = strings.Replace(head, "a", "c", 7)
	w.commits[w.subject.Commit] = now.Add(-500 * time.Hour)
	w.commits[head] = now.Add(-600 * time.Hour)
	assert.Equal(t, checks.Pass, w.look().Outcome)
}

func TestAttackWhereBuildsMayComeFrom(t *testing.T) {
	const github = "https://github.com/jane/hello"
	for url, want := range map[string]bool{
		"https://github.com/jane/hello/releases/download/nightly/x%2By.tar.gz":                    true,
		"https://github.com/Jane/Hello/releases/latest/download/x.tar.gz":                         true,
		"https://github.com/jane/hello2/releases/download/nightly/x.tar.gz":                       false,
		"https://github.com/mallory/hello/releases/download/nightly/x.tar.gz":                     false,
		"https://github.com/jane/hello/releases/download/../../../../mallory/x/releases/x":        false,
		"https://github.com/jane/hello/releases/download/%2e%2e/%2e%2e/%2e%2e/%2e%2e/mallory/x":   false,
		"https://github.com/jane/hello/releases/download/..%2f..%2f..%2f..%2fmallory/x":           false,
		"https://github.com/jane/hello/archive/main.tar.gz":                                       false,
		"https://github.com.evil.test/jane/hello/releases/download/nightly/x.tar.gz":              false,
		"http://github.com/jane/hello/releases/download/nightly/x.tar.gz":                         false,
		"https://github.com/mallory/x/jane/hello/releases/download/nightly/x.tar.gz":              false,
		"https://evil.test/?https://github.com/jane/hello/releases/download/nightly/x.tar.gz":     false,
		"https://github.com//jane/hello/releases/download/nightly/x.tar.gz":                       false,
		"https://github.com:8443/jane/hello/releases/download/nightly/x.tar.gz":                   false,
		"https://evil.test/jane/hello/releases/download/nightly/x.tar.gz#https://github.com/jane": false,
	} {
		assert.Equal(t, want, ownAsset(url, github), url)
		assert.False(t, ownAsset(url, ""), url)
		assert.False(t, ownAsset(url, "https://github.com"), url)
	}
	assert.True(t, matches("*.example.com", "a.example.com"))
	assert.False(t, matches("*.example.com", "example.com"))
	assert.False(t, matches("*.example.com", "evilexample.com"))
	assert.False(t, matches("*", "example.com"))

	w := newWorld(t, nil)
	w.policy.Hosts = nil
	result := w.look()
	assert.Equal(t, checks.Review, result.Outcome)
	assert.Equal(t, []string{"other-host"}, found(result))
	w.next(result, 24*time.Hour)
	assert.Equal(t, checks.Review, w.look().Outcome, "unchanged, it is still from another host")
	w.next(result, time.Minute)
	assert.Equal(t, checks.Review, w.look().Outcome, "and when it is not asked for")
	w.subject.Repository = ""
	w.subject.Nightly = nil
	assert.Equal(t, checks.Review, w.look().Outcome, "also when nobody says which repository it is")
}

func TestAttackARedirectFromAKnownHostToAnotherIsForAPerson(t *testing.T) {
	var w *world
	w = newWorld(t, func(out http.ResponseWriter, in *http.Request) {
		if strings.HasPrefix(in.Host, "builds.") {
			http.Redirect(out, in, strings.Replace(w.url, "builds.", "evil.", 1), http.StatusFound)
			return
		}
		_, _ = out.Write(bundletest.Make(t, "org.example.hello", "1.2.3+aaaaaaa"))
	})
	result := w.look()
	assert.Equal(t, []string{"other-host"}, found(result))
	assert.Contains(t, result.Findings[0].Message, "evil.example.com")
}

func TestAnotherURLStartsAnew(t *testing.T) {
	w := newWorld(t, nil)
	w.next(w.look(), time.Minute)
	w.subject.NightlyURL += "?2"
	w.look()
	assert.Equal(t, int32(2), w.read.Load())
}

func TestFaultsOfTheRepositoryAreErrors(t *testing.T) {
	broken := errors.New("GitHub is down")
	for name, change := range map[string]func(*world){
		"the manifest cannot be read": func(w *world) {
			w.subject.Read = func(context.Context, checks.File, int64) ([]byte, error) { return nil, broken }
		},
		"the commit cannot be found": func(w *world) {
			w.subject.Commit = old
			w.subject.CommitTime = func(context.Context, string) (string, time.Time, error) { return "", time.Time{}, broken }
		},
		"nobody knows the time": func(w *world) { w.subject.Now = time.Time{} },
		"looking panics":        func(w *world) { w.subject.Read = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			change(w)
			result, cause := checks.Run(t.Context(), made(w.t, w.policy, safehttp.New(w.fetching)), w.subject)
			assert.Equal(t, checks.Error, result.Outcome)
			assert.Error(t, cause)
			assert.NotEmpty(t, result.Title)
		})
	}
}
