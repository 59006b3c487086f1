package ghapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Whose asks who the person is that a token was given for, at the moment they sign
// in. The token is kept nowhere (S20). It fails unless it is a person's.
func (c *Clients) Whose(ctx context.Context, token string) (onboarding.Person, error) {
	base, err := url.Parse(strings.TrimSuffix(c.options.Config.V3APIURL, "/") + "/")
	if err != nil {
		return onboarding.Person{}, fmt.Errorf("read the address of GitHub's API: %w", err)
	}
	client := github.NewClient(&http.Client{
		Transport: c.retries()(c.transport()), Timeout: callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).WithAuthToken(token)
	client.BaseURL, client.UserAgent = base, c.options.UserAgent
	user, _, err := client.Users.Get(ctx, "")
	switch {
	case err != nil:
		return onboarding.Person{}, explain(err, "ask who signs in")
	case user.GetID() == 0 || user.GetLogin() == "" || user.GetType() != "User":
		return onboarding.Person{}, fmt.Errorf("ask who signs in: %w", errIncomplete)
	}
	return onboarding.Person{ID: user.GetID(), Login: user.GetLogin()}, nil
}

// MayRead tells whether a person may read a repository of an installation, with a
// token that is good for no more than that (S20). A login that belongs to somebody
// else by now may nothing (S10).
func (c *Clients) MayRead(ctx context.Context, installation int64, owner, name string, person onboarding.Person) (bool, error) {
	client, err := c.reader(installation, toReadPublic)
	if err != nil {
		return false, err
	}
	return permitted(ctx, client, owner, name, person, "admin", "write", "read")
}

// permitted tells whether a person has one of these permissions for a repository.
func permitted(ctx context.Context, client *github.Client, owner, name string, person onboarding.Person, permissions ...string) (bool, error) {
	level, _, err := client.Repositories.GetPermissionLevel(ctx, owner, name, person.Login)
	if hasStatus(err, http.StatusNotFound) { // no such person (any more)
		return false, nil
	}
	if err != nil {
		return false, explain(err, "ask what %s may do in %s/%s", person.Login, owner, name)
	}
	return person.ID != 0 && level.GetUser().GetID() == person.ID && slices.Contains(permissions, level.GetPermission()), nil
}
