package metrics

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/store"
)

// Sources are what is asked when somebody reads the metrics.
type Sources struct {
	Queue interface {
		Stats(ctx context.Context) (queue.Stats, error)
	}
	Record interface {
		StageTimes(ctx context.Context, now time.Time) ([]store.StageTime, error)
		Onboardings(ctx context.Context) (map[string]int, error)
	}
	GitHub interface {
		Budgets() []ghapi.Budget
		Health() *ghapi.Health
	}
	Now func() time.Time
	Log zerolog.Logger
}

const (
	// scrapeTimeout bounds what reading the metrics costs the database.
	scrapeTimeout = 5 * time.Second
	// countedFor is how long the sums over all onboardings are kept: they are read
	// from thousands of rows, and a minute changes nothing.
	countedFor = time.Minute
	// maxBudgets bounds the budgets that are shown: those with the least left.
	maxBudgets = 100
)

// Watch shows what the sources say, from now on.
func (m *Metrics) Watch(sources Sources) {
	m.registry.MustRegister(&watcher{Sources: sources, bounds: m.bounds, failures: map[string]float64{}})
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("onboard_"+name, help, labels, nil)
}

var (
	queueKeys       = describe("queue_keys", "Keys of the queue by state: idle, waiting, running, retrying or parked.", "state")
	queueHeld       = describe("queue_held_keys", "Keys of the queue that wait because GitHub is unavailable.")
	queueDeliveries = describe("queue_deliveries", "Deliveries that are not handled, by state: waiting or parked.", "state")
	queueOldest     = describe("queue_oldest_delivery_seconds", "Age of the oldest delivery that waits to be handled; 0 if none does.")
	budgetLimit     = describe("github_budget_limit", "Calls an hour that GitHub allows an installation; 0 is the App itself. The 100 installations with the least left.", "installation", "resource")
	budgetRemaining = describe("github_budget_remaining", "Calls that GitHub still allows an installation until the reset.", "installation", "resource")
	budgetReset     = describe("github_budget_reset_timestamp_seconds", "When the installation's budget is full again, in Unix seconds.", "installation", "resource")
	githubFailing   = describe("github_failing_seconds", "Time since when GitHub does not answer; 0 while it does.")
	stageSeconds    = describe("stage_seconds_total", "Time that the stages of all onboardings were a party's turn, by stage and party.", "stage", "party")
	onboardings     = describe("onboardings", "Onboardings by state: started, accepted, held, paused, withdrawn or complete.", "state")
	scrapeFailures  = describe("scrape_failures_total", "Times that a part of the metrics could not be read, by part.", "part")
)

// watcher asks the sources.
type watcher struct {
	Sources
	bounds Bounds

	mu       sync.Mutex
	failures map[string]float64
	counted  time.Time // when the sums were made
	times    []store.StageTime
	states   map[string]int
}

// Describe implements prometheus.Collector.
func (w *watcher) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		queueKeys, queueHeld, queueDeliveries, queueOldest, budgetLimit, budgetRemaining, budgetReset, githubFailing,
		stageSeconds, onboardings, scrapeFailures,
	} {
		all <- d
	}
}

// Collect implements prometheus.Collector.
func (w *watcher) Collect(all chan<- prometheus.Metric) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	show := func(d *prometheus.Desc, value float64, labels ...string) {
		all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	w.failed("queue", w.queue(ctx, show))
	w.failed("onboardings", w.onboardings(ctx, all, show))
	w.github(show)
	for part, n := range w.failures {
		all <- prometheus.MustNewConstMetric(scrapeFailures, prometheus.CounterValue, n, part)
	}
}

// failed counts a part that could not be read, if it could not.
func (w *watcher) failed(part string, err error) {
	if w.failures[part] += 0; err == nil {
		return
	}
	w.failures[part]++
	w.Log.Warn().Err(err).Str("part", part).Msg("a part of the metrics cannot be read")
}

type shower func(d *prometheus.Desc, value float64, labels ...string)

func (w *watcher) queue(ctx context.Context, show shower) error {
	s, err := w.Queue.Stats(ctx)
	if err != nil {
		return err //nolint:wrapcheck // it says what it is about
	}
	for state, n := range map[string]int{"idle": s.Idle, "waiting": s.Waiting, "running": s.Running, "retrying": s.Retrying, "parked": s.Parked} {
		show(queueKeys, float64(n), state)
	}
	show(queueHeld, float64(s.Held))
	show(queueDeliveries, float64(s.Unhandled-s.ParkedDeliveries), "waiting")
	show(queueDeliveries, float64(s.ParkedDeliveries), "parked")
	show(queueOldest, s.OldestWaiting.Seconds())
	return nil
}

// onboardings shows the sums over all onboardings. They are made once a minute.
func (w *watcher) onboardings(ctx context.Context, all chan<- prometheus.Metric, show shower) error {
	if now := w.Now(); w.counted.IsZero() || now.Sub(w.counted) >= countedFor || now.Before(w.counted) {
		times, err := w.Record.StageTimes(ctx, now)
		if err != nil {
			return err //nolint:wrapcheck // it says what it is about
		}
		states, err := w.Record.Onboardings(ctx)
		if err != nil {
			return err //nolint:wrapcheck // it says what it is about
		}
		w.times, w.states, w.counted = times, states, now
	}
	type turn struct{ stage, party string }
	sums := map[turn]float64{}
	for _, t := range w.times {
		sums[turn{within(w.bounds.Stages, t.Stage), within(w.bounds.Parties, string(t.Party))}] += t.Spent.Seconds()
	}
	for t, seconds := range sums {
		all <- prometheus.MustNewConstMetric(stageSeconds, prometheus.CounterValue, seconds, t.stage, t.party)
	}
	for _, state := range store.OnboardingStates {
		show(onboardings, float64(w.states[state]), state)
	}
	return nil
}

func (w *watcher) github(show shower) {
	budgets := w.GitHub.Budgets()
	for _, b := range budgets[:min(len(budgets), maxBudgets)] {
		installation := strconv.FormatInt(b.Installation, 10)
		show(budgetLimit, float64(b.Limit), installation, b.Resource)
		show(budgetRemaining, float64(b.Remaining), installation, b.Resource)
		show(budgetReset, float64(b.Reset.Unix()), installation, b.Resource)
	}
	seconds := 0.0
	if since, _, failing := w.GitHub.Health().Failing(); failing {
		seconds = max(0, time.Since(since).Seconds())
	}
	show(githubFailing, seconds)
}
