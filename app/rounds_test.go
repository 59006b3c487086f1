package app_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
)

// climber is a world in which everybody is there who decides.
type climber struct {
	*world
	person map[string]*fakegithub.User
}

func newClimber(t *testing.T, change ...func(*app.Config)) *climber {
	w := newStage(t)
	w.with = append(w.with, app.WithPace(time.Millisecond))
	for _, c := range change {
		c(&w.config)
	}
	w.config.Roles[onboarding.CoreCommitter].Users = []string{"ann", "sec"}
	w.config.Roles[onboarding.Security].Users = []string{"sec"}
	w.config.Roles[onboarding.QA].Users = []string{"quentin"}
	w.config.Roles[onboarding.PM].Users = []string{"pia"}
	w.config.Roles[onboarding.Admin].Users = []string{"root"}
	w.start()
	c := &climber{world: w, person: map[string]*fakegithub.User{}}
	for _, login := range []string{"ann", "sec", "quentin", "pia", "root"} {
		c.person[login] = w.GitHub.CreateUser(login)
	}
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	return c
}

// says is what a person says once the last look is a minute ago, and must work.
func (c *climber) says(login, command string) {
	c.t.Helper()
	c.later(time.Minute)
	require.Equal(c.t, []string{"eyes", "rocket"}, reacted(c.say(c.person[login], command)), command)
}

// reviews approves the review PR.
func (c *climber) reviews(logins ...string) {
	c.t.Helper()
	for _, login := range logins {
		c.ReviewPR().Review(c.person[login], fakegithub.Approved, "")
		c.settle()
	}
}

// releases publishes a release and returns its bundle's sha256.
func (c *climber) releases(version string) string {
	c.t.Helper()
	bundle := bundletest.Make(c.t, "com.example.hello", version)
	c.Plugin.Publish(c.Alice, fakegithub.Release{Tag: "v" + version, Assets: map[string][]byte{"hello.tar.gz": bundle}})
	c.settle()
	return fmt.Sprintf("%x", sha256.Sum256(bundle))
}

// rest is all that a round takes after the basic review.
func (c *climber) rest(version string) {
	c.t.Helper()
	c.reviews("ann", "sec")
	c.signOffs(version)
}

func (c *climber) signOffs(version string) {
	c.t.Helper()
	require.Equal(c.t, "success", c.run("complete-review").Conclusion)
	c.says("quentin", "/onboard approve qa")
	c.says("pia", "/onboard approve pm-ux")
	sha := c.releases(version)
	require.Equal(c.t, "success", c.run("ci-extensions-release").Conclusion)
	c.says("quentin", "/onboard approve release-qa "+sha[:12])
	c.calm()
}

// round completes the first round.
func (c *climber) round() (first *fakegithub.PullRequest) {
	c.t.Helper()
	c.say(c.Alice, "/onboard")
	c.publishNightly()
	first = c.ReviewPR()
	require.NotNil(c.t, first)
	c.reviews("ann")
	c.rest("1.0.0")
	require.Contains(c.t, c.statusOf(1), "every gate is open")
	require.Equal(c.t, "closed", first.State())
	return first
}

// shown is what the review PR shows: path, and what became of it.
func (c *climber) shown() map[string]string {
	c.t.Helper()
	base, head := c.Plugin.TreeOf(c.ReviewPR().BaseSHA()), c.Plugin.TreeOf(c.ReviewPR().HeadSHA())
	shown := map[string]string{}
	for path, entry := range head {
		switch was, ok := base[path]; {
		case !ok:
			shown[path] = "new"
		case was != entry:
			shown[path] = "changed"
		}
	}
	for path := range base {
		if _, still := head[path]; !still {
			shown[path] = "gone"
		}
	}
	return shown
}

func text(s string) *string { return &s }

