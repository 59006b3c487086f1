package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
)

func TestAStoppingQueueLetsItsRunsEndAndBeginsNone(t *testing.T) {
	r := newRig(t, func(o *queue.Options) { o.Workers = 1 })
	looking, goOn := make(chan struct{}), make(chan struct{})
	r.look = func(ctx context.Context, _ string) (time.Time, error) {
		close(looking)
		<-goOn
		return time.Time{}, ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	r.schedule(t, "a", "repo/1")
	<-looking
	cancel()
	r.schedule(t, "b", "repo/2")
	close(goOn)
	require.NoError(t, <-ended)
	assert.Equal(t, []string{"a", "look repo/1"}, r.notes.take())
	assert.Equal(t, queue.Stats{Idle: 1, Waiting: 1, Unhandled: 1}, r.stats(t))
}

func TestRunsThatDoNotReactToBeingCancelledAreNamed(t *testing.T) {
	r := newRig(t, func(o *queue.Options) { o.Grace = time.Millisecond })
	looking, goOn := make(chan struct{}), make(chan struct{})
	r.look = func(context.Context, string) (time.Time, error) {
		close(looking)
		<-goOn
		return time.Time{}, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	r.schedule(t, "a", "repo/1")
	<-looking
	cancel()
	require.EqualError(t, <-ended, "stop queue: still running: repo/1")
	close(goOn)
	r.settle(t)
}

func TestAStoppingQueueHandsBackWhatDoesNotEnd(t *testing.T) {
	r := newRig(t, func(o *queue.Options) { o.Grace = time.Millisecond })
	handling := make(chan struct{})
	r.handle = func(ctx context.Context, _, _ string) error {
		close(handling)
		<-ctx.Done()
		return ctx.Err()
	}
	stop := r.start(t)
	r.schedule(t, "a", "repo/1")
	<-handling
	stop()
	assert.Zero(t, r.dueIn(t, "repo/1"), "due now")
	assert.EqualValues(t, 0, r.one(t, `SELECT attempts FROM work`)+r.one(t, `SELECT attempts FROM delivery`), "nobody's failure")
	assert.Equal(t, queue.Stats{Waiting: 1, Unhandled: 1}, r.stats(t))

	r.handle = nil
	r.start(t)
	r.settle(t)
	assert.Equal(t, []string{"a", "a", "look repo/1"}, r.notes.take())
}
