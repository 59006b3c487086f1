package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/web"
)

// withPages is a world in which people sign in to the App's pages; rita reviews.
func withPages(t *testing.T, change ...func(*app.Config)) *world {
	t.Helper()
	w := newStage(t)
	w.config.Roles["core-committer"].Users = []string{"rita"}
	for _, c := range change {
		c(&w.config)
	}
	w.with = append(w.with, app.WithOwnURL())
	w.start()
	return w
}

// browser is somebody's.
type browser struct {
	w    *world
	http http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	return &browser{w: w, http: http.Client{Jar: jar}}
}

// signedIn is somebody's browser after they signed in, over GitHub's own pages.
func (w *world) signedIn(u *fakegithub.User) *browser {
	w.t.Helper()
	w.GitHub.SignIn(u)
	b := w.browser()
	answer, _ := b.send(http.MethodGet, "/login?to=/board.json", nil)
	require.Equal(w.t, w.app.URL()+"/board.json", answer.Request.URL.String(), "where they wanted to go")
	return b
}

func (b *browser) send(method, path string, body io.Reader, headers ...string) (*http.Response, string) {
	b.w.t.Helper()
	request, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.app.URL()+path, body)
	require.NoError(b.w.t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := b.http.Do(request)
	require.NoError(b.w.t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(b.w.t, errors.Join(err, answer.Body.Close()))
	return answer, string(text)
}

// board counts the onboardings that somebody sees.
func (b *browser) board() int {
	b.w.t.Helper()
	_, text := b.send(http.MethodGet, "/board.json", nil)
	var board struct{ Total int }
	require.NoError(b.w.t, json.Unmarshal([]byte(text), &board), text)
	return board.Total
}

// isSignedIn tells whether the pages greet somebody.
func (b *browser) isSignedIn() bool {
	_, text := b.send(http.MethodGet, "/", nil)
	return strings.Contains(text, "Sign out")
}

func TestAttackThePagesShowWhatIsPrivateToThoseWhoMaySeeItAlone(t *testing.T) {
	w := withPages(t)
	w.Plugin.SetPrivate(w.Alice, true)
	w.settle()
	w.say(w.Alice, "/onboard")
	rita, mallory := w.GitHub.CreateUser("rita"), w.GitHub.CreateUser("mallory")
	for name, test := range map[string]struct {
		who  *browser
		want int
	}{
		"nobody sees it":               {w.browser(), 0},
		"nor does a stranger":          {w.signedIn(mallory), 0},
		"its author sees it":           {w.signedIn(w.Alice), 1},
		"whoever has a role sees it":   {w.signedIn(rita), 1},
		"nobody who signed out of all": {w.signedOut(rita), 0},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, test.who.board()) })
	}
	w.GitHub.RenameUser(rita, "rita-2")
	w.GitHub.RenameUser(mallory, "rita")
	assert.Zero(t, w.signedIn(mallory).board(), "a name that was claimed opens nothing")
}

