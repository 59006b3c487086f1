package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// maxListed bounds the lists for operators.
const maxListed = 1000

// Trouble is a key that does not come on: it fails, or GitHub is unavailable.
type Trouble struct {
	Key       string    `json:"key"`
	State     string    `json:"state"` // running, retrying or parked
	Attempts  int64     `json:"attempts"`
	Held      int64     `json:"held"` // runs in a row that ended because GitHub was unavailable
	DueAt     time.Time `json:"due_at"`
	LastError string    `json:"last_error"`
}

// GivenUp is a delivery that failed ten times by itself.
type GivenUp struct {
	GUID       string    `json:"guid"`
	Event      string    `json:"event"`
	Key        string    `json:"key"`
	ReceivedAt time.Time `json:"received_at"`
	LastError  string    `json:"last_error"`
}

// Troubles lists the first thousand keys that do not come on.
func (q *Queue) Troubles(ctx context.Context) ([]Trouble, error) {
	list := []Trouble{}
	rows, err := q.store.Read().QueryContext(ctx, `
		SELECT key, `+state+`, attempts, held, due_at, last_error FROM work
		WHERE held > 0 OR attempts > 0 AND owner = '' ORDER BY key LIMIT $3`, q.o.Now().UnixMilli(), maxAttempts, maxListed)
	if err != nil {
		return nil, fmt.Errorf("list work that does not come on: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var t Trouble
		var due int64
		if err := rows.Scan(&t.Key, &t.State, &t.Attempts, &t.Held, &due, &t.LastError); err != nil {
			return nil, fmt.Errorf("list work that does not come on: %w", err)
		}
		t.DueAt = time.UnixMilli(due).UTC()
		list = append(list, t)
	}
	return list, rows.Err()
}

// GivenUps lists the first thousand deliveries that were given up.
func (q *Queue) GivenUps(ctx context.Context) ([]GivenUp, error) {
	list := []GivenUp{}
	rows, err := q.store.Read().QueryContext(ctx, `
		SELECT guid, event, key, received_at, last_error FROM delivery
		WHERE handled_at IS NULL AND attempts >= $1 ORDER BY received_at, guid LIMIT $2`, maxAttempts, maxListed)
	if err != nil {
		return nil, fmt.Errorf("list deliveries that were given up: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var g GivenUp
		var received int64
		if err := rows.Scan(&g.GUID, &g.Event, &g.Key, &received, &g.LastError); err != nil {
			return nil, fmt.Errorf("list deliveries that were given up: %w", err)
		}
		g.ReceivedAt = time.UnixMilli(received).UTC()
		list = append(list, g)
	}
	return list, rows.Err()
}

// Retry has a key run now and its deliveries tried anew, those given up included.
// known is false if there is no such key.
func (q *Queue) Retry(ctx context.Context, key string) (known bool, err error) {
	err = q.store.Write(ctx, "retry "+key, func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT 1 FROM work WHERE key = $1`, key).Scan(new(int))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if known = err == nil; err == nil {
			_, err = tx.ExecContext(ctx, `UPDATE delivery SET attempts = 0, due_at = 0 WHERE key = $1 AND handled_at IS NULL`, key)
		}
		if err == nil {
			err = ask(ctx, tx, key, q.o.Now())
		}
		return err
	})
	if err == nil && known {
		q.Wake()
	}
	return known, err
}

// Handles tells whether deliveries of an event are ever stored.
func (q *Queue) Handles(event string) bool { return q.handlers[event] != nil }

// Known tells whether a delivery is on record, be it handled or not.
func (q *Queue) Known(ctx context.Context, guid string) (bool, error) {
	err := q.store.Read().QueryRowContext(ctx, `SELECT 1 FROM delivery WHERE guid = $1`, guid).Scan(new(int))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for delivery %s: %w", guid, err)
	}
	return true, nil
}
