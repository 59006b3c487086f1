// Package conformance checks every request to, and every answer of, the
// simulated GitHub against GitHub's own description of its REST API
// (testdata/github-rest-facts.json: facts only). It is for tests.
package conformance

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Check returns what goes into fakegithub.Options.Wrap: it reports each thing
// that GitHub's description does not know with t.Errorf, naming the operation
// and the place. Answers marked X-Fake-Fault and 5xx are not looked at. After
// the test's end nothing is reported.
func Check(t testing.TB) func(http.Handler) http.Handler {
	t.Helper()
	description, err := load()
	if err != nil {
		t.Fatalf("load GitHub's description: %v", err)
	}
	report := newReporter(t)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				report("%s %s: the body cannot be read: %v", r.Method, r.URL.Path, err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			found, violations := description.checkRequest(r, body)
			for _, violation := range violations {
				report("%s", violation)
			}
			// A cut connection panics out of here: there is no answer to check.
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			if found != nil {
				for _, violation := range found.checkAnswer(r, answer.Result(), answer.Body.Bytes()) {
					report("%s", violation)
				}
			}
			pass(w, answer)
		})
	}
}

// newReporter makes an Errorf that falls silent when the test ends.
func newReporter(t testing.TB) func(format string, args ...any) {
	var mu sync.Mutex
	ended := false
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
	})
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		if !ended {
			t.Errorf("not GitHub's API: %s", fmt.Sprintf(format, args...))
		}
	}
}

// pass gives the recorded answer to the caller.
func pass(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Result().Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the caller hung up: nobody is left to be told
}
