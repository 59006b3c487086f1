package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
)

// maxGUID bounds the delivery GUID, which is a header and not signed (S14).
// GitHub's have 36 characters.
const maxGUID = 100

// Schedule stores the delivery, together with others that arrive at the same
// time, and returns when it is on disk; a worker gives
// it to its handler later. A GUID that is known is not stored again: it is
// done only after its handler succeeded, and a redelivery of one that was
// given up is tried anew (github-facts.md 12.10). Deliveries that concern
// nobody are not stored. Errors wrap ErrMalformed or ErrBusy, or are Route's or the
// database's.
func (q *Queue) Schedule(ctx context.Context, d githubapp.Dispatch) error {
	if d.DeliveryID == "" || len(d.DeliveryID) > maxGUID || strings.ContainsFunc(d.DeliveryID, unprintable) {
		return fmt.Errorf("%w: %s: delivery GUID of %d bytes", ErrMalformed, d.EventType, len(d.DeliveryID))
	}
	if q.handlers[d.EventType] == nil {
		return nil
	}
	key, err := q.o.Route(ctx, d.EventType, d.Payload)
	if err != nil {
		return fmt.Errorf("route %s %s: %w", d.EventType, d.DeliveryID, err)
	}
	if key == "" {
		return nil
	}
	return q.commit(ctx, key, d)
}

// unprintable tells what is in no GUID, and what PostgreSQL's TEXT might refuse.
func unprintable(r rune) bool { return r <= ' ' || r > '~' }

func (q *Queue) accept(ctx context.Context, tx *sql.Tx, key string, d githubapp.Dispatch, now time.Time) error {
	var attempts int64
	// What is stored under the GUID counts: the header is not signed (S14).
	err := tx.QueryRowContext(ctx, `SELECT key, attempts FROM delivery WHERE guid = $1`, d.DeliveryID).Scan(&key, &attempts)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return q.insert(ctx, tx, key, d, now)
	case err != nil:
		return err
	case attempts < maxAttempts: // handled, or waiting
		return nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE delivery SET attempts = 0, due_at = 0 WHERE guid = $1`, d.DeliveryID); err != nil {
		return err
	}
	_, err = ask(ctx, tx, askSoon, key, now.Add(q.o.Debounce))
	return err
}

// insert stores a new delivery. Its place within the key is the count of what
// was wanted of it: counted under the row's lock, and no clock has a say.
func (q *Queue) insert(ctx context.Context, tx *sql.Tx, key string, d githubapp.Dispatch, now time.Time) error {
	seq, err := ask(ctx, tx, askSoon, key, now.Add(q.o.Debounce))
	if err != nil {
		return err
	}
	// PostgreSQL's TEXT takes only valid UTF-8 without zeros. This is how
	// encoding/json would have read it, too; a zero it would have refused.
	payload := strings.ReplaceAll(strings.ToValidUTF8(string(d.Payload), "\uFFFD"), "\x00", "\uFFFD")
	_, err = tx.ExecContext(ctx, `
		INSERT INTO delivery (guid, event, key, seq, payload, received_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (guid) DO NOTHING`,
		d.DeliveryID, d.EventType, key, seq, payload, now.UnixMilli())
	return err
}

// Poke asks for a run of key now, without a delivery, even when it backs off
// or is parked. While it runs, one more run follows.
func (q *Queue) Poke(ctx context.Context, key string) error {
	err := q.store.Write(ctx, "poke "+key, func(ctx context.Context, tx *sql.Tx) error {
		_, err := ask(ctx, tx, askNow, key, q.o.Now())
		return err
	})
	if err != nil {
		return err
	}
	q.wakeAll()
	return nil
}

// Want is [Queue.Poke] within a transaction, for a program that runs no queue:
// the next one that does begins with it.
func Want(ctx context.Context, tx *sql.Tx, key string, now time.Time) error {
	_, err := ask(ctx, tx, askNow, key, now)
	return err
}

const (
	// askSoon leaves running rows to their lease and rows in backoff or held
	// to their time. A parked row begins anew.
	askSoon = `
		INSERT INTO work (key, wanted, due_at) VALUES ($1, 1, $2)
		ON CONFLICT (key) DO UPDATE SET
			wanted = work.wanted + 1,
			due_at = CASE
				WHEN work.owner <> '' OR work.held > 0 THEN work.due_at
				WHEN work.attempts > 0 AND work.attempts < CAST($3 AS BIGINT) THEN work.due_at
				WHEN work.due_at < CAST($2 AS BIGINT) THEN work.due_at
				ELSE CAST($2 AS BIGINT) END,
			attempts = CASE WHEN work.owner = '' AND work.attempts >= CAST($3 AS BIGINT) THEN 0 ELSE work.attempts END
		RETURNING wanted`
	// askNow does not wait for backoff or hold.
	askNow = `
		INSERT INTO work (key, wanted, due_at) VALUES ($1, 1, $2)
		ON CONFLICT (key) DO UPDATE SET
			wanted = work.wanted + 1,
			due_at = CASE
				WHEN work.owner <> '' OR work.due_at < CAST($2 AS BIGINT) THEN work.due_at
				ELSE CAST($2 AS BIGINT) END,
			attempts = CASE WHEN work.owner = '' AND work.attempts >= CAST($3 AS BIGINT) THEN 0 ELSE work.attempts END
		RETURNING wanted`
)

// ask adds one to what is wanted of key, due at the given time or before, and
// returns the count.
func ask(ctx context.Context, tx *sql.Tx, query, key string, due time.Time) (wanted int64, err error) {
	err = tx.QueryRowContext(ctx, query, key, due.UnixMilli(), maxAttempts).Scan(&wanted)
	return wanted, err
}
