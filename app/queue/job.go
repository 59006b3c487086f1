package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/store"
)

// run does the work that was claimed, from its deliveries to its end.
func (q *Queue) run(ctx context.Context, c claim) {
	began := time.Now()
	caused, events, err := q.caused(ctx, c)
	logger := introduced(zerolog.Ctx(ctx), c.key, caused, events)
	ctx, cancel := context.WithCancelCause(logger.WithContext(ctx))
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		q.beat(ctx, c, cancel)
	}()

	var next time.Time
	if err == nil {
		next, err = q.work(ctx, c)
	}
	cause := context.Cause(ctx)
	cancel(nil)
	<-beating

	outcome := "lost"
	if err != nil && (errors.Is(cause, errLeaseLost) || errors.Is(err, store.ErrLeaseLost)) {
		logger.Warn().Err(cause).AnErr("result", err).Msg("run ended without its key, which another run has or will get")
		q.abandon(context.WithoutCancel(ctx), c.key)
	} else {
		result := q.conclude(ctx, c, next, err, cause)
		outcome = result.outcome
		if err := q.finish(context.WithoutCancel(ctx), c, result); err != nil {
			outcome = "lost"
			logger.Error().Err(err).Msg("the run's result is not on record: the key is tried again when its lease has run out")
		}
	}
	took := time.Since(began)
	level := zerolog.InfoLevel
	if len(caused) == 0 {
		level = zerolog.DebugLevel
	}
	logger.WithLevel(level).Str("outcome", outcome).Dur("took", took).Msg("run ended")
	q.o.Ended(c.key, outcome, took)
	q.mu.Lock()
	delete(q.running, c.key)
	q.mu.Unlock()
	q.announce()
	q.Wake()
}

// abandon has a key that was lost looked at once more, since the run went on for a
// while without knowing.
func (q *Queue) abandon(ctx context.Context, key string) {
	err := q.o.Abandoned(ctx, key)
	if err == nil {
		err = q.Poke(ctx, key)
	}
	if err != nil {
		zerolog.Ctx(ctx).Error().Err(err).Msg("what the run did last is not looked at again before the night")
	}
}

// introduced is the logger of a run: it names the key on each line, and the
// deliveries because of which it runs.
func introduced(log *zerolog.Logger, key string, caused, events []string) zerolog.Logger {
	with := log.With().Str("key", key)
	if len(caused) > 0 {
		with = with.Strs("deliveries", caused).Strs("events", events)
	}
	return with.Logger()
}

// unasked marks the context of a run that nobody asked for.
type unasked struct{}

// Unasked tells, within Look, that the key runs because its time has come, as
// each night, and not for a delivery or a Poke.
func Unasked(ctx context.Context) bool { return ctx.Value(unasked{}) != nil }

