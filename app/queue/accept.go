package queue

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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

// The %s are placeholders, as many as there are deliveries.
const (
	findDeliveries   = `SELECT guid, key, attempts FROM delivery WHERE guid IN %s`
	insertDeliveries = `
		INSERT INTO delivery (guid, event, key, seq, payload, received_at)
		VALUES %s ON CONFLICT (guid) DO NOTHING`
)

// accept stores deliveries in a few statements, however many they are.
func (q *Queue) accept(ctx context.Context, tx *sql.Tx, batch []*arrival, now time.Time) error {
	known, err := knownOf(ctx, tx, batch)
	if err != nil {
		return err
	}
	var fresh []*arrival
	var wants []want
	for _, a := range batch {
		stored, ok := known[a.DeliveryID]
		switch {
		case !ok:
			fresh = append(fresh, a)
			wants = wanting(wants, a.key)
		case stored.attempts >= maxAttempts: // it was given up
			// What is stored under the GUID counts: the header is not signed (S14).
			wants = wanting(wants, stored.key)
			if _, err := tx.ExecContext(ctx, `UPDATE delivery SET attempts = 0, due_at = 0 WHERE guid = $1`, a.DeliveryID); err != nil {
				return err
			}
		}
		known[a.DeliveryID] = acceptance{} // were it twice among these
	}
	if len(wants) == 0 {
		return nil
	}
	slices.SortFunc(wants, func(a, b want) int { return strings.Compare(a.key, b.key) })
	wanted, err := askAll(ctx, tx, wants, now.Add(q.o.Debounce))
	if err != nil || len(fresh) == 0 {
		return err
	}
	return insert(ctx, tx, fresh, wanted, now)
}

// acceptance is what is stored of a delivery.
type acceptance struct {
	key      string
	attempts int64
}

// knownOf are those of the deliveries that are stored already, by GUID.
func knownOf(ctx context.Context, tx *sql.Tx, batch []*arrival) (known map[string]acceptance, err error) {
	var guids []any
	for _, a := range batch {
		guids = append(guids, a.DeliveryID)
	}
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(findDeliveries, placeholders(1, len(guids), 1)), guids...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	known = map[string]acceptance{}
	for rows.Next() {
		var guid string
		var a acceptance
		if err := rows.Scan(&guid, &a.key, &a.attempts); err != nil {
			return nil, err
		}
		known[guid] = a
	}
	return known, rows.Err()
}

// insert stores new deliveries. The place of each within its key is the count of
// what was wanted of it: counted under the row's lock, and no clock has a say.
func insert(ctx context.Context, tx *sql.Tx, fresh []*arrival, wanted map[string]int64, now time.Time) error {
	args := []any{now.UnixMilli()}
	for _, a := range slices.Backward(fresh) { // the last one of a key is the last one wanted
		args = append(args, a.DeliveryID, a.EventType, a.key, wanted[a.key], text(a.Payload))
		wanted[a.key]--
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf(insertDeliveries, placeholders(len(fresh), 5, 2, "$1")), args...)
	return err
}

// text is a payload as PostgreSQL's TEXT takes it: valid UTF-8 without zeros. This is
// how encoding/json would have read it, too; a zero it would have refused.
func text(payload []byte) string {
	if utf8.Valid(payload) && bytes.IndexByte(payload, 0) < 0 { // nearly all, and ten times as fast
		return string(payload)
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(payload), "\uFFFD"), "\x00", "\uFFFD")
}

// placeholders are those of rows of so many columns, the first of them $first, and of
// more columns that are the same in each row: "($2, $3, $1), ($4, $5, $1)".
func placeholders(rows, columns, first int, same ...string) string {
	var all []string
	for range rows {
		var row []string
		for range columns {
			row = append(row, fmt.Sprint("$", first))
			first++
		}
		all = append(all, "("+strings.Join(append(row, same...), ", ")+")")
	}
	return strings.Join(all, ", ")
}

// Poke asks for a run of key now, without a delivery, even when it backs off
// or is parked. While it runs, one more run follows.
func (q *Queue) Poke(ctx context.Context, key string) error {
	err := q.store.Write(ctx, "poke "+key, func(ctx context.Context, tx *sql.Tx) error {
		return ask(ctx, tx, key, q.o.Now())
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
	return ask(ctx, tx, key, now)
}

// want is how many more runs are wanted of a key.
type want struct {
	key  string
	more int64
}

// wanting adds one more run of a key.
func wanting(wants []want, key string) []want {
	if i := slices.IndexFunc(wants, func(w want) bool { return w.key == key }); i >= 0 {
		wants[i].more++
		return wants
	}
	return append(wants, want{key, 1})
}

const (
	// askSoon leaves running rows to their lease and rows in backoff or held
	// to their time. A parked row begins anew.
	askSoon = `
		INSERT INTO work (key, wanted, due_at) VALUES %s
		ON CONFLICT (key) DO UPDATE SET
			wanted = work.wanted + excluded.wanted,
			due_at = CASE
				WHEN work.owner <> '' OR work.held > 0 THEN work.due_at
				WHEN work.attempts > 0 AND work.attempts < CAST($1 AS BIGINT) THEN work.due_at
				WHEN work.due_at < excluded.due_at THEN work.due_at
				ELSE excluded.due_at END,
			attempts = CASE WHEN work.owner = '' AND work.attempts >= CAST($1 AS BIGINT) THEN 0 ELSE work.attempts END
		RETURNING key, wanted`
	// askNow does not wait for backoff or hold.
	askNow = `
		INSERT INTO work (key, wanted, due_at) VALUES ($2, 1, $3)
		ON CONFLICT (key) DO UPDATE SET
			wanted = work.wanted + 1,
			due_at = CASE
				WHEN work.owner <> '' OR work.due_at < excluded.due_at THEN work.due_at
				ELSE excluded.due_at END,
			attempts = CASE WHEN work.owner = '' AND work.attempts >= CAST($1 AS BIGINT) THEN 0 ELSE work.attempts END`
)

// askAll adds to what is wanted of keys, due at the given time or before, and
// returns the counts. Each key's row is locked: two replicas take their locks in one
// order, that of the list.
func askAll(ctx context.Context, tx *sql.Tx, wants []want, due time.Time) (wanted map[string]int64, err error) {
	args := []any{maxAttempts, due.UnixMilli()}
	for _, w := range wants {
		args = append(args, w.key, w.more)
	}
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(askSoon, placeholders(len(wants), 2, 3, "$2")), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	wanted = map[string]int64{}
	for rows.Next() {
		var key string
		var count int64
		if err := rows.Scan(&key, &count); err != nil {
			return nil, err
		}
		wanted[key] = count
	}
	return wanted, rows.Err()
}

// ask adds one to what is wanted of key, due now.
func ask(ctx context.Context, tx *sql.Tx, key string, now time.Time) error {
	_, err := tx.ExecContext(ctx, askNow, maxAttempts, key, now.UnixMilli())
	return err
}
