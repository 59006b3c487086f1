package fakegithub_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// club is an organisation with a team, and a team below it; w.token is its
// installation's.
type club struct {
	*world
	club        *fakegithub.User
	core, seats *fakegithub.Team
	bob         *fakegithub.User
}

func newClub(t *testing.T) *club {
	c := &club{world: newWorld(t)}
	c.club, c.bob = c.CreateOrganization("tea-club"), c.CreateUser("bob")
	c.installation = c.Install(c.app, c.club)
	c.core = c.CreateTeam(c.club, "core", nil)
	c.seats = c.CreateTeam(c.club, "security-seats", c.core)
	c.token = c.mint(object{"permissions": object{"members": "read"}})
	return c
}

const coreTeam = "/orgs/tea-club/teams/core"

// membership asks for one and returns its state, or the status of a refusal.
func (c *club) membership(login string) any {
	r := c.call("GET", coreTeam+"/memberships/"+login, nil)
	if r.status != http.StatusOK {
		return r.status
	}
	return r.object["state"].(string) + " " + r.object["role"].(string)
}

func TestWhoIsInATeam(t *testing.T) {
	c := newClub(t)
	assert.Equal(t, 404, c.membership("bob"))
	assert.Equal(t, 404, c.membership("nobody"))
	c.Invite(c.core, c.bob)
	assert.Equal(t, "pending member", c.membership("BOB"))
	assert.Empty(t, c.call("GET", coreTeam+"/members", nil).list, "who is asked into it is no member yet")
	c.AddMember(c.core, c.bob)
	assert.Equal(t, "active member", c.membership("bob"))
	c.RemoveMember(c.core, c.bob)
	assert.Equal(t, 404, c.membership("bob"))

	c.AddMember(c.seats, c.bob)
	assert.Equal(t, "active member", c.membership("bob"), "members of child teams count")
	c.SetOrgRole(c.club, c.bob, "owner")
	assert.Equal(t, "active maintainer", c.membership("bob"), "owners are maintainers")
	c.SetOrgRole(c.club, c.author, "owner")
	assert.Equal(t, 404, c.membership("Ada"), "but they are in no team by themselves")
	list := c.call("GET", coreTeam+"/members?role=maintainer&per_page=1", nil).list
	require.Len(t, list, 1)
	assert.Equal(t, []any{"bob", true, "maintainer"}, []any{list[0]["login"], list[0]["inherited"], list[0]["role"]})
	assert.Empty(t, c.call("GET", coreTeam+"/members?role=member", nil).list)
	c.SetOrgRole(c.club, c.bob, "")
	assert.Equal(t, 404, c.membership("bob"), "who leaves the organisation leaves its teams")
}

func TestAttackOnlyItsOrganisationsInstallationSeesATeam(t *testing.T) {
	c := newClub(t)
	c.AddMember(c.core, c.bob)
	require.Equal(t, 200, c.call("GET", "/orgs/TEA-club/teams/CORE", nil).status)
	assert.EqualValues(t, c.core.ID, c.call("GET", "/orgs/tea-club/teams/security-seats", nil).object["parent"].(object)["id"])
	for name, test := range map[string]struct {
		credentials func() string
		status      int
	}{
		"the installation of another account": {func() string {
			c.installation = c.Install(c.app, c.CreateOrganization("rivals"))
			return c.mint(nil)
		}, 404},
		"a token without the permission": {func() string { return c.mint(object{"permissions": object{"issues": "read"}}) }, 403},
		"nobody's":                       {func() string { return "" }, 401},
	} {
		t.Run(name, func(t *testing.T) {
			own := c.installation
			credentials := test.credentials()
			c.installation = own
			for _, path := range []string{"", "/members", "/memberships/bob"} {
				r, err := c.send("GET", coreTeam+path, credentials, nil)
				require.NoError(t, err)
				assert.Equal(t, test.status, r.status, "%s: %s", path, r.raw)
			}
		})
	}
	c.SetTeamVisibility(c.core, "secret")
	assert.Equal(t, 404, c.membership("bob"))
	c.SetTeamVisibility(c.core, "closed")
	c.RenameTeam(c.core, "Old Core")
	assert.Equal(t, 404, c.membership("bob"), "a former slug leads nowhere")
	assert.Equal(t, 200, c.call("GET", "/orgs/tea-club/teams/old-core", nil).status)
	c.RenameOrganization(c.club, "coffee-club")
	assert.Equal(t, 404, c.call("GET", "/orgs/tea-club/teams/old-core", nil).status)
	assert.Equal(t, 404, c.asApp("GET", "/orgs/tea-club/installation", nil).status)
	assert.EqualValues(t, c.installation.ID, c.asApp("GET", "/orgs/coffee-club/installation", nil).object["id"])
	c.installation.SetPermissions(map[string]string{"metadata": "read"})
	assert.Equal(t, 403, c.call("GET", "/orgs/coffee-club/teams/old-core", nil).status, "what is taken away is gone at once")
	assert.Equal(t, 404, c.asApp("GET", "/orgs/Ada/installation", nil).status, "a person is no organisation")
	assert.Equal(t, 404, c.asApp("GET", "/orgs/nobody/installation", nil).status)
}