func TestAttackThatGitHubIsAwayTellsNothingOfWhatIsPrivate(t *testing.T) {
	w := withPages(t)
	w.Plugin.SetPrivate(w.Alice, true)
	bob, mallory := w.GitHub.CreateUser("bob"), w.GitHub.CreateUser("mallory")
	w.Plugin.Allow(bob, "read")
	w.say(bob, "/onboard help")
	w.say(w.Alice, "/onboard")
	s, err := store.OpenToRead(t.Context(), w.config.Database.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	plugin, ok, err := s.Repository(t.Context(), w.Plugin.ID)
	require.NoError(t, err)
	require.True(t, ok)
	may := func(u *fakegithub.User) bool {
		t.Helper()
		may, err := w.app.Visitors().MaySee(t.Context(), web.Visitor{Person: onboarding.Person{ID: u.ID, Login: u.Login}}, plugin)
		require.NoError(t, err)
		return may
	}
	remove := w.GitHub.Inject(fakegithub.Fault{Status: http.StatusBadGateway})
	assert.True(t, may(w.Alice), "it is hers")
	assert.False(t, may(bob))
	assert.False(t, may(mallory))
	remove()
	assert.True(t, may(bob), "he may read it")
	assert.False(t, may(mallory))
}

// signedOut is a browser of somebody who was signed in.
func (w *world) signedOut(u *fakegithub.User) *browser {
	w.t.Helper()
	b := w.signedIn(u)
	answer, _ := b.send(http.MethodPost, "/logout", nil)
	require.Equal(w.t, w.app.URL()+"/", answer.Request.URL.String())
	return b
}

func TestAttackWhatOtherSitesSendChangesNothing(t *testing.T) {
	w := withPages(t)
	foreign := []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}
	b := w.signedIn(w.Alice)
	for _, path := range []string{"/logout", "/", "/ops/retry"} {
		answer, _ := b.send(http.MethodPost, path, nil, foreign...)
		assert.Equal(t, http.StatusForbidden, answer.StatusCode, path)
	}
	assert.True(t, b.isSignedIn())
	answer, _ := b.send(http.MethodPost, app.HookPath, strings.NewReader("{}"), append(foreign, "X-GitHub-Event", "ping", "X-GitHub-Delivery", "1")...)
	assert.NotEqual(t, http.StatusForbidden, answer.StatusCode, "deliveries are judged by their signature")
	b.send(http.MethodPost, "/logout", nil, "Sec-Fetch-Site", "same-origin")
	assert.False(t, b.isSignedIn())
}

func TestAttackASignInLeavesNoSecretInTheLog(t *testing.T) {
	var log bytes.Buffer
	w := newStage(t)
	w.log, w.with = zerolog.SyncWriter(&log), append(w.with, app.WithOwnURL())
	w.start()
	w.signedIn(w.Alice)
	remove := w.GitHub.Inject(fakegithub.Fault{Route: "/user", Status: http.StatusBadGateway})
	w.GitHub.SignIn(w.Alice)
	answer, text := w.browser().send(http.MethodGet, "/login", nil)
	remove()
	assert.Equal(t, http.StatusBadGateway, answer.StatusCode)
	assert.Contains(t, text, "Please try again")
	assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	w.stop()
	assert.Contains(t, log.String(), "signed in")
	assert.Contains(t, log.String(), "could not sign somebody in")
	assert.NotRegexp(t, `ghu_[0-9a-f]|ghr_|code=|state=|`+w.App.ClientSecret, log.String())
}

func TestCookieKeysChangeWithoutARestart(t *testing.T) {
	files := &keyFiles{t: t, webhook: filepath.Join(t.TempDir(), "cookies")}
	first, second := strings.Repeat("1", 32), strings.Repeat("2", 32)
	files.write(files.webhook, first+"\n")
	w := withPages(t, func(c *app.Config) { c.Server.CookieKeys, c.Server.CookieKeysFile = app.Secret(first), files.webhook })
	b := w.signedIn(w.Alice)
	files.write(files.webhook, second+"\n"+first+"\n")
	assert.True(t, b.isSignedIn())
	files.write(files.webhook, "short\n")
	assert.True(t, b.isSignedIn(), "what cannot be used changes nothing")
	_, ready := w.get("/readyz")
	assert.Contains(t, ready, "server.cookie_keys_file")
	files.write(files.webhook, second+"\n")
	assert.False(t, b.isSignedIn())
	_, ready = w.get("/readyz")
	assert.NotContains(t, ready, "cookie")
}

func TestWhereSignInIsNotSetUpThePagesSayWhy(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*app.Config)
		want   string
	}{
		"no client":                {func(c *app.Config) { c.GitHub.OAuth.ClientID = "" }, "github.oauth.client_id"},
		"replicas without one key": {func(c *app.Config) { c.Replicas = 3 }, "server.cookie_keys"},
	} {
		t.Run(name, func(t *testing.T) {
			w := withPages(t, test.change)
			status, page := w.get("/login")
			assert.Equal(t, http.StatusServiceUnavailable, status)
			assert.Contains(t, page, "Sign-in is off: "+test.want)
			status, _ = w.get("/")
			assert.Equal(t, http.StatusOK, status)
		})
	}
}
