// Package queue is the durable queue between GitHub's webhooks and the work
// they cause: design.md "Queue".
//
// There is one work row per key (a repository), and deliveries wait beside it.
// A run of a key gives its deliveries to their handlers in order of arrival
// and then looks at the key once. Of one key there is never more than one run,
// and whatever arrives during a run causes one more, not one each. Deliveries
// are handled at least once: handlers look before they write.
package queue

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/palantir/go-githubapp/githubapp"

	"github.com/onboard-app/onboard/app/store"
)

// ErrMalformed is what Schedule's error wraps when the delivery can never be
// handled, because it has no usable GUID: the answer is 400.
var ErrMalformed = errors.New("malformed delivery")

// The defaults of Options, and of the configuration.
const (
	DefaultWorkers  = 4
	DefaultLease    = time.Minute
	DefaultDebounce = 250 * time.Millisecond
)

// Options say what a queue runs. Handlers, Route and Look are required; zero
// durations and nil functions take the defaults.
type Options struct {
	// Handlers handle the deliveries, at most one of them each event.
	Handlers []githubapp.EventHandler
	// Route names the key that a delivery concerns. An empty key means nobody:
	// it is answered and not stored.
	Route func(ctx context.Context, event string, payload []byte) (key string, err error)
	// Look brings everything about key up to date, after its deliveries were
	// handled. It is called again about next (±10 %, at most 2.4 h off); zero
	// means never, unless something arrives.
	Look func(ctx context.Context, key string) (next time.Time, err error)

	// Ended is told how each run ended: done, failed (and tried again), parked,
	// held (by GitHub), stopped, or lost to another run. nil: nobody is told.
	Ended func(key, outcome string, took time.Duration)
	// Abandoned is told of a key whose run may still write somewhere, before another
	// run of it begins or, if that has begun, before one more follows: its process was
	// killed or frozen, or it lost its lease. nil: nobody is told.
	Abandoned func(ctx context.Context, key string) error
	// Holder names whose unavailability holds a key, of which the log tells once a
	// minute. nil: each key by itself.
	Holder func(ctx context.Context, key string) string

	// Only runs keys that begin so, and Except none that begin so; "": all. Others
	// run the rest. Both are of letters, - and /.
	Only, Except string

	Workers  int           // runs at the same time
	Lease    time.Duration // how long a run that shows no sign of life keeps its key
	Debounce time.Duration // from a delivery to the run it causes; negative: none
	Grace    time.Duration // how long a stopping Run lets its runs end by themselves; 8 s
	Patience time.Duration // how long a delivery may wait to be on disk; 5 s, as GitHub gives up after 10 s

	Now    func() time.Time // time.Now
	Jitter func() float64   // in [0,1), where 0.5 changes nothing; random
}

// Queue is a durable queue. Schedule, Poke, Wake, Idle and Stats are safe for
// concurrent use; Run is called once.
type Queue struct {
	store    *store.Store
	o        Options
	handlers map[string]githubapp.EventHandler // by event
	process  string                            // begins the name of every run of this queue
	claims   atomic.Int64                      // makes those names unique
	wake     chan struct{}                     // holds one: look at the table
	soon     chan struct{}                     // holds one: look at the table once the debounce is over
	arrived  chan struct{}                     // holds one: tell other processes to look
	seen     map[string]sighting               // of others' leases, by key; Run's own
	straight time.Time                         // when the times of the rows were last compared with ours; Run's own
	outages  outages
	arrivals arrivals

	mu      sync.Mutex
	running map[string]string // run by key
	changed chan struct{}     // closed, and replaced, when work was finished or taken back
}

var _ githubapp.Scheduler = (*Queue)(nil)

// New returns a queue on s. It fails if a required option is missing, or two
// handlers want the same event: go-githubapp would drop one of them silently.
func New(s *store.Store, o Options) (*Queue, error) {
	if o.Route == nil || o.Look == nil {
		return nil, errors.New("create queue: Route and Look are required")
	}
	handlers := map[string]githubapp.EventHandler{}
	for _, h := range o.Handlers {
		for _, event := range h.Handles() {
			if other, taken := handlers[event]; taken {
				return nil, fmt.Errorf("create queue: %T and %T both handle the event %s", other, h, event)
			}
			handlers[event] = h
		}
	}
	return &Queue{
		store:    s,
		o:        o.withDefaults(),
		handlers: handlers,
		process:  crand.Text(),
		wake:     make(chan struct{}, 1),
		soon:     make(chan struct{}, 1),
		arrived:  make(chan struct{}, 1),
		running:  map[string]string{},
		changed:  make(chan struct{}),
	}, nil
}

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = DefaultWorkers
	}
	if o.Lease <= 0 {
		o.Lease = DefaultLease
	}
	if o.Debounce == 0 {
		o.Debounce = DefaultDebounce
	}
	o.Debounce = max(o.Debounce, 0)
	if o.Grace <= 0 {
		o.Grace = 8 * time.Second
	}
	if o.Ended == nil {
		o.Ended = func(string, string, time.Duration) {}
	}
	if o.Abandoned == nil {
		o.Abandoned = func(context.Context, string) error { return nil }
	}
	if o.Patience <= 0 {
		o.Patience = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return o
}

// except is what the keys that others run are like, "" if there are none.
func (o Options) except() string {
	if o.Except == "" {
		return ""
	}
	return o.Except + "%"
}

// Wake makes Run look at the table now: after a test moved its clock, or when
// another process says that it wrote something.
func (q *Queue) Wake() { signal(q.wake) }

// wakeAll is Wake here and in other processes.
func (q *Queue) wakeAll() {
	q.Wake()
	signal(q.arrived)
}

// wakeSoon is wakeAll for what is not due before the debounce is over: a look at the
// table after each commit would find nothing, and keep the next commit waiting.
func (q *Queue) wakeSoon() {
	signal(q.soon)
	signal(q.arrived)
}

// signal puts one into a channel that holds one. If there is one already, whoever
// takes it sees what this one is about, too.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// announce tells everybody who waits in Idle to look again.
func (q *Queue) announce() {
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.changed)
	q.changed = make(chan struct{})
}

// nextAnnouncement returns the channel that the next announcement closes.
func (q *Queue) nextAnnouncement() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.changed
}
