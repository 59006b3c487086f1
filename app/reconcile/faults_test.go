package reconcile_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/all"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
	"github.com/onboard-app/onboard/checks/folder"
	"github.com/onboard-app/onboard/checks/licence"
	"github.com/onboard-app/onboard/checks/nightlybuild"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// reset ends a connection without a word.
func reset(out http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(out).Hijack()
	if err != nil {
		return // the test fails for want of the fault
	}
	if tcp, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = tcp.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // what is sent is not waited for
	}
	_ = conn.Close()
}

func TestFaultOfEachDependencyPassesNothingIsShownAndTriedAgain(t *testing.T) {
	build := bundletest.Make(t, "com.example.hello", "1.0.0")
	serve := func(status int) http.HandlerFunc {
		return func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(status) }
	}
	half := func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Length", "100000")
		_, _ = out.Write(build[:len(build)/2])
	}
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	loris := func(out http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(out, "x")
		_ = http.NewResponseController(out).Flush()
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}
	tests := map[string]struct {
		handler http.HandlerFunc
		policy  func(*safehttp.Policy)
		panics  bool
		shows   string
	}{
		"DNS":         {serve(200), func(p *safehttp.Policy) { p.Resolver = bundletest.Resolver{Err: errors.New("no such host")} }, false, "could not be looked up"},
		"TCP reset":   {reset, nil, false, "hung up"},
		"TLS":         {serve(200), func(p *safehttp.Policy) { p.RootCAs = nil }, false, "certificate"},
		"500":         {serve(http.StatusInternalServerError), nil, false, "500"},
		"429":         {serve(http.StatusTooManyRequests), nil, false, "429"},
		"half a body": {half, nil, false, ""},
		"slow loris":  {loris, func(p *safehttp.Policy) { p.RateWindow, p.MinRate = 50*time.Millisecond, 1<<20 }, false, ""},
		"a panic":     {serve(200), nil, true, "The check crashed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plugin, nil)
			url, policy := bundletest.Serve(t, "builds.example.com", test.handler)
			if test.policy != nil {
				test.policy(&policy)
			}
			nightly, err := nightlybuild.New(nightlybuild.DefaultPolicy(), safehttp.New(policy))
			require.NoError(t, err)
			if test.panics {
				nightly.Run = func(context.Context, checks.Subject) (checks.Result, error) { panic("a bug") }
			}
			other, err := licence.New(licence.DefaultPolicy())
			require.NoError(t, err)
			w.looks.Checks = []checks.Check{nightly, other}
			w.change(func(r *onboarding.Record) { r.NightlyURL = url + "hello.tar.gz" })

			next, err := w.looks.Look(t.Context(), w.repo.ID)
			require.NoError(t, err)
			results, err := w.store.Results(t.Context(), w.repo.ID)
			require.NoError(t, err)
			failed := results["nightly-build"]
			assert.NotEqual(t, onboarding.OutcomePass, failed.Outcome)
			assert.NotEmpty(t, failed.Title)
			assert.Contains(t, failed.Title, test.shows)
			assert.Equal(t, onboarding.OutcomeFail, results["licence"].Outcome, "the others report")
			runs := w.runs(w.pr().HeadSHA())
			assert.Equal(t, "completed failure", runs["onboarding/licence"])
			assert.NotContains(t, runs["onboarding/nightly-build"], "success")
			for _, run := range w.repo.CheckRuns(w.pr().HeadSHA()) {
				if run.Name == "onboarding/nightly-build" {
					t.Log(run.Status, run.Conclusion, run.Title, run.Summary)
					assert.Contains(t, run.Title+run.Summary, failed.Title, "the reason is shown")
				}
			}
			if failed.Outcome == onboarding.OutcomeError {
				assert.False(t, failed.NextTry.IsZero(), "it is tried again")
				assert.False(t, next.After(failed.NextTry), "and soon")
			}
		})
	}
}

func TestTheAppFindsWhatTheLaptopFinds(t *testing.T) {
	w := newWorld(t, plugin, nil)
	dir := t.TempDir()
	for path, content := range plugin {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(dir, path), []byte(content), 0o600))
	}
	list, err := all.All(all.DefaultPolicy(), w.looks.Boilerplate.Index, safehttp.New(safehttp.Policy{}))
	require.NoError(t, err)
	var offline []checks.Check
	for _, check := range list {
		if !check.Online {
			offline = append(offline, check)
		}
	}
	local, err := folder.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, local.Close()) }()
	github, err := w.looks.GitHub(w.repository())
	require.NoError(t, err)
	head, err := github.Head(t.Context(), ghapi.Head{})
	require.NoError(t, err)
	remote, err := github.Subject(t.Context(), head)
	require.NoError(t, err)
	want := checks.RunAll(t.Context(), offline, local.Subject(), nil)
	got := checks.RunAll(t.Context(), offline, remote, nil)
	assert.Equal(t, want.Digest, got.Digest)
	assert.Equal(t, want.Checks, got.Checks)
	assert.Equal(t, want.Subject.Tree, got.Subject.Tree)
}

func (w *world) repository() store.Repository {
	w.t.Helper()
	r, ok, err := w.store.Repository(w.t.Context(), w.repo.ID)
	require.NoError(w.t, err)
	require.True(w.t, ok)
	return r
}
