package ghapi_test

import (
	"fmt"
	"strings"
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

func TestALoginIsAskedForByTheOldestInstallationThatMay(t *testing.T) {
	o := newOffice(t)
	o.restart(t, map[onboarding.Role]ghapi.Members{onboarding.Admin: {Users: []string{"carol"}}})
	o.installation.Suspend(o.stacked)
	assert.Equal(t, "the configured logins cannot be read: the App is installed nowhere", o.refused(t, o.carol, onboarding.Admin))
	o.Install(o.app, o.owner)
	o.later = 61 * time.Second
	assert.True(t, o.has(t, o.carol, onboarding.Admin))
	o.installation.Unsuspend(o.stacked)
	o.later += 61 * time.Minute
	began := len(o.Calls())
	assert.True(t, o.has(t, o.carol, onboarding.Admin))
	calls := o.Calls()[began:]
	assert.Equal(t, fmt.Sprint("installation/", o.installation.ID), calls[len(calls)-1].Actor)

	o.later += 61 * time.Minute
	o.restart(t, configured)
	require.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
	o.installation.Suspend(o.stacked) // while it is known, and has a token
	_, err := o.roles.Has(t.Context(), person(o.carol), onboarding.Admin)
	require.Error(t, err)
	assert.True(t, o.has(t, o.carol, onboarding.Admin), "another one is found")
}

// TestAProgramThatIsStartedOverAndOverAsksForNoLoginAgain: with many people in the
// configuration that would use up an installation's calls.
func TestAProgramThatIsStartedOverAndOverAsksForNoLoginAgain(t *testing.T) {
	o := newOffice(t)
	members := func() (people []onboarding.Person, calls []string) {
		began := len(o.Calls())
		people, err := o.roles.Members(t.Context(), onboarding.Admin)
		require.NoError(t, err)
		for _, call := range o.since(began) {
			if strings.HasPrefix(call, "GET /users/") {
				calls = append(calls, call)
			}
		}
		return people, calls
	}
	first, calls := members()
	assert.Len(t, calls, 1)
	for range 3 {
		o.later += 15 * time.Minute
		o.restart(t, configured)
		people, calls := members()
		assert.Equal(t, first, people)
		assert.Empty(t, calls)
	}
	o.later += 16 * time.Minute
	_, calls = members()
	assert.Len(t, calls, 1, "an hour after GitHub said so last")
	o.later -= 2 * time.Hour // a clock was ahead
	o.restart(t, configured)
	_, calls = members()
	assert.Len(t, calls, 1)
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
