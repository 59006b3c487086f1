package queue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestWaitsGrowAndNeverExceedTheirLimit(t *testing.T) {
	rapid.Check(t, func(p *rapid.T) {
		n := rapid.Int64Range(1, 1<<40).Draw(p, "failures")
		assert.LessOrEqual(t, backoff(n), backoff(n+1))
		assert.GreaterOrEqual(t, backoff(n), firstBackoff)
		assert.LessOrEqual(t, backoff(n), maxBackoff)
	})
}

func TestLooksAreSpreadByATenthAndAtMostByThatOfADay(t *testing.T) {
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	rapid.Check(t, func(p *rapid.T) {
		jitter := rapid.Float64Range(0, 1).Draw(p, "jitter")
		wait := time.Duration(rapid.Int64Range(0, int64(1000*night)).Draw(p, "wait"))
		q := &Queue{o: Options{Jitter: func() float64 { return jitter }}}
		got := time.UnixMilli(q.spread(now, now.Add(wait))).Sub(now)
		off := min(wait, night)/10 + time.Millisecond
		assert.GreaterOrEqual(t, got, wait-off)
		assert.LessOrEqual(t, got, wait+off)
	})
	assert.Equal(t, never, (&Queue{}).spread(now, time.Time{}))
}

func TestWhatAnOutageHeldIsSpreadAndNeverWaitsForMoreThanFiveMinutes(t *testing.T) {
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	rapid.Check(t, func(p *rapid.T) {
		jitter := 0.0
		q := &Queue{o: Options{Jitter: func() float64 { return jitter }}}
		times := rapid.Int64Range(1, 1<<40).Draw(p, "times")
		first := q.holdUntil(now, time.Time{}, times).Sub(now)
		jitter = 1
		last := q.holdUntil(now, time.Time{}, times).Sub(now)
		assert.Equal(t, 5*first, 3*last, "between three and five quarters")
		assert.LessOrEqual(t, last, 5*time.Minute)
		reset := now.Add(time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(p, "reset")))
		assert.Equal(t, reset, q.holdUntil(now, reset, times), "what GitHub says is not spread")
	})
}

func TestABriefErrorIsValidTextOfAtMost2000Bytes(t *testing.T) {
	rapid.Check(t, func(p *rapid.T) {
		text := string(rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(p, "text"))
		got := brief(text)
		assert.LessOrEqual(t, len(got), 2000)
	})
	assert.Equal(t, "ü", brief("ü"))
}
