package signin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/web/signin"
)

func TestPeopleSignInByGitHubAndComeBackToWhereTheyWere(t *testing.T) {
	o := newOffice(t)
	for name, test := range map[string]struct {
		user  *fakegithub.User
		roles []onboarding.Role
	}{
		"by their login":    {o.ann, []onboarding.Role{onboarding.CoreCommitter}},
		"by their team":     {o.bob, []onboarding.Role{onboarding.CoreCommitter}},
		"as an admin":       {o.ada, []onboarding.Role{onboarding.Admin}},
		"without any roles": {o.mallory, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := o.browser()
			assert.Equal(t, shown{}, b.who())
			assert.Equal(t, "/p/alice/tea?all=1&x=%2F#qa", b.signIn(test.user, "/p/alice/tea?all=1&x=%2F#qa"))
			assert.Equal(t, shown{ID: test.user.ID, Roles: test.roles, OK: true}, b.who())
			assert.Empty(t, b.cookie(attemptCookie), "it is used")
		})
	}
}

func TestCookiesAreForThisSiteAlone(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.ann)
	cookies := 0
	for _, answer := range b.seen {
		if !strings.HasPrefix(answer.Request.URL.Path, "/login") || answer.Request.URL.Host != b.here().Host {
			continue
		}
		assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
		assert.Equal(t, "no-referrer", answer.Header.Get("Referrer-Policy"))
		for _, c := range answer.Cookies() {
			cookies++
			assert.True(t, strings.HasPrefix(c.Name, "__Host-"), c.Name)
			assert.True(t, c.HttpOnly && c.Secure && c.Path == "/" && c.Domain == "" && c.SameSite == http.SameSiteLaxMode, c.Raw)
			assert.LessOrEqual(t, c.MaxAge, int((12 * time.Hour).Seconds()))
			assert.NotZero(t, c.MaxAge)
		}
	}
	assert.Equal(t, 3, cookies, "one for the way, taken back at its end, and the session's")
}

func TestWithoutHTTPSCookiesAreNotForItAlone(t *testing.T) {
	o := newOffice(t, func(p *signin.Options) { p.PublicURL = "http://127.0.0.1:8080" })
	begun, _ := o.browser().load(http.MethodGet, "/login")
	require.Len(t, begun.Cookies(), 1)
	c := begun.Cookies()[0]
	assert.Equal(t, "onboard-login", c.Name)
	assert.True(t, c.HttpOnly && !c.Secure && c.SameSite == http.SameSiteLaxMode)
}

func TestGitHubIsAskedForNoMoreThanWhoSomebodyIs(t *testing.T) {
	o := newOffice(t)
	b := o.browser()
	begun, _ := b.load(http.MethodGet, "/login")
	to, err := url.Parse(b.next(begun))
	require.NoError(t, err)
	assert.Equal(t, o.options.WebURL+"/login/oauth/authorize", "http://"+to.Host+to.Path)
	query := to.Query()
	assert.Equal(t, o.app.ClientID, query.Get("client_id"))
	assert.Equal(t, o.site.URL+"/login/callback", query.Get("redirect_uri"))
	assert.Equal(t, "S256", query.Get("code_challenge_method"))
	assert.Len(t, query.Get("code_challenge"), 43)
	assert.Greater(t, len(query.Get("state")), 20)
	assert.False(t, query.Has("scope"))
	again, _ := b.load(http.MethodGet, "/login")
	other, err := url.Parse(b.next(again))
	require.NoError(t, err)
	assert.NotEqual(t, query.Get("state"), other.Query().Get("state"))
	assert.NotEqual(t, query.Get("code_challenge"), other.Query().Get("code_challenge"))
}

