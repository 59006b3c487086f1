package handlers

import (
	"context"
	"errors"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// Roles tells who has which role by the configuration. On an error there may be
// more roles: those returned are certain.
type Roles interface {
	Of(ctx context.Context, person onboarding.Person) ([]onboarding.Role, error)
	Reads(org string) bool // whether teams of an organisation give roles
	Forget(org string)     // what is known of its teams
}

// Owners keeps the configured owners of plugins in a record (S11). On an error
// nothing may be decided by it.
type Owners interface {
	Keep(ctx context.Context, record *onboarding.Record, repository string) (changed bool, err error)
}

// keepOwners brings the plugin's owners up to date, so that nobody decides who
// may not any more since the last look.
func (r *request) keepOwners(ctx context.Context) error {
	if r.deps.Owners == nil || !r.started || r.record.Ended() {
		return nil
	}
	changed, err := r.deps.Owners.Keep(ctx, &r.record, r.repository.FullName())
	if err != nil || !changed {
		return err
	}
	r.changed, r.entries = true, append(r.entries, store.OwnersChanged(r.record, r.act.Recorded))
	return nil
}

// rolesOf are the sender's roles, asked for once a text. A team that cannot be
// read gives nobody a role, and holds nobody up: who is refused is told of it.
func (r *request) rolesOf(ctx context.Context) ([]onboarding.Role, error) {
	if r.hasRead {
		return r.has, nil
	}
	has, err := r.rolesOfOther(ctx, r.act.By)
	r.has, r.hasRead = has, err == nil
	return has, err
}

// rolesOfOther are the roles of anybody.
func (r *request) rolesOfOther(ctx context.Context, person onboarding.Person) ([]onboarding.Role, error) {
	has, err := r.deps.Roles.Of(ctx, person)
	if err != nil && !ghapi.OnlyRoles(err) {
		return nil, err
	}
	var unreadable *ghapi.RoleError
	if errors.As(err, &unreadable) {
		r.unreadable = unreadable.Error()
	}
	return has, nil
}

// resolve returns the id of a configured login, as it was when it was first
// asked for (S10); 0 if GitHub knows nobody of that name.
func (d Deps) resolve(ctx context.Context, github permissions, login string) (int64, error) {
	id, ok, err := d.Store.LoginID(ctx, login)
	if err != nil || ok {
		return id, err
	}
	if id, err = github.UserID(ctx, login); err != nil || id == 0 {
		return 0, err
	}
	return id, d.Store.SaveLoginID(ctx, login, id)
}
