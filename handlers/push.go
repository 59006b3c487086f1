package handlers

import (
	"context"
	"database/sql"

	"github.com/onboard-app/onboard/app/store"
)

// Push looks again at a plugin when its default branch moved.
type Push struct{ Deps }

var _ Handler = &Push{}

// Handles names the event.
func (*Push) Handles() []string { return []string{"push"} }

// push is what is read of the payload.
type push struct {
	Event
	Ref string `json:"ref"`
}

// Concerns is true for pushes to the default branch of a repository with an
// onboarding.
func (h *Push) Concerns(ctx context.Context, event Event) (bool, error) {
	p, err := decode[push](event.Payload)
	if err != nil {
		return false, err
	}
	if p.Ref != "refs/heads/"+p.Repository.DefaultBranch {
		return false, nil
	}
	_, started, err := h.Store.Onboarding(ctx, event.Repository.ID)
	return started, err
}

// Handle keeps the repository's present name; the look that follows does the rest.
func (h *Push) Handle(ctx context.Context, _, _ string, payload []byte) error {
	event, err := decode[Event](payload)
	if err != nil {
		return err
	}
	repository := event.repository()
	return h.Store.Write(ctx, "record a push to "+repository.FullName(), func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveRepository(ctx, tx, repository)
	})
}
