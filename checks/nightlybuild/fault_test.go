package nightlybuild

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
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

func TestFaultsOfTheServerNeverPass(t *testing.T) {
	content := bundletest.Make(t, "org.example.hello", "1.2.3+aaaaaaa")
	status := func(code int) http.HandlerFunc {
		return func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(code) }
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		change  func(*world)
		outcome checks.Outcome
		rule    string
		reason  string // in the title
	}{
		{"DNS is down", nil, func(w *world) {
			w.fetching.Resolver = bundletest.Resolver{Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}
		}, checks.Error, "url-lookup", "could not be looked up"},
		{"DNS knows no such name", nil, func(w *world) { w.fetching.Resolver = bundletest.Resolver{Err: &net.DNSError{IsNotFound: true}} }, checks.Error, "url-not-public", "no address"},
		{"nothing listens", nil, func(w *world) { w.subject.NightlyURL = "https://127.0.0.1:1025/x" }, checks.Error, "url-unreachable", "could not be reached"},
		{"the connection is reset", func(out http.ResponseWriter, _ *http.Request) {
			conn, _, err := out.(http.Hijacker).Hijack()
			assert.NoError(t, err)
			_ = conn.Close()
		}, nil, checks.Error, "url-unreachable", "hung up"},
		{"a certificate that nobody knows", nil, func(w *world) { w.fetching.RootCAs = x509.NewCertPool() }, checks.Error, "url-tls", "certificate"},
		{"a certificate for another name", nil, func(w *world) { w.subject.NightlyURL = strings.Replace(w.url, "example.com", "other.net", 1) }, checks.Error, "url-tls", "another name"},
		{"500", status(500), nil, checks.Error, "url-status", "500"},
		{"503", status(503), nil, checks.Error, "url-status", "503"},
		{"429", status(429), nil, checks.Error, "url-status", "429"},
		{"403", status(403), nil, checks.Error, "url-status", "403"},
		{"404", status(404), nil, checks.Error, "url-status", "404"},
		{"an unasked 304", status(304), nil, checks.Error, "url-status", "304"},
		{"half a body", func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("Content-Length", "100000")
			_, _ = out.Write(content)
		}, nil, checks.Error, "url-cut-off", "stopped"},
		{"half a body in chunks", func(out http.ResponseWriter, _ *http.Request) {
			_, _ = out.Write(content[:100])
			out.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, nil, checks.Error, "url-cut-off", "stopped"},
		{"half a file", func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(content[:len(content)/2]) }, nil, checks.Fail, "bundle-truncated", "ends in the middle"},
		{"an empty file", status(200), nil, checks.Fail, "bundle-empty", "empty"},
		{"a web page", func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write([]byte("<!doctype html>")) }, nil, checks.Fail, "bundle-html", "web page"},
		{"no answer", func(_ http.ResponseWriter, in *http.Request) { <-in.Context().Done() }, func(w *world) { w.fetching.HeaderTimeout = 50 * time.Millisecond }, checks.Error, "url-too-slow", "did not answer"},
		{"a slow loris", func(out http.ResponseWriter, in *http.Request) {
			_, _ = out.Write(content[:100])
			out.(http.Flusher).Flush()
			<-in.Context().Done()
		}, func(w *world) { w.fetching.RateWindow = 50 * time.Millisecond }, checks.Error, "url-too-slow", "fewer than"},
		{"a file too large", func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(content) }, func(w *world) { w.fetching.MaxBytes = 100 }, checks.Fail, "url-too-large", "larger"},
		{"a redirect in a circle", func(out http.ResponseWriter, in *http.Request) { http.Redirect(out, in, "/", http.StatusFound) }, nil, checks.Fail, "url-redirects", "redirects"},
		{"a redirect to metadata", func(out http.ResponseWriter, in *http.Request) {
			http.Redirect(out, in, "https://169.254.169.254/", http.StatusFound)
		}, nil, checks.Fail, "url-not-public", "redirects to another one that is refused"},
		{"a URL of a private address", nil, func(w *world) { w.subject.NightlyURL = "https://10.0.0.1/x" }, checks.Fail, "url-not-public", "not on the public internet"},
		{"a URL without https", nil, func(w *world) { w.subject.NightlyURL = "http://builds.example.com/x" }, checks.Fail, "url-not-https", "https"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.handler)
			if test.change != nil {
				test.change(w)
			}
			result := w.look()
			assert.Equal(t, test.outcome, result.Outcome)
			assert.Equal(t, []string{test.rule}, found(result), "with other faults, nobody may pass")
			assert.Contains(t, result.Title+result.Findings[0].Message, test.reason)
			assert.LessOrEqual(t, len([]rune(result.Title)), 80)
			for _, later := range []time.Duration{time.Minute, 24 * time.Hour} {
				w.next(result, later)
				again := w.look()
				assert.Equal(t, test.outcome, again.Outcome, "and %s later neither: %v", later, found(again))
			}
		})
	}
}

