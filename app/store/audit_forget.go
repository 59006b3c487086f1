package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// forgetting is what the log says of a person who was forgotten.
type forgetting struct {
	Person int64 `json:"person"`
}

// Forget deletes what the audit logs keep of a person apart from the chain:
// logins, links and reasons, with their salts; and their login and the answers
// to them in texts that were answered. The chains stay whole, and each gets an
// entry that says so. The person's numeric id stays, and so does what others
// wrote. The files are written anew, so that nothing is left in their free space;
// meanwhile nobody can write. Backups, and PostgreSQL's own log, know the person
// still.
func (s *Store) Forget(ctx context.Context, person int64, now time.Time) error {
	what := fmt.Sprintf("forget person %d", person)
	if person <= 0 {
		return fmt.Errorf("%s: that is nobody's id", what)
	}
	err := s.Write(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE act SET login = '', content = '{}' WHERE sender = $1 AND answered_at IS NOT NULL`, person)
		if err != nil {
			return err
		}
		return forget(ctx, tx, person, now)
	})
	if err != nil {
		return err
	}
	if err := s.emptyFreeSpace(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// forget deletes the personal parts, and notes it in each log that had one.
func forget(ctx context.Context, tx *sql.Tx, person int64, now time.Time) error {
	repositories, err := column[int64](ctx, tx, `SELECT DISTINCT repository FROM audit_personal WHERE person = $1 ORDER BY repository`, person)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM audit_personal WHERE person = $1`, person); err != nil {
		return err
	}
	details, err := json.Marshal(forgetting{Person: person})
	if err != nil {
		return err
	}
	for _, repository := range repositories {
		head, err := headOf(ctx, tx, repository)
		if err != nil {
			return err
		}
		_, err = appendEntry(ctx, tx, Entry{
			Repository: repository, At: now, Kind: kindForget, Details: details,
			Source: fmt.Sprintf("forget/%d/%d", person, head.Length), // once more for what comes later
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// column returns the values of a query's only column.
func column[T any](ctx context.Context, q queryer, query string, args ...any) (values []T, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n T
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		values = append(values, n)
	}
	return values, rows.Err()
}
