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

var _ Handler = &Issues{}

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
// others do to the labels of the tracking issue, bots included.
func (h *Issues) Concerns(ctx context.Context, event Event) (bool, error) {
	p, err := decode[issues](event.Payload)
	if err != nil {
		return false, err
	}
	switch p.Action {
	case "opened":
		if p.Sender.Type != "User" || !bytes.Contains(bytes.ToLower(event.Payload), []byte("/onboard")) {
			return false, nil
		}
		calls, _ := Parse(p.Issue.Body)
		return calls != nil, nil
	case "labeled", "unlabeled":
		if h.own(p.Sender) {
			return false, nil
		}
		record, started, err := h.Store.Onboarding(ctx, event.Repository.ID)
		return started && record.Issue == p.Issue.Number, err
	default:
		return false, nil
	}
}

// Handle records what the text or the label decides.
func (h *Issues) Handle(ctx context.Context, _, _ string, payload []byte) error {
	p, err := decode[issues](payload)
	if err != nil {
		return err
	}
	p.Payload = payload
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
