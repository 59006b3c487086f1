package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
)

// ErrBusy is what Schedule's error wraps when the disk is the limit: too much
// waits to be committed already, or a commit takes too long. The answer is 503.
// That workers are slow, or GitHub is, never is a reason.
var ErrBusy = errors.New("the database does not keep up")

// Bounds of what waits to be committed, and so of the memory that it takes.
const (
	maxWaiting      = 1000     // deliveries
	maxWaitingBytes = 32 << 20 // of payload; one delivery is taken whatever its size
	maxBatch        = 200      // deliveries of one transaction
	// commitTimeout ends a transaction that a dead connection will never answer.
	commitTimeout = 30 * time.Second
)

// arrival is a delivery that waits to be committed.
type arrival struct {
	githubapp.Dispatch
	key    string
	stored chan error // holds one: what became of it
}

// arrivals gathers deliveries for the next transaction while one is being
// committed: those that arrive together share a transaction, and with it the
// time that the disk takes. The first one waits for nobody.
type arrivals struct {
	mu         sync.Mutex
	waiting    []*arrival
	count      int // those being committed included
	bytes      int
	committing bool
}

// add has a delivery committed; first tells that nobody commits yet. ok is false
// if too much waits.
func (a *arrivals) add(d *arrival) (first, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	size := len(d.Payload)
	if a.count == maxWaiting || a.count > 0 && a.bytes+size > maxWaitingBytes {
		return false, false
	}
	a.waiting, a.count, a.bytes = append(a.waiting, d), a.count+1, a.bytes+size
	first = !a.committing
	a.committing = true
	return first, true
}

// next is what to commit after a batch that was; nothing ends the committing.
func (a *arrivals) next(committed []*arrival) []*arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range committed {
		a.bytes -= len(d.Payload)
	}
	a.count -= len(committed)
	batch := a.waiting[:min(len(a.waiting), maxBatch)]
	a.waiting = slices.Clone(a.waiting[len(batch):])
	a.committing = len(batch) > 0
	return batch
}

// commit returns when the delivery is on disk.
func (q *Queue) commit(ctx context.Context, key string, d githubapp.Dispatch) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("accept delivery %s: %w", d.DeliveryID, err)
	}
	a := &arrival{Dispatch: d, key: key, stored: make(chan error, 1)}
	first, ok := q.arrivals.add(a)
	if !ok {
		return fmt.Errorf("accept delivery %s: %w: too many wait for it", d.DeliveryID, ErrBusy)
	}
	if first { // on its own, since a request may end before what came with it is committed
		go q.commitAll()
	}
	patience := time.NewTimer(q.o.Patience)
	defer patience.Stop()
	select {
	case err := <-a.stored:
		return err
	case <-ctx.Done():
		return fmt.Errorf("accept delivery %s: %w", d.DeliveryID, context.Cause(ctx))
	case <-patience.C: // it may be stored still; sent again, it is known then
		return fmt.Errorf("accept delivery %s: %w: not stored within %s", d.DeliveryID, ErrBusy, q.o.Patience)
	}
}

// commitAll commits what arrived, and what arrives meanwhile.
func (q *Queue) commitAll() {
	for batch := q.arrivals.next(nil); len(batch) > 0; batch = q.arrivals.next(batch) {
		err := q.commitBatch(batch)
		for _, a := range batch {
			a.stored <- err
		}
		if err == nil {
			q.wakeSoon()
		}
	}
}

// commitBatch stores deliveries in one transaction. None of them can spoil it for
// the others: all that could be wrong with one was seen before.
func (q *Queue) commitBatch(batch []*arrival) error {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	what := "accept delivery " + batch[0].DeliveryID
	if n := len(batch) - 1; n > 0 {
		what = fmt.Sprintf("%s and %d more", what, n)
	}
	return q.store.Write(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		return q.accept(ctx, tx, batch, q.o.Now())
	})
}
