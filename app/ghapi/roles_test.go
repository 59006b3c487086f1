package ghapi_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
)

func TestWhoHasWhichRole(t *testing.T) {
	o := newOffice(t)
	for name, test := range map[string]struct {
		who  *fakegithub.User
		want []onboarding.Role
	}{
		"a member of a team has its role, though a private one of the organisation": {o.ann, []onboarding.Role{onboarding.CoreCommitter}},
		"a member of a child team has both roles":                                   {o.bob, []onboarding.Role{onboarding.CoreCommitter, onboarding.Security}},
		"somebody configured by login, in another case":                             {o.carol, []onboarding.Role{onboarding.Admin}},
		"an owner of the organisation who is in no team has none":                   {o.stacked, nil},
		"a stranger has none": {o.mallory, nil},
	} {
		t.Run(name, func(t *testing.T) {
			roles, err := o.roles.Of(t.Context(), person(test.who))
			require.NoError(t, err)
			assert.Equal(t, test.want, roles)
		})
	}
	assert.Empty(t, o.roles.Problems())
	has, err := o.roles.Has(t.Context(), person(o.ann), onboarding.PM)
	require.NoError(t, err)
	assert.False(t, has, "nobody has a role that nobody is configured for")
}

func TestEverybodyWithARoleIsListedOnce(t *testing.T) {
	o := newOffice(t)
	o.restart(t, map[onboarding.Role]ghapi.Members{onboarding.QA: {Users: []string{"carol", "bob"}, Teams: []string{"acme/core", "acme/seats"}}})
	people, err := o.roles.Members(t.Context(), onboarding.QA)
	require.NoError(t, err)
	assert.Equal(t, []onboarding.Person{person(o.ann), person(o.bob), person(o.carol)}, people)
	began := len(o.Calls())
	_, err = o.roles.Members(t.Context(), onboarding.QA)
	require.NoError(t, err)
	assert.Len(t, o.Calls(), began, "nothing is asked twice")
	none, err := o.roles.Members(t.Context(), onboarding.PM)
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestALargeTeamIsReadPageByPageUpToFiveHundred(t *testing.T) {
	o := newOffice(t)
	for i := range 498 {
		o.AddMember(o.core, o.CreateUser(fmt.Sprint("member", i)))
	}
	began := len(o.Calls())
	people, err := o.roles.Members(t.Context(), onboarding.CoreCommitter)
	require.NoError(t, err)
	assert.Len(t, people, 500)
	assert.Len(t, o.Calls(), began+3+5, "installation, token, team, five pages")
	o.AddMember(o.core, o.CreateUser("one-too-many"))
	o.roles.Forget("ACME")
	assert.Equal(t, "the team acme/core cannot be read: it has more than 500 members", o.refused(t, o.mallory, onboarding.CoreCommitter))
}

func TestFiveRolesInThreeTeamsTakeFewCallsAndNoneTheSecondTime(t *testing.T) {
	o := newOffice(t)
	o.CreateTeam(o.acme, "quality", nil)
	o.restart(t, map[onboarding.Role]ghapi.Members{
		onboarding.CoreCommitter: {Teams: []string{"acme/core"}}, onboarding.Security: {Teams: []string{"acme/seats"}},
		onboarding.QA: {Teams: []string{"acme/quality"}}, onboarding.PM: {Teams: []string{"acme/core"}, Users: []string{"carol"}},
		onboarding.Admin: {Users: []string{"carol"}},
	})
	ask := func(u *fakegithub.User) []string {
		began := len(o.Calls())
		_, err := o.roles.Of(t.Context(), person(u))
		require.NoError(t, err)
		return o.since(began)
	}
	first := ask(o.ann)
	assert.Len(t, first, 9, "installation, token, two for each team, the login")
	assert.Contains(t, first, "GET /users/carol")
	assert.Empty(t, ask(o.ann))
	assert.Empty(t, ask(o.mallory), "nor for somebody else")
	o.later = 90 * time.Second
	assert.Len(t, ask(o.mallory), 6, "what keeps somebody out is asked again after a minute, the team's two calls")
	assert.Empty(t, ask(o.mallory))
	o.later += 6 * time.Minute
	assert.Len(t, ask(o.bob), 7, "after five minutes everything but the token; no login is asked for that is not theirs")
}

func TestALookOfManyAtOnceIsOneLook(t *testing.T) {
	o := newOffice(t)
	o.SetLatency(20 * time.Millisecond)
	began := len(o.Calls())
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			has, err := o.roles.Has(t.Context(), person(o.ann), onboarding.CoreCommitter)
			assert.NoError(t, err)
			assert.True(t, has)
		})
	}
	group.Wait()
	assert.Len(t, o.Calls(), began+4, "%v", o.since(began))
}

func TestChangesOfATeamAreSeen(t *testing.T) {
	o := newOffice(t)
	require.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
	require.False(t, o.has(t, o.mallory, onboarding.CoreCommitter))

	o.RemoveMember(o.core, o.ann)
	o.AddMember(o.seats, o.mallory)
	assert.True(t, o.has(t, o.ann, onboarding.CoreCommitter), "for at most five minutes")
	assert.False(t, o.has(t, o.mallory, onboarding.CoreCommitter), "for at most one")
	o.roles.Forget("acme") // as the event about the child team says
	assert.False(t, o.has(t, o.ann, onboarding.CoreCommitter))
	assert.True(t, o.has(t, o.mallory, onboarding.CoreCommitter))

	o.RemoveMember(o.seats, o.mallory)
	o.AddMember(o.core, o.ann)
	o.later = 61 * time.Second
	assert.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
	assert.False(t, o.has(t, o.mallory, onboarding.CoreCommitter))
}

