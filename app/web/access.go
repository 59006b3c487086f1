package web

import (
	"fmt"
	"net/http"
	"path"
	"slices"

	"github.com/onboard-app/onboard/app/onboarding"
)

// forRoles lets those see a page who have a role, whatever role.
func forRoles(read func(*visit) (page, error)) func(*visit) (page, error) {
	return func(v *visit) (page, error) {
		if len(v.visitor.Roles) == 0 {
			return page{}, refusal(v.visitor, "the reviewing team")
		}
		return read(v)
	}
}

// isAdmin tells whether somebody may do what operators do (S23).
func (v Visitor) isAdmin() bool { return v.SignedIn() && slices.Contains(v.Roles, onboarding.Admin) }

// refusal is the answer to who may not see or do something that is no secret.
func refusal(visitor Visitor, who string) *failure {
	f := &failure{status: http.StatusForbidden, Title: "This is for " + who, What: "Sign in as somebody who belongs to them."}
	if visitor.SignedIn() {
		f.What = fmt.Sprintf("You are signed in as %s, whom the configuration does not count among them at present.", visitor.Person.Login)
	}
	return f
}

// maxForm bounds what a form of these pages may send, in bytes.
const maxForm = 64 << 10

// action is something that an admin does on a page: a form's POST, answered with
// the page again. It returns a word for what came of it, which the page puts into
// a sentence; "" fails as err says.
type action func(v *visit) (came string, err error)

// act adds an action to the page whose path it begins with. Only admins may do it,
// the URL says no more than which page it is on, and whoever serves the pages sees to
// it that no other site sends it (Go's [http.CrossOriginProtection]).
func (w *Web) act(mux *http.ServeMux, pattern string, do action) {
	mux.HandleFunc("POST "+pattern, func(out http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(out, r.Body, maxForm)
		w.serve(out, r, func(v *visit) error {
			if !v.visitor.isAdmin() {
				return refusal(v.visitor, "admins")
			}
			came, err := do(v)
			if err == nil {
				http.Redirect(out, r, path.Dir(r.URL.EscapedPath())+"?done="+came, http.StatusSeeOther) //nolint:gosec // it begins as the pattern does
			}
			return err
		})
	})
}
