package handlers

import (
	"context"
	"strings"
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
func (h *Push) Concerns(ctx context.Context, event Event) (bool, error) {
	p, err := decode[push](event.Payload)
	if err != nil {
		return false, err
	}
	branch, isBranch := strings.CutPrefix(p.Ref, "refs/heads/")
	if !isBranch {
		return false, nil
	}
	record, started, err := h.Store.Onboarding(ctx, event.Repository.ID)
	pr := record.ReviewPR
	switch {
	case err != nil || !started:
		return false, err
	case branch == p.Repository.DefaultBranch:
		return true, nil
	case pr == nil || record.Ended(): // the App's own deleting of its branches
		return false, nil
	case branch == pr.BaseBranch:
		return p.After != pr.BaseSHA, nil // else it is the App's own push
	case branch == pr.HeadBranch:
		return p.After != pr.Last().SHA, nil
	default:
		return false, nil
	}
}

// Handle keeps the repository's present name; the look that follows does the rest.
func (h *Push) Handle(ctx context.Context, _, _ string, payload []byte) error {
	return h.keepName(ctx, payload)
}
