// Package signin lets people say who they are by GitHub, and says who may see
// what. A person is their numeric id (S10); which roles they have is asked at each
// look.
//
// What the App knows of a browser is in two cookies, signed and encrypted: one for
// the minutes of signing in, one for the session. Only what is over before its time
// is noted elsewhere, see [Spender]. GitHub's token is asked once who signed in and
// then forgotten (S20).
package signin

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/oauth2"

	"github.com/onboard-app/onboard/app/onboarding"
)

// The paths that [SignIn.Routes] serves. GitHub knows CallbackPath as the App's
// callback URL.
const (
	LoginPath    = "/login"
	CallbackPath = LoginPath + "/callback"
	LogoutPath   = "/logout"
)

// Bounds of what is in cookies.
const (
	sessionAge = 12 * time.Hour   // from signing in, however busy somebody is
	attemptAge = 10 * time.Minute // as GitHub's codes
)

// Options are what a SignIn needs. It is off, and says why, without ClientID and
// ClientSecret, without a PublicURL that nobody can listen to, and without
// CookieKeys if there are several Replicas. A single process makes a key for
// itself: a restart signs everybody out.
type Options struct {
	WebURL       string          // GitHub for people
	PublicURL    string          // where people reach the App; of https, cookies are for https alone
	ClientID     string          // of the GitHub App
	ClientSecret func() string   // as it is now
	CookieKeys   func() []string // as they are now: the first one seals, all open; each of 32 characters or more
	Replicas     int             // processes that serve the same people
	Spent        Spender

	// Whose asks GitHub who the person is that a token was given for.
	Whose func(ctx context.Context, token string) (onboarding.Person, error)
	// Roles returns a person's roles; on an error those that are certain.
	Roles func(ctx context.Context, person onboarding.Person) ([]onboarding.Role, error)
	// Reads asks GitHub whether a person may read a repository.
	Reads func(ctx context.Context, repository Repository, person onboarding.Person) (bool, error)

	// Page shows a message; nil for plain text.
	Page func(w http.ResponseWriter, r *http.Request, status int, m Message)
	// Transport is how GitHub is reached; nil for the usual one.
	Transport http.RoundTripper
	// Now is the clock; nil for ours.
	Now func() time.Time
}

// Spender notes, for all replicas, what is over before its time: sessions that were
// signed out, sign-ins that were used.
type Spender interface {
	// Spend notes an id until that time; first is false if it was noted before.
	Spend(ctx context.Context, id string, now, until time.Time) (first bool, err error)
	// Spent tells whether an id was noted.
	Spent(ctx context.Context, id string) (bool, error)
}

// SignIn signs people in and out, and knows who they are. It is safe for concurrent
// use.
type SignIn struct {
	options Options
	off     string
	secure  bool
	seals   *seals
	reads   *reads
	client  *http.Client // asks for tokens
}

// New makes a SignIn; nothing is asked of GitHub yet.
func New(options Options) *SignIn {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Page == nil {
		options.Page = plain
	}
	return &SignIn{
		options: options, off: off(options), secure: strings.HasPrefix(strings.ToLower(options.PublicURL), "https://"),
		seals: newSeals(options.CookieKeys), reads: newReads(options.Reads, options.Now),
		client: &http.Client{
			Transport: cmp.Or(options.Transport, http.DefaultTransport), Timeout: 10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the secret goes to GitHub alone
		},
	}
}

// off is why nobody can sign in; "" if people can.
func off(o Options) string {
	switch {
	case o.ClientID == "" || o.ClientSecret() == "":
		return "Sign-in is off: github.oauth.client_id and github.oauth.client_secret are not set."
	case o.PublicURL == "":
		return "Sign-in is off: server.public_url is not set."
	case !safe(o.PublicURL):
		return "Sign-in is off: server.public_url is not https, so that others on the way could sign in as somebody."
	case o.Replicas > 1 && len(o.CookieKeys()) == 0:
		return "Sign-in is off: server.cookie_keys is not set, which several replicas need."
	}
	return ""
}

// safe tells whether nobody can listen: over https, or on this machine.
func safe(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback())
}

// Off is why nobody can sign in, in a sentence for people; "" if they can.
func (s *SignIn) Off() string { return s.off }

// Link is the path that signs in and comes back to a path of the App.
func Link(back string) string {
	return LoginPath + "?" + toParameter + "=" + url.QueryEscape(local(back))
}

// Routes serves the pages of signing in and out.
func (s *SignIn) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+LoginPath, s.login)
	mux.HandleFunc("GET "+CallbackPath, s.callback)
	mux.Handle("POST "+LogoutPath, http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.logout)))
}

// Viewer returns who sent a request; ok is false for everybody who is not signed
// in, and while that cannot be told.
func (s *SignIn) Viewer(r *http.Request) (v Viewer, ok bool) {
	session, ok := s.session(r)
	if !ok {
		return Viewer{}, false
	}
	v.Person = onboarding.Person{ID: session.Person, Login: session.Login}
	roles, err := s.options.Roles(r.Context(), v.Person)
	if err != nil { // those who have to mend it are told by /readyz
		zerolog.Ctx(r.Context()).Warn().Err(err).Int64("person", session.Person).Msg("cannot tell all roles of somebody who is signed in")
		v.Unsure = true
	}
	v.Roles = roles
	return v, true
}

// oauth is the App as OAuth sees it.
func (s *SignIn) oauth() *oauth2.Config {
	site := strings.TrimSuffix(s.options.WebURL, "/")
	return &oauth2.Config{
		ClientID: s.options.ClientID, ClientSecret: s.options.ClientSecret(), RedirectURL: strings.TrimSuffix(s.options.PublicURL, "/") + CallbackPath,
		Endpoint: oauth2.Endpoint{
			AuthURL: site + "/login/oauth/authorize", TokenURL: site + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}