// work gives the deliveries to their handlers and then looks. A delivery that
// fails by itself is put back and does not hold up the others.
func (q *Queue) work(ctx context.Context, c claim) (next time.Time, err error) {
	ctx = store.UnderLease(ctx, c.key, c.owner)
	for after := int64(-1); ; {
		d, err := q.nextDelivery(ctx, c, after, q.o.Now())
		if err != nil {
			return time.Time{}, err
		}
		if d == nil {
			break
		}
		if err := q.deliver(ctx, d); err != nil {
			return time.Time{}, err
		}
		after = d.seq
	}
	if c.seen == c.done {
		ctx = context.WithValue(ctx, unasked{}, true)
	}
	err = guard(ctx, func() error {
		next, err = q.o.Look(ctx, c.key)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("look at %s: %w", c.key, err)
	}
	return next, nil
}

// deliver calls the handler and records what came of it. It returns an error
// only if the whole run has to end: GitHub is unavailable, the run was
// cancelled, or the database failed.
func (q *Queue) deliver(ctx context.Context, d *delivery) error {
	logger := zerolog.Ctx(ctx).With().
		Str(githubapp.LogKeyDeliveryID, d.guid).Str(githubapp.LogKeyEventType, d.event).Logger()
	ctx = logger.WithContext(ctx)
	began := time.Now()
	err := guard(ctx, func() error {
		handler := q.handlers[d.event]
		if handler == nil {
			return errors.New("nothing handles this event any more")
		}
		return handler.Handle(ctx, d.event, d.guid, []byte(d.payload))
	})
	if err == nil {
		logger.Debug().Dur("took", time.Since(began)).Msg("delivery handled")
		return q.markHandled(ctx, d, q.o.Now())
	}
	err = fmt.Errorf("handle %s %s: %w", d.event, d.guid, err)
	if _, held := isUnavailable(err); held || ctx.Err() != nil || errors.Is(err, store.ErrLeaseLost) {
		return err
	}
	d.attempts++
	logger.Error().Err(err).Int64("attempts", d.attempts).Bool("parked", d.attempts >= maxAttempts).Msg("delivery failed")
	return q.markFailed(ctx, d, q.o.Now().Add(backoff(d.attempts)), err)
}

// guard calls f and makes a panic an error, its stack logged.
func guard(ctx context.Context, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			zerolog.Ctx(ctx).Error().Bytes(zerolog.ErrorStackFieldName, debug.Stack()).Msgf("panic: %v", p)
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// beat extends the lease every third of it until ctx ends, and cancels the run
// if somebody else has the key, or may have because no extension succeeded.
func (q *Queue) beat(ctx context.Context, c claim, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(q.o.Lease / 3)
	defer ticker.Stop()
	extended := q.o.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := q.o.Now()
		// A database that does not answer is as one that says no: others take over.
		asking, answered := context.WithTimeout(ctx, max(q.o.Lease/3, q.o.Lease-now.Sub(extended)))
		ours, err := q.extend(asking, c, now.Add(q.o.Lease))
		answered()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && ours:
			extended = now
		case err == nil:
			cancel(errLeaseLost)
			return
		case q.o.Now().Sub(extended) >= q.o.Lease:
			cancel(fmt.Errorf("%w: %w", errLeaseLost, err))
			return
		default:
			zerolog.Ctx(ctx).Warn().Err(err).Msg("could not extend the lease, trying again")
		}
	}
}

// result is what a run's end makes of its work row. The two values for what is
// wanted again apply if something arrived during the run.
type result struct {
	done            int64
	attempts, again int64
	held            int64
	dueAt, dueAgain int64 // milliseconds
	untilDeliveries bool  // due no later than a delivery that failed
	lookedAt        int64 // milliseconds; 0 for a run that came to no good end
	lastError       string
	outcome         string // in a word, see Options.Ended
}

// conclude decides what the end of a run means for its key.
func (q *Queue) conclude(ctx context.Context, c claim, next time.Time, err error, cause error) result {
	now := q.o.Now()
	retryAt, held := isUnavailable(err)
	switch {
	case err == nil:
		return result{
			outcome: "done", done: c.seen, dueAt: q.spread(now, next), dueAgain: now.Add(q.o.Debounce).UnixMilli(),
			untilDeliveries: true, lookedAt: now.UnixMilli(),
		}
	case errors.Is(cause, errStopping):
		zerolog.Ctx(ctx).Info().AnErr("result", err).Msg("run handed back")
		return both("stopped", c, c.attempts-1, c.held, now, c.lastError)
	case held:
		times := c.held + 1
		if retryAt.After(now) { // a limit, however often, makes no outage last longer
			times = max(c.held, 1)
		}
		until := q.holdUntil(now, retryAt, times)
		q.tellHeld(ctx, c.key, err, until)
		return both("held", c, c.attempts-1, times, until, err.Error())
	case c.attempts < maxAttempts:
		until := now.Add(backoff(c.attempts))
		zerolog.Ctx(ctx).Error().Err(err).Int64("attempts", c.attempts).Time("until", until).Msg("run failed, key backs off")
		return both("failed", c, c.attempts, 0, until, err.Error())
	}
	zerolog.Ctx(ctx).Error().Err(err).Int64("attempts", c.attempts).Msg("run failed, key parked")
	r := both("parked", c, c.attempts, 0, now, err.Error())
	r.dueAt = q.spread(now, now.Add(night))
	// What arrived during the run deserves the one try that an arrival gives.
	r.again, r.dueAgain = maxAttempts-1, now.Add(maxBackoff).UnixMilli()
	return r
}

// both is the result of a run that settled nothing: due then, whether or not
// something arrived.
func both(outcome string, c claim, attempts, held int64, due time.Time, lastError string) result {
	ms := due.UnixMilli()
	return result{outcome: outcome, done: c.done, attempts: attempts, again: attempts, held: held, dueAt: ms, dueAgain: ms, lastError: lastError}
}
