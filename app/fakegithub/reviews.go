package fakegithub

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Review is a review of a pull request.
type Review struct {
	ID int64

	pull        *PullRequest
	by          *User
	state       string
	body        string
	commit      string
	submittedAt time.Time // zero while it is pending
}

// The states of a review, as the API writes them; webhooks write them small (facts 3).
const (
	Approved         = "APPROVED"
	ChangesRequested = "CHANGES_REQUESTED"
	Commented        = "COMMENTED"
	Dismissed        = "DISMISSED"
	pending          = "PENDING" // seen by its author only, until submitted
)

// Review submits a review of the head: Approved, ChangesRequested or Commented.
// Anyone who reads may (facts 3); it panics where GitHub refuses, as of an author
// who approves their own. Who reviewed is asked no longer. Webhook:
// pull_request_review submitted.
func (p *PullRequest) Review(by *User, state, body string) *Review {
	defer p.repository.github.lock()()
	if !slices.Contains([]string{Approved, ChangesRequested, Commented}, state) || (by == p.by && state != Commented) {
		panic(fmt.Sprintf("fakegithub: review #%d of %s as %s: %s cannot", p.Number, p.repository.fullName(), state, by.Login)) // a mistake of the caller
	}
	v := p.newReview(by, body)
	v.submit(state)
	return v
}

// Reviews returns the submitted reviews, oldest first.
func (p *PullRequest) Reviews() []*Review {
	defer p.repository.github.lock()()
	return p.submitted(nil)
}

// submitted lists what everybody sees, and what is pending of one user.
func (p *PullRequest) submitted(own *User) []*Review {
	return slices.DeleteFunc(slices.Clone(p.reviews), func(v *Review) bool { return v.state == pending && v.by != own })
}

func (p *PullRequest) newReview(by *User, body string) *Review {
	v := &Review{ID: p.repository.github.newID(), pull: p, by: by, state: pending, body: body, commit: p.headSHA}
	p.reviews = append(p.reviews, v)
	return v
}

// submit makes a pending review count. The list of requests loses its author, and
// the teams that are heard with it.
func (v *Review) submit(state string) {
	p := v.pull
	v.state, v.submittedAt = state, p.repository.github.now()
	p.requested = slices.DeleteFunc(p.requested, func(u *User) bool { return u == v.by })
	p.requestedTeams = slices.DeleteFunc(p.requestedTeams, func(t *Team) bool { return t.state(v.by) == "active" })
	v.changed(v.by, "submitted", nil)
}

// Dismiss takes an approval or a change request out of account. It fails for
// others. Webhook: pull_request_review dismissed.
func (p *PullRequest) Dismiss(by *User, v *Review) error {
	defer p.repository.github.lock()()
	return v.dismiss(by)
}

func (v *Review) dismiss(by *User) error {
	if v.state != Approved && v.state != ChangesRequested {
		return unprocessed("Can not dismiss a " + strings.ToLower(v.state) + " pull request review")
	}
	v.state = Dismissed
	v.changed(by, "dismissed", nil)
	return nil
}

// Edit changes the review's text, and nothing else (facts 3). Webhook:
// pull_request_review edited.
func (v *Review) Edit(by *User, body string) {
	defer v.pull.repository.github.lock()()
	v.edit(by, body)
}

func (v *Review) edit(by *User, body string) {
	before := v.body
	v.body = body
	if v.state != pending {
		v.changed(by, "edited", object{"changes": object{"body": object{"from": before}}})
	}
}

// State is one of the constants.
func (v *Review) State() string {
	defer v.pull.repository.github.lock()()
	return v.state
}

// Body is the text as it is now.
func (v *Review) Body() string {
	defer v.pull.repository.github.lock()()
	return v.body
}

// Author is the login of who wrote it.
func (v *Review) Author() string { return v.by.Login }

// CommitSHA is the head that was reviewed.
func (v *Review) CommitSHA() string { return v.commit }

func (v *Review) changed(by *User, action string, fields object) {
	p, g := v.pull, v.pull.repository.github
	p.updatedAt = g.now()
	shown := v.toJSON()
	shown["state"], shown["updated_at"] = strings.ToLower(v.state), stamp(g.now())
	payload := object{"review": shown, "pull_request": p.simple()}
	for name, value := range fields {
		payload[name] = value
	}
	g.emit(p.repository, "pull_request_review", action, by, payload)
	p.observed(Change{
		Kind: "review", Action: action, By: by.Login, Name: v.state, Body: v.body,
		Text: fmt.Sprintf("%s: review of #%d by %s, %s, by %s", action, p.Number, v.by.Login, strings.ToLower(v.state), by.Login),
	})
}

// toJSON is GitHub's pull-request-review.
func (v *Review) toJSON() object {
	p := v.pull
	html := fmt.Sprintf("%s#pullrequestreview-%d", p.html(), v.ID)
	body := object{
		"id": v.ID, "node_id": nodeID("PRR", v.ID), "user": p.repository.github.userJSON(v.by), "body": v.body, "state": v.state, "commit_id": v.commit,
		"html_url": html, "pull_request_url": p.api(), "author_association": p.repository.association(v.by),
		"_links": object{"html": object{"href": html}, "pull_request": object{"href": p.api()}},
	}
	if !v.submittedAt.IsZero() {
		body["submitted_at"] = stamp(v.submittedAt)
	}
	return body
}
