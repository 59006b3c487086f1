package app_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// stopped lets a test change the database; the App does not run afterwards.
func (w *world) stopped(change func(ctx context.Context, tx *sql.Tx) error) {
	w.t.Helper()
	w.stop()
	s, err := store.Open(w.t.Context(), w.config.Database.URL)
	require.NoError(w.t, err)
	require.NoError(w.t, s.Write(w.t.Context(), "change", change))
	require.NoError(w.t, s.Close())
}

// forgetPipelines makes the database one of before pipelines were kept, and stops
// the App.
func (w *world) forgetPipelines() {
	w.stopped(func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE onboarding SET pipeline = ''`)
		return err
	})
}

// small is a pipeline with a review whose role, label and gate have other names.
func small(c *app.Config) {
	c.Roles["dev"] = &app.People{Users: []string{"ann"}}
	c.Pipeline = onboarding.Pipeline{
		Stages: []onboarding.Stage{
			{Name: "licence", Kind: onboarding.Automatic, Label: "1: Licence"},
			{Name: "dev-review", Kind: onboarding.Review, Role: "dev", Approvals: 1},
		},
		Gates: []onboarding.Gate{{Name: "beta", Needs: []string{"licence", "dev-review"}}},
	}
}

// names are the check runs on a commit.
func (w *world) names(sha string) []string {
	var names []string
	for _, run := range w.Plugin.CheckRuns(sha) {
		names = append(names, run.Name)
	}
	return names
}

func TestARoundKeepsThePipelineItStartedWithAndTheNextTakesTheConfiguredOne(t *testing.T) {
	w := newWorld(t, small)
	ann := w.GitHub.CreateUser("ann")
	w.say(w.Alice, "/onboard")
	w.restart(func(c *app.Config) { c.Pipeline = onboarding.Default() })
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.later(soon)

	kept := []string{"onboarding/licence", "onboarding/dev-review", "onboarding/beta"}
	assert.ElementsMatch(t, kept, w.names(w.Carrier()))
	assert.Equal(t, []string{"stage:dev-review"}, w.Issue.Labels(), "the label is known still, and is gone since the licence has passed")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(w.Alice, "/onboard recheck manifest")), "no stage of this round")
	w.ReviewPR().Review(ann, fakegithub.Approved, "")
	w.calm()
	assert.Equal(t, "success", w.runAt(w.Plugin.PullRequests()[0].HeadSHA(), "beta").Conclusion)
	assert.Contains(t, w.statusOf(1), "every gate is open")

	w.say(w.Alice, "/onboard")
	assert.Len(t, w.names(w.Plugin.Head()), 13, "the next round is judged by the configured one")
	assert.Contains(t, w.statusOf(2), "complete-review")
}

func TestARoundOfBeforePipelinesWereKeptTakesTheConfiguredOneAtTheNextLook(t *testing.T) {
	w := newWorld(t, small)
	w.say(w.Alice, "/onboard")
	w.forgetPipelines()
	w.restart(func(c *app.Config) { c.Pipeline = onboarding.Default() })
	w.say(w.Alice, "/onboard recheck")
	assert.Contains(t, w.status(), "complete-review")
	w.restart(small)
	w.say(w.Alice, "/onboard recheck")
	assert.Contains(t, w.status(), "complete-review", "it keeps the one that it took")
}

func TestAttackARoleThatIsGoneDecidesNothingAndTheCheckRunSaysSo(t *testing.T) {
	w := newWorld(t, small, func(c *app.Config) { c.Roles[onboarding.Admin].Users = []string{"root"} })
	ann, root := w.GitHub.CreateUser("ann"), w.GitHub.CreateUser("root")
	w.say(w.Alice, "/onboard")
	w.restart(func(c *app.Config) {
		delete(c.Roles, "dev")
		c.Pipeline = onboarding.Default()
	})
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(ann, "/onboard approve dev-review")))
	w.say(w.Alice, "/onboard recheck")
	assert.Equal(t, "action_required", w.run("dev-review").Conclusion)
	assert.Equal(t, "Nobody decides this: the role dev is gone", w.run("dev-review").Title)
	assert.Contains(t, w.run("dev-review").Summary, "does not have any more")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(root, "/onboard waive dev-review Nobody is left")))
	assert.Equal(t, "neutral", w.run("dev-review").Conclusion)
}
