package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store"
)

// closed makes a database with two entries that nobody has open.
func closed(t *testing.T) (url string) {
	t.Helper()
	url = "sqlite://" + filepath.Join(t.TempDir(), "onboard.db")
	within(t, url, func(s *store.Store) { appendAll(t, s, decision(1), decision(2)) })
	return url
}

// within opens a database for as long as fn runs.
func within(t *testing.T, url string, fn func(*store.Store)) {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	fn(s)
	require.NoError(t, s.Close())
}

func TestABackupIsOneMomentWhileOthersWrite(t *testing.T) {
	s, url := openFile(t)
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for n := 0; ; n++ {
			err := s.Write(context.Background(), "decide", func(ctx context.Context, tx *sql.Tx) error {
				_, err := store.Append(ctx, tx, decision(n))
				return err
			})
			select {
			case <-stop:
				stopped <- err
				return
			default:
				if err != nil {
					stopped <- err
					return
				}
			}
		}
	}()
	entries := 0
	for n := range 5 {
		file := filepath.Join(t.TempDir(), fmt.Sprintf("it's %d.db", n))
		made, err := store.Backup(t.Context(), url, file)
		require.NoError(t, err)
		assert.Empty(t, made.Faults)
		assert.GreaterOrEqual(t, made.Entries, entries)
		entries = made.Entries
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}
	close(stop)
	require.NoError(t, <-stopped)
}

func TestABackupOverwritesNothing(t *testing.T) {
	url := closed(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, os.WriteFile(file, []byte("precious"), 0o600))
	_, err := store.Backup(t.Context(), url, file)
	require.ErrorIs(t, err, fs.ErrExist)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "precious", string(content))
	_, err = store.Backup(t.Context(), "sqlite://"+file, file+".2")
	require.Error(t, err)
	assert.NoFileExists(t, file+".2", "what failed leaves nothing")
	_, err = store.Backup(t.Context(), "sqlite://none.db", file+".3")
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.NoFileExists(t, "none.db")
}

func TestARestoreKeepsTheOldDatabaseAndHoldsTheApp(t *testing.T) {
	url := closed(t)
	path := strings.TrimPrefix(url, "sqlite://")
	file := filepath.Join(t.TempDir(), "backup.db")
	_, err := store.Backup(t.Context(), url, file)
	require.NoError(t, err)
	within(t, url, func(s *store.Store) {
		appendAll(t, s, decision(3))
		held, err := s.Restored(t.Context())
		require.NoError(t, err)
		assert.False(t, held)
	})

	would, err := store.Restore(t.Context(), url, file, evening, false)
	require.NoError(t, err)
	assert.Equal(t, store.Restoration{Backup: store.Verification{Logs: 1, Entries: 2}}, would)
	require.NoError(t, os.WriteFile(path+".restoring", []byte("half"), 0o600), "a restore that was killed")
	require.NoError(t, os.WriteFile(path+".restoring-wal", []byte("half"), 0o600))
	done, err := store.Restore(t.Context(), url, file, evening, true)
	require.NoError(t, err)
	assert.True(t, done.Done)
	assert.Equal(t, path+".before-restore-20261203T220000.000Z", done.Kept)

	within(t, url, func(s *store.Store) {
		entries, err := s.Audit(t.Context(), 7, 1, 10)
		require.NoError(t, err)
		require.Len(t, entries, 3)
		assert.Equal(t, "restore", entries[2].Kind, "the log says what happened")
		assert.Empty(t, faults(t, s, nil))
		held, err := s.Restored(t.Context())
		require.NoError(t, err)
		assert.True(t, held)
		for _, want := range []bool{true, false} {
			confirmed, err := s.ConfirmRestore(t.Context(), evening)
			require.NoError(t, err)
			assert.Equal(t, want, confirmed)
		}
		held, err = s.Restored(t.Context())
		require.NoError(t, err)
		assert.False(t, held)
	})
	within(t, "sqlite://"+done.Kept, func(s *store.Store) {
		length, _, err := s.AuditHead(t.Context(), 7)
		require.NoError(t, err)
		assert.Equal(t, int64(3), length)
	})
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
}

func TestARestoreTakesTheOldSideFileAlong(t *testing.T) {
	url := closed(t)
	path := strings.TrimPrefix(url, "sqlite://")
	backup := filepath.Join(t.TempDir(), "backup.db")
	_, err := store.Backup(t.Context(), url, backup)
	require.NoError(t, err)
	// What a process that was killed leaves: a third entry that is in the side
	// file alone.
	within(t, url, func(s *store.Store) {
		appendAll(t, s, decision(3))
		for _, name := range []string{"", "-wal"} {
			content, err := os.ReadFile(path + name)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path+".killed"+name, content, 0o600))
		}
	})
	killed := "sqlite://" + path + ".killed"
	done, err := store.Restore(t.Context(), killed, backup, evening, true)
	require.NoError(t, err)
	for url, want := range map[string]int64{killed: 3, "sqlite://" + done.Kept: 3} {
		within(t, url, func(s *store.Store) {
			assert.Empty(t, faults(t, s, nil))
			length, _, err := s.AuditHead(t.Context(), 7)
			require.NoError(t, err)
			assert.Equal(t, want, length)
		})
	}
}

