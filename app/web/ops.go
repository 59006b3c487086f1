package web

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// Ops is how the App itself does: the page /ops, and what GET /ops answers on
// server.admin_listen.
type Ops struct {
	Mode     string         `json:"mode"`               // observe, comment or full: what is written to GitHub
	Replicas int            `json:"replicas"`           // of this App, as configured
	Reasons  []string       `json:"reasons"`            // what is not as it should be, as /readyz tells
	Paused   *Stopped       `json:"paused,omitempty"`   // nothing is published; missing if it is
	Keys     map[string]int `json:"keys"`               // of the queue, by state: idle, waiting, running, retrying or parked
	Oldest   float64        `json:"oldest_seconds"`     // since the oldest delivery arrived that waits; 0 if none does
	Parked   []Trouble      `json:"parked"`             // keys that failed ten times
	Trying   []Trouble      `json:"retrying"`           // keys that failed and are tried again by themselves
	GivenUp  []GivenUp      `json:"deliveries_parked"`  // that failed ten times by themselves
	Held     []Held         `json:"installations_held"` // for which GitHub is unavailable
	Waiting  int            `json:"deliveries_waiting"` // to be handled
	Recovery Recovery       `json:"recovery"`           // what became of deliveries that did not arrive
	Budgets  []Budget       `json:"budgets"`            // of GitHub's API, as this replica knows them; those with the least left first
	Posts    int            `json:"posts_last_hour"`    // comments and requests

	Came string `json:"-"` // of what the visitor just did, in a sentence
	Acts bool   `json:"-"` // the visitor may do something
}

// Stopped is that an operator has nothing published.
type Stopped struct {
	Reason string    `json:"reason"` // that the operator gave
	At     time.Time `json:"at"`     // since when
}

// Trouble is a key that does not come on.
type Trouble struct {
	Key        string    `json:"key"`                  // repo/<GitHub's id>, installation/<id>, or work of the App's own
	Repository string    `json:"repository,omitempty"` // that it is about, if it is known
	State      string    `json:"state"`                // running, retrying or parked
	Attempts   int64     `json:"attempts"`             // that failed, in a row
	Held       int64     `json:"held"`                 // runs in a row that ended because GitHub was unavailable
	DueAt      time.Time `json:"due_at"`               // when it is tried again
	LastError  string    `json:"last_error"`           // as the log has it
}

// GivenUp is a delivery that failed ten times by itself.
type GivenUp struct {
	GUID       string    `json:"guid"`        // of the delivery
	Event      string    `json:"event"`       // as X-GitHub-Event has it
	Key        string    `json:"key"`         // that it belongs to
	ReceivedAt time.Time `json:"received_at"` // when it arrived first
	LastError  string    `json:"last_error"`  // as the log has it
}

// Held is an installation for which GitHub is unavailable.
type Held struct {
	Installation int64    `json:"installation"`      // 0: the App itself, and what is on record of none
	Account      string   `json:"account,omitempty"` // that has it, if a repository tells
	Keys         []string `json:"keys"`              // that wait
	LastError    string   `json:"last_error"`        // of the last of the keys
}

// Recovery is what became of deliveries that did not arrive.
type Recovery struct {
	Pulls   bool      `json:"pulls"`           // deliveries are read from GitHub, which cannot reach this App
	At      time.Time `json:"at,omitzero"`     // when GitHub was last asked for what did not arrive; or until when all was read
	Again   int       `json:"sent_again"`      // how many deliveries GitHub was asked for then
	Recover bool      `json:"after_data_loss"` // also those are asked for that arrived and are not on record
}

// Budget is how many calls of its API GitHub still answers an installation.
type Budget struct {
	Installation int64     `json:"installation"` // 0: the App itself
	Resource     string    `json:"resource"`     // that GitHub counts by itself, as core
	Limit        int       `json:"limit"`        // an hour
	Remaining    int       `json:"remaining"`    // until the reset
	Reset        time.Time `json:"reset"`        // when all are there again
}

// Operator tells how the App does, and does what admins ask for.
type Operator interface {
	Ops(ctx context.Context) (Ops, error)
	// Retry has a key run now, and its deliveries; known is false if there is none.
	Retry(ctx context.Context, key string) (known bool, err error)
	// PauseAll has nothing published anywhere, until ResumeAll (S23).
	PauseAll(ctx context.Context, reason string) error
	ResumeAll(ctx context.Context) error
	// Say has a command followed that somebody gives on a page about a repository, as
	// if they had said it in the tracking issue.
	Say(ctx context.Context, repository store.Repository, by onboarding.Person, command string, args ...string) error
}

// The words for what came of an admin's act, with the sentences that the page says.
const (
	retried  = "retried"
	noKey    = "no-key"
	paused   = "paused"
	noReason = "no-reason"
	resumed  = "resumed"
	passedOn = "passed-on"
)

var outcomes = map[string]string{
	retried:  "It is tried again now.",
	noKey:    "Nothing was done: there is no such key any more.",
	paused:   "All is paused. Within a minute nothing is published any more.",
	noReason: "Nothing was done: say why, so that others know.",
	resumed:  "All goes on, within a minute.",
	passedOn: "Onboard has been told, and answers in the tracking issue.",
}

func (w *Web) ops(v *visit) (page, error) {
	model, err := w.Operator.Ops(v.ctx)
	if err != nil {
		return page{}, err
	}
	model.Came, model.Acts = outcomes[v.URL.Query().Get("done")], v.visitor.isAdmin()
	return page{name: "ops", title: "Operations", model: model}, nil
}

// retry has a key tried again that is parked or backs off.
func (w *Web) retry(v *visit) (came string, err error) {
	key := v.PostFormValue("key")
	known, err := w.Operator.Retry(v.ctx, key)
	if err != nil {
		return "", fmt.Errorf("retry what an admin asked for: %w", err)
	}
	if !known {
		return noKey, nil
	}
	v.did("tried again, as an admin asked: " + key)
	return retried, nil
}

// pauseReason bounds the reason for a pause, which /readyz repeats, in characters.
const pauseReason = 500

// pause has nothing published any more.
func (w *Web) pause(v *visit) (came string, err error) {
	runes := []rune(strings.TrimSpace(v.PostFormValue("reason")))
	reason := string(runes[:min(len(runes), pauseReason)])
	if reason == "" {
		return noReason, nil
	}
	if err := w.Operator.PauseAll(v.ctx, reason); err != nil {
		return "", fmt.Errorf("pause all as an admin asked: %w", err)
	}
	v.did("all is paused, as an admin asked: " + reason)
	return paused, nil
}

func (w *Web) resume(v *visit) (came string, err error) {
	if err := w.Operator.ResumeAll(v.ctx); err != nil {
		return "", fmt.Errorf("resume all as an admin asked: %w", err)
	}
	v.did("all is resumed, as an admin asked")
	return resumed, nil
}

// did logs what an admin did, and who it was.
func (v *visit) did(what string) {
	zerolog.Ctx(v.ctx).Info().Str("login", v.visitor.Person.Login).Int64("person", v.visitor.Person.ID).Str("path", v.URL.Path).Msg(what)
}

// About is what a key is about, as people say it.
func (t Trouble) About() string { return cmp.Or(t.Repository, t.Key) }
