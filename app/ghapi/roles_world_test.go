package ghapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
)

// pins keeps ids in memory.
type pins struct {
	mu   sync.Mutex
	ids  map[string]int64
	held map[string]account
	fail error
}

// account is whose a login was last.
type account struct {
	spelt string
	at    time.Time
}

func (p *pins) LoginHeld(_ context.Context, login string) (string, time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	held := p.held[strings.ToLower(login)]
	return held.spelt, held.at, p.fail
}

func (p *pins) SaveLoginHeld(_ context.Context, login, spelt string, at time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[strings.ToLower(login)] = account{spelt, at}
	return p.fail
}

func (p *pins) LoginID(_ context.Context, name string) (int64, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, ok := p.ids[strings.ToLower(name)]
	return id, ok, p.fail
}

func (p *pins) SaveLoginID(_ context.Context, name string, id int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.ids[strings.ToLower(name)]; !ok {
		p.ids[strings.ToLower(name)] = id
	}
	return p.fail
}

// office is an organisation whose teams have roles.
type office struct {
	*world
	roles            *ghapi.Roles
	pins             *pins
	later            time.Duration // that passed since the beginning
	installation     *fakegithub.Installation
	acme             *fakegithub.User
	core, seats      *fakegithub.Team
	ann, bob, carol  *fakegithub.User // a member of core, of seats, a user configured by login
	mallory, stacked *fakegithub.User // has nothing; is nothing but a member of acme
}

// configured is who has which role in an office.
var configured = map[onboarding.Role]ghapi.Members{
	onboarding.CoreCommitter: {Teams: []string{"Acme/Core"}},
	onboarding.Security:      {Teams: []string{"acme/seats"}},
	onboarding.Admin:         {Users: []string{"Carol"}},
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{world: newWorld(t), pins: &pins{ids: map[string]int64{}, held: map[string]account{}}}
	o.acme = o.CreateOrganization("acme")
	o.core = o.CreateTeam(o.acme, "core", nil)
	o.seats = o.CreateTeam(o.acme, "seats", o.core)
	o.ann, o.bob, o.carol = o.CreateUser("ann"), o.CreateUser("bob"), o.CreateUser("carol")
	o.mallory, o.stacked = o.CreateUser("mallory"), o.CreateUser("stacked")
	o.AddMember(o.core, o.ann)
	o.AddMember(o.seats, o.bob)
	o.SetOrgRole(o.acme, o.stacked, "owner")
	o.SetMemberPublic(o.acme, o.stacked, true)
	o.installation = o.Install(o.app, o.acme)
	o.restart(t, configured)
	return o
}

// restart begins anew with nothing in memory; what was pinned stays.
func (o *office) restart(t *testing.T, configured map[onboarding.Role]ghapi.Members) {
	t.Helper()
	clients, err := ghapi.New(o.options)
	require.NoError(t, err)
	o.roles, err = ghapi.NewRoles(clients, o.pins, o.now, configured)
	require.NoError(t, err)
}

func (o *office) now() time.Time { return time.Unix(1_800_000_000, 0).Add(o.later) }

func person(u *fakegithub.User) onboarding.Person { return onboarding.Person{ID: u.ID, Login: u.Login} }

// has asks for a role and wants to be told.
func (o *office) has(t *testing.T, u *fakegithub.User, role onboarding.Role) bool {
	t.Helper()
	has, err := o.roles.Has(t.Context(), person(u), role)
	require.NoError(t, err)
	return has
}

// refused asks for a role that cannot be asked for and returns why.
func (o *office) refused(t *testing.T, u *fakegithub.User, role onboarding.Role) string {
	t.Helper()
	has, err := o.roles.Has(t.Context(), person(u), role)
	require.False(t, has)
	var why *ghapi.RoleError
	require.ErrorAs(t, err, &why)
	return why.Error()
}

// routes lists the calls since the first so many.
func (o *office) since(before int) (list []string) {
	for _, call := range o.Calls()[before:] {
		list = append(list, call.Method+" "+call.Path)
	}
	return list
}

var errDisk = errors.New("the disk is full")

// faults are what may go wrong with any call.
var faults = map[string]fakegithub.Fault{
	"301": {Status: http.StatusMovedPermanently}, "401": {Status: http.StatusUnauthorized}, "403": {Status: http.StatusForbidden},
	"404": {Status: http.StatusNotFound}, "422": {Status: http.StatusUnprocessableEntity}, "500": {Status: http.StatusInternalServerError},
	"502":       {Status: http.StatusBadGateway, Body: "<html>"},
	"429":       {Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"7"}}},
	"the limit": {Status: http.StatusForbidden, Header: http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"1900000000"}}},
	"no answer": {Cut: fakegithub.CutBefore}, "a lost answer": {Cut: fakegithub.CutAfter}, "half an answer": {Cut: fakegithub.CutHalf},
	"nothing": {Status: http.StatusOK, Body: "{}"}, "null": {Status: http.StatusOK, Body: "null"},
	"an empty list": {Status: http.StatusOK, Body: "[]"}, "a list of nobody": {Status: http.StatusOK, Body: "[{},null]"},
}
