package queue

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// loudEvery is how often it is told that somebody holds up keys: an outage of
// GitHub is no line for each of thousands of keys and tries.
const loudEvery = time.Minute

// forgetAfter is when an outage of which nothing more was told is forgotten: keys
// are tried every five minutes at least, or hourly if GitHub says so.
const forgetAfter = 2 * time.Hour

// outages remembers who held up keys, and when that was last told.
type outages struct {
	mu   sync.Mutex
	told map[string]*told
}

type told struct {
	at    time.Time
	since int // keys that were held silently since
}

// level returns the level at which to tell that a holder holds up a key, and how
// many times that was not told since the last time.
func (o *outages) level(holder string, now time.Time) (level zerolog.Level, silent int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.told == nil {
		o.told = map[string]*told{}
	}
	t, known := o.told[holder]
	if known && now.Sub(t.at) < loudEvery && !now.Before(t.at) {
		t.since++
		return zerolog.DebugLevel, 0
	}
	maps.DeleteFunc(o.told, func(_ string, t *told) bool { return now.Sub(t.at) > forgetAfter }) // which bounds it
	o.told[holder] = &told{at: now}
	if known {
		silent = t.since
	}
	return zerolog.WarnLevel, silent
}

// tellHeld tells that a key waits for whom the error is of.
func (q *Queue) tellHeld(ctx context.Context, key string, err error, until time.Time) {
	holder := key
	if q.o.Holder != nil {
		holder = q.o.Holder(context.WithoutCancel(ctx), key) // the run has ended
	}
	level, silent := q.outages.level(holder, q.o.Now())
	zerolog.Ctx(ctx).WithLevel(level).Err(err).Str("holder", holder).Int("held_before", silent).Time("until", until).
		Msg("GitHub is unavailable, key held")
}
