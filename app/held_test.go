package app_test

import (
	"fmt"
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

// record is what is on record of the plugin's onboarding.
func (w *world) record() onboarding.Record {
	w.t.Helper()
	s, err := store.OpenToRead(w.t.Context(), w.config.Database.URL)
	require.NoError(w.t, err)
	record, started, err := s.Onboarding(w.t.Context(), w.Plugin.ID)
	require.NoError(w.t, err)
	require.True(w.t, started)
	require.NoError(w.t, s.Close())
	return record
}

// installation is the App's on alice's account.
func (w *world) installation() *fakegithub.Installation {
	return w.GitHub.InstallationOf(w.App, w.Alice)
}

// held is why the onboarding is held, "" if it is not.
func (w *world) held() onboarding.Holding {
	w.t.Helper()
	if hold := w.record().Held; hold != nil {
		return hold.Why
	}
	return ""
}

// underReview is the world of reviewers, under review by ann, with an admin.
func underReview(t *testing.T) (w *world, person map[string]*fakegithub.User) {
	t.Helper()
	w = newWorld(t, func(c *app.Config) {
		c.Start.Accept = app.AcceptRequired
		c.Roles[onboarding.CoreCommitter].Users = []string{"ann", "bob", "carol"}
		c.Roles[onboarding.Admin].Users = []string{"ada", "carol"}
	})
	person = map[string]*fakegithub.User{}
	for _, login := range []string{"ann", "bob", "carol", "ada"} {
		person[login] = w.GitHub.CreateUser(login)
	}
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.say(w.Alice, "/onboard")
	w.say(person["ann"], "/onboard accept")
	require.NotNil(t, w.ReviewPR())
	require.Empty(t, w.held())
	return w, person
}

func TestAnOnboardingIsHeldAndGoesOn(t *testing.T) {
	tests := map[string]struct {
		why     onboarding.Holding
		hold    func(*world)
		release func(*world)
		says    string // the status comment meanwhile; "" if it cannot say anything
	}{
		"archived":    {onboarding.Archived, func(w *world) { w.Plugin.Archive(w.Alice) }, func(w *world) { w.Plugin.Unarchive(w.Alice) }, ""},
		"private":     {onboarding.Private, func(w *world) { w.Plugin.SetPrivate(w.Alice, true) }, func(w *world) { w.Plugin.SetPrivate(w.Alice, false) }, "the repository has been private since"},
		"suspended":   {onboarding.Suspended, func(w *world) { w.installation().Suspend(w.Alice) }, func(w *world) { w.installation().Unsuspend(w.Alice) }, ""},
		"uninstalled": {onboarding.Removed, func(w *world) { w.installation().Remove(w.Alice) }, func(w *world) { w.GitHub.Install(w.App, w.Alice) }, ""},
		"taken off":   {onboarding.Removed, func(w *world) { w.installation().TakeAway(w.Alice, w.Plugin) }, func(w *world) { w.installation().Give(w.Alice, w.Plugin) }, ""},
	}
	for name, test := range tests {
		for how, hear := range map[string]bool{"told of": true, "found at night": false} {
			t.Run(name+", "+how, func(t *testing.T) {
				w, person := underReview(t)
				w.later(2 * time.Hour) // what GitHub could not deliver before the App ran is asked for again
				before, labels, runs := w.status(), w.Issue.Labels(), len(w.Plugin.AllCheckRuns(w.Carrier()))
				during := func(change func(*world)) {
					if !hear {
						w.GitHub.SetWebhookURL(w.App, "")
						change(w)
						w.settle()
						w.GitHub.SetWebhookURL(w.App, w.app.URL()+app.HookPath)
						w.later(night)
						w.calm()
						return
					}
					change(w)
					w.calm()
				}
				during(test.hold)
				require.Equal(t, test.why, w.held())
				assert.Equal(t, "open", w.ReviewPR().State(), "nothing is taken down")
				assert.Len(t, w.Plugin.AllCheckRuns(w.Carrier()), runs, "and nothing is published")
				if test.says != "" {
					assert.Contains(t, w.status(), test.says)
					assert.Contains(t, w.status(), "/runs/", "the stages keep their links")
					assert.Contains(t, w.Issue.Labels(), "onboarding:held")
				}
				calls := len(w.GitHub.Calls())
				w.later(night)
				assert.LessOrEqual(t, len(w.GitHub.Calls())-calls, 8, "it costs next to nothing, and nobody hammers GitHub")

				during(test.release)
				w.later(night)
				assert.Empty(t, w.held())
				assert.Equal(t, labels, w.Issue.Labels())
				assert.Equal(t, strings.Split(before, "\n")[2], strings.Split(w.status(), "\n")[2], "the next step is what it was")
				w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
				w.settle()
				assert.Equal(t, "success", w.run("basic-review").Conclusion)
			})
		}
	}
}

func TestWhoIsHeldIsToldWhatToDo(t *testing.T) {
	w, person := underReview(t)
	w.Plugin.SetPrivate(w.Alice, true)
	w.settle()
	for _, command := range []string{"approve manifest", "request-changes basic-review No", "waive manifest Beta", "accept", "recheck", "adopt", "start"} {
		assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(person["ada"], "/onboard "+command)), command)
	}
	assert.Contains(t, strings.Join(w.answers(), ""), "`/onboard waive` has to wait")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(person["ada"], "/onboard confirm")), "there is no new owner")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(person["ann"], "/onboard status")))
	assert.Contains(t, w.answers()[len(w.answers())-1], "the repository has been private since")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(person["ann"], "/onboard help")))
	pr := w.ReviewPR()
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard withdraw")))
	assert.Contains(t, w.Issue.Labels(), "onboarding:withdrawn")
	assert.Equal(t, "closed", pr.State())
}

