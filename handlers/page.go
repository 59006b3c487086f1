package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// PageEvent is the event of a button on the App's own pages. GitHub sends none of this
// name, and the hook takes none: the App alone puts it into the queue.
const PageEvent = "onboard_page"

// Page follows a command that somebody gave with a button on the App's pages. It goes
// the way of a comment: in its turn, with the same authority, limits and audit log,
// and answered in the tracking issue.
type Page struct{ Deps }

// Handles names the event.
func (*Page) Handles() []string { return []string{PageEvent} }

// said is the payload.
type said struct {
	Event
	Sender  user      `json:"sender"`
	At      time.Time `json:"at"`
	Command Call      `json:"command"`
}

// Said is the payload of a command that somebody, known from signing in, gives on a
// page about a repository.
func Said(repository store.Repository, by onboarding.Person, at time.Time, command Call) ([]byte, error) {
	s := said{Sender: user{ID: by.ID, Login: by.Login, Type: "User"}, At: at, Command: command}
	s.Repository.ID, s.Installation.ID = repository.ID, repository.Installation
	payload, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write down what %s said about %s: %w", by.Login, repository.FullName(), err)
	}
	return payload, nil
}

// Concerns is true for every one.
func (*Page) Concerns(_ context.Context, payload []byte) (about Event, concerns bool, err error) {
	s, err := decode[said](payload)
	return s.Event, err == nil, err
}

// Handle records what the command decides.
func (h *Page) Handle(ctx context.Context, _, guid string, payload []byte) error {
	s, err := decode[said](payload)
	if err != nil {
		return err
	}
	repository, known, err := h.Store.Repository(ctx, s.Repository.ID) // as events said meanwhile
	if err != nil || !known {
		return err
	}
	record, started, err := h.Store.Onboarding(ctx, repository.ID)
	if err != nil || !started {
		return err
	}
	return h.obey(ctx, obedience{
		repository: repository, calls: []Call{s.Command}, onPage: true,
		act: store.Act{ID: "page/" + guid, Repository: repository.ID, Issue: record.Issue, By: s.Sender.person(), At: s.At},
	})
}
