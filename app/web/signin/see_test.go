package signin_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/web/signin"
)

// outage is GitHub's.
var outage = fakegithub.Fault{Status: http.StatusBadGateway}

// tea is a private plugin of the office's, which somebody else started.
func (o *office) tea() (*fakegithub.Repository, signin.Repository) {
	plugin := o.CreateRepository(o.acme, "tea", map[string]string{"README.md": "# Tea\n"})
	plugin.SetPrivate(o.acme, true)
	return plugin, signin.Repository{
		ID: plugin.ID, Installation: o.InstallationOf(o.app, o.acme).ID, Owner: "acme", Name: "tea", Private: true, Involved: []int64{o.mallory.ID},
	}
}

func TestAttackWhoMaySeeWhatIsPrivate(t *testing.T) {
	o := newOffice(t)
	plugin, private := o.tea()
	reader, stranger := o.CreateUser("reader"), o.CreateUser("stranger")
	plugin.Allow(reader, "read")
	public := private
	public.Private = false
	held := private
	held.Installation = 0

	roles := func(list ...onboarding.Role) []onboarding.Role { return list }
	for name, test := range map[string]struct {
		viewer     signin.Viewer
		repository signin.Repository
		want       bool
		asked      int // calls
	}{
		"anybody sees what is public":          {signin.Viewer{}, public, true, 0},
		"nobody sees what is private":          {signin.Viewer{}, private, false, 0},
		"roles without a person are none":      {signin.Viewer{Roles: roles(onboarding.Admin)}, private, false, 0},
		"a role sees all":                      {signin.Viewer{Person: person(o.ann), Roles: roles(onboarding.QA)}, private, true, 0},
		"the author or starter sees theirs":    {signin.Viewer{Person: person(o.mallory)}, private, true, 0},
		"who may read it on GitHub":            {signin.Viewer{Person: person(reader)}, private, true, 1},
		"who may not":                          {signin.Viewer{Person: person(stranger)}, private, false, 1},
		"who says to be one who may":           {signin.Viewer{Person: onboarding.Person{ID: 1, Login: "reader"}}, private, false, 1},
		"a role whose roles could not be told": {signin.Viewer{Person: person(o.bob), Unsure: true}, private, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := signin.New(o.options)
			before := len(o.Calls())
			may, err := s.MaySee(t.Context(), test.viewer, test.repository)
			require.NoError(t, err)
			assert.Equal(t, test.want, may)
			asked := 0
			for _, call := range o.Calls()[before:] {
				if call.Route == "/repos/{owner}/{repo}/collaborators/{username}/permission" {
					asked++
				}
			}
			assert.Equal(t, test.asked, asked)
			listed := len(o.Calls())
			assert.Equal(t, test.want, s.Sees(test.viewer, test.repository))
			assert.Len(t, o.Calls(), listed, "lists ask nothing")
		})
	}
	may, err := o.signin.MaySee(t.Context(), signin.Viewer{Person: person(reader)}, held)
	assert.Error(t, err)
	assert.False(t, may)
	assert.False(t, o.signin.Sees(signin.Viewer{Person: person(reader)}, private), "not yet asked for")
}

func TestAttackWhoMayReadNoMoreSeesNoMore(t *testing.T) {
	o := newOffice(t)
	plugin, private := o.tea()
	reader := o.CreateUser("reader")
	viewer := signin.Viewer{Person: person(reader)}
	may := func() bool {
		t.Helper()
		may, err := o.signin.MaySee(t.Context(), viewer, private)
		require.NoError(t, err)
		assert.Equal(t, may, o.signin.Sees(viewer, private))
		return may
	}
	assert.False(t, may())
	plugin.Allow(reader, "read")
	assert.False(t, may())
	o.pass(time.Minute)
	assert.True(t, may(), "a no is kept for one minute")
	plugin.Allow(reader, "")
	o.pass(4 * time.Minute)
	assert.True(t, may())
	o.pass(time.Minute)
	assert.False(t, o.signin.Sees(viewer, private))
	assert.False(t, may(), "a yes for five")

	o.pass(time.Minute)
	plugin.Allow(reader, "read")
	remove := o.Inject(outage)
	seen, err := o.signin.MaySee(t.Context(), viewer, private)
	require.Error(t, err)
	assert.False(t, seen, "GitHub could not be asked")
	remove()
	assert.True(t, may(), "which is not kept")
}

func TestAttackNobodyHasGitHubAskedWithoutEnd(t *testing.T) {
	asked := 0
	o := newOffice(t, func(p *signin.Options) {
		p.Reads = func(context.Context, signin.Repository, onboarding.Person) (bool, error) {
			asked++
			return false, nil
		}
	})
	viewer := signin.Viewer{Person: person(o.mallory)}
	look := func(v signin.Viewer, id int64) error {
		may, err := o.signin.MaySee(t.Context(), v, signin.Repository{ID: id, Private: true})
		assert.False(t, may)
		return err
	}
	for id := range int64(100) {
		if err := look(viewer, id); err != nil {
			require.ErrorIs(t, err, signin.ErrAskedTooOften)
		}
	}
	assert.Equal(t, 30, asked)
	require.NoError(t, look(viewer, 0), "what is known is told")
	require.NoError(t, look(signin.Viewer{Person: person(o.ann)}, 99), "others are asked for")
	o.pass(time.Minute)
	require.NoError(t, look(viewer, 98))
	require.ErrorIs(t, look(viewer, 97), signin.ErrAskedTooOften)
}

func TestWhoActsIsAnAdmin(t *testing.T) {
	assert.False(t, signin.Viewer{}.Admin())
	assert.False(t, signin.Viewer{}.SeesAll())
	qa := signin.Viewer{Roles: []onboarding.Role{onboarding.QA}}
	assert.True(t, qa.SeesAll())
	assert.False(t, qa.Admin())
	assert.True(t, signin.Viewer{Roles: []onboarding.Role{onboarding.QA, onboarding.Admin}}.Admin())
}