func TestWhatIsSaidBeforeTheArchivingIsAnsweredAfterIt(t *testing.T) {
	w, person := underReview(t)
	away := w.GitHub.Inject(fakegithub.Fault{Status: http.StatusBadGateway})
	comment := w.Issue.Comment(person["ann"], "/onboard status")
	w.Plugin.Archive(w.Alice)
	w.settle()
	away()
	w.calm()
	require.Equal(t, onboarding.Archived, w.held())
	assert.Empty(t, w.answers())
	w.Plugin.Unarchive(w.Alice)
	w.calm()
	assert.Contains(t, reacted(comment), "rocket")
	assert.Len(t, w.answers(), 1)
}

func TestARepositoryThatWasPrivateIsNotHeldForIt(t *testing.T) {
	w := newStage(t)
	w.Plugin.SetPrivate(w.Alice, true)
	w.start()
	w.say(w.Alice, "/onboard")
	assert.Empty(t, w.held())
	assert.True(t, w.record().Private)
	w.Plugin.SetPrivate(w.Alice, false)
	w.settle()
	assert.Empty(t, w.held())
}

func TestARenamedRepositoryGoesOn(t *testing.T) {
	w, person := underReview(t)
	w.Plugin.Rename(w.Alice, "mattermost-plugin-hallo")
	w.settle()
	assert.Empty(t, w.held())
	assert.Contains(t, w.status(), "mattermost-plugin-hallo")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(person["ann"], "/onboard status")))
}

