package fakegithub

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// visibleTeam is the one the path names, if the caller sees it: tokens reach only
// what belongs to the installing account (facts 4).
func (q *request) visibleTeam() (*Team, error) {
	if q.anonymous {
		return nil, failure(http.StatusUnauthorized, "Requires authentication")
	}
	account := q.github.users[strings.ToLower(q.PathValue("org"))]
	if account == nil || account != q.installation.Account {
		return nil, notFound()
	}
	t := q.github.team(account, q.PathValue("team_slug"))
	if t == nil || t.secret {
		return nil, notFound()
	}
	return t, nil
}

func (q *request) getTeam() (answer, error) {
	t, err := q.visibleTeam()
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, t.full()), nil
}

// getMembership is 404 for whoever is not in the team, as for a team that is not
// to be seen (facts 4).
func (q *request) getMembership() (answer, error) {
	t, err := q.visibleTeam()
	if err != nil {
		return answer{}, err
	}
	u := q.github.users[strings.ToLower(q.PathValue("username"))]
	state := t.state(u)
	if state == "" {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, object{"state": state, "role": t.role(u), "url": t.api() + "/memberships/" + u.Login}), nil
}

// listMembers shows who is in the team; who is only asked into it is not.
func (q *request) listMembers() (answer, error) {
	t, err := q.visibleTeam()
	if err != nil {
		return answer{}, err
	}
	wanted := q.URL.Query().Get("role")
	members := slices.DeleteFunc(t.active(), func(u *User) bool {
		return wanted != "" && wanted != "all" && wanted != t.role(u)
	})
	return list(q, members, func(u *User) object {
		row := q.github.userJSON(u)
		row["role"], row["inherited"] = t.role(u), t.members[u] == nil
		return row
	})
}

// role of a member: the organisation's owners are maintainers (facts 4), and
// nobody else is here.
func (t *Team) role(u *User) string {
	if m := t.github.organization(t.organization).active(u); m != nil && m.owner {
		return "maintainer"
	}
	return "member"
}

func (t *Team) api() string {
	return t.github.api("/organizations/%d/team/%d", t.organization.ID, t.ID)
}

// simple is GitHub's team-simple.
func (t *Team) simple() object {
	return object{
		"id": t.ID, "node_id": nodeID("T", t.ID), "name": t.name, "slug": t.slug, "description": nil, "privacy": t.privacy(),
		"notification_setting": "notifications_enabled", "permission": "pull", "type": "organization", "organization_id": t.organization.ID,
		"url": t.api(), "html_url": t.github.html("/orgs/%s/teams/%s", t.organization.Login, t.slug),
		"members_url": t.api() + "/members{/member}", "repositories_url": t.api() + "/repos",
	}
}

// json is GitHub's team, which is also what webhooks carry.
func (t *Team) json() object {
	team := t.simple()
	team["parent"] = nil
	if t.parent != nil {
		team["parent"] = t.parent.simple()
	}
	return team
}

// full is GitHub's team-full.
func (t *Team) full() object {
	team, organization := t.json(), t.github.organizationJSON(t.organization)
	created := stamp(t.organization.createdAt)
	maps.Copy(organization, object{
		"html_url": t.github.html("/%s", t.organization.Login), "type": "Organization", "has_organization_projects": true,
		"has_repository_projects": true, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
		"created_at": created, "updated_at": created, "archived_at": nil,
	})
	maps.Copy(team, object{
		"created_at": created, "updated_at": created, "members_count": len(t.active()), "repos_count": len(t.access), "organization": organization,
	})
	return team
}

func teamsJSON(teams []*Team) []object {
	rows := []object{}
	for _, t := range teams {
		rows = append(rows, t.json())
	}
	return rows
}
