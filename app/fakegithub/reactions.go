package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Reaction is one reaction to a comment or an issue.
type Reaction struct {
	Content string // +1 -1 laugh confused heart hooray rocket eyes
	By      string // login
}

type reaction struct {
	id        int64
	content   string
	by        *User
	createdAt time.Time
}

var reactionContents = []string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}

func reactionViews(reactions []*reaction) []Reaction {
	var views []Reaction
	for _, r := range reactions {
		views = append(views, Reaction{r.content, r.by.Login})
	}
	return views
}

// rollup is the summary of reactions that issues and comments carry.
func rollup(reactions []*reaction, url string) object {
	summary := object{"url": url, "total_count": len(reactions)}
	for _, content := range reactionContents {
		summary[content] = 0
	}
	for _, r := range reactions {
		summary[r.content] = summary[r.content].(int) + 1
	}
	return summary
}

func (q *request) listCommentReactions() (answer, error) {
	c := q.comment()
	if c == nil {
		return answer{}, notFound()
	}
	return q.listReactions(c.reactions)
}

func (q *request) listIssueReactions() (answer, error) {
	i := q.issue()
	if i == nil {
		return answer{}, notFound()
	}
	return q.listReactions(i.reactions)
}

func (q *request) listReactions(reactions []*reaction) (answer, error) {
	if content := q.URL.Query().Get("content"); content != "" {
		reactions = slices.DeleteFunc(slices.Clone(reactions), func(r *reaction) bool { return r.content != content })
	}
	return list(q, reactions, q.github.reactionJSON)
}

func (q *request) createCommentReaction() (answer, error) {
	c := q.comment()
	if c == nil {
		return answer{}, notFound()
	}
	return q.react(&c.reactions, Change{Issue: c.issue.Number, Comment: c.ID})
}

func (q *request) createIssueReaction() (answer, error) {
	i := q.issue()
	if i == nil {
		return answer{}, notFound()
	}
	return q.react(&i.reactions, Change{Issue: i.Number})
}

// react answers 201, or 200 if the reaction was already there (facts 2).
func (q *request) react(reactions *[]*reaction, change Change) (answer, error) {
	var in struct{ Content string }
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if !slices.Contains(reactionContents, in.Content) {
		return answer{}, malformed("For 'content', %q is not a reaction.", in.Content)
	}
	by := q.app.bot
	for _, r := range *reactions {
		if r.by == by && r.content == in.Content {
			return reply(http.StatusOK, q.github.reactionJSON(r)), nil
		}
	}
	r := &reaction{id: q.github.newID(), content: in.Content, by: by, createdAt: q.github.now()}
	*reactions = append(*reactions, r)
	change.Kind, change.Action, change.Repository, change.By, change.Name = "reaction", "created", q.repository.fullName(), by.Login, in.Content
	change.Text = fmt.Sprintf("%s reacted with %s on #%d", by.Login, in.Content, change.Issue)
	q.github.changed(change)
	return reply(http.StatusCreated, q.github.reactionJSON(r)), nil
}

func (g *GitHub) reactionJSON(r *reaction) object {
	return object{"id": r.id, "node_id": nodeID("REA", r.id), "user": g.userJSON(r.by), "content": r.content, "created_at": stamp(r.createdAt)}
}
