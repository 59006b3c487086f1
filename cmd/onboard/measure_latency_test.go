package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

// What comes while GitHub is slow.
const (
	busyPlugins = 200
	busyRate    = 200 // deliveries a second
	busyFor     = 4 * time.Second
	busyRounds  = 3
)

// latency measures how long acks take while there is work and GitHub is slow: how
// slow it is must not matter to whoever delivers.
func (m *measuring) latency() {
	story := m.story(fakegithub.Options{})
	said := m.said(story)
	floor := m.up(m.floor(story.App.WebhookSecret, true))
	for _, engine := range m.databases() {
		refused, memory := 0, 0.0
		slow := func(delay time.Duration) func() float64 {
			return func() float64 {
				story.GitHub.SetLatency(0)
				s := m.up(m.onboard(story, engine.make()))
				defer s.stop()
				require.NoError(m.t, story.GitHub.Wait(m.t.Context(), story.Ready))
				story.GitHub.SetLatency(delay)
				var l sent
				memory = max(memory, s.peak(func() { l = m.send(s.address, said, busyRate) }))
				refused += len(said) - l.statuses[http.StatusAccepted]
				return quantile(l.latencies, 0.99)
			}
		}
		p99 := rounds(busyRounds,
			func() float64 { return quantile(m.send(floor.address, said, busyRate).latencies, 0.99) },
			slow(100*time.Millisecond), slow(500*time.Millisecond))
		story.GitHub.SetLatency(0)
		m.add("p99 of an ack at 200/s, GitHub at 100 ms a call, "+engine.name, "ms", p99[1], "durable floor", p99[0], atMost(25))
		m.add("the same, GitHub at 500 ms a call, "+engine.name, "ms", p99[2], "that at 100 ms", p99[1], atMostOfFloor(1.5))
		m.count("deliveries refused meanwhile, "+engine.name, "", float64(refused), atMost(0))
		m.count("most memory meanwhile, "+engine.name, "MB", memory, atMost(128))
	}
}

// said are deliveries of commands in many repositories, as the simulated GitHub
// makes them: nobody gives more than ten an hour.
func (m *measuring) said(story *demo.Story) (requests [][]byte) {
	m.t.Helper()
	story.GitHub.SetWebhookURL(story.App, "")
	var plugins []*demo.Story
	for i := range busyPlugins {
		s := story.Another(fmt.Sprintf("author%03d", i), "mattermost-plugin-hello")
		s.Issue = s.Plugin.OpenIssue(s.Alice, "An issue", "")
		plugins = append(plugins, s)
	}
	before := len(story.GitHub.Deliveries())
	for i := range int(busyRate * busyFor.Seconds()) {
		s := plugins[i%len(plugins)]
		s.Issue.Comment(s.Alice, "/onboard status")
	}
	for _, d := range story.GitHub.Deliveries()[before:] {
		if d.Event != "issue_comment" {
			continue
		}
		var request bytes.Buffer
		fmt.Fprintf(&request, "POST %s HTTP/1.1\r\nHost: onboard\r\nContent-Length: %d\r\n", app.HookPath, len(d.Payload))
		require.NoError(m.t, d.Headers.Write(&request))
		fmt.Fprint(&request, "\r\n")
		requests = append(requests, append(request.Bytes(), d.Payload...))
	}
	return requests
}

// visible measures how long the author waits until check runs are there, when
// GitHub takes 100 ms for a call.
func (m *measuring) visible() {
	const call = 100 * time.Millisecond
	story := m.story(fakegithub.Options{})
	s := m.up(m.onboard(story, m.databases()[0].make()))
	defer s.stop()
	story.GitHub.SetWebhookURL(story.App, "http://"+s.address+app.HookPath)
	require.NoError(m.t, story.GitHub.Wait(m.t.Context(), story.Ready))
	story.GitHub.SetLatency(call)
	var first, all []float64
	for i := range 3 {
		another := story.Another(fmt.Sprintf("waiting%d", i), "mattermost-plugin-hello")
		issue := another.Plugin.OpenIssue(another.Alice, "An issue", "")
		var began time.Time
		seen := func(runs int) float64 {
			ctx, cancel := context.WithTimeout(m.t.Context(), time.Minute)
			defer cancel()
			require.NoError(m.t, story.GitHub.Wait(ctx, func() bool { return len(another.Plugin.CheckRuns(another.Carrier())) >= runs }))
			return time.Since(began).Seconds()
		}
		began = time.Now()
		issue.Comment(another.Alice, "/onboard")
		first, all = append(first, seen(1)), append(all, seen(len(onboarding.Default().Stages)+len(onboarding.Default().Gates)))
	}
	floor := []float64{call.Seconds()}
	m.add("from /onboard to the first check run, GitHub at 100 ms a call", "s", first, "one call", floor, atMost(1))
	m.add("from /onboard to all of them", "s", all, "one call", floor, atMost(5))
}

// tokens counts how often the App exchanged its key for a token.
func tokens(calls []fakegithub.Call) (n int) {
	for _, c := range calls {
		if strings.HasSuffix(c.Route, "/access_tokens") {
			n++
		}
	}
	return n
}

// ofInstallations are the calls that count against an installation's limit. Answers
// 304 are free and counted here all the same: GitHub's ETags depend on the token, and
// at night none is left of the day before.
func ofInstallations(calls []fakegithub.Call) (reads, writes int) {
	for _, c := range calls {
		switch {
		case !strings.HasPrefix(c.Actor, "installation/"):
		case c.Write:
			writes++
		default:
			reads++
		}
	}
	return reads, writes
}
