package ghapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/onboarding"
)

// maxRoster bounds the members of a team that gives a role (S17).
const maxRoster = 500

// RoleError says why it is not known who has a role, in a sentence for people:
// the configuration has to change, or the App's installation.
type RoleError struct {
	Name string // "the team acme/core"
	Why  string // the end of "… cannot be read: …"
	Err  error  // what GitHub said; nil if the answer itself is the reason
}

func (e *RoleError) Error() string { return e.Name + " cannot be read: " + e.Why }

// Unwrap returns the cause.
func (e *RoleError) Unwrap() error { return e.Err }

// OnlyRoles tells whether all that went wrong are RoleErrors: an operator has to
// mend them, and trying again does not help.
func OnlyRoles(err error) bool {
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself, since one of another kind spoils it
	case *RoleError:
		return true
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !OnlyRoles(err) })
	case interface{ Unwrap() error }:
		return OnlyRoles(e.Unwrap())
	}
	return false
}

// Unavailable tells the queue to try again: it is not the plugin's fault, and
// somebody may mend it at any time.
func (e *RoleError) Unavailable() (retryAt time.Time, unavailable bool) { return time.Time{}, true }

// team is a configured team, in lower case.
type team struct{ org, slug string }

func (t team) String() string { return t.org + "/" + t.slug }

func (t team) unreadable(err error, format string, args ...any) *RoleError {
	return &RoleError{Name: "the team " + t.String(), Why: fmt.Sprintf(format, args...), Err: err}
}

// isIn tells whether a person is in a team. The roster is compared by ids, so
// that neither a stale login nor one that somebody else claimed can matter (S10).
func (r *Roles) isIn(ctx context.Context, person onboarding.Person, t team) (bool, error) {
	lists := func(roster []onboarding.Person) bool {
		return slices.ContainsFunc(roster, func(p onboarding.Person) bool { return p.ID == person.ID })
	}
	roster, err := r.roster(ctx, t, keepYes)
	if err == nil && !lists(roster) {
		roster, err = r.roster(ctx, t, keepNo)
	}
	return err == nil && lists(roster), err
}

// roster returns the members of a team, as they were at most so long ago.
func (r *Roles) roster(ctx context.Context, t team, age time.Duration) ([]onboarding.Person, error) {
	return r.rosters.get(ctx, t.String(), age, func(ctx context.Context) ([]onboarding.Person, error) {
		roster, err := r.readRoster(ctx, t)
		var lasting *RoleError
		switch {
		case err == nil:
			r.note(t.String(), "")
		case errors.As(err, &lasting):
			r.note(t.String(), err.Error())
		}
		return roster, err
	})
}

// readRoster reads a team with its organisation's installation.
func (r *Roles) readRoster(ctx context.Context, t team) ([]onboarding.Person, error) {
	client, err := r.org(ctx, t.org)
	var absent *RoleError
	if errors.As(err, &absent) {
		return nil, t.unreadable(absent.Err, "%s", absent.Why)
	}
	if err != nil {
		return nil, err
	}
	roster, err := r.readRosterWith(ctx, client, t)
	if err != nil {
		r.forgetOrg(t.org) // the installation may be another one by now
	}
	return roster, err
}

// readRosterWith reads a team and then its members with the same token: that
// reaches one organisation only, so that the members are of the team that was
// pinned even if names change hands in between.
func (r *Roles) readRosterWith(ctx context.Context, client *github.Client, t team) ([]onboarding.Person, error) {
	found, _, err := client.Teams.GetTeamBySlug(ctx, t.org, t.slug)
	if err != nil {
		return nil, t.refused(err)
	}
	if err := r.recognise(ctx, t, found.GetID()); err != nil {
		return nil, err
	}
	return t.members(ctx, client)
}

// recognise fails if a configured name is another team's by now: the slug was
// given to another team, or the organisation's name to somebody else (S10).
func (r *Roles) recognise(ctx context.Context, t team, id int64) error {
	if id == 0 {
		return fmt.Errorf("read the team %s: %w", t, errIncomplete)
	}
	pinned, ok, err := r.pins.LoginID(ctx, t.String())
	if err == nil && !ok {
		pinned, err = r.pin(ctx, t.String(), id)
	}
	if err != nil {
		return err
	}
	if pinned != id {
		return t.unreadable(nil, "the name belongs to another team than it did when it was first used")
	}
	return nil
}

