package fakegithub_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// reviewPull is a pull request of the App from "feature" to "main".
func (w *world) reviewPull() *fakegithub.PullRequest {
	w.repository.PushBranch(w.author, "feature", "Feature", map[string]*string{"feature.txt": text("one\n")})
	r := w.in("POST", "/pulls", object{"title": "Review", "body": "Please", "head": "Ada:feature", "base": "main", "draft": true})
	require.Equal(w.t, http.StatusCreated, r.status, "%s", r.raw)
	return w.repository.PullRequests()[0]
}

func TestReviewsCountAsSubmittedUntilDismissed(t *testing.T) {
	w := newWorld(t)
	p := w.reviewPull()
	bob := w.CreateUser("bob")
	before := len(w.Deliveries())
	changes := p.Review(bob, fakegithub.ChangesRequested, "Please explain")
	approval := p.Review(w.author, fakegithub.Approved, "")
	_, payload := w.lastDelivery()
	assert.Equal(t, "approved", payload["review"].(object)["state"], "webhooks write states small")
	assert.Equal(t, p.HeadSHA(), payload["review"].(object)["commit_id"])
	next := w.repository.PushBranch(w.author, "feature", "More", map[string]*string{"more": text("2")})
	late := p.Review(bob, fakegithub.Commented, "I see")
	listed := w.in("GET", "/pulls/1/reviews", nil).list
	assert.Equal(t, []string{"CHANGES_REQUESTED", "APPROVED", "COMMENTED"}, names(listed, "state"))
	assert.NotEqual(t, next, listed[1]["commit_id"], "an approval stays with the commit it saw")
	assert.Equal(t, []string{next, "bob"}, []string{late.CommitSHA(), late.Author()})

	require.NoError(t, p.Dismiss(w.author, changes))
	assert.Equal(t, fakegithub.Dismissed, changes.State())
	event, payload := w.lastDelivery()
	assert.Equal(t, "pull_request_review dismissed", event)
	assert.Equal(t, []any{"dismissed", "bob", "Ada"}, []any{
		payload["review"].(object)["state"], payload["review"].(object)["user"].(object)["login"], payload["sender"].(object)["login"],
	})
	require.ErrorContains(t, p.Dismiss(w.author, late), "422")
	path := fmt.Sprintf("/pulls/1/reviews/%d", approval.ID)
	assert.Equal(t, "DISMISSED", w.in("PUT", path+"/dismissals", object{"message": "The code changed"}).object["state"])
	assert.Equal(t, http.StatusUnprocessableEntity, w.in("PUT", path+"/dismissals", object{"message": "again"}).status)
	late.Edit(bob, "I see now")
	_, payload = w.lastDelivery()
	assert.Equal(t, "I see", payload["changes"].(object)["body"].(object)["from"])
	assert.Equal(t, "I see now", late.Body())
	assert.Equal(t, []string{
		"pull_request_review submitted bob", "pull_request_review submitted Ada", "push  Ada", "check_suite requested Ada", "pull_request synchronize Ada",
		"pull_request_review submitted bob", "pull_request_review dismissed Ada", "pull_request_review dismissed onboard[bot]", "pull_request_review edited bob",
	}, w.since(before))
	assert.Len(t, p.Reviews(), 3)
	assert.Panics(t, func() { p.Review(bob, "LGTM", "") })
}

