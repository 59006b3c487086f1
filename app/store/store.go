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
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is an open database. It is safe for concurrent use.
type Store struct {
	write  *sql.DB         // of SQLite a single connection; its transactions take the write lock when they begin
	read   *sql.DB         // cannot write
	lock   *processLock    // of SQLite
	tidier *tidier         // of SQLite
	shared *pgx.ConnConfig // of PostgreSQL, where others write, too

	schema int64 // version of the tables
}

// Open opens the database at url, creates it when it is not there, brings its
// schema up to date and, if it is a file, makes this process the only one that may
// write to it.
//
// "sqlite://onboard.db" is a file in the working directory,
// "sqlite:///var/lib/onboard/onboard.db" an absolute path. "postgres://host/name"
// is a database of PostgreSQL's, which must be there; others may have it, too.
// Open fails when another process has the file ([ErrInUse]), when a newer onboard
// has migrated it, and for every other scheme.
func Open(ctx context.Context, url string) (*Store, error) {
	s, err := open(ctx, url, openSQLite, openPostgres)
	if err != nil {
		return nil, err
	}
	if err := s.indexOlder(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", Redacted(url), err), s.Close())
	}
	return s, nil
}

// OpenToRead opens the database at url beside the process that has it, if any,
// for reading only: it creates, changes and locks nothing. It fails when there
// is no database or a newer onboard has migrated it.
func OpenToRead(ctx context.Context, url string) (*Store, error) {
	return open(ctx, url, readSQLite, readPostgres)
}

type opener func(ctx context.Context, where string) (*Store, error)

func open(ctx context.Context, url string, sqlite, postgres opener) (*Store, error) {
	engine, where := postgres, url
	if !IsPostgres(url) {
		path, err := fileOf(url)
		if err != nil {
			return nil, err
		}
		engine, where = sqlite, path
	}
	s, err := engine(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", Redacted(url), err)
	}
	return s, nil
}

// IsPostgres tells whether a URL names a database of PostgreSQL's.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// Redacted is a database's URL for people: of PostgreSQL's only where it is, as
// what else it says may be a password (S20).
func Redacted(text string) string {
	if !IsPostgres(text) {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return "postgres://…"
	}
	return "postgres://" + u.Host + u.Path
}

// fileOf is the file that a database's URL names.
func fileOf(url string) (path string, err error) {
	scheme, path, found := strings.Cut(url, "://")
	switch {
	case !found:
		return "", fmt.Errorf("open database %q: want sqlite://FILE, as in sqlite://onboard.db", url)
	case IsPostgres(url):
		return "", ErrNoFile
	case scheme != "sqlite":
		// The rest of the URL may hold a password.
		return "", fmt.Errorf("open database: scheme %q is not supported, want sqlite://FILE or postgres://HOST/NAME", scheme)
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
	if err := errors.Join(s.tidier.stop(), s.read.Close(), s.write.Close(), s.lock.release()); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Shared tells whether other processes may write, too.
func (s *Store) Shared() bool { return s.shared != nil }

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
// Writers to SQLite take turns, so fn does nothing slow, uses only tx and never
// calls Write again: that would wait for itself until ctx ends. On PostgreSQL two
// may get in each other's way, and one of them begins again: so fn may run
// several times, and what it sets outside the transaction it sets anew each time.
func (s *Store) Write(ctx context.Context, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	err := s.transact(ctx, fn)
	for try := 1; try < maxTries && s.Shared() && again(err) && ctx.Err() == nil; try++ {
		time.Sleep(rand.N(time.Duration(try) * tryPause)) // short, and the other one is at work
		err = s.transact(ctx, fn)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// errBegin says that nothing of a transaction happened.
var errBegin = errors.New("begin")

const (
	maxTries = 10 // of a transaction that gets in others' way; more than there are connections that may be lost
	tryPause = 10 * time.Millisecond
)

func (s *Store) transact(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx) error) (err error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", errBegin, err)
	}
	defer func() {
		// Also after a panic in fn: a transaction left open would lock out
		// every later writer. After a commit this does nothing.
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("roll back: %w", rollback))
		}
	}()
	if err := s.holdLease(ctx, tx); err != nil {
		return err
	}
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
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, options ...goose.ProviderOption) (version int64, err error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, fmt.Errorf("read embedded migrations: %w", err)
	}
	provider, err := goose.NewProvider(dialect, db, files, append(options, goose.WithDisableGlobalRegistry(true))...)
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
	if current == newest {
		return newest, nil
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

// readSchema reads the version of a database that is only read.
func (s *Store) readSchema(ctx context.Context) error {
	newest, err := newestSchema()
	if err != nil {
		return err
	}
	if err := s.read.QueryRowContext(ctx, `SELECT MAX(version_id) FROM goose_db_version`).Scan(&s.schema); err != nil {
		return fmt.Errorf("is it a database of Onboard's? %w", err)
	}
	return knows(newest, s.schema)
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
