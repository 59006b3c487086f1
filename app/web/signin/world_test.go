package signin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
	"github.com/onboard-app/onboard/app/web/signin"
)

func TestMain(m *testing.M) {
	// go-github leaves the timer of a call that GitHub refused to run out
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.setRequestCancel.func4"))
}

// Keys as operators make them.
const (
	oldKey = "old-0123456789abcdef0123456789abcdef"
	newKey = "new-0123456789abcdef0123456789abcdef"
)

// office is a site of ours, over https, whose people are on the simulated GitHub:
// ann by her login and bob by his team have a role, ada is an admin, mallory has
// nothing.
type office struct {
	*fakegithub.GitHub
	t                      *testing.T
	app                    *fakegithub.App
	acme                   *fakegithub.User
	core                   *fakegithub.Team
	ann, bob, ada, mallory *fakegithub.User
	options                signin.Options
	signin                 *signin.SignIn
	site                   *httptest.Server
	clients                *ghapi.Clients
	roles                  *ghapi.Roles
	store                  *store.Store
	later                  atomic.Int64 // that passed since the beginning, in nanoseconds
	keys                   []string
	log                    safeBuffer
	sent                   safeBuffer // all that GitHub answered beside the API
}

// safeBuffer is a buffer for many.
type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func newOffice(t *testing.T, change ...func(*signin.Options)) *office {
	t.Helper()
	o := &office{t: t, keys: []string{oldKey}}
	o.GitHub = fakegithub.New(fakegithub.Options{Wrap: conformance.Check(t)})
	github, err := o.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, o.Close()) })
	o.app, o.acme = o.CreateApp("onboard"), o.CreateOrganization("acme")
	o.core = o.CreateTeam(o.acme, "core", nil)
	o.ann, o.bob, o.ada, o.mallory = o.CreateUser("ann"), o.CreateUser("bob"), o.CreateUser("ada"), o.CreateUser("mallory")
	o.AddMember(o.core, o.bob)
	o.Install(o.app, o.acme)

	o.store, err = store.Open(t.Context(), storetest.URL(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, o.store.Close()) })
	o.connect(github)

	mux := http.NewServeMux()
	o.site = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(zerolog.New(&o.log).Level(zerolog.TraceLevel).WithContext(r.Context())))
	}))
	t.Cleanup(o.site.Close)
	o.SetCallbackURLs(o.app, o.site.URL+signin.CallbackPath)
	o.options = signin.Options{
		WebURL: github, PublicURL: o.site.URL, ClientID: o.app.ClientID, ClientSecret: func() string { return o.app.ClientSecret },
		CookieKeys: func() []string { return slices.Clone(o.keys) }, Replicas: 1, Spent: o.store, Whose: o.clients.Whose, Roles: o.roles.Of,
		Reads: func(ctx context.Context, r signin.Repository, p onboarding.Person) (bool, error) {
			return o.clients.MayRead(ctx, r.Installation, r.Owner, r.Name, p)
		},
		Transport: listening{&http.Transport{DisableKeepAlives: true}, &o.sent}, Now: o.now,
	}
	for _, c := range change {
		c(&o.options)
	}
	o.signin = signin.New(o.options)
	o.signin.Routes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		v, ok := o.signin.Viewer(r)
		assert.NoError(t, json.NewEncoder(w).Encode(shown{v.Person.ID, v.Roles, ok, v.Unsure}))
	})
	return o
}

// connect makes what asks GitHub.
func (o *office) connect(github string) {
	o.t.Helper()
	var config githubapp.Config
	config.V3APIURL, config.V4APIURL = github+"/api/v3", github+"/api/graphql"
	config.App.IntegrationID, config.App.PrivateKey = o.app.ID, o.app.PrivateKeyPEM
	var err error
	o.clients, err = ghapi.New(ghapi.Options{
		Config: config, UserAgent: "test", Burst: 10, PerSecond: 10, Backoff: time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true},
	})
	require.NoError(o.t, err)
	o.roles, err = ghapi.NewRoles(o.clients, o.store, o.now, map[onboarding.Role]ghapi.Members{
		onboarding.CoreCommitter: {Users: []string{"ann"}, Teams: []string{"acme/core"}}, onboarding.Admin: {Users: []string{"ada"}},
	})
	require.NoError(o.t, err)
}

