package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// claim is a work row that this process runs.
type claim struct {
	key, owner string
	seen, done int64 // wanted when claimed, and the row's done
	attempts   int64 // this one included
	held       int64
	until      int64 // end of the lease, for taking it back
	lastError  string
}

// delivery is one that waits for its handler.
type delivery struct {
	guid, event, payload string
	seq, attempts        int64
}

// claimDue takes up to $4 due rows, those first of which something is wanted. On
// PostgreSQL it leaves out those that another process is just taking.
const claimDue = `
	WITH due AS MATERIALIZED (
		SELECT key FROM work WHERE owner = '' AND due_at <= $3 AND key LIKE $5 AND key NOT LIKE $6
		ORDER BY CASE WHEN wanted > done THEN 0 ELSE 1 END, due_at, key LIMIT $4%s)
	UPDATE work SET owner = $1, due_at = $2, attempts = attempts + 1
	WHERE key IN (SELECT key FROM due)
	RETURNING key, wanted, done, attempts, held, last_error`

func (q *Queue) claim(ctx context.Context, now time.Time, n int) (claims []claim, err error) {
	owner := fmt.Sprintf("%s/%d", q.process, q.claims.Add(1))
	err = q.store.Write(ctx, "claim work", func(ctx context.Context, tx *sql.Tx) error {
		claims = nil
		rows, err := tx.QueryContext(ctx, fmt.Sprintf(claimDue, q.store.SkipLocked()), owner, now.Add(q.o.Lease).UnixMilli(), now.UnixMilli(), n, q.o.Only+"%", q.o.except())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			c := claim{owner: owner}
			if err := rows.Scan(&c.key, &c.seen, &c.done, &c.attempts, &c.held, &c.lastError); err != nil {
				return err
			}
			claims = append(claims, c)
		}
		return rows.Err()
	})
	return claims, err
}

// nextDue is when the earliest row will be due that nobody has and this queue runs;
// never if there is none.
func (q *Queue) nextDue(ctx context.Context) (time.Time, error) {
	due := sql.NullInt64{}
	err := q.store.Read().QueryRowContext(ctx, `
		SELECT MIN(due_at) FROM work WHERE owner = '' AND key LIKE $1 AND key NOT LIKE $2`, q.o.Only+"%", q.o.except()).Scan(&due)
	if err != nil {
		return time.Time{}, fmt.Errorf("find next due work: %w", err)
	}
	if !due.Valid {
		return time.UnixMilli(never), nil
	}
	return time.UnixMilli(due.Int64), nil
}

func (q *Queue) takeBack(ctx context.Context, c claim, now time.Time) error {
	due := now.UnixMilli()
	switch {
	case c.attempts >= maxAttempts:
		due = q.spread(now, now.Add(night))
	case c.attempts >= slowedAfter:
		due = now.Add(backoff(c.attempts)).UnixMilli()
	}
	return q.store.Write(ctx, "take back "+c.key, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE work SET owner = '', due_at = $1, last_error = 'a run ended without a word: crashed, killed or frozen'
			WHERE key = $2 AND owner = $3 AND due_at = $4`, due, c.key, c.owner, c.until)
		return err
	})
}

// extend moves the end of the lease; ours is false if another run has the key.
func (q *Queue) extend(ctx context.Context, c claim, until time.Time) (ours bool, err error) {
	err = q.store.Write(ctx, "extend lease of "+c.key, func(ctx context.Context, tx *sql.Tx) error {
		changed, err := tx.ExecContext(ctx, `UPDATE work SET due_at = $1 WHERE key = $2 AND owner = $3`, until.UnixMilli(), c.key, c.owner)
		if err != nil {
			return err
		}
		n, err := changed.RowsAffected()
		ours = n > 0
		return err
	})
	return ours, err
}

// finish records the result of a run, if the key is still the run's own.
func (q *Queue) finish(ctx context.Context, c claim, r result) error {
	return q.store.Write(ctx, "finish run of "+c.key, func(ctx context.Context, tx *sql.Tx) error {
		if r.untilDeliveries {
			var due sql.NullInt64
			if err := tx.QueryRowContext(ctx, `
				SELECT MIN(due_at) FROM delivery
				WHERE key = $1 AND handled_at IS NULL AND attempts < $2`, c.key, maxAttempts).Scan(&due); err != nil {
				return err
			}
			if due.Valid {
				r.dueAt = min(r.dueAt, due.Int64)
			}
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE work SET owner = '', done = $1, held = $2, last_error = $3,
				attempts = CASE WHEN wanted > $4 THEN CAST($5 AS BIGINT) ELSE CAST($6 AS BIGINT) END,
				due_at   = CASE WHEN wanted > $4 THEN CAST($7 AS BIGINT) ELSE CAST($8 AS BIGINT) END,
				looked_at = CASE WHEN CAST($11 AS BIGINT) > 0 THEN CAST($11 AS BIGINT) ELSE looked_at END
			WHERE key = $9 AND owner = $10`,
			r.done, r.held, brief(r.lastError), c.seen, r.again, r.attempts, r.dueAgain, r.dueAt, c.key, c.owner, r.lookedAt)
		return err
	})
}

