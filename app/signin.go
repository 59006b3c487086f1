package app

import (
	"context"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/web"
	"github.com/onboard-app/onboard/app/web/signin"
)

// CallbackPath is where GitHub sends people back to when they sign in: with
// server.public_url before it, it is the App's callback URL.
const CallbackPath = signin.CallbackPath

// newSignIn makes what signs people in to the pages at a URL, and says in the log
// if nobody can: the App works without.
func (a *App) newSignIn(publicURL string) *signin.SignIn {
	oauth := a.config.GitHub.OAuth
	s := signin.New(signin.Options{
		WebURL: a.config.GitHub.WebURL, PublicURL: publicURL, ClientID: oauth.ClientID,
		ClientSecret: func() string { return a.client.get().Reveal() }, CookieKeys: func() []string { return a.cookies.get().lines() },
		Replicas: a.config.Replicas, Spent: a.store, Whose: a.github.Whose, Roles: a.roles.Of,
		Reads: func(ctx context.Context, r signin.Repository, person onboarding.Person) (bool, error) {
			return a.github.MayRead(ctx, r.Installation, r.Owner, r.Name, person)
		},
		Page: func(w http.ResponseWriter, r *http.Request, status int, m signin.Message) {
			a.pages.Tell(w, r, status, web.Message(m))
		},
		Now: a.now,
	})
	if off := s.Off(); off != "" {
		a.log.Info().Msg(off)
	}
	return s
}

// visitors are those of the pages, as people who sign in.
type visitors struct {
	signin *signin.SignIn
	store  *store.Store
}

var _ web.Visitors = visitors{}

// Visitor is who sends a request.
func (v visitors) Visitor(r *http.Request) (web.Visitor, error) {
	viewer, _ := v.signin.Viewer(r) // nobody: it logs what it could not tell
	return web.Visitor{Person: viewer.Person, Roles: viewer.Roles}, nil
}

// MaySee tells whether a visitor may see what is about a private repository. What
// GitHub could not say is a no like any other: an answer of its own would tell that
// there is such a repository (S20).
func (v visitors) MaySee(ctx context.Context, visitor web.Visitor, r store.Repository) (bool, error) {
	record, _, err := v.store.Onboarding(ctx, r.ID)
	if err != nil {
		return false, err
	}
	may, err := v.signin.MaySee(ctx, signin.Viewer{Person: visitor.Person, Roles: visitor.Roles}, signin.Repository{
		ID: r.ID, Installation: r.Installation, Owner: r.Owner, Name: r.Name, Private: true, Involved: []int64{record.Author.ID, record.Starter.ID},
	})
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Int64("person", visitor.Person.ID).Int64("repository", r.ID).Msg("cannot tell whether somebody may see a private repository")
	}
	return may, nil
}

// SignIn is the path at which people sign in, or are told why nobody can.
func (visitors) SignIn(to string) string { return signin.Link(to) }