// listening keeps what is answered.
type listening struct {
	next http.RoundTripper
	kept *safeBuffer
}

func (l listening) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(response.Body)
	_, kept := l.kept.Write(append(content, '\n'))
	err = errors.Join(err, kept, response.Body.Close())
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(content))
	return response, nil
}

func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.later.Load())) }

func (o *office) pass(d time.Duration) { o.later.Add(int64(d)) }

// shown is what a page of the site tells of who looks at it.
type shown struct {
	ID     int64
	Roles  []onboarding.Role
	OK     bool
	Unsure bool
}

// browser is somebody's: it keeps cookies, and follows redirects only if told.
type browser struct {
	*office
	http *http.Client
	jar  *cookiejar.Jar
	seen []*http.Response // all answers of ours, oldest first
}

func (o *office) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(o.t, err)
	b := &browser{office: o, jar: jar}
	b.http = &http.Client{
		Jar: jar, Transport: &http.Transport{TLSClientConfig: o.site.Client().Transport.(*http.Transport).TLSClientConfig.Clone(), DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return b
}

// load loads a page, ours by its path, and returns its text.
func (b *browser) load(method, page string, headers ...string) (*http.Response, string) {
	b.t.Helper()
	if strings.HasPrefix(page, "/") {
		page = b.site.URL + page
	}
	request, err := http.NewRequest(method, page, nil)
	require.NoError(b.t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.http.Do(request)
	require.NoError(b.t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(b.t, errors.Join(err, response.Body.Close()))
	b.seen = append(b.seen, response)
	return response, string(content)
}

// next is where an answer sends the browser.
func (b *browser) next(response *http.Response) string {
	b.t.Helper()
	to, err := response.Location()
	require.NoError(b.t, err, response.Status)
	return to.String()
}

// toGitHub begins to sign in, and returns where GitHub sends the browser back to.
func (b *browser) toGitHub(u *fakegithub.User, to string) (back string) {
	b.t.Helper()
	b.SignIn(u)
	begun, _ := b.load(http.MethodGet, signin.Link(to))
	require.Equal(b.t, http.StatusSeeOther, begun.StatusCode)
	sent, _ := b.load(http.MethodGet, b.next(begun))
	require.Equal(b.t, http.StatusFound, sent.StatusCode)
	return b.next(sent)
}

// signIn signs somebody in and returns the path of the page they come back to.
func (b *browser) signIn(u *fakegithub.User, to string) string {
	b.t.Helper()
	done, text := b.load(http.MethodGet, b.toGitHub(u, to))
	require.Equal(b.t, http.StatusSeeOther, done.StatusCode, text)
	return strings.TrimPrefix(b.next(done), b.site.URL)
}

// signedIn is somebody's browser after they signed in.
func (o *office) signedIn(u *fakegithub.User) *browser {
	o.t.Helper()
	b := o.browser()
	b.signIn(u, "/")
	return b
}

// who is as whom the site knows the browser.
func (b *browser) who() (s shown) {
	b.t.Helper()
	_, text := b.load(http.MethodGet, "/")
	require.NoError(b.t, json.Unmarshal([]byte(text), &s), text)
	return s
}

func (b *browser) here() *url.URL {
	u, err := url.Parse(b.site.URL)
	require.NoError(b.t, err)
	return u
}

// cookie is a cookie of the browser's; "" if it has none of that name.
func (b *browser) cookie(name string) string {
	for _, c := range b.jar.Cookies(b.here()) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// plant puts a cookie into the browser.
func (b *browser) plant(name, value string) {
	b.jar.SetCookies(b.here(), []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: true}})
}

const (
	sessionCookie = "__Host-onboard-session"
	attemptCookie = "__Host-onboard-login"
)

func person(u *fakegithub.User) onboarding.Person { return onboarding.Person{ID: u.ID, Login: u.Login} }
