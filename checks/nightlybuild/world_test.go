package nightlybuild

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/safehttp"
)

const (
	head = "aaaaaaa000000000000000000000000000000001"
	old  = "bbbbbbb000000000000000000000000000000002"
)

var now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// bundleOf makes a bundle of a web app with this id and version.
func bundleOf(t testing.TB, id, version string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, file := range [][2]string{
		{"hello/webapp/main.js", "x"},
		{"hello/plugin.json", fmt.Sprintf(`{"id": %q, "version": %q, "min_server_version": "9.11.0", "webapp": {"bundle_path": "webapp/main.js"}}`, id, version)},
	} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: file[0], Typeflag: tar.TypeReg, Size: int64(len(file[1]))}))
		_, err := io.WriteString(w, file[1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return b.Bytes()
}

// local is a resolver of which every name is loopback, or that is broken.
type local struct{ err error }

func (l local) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, l.err
}

// world is a server of builds and what the check needs to look at it.
type world struct {
	t        *testing.T
	url      string
	policy   Policy
	fetching safehttp.Policy
	subject  checks.Subject
	commits  map[string]time.Time // by SHA or "tags/<name>=<SHA>"
	asked    atomic.Int32         // requests
	read     atomic.Int32         // of them, answered with the file
}

// newWorld serves a handler on builds.example.com; nil is a good build.
func newWorld(t *testing.T, handler http.HandlerFunc) *world {
	t.Helper()
	w := &world{t: t, policy: DefaultPolicy(), commits: map[string]time.Time{head: now.Add(-time.Hour), old: now.Add(-1000 * time.Hour)}}
	if handler == nil {
		handler = w.serve(func() []byte { return bundleOf(t, "org.example.hello", "1.2.3+aaaaaaa") })
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		w.asked.Add(1)
		handler(out, in)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	w.url = "https://builds.example.com:" + port + "/hello.tar.gz"
	w.policy.Hosts = []string{"builds.example.com"}
	w.fetching = safehttp.Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RootCAs: roots, Resolver: local{}}
	const manifest = `{"id": "org.example.Hello"}`
	w.subject = checks.Subject{
		Commit: head, Tree: strings.Repeat("0", 40), Now: now, NightlyURL: w.url, Repository: "https://github.com/jane/hello",
		Files:      []checks.File{{Path: "plugin.json", Mode: checks.Regular, Size: int64(len(manifest))}},
		Read:       func(context.Context, checks.File, int64) ([]byte, error) { return []byte(manifest), nil },
		CommitTime: w.commit,
	}
	return w
}

// serve answers with the content, or 304 for the ETag that it has.
func (w *world) serve(content func() []byte) http.HandlerFunc {
	return func(out http.ResponseWriter, in *http.Request) {
		body := content()
		tag := fmt.Sprintf(`"%x"`, len(body))
		out.Header().Set("ETag", tag)
		if in.Header.Get("If-None-Match") == tag {
			out.WriteHeader(http.StatusNotModified)
			return
		}
		w.read.Add(1)
		_, _ = out.Write(body)
	}
}

func (w *world) commit(_ context.Context, ref string) (string, time.Time, error) {
	for name, at := range w.commits {
		if name, sha, ok := strings.Cut(name, "="); ok && name == ref {
			return sha, at, nil
		}
		if strings.HasPrefix(name, ref) {
			return name, at, nil
		}
	}
	return "", time.Time{}, fs.ErrNotExist
}

// look runs the check.
func (w *world) look() checks.Result {
	w.t.Helper()
	result, cause := checks.Run(w.t.Context(), New(w.policy, safehttp.New(w.fetching)), w.subject)
	require.NoError(w.t, cause)
	return result
}

// next makes the subject that of a look a while later, which knows the result
// as the store gives it back.
func (w *world) next(result checks.Result, later time.Duration) {
	w.t.Helper()
	text, err := json.Marshal(result)
	require.NoError(w.t, err)
	var stored checks.Result
	require.NoError(w.t, json.Unmarshal(text, &stored))
	w.subject.Nightly = &checks.Previous{URL: w.subject.NightlyURL, At: w.subject.Now, Result: stored}
	w.subject.Now = w.subject.Now.Add(later)
}

// found lists the rules of the findings.
func found(r checks.Result) []string {
	list := []string{}
	for _, f := range r.Findings {
		list = append(list, strings.TrimPrefix(f.Rule, Name+"/"))
	}
	return list
}