// told lists the deliveries since then: event, action and what it is about.
func (c *club) told(before int) (list []string) {
	for _, d := range c.Deliveries()[before:] {
		var payload struct {
			Team, Member, Repository struct{ Slug, Login, Name string }
			Organization             struct{ Login string }
			Sender                   struct{ Login string }
		}
		require.NoError(c.t, json.Unmarshal(d.Payload, &payload))
		assert.Equal(c.t, []string{"tea-club", "Ada"}, []string{payload.Organization.Login, payload.Sender.Login})
		list = append(list, strings.Join([]string{d.Event, d.Action, payload.Team.Slug + payload.Member.Login + payload.Repository.Name}, " "))
	}
	return list
}

func TestChangesOfTeamsAreTold(t *testing.T) {
	c := newClub(t)
	c.SetOrgRole(c.club, c.author, "owner")
	plugin := c.CreateRepository(c.club, "plugin", map[string]string{"a": "b"})
	before := len(c.Deliveries())
	qa := c.CreateTeam(c.club, "qa", nil)
	assert.Same(t, qa, c.CreateTeam(c.club, "QA", nil))
	c.Invite(qa, c.bob)
	c.AddMember(qa, c.bob)
	c.AddMember(qa, c.bob)
	c.AllowTeam(qa, plugin, "write")
	c.AllowTeam(qa, plugin, "admin")
	c.AllowTeam(qa, plugin, "")
	c.RemoveMember(qa, c.bob)
	c.DeleteTeam(c.core)
	plugin.Allow(c.bob, "read")
	assert.Equal(t, []string{
		"team created qa", "membership added qabob", "team added_to_repository qaplugin", "team edited qaplugin",
		"team removed_from_repository qaplugin", "membership removed qabob", "team deleted security-seats", "team deleted core",
	}, c.told(before))

	before = len(c.Deliveries())
	c.installation.Subscribe("member")
	plugin.Allow(c.bob, "write")
	plugin.Allow(c.bob, "write")
	plugin.Allow(c.bob, "")
	assert.Equal(t, []string{"member edited bobplugin", "member removed bobplugin"}, c.told(before))
	c.installation.SetPermissions(map[string]string{"metadata": "read"})
	before = len(c.Deliveries())
	c.AddMember(qa, c.bob)
	assert.Empty(t, c.told(before), "without members:read nobody is told of people")
}

func TestATeamWithAccessIsAskedForAReview(t *testing.T) {
	c := newClub(t)
	plugin := c.CreateRepository(c.club, "plugin", map[string]string{"a": "b"})
	plugin.PushBranch(c.author, "feature", "Feature", map[string]*string{"c": text("d")})
	pull := plugin.OpenPullRequest(c.author, "Review", "", "feature", "main")
	c.AddMember(c.seats, c.bob)
	const path = "/repos/tea-club/plugin/pulls/1/requested_reviewers"
	ask := func(slugs ...string) response { return c.call("POST", path, object{"team_reviewers": slugs}) }
	c.token = c.mint(object{"permissions": object{"pull_requests": "write"}})
	assert.Contains(t, string(ask("core").raw), "Could not resolve to a node", "without members:read")
	c.token = c.mint(nil)
	assert.Contains(t, string(ask("nobody").raw), "Could not resolve to a node")
	refused := ask("core")
	assert.Equal(t, 422, refused.status)
	assert.Contains(t, string(refused.raw), "not a collaborator of the tea-club/plugin repository", "without access")
	assert.Empty(t, pull.RequestedTeams())

	c.AllowTeam(c.core, plugin, "write")
	asked := ask("core", "Security-Seats")
	require.Equal(t, 201, asked.status, "child teams have their parent's access: %s", asked.raw)
	assert.Len(t, asked.object["requested_teams"], 2)
	_, payload := c.lastDelivery()
	assert.Equal(t, "security-seats", payload["requested_team"].(object)["slug"])
	assert.Equal(t, 201, ask("core").status, "asked already")
	assert.Len(t, c.call("GET", path, nil).object["teams"], 2)
	assert.Equal(t, 200, c.call("DELETE", path, object{"reviewers": []string{}, "team_reviewers": []string{"core", "nobody"}}).status)
	assert.Equal(t, []string{"security-seats"}, pull.RequestedTeams())
	require.NoError(t, pull.RequestReview(c.author, c.bob), "members may be asked by name")
	pull.Review(c.bob, fakegithub.Approved, "")
	assert.Empty(t, pull.RequestedTeams(), "a member was heard")
}

func TestWhatMembersMayDoInARepository(t *testing.T) {
	c := newClub(t)
	plugin := c.CreateRepository(c.club, "plugin", map[string]string{"a": "b"})
	issue := plugin.OpenIssue(c.bob, "Hello", "")
	c.token = c.mint(nil)
	may := func() string {
		return c.call("GET", "/repos/tea-club/plugin/collaborators/bob/permission", nil).object["role_name"].(string)
	}
	association := func() string {
		return c.call("GET", "/repos/tea-club/plugin/issues/1", nil).object["author_association"].(string)
	}
	assert.Equal(t, []string{"read", "NONE"}, []string{may(), association()})
	c.AllowTeam(c.core, plugin, "triage")
	c.AllowTeam(c.seats, plugin, "maintain")
	c.AddMember(c.core, c.bob)
	assert.Equal(t, []string{"triage", "NONE"}, []string{may(), association()}, "a private member looks like a stranger")
	c.AddMember(c.seats, c.bob)
	c.SetMemberPublic(c.club, c.bob, true)
	assert.Equal(t, []string{"maintain", "MEMBER"}, []string{may(), association()})
	c.SetOrgRole(c.club, c.bob, "owner")
	assert.Equal(t, "admin", may())
	assert.Equal(t, 1, issue.Number)
}
