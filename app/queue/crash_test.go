package queue_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

// crashAsChild is the environment variable that makes this test program take
// deliveries into the named database and then hang in a handler.
const crashAsChild = "ONBOARD_TEST_CRASH"

// crash handles "done", hangs in "hanging" and never gets to "waiting".
func crash(url string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	ctx := context.Background()
	s, err := store.Open(ctx, url)
	fail(err)
	q, err := queue.New(s, queue.Options{
		Handlers: []githubapp.EventHandler{handler(func(_ context.Context, guid, _ string) error {
			if guid == "hanging" {
				fmt.Println("hanging")
				select {}
			}
			return nil
		})},
		Route:    route,
		Look:     func(context.Context, string) (time.Time, error) { return time.Time{}, nil },
		Debounce: -1,
	})
	fail(err)
	for _, guid := range []string{"done", "hanging", "waiting"} {
		fail(q.Schedule(ctx, delivery(guid, "repo/1")))
	}
	fail(q.Run(ctx))
}

// hang starts a program that will crash, and kills it when it hangs.
func hang(t *testing.T, child *exec.Cmd) {
	t.Helper()
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "hanging\n", line)
	require.NoError(t, child.Process.Kill()) // -9
	require.Error(t, child.Wait())
}

func TestAKilledProcessLosesNothingAndIsTakenOverAtOnce(t *testing.T) {
	url := storetest.SQLite(t)
	program, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), program)
	child.Env = append(os.Environ(), crashAsChild+"="+url)
	hang(t, child)

	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	var got notes
	q, err := queue.New(s, queue.Options{
		Handlers: []githubapp.EventHandler{handler(func(_ context.Context, guid, _ string) error {
			got.add("%s", guid)
			return nil
		})},
		Route: route,
		Look: func(_ context.Context, key string) (time.Time, error) {
			got.add("look %s", key)
			return time.Time{}, nil
		},
		Debounce: -1,
	})
	require.NoError(t, err)
	r := &rig{Queue: q}
	r.start(t)
	r.settle(t) // long before the killed run's lease of a minute is over
	assert.Equal(t, []string{"hanging", "waiting", "look repo/1"}, got.take())
}
