package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrInUse is returned by Open when another process has the database.
var ErrInUse = errors.New("another process uses this database; stop it first, or give this one its own file")

// readers is how many pages and look-ups read at once; each connection keeps
// its own page cache of about 2 MB.
const readers = 4

// What a connection is opened for, as SQLite's URI has it.
const (
	// A transaction takes the write lock when it begins (a read lock that must
	// be raised later fails when another writes), and is on disk when its
	// commit returns.
	writing = "_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=wal_autocheckpoint(4096)"
	reading = "mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)"
	// A transaction shuts everybody else out, who learn so at once.
	locking = "_txlock=exclusive&_pragma=busy_timeout(0)"
)

// openSQLite opens the database file at path, a file name and nothing else.
func openSQLite(ctx context.Context, path string) (*Store, error) {
	lock, err := lockProcess(ctx, path+".lock")
	if err != nil {
		return nil, err
	}
	write, err := openPool(path, writing, 1)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	read, err := openPool(path, reading, readers)
	if err != nil {
		return nil, errors.Join(err, write.Close(), lock.release())
	}
	s := &Store{write: write, read: read, lock: lock}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.tidier, err = tidy(path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare migrates the schema and ends the leases found at start: nobody else
// writes to this database, so the runs that held them died with their process.
// The queue takes such work back as soon as it looks, as it does whenever a
// lease ran out.
func (s *Store) prepare(ctx context.Context) error {
	var err error
	if s.schema, err = migrate(ctx, goose.DialectSQLite3, s.write); err != nil {
		return err
	}
	return s.Write(ctx, "end the leases of the last process", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE work SET due_at = 0 WHERE owner <> ''`)
		if err == nil {
			_, err = tx.ExecContext(ctx, appendOnly)
		}
		return err
	})
}

// appendOnly makes SQLite refuse what the code never does. The triggers are
// here since each engine has its own way to write them; that nobody got round
// them is for [Store.VerifyAudit] to show.
const appendOnly = `
	CREATE TRIGGER IF NOT EXISTS audit_unchanged BEFORE UPDATE ON audit
		BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
	CREATE TRIGGER IF NOT EXISTS audit_undeleted BEFORE DELETE ON audit
		BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
	CREATE TRIGGER IF NOT EXISTS audit_personal_unchanged BEFORE UPDATE ON audit_personal
		BEGIN SELECT RAISE(ABORT, 'what is kept of people can be forgotten, not changed'); END;`

// readSQLite opens the database file at path for reading.
func readSQLite(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	read, err := openPool(path, reading, readers)
	if err != nil {
		return nil, err
	}
	s := &Store{write: read, read: read} // SQLite itself refuses to write
	if err := s.readSchema(ctx); err != nil {
		return nil, errors.Join(err, read.Close())
	}
	return s, nil
}

// openPool returns a pool of size connections to the file at path. If it is
// not there it is created for this user alone, since it holds payloads of
// private repositories; SQLite gives its side files the same mode.
func openPool(path, options string, size int) (*sql.DB, error) {
	// O_EXCL leaves a file that is there unopened. POSIX drops all locks that
	// a process has on a file when any descriptor of it is closed.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create file: %w", err)
	}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+options)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// processLock keeps other processes from writing. It is an exclusive
// transaction, never ended, on an empty SQLite file beside the database: it
// works wherever SQLite does, and the system drops it when the process dies.
type processLock struct {
	db *sql.DB
	tx *sql.Tx
}

// lockProcess takes the lock or fails at once, with ErrInUse if it is taken.
func lockProcess(ctx context.Context, path string) (*processLock, error) {
	db, err := openPool(path, locking, 1)
	if err != nil {
		return nil, err
	}
	// The lock outlives ctx: a transaction is rolled back when its context ends.
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err == nil {
		return &processLock{db: db, tx: tx}, nil
	}
	if refused := new(sqlite.Error); errors.As(err, &refused) && refused.Code()&0xff == sqlite3.SQLITE_BUSY {
		err = ErrInUse
	}
	return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), db.Close())
}

// release lets another process have the database. A store that only reads has
// no lock.
func (l *processLock) release() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.tx.Rollback(), l.db.Close())
}

// emptyFreeSpace leaves nothing of what was deleted.
func (s *Store) emptyFreeSpace(ctx context.Context) error {
	if s.shared != nil {
		return s.rewritePostgres(ctx)
	}
	if _, err := s.write.ExecContext(ctx, `VACUUM`); err != nil {
		return fmt.Errorf("empty the file's free space: %w", err)
	}
	return s.emptyWAL(ctx)
}

// emptyWAL moves what is in the side file into the database, and empties it.
// What somebody reads just now stays there until the next time.
func (s *Store) emptyWAL(ctx context.Context) error {
	defer s.tidier.pause()()
	if _, err := s.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("empty the database's side file: %w", err)
	}
	return nil
}
