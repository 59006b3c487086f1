package ghapi

import (
	"fmt"
	"io"
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

// batch is how many writes must be free again before work goes on that was
// given back for lack of them.
const batch = 20

// pace keeps the writes of an installation under GitHub's secondary limits:
// about 80 creations a minute (github-facts.md section 7). Nobody waits for a
// write: the work is given back to the queue, so that a busy installation does
// not hold the workers of the others (S17).
type pace struct{ limiter *rate.Limiter }

// ready fails if there is no write free now.
func (p pace) ready() error {
	if p.limiter.Tokens() >= 1 {
		return nil
	}
	return p.exhausted()
}

func (p pace) exhausted() error {
	enough := min(batch, float64(p.limiter.Burst()))
	wait := time.Duration((enough - p.limiter.Tokens()) / float64(p.limiter.Limit()) * float64(time.Second))
	return &UnavailableError{
		Err:     fmt.Errorf("this installation's writes are used up for %s", wait.Round(time.Second)),
		RetryAt: time.Now().Add(wait),
	}
}

// writes is the middleware that takes a write from the pace for each.
func (p pace) writes(c *Clients) githubapp.ClientMiddleware {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if isWrite(r) && !p.limiter.Allow() {
				c.observer.Waited(waitedForPace)
				return nil, p.exhausted()
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

// alwaysAsk makes the cache above ask whether an answer still holds, whatever
// the clocks say: go-githubapp marks answers as to be used for 0 seconds, but the
// cache counts from GitHub's clock, so that with one that is ahead of ours an
// answer would be used without asking; one without an ETag, as that there is no
// such branch, too.
func alwaysAsk(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err == nil {
			response.Header.Set("Cache-Control", "no-cache")
		}
		return response, err
	})
}

// readToEnd reads the end of each answer before it is closed. go-github stops
// after the JSON, and the cache below keeps only what was read to its end: of
// answers whose length is not said before, it would keep few.
func readToEnd(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err == nil {
			response.Body = endingBody{response.Body}
		}
		return response, err
	})
}

// maxEnd bounds what is read after the JSON: a line end.
const maxEnd = 512

type endingBody struct{ io.ReadCloser }

func (b endingBody) Close() error {
	_, _ = io.CopyN(io.Discard, b.ReadCloser, maxEnd) // what fails here is not kept, and asked for again
	return b.ReadCloser.Close()
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

// longAway tells whether GitHub has not answered for so long that more tries
// would only hold up what waits.
func (h *Health) longAway() bool {
	since, _, failing := h.Failing()
	return failing && time.Since(since) > outage
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
