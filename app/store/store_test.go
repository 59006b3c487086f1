package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

// openAsChild is the environment variable that makes this test program open
// the named database, and exit 3 if it is in use, instead of running tests.
const openAsChild = "ONBOARD_TEST_OPEN"

func TestMain(m *testing.M) {
	if url := os.Getenv(openAsChild); url != "" {
		_, err := store.Open(context.Background(), url)
		fmt.Println(err)
		if errors.Is(err, store.ErrInUse) {
			os.Exit(3)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func openTemp(t *testing.T) (*store.Store, string) {
	t.Helper()
	return openAt(t, storetest.URL(t))
}

// openFile opens what only SQLite has.
func openFile(t *testing.T) (*store.Store, string) {
	t.Helper()
	return openAt(t, storetest.SQLite(t))
}

func openAt(t *testing.T, url string) (*store.Store, string) {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s, url
}

// want inserts the work row key.
func want(key string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO work (key, wanted, due_at, owner) VALUES ($1, 1, 99, 'somebody')`, key)
		return err
	}
}

func countWork(t *testing.T, s *store.Store) int {
	t.Helper()
	var n int
	require.NoError(t, s.Read().QueryRow(`SELECT COUNT(*) FROM work`).Scan(&n))
	return n
}

func TestOpenRefusesURLsItCannotServe(t *testing.T) {
	folder := t.TempDir()
	for name, c := range map[string]struct{ url, says string }{
		"no scheme":           {"onboard.db", "want sqlite://FILE"},
		"another engine":      {"mysql://user:hunter2@db/onboard", `scheme "mysql" is not supported`},
		"no such host":        {"postgres://user:hunter2@127.0.0.1:1/onboard?password=hunter2", "open database postgres://127.0.0.1:1/onboard: "},
		"a broken URL":        {"postgres://user:hunter2@:x/onboard", "open database postgres://…: "},
		"no file":             {"sqlite://", "want a file name"},
		"memory":              {"sqlite://:memory:", "want a file name"},
		"options":             {"sqlite://" + folder + "/a.db?mode=ro", "must not contain ?"},
		"a folder not there":  {"sqlite://" + folder + "/none/a.db", "no such file or directory"},
		"a folder for a file": {"sqlite://" + folder, "unable to open database file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Open(t.Context(), c.url)
			require.ErrorContains(t, err, c.says)
			assert.NotContains(t, err.Error(), "hunter2", "a password must not be shown")
		})
	}
}

func TestOpenTakesRelativeAndOddFileNames(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"onboard.db", "with space & 100% ü.db"} {
		s, err := store.Open(t.Context(), "sqlite://"+name)
		require.NoError(t, err)
		require.NoError(t, s.Write(t.Context(), "write", want("repo/1")))
		require.NoError(t, s.Close())
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds payloads of private repositories")
	}
}

func TestWhatIsWrittenIsThereAfterReopeningAndItsLeasesHaveRunOut(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "onboard.db")
	for range 2 {
		s, err := store.Open(t.Context(), url)
		require.NoError(t, err)
		if countWork(t, s) == 0 {
			require.NoError(t, s.Write(t.Context(), "write", want("repo/1")))
		} else {
			var due int64
			require.NoError(t, s.Read().QueryRow(`SELECT due_at FROM work`).Scan(&due))
			assert.Zero(t, due)
		}
		require.NoError(t, s.Close())
	}
}

func TestConnectionsAreSetUpAsDesigned(t *testing.T) {
	s, _ := openFile(t)
	pragmas := func(query func(string) *sql.Row) map[string]string {
		got := map[string]string{}
		for _, name := range []string{"journal_mode", "synchronous", "busy_timeout", "foreign_keys", "query_only"} {
			var value string
			require.NoError(t, query("PRAGMA "+name).Scan(&value))
			got[name] = value
		}
		return got
	}
	reading := pragmas(func(q string) *sql.Row { return s.Read().QueryRow(q) })
	assert.Equal(t, "wal", reading["journal_mode"])
	assert.Equal(t, "1", reading["query_only"])
	require.NoError(t, s.Write(t.Context(), "look", func(ctx context.Context, tx *sql.Tx) error {
		writing := pragmas(func(q string) *sql.Row { return tx.QueryRowContext(ctx, q) })
		assert.Equal(t, map[string]string{
			"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000", "foreign_keys": "1", "query_only": "0",
		}, writing)
		return nil
	}))
}

func TestThePoolForPagesCannotWrite(t *testing.T) {
	s, _ := openTemp(t)
	_, err := s.Read().Exec(`DELETE FROM work`)
	require.ErrorContains(t, err, map[bool]string{false: "readonly", true: "read-only"}[storetest.OnPostgres()])
}

func TestAFailedWriteLeavesNothingAndSaysWhatItWas(t *testing.T) {
	s, _ := openTemp(t)
	boom := errors.New("boom")
	err := s.Write(t.Context(), "record decision", func(ctx context.Context, tx *sql.Tx) error {
		require.NoError(t, want("repo/1")(ctx, tx))
		return boom
	})
	require.ErrorIs(t, err, boom)
	require.ErrorContains(t, err, "record decision: ")
	assert.Zero(t, countWork(t, s))
}

func TestAPanicInAWriteDoesNotLockOutTheNextWriter(t *testing.T) {
	s, _ := openTemp(t)
	assert.Panics(t, func() {
		_ = s.Write(t.Context(), "panic", func(context.Context, *sql.Tx) error { panic("boom") })
	})
	require.NoError(t, s.Write(t.Context(), "write", want("repo/1")))
	assert.Equal(t, 1, countWork(t, s))
}

func TestAWriteGivesUpWhenItsContextEnds(t *testing.T) {
	s, _ := openTemp(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Write(ctx, "nest", func(context.Context, *sql.Tx) error {
		cancel()
		return s.Write(ctx, "inner", want("repo/1"))
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, countWork(t, s))
}

func TestWritersTakeTurnsAndNoneIsLost(t *testing.T) {
	s, _ := openTemp(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			assert.NoError(t, s.Write(t.Context(), "write", want(fmt.Sprintf("repo/%d", i))))
			var n int
			assert.NoError(t, s.Read().QueryRow(`SELECT COUNT(*) FROM work`).Scan(&n))
		})
	}
	all.Wait()
	assert.Equal(t, 50, countWork(t, s))
}

func TestASecondProcessIsKeptOut(t *testing.T) {
	s, url := openFile(t)
	_, err := store.Open(t.Context(), url)
	require.ErrorIs(t, err, store.ErrInUse)

	child := func() (string, int) {
		program, err := os.Executable()
		require.NoError(t, err)
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Env = append(os.Environ(), openAsChild+"="+url)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	out, code := child()
	assert.Equal(t, 3, code)
	assert.Contains(t, out, "another process uses this database")
	require.NoError(t, s.Write(t.Context(), "write", want("repo/1")), "the first one carries on")

	other := filepath.Join(t.TempDir(), "other.db")
	url = "sqlite://" + other
	out, code = child()
	assert.Equal(t, 0, code, "%s", out)
	again, err := store.Open(t.Context(), url)
	require.NoError(t, err, "a process that ended without Close holds nothing")
	require.NoError(t, again.Close())
}

func TestADatabaseOfANewerOnboardIsRefused(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	require.NoError(t, s.Write(t.Context(), "pretend", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
		return err
	}))
	require.NoError(t, s.Close())
	_, err = store.Open(t.Context(), url)
	require.ErrorContains(t, err, "schema is version 9999")
}
