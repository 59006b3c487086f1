package ghapi_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
)

func TestAttackAFreedLoginIsClaimed(t *testing.T) {
	o := newOffice(t)
	require.True(t, o.has(t, o.carol, onboarding.Admin))
	o.RenameUser(o.carol, "caroline")
	o.later += 61 * time.Minute
	assert.True(t, o.has(t, o.carol, onboarding.Admin), "who takes another name keeps the role")
	assert.Equal(t, []string{"the configured login carol: its owner has another login now: write that one"}, o.roles.Problems())
	imposter := o.CreateUser("carol")
	assert.False(t, o.has(t, imposter, onboarding.Admin), "at once")
	o.later += 61 * time.Minute
	assert.False(t, o.has(t, imposter, onboarding.Admin))
	assert.Equal(t, []string{"the configured login carol: it belongs to somebody else than it did when it was first used; it counts for nobody"}, o.roles.Problems())
	assert.False(t, o.has(t, o.carol, onboarding.Admin), "the login is disabled (S10)")
	people, err := o.roles.Members(t.Context(), onboarding.Admin)
	require.NoError(t, err)
	assert.Empty(t, people)
	o.restart(t, configured)
	assert.False(t, o.has(t, imposter, onboarding.Admin), "what was pinned outlives a restart")
}

func TestAttackAClaimedLoginOfATeamsMemberIsNoMember(t *testing.T) {
	o := newOffice(t)
	require.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
	stale := person(o.ann)
	o.RenameUser(o.ann, "ann-new")
	imposter := o.CreateUser("ann")
	for range 2 {
		assert.False(t, o.has(t, imposter, onboarding.CoreCommitter))
		has, err := o.roles.Has(t.Context(), stale, onboarding.CoreCommitter)
		require.NoError(t, err)
		assert.True(t, has, "the id decides, however old the login in a payload is")
		o.roles.Forget("acme")
	}
}

func TestAttackAnOrganisationsNameIsClaimed(t *testing.T) {
	o := newOffice(t)
	require.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
	o.RenameOrganization(o.acme, "acme-inc")
	o.roles.Forget("acme")
	assert.Equal(t, "the team acme/core cannot be read: the App is not installed on acme", o.refused(t, o.ann, onboarding.CoreCommitter))

	fake := o.CreateOrganization("acme")
	o.AddMember(o.CreateTeam(fake, "core", nil), o.mallory)
	o.Install(o.app, fake)
	o.later += time.Hour
	const why = "the team acme/core cannot be read: the name belongs to another team than it did when it was first used"
	assert.Equal(t, why, o.refused(t, o.mallory, onboarding.CoreCommitter))
	assert.Equal(t, []string{why}, o.roles.Problems())
	o.restart(t, configured)
	assert.Equal(t, why, o.refused(t, o.mallory, onboarding.CoreCommitter), "after a restart, too")
}

func TestAttackATeamIsRenamedOrDeletedAndItsNameTaken(t *testing.T) {
	for name, take := range map[string]func(o *office){
		"renamed": func(o *office) { o.RenameTeam(o.core, "committers") },
		"deleted": func(o *office) { o.DeleteTeam(o.core) },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			require.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
			take(o)
			o.roles.Forget("acme")
			assert.Equal(t, "the team acme/core cannot be read: there is no such team, or it is hidden from the App", o.refused(t, o.ann, onboarding.CoreCommitter))
			o.AddMember(o.CreateTeam(o.acme, "core", nil), o.mallory)
			o.later += time.Hour
			assert.Contains(t, o.refused(t, o.mallory, onboarding.CoreCommitter), "the name belongs to another team")
		})
	}
}

func TestAttackNoTeamIsReadThatIsNotToBeSeen(t *testing.T) {
	for name, test := range map[string]struct {
		hide func(o *office)
		why  string
	}{
		"a secret team": {func(o *office) { o.SetTeamVisibility(o.core, "secret") }, "there is no such team, or it is hidden from the App"},
		"a suspended installation": {func(o *office) { o.installation.Suspend(o.stacked) },
			"the App is suspended on acme"},
		"an installation that is gone": {func(o *office) { o.installation.Remove(o.stacked) }, "the App is not installed on acme"},
		"no permission to read members": {func(o *office) { o.installation.SetPermissions(map[string]string{"metadata": "read"}) },
			"the App has no members permission on acme"},
		"an installation of another account": {func(o *office) {
			o.installation.Remove(o.stacked)
			o.Install(o.app, o.owner)
		}, "the App is not installed on acme"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, when := range []string{"from the beginning", "after it was read"} {
				o := newOffice(t)
				if when == "after it was read" {
					require.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
				}
				test.hide(o)
				o.later += 10 * time.Minute
				assert.Equal(t, "the team acme/core cannot be read: "+test.why, o.refused(t, o.ann, onboarding.CoreCommitter), when)
				assert.Contains(t, o.refused(t, o.mallory, onboarding.CoreCommitter), test.why, "nobody is told no, either")
				began := len(o.Calls())
				o.refused(t, o.ann, onboarding.CoreCommitter)
				assert.Len(t, o.Calls(), began, "it is asked again after a minute")
			}
		})
	}
}

