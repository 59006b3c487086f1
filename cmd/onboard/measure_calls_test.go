package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// timed is the App at work for a simulated GitHub in this process, whose clock can
// be moved: nights pass at once.
type timed struct {
	m     *measuring
	story *demo.Story
	app   *app.App
	ahead atomic.Int64
	hook  string
}

func (m *measuring) timed(database string, change func(*app.Config)) *timed {
	m.t.Helper()
	w := &timed{m: m}
	w.story = m.story(fakegithub.Options{Now: w.now, Wall: time.Now})
	config := demo.Config(w.story, database, "127.0.0.1:0")
	change(&config)
	ctx, cancel := context.WithCancel(context.Background())
	onboard, err := app.New(ctx, config, zerolog.Nop(), app.WithClock(w.now))
	require.NoError(m.t, err)
	stopped := make(chan error, 1)
	go func() { stopped <- onboard.Run(ctx) }()
	m.t.Cleanup(func() {
		cancel()
		require.NoError(m.t, <-stopped)
	})
	w.app, w.hook = onboard, onboard.URL()+app.HookPath
	w.story.GitHub.SetWebhookURL(w.story.App, w.hook)
	require.NoError(m.t, w.story.GitHub.Wait(m.t.Context(), w.story.Ready))
	w.settle()
	return w
}

func (w *timed) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// settle waits until everything that happened has been dealt with.
func (w *timed) settle() {
	w.m.t.Helper()
	ctx, cancel := context.WithTimeout(w.m.t.Context(), 20*time.Minute)
	defer cancel()
	for range 2 { // the work causes deliveries, of the App's own acts
		require.NoError(w.m.t, w.story.GitHub.Settled(ctx))
		require.NoError(w.m.t, w.app.Idle(ctx))
	}
}

// later moves the clock and settles.
func (w *timed) later(d time.Duration) {
	w.ahead.Add(int64(d))
	w.app.Wake()
	w.settle()
}

// Until when a look has come: after a push, and at night.
const (
	soon  = 10 * time.Minute
	night = 27 * time.Hour
)

// during are the calls that something causes.
func (w *timed) during(do func()) []fakegithub.Call {
	w.m.t.Helper()
	before := len(w.story.GitHub.Calls())
	do()
	w.settle()
	return w.story.GitHub.Calls()[before:]
}

// calls counts the calls of GitHub's API that things take.
func (m *measuring) calls() {
	accept := func(how string) *timed {
		return m.timed(m.databases()[0].make(), func(c *app.Config) { c.Start.Accept = how })
	}
	begin := func(w *timed, author string) (*demo.Story, []fakegithub.Call) {
		s := w.story.Another(author, "mattermost-plugin-hello")
		w.settle()
		return s, w.during(func() { s.Issue = s.Plugin.OpenIssue(s.Alice, "To the community server, please", "/onboard") })
	}
	w := accept(app.AcceptRequired)
	_, started := begin(w, "first")
	m.count("calls of /onboard, until all check runs are there", "", float64(len(started)), atMost(40))
	w = accept(app.AcceptNone)
	s, started := begin(w, "second")
	m.count("calls of /onboard, with the review PR", "", float64(len(started)), atMost(55))

	text := func(n int) *string { t := fmt.Sprintf("# Changed %d", n); return &t }
	push := func(n int) {
		s.Plugin.Push(s.Alice, "Change three files", map[string]*string{"README.md": text(n), "docs.md": text(n + 1), "server/notes.md": text(n + 2)})
	}
	w.later(soon)
	m.count("calls of a push of 3 files", "", float64(len(w.during(func() { push(1) }))), goal{})
	oscar := w.story.Oscar
	m.count("calls of a label that has to be taken off again", "", float64(len(w.during(func() { s.Issue.AddLabel(oscar, "stage:qa") }))), goal{})
	m.count("calls of a label that is none of ours", "", float64(len(w.during(func() { s.Issue.AddLabel(oscar, "help wanted") }))), atMost(0))
	m.count("calls of a comment without a command", "", float64(len(w.during(func() { s.Issue.Comment(oscar, "Nice!") }))), atMost(0))

	w.later(soon)
	w.later(night)
	reads, writes := ofInstallations(w.during(func() { w.later(night) }))
	m.count("calls of a nightly look, nothing changed", "", float64(reads+writes), atMost(3))
	deaf := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer deaf.Close()
	w.story.GitHub.SetWebhookURL(w.story.App, deaf.URL) // GitHub takes the push for delivered
	push(4)
	w.settle()
	w.story.GitHub.SetWebhookURL(w.story.App, w.hook)
	reads, writes = ofInstallations(w.during(func() { w.later(night) }))
	m.count("reads of a nightly look, a push was missed", "", float64(reads), atMost(8))
	m.count("writes of it: a review commit and its check runs", "", float64(writes), goal{})

	out, err := exec.CommandContext(m.t.Context(), m.program, "demo", "--once", "--json", "--listen", "127.0.0.1:0").Output()
	require.NoError(m.t, err)
	var result demo.Result
	require.NoError(m.t, json.Unmarshal(out, &result))
	m.count("calls of a whole climb", "", float64(result.APICalls), atMost(200))
}
