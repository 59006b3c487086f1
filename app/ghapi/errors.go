package ghapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
)

// UnavailableError is GitHub's failure, or the network's, not the
// repository's: it goes away by itself and counts against nobody.
type UnavailableError struct {
	Err     error
	RetryAt time.Time // zero: GitHub did not say
}

func (e *UnavailableError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Unavailable tells the queue when to try again.
func (e *UnavailableError) Unavailable() (retryAt time.Time, unavailable bool) {
	return e.RetryAt, true
}

// explain wraps an error of a call with what was attempted, tells GitHub's
// failures from others, and lets no token through (S20).
func explain(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	wrapped := fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), redacted{err})
	if why, installation, is := refusedToken(err); is {
		return lost(why, installation, wrapped)
	}
	if retryAt, is := unavailable(err); is {
		return &UnavailableError{Err: wrapped, RetryAt: retryAt}
	}
	return wrapped
}

// unavailable tells GitHub's own failures: network, 5xx, limits, a refused token.
func unavailable(err error) (retryAt time.Time, is bool) {
	var (
		known     *UnavailableError
		primary   *github.RateLimitError
		secondary *github.AbuseRateLimitError
		token     *ghinstallation.HTTPError
		response  *github.ErrorResponse
		network   net.Error // *url.Error is one
		moved     *MovedError
		braked    *BrakedError
	)
	switch {
	case errors.As(err, &known):
		return known.RetryAt, true
	case errors.As(err, &moved), errors.As(err, &braked), errors.Is(err, context.Canceled):
		return time.Time{}, false
	case errors.As(err, &primary):
		return primary.Rate.Reset.Time, true
	case errors.As(err, &secondary):
		if secondary.RetryAfter == nil {
			return time.Now().Add(time.Minute), true // at least 60 s (github-facts.md section 7)
		}
		return time.Now().Add(*secondary.RetryAfter), true
	case errors.As(err, &token): // GitHub is down, or a limit is reached; of what lasts see refusedToken
		if token.Response != nil {
			retryAt, _ = limited(token.Response)
		}
		return retryAt, true
	case errors.As(err, &response) && strings.Contains(response.Message, "not accessible by integration"):
		// a permission is missing: it can be granted at any time
		return time.Now().Add(time.Hour), true
	case errors.As(err, &response) && hasStatus(err, http.StatusForbidden) && passing.MatchString(response.Message):
		return time.Time{}, true // the next look finds that out, and holds all
	case errors.As(err, &response):
		return limited(response.Response)
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF): // cut before the answer, or within it
		return time.Time{}, true
	}
	return time.Time{}, false
}

// passing is what GitHub refuses every write with for as long as something lasts that
// may come between two calls of a look.
var passing = regexp.MustCompile(`was archived|has been suspended`)

// limited tells GitHub's own failures by their answer: a limit, be it of a kind
// that go-github does not type, 5xx and 401.
func limited(r *http.Response) (retryAt time.Time, is bool) {
	if r.StatusCode >= 500 || r.StatusCode == http.StatusUnauthorized {
		return time.Time{}, true
	}
	retryAt, is = limitOf(r)
	if is && retryAt.IsZero() {
		retryAt = time.Now().Add(firstPause)
	}
	return retryAt, is
}

// statusError is an answer of a status that was not expected.
func statusError(response *http.Response) error {
	return &github.ErrorResponse{Response: response, Message: response.Status}
}

// hasStatus tells whether GitHub refused a call with one of these statuses.
func hasStatus(err error, statuses ...int) bool {
	var response *github.ErrorResponse
	if !errors.As(err, &response) || response.Response == nil {
		return false
	}
	for _, status := range statuses {
		if response.Response.StatusCode == status {
			return true
		}
	}
	return false
}

// tokens matches GitHub's tokens by their prefixes, whatever their length
// (the ghs_APPID_JWT form has several hundred characters), and JWTs.
var tokens = regexp.MustCompile(`\b(gh[a-z]_|github_pat_|eyJ)[A-Za-z0-9._\-]+`)

// links matches the secrets in the links by which GitHub lets somebody download
// for some minutes, be it from a private repository.
var links = regexp.MustCompile(`(?i)([?&](?:(?:access_)?token|sig|jwt|x-amz-(?:signature|credential|security-token))=)[^&\s"'\\]+`)

// Redact hides tokens in a text that may be logged or shown (S20).
func Redact(s string) string {
	return links.ReplaceAllString(tokens.ReplaceAllString(s, "${1}********"), "${1}********")
}

// redacted is an error whose text shows no token.
type redacted struct{ error }

func (r redacted) Error() string { return Redact(r.error.Error()) }
func (r redacted) Unwrap() error { return r.error }
