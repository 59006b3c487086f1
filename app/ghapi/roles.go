package ghapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Members says who has a role: people by their logins, and everybody in some
// teams, each "organisation/slug", their child teams included.
type Members struct {
	Users []string
	Teams []string
}

// Pins keeps to which numeric id a configured name was resolved first: logins,
// and teams as "organisation/slug" (S10). The first id that is saved stays.
type Pins interface {
	LoginID(ctx context.Context, name string) (id int64, ok bool, err error)
	SaveLoginID(ctx context.Context, name string, id int64) error
	// LoginHeld is when GitHub last said that a login is still whose it was, be it to
	// another process, and how it writes it; the zero time if that is not known.
	LoginHeld(ctx context.Context, login string) (spelt string, at time.Time, err error)
	SaveLoginHeld(ctx context.Context, login, spelt string, at time.Time) error
}

// Roles tells who has which role. It fails closed: somebody has a role only if
// GitHub says so, and what could not be asked is an error, never a "no". Answers
// are kept for five minutes, those against somebody for one.
type Roles struct {
	clients *Clients
	pins    Pins
	members map[onboarding.Role]members

	orgs     *kept[*github.Client]      // by organisation; "" is whoever may read what is public
	rosters  *kept[[]onboarding.Person] // by team
	accounts *kept[account]             // by login

	mu       sync.Mutex
	problems map[string]string // by the name that is configured
}

type members struct {
	logins []string
	teams  []team
}

// What GitHub allows as names. Nothing else gets into an address.
var (
	loginName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})$`)
	slugName  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)
)

// NewRoles makes Roles; nothing is asked of GitHub yet. It fails if a configured
// name cannot be one.
func NewRoles(clients *Clients, pins Pins, now func() time.Time, configured map[onboarding.Role]Members) (*Roles, error) {
	r := &Roles{
		clients: clients, pins: pins, members: map[onboarding.Role]members{}, problems: map[string]string{},
		orgs: newKept[*github.Client](now), rosters: newKept[[]onboarding.Person](now), accounts: newKept[account](now),
	}
	for role, names := range configured {
		var m members
		for _, login := range names.Users {
			if !loginName.MatchString(login) {
				return nil, fmt.Errorf("role %s: %q is no login of a person, such as alice", role, login)
			}
			m.logins = append(m.logins, strings.ToLower(login))
		}
		for _, name := range names.Teams {
			org, slug, _ := strings.Cut(strings.ToLower(name), "/")
			if !loginName.MatchString(org) || !slugName.MatchString(slug) {
				return nil, fmt.Errorf("role %s: %q is no team, such as acme/core", role, name)
			}
			m.teams = append(m.teams, team{org, slug})
		}
		r.members[role] = m
	}
	return r, nil
}

// Has tells whether a person has a role; bots have none. An error says that it is
// not known; it is or wraps a [RoleError] if the configuration or the App's
// installation has to change, and an [UnavailableError] if GitHub failed.
func (r *Roles) Has(ctx context.Context, person onboarding.Person, role onboarding.Role) (bool, error) {
	if person.ID == 0 || strings.HasSuffix(strings.ToLower(person.Login), "[bot]") {
		return false, nil
	}
	var unknown []error
	for _, login := range r.members[role].logins {
		has, err := r.isConfigured(ctx, person, login)
		if has {
			return true, nil
		}
		unknown = append(unknown, err)
	}
	for _, team := range r.members[role].teams {
		has, err := r.isIn(ctx, person, team)
		if has {
			return true, nil
		}
		unknown = append(unknown, err)
	}
	if err := errors.Join(unknown...); err != nil {
		return false, fmt.Errorf("ask whether %s has the role %s: %w", person.Login, role, err)
	}
	return false, nil
}

// Of returns a person's roles, sorted. On an error there may be more of them:
// those returned are certain.
func (r *Roles) Of(ctx context.Context, person onboarding.Person) ([]onboarding.Role, error) {
	var roles []onboarding.Role
	var unknown []error
	for _, role := range r.all() {
		has, err := r.Has(ctx, person, role)
		if has {
			roles = append(roles, role)
		}
		unknown = append(unknown, err)
	}
	return roles, errors.Join(unknown...)
}

func (r *Roles) all() []onboarding.Role { return slices.Sorted(maps.Keys(r.members)) }

// Configured tells whether there is a role of that name, be it that nobody has it.
func (r *Roles) Configured(role onboarding.Role) bool {
	_, ok := r.members[role]
	return ok
}

// Members returns everybody who has a role, by their ids and with their present
// logins. On an error there may be more of them: those returned are certain.
func (r *Roles) Members(ctx context.Context, role onboarding.Role) ([]onboarding.Person, error) {
	var people []onboarding.Person
	var unknown []error
	for _, login := range r.members[role].logins {
		now, err := r.counts(ctx, login)
		if now.id != 0 {
			people = append(people, onboarding.Person{ID: now.id, Login: now.login})
		}
		unknown = append(unknown, err)
	}
	for _, team := range r.members[role].teams {
		roster, err := r.roster(ctx, team, keepYes)
		people = append(people, roster...)
		unknown = append(unknown, err)
	}
	slices.SortFunc(people, func(a, b onboarding.Person) int { return cmp.Compare(a.ID, b.ID) })
	people = slices.CompactFunc(people, func(a, b onboarding.Person) bool { return a.ID == b.ID })
	if err := errors.Join(unknown...); err != nil {
		return people, fmt.Errorf("list who has the role %s: %w", role, err)
	}
	return people, nil
}

// Problems lists, in sentences for operators, what is wrong with the configured
// people and teams as far as it was noticed: a login or a team that is another
// one's now, a team that cannot be read. Asking for the Members of a role looks
// at all of its names.
func (r *Roles) Problems() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Values(r.problems))
}

// note keeps what is wrong with a configured name; "" is nothing.
func (r *Roles) note(name, problem string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if problem == "" {
		delete(r.problems, name)
		return
	}
	r.problems[name] = problem
}

// Forget drops what is known of the teams of an organisation, after an event
// about one of them or about the organisation: all of them, since the team may be
// a child of any other.
func (r *Roles) Forget(org string) {
	org = strings.ToLower(org)
	r.forgetOrg(org)
	r.rosters.forget(func(team string) bool { return strings.HasPrefix(team, org+"/") })
}

// Reads tells whether teams of an organisation are asked about.
func (r *Roles) Reads(org string) bool {
	for _, m := range r.members {
		if slices.ContainsFunc(m.teams, func(t team) bool { return strings.EqualFold(t.org, org) }) {
			return true
		}
	}
	return false
}

// forgetOrg drops which installation an organisation has.
func (r *Roles) forgetOrg(org string) {
	r.orgs.forget(func(key string) bool { return key == org })
}