// nextDelivery is the first after the given one that the run is to handle, nil
// if there is none. Deliveries are read one by one: each may have 25 MiB.
func (q *Queue) nextDelivery(ctx context.Context, c claim, after int64, now time.Time) (*delivery, error) {
	var d delivery
	err := q.store.Read().QueryRowContext(ctx, `
		SELECT guid, event, payload, seq, attempts FROM delivery
		WHERE key = $1 AND handled_at IS NULL AND seq > $2 AND seq <= $3 AND attempts < $4 AND due_at <= $5
		ORDER BY seq LIMIT 1`, c.key, after, c.seen, maxAttempts, now.UnixMilli()).
		Scan(&d.guid, &d.event, &d.payload, &d.seq, &d.attempts)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read next delivery of %s: %w", c.key, err)
	}
	return &d, nil
}

// mostCaused bounds the deliveries that the log names of a run.
const mostCaused = 50

// caused are the GUIDs of the deliveries that arrived since the key's last good
// run, handled or not, the newest first, and their events, each once.
func (q *Queue) caused(ctx context.Context, c claim) (guids, events []string, err error) {
	if c.seen == c.done {
		return nil, nil, nil
	}
	rows, err := q.store.Read().QueryContext(ctx, `
		SELECT guid, event FROM delivery WHERE key = $1 AND seq > $2 AND seq <= $3 ORDER BY seq DESC LIMIT $4`, c.key, c.done, c.seen, mostCaused)
	if err != nil {
		return nil, nil, fmt.Errorf("read what caused a run of %s: %w", c.key, err)
	}
	defer rows.Close()
	for rows.Next() {
		var guid, event string
		if err := rows.Scan(&guid, &event); err != nil {
			return nil, nil, fmt.Errorf("read what caused a run of %s: %w", c.key, err)
		}
		guids = append(guids, guid)
		if !slices.Contains(events, event) {
			events = append(events, event)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read what caused a run of %s: %w", c.key, err)
	}
	return guids, events, nil
}

// markHandled drops the payload and keeps the GUID. The handler's work is done
// even if the run is being cancelled.
func (q *Queue) markHandled(ctx context.Context, d *delivery, now time.Time) error {
	return q.store.Write(context.WithoutCancel(ctx), "mark handled "+d.guid, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE delivery SET handled_at = $1, payload = NULL, attempts = 0, last_error = '' WHERE guid = $2`, now.UnixMilli(), d.guid)
		return err
	})
}

func (q *Queue) markFailed(ctx context.Context, d *delivery, due time.Time, cause error) error {
	return q.store.Write(ctx, "mark failed "+d.guid, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE delivery SET attempts = $1, due_at = $2, last_error = $3 WHERE guid = $4 AND handled_at IS NULL`,
			d.attempts, due.UnixMilli(), brief(cause.Error()), d.guid)
		return err
	})
}

// prune forgets deliveries 30 days after they were handled, and then the rows
// of keys of which nothing is left and nothing expected.
func (q *Queue) prune(ctx context.Context, now time.Time) error {
	return q.store.Write(ctx, "prune queue", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM delivery WHERE handled_at < $1`, now.Add(-retention).UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			DELETE FROM work WHERE owner = '' AND wanted = done AND due_at >= $1
			AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.key = work.key)`, never)
		return err
	})
}

// brief bounds what is kept of an error.
func brief(text string) string {
	const most = 2000
	return strings.ReplaceAll(strings.ToValidUTF8(text[:min(len(text), most)], ""), "\x00", "")
}
