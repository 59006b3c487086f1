package fakegithub

import (
	"net/http"
	"slices"
	"strings"
)

type reviewInput struct {
	Body     string
	Event    string
	CommitID *string `json:"commit_id"`
	Comments []object
	Message  *string
}

// reviewStates says what a review becomes by an event.
var reviewStates = map[string]string{"APPROVE": Approved, "REQUEST_CHANGES": ChangesRequested, "COMMENT": Commented}

// unprocessed is the 422 of the endpoints of reviews, with sentences as errors.
func unprocessed(reason string) *apiError {
	return &apiError{http.StatusUnprocessableEntity, "Unprocessable Entity", []string{reason}}
}

// review is the one the path names, nil if the App sees none such.
func (q *request) review() *Review {
	p, id := q.pull(), q.id("review_id")
	if p == nil {
		return nil
	}
	seen := p.submitted(q.app.bot)
	if index := slices.IndexFunc(seen, func(v *Review) bool { return v.ID == id }); index >= 0 {
		return seen[index]
	}
	return nil
}

func (q *request) listReviews() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	return list(q, p.submitted(q.app.bot), (*Review).toJSON)
}

func (q *request) getReview() (answer, error) {
	v := q.review()
	if v == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, v.toJSON()), nil
}

// check refuses what cannot be submitted by that user.
func (in reviewInput) check(p *PullRequest, by *User) error {
	switch {
	case reviewStates[in.Event] == "":
		return malformed("For 'event', %q is not one of APPROVE, REQUEST_CHANGES, COMMENT.", in.Event)
	case in.Event == "APPROVE" && by == p.by:
		return unprocessed("Can not approve your own pull request")
	case in.Event == "REQUEST_CHANGES" && by == p.by:
		return unprocessed("Can not request changes on your own pull request")
	case in.Event != "APPROVE" && strings.TrimSpace(in.Body) == "":
		return unprocessed("Body can't be blank")
	}
	return nil
}

// createReview submits a review, or leaves it pending without an event. Comments
// on lines are not simulated: they are refused.
func (q *request) createReview() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	var in reviewInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	own := func(v *Review) bool { return v.state == pending && v.by == q.app.bot }
	switch {
	case len(in.Comments) > 0:
		return answer{}, unprocessed("Comments on lines are not simulated")
	case tooLong(in.Body, maxText):
		return answer{}, unprocessed("Body is too long (maximum is 65536 characters)")
	case in.CommitID != nil && *in.CommitID != p.headSHA && !slices.ContainsFunc(p.commits(), func(c commit) bool { return c.sha == *in.CommitID }):
		return answer{}, unprocessed("Commit is not part of the pull request")
	case slices.ContainsFunc(p.reviews, own):
		return answer{}, unprocessed("User can only have one pending review per pull request")
	}
	if in.Event != "" {
		if err := in.check(p, q.app.bot); err != nil {
			return answer{}, err
		}
	}
	v := p.newReview(q.app.bot, in.Body)
	set(&v.commit, in.CommitID)
	if in.Event != "" {
		v.submit(reviewStates[in.Event])
	}
	return reply(http.StatusOK, v.toJSON()), nil
}

// submitReview makes a pending review of the App count.
func (q *request) submitReview() (answer, error) {
	v := q.review()
	if v == nil {
		return answer{}, notFound()
	}
	var in reviewInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if in.Body == "" {
		in.Body = v.body
	}
	if v.state != pending {
		return answer{}, unprocessed("Can not submit a review that is submitted")
	}
	if err := in.check(v.pull, q.app.bot); err != nil {
		return answer{}, err
	}
	v.body = in.Body
	v.submit(reviewStates[in.Event])
	return reply(http.StatusOK, v.toJSON()), nil
}

// updateReview changes the text of one of the App's own.
func (q *request) updateReview() (answer, error) {
	v := q.review()
	if v == nil {
		return answer{}, notFound()
	}
	if v.by != q.app.bot {
		return answer{}, failure(http.StatusForbidden, "Resource not accessible by integration")
	}
	var in reviewInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	switch {
	case strings.TrimSpace(in.Body) == "":
		return answer{}, unprocessed("Body can't be blank")
	case tooLong(in.Body, maxText):
		return answer{}, unprocessed("Body is too long (maximum is 65536 characters)")
	}
	v.edit(q.app.bot, in.Body)
	return reply(http.StatusOK, v.toJSON()), nil
}

func (q *request) dismissReview() (answer, error) {
	v := q.review()
	if v == nil {
		return answer{}, notFound()
	}
	var in reviewInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if in.Message == nil || strings.TrimSpace(*in.Message) == "" {
		return answer{}, malformed("\"message\" wasn't supplied.")
	}
	if err := v.dismiss(q.app.bot); err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, v.toJSON()), nil
}
