package queue

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// farOff is what no clock of ours says: a row in which something is wanted, and that
// nobody runs, waits for the debounce ($1), or backs off or is held, at most until
// GitHub's limits are reset ($2). Parked rows wait for the night.
const farOff = `owner = '' AND wanted > done AND attempts < $3 AND (due_at > $2 OR due_at > $1 AND attempts = 0 AND held = 0)`

// straighten makes due what is due so late that another clock must have said so: a
// replica's, or ours before it was set right. It looks now and then, as such rows
// are due one day by themselves.
func (q *Queue) straighten(ctx context.Context, now time.Time) error {
	if since := now.Sub(q.straight); 0 <= since && since < q.o.Lease/3 {
		return nil
	}
	args := []any{now.Add(2*q.o.Debounce + time.Second).UnixMilli(), now.Add(maxReset + time.Minute).UnixMilli(), maxAttempts}
	var n int
	if err := q.store.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM work WHERE `+farOff, args...).Scan(&n); err != nil {
		return fmt.Errorf("find work that another clock put off: %w", err)
	}
	if n > 0 {
		err := q.store.Write(ctx, "make due what another clock put off", func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE work SET due_at = $4 WHERE `+farOff, append(args, now.UnixMilli())...)
			return err
		})
		if err != nil {
			return err
		}
	}
	q.straight = now
	return nil
}
