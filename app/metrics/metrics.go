// Package metrics counts what operators want to know, and shows it to Prometheus
// on the admin port. It has no name of a person, a repository or a branch in it,
// and each label has few values, whatever people do.
package metrics

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/onboard-app/onboard/app/ghapi"
)

// Bounds are the values that labels may have; all others are "other".
type Bounds struct {
	Version string   // of this program
	Events  []string // of GitHub's webhooks, that something is done about
	Checks  []string
	Stages  []string
	Parties []string // whose turn a stage may be
}

// The fates of a delivery.
const (
	Stored  = "stored"  // it is worked off later
	Ignored = "ignored" // it concerns nobody
	Refused = "refused" // it was answered with an error
)

// Metrics counts. Its methods are safe for concurrent use.
type Metrics struct {
	bounds   Bounds
	registry *prometheus.Registry

	deliveries *prometheus.CounterVec
	acks       prometheus.Histogram
	runs       *prometheus.HistogramVec
	calls      *prometheus.CounterVec
	callTimes  *prometheus.HistogramVec
	retries    *prometheus.CounterVec
	waits      *prometheus.CounterVec
	tokens     *prometheus.CounterVec
	checks     *prometheus.HistogramVec
}

var _ ghapi.Observer = &Metrics{}

// The buckets of the histograms, in seconds.
var (
	ackBuckets   = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10}
	callBuckets  = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}
	runBuckets   = []float64{0.05, 0.25, 1, 5, 15, 60, 300}
	checkBuckets = []float64{0.01, 0.1, 0.5, 2, 10, 30, 120}
)

// New makes metrics. [Metrics.Watch] adds those that are read when somebody asks.
func New(bounds Bounds) *Metrics {
	m := &Metrics{
		bounds: bounds, registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "onboard_deliveries_total", Help: "Webhook deliveries by event and by what became of them: stored, ignored (it concerns nobody) or refused.",
		}, []string{"event", "outcome"}),
		acks: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "onboard_delivery_ack_seconds", Help: "Time from the arrival of a delivery to its answer, which follows the commit.", Buckets: ackBuckets,
		}),
		runs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "onboard_run_seconds", Help: "Runs of the queue's keys by kind of key and outcome: done, failed (and tried again), parked, held (by GitHub), stopped or lost.", Buckets: runBuckets,
		}, []string{"kind", "outcome"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "onboard_github_calls_total", Help: "Calls of GitHub's API by endpoint, as its description writes it, and status; none if there was no answer.",
		}, []string{"endpoint", "status"}),
		callTimes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "onboard_github_call_seconds", Help: "Time that calls of GitHub's API took, by method.", Buckets: callBuckets,
		}, []string{"method"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "onboard_github_retries_total", Help: "Reads that were sent to GitHub again, by reason: server, network or not_yet (what was written a moment ago is not found).",
		}, []string{"reason"}),
		waits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "onboard_github_waits_total", Help: "Times that work was given back before a call, by reason: limit (GitHub's) or pace (our own).",
		}, []string{"reason"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "onboard_github_token_exchanges_total", Help: "Exchanges for an installation's token by outcome: minted, refused or failed.",
		}, []string{"outcome"}),
		checks: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "onboard_check_seconds", Help: "Runs of the checks by check and outcome: pass, review, fail or error.", Buckets: checkBuckets,
		}, []string{"check", "outcome"}),
	}
	for vector, values := range map[*prometheus.CounterVec][]string{ // so that the first one is an increase, too
		m.retries: {"server", "network", "not_yet"}, m.waits: {"limit", "pace"}, m.tokens: {"minted", "refused", "failed"},
	} {
		for _, value := range values {
			vector.WithLabelValues(value)
		}
	}
	for _, event := range append([]string{other}, bounds.Events...) {
		for _, fate := range []string{Stored, Ignored, Refused} {
			m.deliveries.WithLabelValues(event, fate)
		}
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "onboard_build_info", Help: "Always 1; the label is this program's version."}, []string{"version"})
	build.WithLabelValues(bounds.Version).Set(1)
	m.registry.MustRegister(
		m.deliveries, m.acks, m.runs, m.calls, m.callTimes, m.retries, m.waits, m.tokens, m.checks, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Handler shows the metrics. What cannot be read is left out and counted.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, Registry: m.registry})
}

// Gatherer is where the metrics are read from by other means than HTTP.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Delivered counts a delivery, what became of it and how long its sender waited.
func (m *Metrics) Delivered(event, fate string, took time.Duration) {
	m.deliveries.WithLabelValues(within(m.bounds.Events, event), fate).Inc()
	m.acks.Observe(took.Seconds())
}

// kinds are the kinds of the queue's keys.
var kinds = []string{"repo", "installation", "housekeeping", "template", "server"}

// Ran counts a run of the queue.
func (m *Metrics) Ran(key, outcome string, took time.Duration) {
	kind, _, _ := strings.Cut(key, "/")
	m.runs.WithLabelValues(within(kinds, kind), outcome).Observe(took.Seconds())
}

// Called counts a call of GitHub's API.
func (m *Metrics) Called(endpoint string, status int, took time.Duration) {
	text := "none"
	switch {
	case status >= 100 && status < 600:
		text = strconv.Itoa(status)
	case status != 0:
		text = other
	}
	m.calls.WithLabelValues(endpoint, text).Inc()
	method, _, _ := strings.Cut(endpoint, " ")
	m.callTimes.WithLabelValues(method).Observe(took.Seconds())
}

// Retried counts a read that is sent again.
func (m *Metrics) Retried(why string) { m.retries.WithLabelValues(why).Inc() }

// Waited counts work that was given back before a call.
func (m *Metrics) Waited(why string) { m.waits.WithLabelValues(why).Inc() }

// Exchanged counts an exchange for a token.
func (m *Metrics) Exchanged(outcome string) { m.tokens.WithLabelValues(outcome).Inc() }

// Checked counts a run of a check.
func (m *Metrics) Checked(check, outcome string, took time.Duration) {
	m.checks.WithLabelValues(within(m.bounds.Checks, check), outcome).Observe(took.Seconds())
}

// other is the value of labels that have too many.
const other = "other"

// within is a value if it is one of those, and else other.
func within(values []string, value string) string {
	if slices.Contains(values, value) {
		return value
	}
	return other
}
