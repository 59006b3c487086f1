package ghapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"
)

// NewApp is an App that GitHub just made of a manifest, with its secrets: GitHub
// tells them this once.
type NewApp struct {
	ID            int64
	Slug          string
	Name          string
	Owner         string // its login
	URL           string // its public page
	ClientID      string
	ClientSecret  string
	WebhookSecret string // "" if GitHub made none
	PrivateKey    string // PEM
}

// ErrNoManifest is that GitHub knows no manifest by a code: it was used before, or
// an hour has passed.
var ErrNoManifest = errors.New("GitHub does not know this code: it was used before, or an hour has passed")

// ConvertManifest exchanges the code that a browser brought from GitHub for the App
// that was made (github-facts.md section 8). It needs no credentials: the code is
// one. A code that failed with anything but [ErrNoManifest] may be tried again.
func ConvertManifest(ctx context.Context, apiURL, userAgent, code string) (NewApp, error) {
	base, err := url.Parse(strings.TrimSuffix(apiURL, "/") + "/")
	if err != nil {
		return NewApp{}, fmt.Errorf("read the address of GitHub's API: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	client := github.NewClient(&http.Client{Transport: refuseMovedWrites(http.DefaultTransport)})
	client.BaseURL, client.UserAgent = base, userAgent
	app, _, err := client.Apps.CompleteAppManifest(ctx, url.PathEscape(code))
	switch {
	case hasStatus(err, http.StatusNotFound):
		return NewApp{}, ErrNoManifest
	case err != nil:
		// what failed names the address called, and in it the code
		return NewApp{}, fmt.Errorf("fetch the new App from GitHub: %w", withoutCode{err, url.PathEscape(code)})
	case app.GetID() == 0 || app.GetSlug() == "" || app.GetPEM() == "":
		return NewApp{}, fmt.Errorf("fetch the new App from GitHub: %w", errIncomplete)
	}
	return NewApp{
		ID: app.GetID(), Slug: app.GetSlug(), Name: app.GetName(), Owner: app.GetOwner().GetLogin(), URL: app.GetHTMLURL(),
		ClientID: app.GetClientID(), ClientSecret: app.GetClientSecret(), WebhookSecret: app.GetWebhookSecret(), PrivateKey: app.GetPEM(),
	}, nil
}

// withoutCode is an error whose text does not show a manifest's code, which stands
// for the App's secrets until it is used.
type withoutCode struct {
	error
	code string
}

func (e withoutCode) Error() string {
	return Redact(strings.ReplaceAll(e.error.Error(), e.code, "********"))
}

func (e withoutCode) Unwrap() error { return e.error }
