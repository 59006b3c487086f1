package signin_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/web/signin"
)

func TestAttackNobodyIsSignedInAsSomebodyElseUnawares(t *testing.T) {
	o := newOffice(t)
	lure := o.browser().toGitHub(o.mallory, "/") // not followed: a link with mallory's code and state
	stateless, err := url.Parse(lure)
	require.NoError(t, err)
	query := stateless.Query()
	query.Del("state")
	stateless.RawQuery = query.Encode()

	for name, test := range map[string]struct {
		link  string
		begun bool // the victim has begun to sign in, too
	}{
		"who did nothing":                         {lure, false},
		"who is on the way to GitHub":             {lure, true},
		"who did nothing, without a state":        {stateless.String(), false},
		"who is on the way, without a state":      {stateless.String(), true},
		"who is on the way, with an empty state":  {stateless.String() + "&state=", true},
		"who did nothing, with an empty state":    {stateless.String() + "&state=", false},
		"who is on the way, with another's state": {stateless.String() + "&state=" + strings.Repeat("A", 26), true},
	} {
		t.Run(name, func(t *testing.T) {
			victim := o.browser()
			var own string
			if test.begun {
				own = victim.toGitHub(o.ann, "/")
			}
			answer, text := victim.load(http.MethodGet, test.link)
			assert.Equal(t, http.StatusBadRequest, answer.StatusCode)
			assert.Contains(t, text, "sign in again")
			assert.Empty(t, victim.cookie(sessionCookie))
			if test.begun {
				done, _ := victim.load(http.MethodGet, own)
				assert.Equal(t, http.StatusSeeOther, done.StatusCode, "the victim's own way is not spoilt")
				assert.Equal(t, o.ann.ID, victim.who().ID)
			}
		})
	}
}

// PKCE binds a code to the browser that asked for it, whatever the state.
func TestAttackACodeOfAnotherBrowserIsWorthNothing(t *testing.T) {
	o := newOffice(t)
	theirs, err := url.Parse(o.browser().toGitHub(o.ann, "/"))
	require.NoError(t, err)
	mallory := o.browser()
	own, err := url.Parse(mallory.toGitHub(o.mallory, "/"))
	require.NoError(t, err)
	query := own.Query()
	query.Set("code", theirs.Query().Get("code"))
	own.RawQuery = query.Encode()
	answer, _ := mallory.load(http.MethodGet, own.String())
	assert.Equal(t, http.StatusBadRequest, answer.StatusCode)
	assert.False(t, mallory.who().OK)
}

func TestAttackASignInLeadsNowhereElse(t *testing.T) {
	o := newOffice(t)
	for _, to := range []string{"//evil.example", `/\evil.example`, "https://evil.example", "/%2Fevil.example", "javascript:alert(1)", "/a/../..//evil.example", "\t//evil.example"} {
		b := o.browser()
		assert.Equal(t, "/", b.signIn(o.ann, to), to)
		assert.True(t, b.who().OK)
	}
	answer, _ := o.browser().load(http.MethodGet, "/login?to=/p&to=//evil.example")
	assert.Equal(t, http.StatusSeeOther, answer.StatusCode)
}

func TestAttackASessionThatWasPlantedIsNeverSomebodyElses(t *testing.T) {
	o := newOffice(t)
	mallory, victim := o.signedIn(o.mallory), o.browser()
	planted := mallory.cookie(sessionCookie)
	victim.plant(sessionCookie, planted)
	victim.signIn(o.ann, "/")
	assert.NotEqual(t, planted, victim.cookie(sessionCookie), "a fresh one at each sign-in")
	assert.Equal(t, o.ann.ID, victim.who().ID)
	assert.False(t, mallory.who().OK, "what the victim had before has ended")

	before := victim.cookie(sessionCookie)
	victim.signIn(o.ann, "/")
	assert.NotEqual(t, before, victim.cookie(sessionCookie))
	copied := o.browser()
	copied.plant(sessionCookie, before)
	assert.False(t, copied.who().OK)
}