// A new owner decides nothing, inherits nothing, and an admin who is that owner
// does not confirm themselves.
func TestAttackANewOwnerDecidesNothingBeforeAnAdminConfirms(t *testing.T) {
	w, person := underReview(t)
	carol := person["carol"]
	w.ReviewPR().Review(person["bob"], fakegithub.Approved, "")
	w.settle()
	require.Equal(t, "success", w.run("basic-review").Conclusion)
	runs := len(w.Plugin.AllCheckRuns(w.Carrier()))
	w.GitHub.Install(w.App, carol)
	w.later(time.Minute)
	w.Plugin.Transfer(w.Alice, carol)
	w.settle()
	require.Equal(t, onboarding.NewOwner, w.held())
	assert.Contains(t, w.status(), "belongs to [carol](")
	assert.Contains(t, w.status(), "`/onboard confirm`")

	evil := "package main // evil"
	w.Plugin.Push(carol, "Evil", map[string]*string{"server/evil.go": &evil})
	w.settle()
	assert.Len(t, w.Plugin.AllCheckRuns(w.Carrier()), runs, "nothing is published for what the new owner pushes")
	w.later(time.Minute)
	for _, command := range []string{"confirm", "accept", "approve manifest", "waive licence Mine", "withdraw", "nightly https://example.com/x.tar.gz", "start"} {
		assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(carol, "/onboard "+command)), command)
	}
	w.ReviewPR().Review(carol, fakegithub.Approved, "")
	w.settle()
	require.Equal(t, onboarding.NewOwner, w.held())
	w.later(night)
	require.Equal(t, onboarding.NewOwner, w.held(), "it does not end by itself")

	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(person["ada"], "/onboard confirm")))
	w.calm()
	assert.Empty(t, w.held())
	record := w.record()
	assert.Equal(t, []int64{carol.ID, carol.ID}, []int64{record.OwnerID, record.Owner.ID})
	assert.Equal(t, "success", w.run("basic-review").Conclusion, "what was decided stays")
	assert.Equal(t, "action_required", w.run("complete-review").Conclusion, "what the owner said counts for nothing afterwards, too")
	assert.NotContains(t, w.Issue.Labels(), "onboarding:held")
	for _, person := range []*fakegithub.User{carol, w.Alice} {
		assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(person, "/onboard request-changes qa No")), "%s is on the plugin's side", person.Login)
	}
	assert.Contains(t, w.audit(), "ada confirm ")
}

func TestAttackAConfirmationIsAboutTheOwnerThatItsMakerCouldSee(t *testing.T) {
	w, person := underReview(t)
	dave := w.GitHub.CreateUser("dave")
	w.GitHub.Install(w.App, person["carol"])
	w.GitHub.Install(w.App, dave)
	w.Plugin.Transfer(w.Alice, person["carol"])
	w.settle()
	w.later(time.Minute)
	hear := w.unheard(func() { w.Plugin.Transfer(person["carol"], dave) })
	comment := w.say(person["ada"], "/onboard confirm")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(comment))
	assert.Contains(t, w.answers()[len(w.answers())-1], "belongs to [dave](")
	hear()
	require.Equal(t, onboarding.NewOwner, w.held())
	w.later(time.Minute)
	w.say(person["ada"], "/onboard confirm")
	assert.Empty(t, w.held())
	assert.Equal(t, dave.ID, w.record().OwnerID)
}

// unheard does something whose events reach the App only when hear is called.
func (w *world) unheard(do func()) (hear func()) {
	w.t.Helper()
	w.GitHub.SetWebhookURL(w.App, "")
	before := len(w.GitHub.Deliveries())
	do()
	require.NoError(w.t, w.GitHub.Settled(w.t.Context()))
	late := w.GitHub.Deliveries()[before:]
	w.GitHub.SetWebhookURL(w.App, w.app.URL()+app.HookPath)
	return func() {
		for _, d := range late {
			w.GitHub.Redeliver(d.ID)
		}
		w.settle()
	}
}

// A transfer that no event told of holds back what the new owner says all the same.
func TestAttackATransferWhoseEventIsLostIsSeenInTheNextDelivery(t *testing.T) {
	w, person := underReview(t)
	w.GitHub.Install(w.App, person["carol"])
	w.unheard(func() { w.Plugin.Transfer(w.Alice, person["carol"]) })
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(person["ann"], "/onboard approve manifest")))
	assert.Equal(t, onboarding.NewOwner, w.held())
}