func TestAnUpdateIsReviewedAsTheDifferenceFromWhatWasAccepted(t *testing.T) {
	for name, another := range map[string]bool{"from the same issue": false, "from another issue": true} {
		t.Run(name, func(t *testing.T) {
			c := newClimber(t)
			first := c.round()
			if another {
				c.Issue = nil
			}
			assert.Equal(t, []string{"eyes", "rocket"}, reacted(c.say(c.Alice, "/onboard")))
			assert.Nil(t, c.ReviewPR(), "nothing changed yet, so there is nothing to show")
			assert.Contains(t, c.statusOf(2), "nothing that it would show has changed since v1.0.0")
			assert.Contains(t, c.statusOf(2), "Update (round 2)")

			pushed := map[string]*string{
				"server/greeting.go": text("package main\n"), "server/main.go": text("package main\n\nfunc main() {}\n"), "README.md": nil,
				".github/workflows/ci.yml": text("on: push\n"),
			}
			c.Plugin.Push(c.Alice, "Greet otherwise", pushed)
			c.settle()
			pr := c.ReviewPR()
			require.NotNil(t, pr)
			branch, _ := pr.Head()
			assert.Equal(t, "onboarding/review-2", branch)
			assert.Equal(t, map[string]string{"server/greeting.go": "new", "server/main.go": "changed", "README.md": "gone"}, c.shown())
			assert.Contains(t, pr.Title(), "what changed since v1.0.0")
			for _, says := range []string{"**what changed since v1.0.0**", "| 1 | new |", "| 1 | changed |", "| 1 | gone |", ".github/workflows/ci.yml"} {
				assert.Contains(t, pr.Body(), says)
			}
			assert.Contains(t, c.statusOf(2), "3 files changed since v1.0.0")
			assert.Equal(t, "success", c.run("basic-review").Conclusion)
			assert.Equal(t, "Passed in round 1", c.run("basic-review").Title)
			for _, stage := range []string{"complete-review", "qa", "pm-ux", "release-qa", "ci-extensions-release", "community"} {
				assert.NotEqual(t, "success", c.run(stage).Conclusion, "S1: %s does not carry over", stage)
			}
			assert.Contains(t, c.run("complete-review").Summary, "Update (round 2)")
			assert.Equal(t, "closed", first.State())

			c.Plugin.Push(c.Alice, "More", map[string]*string{"server/more.go": text("package main\n"), "README.md": text(helloPlugin["README.md"])})
			c.settle()
			assert.Equal(t, map[string]string{"server/greeting.go": "new", "server/main.go": "changed", "server/more.go": "new"}, c.shown(), "the base stands")
			c.releases("1.1.0")
			c.publishNightly()
			c.later(night)
			c.rest("1.2.0")
			assert.Contains(t, c.statusOf(2), "every gate is open")

			c.say(c.Alice, "/onboard")
			assert.Contains(t, c.statusOf(3), "since v1.2.0")
			assert.Equal(t, "Passed in round 1", c.run("basic-review").Title)
		})
	}
}

func TestAnUpdateWithoutAChangeIsApprovedByCommand(t *testing.T) {
	c := newClimber(t)
	c.round()
	c.say(c.Alice, "/onboard")
	c.later(night)
	calls := len(c.GitHub.AllCalls())
	c.later(night)
	api, _ := c.calls(calls)
	api = slices.DeleteFunc(api, func(call string) bool { return call == "GET /users/{username}" }) // who has a role, asked once a night
	assert.Equal(t, []string{
		"GET /repos/{owner}/{repo}", "GET /repos/{owner}/{repo}/releases", "GET /repos/{owner}/{repo}/commits/{ref}", "GET /repos/{owner}/{repo}/issues/{issue_number}/labels",
	}, api, "that nothing changed is found out once")
	told := ""
	for _, comment := range c.Issue.Comments() {
		told += comment.Body
	}
	assert.Regexp(t, `@(ann and @sec|sec and @ann), please look at \*\*\[complete-review\]`, told, "in the order of the lot")
	assert.Contains(t, told, "Say `/onboard approve complete-review` when all is well, or `/onboard request-changes complete-review <reason>` if not.", "people are asked by name")
	c.says("ann", "/onboard approve complete-review")
	c.says("sec", "/onboard approve complete-review")
	require.Equal(t, "success", c.run("complete-review").Conclusion)

	c.Plugin.Push(c.Alice, "Code", map[string]*string{"server/more.go": text("package main\n")})
	c.settle()
	require.NotNil(t, c.ReviewPR())
	assert.Equal(t, "action_required", c.run("complete-review").Conclusion, "that was about nothing, and this is code")
	c.rest("1.1.0")
	assert.Contains(t, c.statusOf(2), "every gate is open")
}