func TestAttackWhatIsTakenAwayWhileATokenLivesIsNoticed(t *testing.T) {
	for name, test := range map[string]struct {
		hide func(o *office)
		why  string
	}{
		"suspended":  {func(o *office) { o.installation.Suspend(o.stacked) }, "the App is suspended on acme"},
		"permission": {func(o *office) { o.installation.SetPermissions(map[string]string{"metadata": "read"}) }, "the App has no members permission on acme"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			require.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
			test.hide(o)
			o.later += 61 * time.Second // the installation is still known, and its token valid
			assert.Equal(t, "the team acme/core cannot be read: "+test.why, o.refused(t, o.mallory, onboarding.CoreCommitter))
		})
	}
}

func TestAttackAnInvitedPersonIsNoMemberYet(t *testing.T) {
	o := newOffice(t)
	o.Invite(o.core, o.mallory)
	assert.False(t, o.has(t, o.mallory, onboarding.CoreCommitter))
	o.AddMember(o.core, o.mallory)
	o.roles.Forget("acme")
	assert.True(t, o.has(t, o.mallory, onboarding.CoreCommitter))
}

func TestAttackNeitherAssociationNorRepositoryRolesCount(t *testing.T) {
	o := newOffice(t)
	plugin := o.CreateRepository(o.acme, "plugin", map[string]string{"a": "b"})
	plugin.Allow(o.mallory, "admin")
	o.AllowTeam(o.core, plugin, "admin")
	for _, u := range []*fakegithub.User{o.mallory, o.stacked} { // COLLABORATOR, and MEMBER or OWNER
		roles, err := o.roles.Of(t.Context(), person(u))
		require.NoError(t, err)
		assert.Empty(t, roles, u.Login)
	}
}

func TestAttackNoBotHasARole(t *testing.T) {
	o := newOffice(t)
	bot := o.CreateUser("onboard[bot]") // the App's own
	o.AddMember(o.core, bot)
	assert.False(t, o.has(t, bot, onboarding.CoreCommitter))
	disguised := onboarding.Person{ID: bot.ID, Login: "somebody"}
	has, err := o.roles.Has(t.Context(), disguised, onboarding.CoreCommitter)
	require.NoError(t, err)
	assert.False(t, has, "whatever its login is said to be")
	has, err = o.roles.Has(t.Context(), onboarding.Person{Login: "carol"}, onboarding.Admin)
	require.NoError(t, err)
	assert.False(t, has, "nor has somebody without an id")

	o.restart(t, map[onboarding.Role]ghapi.Members{onboarding.Admin: {Users: []string{"acme", "nobody"}}})
	assert.False(t, o.has(t, o.acme, onboarding.Admin))
	assert.False(t, o.has(t, o.mallory, onboarding.Admin))
	assert.Equal(t, []string{"the configured login acme: it is no person's", "the configured login nobody: GitHub knows nobody of this name"}, o.roles.Problems())
	assert.NotContains(t, o.pins.ids, "acme", "nothing is pinned that is no person")
}

func TestAttackAnAnswerOfBeforeAnEventIsNotKept(t *testing.T) {
	o := newOffice(t)
	release := make(chan struct{})
	listed := make(chan struct{})
	o.pinsWait(t, func() { close(listed); <-release })
	answered := make(chan bool)
	go func() {
		has, err := o.roles.Has(context.Background(), person(o.ann), onboarding.CoreCommitter)
		assert.NoError(t, err)
		answered <- has
	}()
	<-listed
	o.roles.Forget("acme") // while it is being asked
	close(release)
	<-answered
	began := len(o.Calls())
	o.has(t, o.ann, onboarding.CoreCommitter)
	assert.Greater(t, len(o.Calls()), began, "it is asked again")
}

func TestAttackWhoGivesUpStopsNobodyElse(t *testing.T) {
	o := newOffice(t)
	release := make(chan struct{})
	asked := make(chan struct{})
	o.pinsWait(t, func() { close(asked); <-release })
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := o.roles.Has(ctx, person(o.ann), onboarding.CoreCommitter)
		gaveUp <- err
	}()
	<-asked
	answered := make(chan bool)
	go func() {
		has, err := o.roles.Has(context.Background(), person(o.ann), onboarding.CoreCommitter)
		assert.NoError(t, err)
		answered <- has
	}()
	cancel()
	require.ErrorIs(t, <-gaveUp, context.Canceled)
	close(release)
	assert.True(t, <-answered)
}

// waitingPins stop at the first question.
type waitingPins struct {
	*pins
	wait func()
}

func (p *waitingPins) LoginID(ctx context.Context, name string) (int64, bool, error) {
	p.mu.Lock()
	wait := p.wait
	p.wait = func() {}
	p.mu.Unlock()
	wait()
	return p.pins.LoginID(ctx, name)
}

// pinsWait begins anew with pins that stop at the first question.
func (o *office) pinsWait(t *testing.T, wait func()) {
	t.Helper()
	var err error
	o.roles, err = ghapi.NewRoles(o.clients, &waitingPins{o.pins, wait}, o.now, configured)
	require.NoError(t, err)
}
