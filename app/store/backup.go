package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ErrNoFile is what Backup and Restore say of PostgreSQL's databases.
var ErrNoFile = errors.New("a PostgreSQL database is no file: use pg_dump and pg_restore, and after a restore 'onboard restore --mark'")

// copying is what a database is opened for that is copied while others write:
// for reading, but unlike the pages' pool allowed to write other files.
const copying = "mode=ro&_pragma=busy_timeout(5000)"

// Backup copies the database at url, as it is at one moment, into a new file,
// while the App runs. Then it verifies the copy; a copy whose logs have faults
// is kept, since so has the database. It fails if there is such a file, and
// leaves none if it fails otherwise.
func Backup(ctx context.Context, url, file string) (Verification, error) {
	path, err := fileOf(url)
	if err != nil {
		return Verification{}, err
	}
	if err := copyDatabase(ctx, path, file); err != nil {
		return Verification{}, fmt.Errorf("back up %s into %s: %w", path, file, err)
	}
	v, err := VerifyFile(ctx, file)
	if err != nil {
		return Verification{}, errors.Join(err, os.Remove(file))
	}
	return v, nil
}

// copyDatabase copies the database at path into a new file for this user alone,
// which is on disk when it returns.
func copyDatabase(ctx context.Context, path, file string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	target, err := filepath.Abs(file) // SQLite takes "file:…" for a URI
	if err != nil {
		return err
	}
	made, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, made.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(file))
		}
	}()
	db, err := openPool(path, copying, 1)
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `VACUUM INTO $1`, target); err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(db.Close(), made.Sync())
}

// VerifyFile tells whether a file is a whole database of Onboard's, a backup as
// a rule, by its structure and its audit logs. It fails if it is none, or one
// of a newer onboard.
func VerifyFile(ctx context.Context, file string) (v Verification, err error) {
	s, err := readSQLite(ctx, file)
	if err == nil {
		err = s.quickCheck(ctx)
		if err == nil {
			v, err = s.VerifyAudit(ctx, nil)
		}
		err = errors.Join(err, s.Close())
	}
	if err != nil {
		return Verification{}, fmt.Errorf("verify %s: %w", file, err)
	}
	return v, nil
}

// quickCheck has SQLite compare its pages with each other.
func (s *Store) quickCheck(ctx context.Context) error {
	var said string
	if err := s.read.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("the file is damaged: %s", said)
	}
	return nil
}

// Restoration is what came, or would come, of restoring a backup.
type Restoration struct {
	Backup Verification
	Done   bool
	Kept   string // where the database is that was in its place; "" if there was none, or nothing is done
}

// Restore puts a backup in the place of the database at url, which it keeps
// beside it, and marks it as restored ([Store.Restored]). A backup whose logs
// have faults is not taken; nor is any unless confirm is set, which only tells
// what would be done. It fails with [ErrInUse] while a process has the database.
func Restore(ctx context.Context, url, file string, now time.Time, confirm bool) (r Restoration, err error) {
	path, err := fileOf(url)
	if err != nil {
		return Restoration{}, err
	}
	if r.Backup, err = VerifyFile(ctx, file); err != nil {
		return Restoration{}, err
	}
	lock, err := lockProcess(ctx, path+".lock")
	if err != nil {
		return Restoration{}, err
	}
	defer func() {
		if err = errors.Join(err, lock.release()); err != nil {
			err = fmt.Errorf("restore %s from %s: %w", path, file, err)
		}
	}()
	if len(r.Backup.Faults) > 0 || !confirm {
		return r, nil
	}
	fresh := path + ".restoring"
	for _, side := range []string{"", "-wal", "-shm"} { // of a restore that was killed
		if err := removeIfThere(fresh + side); err != nil {
			return r, err
		}
	}
	if err := copyDatabase(ctx, file, fresh); err != nil {
		return r, err
	}
	if err := markRestored(ctx, fresh, now); err != nil {
		return r, errors.Join(err, os.Remove(fresh))
	}
	if r.Kept, err = replaceDatabase(path, fresh, now); err != nil {
		return r, errors.Join(err, os.Remove(fresh))
	}
	r.Done = true
	return r, nil
}

// replaceDatabase puts the file fresh in the place of the database at path. At
// no moment is there none, as the App would begin anew with an empty one.
func replaceDatabase(path, fresh string, now time.Time) (kept string, err error) {
	old := path + ".before-restore-" + now.UTC().Format("20060102T150405.000Z")
	switch err := os.Link(path, old); {
	case err == nil:
		kept = old
	case !errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("keep the old database: %w", err)
	}
	// A side file belongs to the database that wrote it, and would spoil another.
	if err := os.Rename(path+"-wal", old+"-wal"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return kept, fmt.Errorf("keep the old database: %w", err)
	}
	if err := removeIfThere(path + "-shm"); err != nil {
		return kept, err
	}
	if err := os.Rename(fresh, path); err != nil {
		return kept, err
	}
	return kept, syncFolder(path)
}

func removeIfThere(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder has the names of the files beside path on disk.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// markRestored brings a copy's tables up to date, and marks it.
func markRestored(ctx context.Context, path string, now time.Time) error {
	write, err := openPool(path, writing, 1)
	if err != nil {
		return err
	}
	s := &Store{write: write, read: write}
	if err = s.prepare(ctx); err == nil {
		err = s.MarkRestored(ctx, now)
	}
	return errors.Join(err, s.Close())
}

// MarkRestored notes in the database and in each of its logs that it is a backup
// that took another's place: see [Store.Restored].
func (s *Store) MarkRestored(ctx context.Context, now time.Time) error {
	return s.Write(ctx, "mark the database as restored", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO restored (at) VALUES ($1)`, now.UnixMilli()); err != nil {
			return err
		}
		repositories, err := column[int64](ctx, tx, `SELECT DISTINCT repository FROM audit ORDER BY repository`)
		for _, repository := range repositories {
			if err == nil {
				_, err = Append(ctx, tx, Entry{Repository: repository, At: now, Kind: "restore", Source: "restore/" + number(now.UnixMilli())})
			}
		}
		return err
	})
}

// Restored tells whether the database is a backup that took another's place and
// nobody confirmed that yet. The App publishes nothing then: GitHub may show
// what this database does not know of (S22).
func (s *Store) Restored(ctx context.Context) (bool, error) {
	if s.schema < auditSchema {
		return false, nil // only read, and older than all restores
	}
	var n int
	if err := s.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM restored WHERE confirmed_at IS NULL`).Scan(&n); err != nil {
		return false, fmt.Errorf("ask whether the database was restored: %w", err)
	}
	return n > 0, nil
}

// ConfirmRestore lets the App publish again; confirmed is false if it may
// already.
func (s *Store) ConfirmRestore(ctx context.Context, now time.Time) (confirmed bool, err error) {
	err = s.Write(ctx, "confirm that the database was restored", func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE restored SET confirmed_at = $1 WHERE confirmed_at IS NULL`, now.UnixMilli())
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		confirmed = n > 0
		return err
	})
	return confirmed, err
}
