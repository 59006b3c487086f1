package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/oauth2"

	"github.com/onboard-app/onboard/app/onboarding"
)

// toParameter names the path to come back to, in a link to LoginPath.
const toParameter = "to"

// maxCode bounds a code, in bytes; GitHub's have 20.
const maxCode = 512

// login sends the browser to GitHub.
func (s *SignIn) login(w http.ResponseWriter, r *http.Request) {
	private(w)
	if s.closed(w, r) {
		return
	}
	begun := attempt{State: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: local(r.URL.Query().Get(toParameter)), At: s.options.Now().UnixMilli()}
	if err := s.set(w, attemptCookie, begun, attemptAge); err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, s.oauth().AuthCodeURL(begun.State, oauth2.S256ChallengeOption(begun.Verifier)), http.StatusSeeOther)
}

// callback is where GitHub sends the browser back to.
func (s *SignIn) callback(w http.ResponseWriter, r *http.Request) {
	private(w)
	if s.closed(w, r) {
		return
	}
	begun, ok := s.attempt(r)
	query := r.URL.Query()
	if !ok || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(begun.State)) != 1 {
		s.options.Page(w, r, http.StatusBadRequest, notBegun)
		return
	}
	s.clear(w, attemptCookie)
	if query.Get("error") == "access_denied" {
		s.options.Page(w, r, http.StatusForbidden, denied)
		return
	}
	if err := s.begin(w, r, begun); err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, begun.To, http.StatusSeeOther)
}

// begin begins a session of the person that GitHub sent back. Of one sign-in there
// is one session at most, and whatever session the browser had before ends.
func (s *SignIn) begin(w http.ResponseWriter, r *http.Request, begun attempt) error {
	person, err := s.person(r, begun)
	if err != nil {
		return err
	}
	now := s.options.Now()
	first, err := s.options.Spent.Spend(r.Context(), "login/"+begun.State, now, time.UnixMilli(begun.At).Add(attemptAge+drift))
	if err == nil && !first {
		err = errUsed
	}
	if before, ok := s.session(r); err == nil && ok {
		err = s.end(r.Context(), before)
	}
	if err != nil {
		return err
	}
	began := session{ID: "session/" + rand.Text(), Person: person.ID, Login: person.Login, At: now.UnixMilli()}
	if err := s.set(w, sessionCookie, began, sessionAge); err != nil {
		return err
	}
	zerolog.Ctx(r.Context()).Info().Int64("person", person.ID).Msg("signed in")
	return nil
}

// person asks GitHub whom it sent back. The token that this takes ends here.
func (s *SignIn) person(r *http.Request, begun attempt) (onboarding.Person, error) {
	query := r.URL.Query()
	if query.Has("error") || len(query.Get("code")) > maxCode {
		return onboarding.Person{}, refusal(query.Get("error"))
	}
	ctx := context.WithValue(r.Context(), oauth2.HTTPClient, s.client)
	token, err := s.oauth().Exchange(ctx, query.Get("code"), oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return onboarding.Person{}, refused(err)
	}
	return s.options.Whose(r.Context(), token.AccessToken)
}

// refused says why there is no token, without what GitHub's answer held (S20).
func refused(err error) error {
	var answer *oauth2.RetrieveError
	switch {
	case errors.As(err, &answer) && answer.ErrorCode != "":
		return refusal(answer.ErrorCode)
	case errors.As(err, &answer):
		return fmt.Errorf("exchange a code for a token: GitHub answers %s", answer.Response.Status)
	}
	return fmt.Errorf("exchange a code for a token: %w", err)
}

// logout ends the session, also for other browsers that have its cookie.
func (s *SignIn) logout(w http.ResponseWriter, r *http.Request) {
	private(w)
	s.clear(w, sessionCookie)
	if session, ok := s.session(r); ok {
		if err := s.end(r.Context(), session); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// end notes that a session is over.
func (s *SignIn) end(ctx context.Context, old session) error {
	_, err := s.options.Spent.Spend(ctx, old.ID, s.options.Now(), time.UnixMilli(old.At).Add(sessionAge+drift))
	return err //nolint:wrapcheck // it says what failed
}

// private keeps an answer out of caches, and its address, which may hold a code,
// from those whom the next page leads to.
func private(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}
