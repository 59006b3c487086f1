package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// reviewers is a world with three core committers, two of them collaborators of
// the plugin's, and sec for security.
func reviewers(t *testing.T) (w *world, person map[string]*fakegithub.User) {
	return reviewersOf(t, func(*app.Config) {})
}

// reviewersOf is that world with another configuration.
func reviewersOf(t *testing.T, change func(*app.Config)) (w *world, person map[string]*fakegithub.User) {
	w = newWorld(t, func(c *app.Config) {
		c.Start.Accept = app.AcceptRequired
		c.Roles[onboarding.CoreCommitter].Users = []string{"alice", "ann", "bob", "sec"}
		c.Roles[onboarding.Security].Users = []string{"sec"}
		c.Roles[onboarding.QA].Users = []string{"quentin"}
		change(c)
	})
	person = map[string]*fakegithub.User{}
	for _, login := range []string{"ann", "bob", "sec", "quentin"} {
		person[login] = w.GitHub.CreateUser(login)
	}
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.Plugin.Allow(person["quentin"], "write")
	return w, person
}

func TestTheRightPeopleAreAskedToReview(t *testing.T) {
	w, person := reviewers(t)
	w.Plugin.Allow(person["ann"], "write")
	w.Plugin.Allow(person["bob"], "write")
	w.say(person["quentin"], "/onboard")
	pr := w.ReviewPR()
	require.NotNil(t, pr, "whoever has a role accepts by starting")
	require.Len(t, pr.RequestedReviewers(), 1, "one core committer for the basic review")
	first := pr.RequestedReviewers()[0]
	assert.Contains(t, []string{"ann", "bob", "sec"}, first, "never the author")
	assert.Contains(t, w.status(), "For basic-review ["+first+"](")

	calls := len(w.GitHub.Calls())
	w.say(w.Alice, "/onboard recheck licence")
	for _, call := range w.GitHub.Calls()[calls:] {
		assert.NotContains(t, call.Path, "requested_reviewers", "nobody is asked twice")
	}

	pr.Review(person[first], fakegithub.Approved, "")
	w.settle()
	require.Equal(t, "success", w.run("basic-review").Conclusion)
	assert.Contains(t, pr.RequestedReviewers(), first, "who did the basic review goes on")
	w.later(gathered)
	require.NotEmpty(t, w.told())
	assert.Contains(t, last(w.told()), "@sec, please review", "sec is no collaborator, and the seat of security needs them")
	assert.Contains(t, w.status(), "For complete-review")

	w.say(w.Alice, "/onboard withdraw")
	assert.Equal(t, "closed", pr.State())
}

func TestAskingMayFailAndIsDoneOnce(t *testing.T) {
	const requests, comments = "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "/repos/{owner}/{repo}/issues/{issue_number}/comments"
	for name, fault := range map[string]fakegithub.Fault{
		"the request is lost":            {Method: http.MethodPost, Route: requests, Cut: fakegithub.CutBefore, Times: 1},
		"the request's answer is lost":   {Method: http.MethodPost, Route: requests, Cut: fakegithub.CutAfter, Times: 1},
		"the request fails":              {Method: http.MethodPost, Route: requests, Status: http.StatusBadGateway, Times: 1},
		"no collaborator, comment lost":  {Method: http.MethodPost, Route: comments, Cut: fakegithub.CutAfter, Times: 1},
		"no collaborator, comment fails": {Method: http.MethodPost, Route: comments, Status: http.StatusBadGateway, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w, person := reviewers(t)
			if !strings.HasPrefix(name, "no collaborator") {
				for _, login := range []string{"ann", "bob", "sec"} {
					w.Plugin.Allow(person[login], "write")
				}
			}
			defer w.GitHub.Inject(fault)()
			w.say(person["quentin"], "/onboard")
			w.calm()
			w.later(gathered)
			w.calm()
			asked := len(w.ReviewPR().RequestedReviewers())
			for _, said := range w.told() {
				asked += strings.Count(said, "@")
			}
			assert.Equal(t, 1, asked)
			assert.Contains(t, w.status(), "For basic-review [")
		})
	}
}

func TestWhoDeclinesIsAskedNoMore(t *testing.T) {
	w, person := reviewers(t)
	for _, login := range []string{"ann", "bob", "sec"} {
		w.Plugin.Allow(person[login], "write")
	}
	w.say(person["quentin"], "/onboard")
	declined := map[string]bool{}
	for range 3 {
		asked := w.ReviewPR().RequestedReviewers()
		require.Len(t, asked, 1)
		require.NotContains(t, declined, asked[0])
		declined[asked[0]] = true
		assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(person[asked[0]], "/onboard decline I am away")))
	}
	assert.Empty(t, w.ReviewPR().RequestedReviewers(), "nobody is left")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(person["ann"], "/onboard decline")), "they are not asked")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(w.Alice, "/onboard decline")))

	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	assert.Equal(t, "success", w.run("basic-review").Conclusion, "who declined may review all the same")
}