func TestWhoSignsOutIsSignedOutEverywhere(t *testing.T) {
	o := newOffice(t)
	b, stolen := o.signedIn(o.ann), o.browser()
	stolen.plant(sessionCookie, b.cookie(sessionCookie))
	assert.True(t, stolen.who().OK)
	done, _ := b.load(http.MethodPost, "/logout")
	assert.Equal(t, http.StatusSeeOther, done.StatusCode)
	assert.Equal(t, o.site.URL+"/", b.next(done))
	assert.Empty(t, b.cookie(sessionCookie))
	assert.False(t, b.who().OK)
	assert.False(t, stolen.who().OK, "a copy of the cookie is worth nothing")
	again, _ := b.load(http.MethodPost, "/logout")
	assert.Equal(t, http.StatusSeeOther, again.StatusCode)
	visit, _ := b.load(http.MethodGet, "/logout")
	assert.Equal(t, http.StatusOK, visit.StatusCode, "a link signs nobody out")
}

func TestReplicasThatShareTheirKeysShareTheirPeople(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.ann)
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.AddCookie(&http.Cookie{Name: sessionCookie, Value: b.cookie(sessionCookie)})
	other := signin.New(o.options)
	v, ok := other.Viewer(request)
	assert.True(t, ok)
	assert.Equal(t, o.ann.ID, v.Person.ID)
	b.load(http.MethodPost, "/logout")
	_, ok = other.Viewer(request)
	assert.False(t, ok)

	o.keys = nil
	b.signIn(o.ann, "/")
	assert.True(t, b.who().OK, "a process makes a key for itself")
	request.Header.Del("Cookie")
	request.AddCookie(&http.Cookie{Name: sessionCookie, Value: b.cookie(sessionCookie)})
	_, ok = other.Viewer(request)
	assert.False(t, ok)
}

func TestSignInIsOffAndSaysWhyUntilItIsSetUp(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*signin.Options)
		want   string
	}{
		"it is set up":                            {func(*signin.Options) {}, ""},
		"no client id":                            {func(p *signin.Options) { p.ClientID = "" }, "client_id"},
		"no client secret":                        {func(p *signin.Options) { p.ClientSecret = func() string { return "" } }, "client_secret"},
		"no public URL":                           {func(p *signin.Options) { p.PublicURL = "" }, "public_url"},
		"a public URL that others can listen to":  {func(p *signin.Options) { p.PublicURL = "http://onboard.example" }, "https"},
		"a public URL of this machine":            {func(p *signin.Options) { p.PublicURL = "http://localhost:8080" }, ""},
		"one replica without keys":                {func(p *signin.Options) { p.CookieKeys = func() []string { return nil } }, ""},
		"several replicas with keys":              {func(p *signin.Options) { p.Replicas = 2 }, ""},
		"several replicas without keys they have": {func(p *signin.Options) { p.Replicas, p.CookieKeys = 2, func() []string { return nil } }, "cookie_keys"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, test.change)
			for _, path := range []string{"/login", "/login/callback?code=1&state=2"} {
				answer, text := o.browser().load(http.MethodGet, path)
				if test.want == "" {
					assert.Empty(t, o.signin.Off())
					assert.NotEqual(t, http.StatusServiceUnavailable, answer.StatusCode)
					continue
				}
				assert.Contains(t, o.signin.Off(), test.want)
				assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
				assert.Contains(t, text, o.signin.Off())
				assert.Empty(t, answer.Cookies())
			}
			assert.False(t, o.browser().who().OK)
		})
	}
}

