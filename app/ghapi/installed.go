package ghapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Installed is a repository that the App is installed on, as it is called now.
type Installed struct {
	Installation int64
	ID           int64
	OwnerID      int64
	Owner        string
	Name         string
	OwnerIsUser  bool // and no organisation
	Private      bool
}

// Installed finds a repository by its name. ok is false if there is none of that
// name, or the App is not installed on it or is suspended there.
func (c *Clients) Installed(ctx context.Context, owner, name string) (found Installed, ok bool, err error) {
	app, err := c.app()
	if err != nil {
		return Installed{}, false, err
	}
	installation, _, err := app.Apps.FindRepositoryInstallation(ctx, owner, name)
	if hasStatus(err, http.StatusNotFound) {
		return Installed{}, false, nil
	}
	if err != nil {
		return Installed{}, false, explain(err, "ask whether the App is installed on %s/%s", owner, name)
	}
	if installation.SuspendedAt != nil {
		return Installed{}, false, nil
	}
	repo, err := c.Repo(installation.GetID(), owner, name)
	if err != nil {
		return Installed{}, false, err
	}
	is, _, err := repo.client.Repositories.Get(ctx, owner, name)
	if hasStatus(err, http.StatusNotFound) { // not among those that it is installed on
		return Installed{}, false, nil
	}
	if err != nil {
		return Installed{}, false, explain(err, "read repository %s/%s", owner, name)
	}
	if is.GetID() == 0 || is.GetOwner().GetID() == 0 || installation.GetID() == 0 {
		return Installed{}, false, fmt.Errorf("read repository %s/%s: %w", owner, name, errIncomplete)
	}
	return Installed{
		Installation: installation.GetID(), ID: is.GetID(), OwnerID: is.GetOwner().GetID(), Owner: is.GetOwner().GetLogin(), Name: is.GetName(),
		OwnerIsUser: is.GetOwner().GetType() == "User", Private: is.GetPrivate(),
	}, true, nil
}

// HasIssue tells whether a repository has an issue or pull request of that number.
func (r *Repo) HasIssue(ctx context.Context, number int) (bool, error) {
	_, _, err := r.client.Issues.Get(ctx, r.Owner, r.Name, number)
	if isGone(err) {
		return false, nil
	}
	return err == nil, explain(err, "read %s/%s#%d", r.Owner, r.Name, number)
}

// Holder returns the person who has a login now, as GitHub writes it; nobody if
// no person has it.
func (r *Roles) Holder(ctx context.Context, login string) (onboarding.Person, error) {
	now, err := r.holder(ctx, login, 0)
	if err != nil || !now.person {
		return onboarding.Person{}, err
	}
	return onboarding.Person{ID: now.id, Login: now.login}, nil
}
