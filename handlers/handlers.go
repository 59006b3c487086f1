// Package handlers answers GitHub's webhook events: one file for each, named
// after it, and command.go with the table of /onboard commands.
//
// A handler decodes its event, authorises the sender and records what was
// decided. It publishes nothing: the queue looks at the repository afterwards,
// and package reconcile makes GitHub show what is on record.
package handlers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/palantir/go-githubapp/githubapp"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// Handler handles one webhook event.
type Handler interface {
	githubapp.EventHandler

	// Concerns tells whether Onboard has anything to do about an event, and what it
	// is about. It runs before the event is stored, so it is quick and asks GitHub
	// nothing. The error is ErrMalformed if the payload is not the event's.
	Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error)
}

// Skimmer is a Handler of an event that comes often and is seldom for Onboard, which
// shows before anything is decoded.
type Skimmer interface {
	Handler

	// MayConcern is false if a payload lacks the words without which Concerns is false.
	MayConcern(payload []byte) bool
}

// Wide is a Handler of an event about an installation or an organisation. Which
// repository its payload names, if any, does not matter: it is queued under the
// installation's key, and has the repositories that it concerns looked at.
type Wide interface {
	Handler
	Wide()
}

// Deps is what handlers work with.
type Deps struct {
	Store  *store.Store
	GitHub *ghapi.Clients
	WebURL string   // GitHub's pages, for links
	Checks []string // all that this program has
	Online []string // of them, those that look outside the repository
	AppID  int64    // this App's, which its own check runs name
	Now    func() time.Time

	// Poke has what the queue keeps under a key looked at soon: a Wide handler
	// touches no repository itself, which another run may be at work on.
	Poke func(ctx context.Context, key string) error

	Pipeline   onboarding.Pipeline // of rounds that start from now on
	Roles      Roles
	Block      []string // logins of owners whose repositories are not taken
	MustAccept bool     // a role holder must accept a start
	OnlyRoles  bool     // only a role holder may start

	Servers []string // of gates, that are deployed to
	// Deployed tells what is on them of a repository's plugin, by gate.
	Deployed    func(ctx context.Context, repository int64, plugin string) (map[string]texts.Server, error)
	ChecksPulls bool   // the checks look at other pull requests than the review PR
	Owners      Owners // of plugins, as configured; nil for none
}

// All lists the handlers. Adding an event is one file and one line here.
func All(deps Deps) []Handler {
	return []Handler{
		&CheckRun{deps},
		&CheckSuite{deps},
		&Installation{deps},
		&InstallationRepositories{deps},
		&IssueComment{deps},
		&Issues{deps},
		&Label{deps},
		&Membership{deps},
		&Page{deps},
		&PullRequest{deps},
		&PullRequestReview{deps},
		&Push{deps},
		&Release{deps},
		&Repository{deps},
		&Team{deps},
	}
}

// keepName keeps the present name of an event's repository.
func (d Deps) keepName(ctx context.Context, payload []byte) error {
	event, err := decode[Event](payload)
	if err != nil {
		return err
	}
	return d.keep(ctx, event.repository())
}

// keep keeps how to reach a repository.
func (d Deps) keep(ctx context.Context, repository store.Repository) error {
	return d.Store.Write(ctx, "record how to reach "+repository.FullName(), func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveRepository(ctx, tx, repository)
	})
}

// Event is what all events have in common.
type Event struct {
	Action     string `json:"action"`
	Repository struct {
		ID            int64  `json:"id"`
		Name          string `json:"name"`
		Private       bool   `json:"private"`
		Archived      bool   `json:"archived"`
		DefaultBranch string `json:"default_branch"`
		Owner         struct {
			ID    int64  `json:"id"`
			Login string `json:"login"`
			Type  string `json:"type"` // User or Organization
		} `json:"owner"`
	} `json:"repository"`
	Installation struct {
		ID int64 `json:"id"`
	} `json:"installation"`
	Organization struct {
		Login string `json:"login"`
	} `json:"organization"`
}

// repository is how to reach the event's repository.
func (e Event) repository() store.Repository {
	return store.Repository{
		ID: e.Repository.ID, Installation: e.Installation.ID,
		OwnerID: e.Repository.Owner.ID, Owner: e.Repository.Owner.Login, Name: e.Repository.Name,
		Private: e.Repository.Private,
	}
}

// Key is the queue's key for a repository: GitHub's id survives renames.
func Key(repository int64) string { return fmt.Sprintf("repo/%d", repository) }

// InstallationKey is the queue's key for what concerns a whole installation.
func InstallationKey(installation int64) string { return fmt.Sprintf("installation/%d", installation) }

// ErrMalformed is a payload that is no JSON object of GitHub's.
var ErrMalformed = errors.New("the payload is no GitHub event")

// Route tells the queue under which key to store a delivery; "" means that
// it concerns nobody and is not stored. A payload that might concern somebody and is
// not JSON is ErrMalformed.
func Route(list []Handler) func(ctx context.Context, event string, payload []byte) (key string, err error) {
	byEvent := map[string]Handler{}
	for _, h := range list {
		for _, name := range h.Handles() {
			byEvent[name] = h
		}
	}
	return func(ctx context.Context, name string, payload []byte) (string, error) {
		handler, ok := byEvent[name]
		if !ok {
			return "", nil
		}
		if skimmer, ok := handler.(Skimmer); ok && !skimmer.MayConcern(payload) {
			return "", nil
		}
		event, concerns, err := handler.Concerns(ctx, payload)
		if err != nil || !concerns || event.Installation.ID == 0 { // without one it was sent to a webhook of another kind
			return "", err
		}
		if _, wide := handler.(Wide); wide {
			return InstallationKey(event.Installation.ID), nil
		}
		if event.Repository.ID == 0 {
			return "", nil
		}
		return Key(event.Repository.ID), nil
	}
}

// lenient reads JSON as encoding/json does, which takes several times as long.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

func decode[T any](payload []byte) (T, error) {
	var value T
	if err := json.Unmarshal(payload, &value, lenient); err != nil {
		return value, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return value, nil
}
