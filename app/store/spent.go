package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Spend notes, for all replicas, that something is good no more, such as a session
// that was signed out; first is false if that was noted before. The note is kept
// until that time, which is when the thing ends by itself.
func (s *Store) Spend(ctx context.Context, id string, now, until time.Time) (first bool, err error) {
	err = s.Write(ctx, "note what is good no more", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM spent WHERE until < $1`, now.UnixMilli()); err != nil {
			return err
		}
		added, err := tx.ExecContext(ctx, `INSERT INTO spent (id, until) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id, until.UnixMilli())
		if err != nil {
			return err
		}
		n, err := added.RowsAffected()
		first = n > 0
		return err
	})
	return first, err
}

// Spent tells whether something was noted as good no more.
func (s *Store) Spent(ctx context.Context, id string) (spent bool, err error) {
	var n int
	if err := s.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM spent WHERE id = $1`, id).Scan(&n); err != nil {
		return false, fmt.Errorf("read whether a sign-in is good no more: %w", err)
	}
	return n > 0, nil
}