func TestARestoreIntoAnEmptyPlaceKeepsNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "backup.db")
	_, err := store.Backup(t.Context(), closed(t), file)
	require.NoError(t, err)
	done, err := store.Restore(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "new.db"), file, evening, true)
	require.NoError(t, err)
	assert.Equal(t, store.Restoration{Backup: store.Verification{Logs: 1, Entries: 2}, Done: true}, done)
}

func TestAttackARestoreRefusesWhatIsNotWhole(t *testing.T) {
	url := closed(t)
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	_, err := store.Backup(t.Context(), url, file("good.db"))
	require.NoError(t, err)

	tampered := file("tampered.db")
	_, err = store.Backup(t.Context(), url, tampered)
	require.NoError(t, err)
	within(t, "sqlite://"+tampered, func(s *store.Store) { tamper(t, s, `UPDATE audit SET stage = 'release' WHERE seq = 1`) })
	refused, err := store.Restore(t.Context(), url, tampered, evening, true)
	require.NoError(t, err)
	assert.Len(t, refused.Backup.Faults, 1)
	assert.False(t, refused.Done)

	content, err := os.ReadFile(file("good.db"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file("half.db"), content[:len(content)/2], 0o600))
	require.NoError(t, os.WriteFile(file("text.db"), []byte(strings.Repeat("no database\n", 1000)), 0o600))
	require.NoError(t, os.WriteFile(file("empty.db"), nil, 0o600))
	for _, name := range []string{"half.db", "text.db", "empty.db", "none.db"} {
		_, err := store.Restore(t.Context(), url, file(name), evening, true)
		require.ErrorContains(t, err, "verify "+file(name))
	}
	within(t, url, func(s *store.Store) {
		_, err := store.Restore(t.Context(), url, file("good.db"), evening, true)
		require.ErrorIs(t, err, store.ErrInUse)
		length, _, err := s.AuditHead(t.Context(), 7)
		require.NoError(t, err)
		assert.Equal(t, int64(2), length)
	})
}

func TestADatabaseThatIsOnlyReadIsNotChanged(t *testing.T) {
	url := closed(t)
	s, err := store.OpenToRead(t.Context(), url)
	require.NoError(t, err)
	assert.Empty(t, faults(t, s, nil))
	require.ErrorContains(t, s.Write(t.Context(), "write", want("repo/1")), "readonly")
	within(t, url, func(*store.Store) {}) // others may have it
	require.NoError(t, s.Close())

	_, err = store.OpenToRead(t.Context(), "sqlite://none.db")
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.NoFileExists(t, "none.db")
	within(t, url, func(s *store.Store) {
		tamper(t, s, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	})
	_, err = store.OpenToRead(t.Context(), url)
	require.ErrorContains(t, err, "schema is version 9999")
}

func TestADatabaseOlderThanTheAuditLogsHasNoFaults(t *testing.T) {
	url := closed(t)
	within(t, url, func(s *store.Store) {
		tamper(t, s, `DELETE FROM goose_db_version WHERE version_id >= 6; DROP TABLE audit; DROP TABLE audit_personal;
			DROP TABLE audit_head; DROP TABLE turn; DROP TABLE restored; DROP TABLE pipeline; ALTER TABLE onboarding DROP COLUMN pipeline;
			DROP TABLE setting; DROP TABLE post; ALTER TABLE work DROP COLUMN looked_at; DROP TABLE page; ALTER TABLE repository DROP COLUMN private; DROP TABLE spent; DROP TABLE deployment; DROP TABLE chat_post; DROP TABLE chat_notice;
			ALTER TABLE role_login DROP COLUMN spelt; ALTER TABLE role_login DROP COLUMN held_at; DROP TABLE asked; DROP INDEX onboarding_plugin; ALTER TABLE onboarding DROP COLUMN plugin`)
	})
	file := filepath.Join(t.TempDir(), "backup.db")
	made, err := store.Backup(t.Context(), url, file)
	require.NoError(t, err, "before an upgrade is when one makes a backup")
	assert.Equal(t, store.Verification{}, made)
	done, err := store.Restore(t.Context(), url, file, evening, true)
	require.NoError(t, err)
	assert.True(t, done.Done)
	within(t, url, func(s *store.Store) {
		held, err := s.Restored(t.Context())
		require.NoError(t, err)
		assert.True(t, held)
	})
}
