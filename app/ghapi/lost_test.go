package ghapi_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
)

func TestWhyARepositoryIsOutOfReach(t *testing.T) {
	const tokens = "/app/installations/{installation_id}/access_tokens"
	suspend := func(w *world, i *fakegithub.Installation) { i.Suspend(w.owner) }
	remove := func(w *world, i *fakegithub.Installation) { i.Remove(w.owner) }
	refuse := func(status int) func(*world, *fakegithub.Installation) {
		return func(w *world, _ *fakegithub.Installation) {
			w.Inject(fakegithub.Fault{Route: tokens, Status: status, Body: `{"message":"You have exceeded a secondary rate limit."}`})
		}
	}
	tests := map[string]struct {
		change func(*world, *fakegithub.Installation)
		token  bool               // one was minted before
		tries  int                // until it is known
		why    onboarding.Holding // "" if it passes by itself
	}{
		"suspended":                        {suspend, false, 1, onboarding.Suspended},
		"suspended, and a token is left":   {suspend, true, 1, onboarding.Suspended},
		"uninstalled":                      {remove, false, 1, onboarding.Removed},
		"uninstalled, and a token is left": {remove, true, 2, onboarding.Removed},
		"taken off the repository":         {func(w *world, i *fakegithub.Installation) { i.TakeAway(w.owner, w.repo) }, true, 1, onboarding.Removed},
		"deleted":                          {func(w *world, _ *fakegithub.Installation) { w.repo.Delete(w.owner) }, true, 1, onboarding.Removed},
		"too many tokens asked for":        {refuse(http.StatusForbidden), false, 1, ""},
		"GitHub fails":                     {refuse(http.StatusBadGateway), false, 1, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			installation := w.Install(w.app, w.owner)
			var err error
			read := func() {
				repo, problem := w.clients.Repo(installation.ID, "example", "starter")
				require.NoError(t, problem)
				_, err = repo.Head(t.Context(), ghapi.Head{})
			}
			if test.token {
				read()
				require.NoError(t, err)
			}
			test.change(w, installation)
			for range test.tries {
				read()
			}
			var lost *ghapi.LostError
			var away *ghapi.UnavailableError
			require.ErrorAs(t, err, &away, "it is nobody's failure")
			require.Equal(t, test.why != "", errors.As(err, &lost), "%v", err)
			if test.why != "" {
				assert.Equal(t, test.why, lost.Why)
				assert.Equal(t, installation.ID, lost.Installation)
				assert.Greater(t, time.Until(away.RetryAt), 50*time.Minute, "and it is not tried every few minutes")
			}
		})
	}
}

func TestAnInstallationThatCameBackIsFound(t *testing.T) {
	w := newWorld(t)
	_, ok, err := w.clients.Installed(t.Context(), "example", "starter")
	require.NoError(t, err)
	assert.False(t, ok)
	w.Install(w.app, w.owner).Remove(w.owner)
	back := w.Install(w.app, w.owner)
	w.repo.Rename(w.owner, "another")
	found, ok, err := w.clients.Installed(t.Context(), "example", "starter")
	require.NoError(t, err)
	require.True(t, ok, "by its former name, too")
	assert.Equal(t, []int64{back.ID, w.repo.ID}, []int64{found.Installation, found.ID})
}
