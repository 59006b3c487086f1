package fakegithub

import (
	"errors"
	"fmt"
	"time"
)

// PullRequest is a pull request between two branches of one repository. It is an
// issue too: labels, comments and reactions are the Issue's.
type PullRequest struct {
	ID     int64 // the pull request's, which is not its issue's
	*Issue       // its number is the pull request's

	head, base       string // branches
	headSHA, baseSHA string // their commits, the last ones once it is closed
	draft            bool
	mergedAt         time.Time
	mergedBy         *User
	mergeSHA         string // "" until merged
	requested        []*User
	requestedTeams   []*Team
	reviews          []*Review
	measured         pullSize
}

// OpenPullRequest opens a pull request from one branch to another. It panics
// where GitHub refuses. Webhook: pull_request opened.
func (r *Repository) OpenPullRequest(by *User, title, body, head, base string) *PullRequest {
	defer r.github.lock()()
	p := r.newPull(by, title, body, head, base)
	if err := p.refusal(); err != nil {
		panic(fmt.Sprintf("fakegithub: open a pull request of %s: %v", r.fullName(), err)) // a mistake of the caller
	}
	p.open(nil)
	return p
}

// PullRequests returns all of them, open or not, in the order of their numbers.
func (r *Repository) PullRequests() []*PullRequest {
	defer r.github.lock()()
	return r.pulls()
}

func (r *Repository) pulls() []*PullRequest {
	var pulls []*PullRequest
	for _, i := range r.issues {
		if i.pull != nil {
			pulls = append(pulls, i.pull)
		}
	}
	return pulls
}

// newPull is a pull request that is not open yet: it has no number.
func (r *Repository) newPull(by *User, title, body, head, base string) *PullRequest {
	p := &PullRequest{Issue: &Issue{repository: r, by: by, title: title, body: body, state: "open"}, head: head, base: base}
	p.look()
	return p
}

// look takes the branches' commits.
func (p *PullRequest) look() {
	p.headSHA, p.baseSHA = p.repository.refs["refs/heads/"+p.head], p.repository.refs["refs/heads/"+p.base]
}

// refusal says why there can be no such pull request, nil if there can.
func (p *PullRequest) refusal() error {
	r := p.repository
	invalid := func(field string) error {
		return refused(object{"resource": "PullRequest", "field": field, "code": "invalid"})
	}
	custom := func(format string, args ...any) error {
		return refused(object{"resource": "PullRequest", "code": "custom", "message": fmt.Sprintf(format, args...)})
	}
	switch {
	case p.headSHA == "":
		return invalid("head")
	case p.baseSHA == "":
		return invalid("base")
	}
	for _, other := range r.pulls() {
		if other.Issue != p.Issue && other.state == "open" && other.head == p.head && other.base == p.base {
			return custom("A pull request already exists for %s:%s.", r.owner.Login, p.head)
		}
	}
	ahead, _, common := r.divergence(p.baseSHA, p.headSHA)
	switch {
	case common == "":
		return custom("The %s branch has no history in common with %s", p.head, p.base)
	case len(ahead) == 0:
		return custom("No commits between %s and %s", p.base, p.head)
	}
	return nil
}

// open gives the pull request its number and tells of it.
func (p *PullRequest) open(via *App) {
	r := p.repository
	p.ID, p.Issue = r.github.newID(), r.newIssue(p.by, via, p.title, p.body)
	p.pull = p
	p.changed(p.by, "opened", nil)
}

// changed tells webhooks and observers.
func (p *PullRequest) changed(by *User, action string, fields object) {
	p.updatedAt = p.repository.github.now()
	p.emit(by, action, fields)
	p.observed(Change{Kind: "pull_request", Action: action, By: by.Login, Text: fmt.Sprintf("%s: pull request #%d, %s, by %s", action, p.Number, p.title, by.Login)})
}

// observed fills in what all changes of a pull request have.
func (p *PullRequest) observed(c Change) {
	c.Repository, c.Issue, c.SHA, c.Title = p.repository.fullName(), p.Number, p.headSHA, p.title
	if c.Body == "" {
		c.Body = p.body
	}
	p.repository.github.changed(c)
}

// emit sends a pull_request event.
func (p *PullRequest) emit(by *User, action string, fields object) {
	payload := object{"number": p.Number, "pull_request": p.full()}
	for name, value := range fields {
		payload[name] = value
	}
	p.repository.github.emit(p.repository, "pull_request", action, by, payload)
}

// Head is the head branch and its commit, the last one once it is closed.
func (p *PullRequest) Head() (branch, sha string) {
	defer p.repository.github.lock()()
	return p.head, p.headSHA
}

// Base is the base branch and its commit, the last one once it is closed.
func (p *PullRequest) Base() (branch, sha string) {
	defer p.repository.github.lock()()
	return p.base, p.baseSHA
}

// HeadSHA is the head's commit.
func (p *PullRequest) HeadSHA() string {
	_, sha := p.Head()
	return sha
}

