package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

func TestADeletedOrRenamedLabelIsPutBack(t *testing.T) {
	const label = "stage:basic-review"
	for name, change := range map[string]func(*world){
		"deleted":                func(w *world) { w.Plugin.DeleteLabel(w.Alice, label) },
		"renamed":                func(w *world) { w.Plugin.RenameLabel(w.Alice, label, "mine") },
		"deleted, event is lost": func(w *world) { w.unheard(func() { w.Plugin.DeleteLabel(w.Alice, label) }); w.later(night) },
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := underReview(t)
			require.Contains(t, w.Issue.Labels(), label)
			change(w)
			w.settle()
			assert.Contains(t, w.Issue.Labels(), label)
			assert.Contains(t, w.ReviewPR().Labels(), label)
			i := slices.IndexFunc(w.Plugin.Labels(), func(l fakegithub.Label) bool { return l.Name == label })
			require.GreaterOrEqual(t, i, 0)
			if name != "deleted, event is lost" {
				assert.NotEmpty(t, w.Plugin.Labels()[i].Description, "it is made as it was made first")
			}
		})
	}
}

// Numbers of issues and seconds are the same in many repositories.
func TestWhoeverLabelsInTwoRepositoriesInOneSecondIsAnsweredInBoth(t *testing.T) {
	w := newWorld(t)
	oscar := w.GitHub.CreateUser("oscar")
	var issues []*fakegithub.Issue
	for _, login := range []string{"ann", "ben"} {
		owner := w.GitHub.CreateUser(login)
		w.GitHub.Install(w.App, owner)
		issue := w.GitHub.CreateRepository(owner, "mattermost-plugin-x", map[string]string{"README.md": "# X"}).OpenIssue(owner, "Onboard this", "/onboard")
		issues = append(issues, issue)
	}
	w.settle()
	for _, issue := range issues {
		issue.AddLabel(oscar, "stage:qa")
	}
	w.settle()
	for _, issue := range issues {
		assert.NotContains(t, issue.Labels(), "stage:qa")
		assert.True(t, slices.ContainsFunc(issue.Comments(), func(c fakegithub.CommentView) bool { return strings.Contains(c.Body, "This is said once.") }), issue.Author())
	}
}

// Whoever deletes a label and makes it again has not opened a stage with it.
func TestAttackALabelThatTheAuthorMakesCountsForNothing(t *testing.T) {
	w, _ := underReview(t)
	decided := len(w.record().Decisions)
	w.Plugin.DeleteLabel(w.Alice, "stage:basic-review")
	w.Plugin.CreateLabel(w.Alice, "stage:basic-review")
	w.Plugin.CreateLabel(w.Alice, "stage:qa")
	w.Issue.AddLabel(w.Alice, "stage:qa")
	w.Issue.AddLabel(w.Alice, "onboarding:complete")
	w.Plugin.RenameLabel(w.Alice, "stage:nightly-build", "stage:release")
	w.settle()
	assert.ElementsMatch(t, []string{"stage:basic-review", "stage:nightly-build"}, w.Issue.Labels())
	record := w.record()
	assert.Len(t, record.Decisions, decided)
	assert.NotContains(t, record.Opened, "qa")
	assert.Equal(t, "queued", w.run("qa").Status)
}

// Labels that somebody, be it a bot, changes all the time are put back three times
// a day, and the App does not answer its own events for ever (S15).
func TestAttackFlappingLabelsArePutBackThreeTimesADay(t *testing.T) {
	const label = "stage:basic-review"
	for name, flap := range map[string]func(w *world, by *fakegithub.User){
		"taken off": func(w *world, by *fakegithub.User) { w.Issue.RemoveLabel(by, label) },
		"deleted":   func(w *world, by *fakegithub.User) { w.Plugin.DeleteLabel(by, label) },
	} {
		for who, bot := range map[string]bool{"by the author": false, "by a bot": true} {
			t.Run(name+" "+who, func(t *testing.T) {
				w, _ := underReview(t)
				by := w.Alice
				if bot {
					w.GitHub.CreateApp("labeller")
					by = w.GitHub.CreateUser("labeller[bot]")
					require.Equal(t, "Bot", by.Type)
				}
				restored := 0
				for range 6 {
					flap(w, by)
					w.settle()
					if slices.Contains(w.Issue.Labels(), label) {
						restored++
					}
				}
				assert.Equal(t, 3, restored)
				calls := len(w.GitHub.Calls())
				w.settle()
				assert.Len(t, w.GitHub.Calls(), calls)
				w.later(night)
				assert.Contains(t, w.Issue.Labels(), label, "another day")
			})
		}
	}
}

