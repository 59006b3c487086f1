package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// RequestedReviewers returns the logins of those who are asked and have not
// reviewed since.
func (p *PullRequest) RequestedReviewers() []string {
	defer p.repository.github.lock()()
	var logins []string
	for _, u := range p.requested {
		logins = append(logins, u.Login)
	}
	return logins
}

// RequestReview asks somebody for a review. It fails where GitHub refuses: the
// author, and who is no collaborator. Webhook: pull_request review_requested.
func (p *PullRequest) RequestReview(by, reviewer *User) error {
	defer p.repository.github.lock()()
	if err := p.mayReview(reviewer); err != nil {
		return err
	}
	p.request(by, reviewer)
	return nil
}

// RemoveReviewRequest takes the request back, if there is one. Webhook:
// pull_request review_request_removed.
func (p *PullRequest) RemoveReviewRequest(by, reviewer *User) {
	defer p.repository.github.lock()()
	p.unrequest(by, reviewer)
}

// mayReview refuses whom GitHub does not let be asked; nil is an unknown user.
func (p *PullRequest) mayReview(u *User) error {
	r := p.repository
	switch {
	case u != nil && u == p.by:
		return unprocessable("Review cannot be requested from pull request author.")
	case u == nil || (u != r.owner && r.granted(u) == ""):
		return r.noCollaborator()
	}
	return nil
}

func (r *Repository) noCollaborator() error {
	return unprocessable(fmt.Sprintf("Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the %s repository.", r.fullName()))
}

// RequestedTeams returns the slugs of the teams that are asked.
func (p *PullRequest) RequestedTeams() []string {
	defer p.repository.github.lock()()
	var slugs []string
	for _, t := range p.requestedTeams {
		slugs = append(slugs, t.slug)
	}
	return slugs
}

// request asks; who is asked already is not told again.
func (p *PullRequest) request(by, reviewer *User) {
	if slices.Contains(p.requested, reviewer) {
		return
	}
	p.requested = append(p.requested, reviewer)
	p.changed(by, "review_requested", object{"requested_reviewer": p.repository.github.userJSON(reviewer)})
}

func (p *PullRequest) unrequest(by, reviewer *User) {
	index := slices.Index(p.requested, reviewer)
	if index < 0 {
		return
	}
	p.requested = slices.Delete(p.requested, index, index+1)
	p.changed(by, "review_request_removed", object{"requested_reviewer": p.repository.github.userJSON(reviewer)})
}

type reviewersInput struct {
	Reviewers []string `json:"reviewers"`
	Teams     []string `json:"team_reviewers"`
}

func (q *request) getReviewers() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, object{"users": q.github.usersJSON(p.requested), "teams": teamsJSON(p.requestedTeams)}), nil
}

// reviewingTeams finds the teams that are named: without members:read, and among
// those of others, there are none (facts 3).
func (q *request) reviewingTeams(slugs []string) (teams []*Team, err error) {
	for _, slug := range slugs {
		t := q.github.team(q.repository.owner, slug)
		if t == nil || t.secret || !q.token.may("members:read") {
			return nil, unprocessable("Could not resolve to a node with the global id of '" + slug + "'.")
		}
		teams = append(teams, t)
	}
	return teams, nil
}

// requestReviewers asks all or nobody: one who cannot be asked fails the call
// (facts 3).
func (q *request) requestReviewers() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	var in reviewersInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	teams, err := q.reviewingTeams(in.Teams)
	if err != nil {
		return answer{}, err
	}
	for _, t := range teams {
		if t.may(q.repository) == "" {
			return answer{}, q.repository.noCollaborator()
		}
	}
	var users []*User
	for _, login := range in.Reviewers {
		u := q.github.users[strings.ToLower(login)]
		if err := p.mayReview(u); err != nil {
			return answer{}, err
		}
		users = append(users, u)
	}
	for _, u := range users {
		p.request(q.app.bot, u)
	}
	for _, t := range teams {
		if !slices.Contains(p.requestedTeams, t) {
			p.requestedTeams = append(p.requestedTeams, t)
			p.changed(q.app.bot, "review_requested", object{"requested_team": t.json()})
		}
	}
	return reply(http.StatusCreated, p.simple()), nil
}

// removeReviewers wants the list of users even if it is empty (facts 3).
func (q *request) removeReviewers() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	var in reviewersInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if in.Reviewers == nil {
		return answer{}, malformed("\"reviewers\" wasn't supplied.")
	}
	for _, login := range in.Reviewers {
		p.unrequest(q.app.bot, q.github.users[strings.ToLower(login)])
	}
	for _, slug := range in.Teams {
		t := q.github.team(q.repository.owner, slug)
		if index := slices.Index(p.requestedTeams, t); index >= 0 {
			p.requestedTeams = slices.Delete(p.requestedTeams, index, index+1)
			p.changed(q.app.bot, "review_request_removed", object{"requested_team": t.json()})
		}
	}
	return reply(http.StatusOK, p.simple()), nil
}