func TestAttackACookieThatWasChangedIsNone(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.ann)
	good := b.cookie(sessionCookie)
	viewer := func(value string) bool {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.AddCookie(&http.Cookie{Name: sessionCookie, Value: value})
		_, ok := o.signin.Viewer(request)
		return ok
	}
	require.True(t, viewer(good))
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(strings.TrimRight(good, "=")) - 1
	for i := range last { // of the last letter some bits may mean nothing
		other := letters[(strings.IndexByte(letters, good[i])+1)%len(letters)]
		assert.False(t, viewer(good[:i]+string(other)+good[i+1:]), "letter %d", i)
	}
	for _, value := range []string{"", "x", good[:len(good)/2], good + good, strings.Repeat("A", 5000)} {
		assert.False(t, viewer(value), value)
	}

	begun := o.browser()
	begun.toGitHub(o.mallory, "/")
	assert.False(t, viewer(begun.cookie(attemptCookie)), "a cookie is good under its own name only")
	begun.plant(attemptCookie, good)
	answer, _ := begun.load(http.MethodGet, "/login/callback?code=x&state=")
	assert.Equal(t, http.StatusBadRequest, answer.StatusCode)

	foreign := newOffice(t)
	foreign.keys = []string{newKey}
	assert.False(t, viewer(foreign.signedIn(foreign.ann).cookie(sessionCookie)), "sealed with somebody else's key")
	insecure := newOffice(t, func(p *signin.Options) { p.PublicURL = "http://127.0.0.1:1" })
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.AddCookie(&http.Cookie{Name: "onboard-session", Value: good})
	_, ok := insecure.signin.Viewer(request)
	assert.False(t, ok)
}

func TestAttackWhatCameBackOnceIsWorthNothingASecondTime(t *testing.T) {
	o := newOffice(t)
	b := o.browser()
	back := b.toGitHub(o.ann, "/")
	kept := b.cookie(attemptCookie)
	done, _ := b.load(http.MethodGet, back)
	require.Equal(t, http.StatusSeeOther, done.StatusCode)

	again, _ := b.load(http.MethodGet, back)
	assert.Equal(t, http.StatusBadRequest, again.StatusCode, "the browser's part is used")
	thief := o.browser()
	thief.plant(attemptCookie, kept)
	replayed, _ := thief.load(http.MethodGet, back)
	assert.Equal(t, http.StatusBadRequest, replayed.StatusCode, "GitHub's part is used")
	assert.False(t, thief.who().OK)
}

