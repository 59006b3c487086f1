package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// conclusions are those of the check runs on a commit, by stage.
func (w *world) conclusions(sha string) map[string]string {
	found := map[string]string{}
	for _, run := range w.Plugin.CheckRuns(sha) {
		found[strings.TrimPrefix(run.Name, "onboarding/")] = run.Conclusion
	}
	return found
}

// proposed opens a pull request of bob's that adds files.
func (w *world) proposed(bob *fakegithub.User, files map[string]*string) *fakegithub.PullRequest {
	w.Plugin.MoveBranch(bob, "proposal", w.Plugin.Head())
	w.Plugin.PushBranch(bob, "proposal", "Propose", files)
	return w.Plugin.OpenPullRequest(bob, "A proposal", "", "proposal", "main")
}

func TestOtherPullRequestsCarryTheChecksOfTheirFiles(t *testing.T) {
	w := newWorld(t)
	bob := w.GitHub.CreateUser("bob")
	w.Plugin.Allow(bob, "write")
	early := w.proposed(bob, map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.Empty(t, w.conclusions(early.HeadSHA()), "nothing is looked at before the start")
	early.Close(bob)

	w.say(w.Alice, "/onboard")
	require.Equal(t, "failure", w.run("licence").Conclusion)
	pr := w.proposed(bob, map[string]*string{"LICENSE": &demo.MIT, "plugin.json": new("{")})
	w.settle()
	found := w.conclusions(pr.HeadSHA())
	assert.Len(t, found, 3)
	assert.Equal(t, "success", found["licence"])
	assert.Equal(t, "failure", found["manifest"])
	for _, run := range w.Plugin.CheckRuns(pr.HeadSHA()) {
		assert.Empty(t, run.Actions, "what is looked at again is the default branch")
		if run.Conclusion == "failure" {
			assert.Contains(t, run.Summary, "before it is merged")
			assert.NotContains(t, run.Title, "You:")
		}
	}
	assert.Equal(t, "failure", w.run("licence").Conclusion, "it decides nothing")
	assert.Contains(t, w.status(), "fix **[licence]")

	w.Plugin.PushBranch(bob, "proposal", "Mend", map[string]*string{"plugin.json": new(helloPlugin["plugin.json"])})
	w.settle()
	assert.Equal(t, "success", w.conclusions(pr.HeadSHA())["manifest"])
	calls := len(w.GitHub.Calls())
	w.later(night)
	for _, call := range w.GitHub.Calls()[calls:] {
		assert.NotContains(t, call.Path, pr.HeadSHA(), "once")
	}
	w.say(w.Alice, "/onboard withdraw")
	w.Plugin.PushBranch(bob, "proposal", "More", map[string]*string{"more.txt": new("x")})
	w.settle()
	assert.Empty(t, w.conclusions(pr.HeadSHA()), "nor after the end")
}

func TestAttackAPullRequestOfTheReviewBranchTakesNoCheckRunsAway(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	require.NotNil(t, w.ReviewPR())
	before := w.conclusions(w.ReviewPR().HeadSHA())
	w.Plugin.MoveBranch(w.Alice, "mine", w.ReviewPR().HeadSHA())
	w.Plugin.OpenPullRequest(w.Alice, "Mine", "", "mine", "onboarding/base")
	w.settle()
	assert.Equal(t, before, w.conclusions(w.ReviewPR().HeadSHA()))
	assert.Len(t, before, 13)
}

func TestOtherPullRequestsAreLeftAloneIfThatIsConfigured(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.Checks.PullRequests = false })
	w.say(w.Alice, "/onboard")
	bob := w.GitHub.CreateUser("bob")
	w.Plugin.Allow(bob, "write")
	pr := w.proposed(bob, map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.Empty(t, w.conclusions(pr.HeadSHA()))
}

func TestAttackManyPullRequestsCostNoMoreThanADaysLooks(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	bob := w.GitHub.CreateUser("bob")
	w.Plugin.Allow(bob, "write")
	pr := w.proposed(bob, map[string]*string{"LICENSE": &demo.MIT})
	looked := 0
	for i := range 40 {
		w.Plugin.PushBranch(bob, "proposal", "More", map[string]*string{"more.txt": new(strings.Repeat("x", i))})
		w.settle()
		if len(w.conclusions(pr.HeadSHA())) > 0 {
			looked++
		}
	}
	assert.LessOrEqual(t, looked, 30)
	assert.GreaterOrEqual(t, looked, 25)
	w.later(night)
	assert.Equal(t, "success", w.conclusions(pr.HeadSHA())["licence"], "the next day goes on with the last")
}

func TestAPullRequestOfWhenTheRepositoryIsRenamedGetsItsChecksToo(t *testing.T) {
	w := newWorld(t)
	bob := w.GitHub.CreateUser("bob")
	w.Plugin.Allow(bob, "write")
	w.say(w.Alice, "/onboard")
	w.later(soon)
	elsewhere := http.Header{"Location": {"http://127.0.0.1/repositories/1"}}
	w.GitHub.Inject(fakegithub.Fault{
		Method: http.MethodPost, Route: "/repos/{owner}/{repo}/check-runs", Times: 1, Status: http.StatusMovedPermanently, Header: elsewhere,
	})
	pr := w.proposed(bob, map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	require.Len(t, w.conclusions(pr.HeadSHA()), 2, "it is called otherwise by now")
	w.calm()
	assert.Len(t, w.conclusions(pr.HeadSHA()), 3)
}
