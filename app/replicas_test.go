package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/store/storetest"
)

// replica starts another App on the world's database, and returns how to stop it.
func (w *world) replica() (replica *app.App, stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	replica, err := app.New(ctx, w.config, logTo(w.t), app.WithClock(func() time.Time {
		return time.Now().Add(time.Duration(w.clock.Load()))
	}))
	require.NoError(w.t, err)
	stopped := make(chan error, 1)
	go func() { stopped <- replica.Run(ctx) }()
	return replica, func() {
		cancel()
		require.NoError(w.t, <-stopped)
	}
}

// Who was frozen beyond its lease goes on with what it read before.
func TestAttackWhoLostItsRepositoryWritesNothingThere(t *testing.T) {
	const lease = 2 * time.Second
	w, person := reviewersOf(t, func(c *app.Config) { c.Queue.Lease = lease })
	w.say(person["quentin"], "/onboard")
	var lost time.Time
	w.GitHub.Watch(func(c fakegithub.Change) {
		if c.Kind == "label" && c.Action == "added" && c.Issue == w.Issue.Number && lost.IsZero() {
			storetest.Exec(t, w.config.Database.URL, `UPDATE work SET owner = 'another/1' WHERE owner <> ''`)
			lost = time.Now()
		}
	})
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "") // one label goes on, and then another one off
	w.settle()                                                  // once the other run, of which nobody hears, was taken for dead
	assert.Contains(t, w.Issue.Labels(), "stage:complete-review")
	assert.NotContains(t, w.Issue.Labels(), "stage:basic-review")
	var writes []string
	for _, call := range w.GitHub.Calls() {
		if call.Write && !lost.IsZero() && call.At.After(lost) && call.At.Before(lost.Add(lease/2)) {
			writes = append(writes, call.Method+" "+call.Route)
		}
	}
	assert.Len(t, writes, 1, "that during which it was lost: %v", writes)
}

// What two replicas do is what one does: deliveries come to either, in turns.
func TestTwoReplicasMakeOneOnboarding(t *testing.T) {
	database := storetest.Postgres(t)
	w, person := reviewersOf(t, func(c *app.Config) { c.Database.URL = database })
	replica, stop := w.replica()
	turn := func(a *app.App) { w.GitHub.SetWebhookURL(w.App, a.URL()+app.HookPath) }
	turn(replica)
	first := w.say(person["quentin"], "/onboard")
	turn(w.app)
	second := w.say(w.Alice, "/onboard status")
	turn(replica)
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(first))
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(second))
	assert.Equal(t, "success", w.run("basic-review").Conclusion)
	assert.NotEmpty(t, w.status(), "there is one")
	assert.Len(t, w.Plugin.PullRequests(), 1)

	stop()
	turn(w.app)
	third := w.say(w.Alice, "/onboard status")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(third), "one replica is enough")
	found, err := app.VerifyAudit(t.Context(), w.config, "")
	require.NoError(t, err)
	assert.Empty(t, found.Faults)
	assert.Equal(t, 1, found.Logs)
}
