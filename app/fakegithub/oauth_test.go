package fakegithub_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	home     = "http://127.0.0.1:9/login/callback"
	verifier = "a-verifier-of-at-least-forty-three-characters"
)

// challenge is what PKCE makes of the verifier.
func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// asking is how an App sends a browser to GitHub.
func (w *world) asking(change url.Values) url.Values {
	w.SetCallbackURLs(w.app, home, home+"2")
	query := url.Values{
		"client_id": {w.app.ClientID}, "redirect_uri": {home}, "state": {"st"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}
	return with(query, change)
}

func with(query, change url.Values) url.Values {
	for name, values := range change {
		if query[name] = values; values == nil {
			delete(query, name)
		}
	}
	return query
}

// page loads a page of GitHub's, following nothing.
func (w *world) page(method, path string, query url.Values, form url.Values, headers ...string) (status int, location *url.URL, body string) {
	w.t.Helper()
	request, err := http.NewRequest(method, w.url+path+"?"+query.Encode(), strings.NewReader(form.Encode()))
	require.NoError(w.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := w.http.Transport.RoundTrip(request)
	require.NoError(w.t, err)
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	require.NoError(w.t, err)
	location, _ = answer.Location()
	return answer.StatusCode, location, string(raw)
}

// code is what Ada's browser brings back.
func (w *world) code(change url.Values) string {
	w.t.Helper()
	w.SignIn(w.author)
	status, location, _ := w.page("GET", "/login/oauth/authorize", w.asking(change), nil)
	require.Equal(w.t, http.StatusFound, status)
	return location.Query().Get("code")
}

// exchange asks for a token as JSON.
func (w *world) exchange(code string, change url.Values) object {
	w.t.Helper()
	form := with(url.Values{
		"client_id": {w.app.ClientID}, "client_secret": {w.app.ClientSecret}, "code": {code}, "redirect_uri": {home}, "code_verifier": {verifier},
	}, change)
	status, _, body := w.page("POST", "/login/oauth/access_token", nil, form, "Accept", "application/json")
	require.Equal(w.t, http.StatusOK, status, "what is refused, too")
	var said object
	require.NoError(w.t, json.Unmarshal([]byte(body), &said))
	return said
}

func TestACodeIsGoodForATokenThatKnowsItsPersonOnce(t *testing.T) {
	w := newWorld(t)
	code := w.code(nil)
	said := w.exchange(code, nil)
	assert.Equal(t, "bearer", said["token_type"])
	token := said["access_token"].(string)
	assert.True(t, strings.HasPrefix(token, "ghu_"))
	assert.Equal(t, "bad_verification_code", w.exchange(code, nil)["error"])

	user, err := w.send("GET", "/user", token, nil)
	require.NoError(t, err)
	assert.Equal(t, "Ada", user.object["login"])
	assert.EqualValues(t, w.author.ID, user.object["id"])
	calls := w.Calls()
	assert.Equal(t, "user/Ada", calls[len(calls)-1].Actor)
	elsewhere, err := w.send("GET", "/repos/Ada/mattermost-plugin-tea", token, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, elsewhere.status)
	assert.Equal(t, http.StatusForbidden, w.call("GET", "/user", nil).status, "an installation is nobody")
	w.token = ""
	assert.Equal(t, http.StatusUnauthorized, w.call("GET", "/user", nil).status)
	w.advance(8 * time.Hour)
	user, err = w.send("GET", "/user", token, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, user.status)
}

func TestWhatCannotBeExchangedIsSaidAsGitHubDoes(t *testing.T) {
	for name, test := range map[string]struct {
		asked, given url.Values
		after        time.Duration
		want         any
	}{
		"all is right":                       {want: nil},
		"without PKCE":                       {asked: url.Values{"code_challenge": nil, "code_challenge_method": nil}, given: url.Values{"code_verifier": nil}, want: nil},
		"the first address, not asked for":   {asked: url.Values{"redirect_uri": nil}, given: url.Values{"redirect_uri": nil}, want: nil},
		"a minute before it expires":         {after: 9 * time.Minute, want: nil},
		"a wrong code":                       {given: url.Values{"code": {"0"}}, want: "bad_verification_code"},
		"ten minutes later":                  {after: 10 * time.Minute, want: "bad_verification_code"},
		"a wrong verifier":                   {given: url.Values{"code_verifier": {"x"}}, want: "bad_verification_code"},
		"no verifier":                        {given: url.Values{"code_verifier": nil}, want: "bad_verification_code"},
		"a wrong secret":                     {given: url.Values{"client_secret": {"x"}}, want: "incorrect_client_credentials"},
		"another address than was asked for": {given: url.Values{"redirect_uri": {home + "2"}}, want: "redirect_uri_mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			code := w.code(test.asked)
			w.advance(test.after)
			assert.Equal(t, test.want, w.exchange(code, test.given)["error"])
		})
	}
}

func TestATokenComesAsAFormUnlessJSONIsAcceptedAndOnlyForAnAppThatExists(t *testing.T) {
	w := newWorld(t)
	form := url.Values{"client_id": {w.app.ClientID}, "client_secret": {w.app.ClientSecret}, "code": {"0"}}
	_, _, body := w.page("POST", "/login/oauth/access_token", nil, form)
	said, err := url.ParseQuery(body)
	require.NoError(t, err)
	assert.Equal(t, "bad_verification_code", said.Get("error"))
	status, _, _ := w.page("POST", "/login/oauth/access_token", nil, url.Values{"client_id": {"0"}})
	assert.Equal(t, http.StatusNotFound, status)
}

func TestWhoIsNotSignedInChoosesWhoTheyAre(t *testing.T) {
	w := newWorld(t)
	w.CreateUser("bob")
	status, _, page := w.page("GET", "/login/oauth/authorize", w.asking(nil), nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, `value="Ada"`)
	assert.NotContains(t, page, "onboard[bot]")
	action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(page)
	require.NotNil(t, action)
	to, err := url.Parse(html.UnescapeString(action[1]))
	require.NoError(t, err)
	_, location, _ := w.page("POST", to.Path, to.Query(), url.Values{"as": {"bob"}})
	assert.Equal(t, home, "http://"+location.Host+location.Path)
	assert.Equal(t, "st", location.Query().Get("state"))
	assert.Equal(t, w.url+"/login/oauth", location.Query().Get("iss"))
	user, err := w.send("GET", "/user", w.exchange(location.Query().Get("code"), nil)["access_token"].(string), nil)
	require.NoError(t, err)
	assert.Equal(t, "bob", user.object["login"])

	_, location, _ = w.page("POST", "/login/oauth/authorize", w.asking(nil), url.Values{"as": {""}})
	assert.Equal(t, "access_denied", location.Query().Get("error"))
	assert.Equal(t, "st", location.Query().Get("state"))
	assert.Empty(t, location.Query().Get("code"))
}

func TestTheSignInPageRefusesWhatGitHubRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change url.Values
		status int
		error  string
	}{
		"an App that there is not":        {url.Values{"client_id": {"0"}}, http.StatusNotFound, ""},
		"an address that is not its":      {url.Values{"redirect_uri": {"http://127.0.0.1:9/login"}}, http.StatusFound, "redirect_uri_mismatch"},
		"an empty address":                {url.Values{"redirect_uri": {""}}, http.StatusFound, "redirect_uri_mismatch"},
		"a challenge that is no hash":     {url.Values{"code_challenge": {"x"}}, http.StatusBadRequest, ""},
		"a challenge of another method":   {url.Values{"code_challenge_method": {"plain"}}, http.StatusBadRequest, ""},
		"a challenge that says no method": {url.Values{"code_challenge_method": nil}, http.StatusBadRequest, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.SignIn(w.author)
			for _, method := range []string{"GET", "POST"} {
				status, location, _ := w.page(method, "/login/oauth/authorize", w.asking(test.change), url.Values{"as": {"Ada"}})
				assert.Equal(t, test.status, status)
				if test.error != "" {
					assert.Equal(t, test.error, location.Query().Get("error"))
					assert.Equal(t, home, "http://"+location.Host+location.Path)
				}
			}
		})
	}
}
