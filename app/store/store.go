// Package store keeps what GitHub cannot be trusted to keep, in one SQL
// database: design.md "Queue" and "The way through the house".
//
// Everything that changes the database goes through [Store.Write]; pages and
// look-ups use [Store.Read]. The SQL is written for SQLite and PostgreSQL
// alike: $1, TEXT and BIGINT milliseconds, CAST($n AS BIGINT) inside CASE.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is an open database. It is safe for concurrent use.
type Store struct {
	write *sql.DB // a single connection; its transactions take the write lock when they begin
	read  *sql.DB // cannot write
	lock  *processLock

	schema int64 // version of the tables
}

// Open opens the database at url, creates it when it is not there, brings its
// schema up to date, and makes this process the only one that may write to it.
//
// "sqlite://onboard.db" is a file in the working directory,
// "sqlite:///var/lib/onboard/onboard.db" an absolute path. Open fails when
// another process has the database ([ErrInUse]), when a newer onboard has
// migrated it, and for every other scheme.
func Open(ctx context.Context, url string) (*Store, error) {
	return open(ctx, url, openSQLite)
}

// OpenToRead opens the database at url beside the process that has it, if any,
// for reading only: it creates, changes and locks nothing. It fails when there
// is no database or a newer onboard has migrated it.
func OpenToRead(ctx context.Context, url string) (*Store, error) {
	return open(ctx, url, readSQLite)
}

func open(ctx context.Context, url string, sqlite func(ctx context.Context, path string) (*Store, error)) (*Store, error) {
	path, err := fileOf(url)
	if err != nil {
		return nil, err
	}
	s, err := sqlite(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", url, err)
	}
	return s, nil
}

// fileOf is the file that a database's URL names.
func fileOf(url string) (path string, err error) {
	scheme, path, found := strings.Cut(url, "://")
	if !found {
		return "", fmt.Errorf("open database %q: want sqlite://FILE, as in sqlite://onboard.db", url)
	}
	if scheme != "sqlite" {
		// The rest of the URL may hold a password.
		return "", fmt.Errorf("open database: scheme %q is not supported, want sqlite://FILE", scheme)
	}
	switch {
	case path == "" || path == ":memory:":
		// The reading pool would see another memory than the writer.
		return "", fmt.Errorf("open database %s: want a file name, as in sqlite://onboard.db", url)
	case strings.ContainsAny(path, "?#"):
		return "", fmt.Errorf("open database %s: the file name must not contain ? or #: there are no options to give", url)
	}
	return path, nil
}

// Close ends all connections and lets another process have the database.
func (s *Store) Close() error {
	if err := errors.Join(s.read.Close(), s.write.Close(), s.lock.release()); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Ping tells whether the database takes writes: it begins one that changes nothing.
func (s *Store) Ping(ctx context.Context) error {
	return s.Write(ctx, "ask whether the database takes writes", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM work WHERE key = ''`)
		return err
	})
}

// Read is the read-only pool: it sees what is committed, never waits for a
// writer, and refuses to write.
func (s *Store) Read() *sql.DB { return s.read }

// Write runs fn in a transaction that may write, commits if fn returns nil and
// rolls back otherwise. When Write returns nil the change is on disk. Errors
// are wrapped with what, a phrase such as "record decision of repo/7".
//
// Writers take turns, so fn does nothing slow, uses only tx and never calls
// Write again: that would wait for itself until ctx ends.
func (s *Store) Write(ctx context.Context, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if err := s.transact(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (s *Store) transact(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx) error) (err error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		// Also after a panic in fn: a transaction left open would lock out
		// every later writer. After a commit this does nothing.
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("roll back: %w", rollback))
		}
	}()
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// migrate brings the schema of db up to the newest embedded migration, whose
// number it returns.
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB) (version int64, err error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, fmt.Errorf("read embedded migrations: %w", err)
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return 0, fmt.Errorf("load migrations: %w", err)
	}
	current, newest, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	if err := knows(newest, current); err != nil {
		return 0, err
	}
	if _, err := provider.Up(ctx); err != nil {
		return 0, fmt.Errorf("migrate schema: %w", err)
	}
	return newest, nil
}

// knows fails if a database is newer than this onboard.
func knows(newest, current int64) error {
	if current > newest {
		return fmt.Errorf("its schema is version %d and this onboard knows only %d: use the newer onboard, or a backup", current, newest)
	}
	return nil
}

// newestSchema is the number of the newest embedded migration.
func newestSchema() (int64, error) {
	files, err := migrations.ReadDir("migrations") // sorted by name
	if err != nil {
		return 0, fmt.Errorf("read embedded migrations: %w", err)
	}
	version, err := goose.NumericComponent(files[len(files)-1].Name())
	if err != nil {
		return 0, fmt.Errorf("read embedded migrations: %w", err)
	}
	return version, nil
}
