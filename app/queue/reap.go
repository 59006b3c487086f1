package queue

import (
	"context"
	"fmt"
	"time"
)

// sighting is when this process first saw that another one's lease ends then. Each
// heartbeat moves the end, so a lease whose end stays has a silent owner. What the
// end is does not matter: other processes' clocks may be wrong, and ours may jump.
type sighting struct {
	owner string
	until int64
	at    time.Time // by time.Now it is monotonic
}

// reap takes back keys whose owner was silent for a whole lease, or is known to be
// dead (a lease that ends at 0). The run that had one ended without a word and may
// have taken its whole process along, so the third such end in a row makes the key
// wait and the tenth parks it. It returns how long nobody's silence will be long
// enough.
func (q *Queue) reap(ctx context.Context, now time.Time) (pause time.Duration, err error) {
	owned, err := q.othersClaims(ctx)
	if err != nil {
		return 0, fmt.Errorf("find abandoned work: %w", err)
	}
	pause = q.o.Lease / 3
	seen := map[string]sighting{}
	for _, c := range owned {
		s, known := q.seen[c.key]
		if !known || s.owner != c.owner || s.until != c.until {
			s = sighting{owner: c.owner, until: c.until, at: now}
		}
		if left := q.o.Lease - now.Sub(s.at); c.until != 0 && left > 0 {
			seen[c.key], pause = s, min(pause, left)
			continue
		}
		err := q.o.Abandoned(ctx, c.key)
		if err == nil {
			err = q.takeBack(ctx, c, now)
		}
		if err != nil {
			return 0, err
		}
		defer q.announce()
	}
	q.seen = seen
	return pause, nil
}

// othersClaims are the rows that another process has, or one before this one had.
func (q *Queue) othersClaims(ctx context.Context) (claims []claim, err error) {
	rows, err := q.store.Read().QueryContext(ctx, `SELECT key, owner, attempts, due_at FROM work WHERE owner <> ''`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	running := q.runsByKey()
	for rows.Next() {
		var c claim
		if err := rows.Scan(&c.key, &c.owner, &c.attempts, &c.until); err != nil {
			return nil, err
		}
		// Our own runs are alive. Only the clock jumped, or the process slept.
		if running[c.key] != c.owner {
			claims = append(claims, c)
		}
	}
	return claims, rows.Err()
}
