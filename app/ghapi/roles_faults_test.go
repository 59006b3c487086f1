package ghapi_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
)

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

func TestRolesFollowWhateverHappensToTeams(t *testing.T) {
	o := newOffice(t)
	people := []*fakegithub.User{o.ann, o.bob, o.carol, o.mallory, o.stacked}
	rapid.Check(t, func(t *rapid.T) {
		in := map[*fakegithub.Team]map[*fakegithub.User]bool{o.core: {}, o.seats: {}}
		for _, u := range people {
			for team := range in {
				o.RemoveMember(team, u)
			}
		}
		for range rapid.IntRange(1, 12).Draw(t, "events") {
			team := rapid.SampledFrom([]*fakegithub.Team{o.core, o.seats}).Draw(t, "team")
			who := rapid.SampledFrom(people).Draw(t, "who")
			switch rapid.SampledFrom([]string{"add", "remove", "invite", "ask"}).Draw(t, "what") {
			case "add":
				o.AddMember(team, who)
				in[team][who] = true
			case "remove":
				o.RemoveMember(team, who)
				delete(in[team], who)
			case "invite":
				o.Invite(team, who)
			case "ask":
				_, err := o.roles.Of(context.Background(), person(who))
				require.NoError(t, err)
			}
		}
		if rapid.Bool().Draw(t, "an event arrives") {
			o.roles.Forget("acme")
		} else {
			o.later += 5 * time.Minute
		}
		for _, u := range people {
			var want []onboarding.Role
			if u == o.carol {
				want = append(want, onboarding.Admin)
			}
			if in[o.core][u] || in[o.seats][u] {
				want = append(want, onboarding.CoreCommitter)
			}
			if in[o.seats][u] {
				want = append(want, onboarding.Security)
			}
			roles, err := o.roles.Of(context.Background(), person(u))
			require.NoError(t, err)
			require.Equal(t, want, roles, u.Login)
		}
	})
}

// minted keeps what tokens are asked for.
type minted struct {
	http.RoundTripper
	mu     sync.Mutex
	bodies []string
}

func (m *minted) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/access_tokens") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		m.mu.Lock()
		m.bodies = append(m.bodies, strings.TrimSpace(string(body)))
		m.mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	return m.RoundTripper.RoundTrip(r)
}

func TestTokensMayDoWhatTheyAreForAndNothingElse(t *testing.T) {
	o := newOffice(t)
	tokens := &minted{RoundTripper: o.options.Transport}
	o.options.Transport = tokens
	o.restart(t, configured)
	require.True(t, o.has(t, o.ann, onboarding.CoreCommitter))
	require.True(t, o.has(t, o.carol, onboarding.Admin))
	o.restart(t, map[onboarding.Role]ghapi.Members{onboarding.Admin: {Users: []string{"stacked"}}})
	require.True(t, o.has(t, o.stacked, onboarding.Admin))
	assert.Equal(t, []string{`{"permissions":{"members":"read"}}`, `{"permissions":{"metadata":"read"}}`}, tokens.bodies)
}
