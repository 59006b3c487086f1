// Package fakegithub is a stateful simulated GitHub: a REST API over real HTTP,
// true git objects, Apps with signed tokens and signed webhooks. It serves
// `onboard demo` and the tests, and answers as GitHub does where the facts are
// known (github-facts.md). Non-test code imports the standard library only.
//
// Every exported method is safe for concurrent use.
package fakegithub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options configures New. The zero value is usable.
type Options struct {
	Now      func() time.Time                // the clock of what happens; default time.Now
	Wall     func() time.Time                // the clock by which credentials and limits expire; default Now
	Wrap     func(http.Handler) http.Handler // put around the REST API, for checking conformance; default nothing
	TokenTTL time.Duration                   // how long an installation token lives; default one hour

	// Deliveries is how many are under way at a time; default 1, which keeps their
	// order. GitHub keeps none.
	Deliveries int
}

// GitHub is one simulated GitHub. Create it with New, end it with Close.
type GitHub struct {
	options Options
	server  *http.Server
	hooks   *http.Client // sends the deliveries
	running sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc

	mu            sync.Mutex // guards all below, and the fields of the types that live here
	base          string     // where the server listens, e.g. "http://127.0.0.1:1234"
	lastID        int64
	users         map[string]*User // by lower-case login
	apps          []*App
	installations []*Installation
	organizations map[*User]*organization
	repositories  []*Repository
	tokens        map[string]*token
	codes         map[string]code       // of people who agreed to be known to an App
	userTokens    map[string]*userToken // that these were exchanged for
	signedIn      *User                 // who comes to the sign-in page; nil: it asks
	conversions   map[string]conversion // of manifests, by code
	links         map[string]link       // of downloads that an API call allowed, by token
	directAssets  bool
	deliveries    []*delivery
	unanswered    int // of these
	faults        []*fault
	latency       time.Duration
	anonymous     allowance // of calls without credentials
	calls         []Call
	observers     observers
}

// New makes an empty GitHub. It answers nothing before Start.
func New(options Options) *GitHub {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Wall == nil {
		options.Wall = options.Now
	}
	if options.TokenTTL == 0 {
		options.TokenTTL = time.Hour
	}
	g := &GitHub{
		options: options,
		hooks:   &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: dialHere}}, // facts 6: an answer within 10 s
		base:    "http://127.0.0.1",
		lastID:  1000,
		users:   map[string]*User{},
		tokens:  map[string]*token{},
		codes:   map[string]code{},
		links:   map[string]link{},

		conversions: map[string]conversion{},

		anonymous:     allowance{limit: anonymousLimit},
		organizations: map[*User]*organization{},
		userTokens:    map[string]*userToken{},
	}
	g.hooks.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	g.observers.woken = make(chan struct{})
	g.ctx, g.cancel = context.WithCancel(context.Background())
	return g
}

// dialHere lets deliveries reach this machine only: an App may well be said to be at
// an address of the real world.
func dialHere(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() && !ip.IsUnspecified() {
		return nil, fmt.Errorf("the simulated GitHub reaches nothing but this machine, not %s", host)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// Start listens on the address (e.g. "127.0.0.1:0") and returns the base URL
// without a slash at its end. The REST API is at baseURL + "/api/v3/", as on a
// GitHub Enterprise Server. It fails if the address cannot be listened on.
func (g *GitHub) Start(listen string) (baseURL string, err error) {
	listener, err := (&net.ListenConfig{}).Listen(g.ctx, "tcp", listen)
	if err != nil {
		return "", fmt.Errorf("start the simulated GitHub on %s: %w", listen, err)
	}
	defer g.lock()()
	if g.server != nil {
		return "", errors.Join(errors.New("start the simulated GitHub: it was started before"), listener.Close())
	}
	g.base = "http://" + listener.Addr().String()
	g.server = &http.Server{Handler: g.handler(), ReadHeaderTimeout: 10 * time.Second}
	g.running.Go(func() { _ = g.server.Serve(listener) }) // always ErrServerClosed after Close
	return g.base, nil
}

// Close stops the server and the deliveries, and waits for them. Deliveries
// under way or waiting are recorded as failed.
func (g *GitHub) Close() error {
	g.mu.Lock()
	g.cancel() // under the lock: after it no delivery starts a goroutine
	server := g.server
	g.mu.Unlock()
	var err error
	if server != nil {
		err = server.Close()
	}
	g.running.Wait()
	g.hooks.CloseIdleConnections()
	return err
}

// lock takes the one lock and returns what releases it and then tells the observers.
// Use: defer g.lock()().
func (g *GitHub) lock() (unlock func()) {
	g.mu.Lock()
	return g.unlock
}

// newID gives the next id. One counter for everything: an id met in the wrong
// place is found nowhere.
func (g *GitHub) newID() int64 {
	g.lastID++
	return g.lastID
}

func (g *GitHub) now() time.Time { return g.options.Now().UTC() }

// wall is the time by which clients of the API live: their own.
func (g *GitHub) wall() time.Time { return g.options.Wall().UTC() }

// api and html build the two kinds of addresses that answers and payloads carry.
func (g *GitHub) api(format string, args ...any) string {
	return g.base + apiPrefix + fmt.Sprintf(format, args...)
}

func (g *GitHub) html(format string, args ...any) string {
	return g.base + fmt.Sprintf(format, args...)
}