func TestAttackNobodyIsAskedBeforeTheStartIsAccepted(t *testing.T) {
	w, person := reviewers(t)
	w.Plugin.Allow(person["ann"], "write")
	outsider := w.GitHub.CreateUser("mallory")
	w.Plugin.Allow(outsider, "admin")
	w.say(outsider, "/onboard")
	w.say(outsider, "/onboard accept")
	assert.Empty(t, w.Plugin.PullRequests())
	for _, c := range w.Issue.Comments() {
		if c.Author == "onboard[bot]" {
			assert.NotContains(t, c.Body, "@")
		}
	}
	w.say(person["ann"], "/onboard accept")
	assert.Contains(t, w.status(), "For basic-review [", "requested, or named if no collaborator")
}

func TestWhoIsAskedStaysWhileATeamCannotBeRead(t *testing.T) {
	const members = "/orgs/{org}/teams/{team_slug}/members"
	for name, status := range map[string]int{"the App may not": http.StatusForbidden, "GitHub fails": http.StatusBadGateway} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *app.Config) { c.Roles[onboarding.CoreCommitter].Teams = []string{"acme/core"} })
			ann, acme := w.GitHub.CreateUser("ann"), w.GitHub.CreateOrganization("acme")
			w.GitHub.AddMember(w.GitHub.CreateTeam(acme, "core", nil), ann)
			w.GitHub.Install(w.App, acme)
			w.Plugin.Allow(ann, "write")
			w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
			w.say(w.Alice, "/onboard")
			require.Equal(t, []string{"ann"}, w.ReviewPR().RequestedReviewers())

			mend := w.GitHub.Inject(fakegithub.Fault{Route: members, Status: status})
			w.later(6 * time.Minute) // what is known of a team is kept for five
			w.Plugin.Push(w.Alice, "More", map[string]*string{"NOTICE.txt": &demo.MIT})
			w.settle()
			assert.Equal(t, []string{"ann"}, w.ReviewPR().RequestedReviewers())
			assert.Contains(t, w.status(), w.Plugin.Head()[:7], "the rest goes on")
			mend()
			w.calm()
			assert.Equal(t, []string{"ann"}, w.ReviewPR().RequestedReviewers())
		})
	}
}

// An approval whose delivery comes again, under a GUID that is not known any
// more, is no approval of the stage that has opened meanwhile (S12, S14, S22).
func TestAttackAReviewThatComesAgainApprovesNoOtherStage(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	require.Equal(t, "success", w.run("basic-review").Conclusion)
	for _, d := range w.GitHub.Deliveries() {
		if d.Event == "pull_request_review" {
			d.Headers.Set("X-GitHub-Delivery", "5a1e8a7e-0000-4000-8000-000000000000")
			require.Equal(t, http.StatusAccepted, w.post(string(d.Payload), d.Headers))
		}
	}
	w.settle()
	record, err := store.OpenToRead(t.Context(), w.config.Database.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, record.Close()) }()
	entries, err := record.Audit(t.Context(), w.Plugin.ID, 1, 100)
	require.NoError(t, err)
	var decided []string
	for _, e := range entries {
		if e.Who.ID == 0 {
			continue // whose turn it is
		}
		decided = append(decided, e.Who.Login+" "+e.Kind+" "+e.Stage)
	}
	assert.Equal(t, []string{"quentin start ", "ann approve basic-review"}, decided)
}

// What the check run shows, people decide about, whatever else could not be shown
// yet.
func TestASignOffCountsThoughTheLabelsCouldNotBeChanged(t *testing.T) {
	w, person := reviewers(t)
	w.say(w.Alice, "/onboard")
	mend := w.GitHub.Inject(fakegithub.Fault{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/issues/{issue_number}/labels", Status: http.StatusBadGateway})
	defer mend()
	w.Issue.AddLabel(person["quentin"], "stage:qa")
	w.settle()
	require.Equal(t, "action_required", w.run("qa").Conclusion)
	w.clock.Add(int64(2 * time.Second)) // comments are dated by the second
	comment := w.say(person["quentin"], "/onboard approve qa")
	mend()
	w.calm()
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment), "%v", w.answers())
	assert.Equal(t, "success", w.run("qa").Conclusion)
}

// A decision is about what its maker could see (S4), whatever time it is here.
func TestAttackAWrongClockOfOursMakesNoSignOffEarlierOrLater(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"ours is ahead": time.Minute, "ours is behind": -time.Minute} {
		t.Run(name, func(t *testing.T) {
			w, person := reviewers(t)
			w.clock.Add(int64(2 * time.Minute)) // so that GitHub's goes on
			w.past.Store(int64(ahead))
			w.say(w.Alice, "/onboard")
			w.Issue.AddLabel(person["quentin"], "stage:qa")
			w.settle()
			require.Equal(t, "action_required", w.run("qa").Conclusion)
			w.past.Add(int64(20 * time.Second))
			comment := w.say(person["quentin"], "/onboard approve qa")
			assert.Equal(t, []string{"eyes", "confused"}, reacted(comment), "it was written before, and came after")
			w.past.Add(int64(-23 * time.Second))
			comment = w.say(person["quentin"], "/onboard approve qa")
			assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment), "%v", w.answers())
		})
	}
}
