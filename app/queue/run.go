package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// handBack is how long runs that were told to stop get to return.
	handBack = 2 * time.Second
	// retryDatabase is the pause after the database could not be asked.
	retryDatabase = time.Second
)

// errStopping and errLeaseLost are why a run's context was cancelled.
var (
	errStopping  = errors.New("the queue is stopping")
	errLeaseLost = errors.New("lost the lease")
)

// Run works until ctx ends. Then it takes no more work, gives the runs at hand
// Grace to end and cancels the others, whose work is handed back as due now,
// and returns nil, all within Grace and 2 s. It fails only if runs do not
// react to being cancelled; their leases run out by themselves.
//
// The logger in ctx is passed to handlers and Look, with the key and, for
// handlers, event and delivery GUID added. Errors of the database are logged
// and waited out.
func (q *Queue) Run(ctx context.Context) error {
	// Runs outlive ctx; only their own ending or the end of Grace stops them.
	runs, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	var all, others sync.WaitGroup
	others.Go(func() { q.store.Listen(ctx, q.process, q.Wake) })
	others.Go(func() { q.tellOthers(ctx) })
	defer others.Wait()
	var pruned time.Time
	for ctx.Err() == nil {
		if now := q.o.Now(); now.Sub(pruned) >= pruneEvery {
			if err := q.prune(ctx, now); err != nil {
				q.logUnlessStopping(ctx, err)
			}
			pruned = now
		}
		pause, err := q.turn(ctx, func(c claim) {
			all.Go(func() { q.run(runs, c) })
		})
		if err != nil {
			q.logUnlessStopping(ctx, err)
			pause = retryDatabase
		}
		q.sleep(ctx, pause)
	}
	return q.stop(&all, cancel)
}

// turn takes back what was abandoned, starts as many runs as there are free
// workers, and returns how long nothing more will be due.
func (q *Queue) turn(ctx context.Context, start func(claim)) (time.Duration, error) {
	// A clock may jump and another process may write: look now and then.
	now := q.o.Now()
	pause, err := q.reap(ctx, now)
	if err == nil {
		err = q.straighten(ctx, now)
	}
	if err != nil {
		return 0, err
	}
	free := q.o.Workers - len(q.runsByKey())
	if free <= 0 {
		return pause, nil // a run that ends wakes us
	}
	claims, err := q.claim(ctx, now, free)
	if err != nil {
		return 0, err
	}
	for _, c := range claims {
		q.mu.Lock()
		q.running[c.key] = c.owner
		q.mu.Unlock()
		start(c)
	}
	if len(claims) == free {
		return pause, nil
	}
	due, err := q.nextDue(ctx)
	if err != nil {
		return 0, err
	}
	return min(pause, max(0, due.Sub(now))), nil
}

// tellPause is between two times that other processes are told of new work.
const tellPause = 50 * time.Millisecond

// tellOthers has other processes look at the table when something arrived here, so
// that those do it that have nothing else to do. If that fails they look by
// themselves, later.
func (q *Queue) tellOthers(ctx context.Context) {
	for q.store.Shared() {
		select {
		case <-ctx.Done():
			return
		case <-q.arrived:
		}
		if err := q.store.Tell(ctx, q.process); err != nil && ctx.Err() == nil {
			zerolog.Ctx(ctx).Warn().Err(err).Msg("could not tell others of new work")
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(tellPause):
		}
	}
}

// sleep returns after the pause, when woken, when what arrives meanwhile is due, or
// when ctx ends.
func (q *Queue) sleep(ctx context.Context, pause time.Duration) {
	end := time.Now().Add(pause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for soon := q.soon; ; {
		select {
		case <-soon:
			if time.Until(end) > q.o.Debounce {
				timer.Reset(q.o.Debounce)
			}
			soon = nil // what comes after the first is due after it
		case <-ctx.Done():
			return
		case <-q.wake:
			return
		case <-timer.C:
			return
		}
	}
}

// stop waits for all runs, first patiently, then after cancelling them.
func (q *Queue) stop(all *sync.WaitGroup, cancel context.CancelCauseFunc) error {
	ended := make(chan struct{})
	go func() {
		all.Wait()
		close(ended)
	}()
	patience := time.NewTimer(q.o.Grace)
	defer patience.Stop()
	select {
	case <-ended:
		return nil
	case <-patience.C:
		cancel(errStopping)
	}
	patience.Reset(handBack)
	select {
	case <-ended:
		return nil
	case <-patience.C:
		stuck := slices.Sorted(maps.Keys(q.runsByKey()))
		return fmt.Errorf("stop queue: still running: %s", strings.Join(stuck, ", "))
	}
}

// runsByKey is a copy of what runs in this process.
func (q *Queue) runsByKey() map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return maps.Clone(q.running)
}

// logUnlessStopping logs what the loop tries again by itself.
func (q *Queue) logUnlessStopping(ctx context.Context, err error) {
	if ctx.Err() == nil {
		zerolog.Ctx(ctx).Error().Err(err).Msg("the queue waits for its database")
	}
}