func TestATokenForTeamsMayReadMembersOnly(t *testing.T) {
	o := newOffice(t)
	o.CreateRepository(o.acme, "secrets", map[string]string{"a": "b"})
	require.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
	// The fake refuses at the mint what the installation does not have: with
	// nothing but members:read the token is still minted.
	o.installation.SetPermissions(map[string]string{"members": "read"})
	o.restart(t, configured)
	assert.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
	o.installation.SetPermissions(map[string]string{"metadata": "read"})
	o.restart(t, map[onboarding.Role]ghapi.Members{onboarding.Admin: {Users: []string{"carol"}}})
	assert.True(t, o.has(t, o.carol, onboarding.Admin), "a login is asked for with metadata:read alone")
}

func TestNamesThatCannotBeOnesAreRefused(t *testing.T) {
	o := newOffice(t)
	for name, members := range map[string]ghapi.Members{
		"a path": {Users: []string{"../user"}}, "an App's bot": {Users: []string{"onboard[bot]"}}, "nothing": {Users: []string{""}},
		"a team without its organisation": {Teams: []string{"core"}}, "a team of two slashes": {Teams: []string{"acme/core/seats"}},
		"a team that is a path": {Teams: []string{"acme/.."}}, "an organisation that is one": {Teams: []string{"../core"}},
	} {
		_, err := ghapi.NewRoles(o.clients, o.pins, o.now, map[onboarding.Role]ghapi.Members{onboarding.QA: members})
		assert.ErrorContains(t, err, "role qa: ", name)
	}
}

func TestWhatIsCertainIsToldThoughSomethingElseIsNotKnown(t *testing.T) {
	o := newOffice(t)
	o.restart(t, map[onboarding.Role]ghapi.Members{
		onboarding.QA: {Users: []string{"carol"}, Teams: []string{"nobody/qa", "acme/core"}}, onboarding.PM: {Teams: []string{"nobody/pm"}},
	})
	assert.True(t, o.has(t, o.carol, onboarding.QA))
	assert.True(t, o.has(t, o.ann, onboarding.QA))
	roles, err := o.roles.Of(t.Context(), person(o.ann))
	require.ErrorContains(t, err, "the team nobody/pm cannot be read: the App is not installed on nobody")
	assert.Equal(t, []onboarding.Role{onboarding.QA}, roles)
	people, err := o.roles.Members(t.Context(), onboarding.QA)
	require.ErrorContains(t, err, "the team nobody/qa cannot be read: the App is not installed on nobody")
	assert.Len(t, people, 3)
	assert.Equal(t, []string{
		"the team nobody/pm cannot be read: the App is not installed on nobody",
		"the team nobody/qa cannot be read: the App is not installed on nobody",
	}, o.roles.Problems())
	o.Install(o.app, o.CreateOrganization("nobody"))
	o.CreateTeam(o.CreateOrganization("nobody"), "qa", nil)
	o.later = 61 * time.Second
	_, err = o.roles.Members(t.Context(), onboarding.QA)
	require.NoError(t, err, "what was put right is seen after a minute")
	assert.Len(t, o.roles.Problems(), 1)
}

func TestNoFaultGivesARoleOrHidesOne(t *testing.T) {
	o := newOffice(t)
	o.restart(t, configured)
	began := len(o.Calls())
	_, err := o.roles.Of(t.Context(), person(o.carol))
	require.NoError(t, err)
	calls := len(o.Calls()) - began
	require.Equal(t, 7, calls)
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		for at := range calls {
			for _, who := range []*fakegithub.User{o.bob, o.carol, o.mallory} {
				o.pins.ids = map[string]int64{"carol": o.carol.ID}
				o.restart(t, configured)
				fault := faults[name]
				fault.Skip, fault.Times = at, 1
				remove := o.Inject(fault)
				roles, err := o.roles.Of(t.Context(), person(who))
				remove()
				for _, role := range roles {
					assert.True(t, o.really(who, role), "%s at call %d made %s a %s", name, at, who.Login, role)
				}
				for role := range configured {
					if o.really(who, role) && !slices.Contains(roles, role) && name != "an empty list" {
						assert.Error(t, err, "%s at call %d hid that %s is %s", name, at, who.Login, role)
					}
				}
			}
		}
	}
	o.pins.fail = errDisk
	for role := range configured {
		has, err := o.roles.Has(t.Context(), person(o.carol), role)
		assert.False(t, has)
		if role == onboarding.Admin {
			assert.ErrorIs(t, err, errDisk)
		}
	}
}

// really says who has which role in an office.
func (o *office) really(u *fakegithub.User, role onboarding.Role) bool {
	return slices.Contains(map[onboarding.Role][]*fakegithub.User{
		onboarding.CoreCommitter: {o.ann, o.bob}, onboarding.Security: {o.bob}, onboarding.Admin: {o.carol},
	}[role], u)
}
