package app_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/onboarding"
)

func TestTheConfiguredPipelineIsWhatGitHubShows(t *testing.T) {
	w := newWorld(t, func(c *app.Config) {
		c.Pipeline = onboarding.Pipeline{
			Stages: []onboarding.Stage{
				{Name: "licence", Kind: onboarding.Automatic, Label: "1: Licence"},
				{Name: "dev-review", Kind: onboarding.Review, Role: onboarding.CoreCommitter, Approvals: 1, Label: "2: Dev Review"},
				{Name: "manifest", Kind: onboarding.SignOff, Role: onboarding.PM}, // by a person, whatever the check says
			},
			Gates: []onboarding.Gate{{Name: "beta", Needs: []string{"licence", "dev-review", "manifest"}}},
		}
	})
	w.say(w.Alice, "/onboard")
	assert.ElementsMatch(t, []string{"1: Licence", "2: Dev Review", "stage:manifest"}, w.Issue.Labels())
	var names []string
	for _, run := range w.Plugin.CheckRuns(w.ReviewPR().HeadSHA()) {
		names = append(names, run.Name)
	}
	assert.ElementsMatch(t, []string{"onboarding/licence", "onboarding/dev-review", "onboarding/manifest", "onboarding/beta"}, names)
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(w.Alice, "/onboard recheck nightly-build")), "no stage of that name")

	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.NotContains(t, w.Issue.Labels(), "1: Licence", "the licence has passed")
}

func TestAttackABlockedOwnerCannotStartNotEvenUnderANewName(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.Policy.Owners.Block = []string{"nobody-of-that-name", "Alice"} })
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(w.Alice, "/onboard")))
	comments := w.Issue.Comments()
	require.NotEmpty(t, comments)
	assert.Contains(t, comments[len(comments)-1].Body, "I do not onboard the plugins of [alice]")

	w.GitHub.RenameUser(w.Alice, "alicia")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(w.Alice, "/onboard")), "S10: the login was resolved once")
	assert.Empty(t, w.Issue.Labels())
}