func TestATransferOutOfReachIsFoundAgain(t *testing.T) {
	w, person := underReview(t)
	carol := person["carol"]
	w.Plugin.Transfer(w.Alice, carol)
	w.later(night)
	require.Equal(t, onboarding.Removed, w.held(), "the App is not installed there")
	w.GitHub.Install(w.App, carol)
	w.calm()
	assert.Equal(t, onboarding.NewOwner, w.held())
}

func TestAttackARepositoryThatIsMadeAnewInheritsNothing(t *testing.T) {
	w, person := underReview(t)
	old := w.Plugin
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	old.Delete(w.Alice)
	w.calm()
	require.Equal(t, onboarding.Deleted, w.held())
	w.Plugin = w.GitHub.CreateRepository(w.Alice, "mattermost-plugin-hello", map[string]string{"README.md": "# Other\n"})
	w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard", "")
	w.later(night)
	assert.Empty(t, w.Plugin.AllCheckRuns(w.Plugin.Head()))
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(person["ann"], "/onboard status")), "there is no onboarding")
	w.say(w.Alice, "/onboard")
	assert.Equal(t, "queued", w.run("basic-review").Status)
	record := w.record()
	assert.Equal(t, 1, record.Round)
	assert.Empty(t, record.Decisions)
	assert.False(t, record.Accepted())
}

func TestALostInstallationHoldsUpNoOtherRepository(t *testing.T) {
	w, _ := underReview(t)
	w.installation().Remove(w.Alice)
	w.calm()
	require.Equal(t, onboarding.Removed, w.held())
	s := w.tell("somebody-else")
	assert.Contains(t, demo.Visible(s.repo, s.issue), "run onboarding/licence completed success MIT")
}

// audit lists who did what.
func (w *world) audit() []string {
	w.t.Helper()
	s, err := store.OpenToRead(w.t.Context(), w.config.Database.URL)
	require.NoError(w.t, err)
	entries, err := s.Audit(w.t.Context(), w.Plugin.ID, 1, 100)
	require.NoError(w.t, err)
	require.NoError(w.t, s.Close())
	var said []string
	for _, e := range entries {
		said = append(said, e.Who.Login+" "+e.Kind+" "+e.Stage)
	}
	return said
}

// The name of an event is a header, which is not signed: whatever comes under
// whatever name decides nothing and holds nothing (S14).
func TestAttackNoEventUnderAnotherNameHarms(t *testing.T) {
	w, person := underReview(t)
	w.Issue.Comment(person["ann"], "Thanks").Delete(person["ann"])
	w.Plugin.CreateLabel(w.Alice, "bug")
	w.Plugin.DeleteLabel(w.Alice, "bug")
	w.settle()
	before, labels := w.record(), w.Issue.Labels()
	names := []string{
		"repository", "label", "installation", "installation_repositories", "membership", "team", "issues", "issue_comment",
		"pull_request", "pull_request_review", "push", "release", "check_run", "check_suite",
	}
	seen := map[string]bool{}
	for i, d := range w.GitHub.Deliveries() {
		kind := d.Event + " " + d.Action
		if seen[kind] {
			continue
		}
		seen[kind] = true
		for _, name := range names {
			if name != d.Event {
				w.GitHub.Deliver(name, fmt.Sprintf("%s-%d", name, i), d.Payload)
			}
		}
	}
	w.calm()
	after := w.record()
	before.Shown, after.Shown = nil, nil
	assert.Equal(t, before, after)
	assert.Equal(t, labels, w.Issue.Labels())
}

