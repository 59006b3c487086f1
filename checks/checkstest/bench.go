package checkstest

import (
	"runtime"
	"testing"
	"time"
)

// AtMost reports a figure of a benchmark, in a unit, and beside it the most that
// it should be: `make bench` shows both on one line. Machines differ, so that a
// figure above its target fails nothing.
func AtMost(b *testing.B, figure, target float64, unit string) {
	b.Helper()
	b.ReportMetric(figure, unit)
	b.ReportMetric(target, unit+"-target")
}

// AtMostTime is AtMost for the time of one round of the benchmark's loop, which
// has ended.
func AtMostTime(b *testing.B, target time.Duration) {
	b.Helper()
	AtMost(b, b.Elapsed().Seconds()*1000/float64(b.N), target.Seconds()*1000, "ms")
}

// AtMostBytes is AtMost for the bytes, in MB, that one call of f allocates,
// those included that are free again.
func AtMostBytes(b *testing.B, target int64, f func()) {
	b.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	AtMost(b, float64(after.TotalAlloc-before.TotalAlloc)/1e6, float64(target)/1e6, "MB")
}