func TestTheAppDoesNotLookForItsOwnLabels(t *testing.T) {
	w, _ := underReview(t)
	stored := w.stored()
	w.Plugin.SetPrivate(w.Alice, true)
	w.settle()
	require.Contains(t, w.Issue.Labels(), "onboarding:held")
	assert.Equal(t, stored+1, w.stored(), "the repository's event, and none of the labels'")
}

func TestAttackWhoLeavesATeamLosesTheRoleAtOnce(t *testing.T) {
	for name, leave := range map[string]func(*world, *fakegithub.User, *fakegithub.Team, *fakegithub.User){
		"taken out of the team": func(w *world, _ *fakegithub.User, core *fakegithub.Team, ann *fakegithub.User) {
			w.GitHub.RemoveMember(core, ann)
		},
		"out of the organisation": func(w *world, acme *fakegithub.User, _ *fakegithub.Team, ann *fakegithub.User) {
			w.GitHub.SetOrgRole(acme, ann, "")
		},
		"the team is deleted": func(w *world, _ *fakegithub.User, core *fakegithub.Team, _ *fakegithub.User) {
			w.GitHub.DeleteTeam(core)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *app.Config) {
				c.Start.Accept = app.AcceptRequired
				c.Roles[onboarding.CoreCommitter].Teams = []string{"acme/core"}
			})
			acme, ann := w.GitHub.CreateOrganization("acme"), w.GitHub.CreateUser("ann")
			core := w.GitHub.CreateTeam(acme, "core", nil)
			w.GitHub.AddMember(core, ann)
			w.GitHub.Install(w.App, acme)
			w.say(w.Alice, "/onboard")
			require.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(ann, "/onboard recheck")), "she has the role")
			leave(w, acme, core, ann)
			w.settle()
			assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(ann, "/onboard accept")))
			assert.False(t, w.record().Accepted())
		})
	}
}

// What is said of the teams of organisations that give no role is not stored.
func TestAttackAnotherOrganisationsTeamsCostNothing(t *testing.T) {
	w := newWorld(t)
	stored, calls := w.stored(), len(w.GitHub.Calls())
	mob := w.GitHub.CreateOrganization("mob")
	w.GitHub.Install(w.App, mob)
	team := w.GitHub.CreateTeam(mob, "core", nil)
	for range 5 {
		w.GitHub.AddMember(team, w.Alice)
		w.GitHub.RemoveMember(team, w.Alice)
	}
	w.settle()
	assert.Equal(t, stored, w.stored())
	assert.Len(t, w.GitHub.Calls(), calls)
}

// GitHub gives an issue no more than a hundred labels, and whoever may triage can put
// them on. What is missing then holds up nothing.
func TestAttackAnIssueThatIsFullOfLabelsHoldsUpNothing(t *testing.T) {
	w, person := reviewers(t)
	w.GitHub.Inject(fakegithub.Fault{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/issues/{issue_number}/labels", Status: http.StatusUnprocessableEntity})
	w.say(person["quentin"], "/onboard")
	w.calm()
	assert.NotEmpty(t, w.record().Shown, "what decisions are about")
	calls := len(w.GitHub.Calls())
	w.later(night)
	w.calm()
	assert.LessOrEqual(t, len(w.GitHub.Calls())-calls, 20)
}

func TestALabelThatCouldNotBeTakenOffIsTakenOffLater(t *testing.T) {
	for name, fault := range map[string]fakegithub.Fault{
		"GitHub fails": {Status: http.StatusBadGateway, Times: 5},
		"the repository is called otherwise by now": {Status: http.StatusMovedPermanently, Header: http.Header{"Location": {"http://127.0.0.1/repositories/1"}}, Times: 5},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.say(w.Alice, "/onboard")
			fault.Method, fault.Route = http.MethodDelete, "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}"
			w.GitHub.Inject(fault)
			w.Issue.AddLabel(w.GitHub.CreateUser("oscar"), "stage:release-qa")
			w.settle()
			require.Contains(t, w.Issue.Labels(), "stage:release-qa")
			w.calm()
			assert.NotContains(t, w.Issue.Labels(), "stage:release-qa")
		})
	}
}
