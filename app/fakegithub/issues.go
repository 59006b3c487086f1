package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Issue is an issue of a repository, or what a pull request has of one.
type Issue struct {
	ID     int64
	Number int

	repository *Repository
	pull       *PullRequest // nil of an issue
	by         *User
	via        *App // the App that made it, nil for people
	title      string
	body       string
	state      string
	createdAt  time.Time
	updatedAt  time.Time
	closedAt   time.Time
	closedBy   *User
	labels     []*label
	reactions  []*reaction
}

// OpenIssue opens an issue. Webhook: issues opened.
func (r *Repository) OpenIssue(by *User, title, body string) *Issue {
	g := r.github
	defer g.lock()()
	i := r.newIssue(by, nil, title, body)
	g.emit(r, "issues", "opened", by, object{"issue": g.issueJSON(i)})
	g.changed(Change{
		Kind: "issue", Action: "opened", Repository: r.fullName(), By: by.Login, Issue: i.Number, Title: title, Body: body,
		Text: fmt.Sprintf("%s opened issue #%d: %s", by.Login, i.Number, title),
	})
	return i
}

// newIssue takes the next number, which issues and pull requests share.
func (r *Repository) newIssue(by *User, via *App, title, body string) *Issue {
	g := r.github
	i := &Issue{
		ID: g.newID(), Number: len(r.issues) + 1, repository: r, by: by, via: via, title: title, body: body, state: "open",
		createdAt: g.now(), updatedAt: g.now(),
	}
	r.issues = append(r.issues, i)
	return i
}

// Author is the login of who opened it.
func (i *Issue) Author() string { return i.by.Login }

// Title is the title as it is now.
func (i *Issue) Title() string {
	defer i.repository.github.lock()()
	return i.title
}

// Body is the first text as it is now.
func (i *Issue) Body() string {
	defer i.repository.github.lock()()
	return i.body
}

// State is open or closed; a merged pull request is closed.
func (i *Issue) State() string {
	defer i.repository.github.lock()()
	return i.state
}

// Comments returns what is not deleted, oldest first.
func (i *Issue) Comments() []CommentView {
	defer i.repository.github.lock()()
	var views []CommentView
	for _, c := range i.comments() {
		views = append(views, c.view())
	}
	return views
}

func (i *Issue) comments() []*Comment {
	var own []*Comment
	for _, c := range i.repository.comments {
		if c.issue == i {
			own = append(own, c)
		}
	}
	return own
}

// Labels returns the names of the issue's labels in the order they were put on.
func (i *Issue) Labels() []string {
	defer i.repository.github.lock()()
	var names []string
	for _, l := range i.labels {
		names = append(names, l.Name)
	}
	return names
}

// Reactions returns the reactions to the issue's first text.
func (i *Issue) Reactions() []Reaction {
	defer i.repository.github.lock()()
	return reactionViews(i.reactions)
}

// AddLabel puts a label on, made if the repository has none of that name.
// Webhook: issues labeled, of a pull request pull_request labeled (facts 2).
func (i *Issue) AddLabel(by *User, name string) {
	defer i.repository.github.lock()()
	i.addLabel(by, i.repository.labelNamed(name))
}

// RemoveLabel takes a label off, if it is there. Webhook: issues unlabeled, of a
// pull request pull_request unlabeled.
func (i *Issue) RemoveLabel(by *User, name string) {
	defer i.repository.github.lock()()
	if l := i.repository.label(name); l != nil {
		i.removeLabel(by, l)
	}
}

func (i *Issue) addLabel(by *User, l *label) {
	if slices.Contains(i.labels, l) {
		return
	}
	i.labels = append(i.labels, l)
	i.labelChanged(by, l, "labeled", "added", object{"label": i.repository.github.labelJSON(i.repository, l)})
}

func (i *Issue) removeLabel(by *User, l *label) bool {
	index := slices.Index(i.labels, l)
	if index < 0 {
		return false
	}
	i.labels = slices.Delete(i.labels, index, index+1)
	i.labelChanged(by, l, "unlabeled", "removed", object{"label": i.repository.github.labelJSON(i.repository, l)})
	return true
}

func (i *Issue) labelChanged(by *User, l *label, event, action string, fields object) {
	r, g := i.repository, i.repository.github
	i.updatedAt = g.now()
	if i.pull != nil {
		i.pull.emit(by, event, fields)
	} else {
		fields["issue"] = g.issueJSON(i)
		g.emit(r, "issues", event, by, fields)
	}
	g.changed(Change{
		Kind: "label", Action: action, Repository: r.fullName(), By: by.Login, Issue: i.Number, Name: l.Name,
		Text: fmt.Sprintf("%s %s the label %s, #%d", by.Login, action, l.Name, i.Number),
	})
}

// issue is the one the path names, nil if there is none.
func (q *request) issue() *Issue {
	n := q.id("issue_number")
	if n < 1 || n > int64(len(q.repository.issues)) {
		return nil
	}
	return q.repository.issues[n-1]
}

func (q *request) getIssue() (answer, error) {
	i := q.issue()
	if i == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.issueJSON(i)), nil
}

// issueJSON is GitHub's issue.
func (g *GitHub) issueJSON(i *Issue) object {
	r := i.repository
	labels := []object{}
	for _, l := range i.labels {
		labels = append(labels, g.labelJSON(r, l))
	}
	self := g.api("/repos/%s/issues/%d", r.fullName(), i.Number)
	body := object{
		"id": i.ID, "node_id": nodeID("I", i.ID), "number": i.Number, "title": i.title, "body": orNull(i.body), "state": i.state, "state_reason": nil,
		"user": g.userJSON(i.by), "author_association": r.association(i.by), "labels": labels, "assignee": nil, "assignees": []object{},
		"milestone": nil, "locked": false, "active_lock_reason": nil, "comments": len(i.comments()), "closed_at": stamp(i.closedAt), "closed_by": g.userOrNull(i.closedBy),
		"created_at": stamp(i.createdAt), "updated_at": stamp(i.updatedAt), "performed_via_github_app": g.appOrNull(i.via),
		"url": self, "repository_url": g.api("/repos/%s", r.fullName()), "html_url": i.html(),
		"labels_url": self + "/labels{/name}", "comments_url": self + "/comments", "events_url": self + "/events", "timeline_url": self + "/timeline",
		"reactions": rollup(i.reactions, self+"/reactions"),
	}
	if p := i.pull; p != nil {
		body["draft"] = p.draft
		body["pull_request"] = object{
			"url": p.api(), "html_url": i.html(), "diff_url": i.html() + ".diff", "patch_url": i.html() + ".patch", "merged_at": stamp(p.mergedAt),
		}
	}
	return body
}

func (i *Issue) html() string {
	kind := "issues"
	if i.pull != nil {
		kind = "pull"
	}
	return i.repository.github.html("/%s/%s/%d", i.repository.fullName(), kind, i.Number)
}

// association is GitHub's author_association, which means no authority (facts 2).
func (r *Repository) association(u *User) string {
	switch {
	case u == r.owner:
		return "OWNER"
	case r.github.publicMember(r.owner, u):
		return "MEMBER" // private ones are named as if they were strangers
	case r.roles[u] != "":
		return "COLLABORATOR"
	case strings.HasSuffix(u.Login, "[bot]"):
		return "NONE"
	}
	for _, o := range r.objects {
		if o.kind == "commit" && strings.Contains(string(o.data), "<"+email(u)+">") {
			return "CONTRIBUTOR"
		}
	}
	return "NONE"
}