func TestTheAppReviewsOthersPullRequestsButDoesNotApproveItsOwnAttack(t *testing.T) {
	w := newWorld(t)
	w.reviewPull()
	own := w.in("POST", "/pulls/1/reviews", object{"event": "APPROVE"})
	assert.Equal(t, http.StatusUnprocessableEntity, own.status)
	assert.Equal(t, []any{"Can not approve your own pull request"}, own.object["errors"])
	assert.Equal(t, http.StatusUnprocessableEntity, w.in("POST", "/pulls/1/reviews", object{"event": "REQUEST_CHANGES", "body": "x"}).status)

	w.repository.PushBranch(w.author, "other", "Other", map[string]*string{"x": text("1")})
	w.repository.OpenPullRequest(w.author, "Other", "", "other", "main")
	deliveries := len(w.Deliveries())
	pending := w.in("POST", "/pulls/2/reviews", object{"body": "Let me see"}).object
	assert.Equal(t, "PENDING", pending["state"])
	assert.NotContains(t, pending, "submitted_at")
	assert.Len(t, w.Deliveries(), deliveries, "nobody hears of it")
	assert.Empty(t, w.repository.PullRequests()[1].Reviews())
	assert.Equal(t, http.StatusUnprocessableEntity, w.in("POST", "/pulls/2/reviews", object{"event": "APPROVE"}).status, "one is pending")
	path := fmt.Sprintf("/pulls/2/reviews/%.0f", pending["id"])
	assert.Equal(t, "COMMENTED", w.in("POST", path+"/events", object{"event": "COMMENT"}).object["state"])
	assert.Equal(t, http.StatusUnprocessableEntity, w.in("POST", path+"/events", object{"event": "APPROVE"}).status)
	assert.Equal(t, "Changed", w.in("PUT", path, object{"body": "Changed"}).object["body"])
	assert.Equal(t, "Changed", w.in("GET", path, nil).object["body"])
	assert.Equal(t, "APPROVED", w.in("POST", "/pulls/2/reviews", object{"event": "APPROVE", "commit_id": w.repository.Branch("other")}).object["state"])
	for name, body := range map[string]object{
		"a change request without words": {"event": "REQUEST_CHANGES"}, "another commit": {"event": "APPROVE", "commit_id": w.repository.Head()},
		"comments on lines": {"event": "COMMENT", "body": "x", "comments": []object{{"path": "x", "body": "y", "line": 1}}},
	} {
		assert.Equal(t, http.StatusUnprocessableEntity, w.in("POST", "/pulls/2/reviews", body).status, name)
	}
	assert.Panics(t, func() { w.repository.PullRequests()[1].Review(w.author, fakegithub.Approved, "") }, "nor do people")
}

func TestOneReviewerWhoCannotBeAskedFailsTheWholeRequest(t *testing.T) {
	w := newWorld(t)
	p := w.reviewPull()
	bob, carol := w.CreateUser("bob"), w.CreateUser("carol")
	w.CreateUser("stranger")
	w.repository.Allow(bob, "read")
	w.repository.Allow(carol, "write")
	const path = "/pulls/1/requested_reviewers"
	for login, message := range map[string]string{
		"onboard[bot]": "Review cannot be requested from pull request author.",
		"stranger":     "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the Ada/mattermost-plugin-tea repository.",
		"nobody":       "Reviews may only be requested from collaborators.",
	} {
		w.refused("POST", path, object{"reviewers": []string{"bob", login}}, 422, message)
	}
	w.refused("POST", path, object{"team_reviewers": []string{"core"}}, 422, "Could not resolve to a node")
	assert.Empty(t, p.RequestedReviewers())
	before := len(w.Deliveries())
	r := w.in("POST", path, object{"reviewers": []string{"bob", "Carol"}})
	require.Equal(t, http.StatusCreated, r.status, "%s", r.raw)
	assert.Len(t, r.object["requested_reviewers"], 2)
	assert.Equal(t, http.StatusCreated, w.in("POST", path, object{"reviewers": []string{"bob"}}).status, "asked already")
	assert.Len(t, w.in("GET", path, nil).object["users"], 2)
	p.Review(bob, fakegithub.Commented, "Looking")
	assert.Equal(t, []string{"carol"}, p.RequestedReviewers(), "who reviewed is asked no longer")
	assert.Equal(t, http.StatusOK, w.in("DELETE", path, object{"reviewers": []string{"carol", "bob"}}).status)
	require.NoError(t, p.RequestReview(w.author, bob))
	p.RemoveReviewRequest(bob, bob)
	require.ErrorContains(t, p.RequestReview(w.author, w.CreateUser("stranger")), "collaborator")
	assert.Equal(t, []string{
		"pull_request review_requested onboard[bot]", "pull_request review_requested onboard[bot]", "pull_request_review submitted bob",
		"pull_request review_request_removed onboard[bot]", "pull_request review_requested Ada", "pull_request review_request_removed bob",
	}, w.since(before))
	_, payload := w.lastDelivery()
	assert.Equal(t, "bob", payload["requested_reviewer"].(object)["login"])
}

