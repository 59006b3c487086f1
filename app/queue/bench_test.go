package queue_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
)

// benchmarkQueue is a queue whose handlers and looks do nothing. The figures of
// docs/decisions/0001-work-table.md are of these benchmarks.
func benchmarkQueue(b *testing.B) *queue.Queue {
	b.Helper()
	q, err := queue.New(openStore(b), queue.Options{
		Handlers: []githubapp.EventHandler{handler(func(context.Context, string, string) error { return nil })},
		Route: func(_ context.Context, _ string, payload []byte) (string, error) {
			key, _, _ := strings.Cut(string(payload), " ")
			return key, nil
		},
		Look:     func(context.Context, string) (time.Time, error) { return time.Time{}, nil },
		Debounce: -1,
	})
	require.NoError(b, err)
	return q
}

// filler makes a payload as long as GitHub's are.
var filler = strings.Repeat("x", 12_000)

// BenchmarkAcks is how many deliveries a second are stored durably when so many
// arrive at once, each for one of 200 repositories.
func BenchmarkAcks(b *testing.B) {
	for _, senders := range []int{1, 64} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			q := benchmarkQueue(b)
			var n atomic.Int64
			var mu sync.Mutex
			var took []time.Duration
			b.SetParallelism(senders / runtime.GOMAXPROCS(0))
			send := func() {
				i := n.Add(1)
				began := time.Now()
				err := q.Schedule(b.Context(), delivery(fmt.Sprint(i), fmt.Sprintf("repo/%d %s", i%200, filler)))
				if err != nil {
					b.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(began))
			}
			if senders == 1 {
				for b.Loop() {
					send()
				}
			} else {
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						send()
					}
				})
			}
			slices.Sort(took)
			b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "acks/s")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkRuns is how many runs a second are claimed, given their delivery and
// finished, each of a repository of its own.
func BenchmarkRuns(b *testing.B) {
	q := benchmarkQueue(b)
	runs := 0
	for b.Loop() {
		b.StopTimer()
		const keys = 500
		var all sync.WaitGroup
		for sender := range 10 {
			all.Go(func() {
				for i := range keys / 10 {
					key := fmt.Sprintf("repo/%d", runs+sender*keys/10+i)
					if err := q.Schedule(b.Context(), delivery(key, key+" "+filler)); err != nil {
						b.Error(err)
					}
				}
			})
		}
		all.Wait()
		runs += keys
		b.StartTimer()
		work(b, q)
	}
	b.ReportMetric(float64(runs)/b.Elapsed().Seconds(), "runs/s")
}

// work runs the queue until it is idle.
func work(b *testing.B, q *queue.Queue) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	require.NoError(b, q.Idle(ctx))
	cancel()
	require.NoError(b, <-ended)
}
