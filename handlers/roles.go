package handlers

import (
	"context"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
)

// RolesOf returns the roles that a person has by the configuration.
func (d Deps) RolesOf(ctx context.Context, github permissions, person onboarding.Person) ([]onboarding.Role, error) {
	var has []onboarding.Role
	for role, logins := range d.Roles {
		for _, login := range logins {
			id, err := d.resolve(ctx, github, login)
			if err != nil {
				return nil, err
			}
			if id != 0 && id == person.ID {
				has = append(has, role)
				break
			}
		}
	}
	slices.SortFunc(has, func(a, b onboarding.Role) int { return strings.Compare(string(a), string(b)) })
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
