package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

func TestADatabaseIsInspectedWhileItIsInUse(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	found, err := store.Inspect(t.Context(), url)
	require.NoError(t, err)
	assert.True(t, found.Exists)
	assert.Positive(t, found.Schema)
	assert.Equal(t, found.Newest, found.Schema)
	assert.NoError(t, found.WriteErr)
	require.NoError(t, s.Ping(t.Context()), "who has it writes on")
	require.NoError(t, s.Close())
}

func TestInspectingMakesNothing(t *testing.T) {
	dir := t.TempDir()
	found, err := store.Inspect(t.Context(), "sqlite://"+filepath.Join(dir, "onboard.db"))
	require.NoError(t, err)
	assert.False(t, found.Exists)
	assert.NoError(t, found.WriteErr)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)

	nowhere, err := store.Inspect(t.Context(), "sqlite://"+filepath.Join(dir, "no", "onboard.db"))
	require.NoError(t, err)
	assert.ErrorContains(t, nowhere.WriteErr, "cannot be written to")
}

func TestAnOlderSchemaIsToldAndNotMigrated(t *testing.T) {
	url := storetest.SQLite(t)
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	before, err := store.Inspect(t.Context(), url)
	require.NoError(t, err)
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite://"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id = $1`, before.Newest)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `DROP TABLE setting`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	for range 2 {
		found, err := store.Inspect(t.Context(), url)
		require.NoError(t, err)
		assert.Positive(t, found.Schema)
		assert.Less(t, found.Schema, before.Newest)
	}
}

func TestWhatIsNoDatabaseCannotBeInspected(t *testing.T) {
	url := storetest.SQLite(t)
	require.NoError(t, os.WriteFile(strings.TrimPrefix(url, "sqlite://"), []byte(strings.Repeat("no database", 1000)), 0o600))
	_, err := store.Inspect(t.Context(), url)
	require.Error(t, err)
	_, err = store.Inspect(t.Context(), "mysql://x")
	require.Error(t, err)
}
