package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
)

func TestQueuesShareTheKeysByWhatTheyBeginWith(t *testing.T) {
	s, c := openStore(t), newClock()
	looked := make(chan string, 4)
	rigFor := func(name string, change func(*queue.Options)) *rig {
		r := newRigOn(t, s, c, change)
		r.look = func(_ context.Context, key string) (time.Time, error) {
			looked <- name + " " + key
			return time.Time{}, nil
		}
		return r
	}
	none := rigFor("none", func(o *queue.Options) { o.Only = "none/" })
	for _, key := range []string{"repo/1", "deploy/a/b", "repo/2", "deploy/a/c"} {
		require.NoError(t, none.Poke(t.Context(), key))
	}
	none.start(t)
	rigFor("only", func(o *queue.Options) { o.Only = "deploy/" }).start(t)
	rigFor("except", func(o *queue.Options) { o.Except = "deploy/" }).start(t)
	var all []string
	for range 4 {
		all = append(all, <-looked)
	}
	assert.ElementsMatch(t, []string{"only deploy/a/b", "only deploy/a/c", "except repo/1", "except repo/2"}, all)
}
