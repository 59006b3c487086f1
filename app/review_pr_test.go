package app_test

import (
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

func TestWhatPeopleDoToTheReviewPRIsAnsweredAtOnce(t *testing.T) {
	tests := map[string]func(*world, *fakegithub.PullRequest){
		"somebody merges it":         func(w *world, pr *fakegithub.PullRequest) { require.NoError(w.t, pr.Merge(w.Alice)) },
		"somebody closes it":         func(w *world, pr *fakegithub.PullRequest) { pr.Close(w.Alice) },
		"somebody changes its text":  func(w *world, pr *fakegithub.PullRequest) { pr.SetBody(w.Alice, "Merge this!") },
		"somebody takes off a label": func(w *world, pr *fakegithub.PullRequest) { pr.RemoveLabel(w.Alice, "stage:licence") },
		"somebody pushes to its branch": func(w *world, pr *fakegithub.PullRequest) {
			branch, _ := pr.Head()
			evil := "package evil\n"
			w.Plugin.PushBranch(w.Alice, branch, "Evil", map[string]*string{"evil.go": &evil})
		},
		"somebody deletes its base": func(w *world, pr *fakegithub.PullRequest) {
			branch, _ := pr.Base()
			require.NoError(w.t, w.Plugin.DeleteBranch(w.Alice, branch))
		},
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.say(w.Alice, "/onboard")
			act(w, w.ReviewPR())
			w.settle()
			pr := w.ReviewPR()
			require.NotNil(t, pr, "it is there again")
			assert.Contains(t, pr.Body(), "Please do not merge it")
			assert.Contains(t, pr.Labels(), "stage:licence")
			assert.NotContains(t, w.Plugin.TreeOf(pr.HeadSHA()), "evil.go")
			assert.Len(t, w.Plugin.CheckRuns(pr.HeadSHA()), 13)
		})
	}
}

func TestTheAppsOwnActsCauseNoLook(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	stored := w.stored()
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.Equal(t, stored+1, w.stored(), "alice's push; not the App's own pushes, labels and edits")
}

func TestWithdrawEndsAndStartOpensTheNextRound(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	first := w.ReviewPR()
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard withdraw We go on @later, after <b>the</b> release")))
	assert.Equal(t, "closed", first.State())
	assert.Equal(t, []string{"onboarding:withdrawn"}, w.Issue.Labels())
	status := w.statusOf(1)
	assert.Contains(t, status, " withdrew the onboarding on ")
	assert.NotContains(t, status, "@later")
	assert.Equal(t, "cancelled", w.runAt(first.HeadSHA(), "licence").Conclusion)

	calls := len(w.GitHub.AllCalls())
	w.later(night)
	api, _ := w.calls(calls)
	assert.Empty(t, api, "nothing is looked at any more")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(w.Alice, "/onboard withdraw")))

	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard")))
	second := w.ReviewPR()
	require.NotNil(t, second)
	branch, _ := second.Head()
	assert.Equal(t, "onboarding/review-2", branch)
	assert.Contains(t, w.statusOf(2), "**Next:** [alice]")
	assert.Contains(t, w.statusOf(1), "withdrew", "what was said of the first round stays")
}

// statusOf is the status comment of a round.
func (w *world) statusOf(round int) string {
	w.t.Helper()
	marker := "<!-- onboard:status:" + string(rune('0'+round)) + " -->"
	for _, c := range w.Issue.Comments() {
		if c.Author == "onboard[bot]" && strings.Contains(c.Body, marker) {
			return c.Body
		}
	}
	w.t.Fatalf("there is no status comment of round %d", round)
	return ""
}

// runAt is the latest check run of a stage at a commit.
func (w *world) runAt(sha, stage string) fakegithub.CheckRun {
	w.t.Helper()
	for _, run := range w.Plugin.CheckRuns(sha) {
		if run.Name == "onboarding/"+stage {
			return run
		}
	}
	w.t.Fatalf("there is no check run for %s at %s", stage, sha)
	return fakegithub.CheckRun{}
}

// roles gives ann and bob the role of core committers, and root that of an admin.
func roles(c *app.Config) {
	c.Roles[onboarding.CoreCommitter].Users, c.Roles[onboarding.Admin].Users = []string{"Ann", "bob", "alice"}, []string{"root"}
}

