package handlers

import (
	"context"
	"database/sql"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// Push looks again at a plugin when its default branch moved, or somebody moved
// the branches of its review PR.
type Push struct{ Deps }

var _ Handler = &Push{}

// Handles names the event.
func (*Push) Handles() []string { return []string{"push"} }

// push is what is read of the payload.
type push struct {
	Event
	Ref   string `json:"ref"`
	After string `json:"after"` // zeroes if the branch was deleted
}

// Concerns is true for pushes to the default branch of a repository with an
// onboarding, and for what others do to the branches of its review PR.
func (h *Push) Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error) {
	p, err := decode[push](payload)
	if err != nil {
		return about, false, err
	}
	branch, isBranch := strings.CutPrefix(p.Ref, "refs/heads/")
	if !isBranch {
		return about, false, nil
	}
	record, started, err := h.Store.Onboarding(ctx, p.Repository.ID)
	pr := record.ReviewPR
	switch {
	case err != nil || !started:
		return about, false, err
	case branch == p.Repository.DefaultBranch:
		return p.Event, true, nil
	case pr == nil || record.Ended(): // the App's own deleting of its branches
		return about, false, nil
	case branch == pr.BaseBranch:
		return p.Event, p.After != pr.BaseSHA, nil // else it is the App's own push
	case branch == pr.HeadBranch:
		return p.Event, p.After != pr.Last().SHA, nil
	default:
		return about, false, nil
	}
}

// Handle keeps the repository's present name, and that somebody moved a branch of the
// App's: until the look they may have moved it back, and reviewers looked in between
// (S1). The look that follows does the rest.
func (h *Push) Handle(ctx context.Context, _, _ string, payload []byte) error {
	p, err := decode[push](payload)
	if err != nil {
		return err
	}
	record, _, err := h.Store.Onboarding(ctx, p.Repository.ID)
	if err != nil {
		return err
	}
	branch, pr := strings.TrimPrefix(p.Ref, "refs/heads/"), record.ReviewPR
	if pr.Open() && (branch == pr.BaseBranch && p.After != pr.BaseSHA || branch == pr.HeadBranch && !pr.Has(p.After)) {
		why := onboarding.BranchMoved
		if strings.Trim(p.After, "0") == "" {
			why = onboarding.BranchDeleted
		}
		if err := h.breaks(ctx, record, why); err != nil {
			return err
		}
	}
	return h.keepName(ctx, payload)
}

// breaks keeps what others did to the App's review PR. One that people made is theirs
// to change: the look finds out what it shows.
func (d Deps) breaks(ctx context.Context, record onboarding.Record, why onboarding.Replacement) error {
	if record.Ended() || record.ReviewPR.Adopted || record.ReviewPR.Broken != onboarding.NotReplaced {
		return nil
	}
	record.ReviewPR.Broken = why
	return d.Store.Write(ctx, "record what happened to the review PR", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveOnboarding(ctx, tx, record, record.OwnerID)
	})
}