func TestRemovingReviewersNeedsTheListOfThem(t *testing.T) {
	w := newLooseWorld(t)
	w.reviewPull()
	w.refused("DELETE", "/pulls/1/requested_reviewers", object{"team_reviewers": []string{"core"}}, 422, "wasn't supplied")
}

func TestAPullRequestIsMerged(t *testing.T) {
	w := newWorld(t)
	p := w.pull()
	base, before := w.repository.Head(), len(w.Deliveries())
	require.NoError(t, p.Merge(w.author))
	assert.Equal(t, []string{"pull_request closed Ada", "push  Ada", "check_suite requested Ada"}, w.since(before))
	got := w.in("GET", "/pulls/1", nil).object
	assert.Equal(t, []any{true, "closed", w.repository.Head(), "Ada"}, []any{got["merged"], got["state"], got["merge_commit_sha"], got["merged_by"].(object)["login"]})
	assert.Len(t, w.in("GET", "/git/commits/"+w.repository.Head(), nil).object["parents"], 2)
	assert.Equal(t, "one\n", w.repository.TreeOf("main")["feature.txt"].Content)
	assert.Equal(t, base, p.BaseSHA())
	assert.Len(t, p.Files(), 1, "what was merged stays to be seen")
	assert.Len(t, p.Commits(), 1)
	require.ErrorContains(t, p.Merge(w.author), "405")
	require.ErrorContains(t, p.Reopen(w.author), "merged")
}

func TestTheAPIMergesWhatCanBeMerged(t *testing.T) {
	w := newWorld(t)
	p := w.reviewPull()
	w.refused("PUT", "/pulls/1/merge", nil, 405, "still a draft")
	w.refused("GET", "/pulls/1/merge", nil, 404, "")
	p.Close(w.author)
	w.pull()
	w.refused("PUT", "/pulls/2/merge", object{"sha": w.repository.Head()}, 409, "Head branch was modified.")
	w.refused("PUT", "/pulls/2/merge", object{"merge_method": "rebase"}, 405, "Rebase merges are not allowed")
	w.repository.SetRules("main", "required_linear_history", "pull_request")
	w.refused("PUT", "/pulls/2/merge", object{}, 422, "must not contain merge commits")
	r := w.in("PUT", "/pulls/2/merge", object{"merge_method": "squash", "commit_title": "One", "commit_message": "Two"})
	require.Equal(t, http.StatusOK, r.status, "%s", r.raw)
	assert.Equal(t, w.repository.Head(), r.object["sha"])
	assert.Equal(t, "One\n\nTwo", w.in("GET", "/git/commits/"+w.repository.Head(), nil).object["message"])
	w.refused("PUT", "/pulls/2/merge", nil, 405, "not mergeable")
}

func TestFilesChangedOnBothSidesConflict(t *testing.T) {
	w := newWorld(t)
	p := w.pull()
	w.repository.PushBranch(w.author, "feature", "Delete", map[string]*string{"README.md": nil})
	w.repository.Push(w.author, "Change", map[string]*string{"README.md": text("changed"), "feature.txt": text("one\n")})
	require.ErrorContains(t, p.Merge(w.author), "not mergeable")
	w.repository.Push(w.author, "Delete it too", map[string]*string{"README.md": nil})
	require.NoError(t, p.Merge(w.author))
}
