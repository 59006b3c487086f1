package ghapi

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/palantir/go-githubapp/githubapp"
)

const (
	// maxTries is how often a GET is sent that GitHub, or the network, fails.
	maxTries = 3
	// DefaultBackoff is the pause before the second try; the third waits four
	// times as long.
	DefaultBackoff = 250 * time.Millisecond
	// outage is after how long a failing GitHub is left alone: all work is held
	// then, and more tries would only hold it up longer.
	outage = 15 * time.Second
)

// retries is the middleware that sends a GET again which GitHub or the network
// failed, or which does not find what we made a moment ago. A write is never
// sent again: it may have been done, and whoever wants it looks first, but for one
// that is marked as repeatable.
func (c *Clients) retries() githubapp.ClientMiddleware {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if isWrite(r) && r.Context().Value(repeatable{}) == nil {
				response, err := next.RoundTrip(r)
				if err == nil {
					c.fresh.note(r, response)
				}
				return response, err
			}
			for try := 1; ; try++ {
				response, err := next.RoundTrip(r)
				why := c.passing(r, response, err)
				if why == "" || try == maxTries || !c.pause(r.Context(), try) {
					return response, err
				}
				c.observer.Retried(why)
				if err == nil {
					_, _ = io.CopyN(io.Discard, response.Body, maxSaid) // so that the connection is used again
					_ = response.Body.Close()
				}
			}
		})
	}
}

// repeatable marks the context of a write without a body that does no harm if it is
// done twice.
type repeatable struct{}

// passing says in a word why an answer may be another at the next try; "" if it
// will not.
func (c *Clients) passing(r *http.Request, response *http.Response, err error) string {
	var known *UnavailableError
	var token *ghinstallation.HTTPError
	switch {
	case r.Context().Err() != nil, errors.As(err, &known): // we gave up, or did not ask
		return ""
	case err == nil && response.StatusCode == http.StatusNotFound && c.fresh.made(r.URL.Path):
		return "not_yet"
	case err == nil && response.StatusCode < http.StatusInternalServerError, c.health.longAway():
		return ""
	case err == nil:
		return "server"
	case errors.As(err, &token) && token.Response != nil:
		if token.Response.StatusCode < http.StatusInternalServerError {
			return ""
		}
		return "server"
	}
	return "network"
}

// pause waits before the next try, a random time around the wanted one, so that
// those who failed together do not come again together. It does not wait if the
// time of whoever asks would be over: what GitHub said says more than that.
func (c *Clients) pause(ctx context.Context, try int) bool {
	wait := time.Duration(float64(c.options.Backoff<<(2*(try-1))) * (0.5 + rand.Float64()))
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
