package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/store"
)

// restart starts the App anew with another configuration.
func (w *world) restart(change func(*app.Config)) {
	w.t.Helper()
	w.stop()
	change(&w.config)
	w.start()
}

func TestAttackAPluginsConfiguredOwnerDecidesNothingAboutIt(t *testing.T) {
	w, person := reviewers(t)
	w.restart(func(c *app.Config) {
		c.PluginOwners = app.PluginOwners{"Alice/Mattermost-Plugin-Hello": {"ann"}, "alice/another": {"bob"}}
	})
	w.say(person["quentin"], "/onboard")
	require.Contains(t, w.status(), "For basic-review [")
	assert.NotContains(t, w.status(), "For basic-review [ann]")
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	assert.NotEqual(t, "success", w.run("basic-review").Conclusion)

	w.Plugin.Rename(w.Alice, "mattermost-plugin-other")
	w.say(w.Alice, "/onboard recheck")
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	assert.NotEqual(t, "success", w.run("basic-review").Conclusion, "a rename rids nobody of them")

	w.ReviewPR().Review(person["bob"], fakegithub.Approved, "")
	w.settle()
	assert.Equal(t, "success", w.run("basic-review").Conclusion, "bob owns another plugin")
}

func TestAttackWhoBecameAPluginsOwnerInTheConfigurationDecidesNothingAnyMore(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	require.Equal(t, "success", w.run("basic-review").Conclusion)

	w.GitHub.CreateUser("olga")
	w.restart(func(c *app.Config) {
		c.PluginOwners = app.PluginOwners{w.Plugin.FullName(): {"ann", "olga", "nobody-knows"}}
	})
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(person["ann"], "/onboard approve basic-review")), "before the next look, too")
	assert.NotEqual(t, "success", w.run("basic-review").Conclusion)
	_, body := w.get("/readyz")
	assert.Contains(t, body, "the configured login nobody-knows: GitHub knows nobody of this name")

	calls := len(w.GitHub.Calls())
	w.later(6 * time.Minute)
	w.say(w.Alice, "/onboard status")
	for _, call := range w.GitHub.Calls()[calls:] {
		assert.NotContains(t, call.Path, "/users/olga", "who she is is known")
	}

	w.GitHub.CreateUser("nobody-knows")
	w.later(night)
	_, body = w.get("/readyz")
	assert.NotContains(t, body, "nobody-knows")

	w.restart(func(c *app.Config) { c.PluginOwners = nil })
	w.later(night)
	assert.Equal(t, "success", w.run("basic-review").Conclusion, "what was decided stays on record")

	record, err := store.OpenToRead(t.Context(), w.config.Database.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, record.Close()) }()
	entries, err := record.Audit(t.Context(), w.Plugin.ID, 1, 10)
	require.NoError(t, err)
	var owners []int
	for _, e := range entries {
		if e.Kind == "plugin-owners" {
			owners = append(owners, len(e.About))
		}
	}
	assert.Equal(t, []int{2, 3, 0}, owners)
}

func TestWhoIsAwayOrBusyIsNotAsked(t *testing.T) {
	w, person := reviewers(t)
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	w.restart(func(c *app.Config) {
		c.Reviewers.Away = []app.Away{{Login: "Ann", Until: app.Day(tomorrow)}, {Login: "bob"}, {Login: "sec", Until: "2020-01-31"}, {Login: "nobody-knows"}}
	})
	w.say(person["quentin"], "/onboard")
	assert.Contains(t, w.status(), "For basic-review [sec]", "that day is past")
	w.say(person["sec"], "/onboard decline")
	assert.Contains(t, w.status(), "For basic-review 1 more person (core committers) should be asked, and nobody can be: 2 are away, 1 declined and 1 is on the plugin's side. Somebody is back on ")

	w.later(72 * time.Hour)
	assert.Contains(t, w.status(), "For basic-review [ann]", "who is back")
	assert.NotContains(t, w.status(), "nobody can be")
}

func TestOnlyRoleHoldersStartIfThatIsConfigured(t *testing.T) {
	w, person := reviewers(t)
	w.restart(func(c *app.Config) { c.Start.Who = app.StartRoles })
	wanda := w.GitHub.CreateUser("wanda")
	w.Plugin.Allow(wanda, "write")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(wanda, "/onboard")))
	require.Len(t, w.answers(), 1)
	assert.Contains(t, w.answers()[0], "the reviewing team")
	assert.NotContains(t, w.answers()[0], "write")
	w.say(w.Alice, "/onboard help start")
	assert.NotContains(t, w.answers()[1], "write to this repository")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(person["quentin"], "/onboard")))
	assert.NotEmpty(t, w.status())
}
