package reconcile

import (
	"context"
	"database/sql"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// Owners keeps the configured owners of plugins in a record (S11).
type Owners interface {
	Keep(ctx context.Context, record *onboarding.Record, repository string) (changed bool, err error)
}

// keepOwners brings the plugin's owners up to date with the configuration. Where
// that cannot be done the look fails: who decides nothing is not known.
func (l *look) keepOwners(ctx context.Context) error {
	if l.Owners == nil || l.record.Ended() {
		return nil
	}
	changed, err := l.Owners.Keep(ctx, &l.record, l.repository.FullName())
	if err != nil || !changed {
		return err
	}
	return l.Store.Write(ctx, "record the owners of "+l.repository.FullName(), func(ctx context.Context, tx *sql.Tx) error {
		if _, err := store.Append(ctx, tx, store.OwnersChanged(l.record, l.now)); err != nil {
			return err
		}
		return store.SaveOnboarding(ctx, tx, l.record, l.repository.OwnerID)
	})
}
