package handlers

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/store"
)

// Issues follows the commands in the first text of a new issue, and the stages'
// labels on the tracking issue. Labels on pull requests come with pull_request
// (github-facts.md section 2).
type Issues struct{ Deps }

var _ Skimmer = &Issues{}

// Handles names the event.
func (*Issues) Handles() []string { return []string{"issues"} }

// issues is what is read of the payload.
type issues struct {
	Event
	Issue struct {
		ID        int64     `json:"id"`
		Number    int       `json:"number"`
		Body      string    `json:"body"`
		User      user      `json:"user"`
		CreatedAt time.Time `json:"created_at"`
		UpdatedAt time.Time `json:"updated_at"`
	} `json:"issue"`
	Label  label `json:"label"` // missing if the label itself was deleted
	Sender user  `json:"sender"`
}

type label struct {
	Name string `json:"name"`
}

// Concerns is true for a person's new issue with a command in it, and for what
// others do to Onboard's labels on the tracking issue, bots included. A label that
// was deleted has no name any more.
func (h *Issues) Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error) {
	p, err := decode[issues](payload)
	if err != nil {
		return about, false, err
	}
	switch p.Action {
	case "opened":
		calls, _ := Parse(p.Issue.Body)
		return p.Event, p.Sender.Type == "User" && calls != nil, nil
	case "labeled", "unlabeled":
		if h.own(p.Sender) {
			return about, false, nil
		}
		record, started, err := h.Store.Onboarding(ctx, p.Repository.ID)
		ours := p.Label.Name == "" || h.ourLabel(record, p.Label.Name)
		return p.Event, started && ours && record.Issue == p.Issue.Number, err
	default:
		return about, false, nil
	}
}

// MayConcern tells whether a command may be in the issue, or a label was put on or
// taken off.
func (*Issues) MayConcern(payload []byte) bool {
	return mentionsCommand(payload) || bytes.Contains(payload, []byte(`labeled"`))
}

// Handle records what the text or the label decides.
func (h *Issues) Handle(ctx context.Context, _, _ string, payload []byte) error {
	p, err := decode[issues](payload)
	if err != nil {
		return err
	}
	if p.Action != "opened" {
		if err := h.Store.ForgetPublished(ctx, p.Repository.ID, store.LabelsRead(p.Issue.Number)); err != nil {
			return err
		}
		if p.Action == "unlabeled" && p.Label.Name == "" { // the label is gone, and its own event may be lost
			if err := h.forgetLabels(ctx, p.Repository.ID); err != nil {
				return err
			}
		}
		return h.labelled(ctx, labelling{
			Event: p.Event, Sender: p.Sender, Label: p.Label.Name, Number: p.Issue.Number, At: p.Issue.UpdatedAt,
		})
	}
	calls, more := Parse(p.Issue.Body)
	if calls == nil || p.Sender.Type != "User" {
		return nil
	}
	return h.obey(ctx, obedience{
		repository: p.repository(), opener: p.Issue.User.person(), ownerIsUser: p.Repository.Owner.Type == "User", calls: calls, more: more,
		act: store.Act{
			ID: fmt.Sprintf("issue/%d", p.Issue.ID), Repository: p.Repository.ID, Issue: p.Issue.Number, OnIssue: true,
			By: p.Sender.person(), At: p.Issue.CreatedAt,
		},
	})
}
