package ghapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/onboarding"
)

// LostError says that an installation reaches a repository no more: the App was
// uninstalled, suspended, or taken off the repository, or that is gone or hidden.
// It lasts until people change it, so it is not tried again every few minutes.
type LostError struct {
	Why          onboarding.Holding // Removed or Suspended
	Installation int64
	Err          error
}

func (e *LostError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Err }

// lostAgain is how long after it was lost an installation is tried again for what
// waits for it; that it is back an event tells (github-facts.md section 6).
const lostAgain = time.Hour

// lost wraps an error with that the installation reaches the repository no more,
// which holds up all that needs it and counts against nobody.
func lost(why onboarding.Holding, installation int64, err error) error {
	return &UnavailableError{
		Err:     &LostError{Why: why, Installation: installation, Err: err},
		RetryAt: time.Now().Add(lostAgain),
	}
}

// refusedToken tells why an installation was given no token: suspended is 403,
// removed 404 (github-facts.md section 6). ok is false for what passes by itself.
func refusedToken(err error) (why onboarding.Holding, installation int64, ok bool) {
	var token *ghinstallation.HTTPError
	if !errors.As(err, &token) || token.Response == nil {
		return "", 0, false
	}
	said, _ := token.Response.Body.(noToken)
	switch status := token.Response.StatusCode; {
	case status == http.StatusNotFound:
		why = onboarding.Removed
	case status == http.StatusForbidden && strings.Contains(said.said, "suspended"): // and no limit
		why = onboarding.Suspended
	}
	return why, token.InstallationID, why != ""
}

// lostRepository tells why a repository that was asked for by its name is not
// there; ok is false for all other errors.
func lostRepository(err error) (why onboarding.Holding, ok bool) {
	var response *github.ErrorResponse
	switch {
	case hasStatus(err, http.StatusNotFound):
		return onboarding.Removed, true
	case hasStatus(err, http.StatusForbidden) && errors.As(err, &response) && strings.Contains(response.Message, "suspended"):
		return onboarding.Suspended, true
	}
	return "", false
}

// Own tells whether an account is this App's bot, as far as that is known: by
// the first comment that it writes or looks for. It is not asked for an event.
func (c *Clients) Own(login string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.appLogin != "" && strings.EqualFold(login, c.appLogin)
}

// notThere is what a repository that cannot be reached is told with.
func (r *Repo) notThere(why onboarding.Holding, err error) error {
	return lost(why, r.installation, fmt.Errorf("read repository %s/%s: %w", r.Owner, r.Name, redacted{err}))
}
