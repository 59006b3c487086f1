package queue

import (
	"errors"
	"time"
)

const (
	// maxAttempts is how often in a row a key, or a delivery, may fail by
	// itself before it is parked.
	maxAttempts = 10
	// slowedAfter is how many runs in a row may end without a word, because
	// their lease ran out, before the next one waits.
	slowedAfter = 3

	firstBackoff = 5 * time.Second
	maxBackoff   = 15 * time.Minute
	maxHold      = 4 * time.Minute // between tries while GitHub is unavailable, give or take a quarter
	maxReset     = time.Hour       // GitHub's limits are reset hourly
	night        = 24 * time.Hour  // until a parked key is tried again unasked

	retention  = 30 * 24 * time.Hour // of handled deliveries
	pruneEvery = time.Hour
)

// never is a due_at that does not come, 9999-12-31 in milliseconds.
const never int64 = 253402214400000

// doubled is first after one time, twice that after two and so on, at most limit.
func doubled(first, limit time.Duration, times int64) time.Duration {
	for ; times > 1 && first < limit; times-- {
		first *= 2
	}
	return min(first, limit)
}

// backoff is how long to wait after the given number of failures in a row.
func backoff(failures int64) time.Duration { return doubled(firstBackoff, maxBackoff, failures) }

// unavailable is implemented by errors that are GitHub's doing, not the key's:
// the network, 5xx, a refused token, a limit. A zero retryAt means that GitHub
// did not say when to come again.
type unavailable interface {
	Unavailable() (retryAt time.Time, unavailable bool)
}

// isUnavailable tells whether err, or an error it wraps, is GitHub's doing.
func isUnavailable(err error) (retryAt time.Time, yes bool) {
	var u unavailable
	if !errors.As(err, &u) {
		return time.Time{}, false
	}
	return u.Unavailable()
}

// holdUntil is when to try again after GitHub was unavailable for the given
// number of runs in a row: when GitHub said, else in 5 s, doubling to 4 min. Those
// are spread by up to a quarter: what one outage held does not come back at one
// moment, and nothing waits for more than 5 min.
func (q *Queue) holdUntil(now, retryAt time.Time, times int64) time.Time {
	if retryAt.After(now) {
		if limit := now.Add(maxReset); retryAt.After(limit) {
			return limit
		}
		return retryAt
	}
	wait := doubled(firstBackoff, maxHold, times)
	return now.Add(wait + time.Duration(float64(wait)/4*(2*q.o.Jitter()-1)))
}

// spread moves at by up to a tenth of its distance from now, though never by
// more than 2.4 h, so that what was asked for at one moment is not done at
// one. The zero time is never.
func (q *Queue) spread(now, at time.Time) int64 {
	if at.IsZero() {
		return never
	}
	tenth := float64(min(at.Sub(now), night)) / 10
	return at.Add(time.Duration(tenth * (2*q.o.Jitter() - 1))).UnixMilli()
}
