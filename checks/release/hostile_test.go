package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
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

func TestHostileReleasesAreRefusedByName(t *testing.T) {
	good := func(w *world) []byte { return bundletest.Make(w.t, "org.example.hello", "1.2.3") }
	beside := func(name string) func(w *world) {
		return func(w *world) { w.releases[0].Assets = append(w.releases[0].Assets, w.upload(name, good(w))) }
	}
	bundle := func(content []byte) func(w *world) { return func(w *world) { w.replace("v1.2.3", content) } }
	url := func(address string) func(w *world) {
		return func(w *world) { w.releases[0].Assets[0].URL = address }
	}
	tests := []struct {
		name   string
		change func(w *world)
		rule   string
	}{
		{"a second bundle in capital letters", beside("HELLO.TAR.GZ"), severalBundles},
		{"a second bundle of the same name", beside("hello.tar.gz"), severalBundles},
		{"a second bundle with a name of control characters", beside("\x1b[2J\u202e.tar.gz"), severalBundles},
		{"a twin of the tag without v", func(w *world) { w.publish("1.2.3", good(w)) }, sameVersion},
		{"a twin with build metadata", func(w *world) { w.publish("v1.2.3+evil", good(w)) }, sameVersion},
		{"a higher version with another plugin", func(w *world) { w.publish("v99.0.0", bundletest.Make(t, "org.example.evil", "99.0.0")) }, identity},
		{"a version whose number overflows", func(w *world) {
			w.releases = nil
			w.publish("v99999999999999999999.0.0", good(w))
		}, noRelease},
		{"a huge tag", func(w *world) { w.releases = nil; w.publish("v1.0.0-"+strings.Repeat("a", 1<<20), good(w)) }, noRelease},
		{"a tag in wide digits", func(w *world) { w.releases = nil; w.publish("v１.０.０", good(w)) }, noRelease},
		{"a tag with a line break", func(w *world) { w.releases = nil; w.publish("v1.0.0\n", good(w)) }, noRelease},
		{"an id that looks the same", bundle(bundletest.Make(t, "org.example.hellо", "1.2.3")), "release/bundle-id"}, // a Cyrillic о
		{"a huge id", bundle(bundletest.Make(t, strings.Repeat("a", 100000), "1.2.3")), "release/bundle-id"},
		{"a huge version", bundle(bundletest.Make(t, "org.example.hello", "1.2.3-"+strings.Repeat("a", 100000))), versionDiffers},
		{"other bytes than GitHub has", func(w *world) { w.releases[0].Assets[0].Digest = "sha256:" + strings.Repeat("0", 64) }, digestDiffers},
		{"a digest of nothing", func(w *world) { w.releases[0].Assets[0].Digest = "sha256:" }, digestDiffers},
		{"another size than GitHub has", func(w *world) { noDigest(w); w.releases[0].Assets[0].Size++ }, digestDiffers},
		{"an empty bundle", bundle(nil), "release/bundle-empty"},
		{"a web page", bundle([]byte("<!doctype html>")), "release/bundle-html"},
		{"half a bundle", bundle(good(newWorld(t))[:100]), "release/bundle-truncated"},
		{"a bomb", bundle(bomb(t)), "release/bundle-bomb"},
		{"no URL", url(""), "release/url-malformed"},
		{"a URL without TLS", url("http://example.com/x.tar.gz"), "release/url-not-https"},
		{"a URL of the cloud's metadata", url("https://169.254.169.254/x.tar.gz"), "release/url-not-public"},
		{"a redirect to the cloud's metadata", func(w *world) {
			w.handler = func(out http.ResponseWriter, in *http.Request) {
				http.Redirect(out, in, "https://169.254.169.254/", http.StatusFound)
			}
		}, "release/url-not-public"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.change(w)
			result := w.look()
			assert.Equal(t, checks.Fail, result.Outcome)
			assert.Contains(t, ids(result), test.rule)
			assert.LessOrEqual(t, len([]rune(result.Title)), 80)
			for _, f := range result.Findings {
				assert.Less(t, len(f.Message), 1000)
			}
			assert.LessOrEqual(t, len(result.Facts["id"].(string)), 4*maxText)
			assert.LessOrEqual(t, len(result.Facts["version"].(string)), 4*maxText)
		})
	}
}

// bomb unpacks to a thousand times its size.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	require.NoError(t, err)
	w := tar.NewWriter(z)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "zeros", Typeflag: tar.TypeReg, Size: 32 << 20}))
	for range 32 {
		_, err = w.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return b.Bytes()
}

var errDown = errors.New("it is down")

