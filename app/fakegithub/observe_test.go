package fakegithub_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestWatchersAreToldInOrderAndMayAct(t *testing.T) {
	w := newWorld(t)
	issue := w.repository.OpenIssue(w.author, "Onboard", "")
	var mu sync.Mutex
	var seen []fakegithub.Change
	stop := w.Watch(func(c fakegithub.Change) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, c)
		if c.Kind == "comment" && c.Body == "/onboard" {
			issue.AddLabel(w.author, "seen by the watcher")
		}
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { issue.Comment(w.author, "/onboard") })
	}
	all.Wait()
	require.NoError(t, w.Wait(w.context(), func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(seen) == 9
	}))
	stop()
	issue.Comment(w.author, "unseen")
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, seen, 9)
	for i, c := range seen {
		assert.Equal(t, seen[0].Seq+i, c.Seq)
		assert.NotEmpty(t, c.Text)
		assert.Equal(t, "Ada/mattermost-plugin-tea", c.Repository)
	}
}

func TestWaitLooksAtOnceAndAfterEachChange(t *testing.T) {
	w := newWorld(t)
	issue := w.repository.OpenIssue(w.author, "Onboard", "")
	require.NoError(t, w.Wait(w.context(), func() bool { return true }))
	var all sync.WaitGroup
	all.Go(func() { issue.Comment(w.author, "x") })
	require.NoError(t, w.Wait(w.context(), func() bool { return len(issue.Comments()) == 1 }))
	all.Wait()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, w.Wait(ctx, func() bool { return false }), context.Canceled)
}
