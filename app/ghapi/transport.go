package ghapi

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"golang.org/x/time/rate"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// isWrite tells whether a request changes something.
func isWrite(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// paceWrites keeps writes under GitHub's secondary limits: about 80 creations
// a minute, and a second between writes (github-facts.md section 7).
func paceWrites(pace *rate.Limiter) githubapp.ClientMiddleware {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if isWrite(r) {
				if err := pace.Wait(r.Context()); err != nil {
					return nil, fmt.Errorf("wait for this installation's next write: %w", err)
				}
			}
			return next.RoundTrip(r)
		})
	}
}

// refuseMovedWrites ends a write that GitHub redirects. Go's client would
// repeat it as a GET, and report success with nothing written (github-facts.md
// section 12, trap 14).
func refuseMovedWrites(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err == nil && isWrite(r) && response.StatusCode/100 == 3 {
			_ = response.Body.Close() // nothing of it is read
			return nil, &MovedError{Path: r.URL.Path}
		}
		return response, err
	})
}

// MovedError is a write that GitHub answered with a redirect: the repository
// was renamed or transferred, and the next event tells its new name.
type MovedError struct{ Path string }

func (e *MovedError) Error() string { return e.Path + " has moved: nothing was written" }

// Health is whether GitHub answers, for /readyz.
type Health struct {
	mu     sync.Mutex
	failed time.Time // since when calls fail; zero while they do not
	reason string
}

// Failing returns since when GitHub does not answer and why; ok is false
// while it does.
func (h *Health) Failing() (since time.Time, reason string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failed, h.reason, !h.failed.IsZero()
}

func (h *Health) watch(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		switch {
		case err != nil && r.Context().Err() != nil: // we gave up, GitHub did not fail
		case err != nil:
			h.note("GitHub cannot be reached")
		case response.StatusCode >= 500:
			h.note("GitHub answers " + response.Status)
		default:
			h.note("")
		}
		return response, err
	})
}

func (h *Health) note(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reason = reason
	switch {
	case reason == "":
		h.failed = time.Time{}
	case h.failed.IsZero():
		h.failed = time.Now()
	}
}
