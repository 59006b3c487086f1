package fakegithub_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAttackOnlyAProperJWTSpeaksForTheApp(t *testing.T) {
	w := newWorld(t)
	now := w.now().Unix()
	stranger := w.CreateApp("stranger")
	for name, test := range map[string]struct {
		credentials string
		status      int
	}{
		"a proper one is accepted":                    {w.jwt(nil), 200},
		"the issuer may be a number":                  {w.jwt(object{"iss": w.app.ID}), 200},
		"a clock half a minute ahead is forgiven":     {w.jwt(object{"iat": now + 30}), 200},
		"one signed with another key is refused":      {signJWT(t, stranger.PrivateKeyPEM, "RS256", object{"iss": w.app.ID, "iat": now - 30, "exp": now + 60}), 401},
		"one without signature algorithm is refused":  {signJWT(t, w.app.PrivateKeyPEM, "none", object{"iss": w.app.ID, "iat": now - 30, "exp": now + 60}), 401},
		"one living over ten minutes is refused":      {w.jwt(object{"exp": now + 700}), 401},
		"an expired one is refused":                   {w.jwt(object{"exp": now - 1}), 401},
		"one without expiry is refused":               {w.jwt(object{"exp": nil}), 401},
		"one issued in the future is refused":         {w.jwt(object{"iat": now + 120}), 401},
		"one of an unknown App is refused":            {w.jwt(object{"iss": "1"}), 401},
		"an installation token is no App's":           {w.token, 401},
		"a text of three parts is not enough":         {"a.b.c", 401},
		"no credentials are refused":                  {"", 401},
		"one whose expiry is no number is refused":    {w.jwt(object{"exp": "soon"}), 401},
		"one issued by something strange is refused":  {w.jwt(object{"iss": []int{1}}), 401},
		"one issued at no time at all is refused too": {w.jwt(object{"iat": nil}), 401},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := w.send("GET", "/app", test.credentials, nil)
			require.NoError(t, err)
			assert.Equal(t, test.status, r.status, "%s", r.raw)
		})
	}
}

func TestATokenHasTheNewFormatAndLivesAnHour(t *testing.T) {
	w := newWorld(t)
	assert.True(t, strings.HasPrefix(w.token, fmt.Sprintf("ghs_%d_", w.app.ID)))
	assert.Greater(t, len(w.token), 400)
	assert.Equal(t, 200, w.in("GET", "", nil).status)
	w.advance(time.Hour)
	assert.Equal(t, 401, w.in("GET", "", nil).status)
}

func TestAttackATokenReachesOnlyWhatItWasMintedFor(t *testing.T) {
	w := newWorld(t)
	other := w.CreateRepository(w.author, "other", map[string]string{"a": "b"})
	eve := w.CreateUser("eve")
	w.CreateRepository(eve, "foreign", map[string]string{"a": "b"})
	assert.Equal(t, 200, w.call("GET", "/repos/ada/OTHER", nil).status, "names have no case")
	assert.Equal(t, 404, w.call("GET", "/repos/eve/foreign", nil).status)

	w.token = w.mint(object{"repository_ids": []int64{other.ID}, "permissions": object{"issues": "read", "metadata": "read"}})
	assert.Equal(t, 404, w.in("GET", "", nil).status)
	assert.Equal(t, 200, w.call("GET", "/repos/Ada/other", nil).status)
	assert.Equal(t, 200, w.call("GET", "/repos/Ada/other/labels", nil).status)
	assert.Equal(t, 403, w.call("POST", "/repos/Ada/other/labels", object{"name": "x"}).status)
	assert.Equal(t, 403, w.call("GET", "/repos/Ada/other/git/ref/heads/main", nil).status)

	mint := fmt.Sprintf("/app/installations/%d/access_tokens", w.installation.ID)
	assert.Equal(t, 422, w.asApp("POST", mint, object{"permissions": object{"administration": "write"}}).status)
	assert.Equal(t, 422, w.asApp("POST", mint, object{"repository_ids": []int64{1}}).status)
}

func TestPermissionsTakenAwayAreGoneAtOnce(t *testing.T) {
	w := newWorld(t)
	w.installation.SetPermissions(map[string]string{"metadata": "read", "issues": "read"})
	assert.Equal(t, 403, w.in("POST", "/labels", object{"name": "x"}).status)
	assert.Equal(t, 403, w.in("GET", "/commits/main/check-runs", nil).status)
	assert.Equal(t, 200, w.in("GET", "/labels", nil).status)
}

func TestASuspendedInstallationIs403AndARemovedOne404(t *testing.T) {
	w := newWorld(t)
	mint := fmt.Sprintf("/app/installations/%d/access_tokens", w.installation.ID)
	w.installation.Suspend(w.author)
	r := w.asApp("POST", mint, nil)
	assert.Equal(t, 403, r.status)
	assert.Equal(t, "This installation has been suspended", r.object["message"])
	assert.Equal(t, 403, w.in("GET", "", nil).status)
	w.installation.Unsuspend(w.author)
	assert.Equal(t, 200, w.in("GET", "", nil).status)
	w.installation.Remove(w.author)
	assert.Equal(t, 404, w.asApp("POST", mint, nil).status)
	assert.Equal(t, 401, w.in("GET", "", nil).status)
}

func TestTheAppFindsItsInstallations(t *testing.T) {
	w := newWorld(t)
	organization := w.CreateOrganization("tea-club")
	w.CreateRepository(organization, "plugin", map[string]string{"a": "b"})
	assert.Equal(t, 404, w.asApp("GET", "/repos/tea-club/plugin/installation", nil).status)
	second := w.Install(w.app, organization)
	assert.EqualValues(t, second.ID, w.asApp("GET", "/repos/tea-club/plugin/installation", nil).object["id"])
	assert.Len(t, w.asApp("GET", "/app/installations", nil).list, 2)
	assert.Equal(t, 200, w.asApp("GET", fmt.Sprintf("/app/installations/%d", second.ID), nil).status)
	assert.Equal(t, 404, w.asApp("GET", "/app/installations/1", nil).status)
	assert.Equal(t, "onboard", w.asApp("GET", "/app", nil).object["slug"])
	assert.Equal(t, http.StatusNotFound, w.asApp("GET", "/repos/tea-club/none/installation", nil).status)
}
