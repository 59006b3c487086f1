package ghapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/onboarding"
)

// RequestReview asks one person to review a pull request. One at a time, since
// GitHub refuses all of a request for one whom it refuses: most reviewers are no
// collaborators of a plugin's repository (github-facts.md section 3), or the App
// has no permission. refused tells that; asking anew somebody who is asked is no error.
func (r *Repo) RequestReview(ctx context.Context, number int, person onboarding.Person) (refused bool, err error) {
	_, _, err = r.client.PullRequests.RequestReviewers(ctx, r.Owner, r.Name, number, github.ReviewersRequest{Reviewers: []string{person.Login}})
	err = notAllowed(err, "ask %s to review %s/%s#%d", person.Login, r.Owner, r.Name, number)
	if !isRefused(err) {
		return false, err
	}
	if hasStatus(err, http.StatusNotFound) { // is the repository out of reach?
		return r.gone(ctx, err)
	}
	return true, nil
}

// TakeReviewBack takes the request of a review back; one that is gone, or that
// was never made, is no error.
func (r *Repo) TakeReviewBack(ctx context.Context, number int, person onboarding.Person) error {
	_, err := r.client.PullRequests.RemoveReviewers(ctx, r.Owner, r.Name, number, github.ReviewersRequest{Reviewers: []string{person.Login}})
	err = notAllowed(err, "take back that %s is asked to review %s/%s#%d", person.Login, r.Owner, r.Name, number)
	if isRefused(err) {
		return nil
	}
	return err
}

// isRefused tells whether GitHub does not let the App ask, for whatever reason:
// to be asked by GitHub is a courtesy, which must not hold up the rest. Of a repository
// that is archived it says nothing.
func isRefused(err error) bool {
	var no *NotAllowedError
	if errors.As(err, &no) {
		return no.Why != Archived
	}
	return hasStatus(err, http.StatusUnprocessableEntity, http.StatusNotFound)
}
