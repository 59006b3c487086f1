package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// gathered is by when those who are waited for have been told: ten minutes, and
// the look after that.
const gathered = 11 * time.Minute

// told are the comments that told people of their turn.
func (w *world) told() []string {
	var bodies []string
	for _, c := range w.Issue.Comments() {
		if c.Author == "onboard[bot]" && strings.Contains(c.Body, "<!-- onboard:turn:") {
			bodies = append(bodies, c.Body)
		}
	}
	return bodies
}

func last(list []string) string { return list[len(list)-1] }

// days goes on day by day, as the nightly looks do.
func (w *world) days(n int) {
	w.t.Helper()
	for range n {
		w.later(day)
	}
}

// spent counts the calls about the plugin's repository.
func (w *world) spent() int {
	n := 0
	for _, c := range w.GitHub.Calls() {
		if strings.Contains(c.Path, w.Plugin.FullName()) {
			n++
		}
	}
	return n
}

func TestANewCommentOnlyWhenSomebodyNewIsWaitedFor(t *testing.T) {
	w, person := reviewers(t)
	for _, login := range []string{"ann", "bob", "sec"} {
		w.Plugin.Allow(person[login], "write")
	}
	friend := w.GitHub.CreateUser("friend")
	w.Plugin.Allow(friend, "write")
	w.say(friend, "/onboard")
	w.later(gathered)
	assert.Empty(t, w.told(), "nobody is told before somebody accepts (S18)")
	w.say(person["quentin"], "/onboard accept")
	assert.Empty(t, w.told(), "what is new is gathered")
	w.later(gathered)
	require.Len(t, w.told(), 1)
	assert.Contains(t, w.told()[0], "please review [pull request 2]")
	assert.NotContains(t, w.told()[0], "@", "GitHub told whom it could request")
	assert.NotContains(t, w.told()[0], "your turn", "the status comment told the author of the first turn")

	w.Plugin.Push(w.Alice, "More", map[string]*string{"server/more.go": new("package main\n")})
	w.say(w.Alice, "/onboard recheck")
	w.days(3)
	assert.Len(t, w.told(), 1, "nobody new is waited for")
	w.ReviewPR().Review(person[w.ReviewPR().RequestedReviewers()[0]], fakegithub.ChangesRequested, "Please explain.")
	w.settle()
	w.later(gathered)
	require.Len(t, w.told(), 2)
	assert.Contains(t, w.told()[1], "@alice, it is your turn: **[basic-review]")
}

func TestTenLabelsAtOnceCauseOneCommentAtMost(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	w.later(gathered)
	before := len(w.answers()) + len(w.told())
	for i := range 5 {
		for _, stage := range []string{"qa", "complete-review"} {
			if i%2 == 0 {
				w.Issue.AddLabel(person["quentin"], "stage:"+stage)
			} else {
				w.Issue.RemoveLabel(person["quentin"], "stage:"+stage)
			}
		}
	}
	w.settle()
	w.later(gathered)
	assert.LessOrEqual(t, len(w.answers())+len(w.told())-before, 1)
	w.days(2)
	assert.LessOrEqual(t, len(w.answers())+len(w.told())-before, 1)
	assert.NotEmpty(t, w.status(), "there is one status comment")
}

func TestTheAuthorIsRemindedAndThenTheOnboardingRests(t *testing.T) {
	w, person := reviewers(t)
	w.Plugin.Push(w.Alice, "No licence", map[string]*string{"LICENSE": nil})
	w.say(person["quentin"], "/onboard")
	require.Equal(t, "failure", w.run("licence").Conclusion)
	w.days(4)
	assert.Empty(t, w.told())
	w.days(2)
	require.Len(t, w.told(), 1)
	assert.Contains(t, w.told()[0], "@alice, it is your turn: **[licence]")
	w.days(26)
	require.Len(t, w.told(), 2)
	assert.Contains(t, w.told()[1], "After 60 days")
	w.days(31)
	require.Len(t, w.told(), 3)
	assert.Contains(t, w.told()[2], "paused")
	assert.Contains(t, w.status(), "paused on")

	before := w.spent()
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": new("MIT")})
	w.days(3)
	assert.LessOrEqual(t, w.spent()-before, 4, "only the labels are looked at while it rests")
	assert.Len(t, w.told(), 3)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard resume")), "what the App paused, the author resumes")
	assert.NotContains(t, w.status(), "paused")
	assert.Contains(t, w.status(), w.Plugin.Head()[:7])
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(person["quentin"], "/onboard pause")), "QA does not pause")
}

func TestALateRoleIsToldOfToItsLead(t *testing.T) {
	w, person := reviewersOf(t, func(c *app.Config) { c.Roles[onboarding.CoreCommitter].Lead = "lisa" })
	w.say(person["quentin"], "/onboard")
	w.later(gathered)
	w.days(9) // five business days at least
	var escalated []string
	for _, said := range w.told() {
		if strings.Contains(said, "@lisa") {
			escalated = append(escalated, said)
		}
	}
	require.Len(t, escalated, 1)
	assert.Contains(t, escalated[0], "waiting for core committers since")
	assert.NotContains(t, escalated[0], "@alice")
	w.days(20)
	for _, said := range w.told()[1:] {
		assert.NotContains(t, said, "please review", "nobody is nagged")
	}
	assert.Equal(t, 1, strings.Count(strings.Join(w.told(), ""), "@lisa"))
}

func TestARemindersDayComes(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	w.later(gathered)
	require.Len(t, w.told(), 1)
	on := time.Now().Add(3 * day).UTC().Format(time.DateOnly)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard remind "+on+" The new version is out @all")))
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(w.Alice, "/onboard remind yesterday")))
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(w.Alice, "/onboard remind 2020-01-01")))
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard remind in 40 weeks")))
	w.days(4)
	require.Len(t, w.told(), 2)
	assert.Contains(t, w.told()[1], "asked for a reminder on "+on)
	assert.NotContains(t, w.told()[1], "@all")
	w.days(4)
	assert.Equal(t, 1, strings.Count(strings.Join(w.told(), ""), "asked for a reminder"), "once")
}

func TestTheLedgerKnowsWhoseTurnItWas(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	began := time.Now().Add(time.Duration(w.clock.Load()))
	w.later(3 * day)
	w.ReviewPR().Review(person["ann"], fakegithub.ChangesRequested, "Please explain.")
	w.settle()
	w.later(2 * day)
	w.say(person["quentin"], "/onboard assign basic-review @bob")
	read, err := store.OpenToRead(t.Context(), w.config.Database.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, read.Close()) }()
	turns, err := read.Turns(t.Context(), w.Plugin.ID, 1)
	require.NoError(t, err)
	spent := map[string]time.Duration{}
	for _, turn := range turns {
		spent[turn.Stage+" "+string(turn.Party)] = turn.Total(time.Now().Add(time.Duration(w.clock.Load()))).Round(time.Hour)
	}
	assert.Equal(t, 3*day, spent["basic-review core-committer"], "since %s", began)
	assert.Equal(t, 2*day, spent["basic-review author"])
	entries, err := read.Audit(t.Context(), w.Plugin.ID, 1, 100)
	require.NoError(t, err)
	var said []string
	for _, e := range entries {
		if e.Stage == "basic-review" {
			said = append(said, fmt.Sprintf("%s %s", e.Kind, e.Details))
		}
	}
	assert.Equal(t, []string{
		`turn {"party":"core-committer"}`, `request-changes {"roles":["core-committer"]}`, `turn {"party":"author"}`,
	}, said)
}
