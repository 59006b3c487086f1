package handlers

import (
	"context"
	"slices"

	"github.com/onboard-app/onboard/app/onboarding"
)

// may tells whether the sender of a request may say a command. Authority comes
// from who acted, never from what an author can edit: no label, association or
// repository permission gives a role (process.md, "Who is who").
type may func(ctx context.Context, r *request) (bool, error)

func mayWrite(ctx context.Context, r *request) (bool, error) { return r.writes(ctx, r.act.By) }

// writes tells whether a person may write to the repository; asked once a text.
func (r *request) writes(ctx context.Context, person onboarding.Person) (bool, error) {
	if r.ownerIsUser && person.ID == r.repository.OwnerID {
		return true, nil // as the signed delivery says: GitHub need not be asked
	}
	if may, known := r.writers[person.ID]; known {
		return may, nil
	}
	may, err := r.github.MayWrite(ctx, person)
	if err == nil {
		if r.writers == nil {
			r.writers = map[int64]bool{}
		}
		r.writers[person.ID] = may
	}
	return may, err
}

// mayStart: who may start is configured (start.who).
func mayStart(ctx context.Context, r *request) (bool, error) {
	if r.deps.OnlyRoles {
		return hasRole()(ctx, r)
	}
	return either(mayWrite, hasRole())(ctx, r)
}

func isAuthor(_ context.Context, r *request) (bool, error) {
	return r.act.By.ID == r.record.Author.ID, nil
}

// hasRole lets those pass who have one of the roles, any role if none is named.
func hasRole(roles ...onboarding.Role) may {
	return func(ctx context.Context, r *request) (bool, error) {
		has, err := r.rolesOf(ctx)
		if err != nil {
			return false, err
		}
		if len(roles) == 0 {
			return len(has) > 0, nil
		}
		return slices.ContainsFunc(roles, func(role onboarding.Role) bool { return slices.Contains(has, role) }), nil
	}
}

// decides lets those pass who have one of the roles and are not on the plugin's
// side: authors, owners and those who started never decide about their own
// plugin (S11).
func decides(roles ...onboarding.Role) may {
	return func(ctx context.Context, r *request) (bool, error) {
		if r.record.Excluded(r.act.By) {
			return false, nil
		}
		return hasRole(roles...)(ctx, r)
	}
}

// either lets those pass whom one of them lets pass.
func either(list ...may) may {
	return func(ctx context.Context, r *request) (bool, error) {
		for _, m := range list {
			if ok, err := m(ctx, r); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
}

// mayRecheck: GitHub shows the button of a check run only to people who may
// write (github-facts.md section 1); they could push as well.
func mayRecheck(ctx context.Context, r *request) (bool, error) {
	if r.button {
		return true, nil
	}
	return either(isAuthor, hasRole())(ctx, r)
}
