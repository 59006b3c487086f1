package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// ErrOnRecord is returned by Import for a repository that has an onboarding.
var ErrOnRecord = errors.New("an onboarding of it is on record already")

// Imported is an onboarding that began without the App.
type Imported struct {
	Repository Repository
	Record     onboarding.Record
	Entries    []Entry // for the audit log
	Key        string  // the queue's
}

// Import puts onboardings on record, all of them or none, and has want ask for a
// look at each repository in the same transaction. It fails with [ErrOnRecord] if
// a repository has an onboarding.
func (s *Store) Import(ctx context.Context, list []Imported, now time.Time, want func(ctx context.Context, tx *sql.Tx, key string, now time.Time) error) error {
	return s.Write(ctx, "record what is imported", func(ctx context.Context, tx *sql.Tx) error {
		for _, i := range list {
			if err := i.save(ctx, tx); err != nil {
				return fmt.Errorf("%s: %w", i.Repository.FullName(), err)
			}
			if err := want(ctx, tx, i.Key, now); err != nil {
				return fmt.Errorf("have %s looked at: %w", i.Repository.FullName(), err)
			}
		}
		return nil
	})
}

func (i Imported) save(ctx context.Context, tx *sql.Tx) error {
	var known int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM onboarding WHERE repository = $1`, i.Repository.ID).Scan(&known)
	if err == nil && known > 0 {
		err = ErrOnRecord
	}
	if err == nil {
		err = SaveRepository(ctx, tx, i.Repository)
	}
	for _, entry := range i.Entries {
		if err == nil {
			_, err = Append(ctx, tx, entry)
		}
	}
	if err != nil {
		return err
	}
	return SaveOnboarding(ctx, tx, i.Record, i.Repository.OwnerID)
}
