package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// IssueComment follows the /onboard commands in comments on issues and pull
// requests: GitHub sends issue_comment for both (github-facts.md section 2).
type IssueComment struct{ Deps }

var _ Skimmer = &IssueComment{}

// Handles names the event.
func (*IssueComment) Handles() []string { return []string{"issue_comment"} }

// issueComment is what is read of the payload.
type issueComment struct {
	Event
	Comment struct {
		ID        int64     `json:"id"`
		Body      string    `json:"body"`
		CreatedAt time.Time `json:"created_at"`
	} `json:"comment"`
	Issue struct {
		Number      int             `json:"number"`
		User        user            `json:"user"`
		PullRequest json.RawMessage `json:"pull_request"` // only of pull requests
	} `json:"issue"`
	Sender  user `json:"sender"`
	Changes struct {
		Body struct {
			From string `json:"from"`
		} `json:"body"`
	} `json:"changes"`
}

type user struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Type  string `json:"type"`
}

func (u user) person() onboarding.Person { return onboarding.Person{ID: u.ID, Login: u.Login} }

// Concerns is true for a person's new command, and for an edit that makes one.
func (*IssueComment) Concerns(_ context.Context, payload []byte) (about Event, concerns bool, err error) {
	c, err := decode[issueComment](payload)
	if err != nil {
		return about, false, err
	}
	calls, _ := c.commands()
	return c.Event, calls != nil, nil
}

// MayConcern tells whether a command may be in the comment.
func (*IssueComment) MayConcern(payload []byte) bool { return mentionsCommand(payload) }

// commands are the commands to answer: those of a new comment, or of an edited
// one that had others before. Bots are ignored, the App itself included.
func (c issueComment) commands() (calls []Call, more bool) {
	if c.Sender.Type != "User" || c.Action != "created" && c.Action != "edited" {
		return nil, false
	}
	calls, more = Parse(c.Comment.Body)
	if c.Action == "edited" && sameCalls(calls, c.Changes.Body.From) {
		return nil, false
	}
	return calls, more
}

// sameCalls tells whether an older text had the same commands.
func sameCalls(calls []Call, older string) bool {
	before, _ := Parse(older)
	return fmt.Sprint(calls) == fmt.Sprint(before)
}

// Handle records what the comment's commands decide.
func (h *IssueComment) Handle(ctx context.Context, _, _ string, payload []byte) error {
	event, err := decode[issueComment](payload)
	if err != nil {
		return err
	}
	calls, more := event.commands()
	if calls == nil {
		return nil
	}
	o := obedience{
		repository: event.repository(), opener: event.Issue.User.person(), onPull: len(event.Issue.PullRequest) > 0,
		ownerIsUser: event.Repository.Owner.Type == "User", calls: calls, more: more,
		act: store.Act{
			// The comment's id and not the delivery's GUID: the signature covers
			// the payload only, so a delivery can be replayed under another GUID (S14).
			ID:         fmt.Sprintf("comment/%d", event.Comment.ID),
			Repository: event.Repository.ID, Issue: event.Issue.Number, Comment: event.Comment.ID,
			By: event.Sender.person(), At: event.Comment.CreatedAt,
		},
	}
	if event.Action == "edited" {
		// Anybody with write access may edit a comment (github-facts.md section 2).
		o.act.ID += "/edited"
		o.edited, o.calls, o.more = true, calls[:1], false
	}
	return h.obey(ctx, o)
}
