package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/handlers"
)

// By how much a sweep looks back beyond the last one, be it another process's:
// GitHub may list late what it delivered before, and what it was to send again may
// have failed again. At start it is less, and a sweep begins a while after the last
// one only: a program that is started over and over must not use up the App's calls.
const (
	sweepOverlap = time.Hour
	startOverlap = 15 * time.Second
	sweepPause   = 15 * time.Second
)

// sweptAtOnce is after how many deliveries it is kept how far a sweep came: a program
// that is killed over and over comes to the end of the list all the same.
const sweptAtOnce = 20

// WithRecovery has the App, when it starts, ask GitHub also for what was answered
// and is not on record, as after the database was lost.
func WithRecovery() Option { return func(a *App) { a.recovers = true } }

// WithPull has the App read its deliveries from GitHub, so that GitHub need not
// reach it. The App's webhook must be active all the same, be it at an address
// where nobody answers: else GitHub keeps no deliveries.
func WithPull() Option { return func(a *App) { a.pulls = true } }

// sweep asks GitHub to send again what did not reach us: the first time, and with
// WithRecovery at each start, of all that it still can, then of what is new. What
// the App pulls it need not be sent. It returns when to sweep again.
func (a *App) sweep(ctx context.Context, now time.Time) (next time.Time, err error) {
	next = now.Add(time.Hour)
	if a.pulls {
		return next, nil
	}
	began, err := a.store.SweepBegan(ctx)
	if err != nil {
		return time.Time{}, err
	}
	before, err := a.store.Swept(ctx)
	if err != nil {
		return time.Time{}, err
	}
	pause := sweepPause
	if before.IsZero() || a.recovers { // all that GitHub keeps is read
		pause = time.Minute
	}
	if again := began.Add(pause); now.Before(again) && !now.Before(began) {
		return again, nil
	}
	if err = a.store.BeginSweep(ctx, now); err != nil {
		return time.Time{}, err
	}
	overlap := startOverlap
	if a.swept {
		overlap = sweepOverlap
	}
	since := now.Add(-ghapi.Recoverable)
	if last := before.Add(-overlap); last.After(since) && !a.recovers {
		since = last
	}
	list, err := a.github.Deliveries(ctx, since)
	if err != nil {
		return time.Time{}, err
	}
	first, asked := before.IsZero(), 0
	for some := range slices.Chunk(list, sweptAtOnce) {
		until, n, err := a.askAgain(ctx, some, first)
		if until.After(before) { // by GitHub's clock, whatever ours says; and be it that the rest failed
			before, err = until, errors.Join(err, a.store.SaveSwept(ctx, until))
		}
		if err != nil {
			return time.Time{}, err
		}
		asked += n
	}
	if before.IsZero() { // GitHub keeps nothing yet: the next look is no first one, and need not wait as long
		if err = a.store.SaveSwept(ctx, since); err != nil {
			return time.Time{}, err
		}
	}
	if asked > 0 {
		zerolog.Ctx(ctx).Info().Int("deliveries", asked).Msg("asked GitHub to send deliveries again")
	}
	a.swept, a.recovers = true, false
	return next, a.store.SaveRecovered(ctx, now, asked)
}

// askAgain asks GitHub for what is missing of a list, the first time for all that
// failed, and returns until when it did, and for how many.
func (a *App) askAgain(ctx context.Context, list []ghapi.Delivery, first bool) (until time.Time, asked int, err error) {
	for _, d := range list {
		missing := first && !d.Answered
		if !missing && (!d.Answered || a.recovers) {
			missing, err = a.misses(ctx, d)
		}
		if err == nil && missing {
			asked++
			err = a.github.DeliverAgain(ctx, d)
		}
		if err != nil {
			return until, asked, err
		}
		if d.At.After(until) {
			until = d.At
		}
	}
	return until, asked, nil
}

// misses tells whether a delivery is not on record and perhaps should be. What
// concerns nobody never is, so some are asked for in vain.
func (a *App) misses(ctx context.Context, d ghapi.Delivery) (bool, error) {
	actions, frequent := frequent[d.Event]
	if !a.queue.Handles(d.Event) || len(actions) > 0 && !slices.Contains(actions, d.Action) {
		return false, nil
	}
	known, err := a.queue.Known(ctx, d.GUID)
	if err != nil || known {
		return false, err
	}
	if !frequent || d.Repository == 0 {
		return true, nil
	}
	record, started, err := a.store.Onboarding(ctx, d.Repository)
	return started && d.At.After(record.StartedAt.Add(-clocks)), err
}