func TestAttackATransferDuringAPauseIsHeldAllTheSame(t *testing.T) {
	for name, hear := range map[string]bool{"told of": true, "not told of": false} {
		t.Run(name, func(t *testing.T) {
			w, person := underReview(t)
			w.say(person["ada"], "/onboard pause Until later")
			require.Contains(t, w.Issue.Labels(), "onboarding:paused")
			w.GitHub.Install(w.App, person["carol"])
			if hear {
				w.Plugin.Transfer(w.Alice, person["carol"])
				w.settle()
				assert.Equal(t, onboarding.NewOwner, w.held())
				assert.Contains(t, w.Issue.Labels(), "onboarding:held")
			} else {
				w.unheard(func() { w.Plugin.Transfer(w.Alice, person["carol"]) })
			}
			assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(person["ada"], "/onboard resume")))
			require.Equal(t, onboarding.NewOwner, w.held())
			w.later(time.Minute)
			assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(person["ada"], "/onboard confirm")))
			assert.Contains(t, w.Issue.Labels(), "onboarding:paused")
			assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(person["ada"], "/onboard resume")))
			assert.NotContains(t, w.Issue.Labels(), "onboarding:paused")
		})
	}
}

// Each may happen between two calls of one look.
func TestWhatCannotBeShownForAMomentIsShownAfterwards(t *testing.T) {
	for name, test := range map[string]struct{ hold, free func(w *world) }{
		"the repository is taken from the App": {
			func(w *world) { w.GitHub.InstallationOf(w.App, w.Alice).TakeAway(w.Alice, w.Plugin) },
			func(w *world) { w.GitHub.InstallationOf(w.App, w.Alice).Give(w.Alice, w.Plugin) },
		},
		"the App is suspended": {
			func(w *world) { w.GitHub.InstallationOf(w.App, w.Alice).Suspend(w.Alice) },
			func(w *world) { w.GitHub.InstallationOf(w.App, w.Alice).Unsuspend(w.Alice) },
		},
		"it is archived": {
			func(w *world) { w.Plugin.Archive(w.Alice) },
			func(w *world) { w.Plugin.Unarchive(w.Alice) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.say(w.Alice, "/onboard")
			held := true
			defer w.GitHub.Watch(func(c fakegithub.Change) {
				if !held && c.Kind == "comment" && c.By == "onboard[bot]" {
					held = true
					test.hold(w)
				}
			})()
			meanwhile := func(do func()) {
				held = false
				do()
				w.settle()
				require.True(t, held)
				test.free(w)
				w.calm()
			}
			var comment *fakegithub.Comment
			meanwhile(func() { comment = w.Issue.Comment(w.Alice, "/onboard halp") })
			assert.Equal(t, []string{"eyes", "confused"}, reacted(comment))
			assert.Len(t, w.answers(), 1)
			meanwhile(func() { w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT}) })
			w.later(soon)
			w.calm()
			assert.Equal(t, "success", w.run("licence").Conclusion)
			assert.NotContains(t, w.Issue.Labels(), "stage:licence")
			assert.NotContains(t, w.Issue.Labels(), "onboarding:held")
			assert.Contains(t, w.Issue.Labels(), "stage:nightly-build")
			assert.NotNil(t, w.ReviewPR())
		})
	}
}

func TestAnAnswerToWhatGitHubDoesNotFindYetIsGivenLater(t *testing.T) {
	w := newWorld(t)
	w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "")
	w.settle()
	w.GitHub.Inject(fakegithub.Fault{
		Method: http.MethodPost, Route: "/repos/{owner}/{repo}/issues/{issue_number}/comments", Status: http.StatusNotFound, Times: 1,
	})
	comment := w.say(w.Alice, "/onboard help")
	require.Empty(t, w.answers())
	w.calm()
	assert.Len(t, w.answers(), 1)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
}

func TestWhatWasSaidAfterAHoldIsNotRefusedThoughAllComesLate(t *testing.T) {
	for name, hold := range map[string]func(w *world){
		"archived":   func(w *world) { w.Plugin.Archive(w.Alice); w.Plugin.Unarchive(w.Alice) },
		"privatized": func(w *world) { w.Plugin.SetPrivate(w.Alice, true); w.Plugin.SetPrivate(w.Alice, false) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *app.Config) { c.Queue.Debounce = 300 * time.Millisecond })
			w.say(w.Alice, "/onboard")
			hold(w)
			comment := w.say(w.Alice, "/onboard recheck")
			assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment), "%v", w.answers())
		})
	}
}