func TestFaultsOfTheCheckItselfAreErrors(t *testing.T) {
	w := newWorld(t, nil)
	w.subject.CommitTime = func(context.Context, string) (string, time.Time, error) { panic("a bug") }
	w.subject.Commit = old
	result, cause := checks.Run(t.Context(), made(w.t, w.policy, safehttp.New(w.fetching)), w.subject)
	assert.Equal(t, checks.Error, result.Outcome)
	assert.Equal(t, "The check crashed", result.Title)
	require.Error(t, cause)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	result, cause = checks.Run(ctx, made(w.t, w.policy, safehttp.New(w.fetching)), w.subject)
	assert.Equal(t, checks.Error, result.Outcome)
	require.ErrorIs(t, cause, context.Canceled)
}

func TestThreeNightsWithoutAnAnswerAreTheAuthorsTurn(t *testing.T) {
	down := errors.New("no")
	w := newWorld(t, nil)
	result := w.look()
	require.Equal(t, checks.Pass, result.Outcome)
	sum := result.Facts["sha256"]
	w.fetching.Resolver = bundletest.Resolver{Err: down}
	var outcomes []checks.Outcome
	for range 3 {
		w.next(result, 12*time.Hour)
		result = w.look() // a second try in one night counts once
		w.next(result, 12*time.Hour)
		result = w.look()
		outcomes = append(outcomes, result.Outcome)
	}
	assert.Equal(t, []checks.Outcome{checks.Error, checks.Error, checks.Fail}, outcomes)
	assert.Contains(t, found(result), "unreachable")

	w.fetching.Resolver = bundletest.Resolver{}
	w.next(result, 12*time.Hour)
	w.commits[head] = w.subject.Now
	result = w.look()
	assert.Equal(t, checks.Pass, result.Outcome, "back again")
	assert.Equal(t, sum, result.Facts["sha256"])
	assert.NotContains(t, result.Facts, "unreachable_since")
	assert.Equal(t, int32(1), w.read.Load(), "the same build is not read again")
}

// The client's bound is shorter than what the App lets a check take: else a
// server that is slow, but not too slow, would be nobody's fault for ever.
func TestASlowServerFailsAfterThreeNights(t *testing.T) {
	w := newWorld(t, func(out http.ResponseWriter, in *http.Request) {
		_, _ = out.Write(bundletest.Make(t, "org.example.hello", "1.2.3+aaaaaaa")[:100])
		assert.NoError(t, http.NewResponseController(out).Flush())
		<-in.Context().Done()
	})
	w.fetching.TotalTimeout = 100 * time.Millisecond
	w.subject.Nightly = &checks.Previous{URL: w.url, At: now.Add(-24 * time.Hour), Result: checks.Result{
		Outcome: checks.Error, Facts: map[string]any{"unreachable_since": now.Add(-5 * 24 * time.Hour).Format(time.RFC3339)},
	}}
	result := w.look()
	assert.Equal(t, checks.Fail, result.Outcome)
	assert.Equal(t, []string{"url-too-slow", "unreachable"}, found(result))
	assert.Contains(t, result.Title, "did not send the whole file")
}

// FuzzPrevious gives the check what a store may give back; it must not crash,
// nor pass a build that was never read.
func FuzzPrevious(f *testing.F) {
	f.Add(`{"sha256": "00", "id": "x", "read_at": "2026-11-23T01:59:00Z"}`)
	f.Add(`{"bytes": "no number", "read_at": 5, "unreachable_since": "2100-01-01T00:00:00Z", "hosts": ["a"]}`)
	f.Fuzz(func(t *testing.T, facts string) {
		var stored map[string]any
		if json.Unmarshal([]byte(facts), &stored) != nil {
			return
		}
		subject := checks.Subject{Now: now, NightlyURL: "https://a.example.com/x", Nightly: &checks.Previous{
			URL: "https://a.example.com/x", At: now, Result: checks.Result{Outcome: checks.Pass, Facts: stored},
		}}
		client := safehttp.New(safehttp.Policy{Resolver: bundletest.Resolver{Err: errors.New("no")}})
		result, _ := checks.Run(t.Context(), made(t, DefaultPolicy(), client), subject)
		require.NotEqual(t, checks.Pass, result.Outcome)
	})
}