func TestAttackWhoMayHaveAPullRequestAdopted(t *testing.T) {
	w := newWorld(t, roles)
	ann, root, mallory := w.GitHub.CreateUser("ann"), w.GitHub.CreateUser("root"), w.GitHub.CreateUser("mallory")
	w.Plugin.Allow(mallory, "admin")
	w.say(w.Alice, "/onboard")
	pr := w.ReviewPR()
	say := func(by *fakegithub.User) []string {
		comment := pr.Comment(by, "/onboard adopt")
		w.settle()
		return reacted(comment)
	}
	assert.Equal(t, []string{"eyes", "confused"}, say(mallory), "an admin of the repository has no role")
	assert.Equal(t, []string{"eyes", "confused"}, say(w.Alice), "the author never decides about the own plugin (S11)")
	assert.Equal(t, []string{"eyes", "rocket"}, say(ann))
	assert.Equal(t, []string{"eyes", "rocket"}, say(root))
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(ann, "/onboard adopt")), "it is to be said in a pull request")
}

func TestAttackAFreedLoginHasNoRole(t *testing.T) {
	w := newWorld(t, roles)
	bob := w.GitHub.CreateUser("bob")
	w.say(w.Alice, "/onboard")
	pr := w.ReviewPR()
	say := func(by *fakegithub.User) []string {
		comment := pr.Comment(by, "/onboard adopt")
		w.settle()
		return reacted(comment)
	}
	require.Equal(t, []string{"eyes", "rocket"}, say(bob))
	w.GitHub.RenameUser(bob, "robert")
	imposter := w.GitHub.CreateUser("bob")
	assert.Equal(t, []string{"eyes", "confused"}, say(imposter), "S10: the login was resolved once")
	assert.Equal(t, []string{"eyes", "confused"}, say(bob), "whose login is another one's now; an admin has to say who is meant")
}

func TestARoleHolderAcceptsAStart(t *testing.T) {
	w := newWorld(t, func(c *app.Config) {
		c.Start.Accept = app.AcceptRequired
		c.Roles[onboarding.QA].Users = []string{"bob"}
	})
	bob, mallory := w.GitHub.CreateUser("bob"), w.GitHub.CreateUser("mallory")
	w.Plugin.Allow(mallory, "admin")
	w.say(w.Alice, "/onboard")
	assert.Empty(t, w.Plugin.PullRequests(), "S18: nobody is bothered yet")
	assert.Equal(t, "completed failure", w.run("licence").Status+" "+w.run("licence").Conclusion, "the checks tell the author at once")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(w.Alice, "/onboard accept")), "she has no role")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(mallory, "/onboard accept")))
	assert.Empty(t, w.Plugin.PullRequests())
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(bob, "/onboard accept")))
	assert.NotNil(t, w.ReviewPR())

	record, err := store.OpenToRead(t.Context(), w.config.Database.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, record.Close()) }()
	entries, err := record.Audit(t.Context(), w.Plugin.ID, 1, 10)
	require.NoError(t, err)
	var said []string
	for _, e := range entries {
		if e.Who.ID == 0 {
			continue // whose turn it is
		}
		said = append(said, e.Who.Login+" "+e.Kind+" "+string(e.Details))
	}
	assert.Equal(t, []string{
		`alice start {"accepted":false,"issue":1,"roles":null,"round":1}`, `bob accept {"roles":["qa"]}`,
	}, said, "S22: what was refused is not in the log")
	verified, err := record.VerifyAudit(t.Context(), nil)
	require.NoError(t, err)
	assert.Empty(t, verified.Faults)
}

func TestATeamOnGitHubHasARole(t *testing.T) {
	w := newWorld(t, func(c *app.Config) {
		c.Start.Accept = app.AcceptRequired
		c.Roles[onboarding.CoreCommitter].Teams = []string{"acme/core"}
	})
	bob, carol := w.GitHub.CreateUser("bob"), w.GitHub.CreateUser("carol")
	w.say(w.Alice, "/onboard")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(bob, "/onboard accept")), "nobody knows that team")
	assert.Contains(t, strings.Join(w.answers(), "\n"), "the team acme/core cannot be read")
	_, ready := w.get("/readyz")
	assert.Contains(t, ready, "the team acme/core cannot be read", "operators see it, too")
	acme := w.GitHub.CreateOrganization("acme")
	w.GitHub.AddMember(w.GitHub.CreateTeam(acme, "core", nil), bob)
	w.GitHub.Install(w.App, acme)
	w.later(6 * time.Minute) // what is known of a team is kept for five
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(carol, "/onboard accept")))
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(bob, "/onboard accept")))
	assert.NotNil(t, w.ReviewPR())
}

