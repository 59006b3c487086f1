package queue

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/store"
)

// Stats is what the queue is doing. A key is in one of the five states.
type Stats struct {
	Idle     int // nothing to do until its next look
	Waiting  int // for a worker, or the end of the debounce
	Running  int
	Retrying int // after a failure, or GitHub's
	Parked   int // after ten failures in a row

	Held             int           // of all keys, those that GitHub's unavailability holds
	Unhandled        int           // deliveries not handled, those given up included
	ParkedDeliveries int           // deliveries given up until they are sent again
	OldestWaiting    time.Duration // since the oldest unhandled delivery arrived, those given up aside
}

// state derives a key's state from its row; $1 is now, $2 maxAttempts.
const state = `CASE
	WHEN owner <> '' THEN 'running'
	WHEN attempts >= CAST($2 AS BIGINT) THEN 'parked'
	WHEN attempts > 0 OR held > 0 THEN 'retrying'
	WHEN wanted > done OR due_at <= CAST($1 AS BIGINT) THEN 'waiting'
	ELSE 'idle' END`

// Stats counts the keys by state and the deliveries.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	now := q.o.Now()
	if err := q.countKeys(ctx, &s, now); err != nil {
		return Stats{}, fmt.Errorf("count work: %w", err)
	}
	var oldest sql.NullInt64
	err := q.store.Read().QueryRowContext(ctx, `
		SELECT COUNT(*), COUNT(CASE WHEN attempts >= $1 THEN 1 END), MIN(CASE WHEN attempts < $1 THEN received_at END)
		FROM delivery WHERE handled_at IS NULL`, maxAttempts).Scan(&s.Unhandled, &s.ParkedDeliveries, &oldest)
	if err != nil {
		return Stats{}, fmt.Errorf("count deliveries: %w", err)
	}
	if oldest.Valid {
		s.OldestWaiting = max(0, now.Sub(time.UnixMilli(oldest.Int64)))
	}
	return s, nil
}

func (q *Queue) countKeys(ctx context.Context, s *Stats, now time.Time) error {
	rows, err := q.store.Read().QueryContext(ctx,
		`SELECT `+state+`, COUNT(*), COUNT(CASE WHEN held > 0 THEN 1 END) FROM work GROUP BY 1`, now.UnixMilli(), maxAttempts)
	if err != nil {
		return err
	}
	defer rows.Close()
	counts := map[string]*int{
		"idle": &s.Idle, "waiting": &s.Waiting, "running": &s.Running, "retrying": &s.Retrying, "parked": &s.Parked,
	}
	for rows.Next() {
		var name string
		var n, held int
		if err := rows.Scan(&name, &n, &held); err != nil {
			return err
		}
		*counts[name] = n
		s.Held += held
	}
	return rows.Err()
}

// idlePoll is how often Idle looks for what other processes did.
const idlePoll = 20 * time.Millisecond

// Idle returns nil when nothing runs, is due or waits for a worker. Work that
// backs off, is held, parked or scheduled for later counts as idle. Somebody
// must be in Run, or Idle waits until ctx ends.
func (q *Queue) Idle(ctx context.Context) error {
	q.Wake()
	for {
		changed := q.nextAnnouncement()
		var busy int
		err := q.store.Read().QueryRowContext(ctx,
			`SELECT COUNT(*) FROM work WHERE due_at <= $1 OR `+state+` IN ('running', 'waiting')`, q.o.Now().UnixMilli(), maxAttempts).Scan(&busy)
		if err != nil {
			return fmt.Errorf("wait for idle queue: %w", err)
		}
		if busy == 0 {
			return nil
		}
		var elsewhere <-chan time.Time // another process may have it, and announces nothing here
		if q.store.Shared() {
			elsewhere = time.After(idlePoll)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for idle queue, %d keys busy: %w", busy, context.Cause(ctx))
		case <-changed:
		case <-elsewhere:
		}
	}
}

// Running tells whether a run has a key, for a program that runs no queue.
func Running(ctx context.Context, s *store.Store, key string) (is bool, err error) {
	var n int
	if err := s.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM work WHERE key = $1 AND owner <> ''`, key).Scan(&n); err != nil {
		return false, fmt.Errorf("ask whether %s runs: %w", key, err)
	}
	return n > 0, nil
}
