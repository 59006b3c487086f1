package fakegithub

import (
	"net/http"
	"slices"
	"strings"
)

// Allow grants read, triage, write, maintain or admin; "" takes it away. Webhook:
// member added, edited or removed.
func (r *Repository) Allow(user *User, permission string) {
	defer r.github.lock()()
	before := r.roles[user]
	r.roles[user] = permission
	fields, action := object{"member": r.github.userJSON(user), "changes": object{"permission": object{"to": permission}}}, "added"
	switch {
	case before == permission:
		return
	case permission == "":
		action = "removed"
		delete(fields, "changes")
	case before != "":
		action, fields["changes"] = "edited", object{"permission": object{"from": before, "to": permission}}
	}
	r.github.emit(r, "member", action, r.github.ownerOf(r.owner), fields)
}

// granted is what a user was given: by name, in a team, or as an owner of the
// organisation; "" is nothing.
func (r *Repository) granted(u *User) string {
	granted, o := r.roles[u], r.github.organization(r.owner)
	if m := o.active(u); m != nil && m.owner {
		return "admin"
	}
	for _, t := range o.teams {
		if t.state(u) == "active" {
			granted = higher(granted, t.may(r))
		}
	}
	return granted
}

// higher is the one of two roles that may more.
func higher(a, b string) string {
	ranks := []string{"", "read", "triage", "write", "maintain", "admin"}
	return ranks[max(slices.Index(ranks, a), slices.Index(ranks, b), 0)]
}

// role is what a user may do: everybody reads a public repository, and nobody a
// private one without a grant.
func (r *Repository) role(u *User) string {
	if u == r.owner {
		return "admin"
	}
	if granted := r.granted(u); granted != "" {
		return granted
	}
	if r.private {
		return "none"
	}
	return "read"
}

// getPermission answers as facts 3: permission knows no maintain and triage, role_name does.
func (q *request) getPermission() (answer, error) {
	if q.anonymous {
		return answer{}, failure(http.StatusUnauthorized, "Requires authentication")
	}
	u := q.github.users[strings.ToLower(q.PathValue("username"))]
	if u == nil {
		return answer{}, failure(http.StatusNotFound, q.PathValue("username")+" is not a user")
	}
	role := q.repository.role(u)
	permission := map[string]string{"maintain": "write", "triage": "read"}[role]
	if permission == "" {
		permission = role
	}
	user := q.github.userJSON(u)
	user["permissions"], user["role_name"] = permissionsOf(role), role
	return reply(http.StatusOK, object{"permission": permission, "role_name": role, "user": user}), nil
}

// permissionsOf spells a role out.
func permissionsOf(role string) object {
	names := []string{"pull", "triage", "push", "maintain", "admin"}
	rank := slices.Index([]string{"read", "triage", "write", "maintain", "admin"}, role)
	permissions := object{}
	for i, name := range names {
		permissions[name] = i <= rank
	}
	return permissions
}