func TestAttackOneSignInLeadsToOneSessionWithWhateverCodes(t *testing.T) {
	o := newOffice(t)
	b := o.browser()
	o.SignIn(o.ann)
	begun, _ := b.load(http.MethodGet, "/login")
	kept := b.cookie(attemptCookie)
	var backs []string
	for range 4 { // the same question, asked four times
		sent, _ := b.load(http.MethodGet, b.next(begun))
		backs = append(backs, b.next(sent))
	}
	var all sync.WaitGroup
	var sessions atomic.Int32
	for _, back := range backs {
		thief := o.browser()
		thief.plant(attemptCookie, kept)
		all.Go(func() {
			answer, _ := thief.load(http.MethodGet, back)
			if answer.StatusCode == http.StatusSeeOther {
				sessions.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, sessions.Load())
}

func TestAttackWhatIsTooOldIsOver(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.ann)
	value := b.cookie(sessionCookie)
	good := func() bool { // browsers drop the cookie by themselves: a thief does not
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.AddCookie(&http.Cookie{Name: sessionCookie, Value: value})
		_, ok := o.signin.Viewer(request)
		return ok
	}
	o.pass(11*time.Hour + 59*time.Minute)
	assert.True(t, good())
	o.pass(time.Minute)
	assert.False(t, good())
	o.pass(-12*time.Hour - 2*time.Minute)
	assert.False(t, good(), "nor does it begin tomorrow")

	o.later.Store(0)
	back := b.toGitHub(o.ann, "/")
	o.pass(10 * time.Minute)
	answer, _ := b.load(http.MethodGet, back)
	assert.Equal(t, http.StatusBadRequest, answer.StatusCode)
}

func TestAttackAKeyThatWasTakenOutOpensNothing(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.ann)
	o.keys = []string{newKey, oldKey}
	assert.True(t, b.who().OK, "both open")
	other := o.signedIn(o.bob)
	o.keys = []string{newKey}
	assert.False(t, b.who().OK)
	assert.True(t, other.who().OK, "the first one seals")
	o.keys = []string{oldKey}
	assert.False(t, other.who().OK)
}

// tokens are GitHub's, as far as they are in a text.
var tokens = regexp.MustCompile(`gh[ur]_[0-9a-zA-Z]+`)

func TestAttackGitHubsTokensAreNowhereToBeFound(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.ann)
	b.load(http.MethodPost, "/logout")
	b.signIn(o.ann, "/p/ann/tea")
	given := tokens.FindAllString(o.sent.String(), -1)
	require.Len(t, given, 4, "a token and one to renew it, each time")

	var shown strings.Builder
	for _, answer := range b.seen {
		if answer.Request.URL.Host == b.here().Host {
			fmt.Fprintln(&shown, answer.Header)
		}
	}
	rows, err := o.store.Read().QueryContext(t.Context(), `SELECT id FROM spent`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	ids := 0
	for rows.Next() {
		var id sql.NullString
		require.NoError(t, rows.Scan(&id))
		fmt.Fprintln(&shown, id)
		ids++
	}
	require.NoError(t, rows.Err())
	assert.Equal(t, 3, ids, "two sign-ins, and one session that ended")
	for name, text := range map[string]string{"the log": o.log.String(), "headers and database": shown.String()} {
		require.NotEmpty(t, text)
		for _, secret := range append(given, o.app.ClientSecret, oldKey) {
			assert.NotContains(t, text, secret, name)
		}
		assert.NotContains(t, text, "ann\"", name)
	}
}

func TestAttackTheNumberDecidesNotTheName(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.ann)
	assert.Equal(t, []onboarding.Role{onboarding.CoreCommitter}, b.who().Roles)
	o.RenameUser(o.ann, "anna")
	o.RenameUser(o.mallory, "ann")
	claimed := o.signedIn(o.mallory)
	assert.Equal(t, shown{ID: o.mallory.ID, OK: true}, claimed.who(), "the name gives nothing")
	assert.Equal(t, o.ann.ID, b.who().ID, "the session is still hers")

	bob := o.signedIn(o.bob)
	o.RenameUser(o.bob, "bobby")
	assert.Equal(t, []onboarding.Role{onboarding.CoreCommitter}, bob.who().Roles, "he is in the team, whatever he is called")
}

func TestAttackWhoLosesARoleLosesWhatItOpens(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.bob)
	assert.NotEmpty(t, b.who().Roles)
	o.RemoveMember(o.core, o.bob)
	o.pass(4 * time.Minute)
	assert.NotEmpty(t, b.who().Roles, "answers are kept for five minutes")
	o.pass(time.Minute)
	assert.Empty(t, b.who().Roles)
	assert.True(t, b.who().OK, "and stays signed in")

	o.AddMember(o.core, o.bob)
	o.roles.Forget("acme") // an event about the team came
	assert.NotEmpty(t, b.who().Roles)
	o.RemoveMember(o.core, o.bob)
	o.roles.Forget("acme")
	assert.Empty(t, b.who().Roles, "at once")
}

func TestAttackWhileRolesCannotBeToldNobodyHasThem(t *testing.T) {
	o := newOffice(t)
	b := o.signedIn(o.bob)
	assert.NotEmpty(t, b.who().Roles)
	defer o.Inject(outage)()
	o.pass(6 * time.Minute)
	assert.Equal(t, shown{ID: o.bob.ID, OK: true, Unsure: true}, b.who())
	assert.Contains(t, o.log.String(), "cannot tell all roles")
}

func TestAttackNoOtherSiteSignsSomebodyOut(t *testing.T) {
	for name, test := range map[string]struct {
		headers []string
		refused bool
	}{
		"the site itself":                    {[]string{"Sec-Fetch-Site", "same-origin"}, false},
		"no browser":                         {nil, false},
		"another site":                       {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, true},
		"another port or host of this site":  {[]string{"Sec-Fetch-Site", "same-site"}, true},
		"another site, from an old browser":  {[]string{"Origin", "https://evil.example"}, true},
		"a page of no site, from an old one": {[]string{"Origin", "null"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			b := o.signedIn(o.ann)
			answer, _ := b.load(http.MethodPost, "/logout", test.headers...)
			assert.Equal(t, test.refused, answer.StatusCode == http.StatusForbidden)
			assert.Equal(t, test.refused, b.who().OK)
		})
	}
}
