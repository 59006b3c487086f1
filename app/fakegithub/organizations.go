package fakegithub

import (
	"fmt"
	"net/http"
	"strings"
)

// organization is what an organisation has beside its account.
type organization struct {
	members map[*User]*orgMember
	teams   []*Team
}

type orgMember struct {
	owner, public, pending bool
}

// organization returns what the account has as an organisation. Of a person's
// account that is nothing, and stays so.
func (g *GitHub) organization(account *User) *organization {
	if g.organizations[account] == nil {
		g.organizations[account] = &organization{members: map[*User]*orgMember{}}
	}
	return g.organizations[account]
}

// active is the person's membership, nil without one that was accepted.
func (o *organization) active(u *User) *orgMember {
	if m := o.members[u]; m != nil && !m.pending {
		return m
	}
	return nil
}

// join makes somebody a member, a private one as on GitHub, or accepts an invitation.
func (o *organization) join(u *User) {
	if o.members[u] == nil {
		o.members[u] = &orgMember{}
	}
	o.members[u].pending = false
}

// SetOrgRole makes somebody an "owner" or a "member" of the organisation; ""
// removes them from it and from all its teams. New members are private ones
// until SetMemberPublic. Webhook: membership removed, for each team.
func (g *GitHub) SetOrgRole(organization, user *User, role string) {
	defer g.lock()()
	o := g.organization(organization)
	if role != "" {
		o.join(user)
		o.members[user].owner = role == "owner"
		return
	}
	for _, t := range o.teams {
		t.remove(user)
	}
	delete(o.members, user)
}

// SetMemberPublic shows or hides that somebody is a member: webhooks name only
// public ones MEMBER (github-facts.md 2).
func (g *GitHub) SetMemberPublic(organization, user *User, public bool) {
	defer g.lock()()
	if m := g.organization(organization).active(user); m != nil {
		m.public = public
	}
}

func (g *GitHub) publicMember(organization, user *User) bool {
	m := g.organization(organization).active(user)
	return m != nil && m.public
}

// RenameOrganization gives an organisation another login. Calls with the old one
// are 404, and the old one is free to be claimed. Webhook: organization renamed.
func (g *GitHub) RenameOrganization(organization *User, login string) {
	g.RenameUser(organization, login)
	defer g.lock()()
	g.emitOf(organization, "organization", "renamed", g.ownerOf(organization), nil)
	g.changed(Change{Kind: "organization", Action: "renamed", Name: login, By: login, Text: fmt.Sprintf("renamed: organisation %s", login)})
}

// ownerOf is who acts for an organisation: its first owner, itself if it has none.
func (g *GitHub) ownerOf(account *User) *User {
	actor := account
	for u, m := range g.organization(account).members {
		if m.owner && (actor == account || u.ID < actor.ID) {
			actor = u
		}
	}
	return actor
}

func (q *request) getOrganizationInstallation() (answer, error) {
	account := q.github.users[strings.ToLower(q.PathValue("org"))]
	if account == nil || account.Type != "Organization" {
		return answer{}, notFound()
	}
	i := q.github.installationOf(q.app, account)
	if i == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.installationJSON(i)), nil
}
