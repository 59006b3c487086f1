package handlers

import (
	"context"
	"database/sql"
	"slices"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// Repository looks again at a plugin whose repository got another name, owner or
// default branch, or was archived, hidden or deleted: its onboarding may be held
// (design.md, "Rounds"; S16).
type Repository struct{ Deps }

var _ Handler = &Repository{}

// Handles names the event.
func (*Repository) Handles() []string { return []string{"repository"} }

// repositoryActions are those that may change whether an onboarding is held.
var repositoryActions = []string{
	"renamed", "transferred", "archived", "unarchived", "privatized", "publicized", "deleted", "edited",
}

// Concerns is true for repositories with an onboarding, by their ids: one that is
// created anew under a name inherits nothing.
func (h *Repository) Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error) {
	about, err = decode[Event](payload)
	if err != nil || !slices.Contains(repositoryActions, about.Action) {
		return about, false, err
	}
	_, started, err := h.Store.Onboarding(ctx, about.Repository.ID)
	return about, started, err
}

// Handle keeps how to reach the repository, and puts on record what may hold its
// onboarding: that it was deleted, GitHub does not tell later, and an onboarding
// that is paused is not looked at. The look finds out what of it is true (S14).
func (h *Repository) Handle(ctx context.Context, _, _ string, payload []byte) error {
	event, err := decode[Event](payload)
	if err != nil {
		return err
	}
	repository := event.repository()
	record, started, err := h.Store.Onboarding(ctx, repository.ID)
	if err != nil || !started {
		return err
	}
	hold := record.Holds(onboarding.Sight{
		Archived: event.Repository.Archived, Private: event.Repository.Private,
		Owner: onboarding.Person{ID: repository.OwnerID, Login: repository.Owner},
	}, h.Now())
	if event.Action == "deleted" {
		hold = record.Lost(onboarding.Deleted, h.Now())
		repository.Private = true // nobody reads it any more
	}
	// Else what was said after that, and comes with it, would be refused. What ends
	// another hold, the look sees.
	over := hold == nil && record.Held != nil && (record.Held.Why == onboarding.Archived || record.Held.Why == onboarding.Private)
	return h.Store.Write(ctx, "record what happened to "+repository.FullName(), func(ctx context.Context, tx *sql.Tx) error {
		if err := store.SaveRepository(ctx, tx, repository); err != nil || hold == nil && !over {
			return err
		}
		if !onboarding.SameHold(record.Held, hold) {
			if _, err := store.Append(ctx, tx, store.HoldChanged(repository.ID, hold, h.Now())); err != nil {
				return err
			}
		}
		record.Held = hold
		return store.SaveOnboarding(ctx, tx, record, repository.OwnerID)
	})
}
