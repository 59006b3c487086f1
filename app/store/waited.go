package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Waited returns the repository with an onboarding under way that was looked at
// least recently, and not since a time, unless a look at it is due, running or
// tried again anyway. ok is false if there is none.
func (s *Store) Waited(ctx context.Context, since, now time.Time) (repository int64, ok bool, err error) {
	err = s.read.QueryRowContext(ctx, `
		SELECT onboarding.repository
		FROM onboarding LEFT JOIN work ON work.key = 'repo/' || CAST(onboarding.repository AS TEXT)
		WHERE onboarding.ended = 0 AND (work.key IS NULL
			OR work.owner = '' AND work.attempts = 0 AND work.held = 0 AND work.due_at > $1 AND work.looked_at < $2)
		ORDER BY COALESCE(work.looked_at, 0), onboarding.repository LIMIT 1`, now.UnixMilli(), since.UnixMilli()).Scan(&repository)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("find what was looked at least recently: %w", err)
	}
	return repository, true, nil
}
