package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Comment is a comment on an issue or a pull request.
type Comment struct {
	ID int64

	issue     *Issue
	by        *User
	via       *App // the App that wrote it, nil for people
	body      string
	createdAt time.Time
	updatedAt time.Time
	reactions []*reaction
}

// CommentView is a comment as people see it.
type CommentView struct {
	ID        int64
	Author    string // login
	Body      string
	CreatedAt time.Time
	UpdatedAt time.Time
	Reactions []Reaction
}

// maxText is the most characters a comment may have (facts 2).
const maxText = 65_536

func (c *Comment) view() CommentView {
	return CommentView{c.ID, c.by.Login, c.body, c.createdAt, c.updatedAt, reactionViews(c.reactions)}
}

// Reactions returns the reactions to the comment.
func (c *Comment) Reactions() []Reaction {
	defer c.issue.repository.github.lock()()
	return reactionViews(c.reactions)
}

// Comment writes a comment. Webhook: issue_comment created.
func (i *Issue) Comment(by *User, body string) *Comment {
	defer i.repository.github.lock()()
	return i.comment(by, nil, body)
}

// Edit changes the text, perhaps of somebody else (facts 2: whoever may write to
// the repository can). Webhook: issue_comment edited.
func (c *Comment) Edit(by *User, body string) {
	defer c.issue.repository.github.lock()()
	c.edit(by, body)
}

// Delete removes the comment. Webhook: issue_comment deleted.
func (c *Comment) Delete(by *User) {
	defer c.issue.repository.github.lock()()
	c.delete(by)
}

// DeleteComment deletes anybody's comment, as whoever may write to the
// repository can. An unknown id does nothing.
func (i *Issue) DeleteComment(by *User, id int64) {
	defer i.repository.github.lock()()
	for _, c := range i.repository.comments {
		if c.ID == id && c.issue == i {
			c.delete(by)
			return
		}
	}
}

func (i *Issue) comment(by *User, via *App, body string) *Comment {
	g := i.repository.github
	c := &Comment{ID: g.newID(), issue: i, by: by, via: via, body: body, createdAt: g.now(), updatedAt: g.now()}
	i.repository.comments = append(i.repository.comments, c)
	i.updatedAt = g.now()
	c.changed(by, "created", nil)
	return c
}

func (c *Comment) edit(by *User, body string) {
	before := c.body
	c.body, c.updatedAt = body, c.issue.repository.github.now()
	c.changed(by, "edited", object{"changes": object{"body": object{"from": before}}})
}

func (c *Comment) delete(by *User) {
	r := c.issue.repository
	if !slices.Contains(r.comments, c) {
		return
	}
	r.comments = slices.DeleteFunc(r.comments, func(other *Comment) bool { return other == c })
	c.changed(by, "deleted", nil)
}

func (c *Comment) changed(by *User, action string, extra object) {
	r, g := c.issue.repository, c.issue.repository.github
	fields := object{"issue": g.issueJSON(c.issue), "comment": g.commentJSON(c)}
	if extra != nil {
		fields["changes"] = extra["changes"]
	}
	g.emit(r, "issue_comment", action, by, fields)
	first, _, _ := strings.Cut(c.body, "\n")
	g.changed(Change{
		Kind: "comment", Action: action, Repository: r.fullName(), By: by.Login, Issue: c.issue.Number, Comment: c.ID, Body: c.body,
		Text: fmt.Sprintf("%s %s a comment on #%d: %s", by.Login, action, c.issue.Number, first),
	})
}

// comment is the one the path names, nil if there is none.
func (q *request) comment() *Comment {
	id := q.id("comment_id")
	index := slices.IndexFunc(q.repository.comments, func(c *Comment) bool { return c.ID == id })
	if index < 0 {
		return nil
	}
	return q.repository.comments[index]
}

func (q *request) listComments() (answer, error) {
	i := q.issue()
	if i == nil {
		return answer{}, notFound()
	}
	comments := i.comments()
	if since := q.URL.Query().Get("since"); since != "" {
		from, err := time.Parse(time.RFC3339, since)
		if err != nil {
			return answer{}, malformed("For 'since', %q is not a time.", since)
		}
		comments = slices.DeleteFunc(comments, func(c *Comment) bool { return c.updatedAt.Truncate(time.Second).Before(from) })
	}
	return list(q, comments, q.github.commentJSON)
}

func (q *request) getComment() (answer, error) {
	c := q.comment()
	if c == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.commentJSON(c)), nil
}

// text reads the body of a comment from the request.
func (q *request) text() (string, error) {
	var in struct{ Body *string }
	if err := q.decode(&in); err != nil {
		return "", err
	}
	if in.Body == nil {
		return "", malformed("\"body\" wasn't supplied.")
	}
	if strings.TrimSpace(*in.Body) == "" {
		return "", refused(object{"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body cannot be blank"})
	}
	if tooLong(*in.Body, maxText) {
		return "", refused(object{"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body is too long (maximum is 65536 characters)"})
	}
	return *in.Body, nil
}

func (q *request) createComment() (answer, error) {
	i := q.issue()
	if i == nil {
		return answer{}, notFound()
	}
	body, err := q.text()
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusCreated, q.github.commentJSON(i.comment(q.app.bot, q.app, body))), nil
}

func (q *request) updateComment() (answer, error) {
	c := q.comment()
	if c == nil {
		return answer{}, notFound()
	}
	body, err := q.text()
	if err != nil {
		return answer{}, err
	}
	c.edit(q.app.bot, body)
	return reply(http.StatusOK, q.github.commentJSON(c)), nil
}

func (q *request) deleteComment() (answer, error) {
	c := q.comment()
	if c == nil {
		return answer{}, notFound()
	}
	c.delete(q.app.bot)
	return answer{status: http.StatusNoContent, header: http.Header{}}, nil
}

// commentJSON is GitHub's issue-comment.
func (g *GitHub) commentJSON(c *Comment) object {
	repo, number := c.issue.repository.fullName(), c.issue.Number
	self := g.api("/repos/%s/issues/comments/%d", repo, c.ID)
	return object{
		"id": c.ID, "node_id": nodeID("IC", c.ID), "url": self, "issue_url": g.api("/repos/%s/issues/%d", repo, number),
		"html_url": fmt.Sprintf("%s#issuecomment-%d", c.issue.html(), c.ID), "body": c.body, "user": g.userJSON(c.by),
		"author_association": c.issue.repository.association(c.by), "created_at": stamp(c.createdAt), "updated_at": stamp(c.updatedAt),
		"performed_via_github_app": g.appOrNull(c.via), "reactions": rollup(c.reactions, self+"/reactions"),
	}
}
