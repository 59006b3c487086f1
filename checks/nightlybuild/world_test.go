package nightlybuild

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
	"github.com/onboard-app/onboard/checks/safehttp"
)

const (
	head = "aaaaaaa000000000000000000000000000000001"
	old  = "bbbbbbb000000000000000000000000000000002"
)

var now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

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
		handler = w.serve(func() []byte { return bundletest.Make(t, "org.example.hello", "1.2.3+aaaaaaa") })
	}
	root, fetching := bundletest.Serve(t, "builds.example.com", http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		w.asked.Add(1)
		handler(out, in)
	}))
	w.url, w.fetching = root+"hello.tar.gz", fetching
	w.policy.Hosts = []string{"builds.example.com"}
	const manifest = `{"id": "org.example.Hello"}`
	w.subject = checks.Subject{
		Commit: head, Tree: strings.Repeat("0", 40), Now: now, NightlyURL: w.url, Repository: "https://github.com/jane/hello",
		Files:      []checks.File{{Path: "plugin.json", Mode: checks.Regular, Size: int64(len(manifest))}},
		Read:       func(context.Context, checks.File, int64) ([]byte, error) { return []byte(manifest), nil },
		CommitTime: w.commit,
	}
	return w
}

// made is the check under a policy that it can work with.
func made(t *testing.T, policy Policy, client *safehttp.Client) checks.Check {
	t.Helper()
	check, err := New(policy, client)
	require.NoError(t, err)
	return check
}

// serve answers with the content, or 304 for the ETag that it has.
func (w *world) serve(content func() []byte) http.HandlerFunc {
	return func(out http.ResponseWriter, in *http.Request) {
		body := content()
		bundletest.Answer(out, in, body, fmt.Sprintf("%x", len(body)), &w.read)
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
	result, cause := checks.Run(w.t.Context(), made(w.t, w.policy, safehttp.New(w.fetching)), w.subject)
	require.NoError(w.t, cause)
	return result
}

// next makes the subject that of a look a while later, which knows the result
// as the store gives it back.
func (w *world) next(result checks.Result, later time.Duration) {
	w.t.Helper()
	w.subject.Nightly = &checks.Previous{URL: w.subject.NightlyURL, At: w.subject.Now, Result: bundletest.Stored(w.t, result)}
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
