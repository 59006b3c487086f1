package handlers

import (
	"context"
	"slices"
	"time"
)

// PullRequest looks again at a plugin when somebody did something to its review
// PR: closed, merged or retargeted it, or changed its text or labels.
type PullRequest struct{ Deps }

var _ Handler = &PullRequest{}

// Handles names the event.
func (*PullRequest) Handles() []string { return []string{"pull_request"} }

// pullRequest is what is read of the payload.
type pullRequest struct {
	Event
	Number      int   `json:"number"`
	Label       label `json:"label"`
	Sender      user  `json:"sender"`
	PullRequest struct {
		UpdatedAt time.Time `json:"updated_at"`
	} `json:"pull_request"`
}

// pullRequestActions are those that change what the App keeps.
var pullRequestActions = []string{"closed", "reopened", "edited", "synchronize", "labeled", "unlabeled"}

// Concerns is true for what a person does to the review PR. What the App does
// itself comes from a bot; what other bots do, the nightly look finds.
func (h *PullRequest) Concerns(ctx context.Context, event Event) (bool, error) {
	p, err := decode[pullRequest](event.Payload)
	if err != nil || p.Sender.Type != "User" || !slices.Contains(pullRequestActions, p.Action) {
		return false, err
	}
	record, started, err := h.Store.Onboarding(ctx, event.Repository.ID)
	return started && record.ReviewPR.Open() && record.ReviewPR.Number == p.Number, err
}

// Handle records what a label decides; the look that follows does the rest.
func (h *PullRequest) Handle(ctx context.Context, _, _ string, payload []byte) error {
	p, err := decode[pullRequest](payload)
	if err != nil {
		return err
	}
	if p.Action != "labeled" && p.Action != "unlabeled" {
		return h.keepName(ctx, payload)
	}
	p.Payload = payload
	return h.labelled(ctx, labelling{
		Event: p.Event, Sender: p.Sender, Label: p.Label.Name, Number: p.Number, At: p.PullRequest.UpdatedAt,
	})
}
