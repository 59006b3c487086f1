package fakegithub

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Team is a team of an organisation. It is visible to the organisation's
// members until SetTeamVisibility.
type Team struct {
	ID int64

	github       *GitHub
	organization *User
	name, slug   string
	parent       *Team
	secret       bool
	members      map[*User]*teamMember // its own, without its child teams'
	access       map[*Repository]string
}

type teamMember struct{ pending bool }

// CreateTeam makes a team, or returns the organisation's one of that slug; its
// members are its parent's too. Webhook: team created.
func (g *GitHub) CreateTeam(organization *User, slug string, parent *Team) *Team {
	defer g.lock()()
	if t := g.team(organization, slug); t != nil {
		return t
	}
	t := &Team{
		ID: g.newID(), github: g, organization: organization, name: slug, slug: slugOf(slug), parent: parent,
		members: map[*User]*teamMember{}, access: map[*Repository]string{},
	}
	o := g.organization(organization)
	o.teams = append(o.teams, t)
	t.changed("created", nil)
	return t
}

func slugOf(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

// team finds one by its slug, whose case does not matter.
func (g *GitHub) team(organization *User, slug string) *Team {
	for _, t := range g.organization(organization).teams {
		if strings.EqualFold(t.slug, slug) {
			return t
		}
	}
	return nil
}

// RenameTeam gives the team another name, and with it another slug: the old one
// is free to be claimed. Webhook: team edited.
func (g *GitHub) RenameTeam(t *Team, name string) {
	defer g.lock()()
	before := t.name
	t.name, t.slug = name, slugOf(name)
	t.changed("edited", object{"changes": object{"name": object{"from": before}}})
}

// SetTeamVisibility makes the team "closed" (visible) or "secret". Whether an App
// sees secret teams is not in the facts; here it does not, which is the worse of
// the two. Webhook: team edited.
func (g *GitHub) SetTeamVisibility(t *Team, privacy string) {
	defer g.lock()()
	before := t.privacy()
	t.secret = privacy == "secret"
	t.changed("edited", object{"changes": object{"privacy": object{"from": before}}})
}

// DeleteTeam ends a team and its child teams. Webhook: team deleted, for each.
func (g *GitHub) DeleteTeam(t *Team) {
	defer g.lock()()
	for _, gone := range slices.Backward(t.family()) {
		o := g.organization(t.organization)
		o.teams = slices.DeleteFunc(o.teams, func(other *Team) bool { return other == gone })
		gone.changed("deleted", nil)
	}
}

// AddMember makes somebody a member of the team, and of its organisation, or
// accepts the invitation for them. Webhook: membership added.
func (g *GitHub) AddMember(t *Team, user *User) {
	defer g.lock()()
	g.organization(t.organization).join(user)
	if m := t.members[user]; m != nil && !m.pending {
		return
	}
	t.members[user] = &teamMember{}
	t.membership("added", user)
}

// Invite asks somebody into the team, and into its organisation: the membership
// is pending until AddMember.
func (g *GitHub) Invite(t *Team, user *User) {
	defer g.lock()()
	if o := g.organization(t.organization); o.members[user] == nil {
		o.members[user] = &orgMember{pending: true}
	}
	if t.members[user] == nil {
		t.members[user] = &teamMember{pending: true}
	}
}

// RemoveMember takes somebody out of the team, or the invitation back. Webhook:
// membership removed, if they were in it.
func (g *GitHub) RemoveMember(t *Team, user *User) {
	defer g.lock()()
	t.remove(user)
}

func (t *Team) remove(user *User) {
	m := t.members[user]
	delete(t.members, user)
	if m != nil && !m.pending {
		t.membership("removed", user)
	}
}

// AllowTeam gives the team, and so its members and child teams, read, triage,
// write, maintain or admin on a repository of its organisation; "" takes it away.
// Webhook: team added_to_repository, edited or removed_from_repository.
func (g *GitHub) AllowTeam(t *Team, r *Repository, permission string) {
	defer g.lock()()
	before := t.access[r]
	if before == permission {
		return
	}
	fields, action := object{"repository": g.repositoryJSON(r)}, "added_to_repository"
	switch {
	case permission == "":
		action = "removed_from_repository"
	case before != "":
		action, fields["changes"] = "edited", object{"repository": object{"permissions": object{"from": permissionsOf(before)}}}
	}
	t.access[r] = permission
	maps.DeleteFunc(t.access, func(_ *Repository, permission string) bool { return permission == "" })
	t.changed(action, fields)
}

// family is the team and all below it, parents first.
func (t *Team) family() []*Team {
	all := []*Team{t}
	for _, other := range t.github.organization(t.organization).teams {
		if other.parent == t {
			all = append(all, other.family()...)
		}
	}
	return all
}

// state is a person's membership as GitHub counts it, child teams' members
// included: active, pending or "".
func (t *Team) state(u *User) string {
	state := ""
	for _, team := range t.family() {
		if m := team.members[u]; m != nil && !m.pending {
			return "active"
		} else if m != nil && team == t {
			state = "pending"
		}
	}
	return state
}

// active lists the members, child teams' included, by their ids.
func (t *Team) active() []*User {
	var all []*User
	for _, team := range t.family() {
		for u, m := range team.members {
			if !m.pending && !slices.Contains(all, u) {
				all = append(all, u)
			}
		}
	}
	slices.SortFunc(all, func(a, b *User) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// may is what the team may do in a repository: its own permission, or its parent's.
func (t *Team) may(r *Repository) string {
	if t.parent == nil {
		return t.access[r]
	}
	return higher(t.access[r], t.parent.may(r))
}

func (t *Team) privacy() string {
	if t.secret {
		return "secret"
	}
	return "closed"
}

// changed tells webhooks and observers of the team.
func (t *Team) changed(action string, fields object) {
	payload := object{"team": t.json()}
	maps.Copy(payload, fields)
	t.tell("team", action, payload, fmt.Sprintf("%s: team %s/%s", action, t.organization.Login, t.slug))
}

// membership tells webhooks and observers of a member.
func (t *Team) membership(action string, user *User) {
	t.tell("membership", action, object{"scope": "team", "member": t.github.userJSON(user), "team": t.json()},
		fmt.Sprintf("%s: %s, member of the team %s/%s", action, user.Login, t.organization.Login, t.slug))
}

func (t *Team) tell(event, action string, payload object, text string) {
	by := t.github.ownerOf(t.organization)
	t.github.emitOf(t.organization, event, action, by, payload)
	t.github.changed(Change{Kind: event, Action: action, By: by.Login, Name: t.slug, Text: text})
}
