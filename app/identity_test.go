package app_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/demo"
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