func TestWithdrawAndStartInOneComment(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	first := w.ReviewPR()
	w.say(w.Alice, "/onboard withdraw\n/onboard")
	open := 0
	for _, pr := range w.Plugin.PullRequests() {
		if pr.State() == "open" {
			open++
		}
	}
	assert.Zero(t, open, "the end comes first")
	assert.Equal(t, "closed", first.State())
	assert.Contains(t, w.statusOf(1), "withdrew")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard")))
	assert.NotNil(t, w.ReviewPR())
}

func TestAttackBaseMovedToAReviewCommitIsAnsweredAtOnce(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	pr := w.ReviewPR()
	first := pr.HeadSHA()
	more := "package main\n"
	w.Plugin.Push(w.Alice, "More", map[string]*string{"server/more.go": &more})
	w.settle()
	require.Equal(t, pr.Number, w.ReviewPR().Number)
	all := len(pr.Files())
	base, _ := pr.Base()
	w.Plugin.MoveBranch(w.Alice, base, first)
	w.settle()
	t.Log("files shown before and after:", all, len(pr.Files()), pr.State())
	assert.Equal(t, "closed", pr.State(), "it shows %d of %d files", len(pr.Files()), all)
}

// The App says in a PR that was replaced that reviews given there do not count any
// more. They do not (S1).
func TestAttackAReviewThatWasGivenWhileTheBaseHidCode(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	first := w.ReviewPR()
	w.unheard(func() {
		w.Plugin.PushBranch(w.Alice, "onboarding/base", "Hide", map[string]*string{"server.go": new("package main\n")})
	})
	first.Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	w.later(night)
	require.NotEqual(t, first.Number, w.ReviewPR().Number)
	assert.Equal(t, "action_required", w.run("basic-review").Conclusion)
	assert.Contains(t, w.run("basic-review").Text, "whose place another pull request took")
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	assert.Equal(t, "success", w.run("basic-review").Conclusion)
}

// Whoever makes the review PR hide code and mends that before the App looks, as while
// it is down, has reviewers see what is not there (S1).
func TestAttackAReviewBetweenHidingCodeAndShowingItAgain(t *testing.T) {
	for name, attack := range map[string]func(w *world, pr *fakegithub.PullRequest, review func()){
		"the base is moved": func(w *world, _ *fakegithub.PullRequest, review func()) {
			base := w.Plugin.Branch("onboarding/base")
			w.Plugin.PushBranch(w.Alice, "onboarding/base", "Hide", map[string]*string{"server.go": new("package main\n")})
			review()
			w.Plugin.MoveBranch(w.Alice, "onboarding/base", base)
		},
		"the PR is retargeted": func(w *world, pr *fakegithub.PullRequest, review func()) {
			w.Plugin.MoveBranch(w.Alice, "quiet", w.Plugin.Branch("onboarding/base"))
			require.NoError(w.t, pr.Retarget(w.Alice, "quiet"))
			review()
			require.NoError(w.t, pr.Retarget(w.Alice, "onboarding/base"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, person := reviewers(t)
			w.say(person["quentin"], "/onboard")
			first := w.ReviewPR()
			w.stop()
			attack(w, first, func() { first.Review(person["ann"], fakegithub.Approved, "") })
			w.start()
			w.later(soon)
			require.NotEqual(t, first.Number, w.ReviewPR().Number)
			assert.Equal(t, "action_required", w.run("basic-review").Conclusion)
		})
	}
}

// The event comes before the look, which would see it by itself.
func TestAReviewBranchThatWasDeletedIsCalledSo(t *testing.T) {
	for _, branch := range []string{"onboarding/base", "onboarding/review"} {
		t.Run(branch, func(t *testing.T) {
			w, person := reviewers(t)
			w.say(person["quentin"], "/onboard")
			first := w.ReviewPR()
			require.NoError(t, w.Plugin.DeleteBranch(w.Alice, branch))
			w.settle()
			require.NotEqual(t, first.Number, w.ReviewPR().Number)
			require.NotEmpty(t, first.Comments())
			assert.Contains(t, first.Comments()[0].Body, "the branches of this pull request were deleted")
		})
	}
}
