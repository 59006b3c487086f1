package signin

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/rs/zerolog"
)

// The names of the cookies, after "__Host-" where they are for https alone: no
// other host, no other port over http and no folder can set such a one.
const (
	sessionCookie = "onboard-session"
	attemptCookie = "onboard-login"
	hostPrefix    = "__Host-"
)

// session is who is signed in, as a cookie keeps it.
type session struct {
	ID     string // of the session, which no other one has
	Person int64  // numeric id on GitHub
	Login  string // as it was at the beginning: to greet them, never to decide
	At     int64  // when it began, in milliseconds
}

// attempt is a sign-in that has begun, as a cookie keeps it. It binds what comes
// back from GitHub to the browser that was sent there.
type attempt struct {
	State    string
	Verifier string // of PKCE
	To       string // the path to come back to
	At       int64  // when it began, in milliseconds
}

// seals seals and opens what is in cookies: nobody else can read or change it.
type seals struct {
	keys func() []string

	mu     sync.Mutex
	made   []string // the keys that codecs are made of
	codecs []securecookie.Codec
}

// newSeals makes a key for this process if there are no others.
func newSeals(keys func() []string) *seals {
	own := []string{rand.Text() + rand.Text()}
	return &seals{keys: func() []string {
		if configured := keys(); len(configured) > 0 {
			return configured
		}
		return own
	}}
}

func (s *seals) seal(name string, value any) (string, error) {
	codecs, err := s.now()
	if err != nil {
		return "", err
	}
	text, err := securecookie.EncodeMulti(name, value, codecs[0])
	if err != nil {
		return "", fmt.Errorf("seal the cookie %s: %w", name, err)
	}
	return text, nil
}

func (s *seals) open(name, text string, into any) error {
	codecs, err := s.now()
	if err != nil {
		return err
	}
	if err := securecookie.DecodeMulti(name, text, into, codecs...); err != nil {
		return fmt.Errorf("open the cookie %s: %w", name, err)
	}
	return nil
}

// now are the codecs of the keys as they are now.
func (s *seals) now() ([]securecookie.Codec, error) {
	keys := s.keys()
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Equal(keys, s.made) {
		return s.codecs, nil
	}
	var codecs []securecookie.Codec
	for _, key := range keys {
		sign, err := hkdf.Key(sha256.New, []byte(key), nil, "onboard cookies: sign", 32)
		if err != nil {
			return nil, fmt.Errorf("make a key for cookies: %w", err)
		}
		encrypt, err := hkdf.Key(sha256.New, []byte(key), nil, "onboard cookies: encrypt", 32)
		if err != nil {
			return nil, fmt.Errorf("make a key for cookies: %w", err)
		}
		codecs = append(codecs, securecookie.New(sign, encrypt).MaxAge(0)) // the age is in the value, by our clock
	}
	s.made, s.codecs = slices.Clone(keys), codecs
	return codecs, nil
}

// cookie is a cookie of ours as it is sent.
func (s *SignIn) cookie(name, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // secure wherever people come by https
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode, // strict would lose it on the way from GitHub
	}
}

func (s *SignIn) cookieName(name string) string {
	if s.secure {
		return hostPrefix + name
	}
	return name
}

// set puts a sealed value into a cookie.
func (s *SignIn) set(w http.ResponseWriter, name string, value any, age time.Duration) error {
	text, err := s.seals.seal(s.cookieName(name), value)
	if err == nil {
		http.SetCookie(w, s.cookie(name, text, age))
	}
	return err
}

// clear takes a cookie back.
func (s *SignIn) clear(w http.ResponseWriter, name string) {
	http.SetCookie(w, s.cookie(name, "", -time.Second))
}

// read opens a cookie; ok is false if there is none of that name that is ours.
func (s *SignIn) read(r *http.Request, name string, into any) bool {
	for _, c := range r.CookiesNamed(s.cookieName(name)) {
		err := s.seals.open(c.Name, c.Value, into)
		if err == nil {
			return true
		}
		zerolog.Ctx(r.Context()).Debug().Err(err).Msg("a cookie is not ours, or its key is gone")
	}
	return false
}

// session returns the session of a request, if it has a good one.
func (s *SignIn) session(r *http.Request) (session, bool) {
	var found session
	if s.off != "" || !s.read(r, sessionCookie, &found) || found.Person == 0 || !s.young(found.At, sessionAge) {
		return session{}, false
	}
	spent, err := s.options.Spent.Spent(r.Context(), found.ID)
	if err != nil {
		zerolog.Ctx(r.Context()).Error().Err(err).Msg("cannot tell whether a session was signed out")
	}
	return found, err == nil && !spent
}

// attempt returns the sign-in that the browser of a request has begun, if that was
// a short while ago.
func (s *SignIn) attempt(r *http.Request) (attempt, bool) {
	var begun attempt
	ok := s.read(r, attemptCookie, &begun) && begun.State != "" && s.young(begun.At, attemptAge)
	return begun, ok
}

// drift is how far the clocks of replicas may be apart.
const drift = time.Minute

// young tells whether a time is not longer ago than this, nor to come.
func (s *SignIn) young(ms int64, age time.Duration) bool {
	old := s.options.Now().Sub(time.UnixMilli(ms))
	return old < age && old > -drift
}
