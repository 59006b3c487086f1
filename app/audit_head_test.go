package app_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

func TestGatesCarryTheHeadOfTheAuditLog(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	shown := strings.SplitN(w.run("community").ExternalID, " ", 2)
	require.Len(t, shown, 2)
	head, ok := store.ParseHead(shown[1])
	require.True(t, ok, shown[1])
	read, err := store.OpenToRead(t.Context(), w.config.Database.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, read.Close()) }()
	holds, err := read.HoldsHead(t.Context(), w.Plugin.ID, head)
	require.NoError(t, err)
	assert.True(t, holds)
	assert.NotContains(t, w.run("qa").ExternalID, " ", "stages carry none")
}

// A copy of the database from before, put back by hand, knows nothing of what was
// decided since. GitHub does (S22).
func TestAttackAnOlderDatabaseIsHeld(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	w.stop()
	older := storetest.Copy(t, w.config.Database.URL)
	w.start()
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	require.Equal(t, "success", w.run("basic-review").Conclusion)
	w.Plugin.Push(w.Alice, "Docs", map[string]*string{"README.md": new("# Hello\n")})
	w.settle()
	w.stop()

	w.config.Database.URL = older
	comments := len(w.Issue.Comments())
	w.start()
	w.later(soon)
	_, page := w.get("/readyz")
	assert.Contains(t, page, "restore --confirm")
	assert.Equal(t, "success", w.run("basic-review").Conclusion, "nothing is published")
	assert.Len(t, w.Issue.Comments(), comments)
	w.stop()

	confirmed, err := app.ConfirmRestore(t.Context(), w.config)
	require.NoError(t, err)
	require.True(t, confirmed)
	w.start()
	w.later(soon)
	assert.Equal(t, "action_required", w.run("basic-review").Conclusion, "what the database lacks is to be decided again")
	_, page = w.get("/readyz")
	assert.NotContains(t, page, "restore --confirm")
}

// Whatever tells first that the database is older, nothing is said after that.
func TestAttackAnOlderDatabaseSaysNothing(t *testing.T) {
	w, person := reviewers(t)
	w.say(person["quentin"], "/onboard")
	w.stop()
	older := storetest.Copy(t, w.config.Database.URL)
	w.start()
	w.ReviewPR().Review(person["ann"], fakegithub.Approved, "")
	w.settle()
	status := w.status()
	require.Contains(t, status, "complete-review")
	w.stop()

	w.config.Database.URL = older
	w.stopped(func(ctx context.Context, tx *sql.Tx) error { // it is even older
		_, err := tx.ExecContext(ctx, `DELETE FROM published WHERE thing LIKE 'run/%' OR thing LIKE 'status/%'`)
		return err
	})
	w.start()
	w.later(soon)
	_, page := w.get("/readyz")
	assert.Contains(t, page, "restore --confirm")
	assert.Equal(t, status, w.status())
}
