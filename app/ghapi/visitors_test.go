package ghapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

// personal is a token that the App was given for somebody.
func (w *world) personal(t *testing.T, u *fakegithub.User) string {
	t.Helper()
	w.SetCallbackURLs(w.app, "http://127.0.0.1:9/login/callback")
	w.SignIn(u)
	site := strings.TrimSuffix(w.options.Config.V3APIURL, "/api/v3")
	request, err := http.NewRequest(http.MethodGet, site+"/login/oauth/authorize?client_id="+w.app.ClientID, nil)
	require.NoError(t, err)
	sent, err := w.options.Transport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, sent.Body.Close())
	back, err := sent.Location()
	require.NoError(t, err)
	form := url.Values{"client_id": {w.app.ClientID}, "client_secret": {w.app.ClientSecret}, "code": {back.Query().Get("code")}}
	answer, err := (&http.Client{Transport: w.options.Transport}).PostForm(site+"/login/oauth/access_token", form)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	said := make([]byte, 1000)
	n, _ := answer.Body.Read(said)
	values, err := url.ParseQuery(string(said[:n]))
	require.NoError(t, err)
	require.NotEmpty(t, values.Get("access_token"))
	return values.Get("access_token")
}

func TestATokenTellsWhoSignsIn(t *testing.T) {
	w := newWorld(t)
	ann := w.CreateUser("ann")
	token := w.personal(t, ann)
	w.RenameUser(ann, "anna")
	who, err := w.clients.Whose(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, onboarding.Person{ID: ann.ID, Login: "anna"}, who)
}

func TestAttackNobodySignsInWithWhatIsNoPersons(t *testing.T) {
	w := newWorld(t)
	good := w.personal(t, w.CreateUser("ann"))
	for name, test := range map[string]struct {
		token string
		fault *fakegithub.Fault
	}{
		"no token":                  {token: ""},
		"a token of nobody":         {token: "ghu_0123456789"},
		"nothing":                   {token: good, fault: &fakegithub.Fault{Status: http.StatusOK, Body: "{}"}},
		"null":                      {token: good, fault: &fakegithub.Fault{Status: http.StatusOK, Body: "null"}},
		"an organisation":           {token: good, fault: &fakegithub.Fault{Status: http.StatusOK, Body: `{"id":7,"login":"acme","type":"Organization"}`}},
		"a bot":                     {token: good, fault: &fakegithub.Fault{Status: http.StatusOK, Body: `{"id":7,"login":"x[bot]","type":"Bot"}`}},
		"one who has no id":         {token: good, fault: &fakegithub.Fault{Status: http.StatusOK, Body: `{"login":"ann","type":"User"}`}},
		"a redirect":                {token: good, fault: &fakegithub.Fault{Status: http.StatusMovedPermanently, Header: http.Header{"Location": {"/api/v3/users/ann"}}}},
		"an outage":                 {token: good, fault: &fakegithub.Fault{Status: http.StatusBadGateway}},
		"a limit that is reached":   {token: good, fault: &fakegithub.Fault{Status: http.StatusForbidden, Header: http.Header{"X-Ratelimit-Remaining": {"0"}}}},
		"an answer that is cut off": {token: good, fault: &fakegithub.Fault{Cut: fakegithub.CutHalf}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.fault != nil {
				test.fault.Route = "/user"
				defer w.Inject(*test.fault)()
			}
			who, err := w.clients.Whose(t.Context(), test.token)
			require.Error(t, err)
			assert.Equal(t, onboarding.Person{}, who)
			assert.NotContains(t, err.Error(), good)
		})
	}
}

func TestAttackAPrivateRepositoryIsReadByWhomGitHubLetsAlone(t *testing.T) {
	w := newWorld(t)
	w.repo.SetPrivate(w.owner, true)
	reader, stranger := w.CreateUser("ann"), w.CreateUser("mallory")
	w.repo.Allow(reader, "read")
	installation := w.Install(w.app, w.owner)
	may := func(p onboarding.Person) bool {
		t.Helper()
		may, err := w.clients.MayRead(t.Context(), installation.ID, "example", "starter", p)
		require.NoError(t, err)
		return may
	}
	ann := person(reader)
	assert.True(t, may(ann))
	assert.False(t, may(person(stranger)))
	assert.False(t, may(onboarding.Person{ID: stranger.ID, Login: "ann"}), "who says to be her")
	assert.False(t, may(onboarding.Person{Login: "ann"}))

	w.RenameUser(reader, "anna")
	assert.False(t, may(ann), "the login is nobody's")
	w.RenameUser(stranger, "ann")
	assert.False(t, may(ann), "the login is somebody else's")
	assert.False(t, may(person(stranger)), "whoever claims it gets nothing")
	assert.True(t, may(person(reader)))
	w.repo.Allow(reader, "")
	assert.False(t, may(person(reader)))
	for name, fault := range faults {
		remove := w.Inject(fault)
		may, err := w.clients.MayRead(t.Context(), installation.ID, "example", "starter", person(reader))
		remove()
		assert.False(t, may, "%s: %v", name, err)
	}
}
