package ghapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// Comment is something to say on an issue or PR, and the marker by which it
// is found again if a crash made us forget that we said it.
type Comment struct {
	Issue  int
	Body   string
	Marker string    // hidden at the end of the comment
	Since  time.Time // no such comment was made before
	New    bool      // nor was it after, for sure: this is the first try to write it
}

func (c Comment) text() string { return c.Body + "\n<!-- " + c.Marker + " -->\n" }

// PublishComment keeps one comment up to date, edited in place. A deleted or
// locked issue shows none, which is no error: nothing is noted, so that it is
// tried again at the next look.
func (r *Repo) PublishComment(ctx context.Context, thing string, want Comment, ledger Ledger, now time.Time) (Shown, error) {
	sum := Digest(want.text())
	shown, known := ledger.Shown(thing)
	if shown.Digest == sum {
		return shown, nil
	}
	switch {
	case !known && want.New: // the next try looks
		if err := ledger.Note(ctx, thing, Shown{At: now}); err != nil {
			return Shown{}, err
		}
	case shown.ID == 0:
		found, err := r.findComment(ctx, want)
		if gone, err := r.gone(ctx, err); gone || err != nil {
			return Shown{}, err
		}
		shown.ID = found.GetID()
	}
	comment, err := r.writeComment(ctx, shown.ID, want)
	if gone, err := r.gone(ctx, err); gone || err != nil {
		return Shown{}, err
	}
	shown = Shown{ID: comment.GetID(), Digest: sum, URL: comment.GetHTMLURL(), At: now}
	return shown, ledger.Note(ctx, thing, shown)
}

// writeComment edits the comment of an id, or writes a new one. If somebody
// deleted it, a new one may be there already, of a write whose answer was lost.
func (r *Repo) writeComment(ctx context.Context, id int64, want Comment) (*github.IssueComment, error) {
	body := &github.IssueComment{Body: github.String(want.text())}
	for id != 0 {
		comment, _, refused := r.client.Issues.EditComment(ctx, r.Owner, r.Name, id, body)
		if !hasStatus(refused, http.StatusNotFound) {
			r.clients.learnLogin(comment)
			return comment, explain(refused, "edit comment %d of %s/%s", id, r.Owner, r.Name)
		}
		found, err := r.findComment(ctx, want)
		if err != nil {
			return nil, err
		}
		if found.GetID() == id { // the list has it: GitHub has not made up its mind
			return nil, &UnavailableError{Err: fmt.Errorf("edit comment %d of %s/%s: it is listed, and not found", id, r.Owner, r.Name)}
		}
		id = found.GetID()
	}
	comment, _, err := r.client.Issues.CreateComment(ctx, r.Owner, r.Name, want.Issue, body)
	r.clients.learnLogin(comment)
	return comment, explain(err, "comment on %s/%s#%d", r.Owner, r.Name, want.Issue)
}

// Say writes a comment unless it was written before. A deleted or locked
// issue is no error: there is nobody to say it to.
func (r *Repo) Say(ctx context.Context, want Comment) (err error) {
	var found *github.IssueComment
	if !want.New {
		found, err = r.findComment(ctx, want)
	}
	if err == nil && found == nil {
		_, err = r.writeComment(ctx, 0, want)
	}
	missing := hasStatus(err, http.StatusNotFound)
	gone, err := r.gone(ctx, err)
	if gone && missing && r.Now().Sub(want.Since) < toldEarly {
		return &UnavailableError{Err: fmt.Errorf("comment on %s/%s#%d: it is not found yet", r.Owner, r.Name, want.Issue)}
	}
	return err
}

// toldEarly is how long GitHub may not find what it has told us of already: a delivery
// can be faster than the database that answers.
const toldEarly = time.Minute

// wrongBy is how far our clock may be ahead of GitHub's when a comment is looked for.
const wrongBy = time.Hour

// findComment looks for our comment with a marker. Others can write the
// marker too, so only the App's own comments count (S13).
func (r *Repo) findComment(ctx context.Context, want Comment) (*github.IssueComment, error) {
	login, err := r.clients.login(ctx)
	if err != nil {
		return nil, err
	}
	since := want.Since.Add(-wrongBy)
	options := &github.IssueListCommentsOptions{Since: &since, ListOptions: github.ListOptions{PerPage: 100}}
	for {
		page, response, err := r.client.Issues.ListComments(ctx, r.Owner, r.Name, want.Issue, options)
		if err != nil {
			return nil, explain(err, "list the comments of %s/%s#%d", r.Owner, r.Name, want.Issue)
		}
		for _, comment := range page {
			ours := comment.GetUser().GetType() == "Bot" && comment.GetUser().GetLogin() == login
			if ours && strings.HasSuffix(strings.TrimSpace(comment.GetBody()), "<!-- "+want.Marker+" -->") {
				return comment, nil
			}
		}
		if response.NextPage == 0 {
			return nil, nil
		}
		options.Page = response.NextPage
	}
}

// React puts a reaction on a comment; one that is there already stays
// (GitHub answers 200). A comment that is gone is no error.
func (r *Repo) React(ctx context.Context, comment int64, content string) error {
	_, _, err := r.client.Reactions.CreateIssueCommentReaction(ctx, r.Owner, r.Name, comment, content)
	_, err = r.gone(ctx, err)
	return explain(err, "react to comment %d of %s/%s with %s", comment, r.Owner, r.Name, content)
}

// ReactToIssue puts a reaction on an issue's first text.
func (r *Repo) ReactToIssue(ctx context.Context, issue int, content string) error {
	_, _, err := r.client.Reactions.CreateIssueReaction(ctx, r.Owner, r.Name, issue, content)
	_, err = r.gone(ctx, err)
	return explain(err, "react to %s/%s#%d with %s", r.Owner, r.Name, issue, content)
}

// gone tells whether what a call was about was deleted or locked: there is nowhere to
// show it, which is no error. All other errors stay: if the installation does not
// reach the repository any more, be it for a moment, that is a LostError.
func (r *Repo) gone(ctx context.Context, err error) (bool, error) {
	if !isGone(err) {
		return false, err
	}
	if !hasStatus(err, http.StatusNotFound) {
		return true, nil
	}
	_, _, err = r.client.Repositories.Get(ctx, r.Owner, r.Name)
	if why, lost := lostRepository(err); lost {
		return false, r.notThere(why, err)
	}
	return err == nil, explain(err, "read repository %s/%s", r.Owner, r.Name)
}

// isGone is gone without a look at the repository. A missing permission is another 403.
func isGone(err error) bool {
	if hasStatus(err, http.StatusNotFound, http.StatusGone) {
		return true
	}
	var refused *github.ErrorResponse
	return errors.As(err, &refused) && hasStatus(err, http.StatusForbidden) && strings.Contains(refused.Message, "locked")
}
