package fakegithub

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// How long what the web flow hands out lives: a code by the OAuth documentation,
// tokens by "refreshing user access tokens".
const (
	codeTTL         = 10 * time.Minute
	userTokenTTL    = 8 * time.Hour
	refreshTokenTTL = 184 * 24 * time.Hour
)

// code is what a person's browser carries back to an App, for one exchange.
type code struct {
	app         *App
	user        *User
	redirectURI string // as asked for
	challenge   string // of PKCE; "" if none was given
	expiresAt   time.Time
}

// userToken is what an App acts with for a person.
type userToken struct {
	user      *User
	expiresAt time.Time
	limit     allowance
}

// SetCallbackURLs says where browsers may be sent after signing in; the first is
// where they go if nothing else is asked for.
func (g *GitHub) SetCallbackURLs(app *App, urls ...string) {
	defer g.lock()()
	app.callbacks = slices.Clone(urls)
}

// SignIn has whoever comes to GitHub's sign-in page be that person, who agreed
// before; nil has the page ask. Nothing is kept in the browser: its cookies know
// no ports, so that they would be the App's, too.
func (g *GitHub) SignIn(u *User) {
	defer g.lock()()
	g.signedIn = u
}

// oauthPages are the pages of the web flow, beside the API. What they do is by
// GitHub's documentation ("Generating a user access token for a GitHub App" and
// the two about errors): its description of the REST API does not know them.
func oauthPages() map[string]download {
	const authorize, exchange = "/login/oauth/authorize", "/login/oauth/access_token"
	return map[string]download{
		"GET " + authorize:  {authorize, (*GitHub).askForConsent},
		"POST " + authorize: {authorize, (*GitHub).consent},
		"POST " + exchange:  {exchange, (*GitHub).exchangeCode},
	}
}

// askForConsent lists the people whom somebody may be, or sends on who is signed in.
func (g *GitHub) askForConsent(r *http.Request) answer {
	app, refusal := g.asked(r.URL.Query())
	if app == nil {
		return refusal
	}
	if g.signedIn != nil {
		return g.sendBack(app, g.signedIn, r.URL.Query())
	}
	var people []string
	for _, u := range g.users {
		if u.Type == "User" {
			people = append(people, u.Login)
		}
	}
	slices.Sort(people)
	var page strings.Builder
	if err := consentPage.Execute(&page, object{"App": app.Slug, "People": people, "Self": r.URL.RequestURI()}); err != nil {
		panic(fmt.Sprintf("fakegithub: write the sign-in page: %v", err)) // a mistake in this package
	}
	return answer{status: http.StatusOK, raw: []byte(page.String()), header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}}
}

var consentPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in to the simulated GitHub</title>
<h1>Sign in to {{.App}}</h1>
<p>This is the simulated GitHub. Who are you?</p>
<form method="post" action="{{.Self}}">
{{range .People}}<p><button name="as" value="{{.}}">{{.}}</button></p>
{{end}}<p><button name="as" value="">Cancel</button></p>
</form></html>
`))

// consent takes the click on that page.
func (g *GitHub) consent(r *http.Request) answer {
	app, refusal := g.asked(r.URL.Query())
	if app == nil {
		return refusal
	}
	u := g.users[strings.ToLower(r.PostFormValue("as"))]
	if u == nil || u.Type != "User" {
		return callback(app, r.URL.Query(), object{"error": "access_denied", "error_description": "The user has denied your application access."})
	}
	return g.sendBack(app, u, r.URL.Query())
}

// asked is the App that wants to know who somebody is; nil if it asks wrongly.
func (g *GitHub) asked(query url.Values) (*App, answer) {
	app := g.appOf(query.Get("client_id"))
	switch method := query.Get("code_challenge_method"); {
	case app == nil || len(app.callbacks) == 0:
		return nil, notHere()
	case query.Has("redirect_uri") && !slices.Contains(app.callbacks, query.Get("redirect_uri")):
		query.Del("redirect_uri")
		return nil, callback(app, query, object{
			"error": "redirect_uri_mismatch", "error_description": "The redirect_uri MUST match the registered callback URL for this application.",
		})
	case query.Has("code_challenge") && (method != "S256" || len(query.Get("code_challenge")) != 43):
		return nil, answer{status: http.StatusBadRequest, raw: []byte("code_challenge must be an S256 one"), header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}}
	}
	return app, answer{}
}

// sendBack sends the browser back to the App with a code.
func (g *GitHub) sendBack(app *App, u *User, query url.Values) answer {
	text := opaque(10)
	g.codes[text] = code{app, u, query.Get("redirect_uri"), query.Get("code_challenge"), g.wall().Add(codeTTL)}
	return callback(app, query, object{"code": text, "iss": g.html("/login/oauth")})
}

// callback sends the browser to the App's address with the state it came with.
func callback(app *App, query url.Values, say object) answer {
	to := app.callbacks[0]
	if query.Get("redirect_uri") != "" {
		to = query.Get("redirect_uri")
	}
	parameters := url.Values{}
	for name, value := range say {
		parameters.Set(name, fmt.Sprint(value))
	}
	if query.Get("state") != "" {
		parameters.Set("state", query.Get("state"))
	}
	return redirect(to + "?" + parameters.Encode())
}

// exchangeCode makes a token of a code. What GitHub refuses here it answers with 200
// and an error in the body, in the form that the caller accepts.
func (g *GitHub) exchangeCode(r *http.Request) answer {
	app := g.appOf(r.PostFormValue("client_id"))
	given, known := g.codes[r.PostFormValue("code")]
	switch sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier"))); {
	case app == nil:
		return notHere()
	case !same(r.PostFormValue("client_secret"), app.ClientSecret):
		return exchanged(r, object{
			"error": "incorrect_client_credentials", "error_description": "The client_id and/or client_secret passed are incorrect.",
		})
	case !known || given.app != app || !g.wall().Before(given.expiresAt),
		given.challenge != "" && !same(given.challenge, base64.RawURLEncoding.EncodeToString(sum[:])): // which error is ours
		return exchanged(r, object{"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."})
	case r.PostFormValue("redirect_uri") != "" && r.PostFormValue("redirect_uri") != given.redirectURI:
		return exchanged(r, object{
			"error": "redirect_uri_mismatch", "error_description": "The redirect_uri MUST match the registered callback URL for this application.",
		})
	}
	delete(g.codes, r.PostFormValue("code"))
	token := "ghu_" + opaque(18)
	g.userTokens[token] = &userToken{user: given.user, expiresAt: g.wall().Add(userTokenTTL), limit: allowance{limit: defaultLimit}}
	return exchanged(r, object{
		"access_token": token, "token_type": "bearer", "scope": "", "expires_in": int(userTokenTTL.Seconds()),
		"refresh_token": "ghr_" + opaque(38), "refresh_token_expires_in": int(refreshTokenTTL.Seconds()),
	})
}

// exchanged writes what is said as the caller wants it: as a form, or as JSON.
func exchanged(r *http.Request, say object) answer {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Accept"))
	if kind == "application/json" {
		return answer{status: http.StatusOK, raw: encode(say), header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}}
	}
	form := url.Values{}
	for name, value := range say {
		form.Set(name, fmt.Sprint(value))
	}
	return answer{status: http.StatusOK, raw: []byte(form.Encode()), header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}}
}

func (g *GitHub) appOf(clientID string) *App {
	if i := slices.IndexFunc(g.apps, func(a *App) bool { return a.ClientID == clientID }); i >= 0 {
		return g.apps[i]
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// opaque is a random text of twice as many hexadecimal digits.
func opaque(bytes int) string {
	data := make([]byte, bytes)
	_, _ = rand.Read(data) // never fails
	return fmt.Sprintf("%x", data)
}

// getAuthenticatedUser tells a person's token whose it is.
func (q *request) getAuthenticatedUser() (answer, error) {
	return reply(http.StatusOK, q.github.fullUserJSON(q.user.user)), nil
}
