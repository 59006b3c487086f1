package handlers

import (
	"context"
	"database/sql"

	"github.com/onboard-app/onboard/app/store"
)

// Release looks again at a plugin's builds when its releases changed.
type Release struct{ Deps }

var _ Handler = &Release{}

// Handles names the event.
func (*Release) Handles() []string { return []string{"release"} }

// Concerns is true for releases of a repository with an onboarding. An event
// comes for each way in which a release changed; they are gathered by the queue.
func (h *Release) Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error) {
	about, err = decode[Event](payload)
	if err != nil {
		return about, false, err
	}
	_, started, err := h.Store.Onboarding(ctx, about.Repository.ID)
	return about, started, err
}

// Handle has the checks look again that read releases.
func (h *Release) Handle(ctx context.Context, _, _ string, payload []byte) error {
	event, err := decode[Event](payload)
	if err != nil {
		return err
	}
	repository := event.repository()
	return h.Store.Write(ctx, "record a release of "+repository.FullName(), func(ctx context.Context, tx *sql.Tx) error {
		if err := store.SaveRepository(ctx, tx, repository); err != nil {
			return err
		}
		for _, name := range h.Online {
			if err := store.StaleResult(ctx, tx, repository.ID, name); err != nil {
				return err
			}
		}
		return nil
	})
}
