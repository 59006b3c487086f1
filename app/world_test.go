package app_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

// world is the real App at work for the simulated GitHub, over real HTTP.
// Every call is checked against GitHub's own description.
type world struct {
	t *testing.T
	*demo.Story
	config app.Config
	app    *app.App
	stop   func()
	log    io.Writer    // where the App's whole log goes; nil: what is fatal goes to the test's
	clock  atomic.Int64 // how far ahead of ours the App's clock and GitHub's are, in nanoseconds
	with   []app.Option // for the next start
	past   atomic.Int64 // how far behind GitHub's is then: for making things of long ago
}

// newWorld starts a world in which alice has a plugin without a licence file.
func newWorld(t *testing.T, change ...func(*app.Config)) *world {
	t.Helper()
	w := newStage(t)
	for _, c := range change {
		c(&w.config)
	}
	w.start()
	return w
}

// newStage makes that world without starting the App.
func newStage(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	now := func() time.Time { return time.Now().Add(time.Duration(w.clock.Load() - w.past.Load())) }
	w.past.Store(int64(time.Hour)) // the plugin is older than its onboarding
	story, err := demo.NewStage(fakegithub.Options{Wrap: conformance.Check(t), Now: now, Wall: time.Now})
	require.NoError(t, err)
	story.Plugin = story.GitHub.CreateRepository(story.Alice, "mattermost-plugin-hello", helloPlugin)
	w.past.Store(0)
	t.Cleanup(func() { require.NoError(t, story.GitHub.Close()) })
	w.Story, w.config = story, demo.Config(story, storetest.URL(t), "127.0.0.1:0")
	w.config.Queue.Debounce = time.Millisecond
	w.config.Writes.Burst = 10_000 // what takes people days happens here within a second
	return w
}

// ago does something at an earlier time of GitHub's.
func (w *world) ago(d time.Duration, do func()) {
	w.past.Store(int64(d))
	do()
	w.past.Store(0)
}

// start starts the App; the cleanup stops it if the test did not.
func (w *world) start() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	log := logTo(w.t)
	if w.log != nil {
		log = zerolog.New(w.log).Level(zerolog.DebugLevel)
	}
	onboard, err := app.New(ctx, w.config, log, append(w.with, app.WithClock(func() time.Time {
		return time.Now().Add(time.Duration(w.clock.Load()))
	}))...)
	require.NoError(w.t, err)
	w.app = onboard
	w.GitHub.SetWebhookURL(w.App, onboard.URL()+app.HookPath)
	w.GitHub.SetCallbackURLs(w.App, onboard.URL()+app.CallbackPath)
	stopped := make(chan error, 1)
	go func() { stopped <- onboard.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err, running := <-stopped; running {
			require.NoError(w.t, err)
			close(stopped)
		}
	}
	w.t.Cleanup(func() { w.stop() })
	w.settle() // housekeeping
}

func logTo(t *testing.T) zerolog.Logger {
	return zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.FatalLevel)
}

// logInto logs all into a buffer that nobody reads before the App ended.
func logInto(b *bytes.Buffer) zerolog.Logger {
	return zerolog.New(zerolog.SyncWriter(b)).Level(zerolog.TraceLevel)
}

// soon is by when the look after a push has come.
const soon = 9 * time.Minute

// night is by when the nightly look has come: a day, and 10 % of it.
const night = 27 * time.Hour

// later moves the clock and settles.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	w.clock.Add(int64(d))
	w.app.Wake()
	w.settle()
}

// get reads a page of the App.
func (w *world) get(path string) (status int, body string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.app.URL()+path, nil)
	require.NoError(w.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(w.t, errors.Join(err, response.Body.Close()))
	return response.StatusCode, string(content)
}

// settle waits until every delivery was answered and nothing is left to do.
func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	for range 2 { // the work causes more deliveries: of the App's own acts, and those that it asks for again
		require.NoError(w.t, w.GitHub.Settled(ctx))
		require.NoError(w.t, w.app.Idle(ctx))
	}
	require.NoError(w.t, w.GitHub.Settled(ctx))
}

// say comments on the plugin's issue, which alice opens first, and settles.
func (w *world) say(by *fakegithub.User, body string) *fakegithub.Comment {
	w.t.Helper()
	if w.Issue == nil {
		w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "")
	}
	comment := w.Issue.Comment(by, body)
	w.settle()
	return comment
}

// answers are the App's comments on the issue, without the status comment and what
// tells people of their turn.
func (w *world) answers() []string {
	var bodies []string
	for _, c := range w.Issue.Comments() {
		if c.Author == "onboard[bot]" && !strings.Contains(c.Body, "<!-- onboard:status") && !strings.Contains(c.Body, "<!-- onboard:turn:") {
			bodies = append(bodies, c.Body)
		}
	}
	return bodies
}

// status is the status comment; "" if there is none.
func (w *world) status() string {
	w.t.Helper()
	status := ""
	for _, c := range w.Issue.Comments() {
		if c.Author == "onboard[bot]" && strings.Contains(c.Body, "<!-- onboard:status") {
			require.Empty(w.t, status, "there is one status comment")
			status = c.Body
		}
	}
	return status
}

// run is the latest check run of a stage, where check runs are at present.
func (w *world) run(stage string) fakegithub.CheckRun {
	w.t.Helper()
	runs := w.Plugin.CheckRuns(w.Carrier())
	i := slices.IndexFunc(runs, func(r fakegithub.CheckRun) bool { return r.Name == "onboarding/"+stage })
	require.GreaterOrEqual(w.t, i, 0, "there is no check run for %s", stage)
	return runs[i]
}

// writes counts the calls that change a repository.
func (w *world) writes() int {
	n := 0
	for _, c := range w.GitHub.Calls() {
		if c.Write {
			n++
		}
	}
	return n
}

// stored counts the deliveries that the database holds.
func (w *world) stored() int {
	w.t.Helper()
	s, err := store.OpenToRead(w.t.Context(), w.config.Database.URL)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, s.Close()) }()
	var n int
	require.NoError(w.t, s.Read().QueryRowContext(w.t.Context(), `SELECT COUNT(*) FROM delivery`).Scan(&n))
	return n
}

func reacted(c *fakegithub.Comment) []string {
	var contents []string
	for _, r := range c.Reactions() {
		contents = append(contents, r.Content)
	}
	return contents
}

// post sends a request to the App's webhook address and returns the status.
func (w *world) post(body string, header http.Header) int {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.app.URL()+app.HookPath, strings.NewReader(body))
	require.NoError(w.t, err)
	request.Header = header
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	return response.StatusCode
}