// BaseSHA is the base's commit.
func (p *PullRequest) BaseSHA() string {
	_, sha := p.Base()
	return sha
}

// Draft says whether it is a draft.
func (p *PullRequest) Draft() bool {
	defer p.repository.github.lock()()
	return p.draft
}

// Merged says whether it is merged.
func (p *PullRequest) Merged() bool {
	defer p.repository.github.lock()()
	return !p.mergedAt.IsZero()
}

// Close closes it without merging; one that is closed stays so. Webhook:
// pull_request closed.
func (p *PullRequest) Close(by *User) {
	defer p.repository.github.lock()()
	p.close(by)
}

func (p *PullRequest) close(by *User) {
	if p.state == "closed" {
		return
	}
	p.state, p.closedAt, p.closedBy = "closed", p.repository.github.now(), by
	p.changed(by, "closed", nil)
}

// Reopen opens it again. It fails where GitHub refuses: merged, a branch deleted
// or moved away, nothing between them any more. Webhook: pull_request reopened.
func (p *PullRequest) Reopen(by *User) error {
	defer p.repository.github.lock()()
	return p.reopen(by)
}

func (p *PullRequest) reopen(by *User) error {
	r := p.repository
	problem := ""
	head, base := r.refs["refs/heads/"+p.head], r.refs["refs/heads/"+p.base]
	switch {
	case p.state == "open":
		return nil
	case !p.mergedAt.IsZero():
		problem = "The pull request is merged."
	case head == "":
		problem = fmt.Sprintf("The %s branch has been deleted.", p.head)
	case base == "":
		problem = fmt.Sprintf("The %s branch has been deleted.", p.base)
	case !r.contains(head, p.headSHA):
		problem = fmt.Sprintf("The %s branch was force-pushed or recreated.", p.head)
	default:
		again := *p
		again.look()
		if refusal := (*apiError)(nil); errors.As(again.refusal(), &refusal) {
			problem = refusal.detail()
		}
	}
	if problem != "" {
		return refused(object{"resource": "PullRequest", "code": "invalid", "field": "state", "message": "state cannot be changed. " + problem})
	}
	p.look()
	p.state, p.closedAt, p.closedBy = "open", time.Time{}, nil
	p.changed(by, "reopened", nil)
	return nil
}

// Retarget gives it another base branch. It fails where GitHub refuses, as at
// opening. Webhook: pull_request edited.
func (p *PullRequest) Retarget(by *User, base string) error {
	defer p.repository.github.lock()()
	return p.edit(by, pullInput{Base: &base})
}

// SetBody writes the first text anew, as the author or whoever may write to the
// repository can. Webhook: pull_request edited.
func (p *PullRequest) SetBody(by *User, body string) {
	defer p.repository.github.lock()()
	_ = p.edit(by, pullInput{Body: &body}) // a new base only can be refused
}

// edit changes what is given and different.
func (p *PullRequest) edit(by *User, in pullInput) error {
	changes := object{}
	if in.Base != nil && *in.Base != p.base {
		next := *p
		next.base = *in.Base
		next.look()
		if p.state == "closed" {
			return refused(object{"resource": "PullRequest", "field": "base", "code": "invalid", "message": "Cannot change the base branch of a closed pull request."})
		}
		if err := next.refusal(); err != nil {
			return err
		}
		changes["base"] = object{"ref": object{"from": p.base}, "sha": object{"from": p.baseSHA}}
		p.base = *in.Base
		p.look()
	}
	if in.Title != nil && *in.Title != p.title {
		changes["title"] = object{"from": p.title}
		p.title = *in.Title
	}
	if in.Body != nil && *in.Body != p.body {
		changes["body"] = object{"from": p.body}
		p.body = *in.Body
	}
	if len(changes) > 0 {
		p.changed(by, "edited", object{"changes": changes})
	}
	return nil
}

// pullsFollow lets the open pull requests know that a branch moved: a pushed head
// is told, a deleted branch closes, and what the base has got is merged.
func (r *Repository) pullsFollow(by *User, branch, before, sha string) {
	for _, p := range r.pulls() {
		if p.state != "open" || (p.head != branch && p.base != branch) {
			continue
		}
		if sha == "" {
			p.close(by)
			continue
		}
		if p.base == branch && r.contains(sha, p.headSHA) {
			p.merged(by, sha) // the base's commit stays the one before
			continue
		}
		p.look()
		if p.head == branch {
			p.changed(by, "synchronize", object{"before": before, "after": sha})
		}
		if r.contains(p.baseSHA, p.headSHA) { // the head went back: nothing is between them any more
			p.close(by)
		}
	}
}

// merged marks it as merged by a commit of the base.
func (p *PullRequest) merged(by *User, sha string) {
	p.mergedAt, p.mergedBy, p.mergeSHA = p.repository.github.now(), by, sha
	p.close(by)
}
