package ghapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/palantir/go-githubapp/githubapp"
)

// How long nothing is asked after a secondary limit that does not say for how
// long: a minute, twice that after the next, and so on. To go on risks a ban
// (github-facts.md section 7).
const (
	firstPause = time.Minute
	maxPause   = time.Hour
)

// limits are what GitHub said of an installation's limits. All its clients obey:
// what GitHub refuses is refused here until it would not be. Other installations
// go on.
type limits struct {
	installation int64

	mu      sync.Mutex
	until   time.Time         // before it nothing is asked
	pauses  int               // in a row that GitHub left us to choose
	budgets map[string]Budget // by resource
}

// ready fails while GitHub wants to be left alone.
func (l *limits) ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !time.Now().Before(l.until) {
		return nil
	}
	return &UnavailableError{
		Err:     fmt.Errorf("GitHub's limit is reached for installation %d until %s", l.installation, l.until.UTC().Format(time.RFC3339)),
		RetryAt: l.until,
	}
}

// obey is the middleware that asks nothing while the limit is reached, and takes
// note of what GitHub says.
func (l *limits) obey(c *Clients) githubapp.ClientMiddleware {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if err := l.ready(); err != nil {
				c.observer.Waited(waitedForLimit)
				return nil, err
			}
			response, err := next.RoundTrip(r)
			var token *ghinstallation.HTTPError
			switch {
			case err == nil:
				l.spent(response.Header)
				l.note(response)
			case errors.As(err, &token) && token.Response != nil:
				l.note(token.Response)
			}
			return response, err
		})
	}
}

// note takes note of an answer.
func (l *limits) note(response *http.Response) {
	retryAt, limit := limitOf(response)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !limit:
		if response.StatusCode < http.StatusBadRequest {
			l.pauses = 0
		}
		return
	case retryAt.IsZero():
		retryAt = time.Now().Add(min(firstPause<<min(l.pauses, 10), maxPause))
		l.pauses++
	}
	if retryAt.After(l.until) {
		l.until = retryAt
	}
}

// maxSaid bounds what is read of a refusal, in bytes.
const maxSaid = 64 << 10

// limitOf tells whether an answer is a limit's, and until when that lasts; zero
// if GitHub does not say. A 403 has many reasons: one that names no time is a
// limit's only if it says so.
func limitOf(r *http.Response) (retryAt time.Time, limit bool) {
	if r.StatusCode != http.StatusForbidden && r.StatusCode != http.StatusTooManyRequests {
		return time.Time{}, false
	}
	if after, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil {
		return time.Now().Add(time.Duration(after) * time.Second), true
	}
	if r.Header.Get("X-RateLimit-Remaining") == "0" {
		if reset, err := strconv.ParseInt(r.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			return time.Unix(reset, 0), true
		}
		return time.Time{}, true
	}
	return time.Time{}, r.StatusCode == http.StatusTooManyRequests || strings.Contains(said(r), "secondary rate limit")
}

// said reads what a refusal says, and leaves it to be read again.
func said(r *http.Response) string {
	if refused, ok := r.Body.(noToken); ok {
		return refused.said
	}
	if r.Body == nil {
		return ""
	}
	text, _ := io.ReadAll(io.LimitReader(r.Body, maxSaid)) // what cannot be read says nothing, and fails again below
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(text), r.Body), r.Body}
	return string(text)
}
