package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/onboard-app/onboard/app/store"
)

// VerifyAudit compares the audit logs of the configured database with their
// hashes and with the published heads in a file ([store.ParseHeads]); "" is no
// file. The App may run meanwhile.
func VerifyAudit(ctx context.Context, config Config, headsFile string) (store.Verification, error) {
	var heads store.Heads
	if headsFile != "" {
		file, err := os.Open(headsFile)
		if err != nil {
			return store.Verification{}, err
		}
		heads, err = store.ParseHeads(file)
		if _ = file.Close(); err != nil { // it was only read
			return store.Verification{}, fmt.Errorf("%s: %w", headsFile, err)
		}
	}
	s, err := store.OpenToRead(ctx, config.Database.location())
	if err != nil {
		return store.Verification{}, err
	}
	v, err := s.VerifyAudit(ctx, heads)
	return v, errors.Join(err, s.Close())
}

// Backup copies the configured database into a new file, while the App may run,
// and verifies the copy.
func Backup(ctx context.Context, config Config, file string) (store.Verification, error) {
	return store.Backup(ctx, config.Database.location(), file)
}

// Restore puts a backup in the place of the configured database, or tells what
// that would do unless confirm is set. The App must not run.
func Restore(ctx context.Context, config Config, file string, confirm bool) (store.Restoration, error) {
	return store.Restore(ctx, config.Database.location(), file, time.Now(), confirm)
}

// MarkRestored has the App publish nothing until [ConfirmRestore]: whoever put a
// backup in the database's place by other means than Restore says so.
func MarkRestored(ctx context.Context, config Config) error {
	s, err := store.Open(ctx, config.Database.location())
	if err != nil {
		return err
	}
	return errors.Join(s.MarkRestored(ctx, time.Now()), s.Close())
}

// ConfirmRestore lets the App publish after a restore; confirmed is false if it
// may already. On SQLite the App must not run.
func ConfirmRestore(ctx context.Context, config Config) (confirmed bool, err error) {
	s, err := store.OpenToRead(ctx, config.Database.location()) // which makes none where there is none
	if err != nil {
		return false, err
	}
	held, err := s.Restored(ctx)
	if err = errors.Join(err, s.Close()); err != nil || !held {
		return false, err
	}
	if s, err = store.Open(ctx, config.Database.location()); err != nil {
		return false, err
	}
	confirmed, err = s.ConfirmRestore(ctx, time.Now())
	return confirmed, errors.Join(err, s.Close())
}