func TestNothingCarriesOverFromARoundThatWasWithdrawn(t *testing.T) {
	c := newClimber(t)
	c.say(c.Alice, "/onboard")
	c.publishNightly()
	c.reviews("ann")
	require.Equal(t, "success", c.run("basic-review").Conclusion)
	c.says("root", "/onboard withdraw")
	c.say(c.Alice, "/onboard")
	assert.Equal(t, "action_required", c.run("basic-review").Conclusion)
	assert.Contains(t, c.ReviewPR().Body(), "all code of the plugin")
	assert.Contains(t, c.statusOf(2), "· Round 2")
}

func TestAfterAWithdrawnUpdateWhatTheLastCompletedRoundAcceptedStands(t *testing.T) {
	c := newClimber(t)
	c.round()
	c.Plugin.Push(c.Alice, "Code", map[string]*string{"server/more.go": text("package main\n")})
	c.say(c.Alice, "/onboard")
	require.Equal(t, map[string]string{"server/more.go": "new"}, c.shown())
	c.reviews("ann", "sec")
	c.says("root", "/onboard withdraw")
	c.say(c.Alice, "/onboard")
	assert.Equal(t, map[string]string{"server/more.go": "new"}, c.shown(), "nobody accepted that")
	assert.Equal(t, "action_required", c.run("basic-review").Conclusion, "and the round before was not completed")
}

func TestAttackCodePushedAfterTheApprovalIsShownInTheNextRound(t *testing.T) {
	c := newClimber(t)
	c.say(c.Alice, "/onboard")
	c.publishNightly()
	c.reviews("ann", "ann", "sec")
	c.says("quentin", "/onboard approve qa")
	c.says("pia", "/onboard approve pm-ux")
	sha := c.releases("1.0.0")
	require.Equal(t, "success", c.run("ci-extensions-release").Conclusion)
	c.Plugin.Push(c.Alice, "Not looked at any more", map[string]*string{"server/evil.go": text("package main\n")})
	c.settle()
	c.publishNightly()
	c.says("quentin", "/onboard approve release-qa "+sha[:12])
	c.later(night)
	require.Contains(t, c.statusOf(1), "every gate is open")
	c.say(c.Alice, "/onboard")
	assert.Equal(t, map[string]string{"server/evil.go": "new"}, c.shown(), "S1: the base hides no code that nobody accepted")
}

func TestAttackACommandOfAFormerRoundThatComesLateDoesNothing(t *testing.T) {
	for _, command := range []string{"/onboard withdraw", "/onboard waive licence It is fine", "/onboard accept", "/onboard nightly https://evil.example/x.tar.gz", "/onboard"} {
		t.Run(command, func(t *testing.T) {
			c := newClimber(t)
			c.say(c.Alice, "/onboard")
			c.GitHub.SetWebhookURL(c.App, "http://127.0.0.1:1/") // the App hears nothing for a while
			lost := c.Issue.Comment(c.person["root"], command)
			require.NoError(t, c.GitHub.Settled(t.Context()))
			c.GitHub.SetWebhookURL(c.App, c.app.URL()+app.HookPath)
			c.clock.Add(int64(2 * time.Second))
			c.says("root", "/onboard withdraw")
			if command != "/onboard" {
				c.says("root", "/onboard")
			}
			before := c.statuses()
			for _, d := range c.GitHub.Deliveries() {
				if d.Event == "issue_comment" && d.StatusCode != http.StatusAccepted && strings.Contains(string(d.Payload), command) {
					c.GitHub.Redeliver(d.ID)
				}
			}
			c.settle()
			assert.Equal(t, []string{"eyes", "confused"}, reacted(lost))
			assert.Equal(t, before, c.statuses())
		})
	}
}

// statuses are all status comments, without what changes from look to look.
func (c *climber) statuses() string {
	all := ""
	for _, comment := range c.Issue.Comments() {
		if strings.Contains(comment.Body, "<!-- onboard:status") {
			all += comment.Body
		}
	}
	return all
}
