package queue_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
)

// slowDisk holds up every commit until goOn is called.
func (r *rig) slowDisk(t *testing.T) (goOn func()) {
	t.Helper()
	inside, leave, written := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		written <- r.store.Write(context.Background(), "be slow", func(ctx context.Context, tx *sql.Tx) (err error) {
			if r.store.Shared() { // where a transaction alone holds up nobody
				_, err = tx.ExecContext(ctx, `LOCK TABLE work IN SHARE MODE`)
			}
			close(inside)
			<-leave
			return err
		})
	}()
	<-inside
	return func() {
		close(leave)
		require.NoError(t, <-written)
	}
}

// arrive has n deliveries of one repository arrive at the same time, in order.
func (r *rig) arrive(t *testing.T, n int, payload string) <-chan error {
	t.Helper()
	answers := make(chan error, n)
	for i := range n {
		waiting := r.Arrived()
		go func() {
			answers <- r.Schedule(context.Background(), delivery(fmt.Sprintf("d%03d", i), payload))
		}()
		require.Eventually(t, func() bool { return r.Arrived() > waiting || len(answers) > 0 }, 10*time.Second, 100*time.Microsecond)
	}
	return answers
}

func TestWhatArrivesTogetherIsCommittedTogetherAndKeepsItsOrder(t *testing.T) {
	var tick atomic.Int64
	r := newRig(t, func(o *queue.Options) {
		o.Now = func() time.Time { return time.UnixMilli(tick.Add(1)) } // each transaction has a time of its own
	})
	goOn := r.slowDisk(t)
	answers := r.arrive(t, 50, "repo/1")
	assert.Empty(t, answers, "none is answered before its commit")
	goOn()
	for range 50 {
		require.NoError(t, <-answers)
	}
	assert.EqualValues(t, 2, r.one(t, `SELECT COUNT(DISTINCT received_at) FROM delivery`), "the first one waited alone, the others shared a transaction")
	r.start(t)
	r.settle(t)
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprintf("d%03d", i))
	}
	assert.Equal(t, append(want, "look repo/1"), r.notes.take())
}

func TestADiskThatDoesNotKeepUpIsTheOnlyReasonToRefuse(t *testing.T) {
	t.Run("its queue is full", func(t *testing.T) {
		r := newRig(t, func(o *queue.Options) {
			o.Patience = time.Minute
			o.Route = func(context.Context, string, []byte) (string, error) { return "repo/1", nil }
		})
		goOn := r.slowDisk(t)
		answers := r.arrive(t, 3, strings.Repeat("1", 11<<20)) // more than 32 MiB
		require.ErrorIs(t, <-answers, queue.ErrBusy)
		assert.Empty(t, answers, "the others wait")
		goOn()
		require.NoError(t, <-answers)
		require.NoError(t, <-answers)
		require.Eventually(t, func() bool { return r.Arrived() == 0 }, 10*time.Second, time.Millisecond, "none is counted for ever")
		r.schedule(t, "after", "repo/1")
		assert.Equal(t, 3, r.stats(t).Unhandled)
	})
	t.Run("a commit takes too long", func(t *testing.T) {
		r := newRig(t, func(o *queue.Options) { o.Patience = time.Millisecond })
		goOn := r.slowDisk(t)
		require.ErrorIs(t, r.Schedule(t.Context(), delivery("a", "repo/1")), queue.ErrBusy)
		goOn()
		require.Eventually(t, func() bool { return r.Arrived() == 0 }, 10*time.Second, time.Millisecond)
		require.Eventually(t, func() bool { return r.Schedule(t.Context(), delivery("a", "repo/1")) == nil }, 10*time.Second, time.Millisecond, "GitHub sends it again")
		assert.Equal(t, 1, r.stats(t).Unhandled, "once")
	})
	t.Run("slow workers are none", func(t *testing.T) {
		r := newRig(t, func(o *queue.Options) { o.Workers = 1 })
		busy, goOn := make(chan struct{}), make(chan struct{})
		first := sync.OnceFunc(func() {
			close(busy)
			<-goOn
		})
		r.handle = func(context.Context, string, string) error {
			first()
			return nil
		}
		r.start(t)
		r.schedule(t, "first", "repo/0")
		<-busy
		for i := range 300 {
			r.schedule(t, fmt.Sprint(i), fmt.Sprintf("repo/%d", 1+i%9))
		}
		assert.Equal(t, 301, r.stats(t).Unhandled)
		close(goOn)
		r.settle(t)
		assert.Zero(t, r.stats(t).Unhandled)
	})
}

func TestACommitThatFailsIsToldToAllWhoShareIt(t *testing.T) {
	r := newRig(t)
	r.exec(t, `ALTER TABLE delivery RENAME COLUMN payload TO gone`)
	goOn := r.slowDisk(t)
	answers := r.arrive(t, 3, "repo/1")
	goOn()
	for range 3 {
		require.ErrorContains(t, <-answers, "payload")
	}
	assert.Zero(t, r.stats(t).Unhandled)
	r.exec(t, `ALTER TABLE delivery RENAME COLUMN gone TO payload`)
	r.schedule(t, "d000", "repo/1")
	assert.Equal(t, 1, r.stats(t).Unhandled)
}

func TestAttackAGUIDThatADatabaseMightRefuseSpoilsNoBatch(t *testing.T) {
	r := newRig(t)
	for _, guid := range []string{"a\x00b", "\xff", "a b", "ü", "a\n"} {
		require.ErrorIs(t, r.Schedule(t.Context(), delivery(guid, "repo/1")), queue.ErrMalformed, "%q", guid)
	}
}