func TestWhoeverCannotBeSignedInIsToldWhatToDo(t *testing.T) {
	const tokens, user = "/login/oauth/access_token", "/user"
	for name, test := range map[string]struct {
		fault  fakegithub.Fault
		secret string     // that the site has
		query  url.Values // that GitHub sends back otherwise
		status int
		want   string
	}{
		"they said no":           {query: url.Values{"error": {"access_denied"}}, status: http.StatusForbidden, want: "You told GitHub"},
		"another address":        {query: url.Values{"error": {"redirect_uri_mismatch"}}, status: http.StatusBadRequest, want: "redirect_uri_mismatch"},
		"a word that is none":    {query: url.Values{"error": {"<script>"}}, status: http.StatusBadRequest, want: "no reason"},
		"a code that is none":    {query: url.Values{"code": {"0"}}, status: http.StatusBadRequest, want: "too old"},
		"no code":                {query: url.Values{"code": nil}, status: http.StatusBadRequest, want: "too old"},
		"a code without end":     {query: url.Values{"code": {strings.Repeat("x", 600)}}, status: http.StatusBadRequest, want: "no reason"},
		"a wrong secret":         {secret: "not-github's", status: http.StatusBadRequest, want: "incorrect_client_credentials"},
		"no token is given":      {fault: fakegithub.Fault{Route: tokens, Status: http.StatusOK, Body: "{}"}, status: http.StatusBadGateway, want: "try again"},
		"tokens are down":        {fault: fakegithub.Fault{Route: tokens, Status: http.StatusBadGateway, Body: "ghu_0123456789"}, status: http.StatusBadGateway, want: "try again"},
		"tokens are elsewhere":   {fault: fakegithub.Fault{Route: tokens, Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"/"}}}, status: http.StatusBadGateway, want: "try again"},
		"tokens are not reached": {fault: fakegithub.Fault{Route: tokens, Cut: fakegithub.CutBefore}, status: http.StatusBadGateway, want: "try again"},
		"half a token":           {fault: fakegithub.Fault{Route: tokens, Cut: fakegithub.CutHalf}, status: http.StatusBadGateway, want: "try again"},
		"GitHub is down":         {fault: fakegithub.Fault{Route: user, Status: http.StatusBadGateway}, status: http.StatusBadGateway, want: "try again"},
		"GitHub knows nobody":    {fault: fakegithub.Fault{Route: user, Status: http.StatusOK, Body: "{}"}, status: http.StatusBadGateway, want: "try again"},
		"a token of nobody":      {fault: fakegithub.Fault{Route: user, Status: http.StatusUnauthorized}, status: http.StatusBadGateway, want: "try again"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, func(p *signin.Options) {
				if test.secret != "" {
					p.ClientSecret = func() string { return test.secret }
				}
			})
			b := o.browser()
			back, err := url.Parse(b.toGitHub(o.ann, "/"))
			require.NoError(t, err)
			query := back.Query()
			if test.query.Has("error") {
				query.Del("code")
			}
			for name, values := range test.query {
				query[name] = values
			}
			back.RawQuery = query.Encode()
			if test.fault.Route != "" {
				o.Inject(test.fault)
			}
			answer, text := b.load(http.MethodGet, back.String())
			assert.Equal(t, test.status, answer.StatusCode)
			assert.Contains(t, text, test.want)
			assert.NotContains(t, text, "<script>")
			assert.Empty(t, b.cookie(sessionCookie))
			assert.False(t, b.who().OK)
			assert.NotRegexp(t, "gh[ur]_[0-9a-f]", o.log.String()+text)
			assert.NotContains(t, o.log.String(), o.app.ClientSecret)
		})
	}
}

// forgetful cannot note or tell what is spent.
type forgetful struct{}

var errDisk = errors.New("the disk is full")

func (forgetful) Spend(context.Context, string, time.Time, time.Time) (bool, error) {
	return false, errDisk
}
func (forgetful) Spent(context.Context, string) (bool, error) { return false, errDisk }

func TestNobodyIsSignedInWhileTheDatabaseDoesNotAnswer(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.ann)
	o.options.Spent = forgetful{}
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.AddCookie(&http.Cookie{Name: sessionCookie, Value: b.cookie(sessionCookie)})
	_, ok := signin.New(o.options).Viewer(request)
	assert.False(t, ok)

	o = newOffice(t, func(p *signin.Options) { p.Spent = forgetful{} })
	b = o.browser()
	answer, text := b.load(http.MethodGet, b.toGitHub(o.ann, "/"))
	assert.Equal(t, http.StatusBadGateway, answer.StatusCode)
	assert.Contains(t, text, "try again")
	assert.Empty(t, b.cookie(sessionCookie))
	assert.Contains(t, o.log.String(), "the disk is full")
}
