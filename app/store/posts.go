package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Ceiling is how many comments and review requests may go out within an hour
// (S23). Several replicas may together go over it by a few.
type Ceiling struct {
	All        int // of the whole App
	Repository int // of each repository
}

// window is what the ceilings count in.
const window = time.Hour

// Post counts a post to the repository "owner/name". Beyond a ceiling it is not
// counted, and again is when the next one may go out; else again is zero.
func (s *Store) Post(ctx context.Context, repository string, ceiling Ceiling, now time.Time) (again time.Time, err error) {
	err = s.Write(ctx, "count a post to "+repository, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM post WHERE at <= $1`, now.Add(-window).UnixMilli()); err != nil {
			return err
		}
		for _, c := range []struct {
			where string
			most  int
		}{{`$1 <> ''`, ceiling.All}, {`repository = $1`, ceiling.Repository}} {
			var n int
			var oldest sql.NullInt64
			err := tx.QueryRowContext(ctx, `SELECT COUNT(*), MIN(at) FROM post WHERE `+c.where, repository).Scan(&n, &oldest)
			if err != nil {
				return err
			}
			if n >= c.most {
				again = time.UnixMilli(oldest.Int64).Add(window)
				return nil
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO post (at, repository) VALUES ($1, $2)`, now.UnixMilli(), repository)
		return err
	})
	return again, err
}

// Posts counts the posts of the last hour: of the whole App, and of the repository
// that had most.
func (s *Store) Posts(ctx context.Context, now time.Time) (all, most int, err error) {
	err = s.read.QueryRowContext(ctx, `
		SELECT COALESCE(CAST(SUM(n) AS BIGINT), 0), COALESCE(MAX(n), 0)
		FROM (SELECT COUNT(*) AS n FROM post WHERE at > $1 GROUP BY repository) AS counted`, now.Add(-window).UnixMilli()).Scan(&all, &most)
	if err != nil {
		return 0, 0, fmt.Errorf("count posts: %w", err)
	}
	return all, most, nil
}