// clocks is by how much times may differ that are told in whole seconds, or by
// several of GitHub's machines.
const clocks = time.Minute

// frequent are events that concern nobody but repositories that are on record, and
// of those the actions that may; none: all may. The App's own check runs cause many.
var frequent = map[string][]string{
	"push": nil, "release": nil, "check_run": {"rerequested", "requested_action"}, "check_suite": {"rerequested"},
}

// pulling is the key of reading deliveries: one row, so that one replica does it.
const pulling = "pull"

const (
	pullEvery   = 10 * time.Second
	pullOverlap = 5 * time.Minute // GitHub may list late what it delivered before
	pullAtOnce  = 100             // payloads of one run
)

// pull reads what GitHub delivered, or tried to, since the last time, and takes it
// as if it had been delivered here. When GitHub is away the queue tries again,
// less and less often. An idle pull is one call, which no ETag makes free: those
// depend on the token, and each of the App's calls has another (github-facts.md
// section 7).
func (a *App) pull(ctx context.Context) (next time.Time, err error) {
	if !a.pulls {
		return time.Time{}, nil
	}
	now := a.now()
	before, err := a.store.Pulled(ctx)
	if err != nil {
		return time.Time{}, err
	}
	since := before.Add(-pullOverlap)
	if now.Sub(since) > ghapi.Recoverable {
		since = now.Add(-ghapi.Recoverable)
	}
	list, err := a.github.Deliveries(ctx, since)
	if err != nil {
		return time.Time{}, err
	}
	pulled, until, all, err := a.takeAll(ctx, list)
	if until.After(before) { // what was taken stays taken, whatever became of the rest
		err = errors.Join(err, a.store.SavePulled(ctx, until))
	}
	if err != nil {
		return time.Time{}, err
	}
	if a.pulled = pulled; !all {
		return now, nil
	}
	return now.Add(pullEvery), nil
}

// takeAll takes what is new of a list, up to the bound of a run. It returns what of
// the list need not be read again, and until when all of it was taken.
func (a *App) takeAll(ctx context.Context, list []ghapi.Delivery) (pulled map[string]bool, until time.Time, all bool, err error) {
	pulled = map[string]bool{} // no longer than the list
	read := 0
	for _, d := range list {
		if read == pullAtOnce {
			return pulled, until, false, nil
		}
		if !a.pulled[d.GUID] {
			took, err := a.take(ctx, d)
			if err != nil {
				return pulled, until, false, err
			}
			if took {
				read++
			}
		}
		pulled[d.GUID], until = true, d.At
	}
	return pulled, until, true, nil
}

// take reads a delivery that is missing and puts it on record; read is false if it
// was not worth a call.
func (a *App) take(ctx context.Context, d ghapi.Delivery) (read bool, err error) {
	missing, err := a.misses(ctx, d)
	if err != nil || !missing {
		return false, err
	}
	payload, err := a.github.Payload(ctx, d)
	if err != nil {
		return true, err
	}
	log := zerolog.Ctx(ctx).With().Str(githubapp.LogKeyEventType, d.Event).Str(githubapp.LogKeyDeliveryID, d.GUID).Logger()
	if payload == nil {
		log.Warn().Msg("GitHub does not keep what it delivered")
		return true, nil
	}
	err = a.queue.Schedule(ctx, githubapp.Dispatch{EventType: d.Event, DeliveryID: d.GUID, Payload: payload})
	if errors.Is(err, queue.ErrMalformed) || errors.Is(err, handlers.ErrMalformed) { // as the webhook would refuse it
		log.Warn().Err(err).Msg("refused a delivery")
		return true, nil
	}
	return true, err
}

// waitedFor is how long a repository may be without a look before the hourly
// housekeeping has one of them looked at, that which waited longest: whatever was
// lost on the way, GitHub comes to show what is true.
const waitedFor = 6 * time.Hour

// lookAtWaited has the repository looked at that has waited longest: one an hour,
// so that it costs next to nothing of GitHub's limits.
func (a *App) lookAtWaited(ctx context.Context, now time.Time) error {
	id, ok, err := a.store.Waited(ctx, now.Add(-waitedFor), now)
	if err != nil || !ok {
		return err
	}
	return a.queue.Poke(ctx, repositoryKey+strconv.FormatInt(id, 10))
}
