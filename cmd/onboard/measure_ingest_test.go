package main

import (
	"io"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// How much is sent, and how often.
const (
	floodSize   = 2500 // deliveries of a round, as fast as they are answered
	floodRounds = 5
	pacedRounds = 3
	pacedFor    = 3 * time.Second
)

// target is a server that deliveries are sent to.
type target struct {
	name string
	*server
}

// ingest measures what a delivery costs until it is answered. Work begins late, so
// that none is done meanwhile.
func (m *measuring) ingest() {
	story := m.story(fakegithub.Options{})
	made := m.deliveries(story)
	bare, durable := target{"bare floor", m.floor(made.secret, false)}, target{"durable floor", m.floor(made.secret, true)}
	ours := []target{}
	for _, engine := range m.databases() {
		ours = append(ours, target{engine.name, m.onboard(story, engine.make(), "ONBOARD_QUEUE_DEBOUNCE=1h")})
	}
	all := append([]target{bare, durable}, ours...)
	for _, t := range all {
		m.up(t.server)
	}
	require.NoError(m.t, story.GitHub.Wait(m.t.Context(), story.Ready)) // the template is read
	m.stored(made, all)
	m.paced(made, all)
	m.ignored(made, bare, ours[0])
	m.forgedOnes(made, bare, ours[0])
	m.unsigned(ours[0])
}

// commands are deliveries with commands, one for each of many repositories.
func (m *measuring) commands(made *made, n int) [][]byte {
	var requests [][]byte
	for i := range n {
		requests = append(requests, made.signed("issue_comment", made.command(i%200)))
	}
	return requests
}

// flood sends deliveries and returns how many were answered a second, and what
// processor time 1,000 of them took, in ms.
func (m *measuring) flood(t target, requests [][]byte, want int) (rate, cpu float64) {
	m.t.Helper()
	before := t.cpu()
	l := m.send(t.address, requests, 0)
	require.Equal(m.t, map[int]int{want: len(requests)}, l.statuses, t.name)
	n := float64(len(requests))
	return n / l.took.Seconds(), (t.cpu() - before).Seconds() * 1000 / n * 1000
}

// stored measures what is stored before it is answered; all are of equal size.
func (m *measuring) stored(made *made, all []target) {
	rates, cpus := make([][]float64, len(all)), make([][]float64, len(all))
	for range floodRounds {
		for i, t := range all {
			rate, cpu := m.flood(t, m.commands(made, floodSize), http.StatusAccepted)
			rates[i], cpus[i] = append(rates[i], rate), append(cpus[i], cpu)
		}
	}
	for i, t := range all[2:] {
		least := goal{}
		if i == 0 {
			least = atLeastOfFloor(0.5)
		}
		m.add("stored and acknowledged, "+t.name, "acks/s", rates[i+2], "durable floor", rates[1], least)
	}
	for i, t := range all[2:] {
		m.add("processor for 1,000 of them, "+t.name, "ms", cpus[i+2], "bare floor", cpus[0], atMostOfFloor(5))
	}
}

// paced measures how long an answer takes when 300 deliveries come a second.
func (m *measuring) paced(made *made, all []target) {
	const rate = 300
	var things []func() float64
	for _, t := range all {
		things = append(things, func() float64 {
			l := m.send(t.address, m.commands(made, int(rate*pacedFor.Seconds())), rate)
			return quantile(l.latencies, 0.99)
		})
	}
	p99 := rounds(pacedRounds, things...)
	for i, t := range all[2:] {
		m.add("p99 of an ack at 300/s, "+t.name, "ms", p99[i+2], "durable floor", p99[1], atMost(5))
	}
}

// ignored measures what concerns nobody.
func (m *measuring) ignored(made *made, bare, ours target) {
	for _, kind := range []struct {
		what, event string
		payload     []byte
	}{
		{"a comment without a command", "issue_comment", made.comment},
		{"an event that nothing handles", "workflow_run", made.comment},
		{"a check suite of a push", "check_suite", made.suite},
		{"a push to a repository that is not on record", "push", made.push},
	} {
		m.both("processor for 1,000 times "+kind.what, bare, ours, http.StatusAccepted, 2, func() []byte { return made.signed(kind.event, kind.payload) })
	}
}

// forgedOnes measures what somebody else signed.
func (m *measuring) forgedOnes(made *made, bare, ours target) {
	m.both("processor for 1,000 forged signatures", bare, ours, http.StatusUnauthorized, 1.5, func() []byte { return made.forged("issue_comment", made.comment) })
}

// both measures the processor time of a kind of delivery in turns with the bare floor's.
func (m *measuring) both(what string, bare, ours target, want int, limit float64, delivery func() []byte) {
	flood := func(t target) func() float64 {
		return func() float64 {
			var requests [][]byte
			for range floodSize {
				requests = append(requests, delivery())
			}
			_, cpu := m.flood(t, requests, want)
			return cpu
		}
	}
	cpu := rounds(floodRounds, flood(bare), flood(ours))
	m.add(what, "ms", cpu[1], "bare floor", cpu[0], atMostOfFloor(limit))
}

// unsigned measures what 200 MB of nobody's add to the memory.
func (m *measuring) unsigned(ours target) {
	before := ours.memory()
	most := ours.peak(func() {
		request, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, "http://"+ours.address+app.HookPath, io.LimitReader(zeros{}, 200e6))
		require.NoError(m.t, err)
		request.ContentLength = 200e6
		request.Header.Set("X-GitHub-Event", "issue_comment")
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil { // it hangs up on who sends on
			return
		}
		require.NoError(m.t, response.Body.Close())
		require.Equal(m.t, http.StatusUnauthorized, response.StatusCode)
	})
	m.count("memory that an unsigned body of 200 MB adds", "MB", max(0, most-before), atMost(32))
}