// members lists the people in a team, by their ids. Its child teams' members are
// among them, those who are only asked into it are not.
func (t team) members(ctx context.Context, client *github.Client) ([]onboarding.Person, error) {
	var people []onboarding.Person
	options := &github.TeamListTeamMembersOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for read := 0; ; {
		page, response, err := client.Teams.ListTeamMembersBySlug(ctx, t.org, t.slug, options)
		if err != nil {
			return nil, t.refused(err)
		}
		if page == nil { // null is no list, not even an empty one
			return nil, fmt.Errorf("list the members of the team %s: %w", t, errIncomplete)
		}
		for _, user := range page {
			if user.GetID() == 0 || user.GetLogin() == "" {
				return nil, fmt.Errorf("list the members of the team %s: %w", t, errIncomplete)
			}
			if user.GetType() == "User" { // no bot has a role
				people = append(people, onboarding.Person{ID: user.GetID(), Login: user.GetLogin()})
			}
		}
		if response.NextPage == 0 {
			break
		}
		if read += len(page); read >= maxRoster || len(page) == 0 {
			return nil, t.unreadable(nil, "it has more than %d members", maxRoster)
		}
		options.Page = response.NextPage
	}
	slices.SortFunc(people, func(a, b onboarding.Person) int { return cmp.Compare(a.ID, b.ID) })
	return people, nil
}

// org returns a client that may read the members of an organisation: its own
// installation's, since no other token reaches them (github-facts.md section 4).
func (r *Roles) org(ctx context.Context, org string) (*github.Client, error) {
	return r.orgs.get(ctx, org, keepYes, func(ctx context.Context) (*github.Client, error) {
		app, err := r.clients.app()
		if err != nil {
			return nil, err
		}
		unreadable := func(err error, format string) error {
			return &RoleError{Name: "the organisation " + org, Why: fmt.Sprintf(format, org), Err: err}
		}
		found, _, err := app.Apps.FindOrganizationInstallation(ctx, org)
		switch {
		case hasStatus(err, http.StatusNotFound):
			return nil, unreadable(err, "the App is not installed on %s")
		case err != nil:
			return nil, explain(err, "ask whether the App is installed on %s", org)
		case found.GetID() == 0:
			return nil, fmt.Errorf("ask whether the App is installed on %s: %w", org, errIncomplete)
		case !strings.EqualFold(found.GetAccount().GetLogin(), org):
			return nil, unreadable(nil, "the organisation %s has another name now")
		case found.SuspendedAt != nil:
			return nil, unreadable(nil, "the App is suspended on %s")
		case found.GetPermissions().GetMembers() == "":
			return nil, unreadable(nil, "the App has no members permission on %s")
		}
		return r.clients.reader(found.GetID(), toReadMembers)
	})
}

// refused explains a call about a team that GitHub did not answer. What may
// change with a look at the installation is told from what is GitHub's failure.
func (t team) refused(err error) error {
	var token *ghinstallation.HTTPError
	if errors.As(err, &token) && token.Response != nil && !isPassing(token.Response) {
		return t.unreadable(redacted{err}, "the App is not installed on %s any more, is suspended there, or has no members permission", t.org)
	}
	var response *github.ErrorResponse
	switch {
	case hasStatus(err, http.StatusNotFound):
		return t.unreadable(redacted{err}, "there is no such team, or it is hidden from the App")
	case hasStatus(err, http.StatusMovedPermanently):
		return t.unreadable(redacted{err}, "it has another name now")
	case errors.As(err, &response) && strings.Contains(response.Message, "not accessible by integration"):
		return t.unreadable(redacted{err}, "the App has no members permission on %s", t.org)
	case errors.As(err, &response) && strings.Contains(response.Message, "suspended"):
		return t.unreadable(redacted{err}, "the App is suspended on %s", t.org)
	case hasStatus(err, http.StatusForbidden) && !isPassing(response.Response):
		return t.unreadable(redacted{err}, "GitHub does not let the App read it")
	}
	return explain(err, "read the team %s", t)
}

// isPassing tells limits and GitHub's own failures, which pass by themselves.
func isPassing(response *http.Response) bool {
	_, passing := limited(response)
	return passing
}