func TestFaultsNeverPass(t *testing.T) {
	answer := func(handler http.HandlerFunc) func(w *world) {
		return func(w *world) { w.handler = handler }
	}
	status := func(code int) func(w *world) {
		return answer(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(code) })
	}
	commit := func(err error) func(w *world) {
		return func(w *world) {
			w.releases[0].Commit = ""
			w.subject.CommitTime = func(context.Context, string) (string, time.Time, error) { return "", time.Time{}, err }
		}
	}
	tests := []struct {
		name  string
		spoil func(w *world)
		rule  string // "" if the check could not look at all
	}{
		{"the list of releases fails", func(w *world) {
			w.subject.Releases = func(context.Context) ([]checks.Release, error) { return nil, errDown }
		}, ""},
		{"the list of releases crashes", func(w *world) {
			w.subject.Releases = func(context.Context) ([]checks.Release, error) { panic("list") }
		}, ""},
		{"there is no list, as in a folder", func(w *world) { w.subject.Releases = nil }, ""},
		{"there is no time", func(w *world) { w.subject.Now = time.Time{} }, ""},
		{"files cannot be read", func(w *world) {
			w.subject.Read = func(context.Context, checks.File, int64) ([]byte, error) { return nil, errDown }
		}, ""},
		{"the manifest cannot be read", func(w *world) {
			read := w.subject.Read
			w.subject.Read = func(ctx context.Context, file checks.File, limit int64) ([]byte, error) {
				if file.Path == "plugin.json" {
					return nil, fs.ErrNotExist
				}
				return read(ctx, file, limit)
			}
		}, ""},
		{"the tag cannot be looked up", commit(errDown), ""},
		{"nobody can look the tag up", func(w *world) { w.releases[0].Commit = ""; w.subject.CommitTime = nil }, ""},
		{"GitHub's digest is of an unknown kind", func(w *world) { w.releases[0].Assets[0].Digest = "md5:00" }, ""},
		{"DNS", func(w *world) { w.fetching.Resolver = bundletest.Resolver{Err: errDown} }, "release/url-lookup"},
		{"a name on a private network", func(w *world) { w.fetching.AllowCIDRs = nil }, "release/url-not-public"},
		{"TLS", func(w *world) { w.fetching.RootCAs = nil }, "release/url-tls"},
		{"404", status(404), "release/url-status"},
		{"429", status(429), "release/url-status"},
		{"500", status(500), "release/url-status"},
		{"304 to nothing", status(304), "release/url-status"},
		{"a connection that breaks", answer(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "release/url-unreachable"},
		{"half a body", answer(func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("Content-Length", "1000")
			_, _ = out.Write([]byte{0x1f, 0x8b})
		}), "release/url-cut-off"},
		{"a server that never answers", func(w *world) {
			w.fetching.HeaderTimeout = 20 * time.Millisecond
			w.handler = func(_ http.ResponseWriter, in *http.Request) { <-in.Context().Done() }
		}, "release/url-too-slow"},
		{"a slow loris", func(w *world) {
			w.fetching.RateWindow = 20 * time.Millisecond
			w.handler = func(out http.ResponseWriter, in *http.Request) {
				_, _ = out.Write([]byte{0x1f, 0x8b})
				_ = http.NewResponseController(out).Flush()
				<-in.Context().Done()
			}
		}, "release/url-too-slow"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.spoil(w)
			result, cause := w.run()
			assert.Equal(t, checks.Error, result.Outcome)
			assert.NotEmpty(t, result.Title)
			if test.rule == "" {
				assert.Error(t, cause)
				return
			}
			require.NoError(t, cause)
			require.NotEmpty(t, result.Findings)
			assert.Equal(t, test.rule, result.Findings[0].Rule)
			assert.Empty(t, result.Facts["sha256"], "nobody may sign off what was not read")
		})
	}
}

func TestFaultsPassByAndAreNotHammered(t *testing.T) {
	w := newWorld(t)
	w.handler = func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Length", "1000")
		_, _ = out.Write([]byte{0x1f, 0x8b})
	}
	first := w.look()
	require.Equal(t, checks.Error, first.Outcome)
	w.handler = nil
	second := w.later(first, time.Minute)
	assert.Equal(t, checks.Error, second.Outcome, "part of the file was read a minute ago")
	assert.EqualValues(t, 1, w.asked.Load())
	assert.Equal(t, checks.Pass, w.later(second, 10*time.Minute).Outcome)
}

func TestFaultOfACallerWhoGivesUpIsNobodys(t *testing.T) {
	w := newWorld(t)
	w.look()
	ctx, cancel := context.WithCancel(t.Context())
	w.subject.Releases = func(context.Context) ([]checks.Release, error) { cancel(); return w.releases, nil }
	result, cause := checks.Run(ctx, New(w.policy, safehttp.New(w.fetching)), w.subject)
	assert.Equal(t, checks.Error, result.Outcome)
	assert.ErrorIs(t, cause, context.Canceled)
}
