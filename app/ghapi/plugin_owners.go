package ghapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Named returns whom a configured login named when it was first resolved (S10),
// by that login. It is nobody if GitHub knows no person of that name, which
// [Roles.Problems] tells.
func (r *Roles) Named(ctx context.Context, login string) (onboarding.Person, error) {
	id, err := r.pinned(ctx, login)
	if err != nil {
		return onboarding.Person{}, fmt.Errorf("find out who the configured login %s is: %w", login, err)
	}
	if id == 0 {
		return onboarding.Person{}, nil
	}
	return onboarding.Person{ID: id, Login: login}, nil
}

// PluginOwners are the configured owners of plugins, who decide nothing about
// theirs (S11).
type PluginOwners struct {
	roles  *Roles
	logins map[string][]string // by the repository's full name, in lower case
}

// PluginOwners makes them of the logins that are configured by the full name of
// a repository, in lower case.
func (r *Roles) PluginOwners(configured map[string][]string) *PluginOwners {
	return &PluginOwners{roles: r, logins: configured}
}

// Keep brings the plugin's owners in a record up to date with the configuration,
// and tells whether that changed them. It costs no call once the logins were
// resolved.
//
// They are found by the name that the repository has now, and by the one under
// which the record has them, so that nobody is rid of them by a rename. A login
// that GitHub does not know is left out, and among [Roles.Problems]. On an
// error, as when GitHub is away, the record is as it was, and nothing may be
// decided by it.
func (p *PluginOwners) Keep(ctx context.Context, record *onboarding.Record, repository string) (changed bool, err error) {
	as := record.OwnersOf
	if _, still := p.logins[as]; !still {
		as = strings.ToLower(repository)
	}
	logins := p.logins[strings.ToLower(repository)]
	if as != strings.ToLower(repository) {
		logins = slices.Concat(logins, p.logins[as])
	}
	if len(logins) == 0 {
		as = ""
	}
	var owners []onboarding.Person
	for _, login := range logins {
		owner, err := p.roles.Named(ctx, login)
		if err != nil {
			return false, fmt.Errorf("find the owners of the plugin %s: %w", repository, err)
		}
		if owner.ID != 0 {
			owners = append(owners, owner)
		}
	}
	slices.SortStableFunc(owners, func(a, b onboarding.Person) int { return cmp.Compare(a.ID, b.ID) })
	same := func(a, b onboarding.Person) bool { return a.ID == b.ID }
	owners = slices.CompactFunc(owners, same)
	changed = as != record.OwnersOf || !slices.EqualFunc(owners, record.PluginOwners, same)
	record.OwnersOf, record.PluginOwners = as, owners
	return changed, nil
}
