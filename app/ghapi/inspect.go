package ghapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-github/v60/github"
)

// What follows is what `onboard doctor` looks at. Nothing of it writes.

// Self is the App as GitHub knows it.
type Self struct {
	ID          int64
	Slug        string
	Owner       string            // its login
	OfPerson    bool              // the owner is no organisation
	URL         string            // its public page
	Permissions map[string]string // that it asks for: name → read, write, admin
	Events      []string          // that it subscribes to
}

// Self asks GitHub who this App is, which fails unless the key is the App's.
func (c *Clients) Self(ctx context.Context) (Self, error) {
	client, err := c.app()
	if err != nil {
		return Self{}, err
	}
	app, _, err := client.Apps.Get(ctx, "")
	if err != nil {
		return Self{}, explain(err, "ask GitHub who this App is")
	}
	permissions, err := spelled(app.Permissions)
	return Self{
		ID: app.GetID(), Slug: app.GetSlug(), Owner: app.GetOwner().GetLogin(), OfPerson: app.GetOwner().GetType() == "User",
		URL: app.GetHTMLURL(), Permissions: permissions, Events: app.Events,
	}, err
}

// spelled is permissions by their names; go-github has a field for each that it
// knows.
func spelled(permissions *github.InstallationPermissions) (map[string]string, error) {
	text, err := json.Marshal(permissions)
	if err != nil {
		return nil, fmt.Errorf("read permissions: %w", err)
	}
	var names map[string]string
	if err := json.Unmarshal(text, &names); err != nil {
		return nil, fmt.Errorf("read permissions: %w", err)
	}
	return names, nil
}

// Hook is where GitHub sends the App's deliveries.
type Hook struct {
	URL         string
	ContentType string // json or form
	Secret      bool   // deliveries are signed
	Insecure    bool   // certificates are not verified
}

// Hook reads the App's webhook.
func (c *Clients) Hook(ctx context.Context) (Hook, error) {
	client, err := c.app()
	if err != nil {
		return Hook{}, err
	}
	hook, _, err := client.Apps.GetHookConfig(ctx)
	if err != nil {
		return Hook{}, explain(err, "read the App's webhook")
	}
	return Hook{
		URL: hook.GetURL(), ContentType: hook.GetContentType(), Secret: hook.GetSecret() != "", Insecure: hook.GetInsecureSSL() == "1",
	}, nil
}

// Attempt is one try of GitHub's to deliver an event.
type Attempt struct {
	GUID   string // which all tries of an event share
	Event  string
	At     time.Time
	Status int // that was answered with; 0 without an answer
}

// Attempts are GitHub's last ones, the newest first, a hundred at most.
func (c *Clients) Attempts(ctx context.Context) ([]Attempt, error) {
	client, err := c.app()
	if err != nil {
		return nil, err
	}
	page, _, err := client.Apps.ListHookDeliveries(ctx, &github.ListCursorOptions{PerPage: 100})
	if err != nil {
		return nil, explain(err, "list the App's deliveries")
	}
	var list []Attempt
	for _, d := range page {
		list = append(list, Attempt{GUID: d.GetGUID(), Event: d.GetEvent(), At: d.GetDeliveredAt().Time, Status: d.GetStatusCode()})
	}
	return list, nil
}

// Installation is the App on an account.
type Installation struct {
	ID          int64
	Account     string // its login
	OfPerson    bool   // and no organisation
	Suspended   bool
	URL         string            // of its settings
	Permissions map[string]string // that were granted: name → read, write, admin
	Events      []string
}

// maxInspected bounds the installations that are listed.
const maxInspected = 1000

// Installations lists where the App is installed, those that are suspended
// included; more tells that there are even more.
func (c *Clients) Installations(ctx context.Context) (list []Installation, more bool, err error) {
	client, err := c.app()
	if err != nil {
		return nil, false, err
	}
	options := &github.ListOptions{PerPage: 100}
	for {
		page, response, err := client.Apps.ListInstallations(ctx, options)
		if err != nil {
			return nil, false, explain(err, "list where the App is installed")
		}
		for _, i := range page {
			permissions, err := spelled(i.Permissions)
			if err != nil {
				return nil, false, err
			}
			list = append(list, Installation{
				ID: i.GetID(), Account: i.GetAccount().GetLogin(), OfPerson: i.GetTargetType() == "User", Suspended: i.SuspendedAt != nil,
				URL: i.GetHTMLURL(), Permissions: permissions, Events: i.Events,
			})
		}
		if response.NextPage == 0 || len(list) >= maxInspected {
			return list, response.NextPage != 0, nil
		}
		options.Page = response.NextPage
	}
}

// StatusOf is with which status GitHub refused a call; 0 if it did not.
func StatusOf(err error) int {
	var response *github.ErrorResponse
	if errors.As(err, &response) && response.Response != nil {
		return response.Response.StatusCode
	}
	return 0
}

// Readable fails unless the template can be read. It costs as many calls as one
// look that finds nothing new.
func (t *Template) Readable(ctx context.Context) error {
	_, err := t.Commits(ctx, func(string) bool { return true })
	return err
}
