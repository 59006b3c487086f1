package queue_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(crashAsChild); url != "" {
		crash(url)
	}
	goleak.VerifyTestMain(m)
}

// shortLease is a lease whose heartbeats a test waits for, long enough for a busy
// machine to make them.
const shortLease = 1500 * time.Millisecond

// clock is a clock that only a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// handler handles "issue_comment" with a function.
type handler func(ctx context.Context, guid, key string) error

func (handler) Handles() []string { return []string{"issue_comment"} }

func (h handler) Handle(ctx context.Context, _, guid string, payload []byte) error {
	return h(ctx, guid, string(payload))
}

var errUnreadable = errors.New("unexpected end of JSON input")

// route takes the payload for the key.
func route(_ context.Context, _ string, payload []byte) (string, error) {
	switch text := string(payload); {
	case strings.HasPrefix(text, "repo/"):
		return text, nil
	case text == "{":
		return "", errUnreadable
	}
	return "", nil
}

func delivery(guid, key string) githubapp.Dispatch {
	return githubapp.Dispatch{EventType: "issue_comment", DeliveryID: guid, Payload: []byte(key)}
}

// outage is an error that is GitHub's.
type outage struct{ until time.Time }

func (o outage) Error() string                  { return "GitHub answers 502" }
func (o outage) Unavailable() (time.Time, bool) { return o.until, true }

// notes is a list that several goroutines write.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, fmt.Sprintf(format, args...))
}

// take returns the list and empties it.
func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.list
	n.list = nil
	return list
}

// rig is a queue with a clock that only the test moves. Deliveries and looks
// are noted and then do what handle and look say, if they are set.
type rig struct {
	*queue.Queue
	store  *store.Store
	clock  *clock
	notes  notes
	handle func(ctx context.Context, guid, key string) error
	look   func(ctx context.Context, key string) (time.Time, error)
}

func openStore(t testing.TB) *store.Store {
	t.Helper()
	return openStoreAt(t, storetest.URL(t))
}

func openStoreAt(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func newRig(t *testing.T, change ...func(*queue.Options)) *rig {
	t.Helper()
	return newRigOn(t, openStore(t), newClock(), change...)
}

// newRigOn is newRig on a database that others may have, too.
func newRigOn(t *testing.T, s *store.Store, c *clock, change ...func(*queue.Options)) *rig {
	t.Helper()
	r := &rig{store: s, clock: c}
	o := queue.Options{
		Handlers: []githubapp.EventHandler{handler(func(ctx context.Context, guid, key string) error {
			r.notes.add("%s", guid)
			if r.handle != nil {
				return r.handle(ctx, guid, key)
			}
			return nil
		})},
		Route: route,
		Look: func(ctx context.Context, key string) (time.Time, error) {
			r.notes.add("look %s", key)
			if r.look != nil {
				return r.look(ctx, key)
			}
			return time.Time{}, nil
		},
		Debounce: -1,
		Now:      r.clock.Now,
		Jitter:   func() float64 { return 0.5 },
	}
	for _, f := range change {
		f(&o)
	}
	q, err := queue.New(r.store, o)
	require.NoError(t, err)
	r.Queue = q
	return r
}

// start runs the queue; the returned function stops it and waits. The test's
// end does so, too.
func (r *rig) start(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	t.Cleanup(stop)
	return stop
}

// settle waits until the queue is idle.
func (r *rig) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, r.Idle(ctx))
}

func (r *rig) schedule(t *testing.T, guid, key string) {
	t.Helper()
	require.NoError(t, r.Schedule(t.Context(), delivery(guid, key)))
}

func (r *rig) stats(t *testing.T) queue.Stats {
	t.Helper()
	s, err := r.Stats(t.Context())
	require.NoError(t, err)
	return s
}

// one reads one number from the database.
func (r *rig) one(t *testing.T, query string, args ...any) int64 {
	t.Helper()
	var n int64
	require.NoError(t, r.store.Read().QueryRow(query, args...).Scan(&n))
	return n
}

// exec writes to the database behind the queue's back.
func (r *rig) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	require.NoError(t, r.store.Write(t.Context(), "prepare test", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	}))
}

// dueIn is how far away the key's due time is.
func (r *rig) dueIn(t *testing.T, key string) time.Duration {
	t.Helper()
	return time.UnixMilli(r.one(t, `SELECT due_at FROM work WHERE key = $1`, key)).Sub(r.clock.Now())
}
