package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// The id with which a plugin was onboarded is its own, and no other's (S5).
func TestAttackTheIDOfAnOnboardedPlugin(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	assert.Equal(t, "success", w.run("manifest").Conclusion)
	id := w.run("manifest").Title

	mallory := w.GitHub.CreateUser("mallory")
	w.GitHub.Install(w.App, mallory)
	copied := w.GitHub.CreateRepository(mallory, "mattermost-plugin-better", helloPlugin)
	copied.Push(mallory, "Mine", map[string]*string{"plugin.json": new(strings.ReplaceAll(helloPlugin["plugin.json"], id, strings.ToUpper(id)))})
	copied.OpenIssue(mallory, "Mine is better", "/onboard")
	w.settle()
	found := ""
	for _, run := range copied.CheckRuns(demo.Carrier(copied)) {
		if run.Name == "onboarding/manifest" {
			found = run.Conclusion + " " + run.Text
		}
	}
	assert.Contains(t, found, "failure")
	assert.Contains(t, found, "manifest/taken-id")
	assert.NotContains(t, found, "alice", "which plugin has it is not told")

	w.Plugin.Push(w.Alice, "Another id", map[string]*string{"plugin.json": new(strings.ReplaceAll(helloPlugin["plugin.json"], id, "com.example.other"))})
	w.settle()
	assert.Equal(t, "failure", w.run("manifest").Conclusion)
	assert.Contains(t, w.run("manifest").Text, "manifest/changed-id")
	w.say(w.Alice, "/onboard withdraw")
	copied.Push(mallory, "Again", map[string]*string{"NOTICE": new("x")})
	w.settle()
	for _, run := range copied.CheckRuns(demo.Carrier(copied)) {
		if run.Name == "onboarding/manifest" {
			assert.Equal(t, "success", run.Conclusion, "who withdraws gives the id up")
		}
	}
}

// An id belongs to the plugin whose start was accepted first: nobody keeps a plugin
// out by starting an onboarding of their own under its id (S5, S18).
func TestAttackTheIDOfAPluginThatIsNotOnboardedYet(t *testing.T) {
	w, person := reviewers(t)
	mallory := w.GitHub.CreateUser("mallory")
	w.GitHub.Install(w.App, mallory)
	squat := w.GitHub.CreateRepository(mallory, "mattermost-plugin-squat", helloPlugin)
	issue := squat.OpenIssue(mallory, "Mine", "/onboard")
	w.settle()
	manifest := func() string {
		runs := squat.CheckRuns(demo.Carrier(squat))
		i := slices.IndexFunc(runs, func(r fakegithub.CheckRun) bool { return r.Name == "onboarding/manifest" })
		require.GreaterOrEqual(t, i, 0)
		return runs[i].Conclusion
	}
	require.Equal(t, "success", manifest())

	w.say(w.Alice, "/onboard")
	assert.Equal(t, "success", w.run("manifest").Conclusion, "nobody accepted mallory's")
	w.say(person["quentin"], "/onboard accept")
	assert.Equal(t, "success", w.run("manifest").Conclusion)
	issue.Comment(person["ann"], "/onboard accept")
	w.settle()
	assert.Equal(t, "failure", manifest(), "the other one was accepted before")
	w.say(w.Alice, "/onboard recheck manifest")
	assert.Equal(t, "success", w.run("manifest").Conclusion, "and keeps its id")
}

// Who gives an update up does not give up the plugin that is out (S5).
func TestAttackTheIDOfAPluginWhoseUpdateWasWithdrawn(t *testing.T) {
	c := newClimber(t)
	c.round()
	c.later(time.Minute)
	c.say(c.Alice, "/onboard")
	require.Equal(t, 2, c.record().Round)
	c.say(c.Alice, "/onboard withdraw")
	require.NotNil(t, c.record().Withdrawn)

	mallory := c.GitHub.CreateUser("mallory")
	c.GitHub.Install(c.App, mallory)
	copied := c.GitHub.CreateRepository(mallory, "mattermost-plugin-better", helloPlugin)
	copied.OpenIssue(mallory, "Mine is better", "/onboard")
	c.settle()
	runs := copied.CheckRuns(demo.Carrier(copied))
	i := slices.IndexFunc(runs, func(r fakegithub.CheckRun) bool { return r.Name == "onboarding/manifest" })
	require.GreaterOrEqual(t, i, 0)
	assert.Contains(t, runs[i].Text, "manifest/taken-id")
}
