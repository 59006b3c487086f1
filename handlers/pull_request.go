package handlers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// PullRequest looks again at a plugin when somebody did something to its review
// PR: closed, merged or retargeted it, or changed its text or labels. Of other
// PRs it has what was pushed looked at, if that is configured.
type PullRequest struct{ Deps }

var _ Handler = &PullRequest{}

// Handles names the event.
func (*PullRequest) Handles() []string { return []string{"pull_request"} }

// pullRequest is what is read of the payload.
type pullRequest struct {
	Event
	Number  int   `json:"number"`
	Label   label `json:"label"`
	Sender  user  `json:"sender"`
	Changes struct {
		Base *struct{} `json:"base"` // it was retargeted
	} `json:"changes"`
	PullRequest struct {
		User      user      `json:"user"`
		UpdatedAt time.Time `json:"updated_at"`
		State     string    `json:"state"`
		Head      struct {
			SHA string `json:"sha"`
		} `json:"head"`
	} `json:"pull_request"`
}

// pushed tells whether there is something new in a pull request that is open.
func (p pullRequest) pushed() bool {
	return p.PullRequest.State == "open" && (p.Action == "opened" || p.Action == "reopened" || p.Action == "synchronize")
}

// pullRequestActions are those that change what the App keeps.
var pullRequestActions = []string{"closed", "reopened", "edited", "synchronize", "labeled", "unlabeled"}

// Concerns is true for what others do to the review PR, bots included, labels aside
// that are none of Onboard's, and for one that was replaced and is opened again. What
// the App does to its own PRs, it does as the bot that opened them.
func (h *PullRequest) Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error) {
	p, err := decode[pullRequest](payload)
	own := p.Sender.ID == p.PullRequest.User.ID && p.Sender.Type != "User" || h.own(p.Sender)
	if err != nil || own || !p.pushed() && !slices.Contains(pullRequestActions, p.Action) {
		return about, false, err
	}
	record, started, err := h.Store.Onboarding(ctx, p.Repository.ID)
	pr := record.ReviewPR
	if started && h.looksAt(p, record) {
		return p.Event, true, err
	}
	if p.Label.Name != "" && !h.ourLabel(record, p.Label.Name) {
		return about, false, err
	}
	return p.Event, started && pr.Open() && (pr.Number == p.Number || p.formerReopened(pr)), err
}

// looksAt tells whether the checks look at a pull request other than the review PR
// (design.md, "Where").
func (h *PullRequest) looksAt(p pullRequest, record onboarding.Record) bool {
	pr := record.ReviewPR
	return h.ChecksPulls && p.pushed() && record.Withdrawn == nil && (!pr.Open() || pr.Number != p.Number) && !p.formerReopened(pr)
}

// formerReopened tells whether a PR that was replaced is opened again.
func (p pullRequest) formerReopened(pr *onboarding.ReviewPR) bool {
	return pr != nil && p.Action == "reopened" && slices.Contains(pr.Former, p.Number)
}

// Handle records what a label decides; the look that follows does the rest.
func (h *PullRequest) Handle(ctx context.Context, _, _ string, payload []byte) error {
	p, err := decode[pullRequest](payload)
	if err != nil {
		return err
	}
	if p.Action == "reopened" { // if it was replaced, it is to be closed again
		if err := h.Store.ForgetPublished(ctx, p.Repository.ID, fmt.Sprintf("former/%d", p.Number)); err != nil {
			return err
		}
	}
	record, _, err := h.Store.Onboarding(ctx, p.Repository.ID)
	if err != nil {
		return err
	}
	if h.looksAt(p, record) {
		return h.Store.SavePublished(ctx, p.Repository.ID, store.Pull(p.Number), store.Published{State: p.PullRequest.Head.SHA})
	}
	if pr := record.ReviewPR; p.Action == "edited" && p.Changes.Base != nil && pr.Open() && pr.Number == p.Number {
		if err := h.breaks(ctx, record, onboarding.Retargeted); err != nil {
			return err
		}
	}
	if p.Action != "labeled" && p.Action != "unlabeled" {
		return h.keepName(ctx, payload)
	}
	return h.labelled(ctx, labelling{
		Event: p.Event, Sender: p.Sender, Label: p.Label.Name, Number: p.Number, At: p.PullRequest.UpdatedAt,
	})
}
