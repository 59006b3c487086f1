package handlers

import (
	"context"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// PullRequestReview puts approvals and change requests of the review PR on
// record when they arrive: what GitHub shows later, the plugin's people may have
// changed (S12).
type PullRequestReview struct{ Deps }

var _ Handler = &PullRequestReview{}

// Handles names the event.
func (*PullRequestReview) Handles() []string { return []string{"pull_request_review"} }

// review is what is read of the payload. States are in lower case here, and in
// upper case in GitHub's REST API (github-facts.md section 3).
type review struct {
	Event
	Review struct {
		ID          int64     `json:"id"`
		State       string    `json:"state"`
		Body        string    `json:"body"`
		CommitID    string    `json:"commit_id"`
		HTMLURL     string    `json:"html_url"`
		SubmittedAt time.Time `json:"submitted_at"`
		User        user      `json:"user"`
	} `json:"review"`
	PullRequest struct {
		Number int  `json:"number"`
		User   user `json:"user"`
	} `json:"pull_request"`
	Sender user `json:"sender"`
}

// commands are those in the text of a review that was just submitted.
func (p review) commands() (calls []Call, more bool) {
	if p.Action != "submitted" || p.Review.User.ID != p.Sender.ID {
		return nil, false
	}
	return Parse(p.Review.Body)
}

// Concerns is true for what people do with reviews of the review PR, and for
// commands in any review.
func (h *PullRequestReview) Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error) {
	p, err := decode[review](payload)
	if err != nil || p.Sender.Type != "User" || p.Action != "submitted" && p.Action != "dismissed" {
		return about, false, err
	}
	if calls, _ := p.commands(); calls != nil {
		return p.Event, true, nil
	}
	record, started, err := h.Store.Onboarding(ctx, p.Repository.ID)
	return p.Event, started && record.ReviewPR.Open() && record.ReviewPR.Number == p.PullRequest.Number, err
}

// Handle records what the review decides, and then what the commands in its text
// do.
func (h *PullRequestReview) Handle(ctx context.Context, _, _ string, payload []byte) error {
	p, err := decode[review](payload)
	if err != nil {
		return err
	}
	if err := h.decided(ctx, p); err != nil {
		return err
	}
	calls, more := p.commands()
	if calls == nil {
		return nil
	}
	return h.obey(ctx, obedience{
		repository: p.repository(), opener: p.PullRequest.User.person(), onPull: true,
		ownerIsUser: p.Repository.Owner.Type == "User", calls: calls, more: more,
		act: store.Act{ // GitHub takes no reactions to reviews: only what cannot be done is answered
			ID: fmt.Sprintf("review/%d/text", p.Review.ID), Repository: p.Repository.ID, Issue: p.PullRequest.Number,
			By: p.Sender.person(), At: p.Review.SubmittedAt,
		},
	})
}

// decided records what the verdict of a review decides.
func (h *PullRequestReview) decided(ctx context.Context, p review) error {
	r, err := h.request(ctx, p.repository(), store.Act{ID: fmt.Sprintf("review/%d", p.Review.ID), By: p.Sender.person(), At: p.Review.SubmittedAt})
	if err != nil || !r.started || !r.record.ReviewPR.Open() || r.record.ReviewPR.Number != p.PullRequest.Number {
		return err
	}
	if err := r.reviewed(ctx, p); err != nil || !r.changed {
		return err
	}
	return h.Store.Write(ctx, "record "+r.act.ID, r.save)
}

// reviewed decides what a review counts for: the first review stage that is
// open, and that one only (design.md, "Reviews").
func (r *request) reviewed(ctx context.Context, p review) error {
	var verb onboarding.Verb
	switch {
	case p.Action == "dismissed":
		return r.dismissed(ctx, p)
	case p.Review.User.ID != p.Sender.ID:
		return nil // nobody submits another one's review
	case p.Review.State == "approved":
		verb = onboarding.Approve
	case p.Review.State == "changes_requested":
		verb = onboarding.RequestChanges
	default:
		return nil // a comment
	}
	if !r.record.ReviewPR.Has(p.Review.CommitID) || verb == onboarding.Approve && !r.record.Counts() {
		return nil // S1: it is about none of our commits, or about what shows less than them
	}
	verdict, err := r.stands(ctx)
	if err != nil {
		return err
	}
	for _, s := range verdict.Standings {
		if s.Kind != onboarding.Review || !s.Open() {
			continue
		}
		stage, _ := r.pipeline().Stage(s.Name)
		may, err := decides(stage.Deciders()...)(ctx, r)
		if err == nil && may { // anybody may review on GitHub, as often as they like: that is not kept (S17)
			return r.decide(ctx, onboarding.Decision{Verb: verb, Stage: s.Name, Bound: p.Review.CommitID, Pull: p.PullRequest.Number, URL: p.Review.HTMLURL})
		}
		return err
	}
	return nil
}

// dismissed: who dismisses the own review takes it back, and an admin overrides
// a change request, that one and no other. By anybody else it changes nothing: the plugin's people may dismiss
// reviews on GitHub (S12).
func (r *request) dismissed(ctx context.Context, p review) error {
	r.act.ID += "/dismissed"
	r.act.At = r.act.Recorded
	verb := onboarding.Retract
	if p.Review.User.ID != p.Sender.ID {
		has, err := decides(onboarding.Admin)(ctx, r)
		if err != nil || !has {
			return err
		}
		verb = onboarding.Override
	}
	for _, d := range r.record.Decisions {
		switch {
		case d.ID != fmt.Sprintf("review/%d/0", p.Review.ID):
		case verb == onboarding.Retract:
			return r.decide(ctx, onboarding.Decision{Verb: verb, Stage: d.Stage, URL: p.Review.HTMLURL})
		case d.Verb == onboarding.RequestChanges:
			return r.decide(ctx, onboarding.Decision{Verb: verb, Stage: d.Stage, Bound: d.ID, URL: p.Review.HTMLURL})
		}
	}
	return nil
}
