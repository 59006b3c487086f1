package app_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

func TestAttackARestoredAppPublishesNothingUntilThatIsConfirmed(t *testing.T) {
	w := newWorld(t)
	restore := w.backUp()
	w.say(w.Alice, "/onboard")
	w.stop()

	restore()
	w.start()
	writes := w.writes()
	comment := w.say(w.Alice, "/onboard")
	w.later(time.Hour)
	assert.Empty(t, reacted(comment))
	assert.Equal(t, writes, w.writes(), "the database does not know what GitHub shows")
	status, body := w.get("/readyz")
	assert.Equal(t, 200, status, "deliveries are taken")
	assert.Contains(t, body, "restored from a backup")

	w.stop()
	confirmed, err := app.ConfirmRestore(t.Context(), w.config)
	require.NoError(t, err)
	require.True(t, confirmed)
	confirmed, err = app.ConfirmRestore(t.Context(), w.config)
	require.NoError(t, err)
	assert.False(t, confirmed)
	w.start()
	w.later(2 * time.Minute)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment), "what was said meanwhile is not lost")
	_, body = w.get("/readyz")
	assert.NotContains(t, body, "backup")
}

// backUp makes a backup, which what it returns puts back.
func (w *world) backUp() (restore func()) {
	w.t.Helper()
	if storetest.OnPostgres() {
		w.stop()
		defer w.start()
		older := storetest.Copy(w.t, w.config.Database.URL) // as pg_dump and pg_restore do
		return func() {
			w.config.Database.URL = older
			require.NoError(w.t, app.MarkRestored(w.t.Context(), w.config))
		}
	}
	backup := filepath.Join(w.t.TempDir(), "backup.db")
	_, err := app.Backup(w.t.Context(), w.config, backup)
	require.NoError(w.t, err, "the App runs")
	return func() {
		restored, err := app.Restore(w.t.Context(), w.config, backup, true)
		require.NoError(w.t, err)
		require.True(w.t, restored.Done)
	}
}

func TestTheAuditLogsAreVerifiedWithHeadsFromAFile(t *testing.T) {
	config := app.Default()
	config.Database.URL = storetest.URL(t)
	_, err := app.VerifyAudit(t.Context(), config, "")
	require.ErrorIs(t, err, os.ErrNotExist, "a database is not made by looking at it")
	_, err = app.ConfirmRestore(t.Context(), config)
	require.ErrorIs(t, err, os.ErrNotExist)

	s, err := store.Open(t.Context(), config.Database.URL)
	require.NoError(t, err)
	var head store.Head
	require.NoError(t, s.Write(t.Context(), "append", func(ctx context.Context, tx *sql.Tx) (err error) {
		head, err = store.Append(ctx, tx, store.Entry{Repository: 7, At: time.Now(), Kind: "start", Source: "comment/1"})
		return err
	}))
	require.NoError(t, s.Close())
	heads := filepath.Join(t.TempDir(), "heads")
	for name, c := range map[string]struct {
		content string
		faults  int
		says    string
	}{
		"the right head":    {content: "# of today\n\n7 " + head.String() + "\n"},
		"another hash":      {content: "7 1 " + strings.Repeat("0", 64), faults: 1},
		"a longer log":      {content: "7 2 " + head.Hash, faults: 1},
		"a log that is not": {content: "8 1 " + head.Hash, faults: 1},
		"no head":           {content: "7 one " + head.Hash, says: "heads: line 1: want a repository's id"},
		"a length of 0":     {content: "\n7 0 " + head.Hash, says: "heads: line 2: no log of length 0 has a hash"},
		"an endless line":   {content: strings.Repeat("7", 100_000), says: "heads: read published heads"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(heads, []byte(c.content), 0o600))
			found, err := app.VerifyAudit(t.Context(), config, heads)
			if c.says != "" {
				require.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err)
			assert.Len(t, found.Faults, c.faults)
		})
	}
}
