package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
)

const (
	deliveriesRoute = "/app/hook/deliveries"
	payloadRoute    = "/app/hook/deliveries/{delivery_id}"
	attemptsRoute   = "/app/hook/deliveries/{delivery_id}/attempts"
)

// asked counts the calls of a route.
func (w *world) asked(route string) (n int) {
	for _, c := range w.GitHub.Calls() {
		if c.Route == route {
			n++
		}
	}
	return n
}

// losesItsDatabase stops the App, which is to begin anew with an empty one.
func (w *world) losesItsDatabase() {
	w.t.Helper()
	w.stop()
	w.config.Database.URL = storetest.URL(w.t)
}

// sentAgainTwice are the events of which the App asked for so much.
func (w *world) sentAgainTwice() (events []string) {
	times := map[string]int{}
	for _, d := range w.GitHub.Deliveries() {
		if times[d.GUID]++; d.Redelivery && times[d.GUID] == 3 {
			events = append(events, d.Event)
		}
	}
	return events
}

// sweeps lets the App look for what failed, which it does a while after the last time,
// and do what comes of it.
func (w *world) sweeps() {
	w.t.Helper()
	w.later(time.Minute)
	w.later(2 * time.Minute)
}

func TestWhatCameWhileTheAppWasDownIsSentAgain(t *testing.T) {
	for name, url := range map[string]string{"nobody answered": "", "an error was answered": "/nowhere"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if url != "" {
				url = w.app.URL() + url
			}
			w.GitHub.SetWebhookURL(w.App, url)
			comment := w.say(w.Alice, "/onboard")
			w.stop()
			w.start()
			w.sweeps()
			assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
			w.later(70 * time.Minute)
			assert.Empty(t, w.sentAgainTwice(), "what arrived is not asked for again")
		})
	}
}

func TestAProgramThatIsStartedOverAndOverDoesNotUseUpTheCalls(t *testing.T) {
	w := newWorld(t)
	w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "/onboard")
	for range 250 { // three pages of what GitHub keeps
		w.Issue.Comment(w.Alice, "Well")
	}
	w.settle()
	w.later(time.Hour)
	w.say(w.Alice, "Well")
	w.later(70 * time.Minute)
	lists := w.asked(deliveriesRoute)
	for range 5 {
		w.stop()
		w.start()
	}
	assert.Equal(t, lists, w.asked(deliveriesRoute), "one began just before")
	w.later(2 * time.Minute)
	w.stop()
	comment := w.Issue.Comment(w.Alice, "/onboard help")
	require.NoError(t, w.GitHub.Settled(t.Context()))
	lists = w.asked(deliveriesRoute)
	w.start()
	w.sweeps()
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
	assert.Equal(t, lists+1, w.asked(deliveriesRoute), "only what is new is read")
}

func TestAnAppThatIsStoppedInItsFirstMinuteMissesNothingForLong(t *testing.T) {
	w := newStage(t)
	w.clock.Add(int64(4 * 24 * time.Hour)) // GitHub no longer keeps that the App was installed
	w.start()
	w.GitHub.SetWebhookURL(w.App, "")
	comment := w.say(w.Alice, "/onboard help")
	w.stop()
	w.start()
	w.later(16 * time.Second)
	w.later(time.Second)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
}

// TestHowFarALookForWhatFailedCameIsKeptOnTheWay: a program that is killed in each of
// them comes to the newest all the same.
func TestHowFarALookForWhatFailedCameIsKeptOnTheWay(t *testing.T) {
	w := newStage(t)
	w.with = []app.Option{app.WithGrace(time.Millisecond)}
	w.start()
	w.GitHub.SetWebhookURL(w.App, "")
	var last time.Time
	for i := range 50 {
		w.ago(time.Duration(-10-i)*time.Minute, func() {
			w.Plugin.OpenIssue(w.Alice, "It fails", "Sometimes.")
			require.NoError(t, w.GitHub.Settled(t.Context()))
		})
		if deliveries := w.GitHub.Deliveries(); i == 39 {
			last = deliveries[len(deliveries)-1].DeliveredAt
		}
	}
	w.GitHub.SetWebhookURL(w.App, w.app.URL()+app.HookPath)
	asked := w.asked(attemptsRoute)
	w.GitHub.Inject(fakegithub.Fault{Method: http.MethodPost, Route: attemptsRoute, Skip: 44, Delay: time.Hour})
	w.clock.Add(int64(70 * time.Minute))
	w.app.Wake()
	require.Eventually(t, func() bool { return w.asked(attemptsRoute) >= asked+44 }, 10*time.Second, time.Millisecond)
	s, err := store.OpenToRead(t.Context(), w.config.Database.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	swept, err := s.Swept(t.Context())
	require.NoError(t, err)
	assert.WithinDuration(t, last, swept, 5*time.Minute, "all but the last ones")
}

func TestAClockThatIsAheadHidesNothingThatFailed(t *testing.T) {
	w := newStage(t)
	w.past.Store(int64(3 * time.Hour))
	w.clock.Add(int64(3 * time.Hour)) // of which GitHub's knows nothing
	w.start()
	w.say(w.Alice, "/onboard")
	w.later(70 * time.Minute)
	w.GitHub.SetWebhookURL(w.App, "")
	comment := w.say(w.Alice, "/onboard help")
	w.GitHub.SetWebhookURL(w.App, w.app.URL()+app.HookPath)
	w.later(70 * time.Minute)
	w.later(time.Minute)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
}

func TestRecoverBringsBackWhatWasAnsweredAndIsNotOnRecord(t *testing.T) {
	w := newWorld(t)
	comment := w.say(w.Alice, "/onboard")
	w.Plugin.Push(w.Alice, "More", map[string]*string{"more.txt": ptr("more")})
	w.settle()
	other := w.GitHub.CreateRepository(w.Alice, "mattermost-plugin-other", map[string]string{"README.md": "# X"})
	other.Push(w.Alice, "More", map[string]*string{"more.txt": ptr("more")})
	w.settle()

	w.losesItsDatabase()
	w.start()
	w.later(70 * time.Minute)
	assert.Zero(t, w.stored(), "GitHub recorded no failure")

	w.stop()
	w.with = []app.Option{app.WithRecovery()}
	w.start()
	w.sweeps()
	assert.Positive(t, w.stored())
	assert.Equal(t, w.Alice.ID, w.record().Starter.ID)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
	assert.Len(t, w.Issue.Comments(), 2, "the command, and one status comment")
	twice := w.sentAgainTwice() // once when the App began, and now
	w.later(70 * time.Minute)
	assert.Equal(t, twice, w.sentAgainTwice(), "only at the start")
	for _, d := range w.GitHub.Deliveries() {
		assert.False(t, d.Redelivery && d.Event == "push" && strings.Contains(string(d.Payload), "mattermost-plugin-other"), "what cannot concern anybody is not asked for")
	}
}

// closed is a world in which GitHub cannot reach the App, which pulls.
func closed(t *testing.T) *world {
	w := newStage(t)
	w.with = []app.Option{app.WithPull()}
	w.start()
	w.GitHub.SetWebhookURL(w.App, "")
	return w
}

// pulls lets the App read what GitHub has for it.
func (w *world) pulls() {
	w.t.Helper()
	w.later(15 * time.Second)
	w.later(15 * time.Second) // what its own acts caused
}

func TestPullWorksWithoutAnyInboundWebhook(t *testing.T) {
	w := closed(t)
	comment := w.say(w.Alice, "/onboard")
	w.pulls()
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
	assert.Equal(t, "failure", w.run("licence").Conclusion)
	halp := w.say(w.Alice, "/onboard halp")
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": ptr("x")})
	w.pulls()
	assert.Equal(t, []string{"eyes", "confused"}, reacted(halp))
	assert.Len(t, w.answers(), 1)
	assert.Zero(t, w.asked(attemptsRoute), "nothing is sent again in vain")
	for _, d := range w.GitHub.Deliveries() {
		assert.NotEqual(t, http.StatusAccepted, d.StatusCode)
	}

	payloads, lists := w.asked(payloadRoute), w.asked(deliveriesRoute)
	for range 10 {
		w.later(15 * time.Second)
	}
	assert.Equal(t, payloads, w.asked(payloadRoute), "each is read once")
	assert.LessOrEqual(t, w.asked(deliveriesRoute)-lists, 10, "one list each time")

	w.later(time.Hour) // beyond what is read twice
	w.say(w.Alice, "/onboard help")
	w.pulls()
	calls := w.GitHub.Calls()
	w.stop()
	w.start()
	for _, call := range w.GitHub.Calls()[len(calls):] {
		assert.NotContains(t, call.Path, "cursor=", "the cursor outlives the process")
	}
}

func TestPullReadsWhatCameInThreeDaysOfAbsence(t *testing.T) {
	w := closed(t)
	w.stop()
	var comments []*fakegithub.Comment
	w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "/onboard")
	for range 130 { // more than a page, and than one run takes
		comments = append(comments, w.Issue.Comment(w.Alice, "/onboard help"))
	}
	w.clock.Add(int64(2 * 24 * time.Hour))
	w.start()
	w.pulls()
	w.later(2 * time.Hour) // ceilings, and what a person may ask an hour
	answered := 0
	for _, c := range comments {
		if len(reacted(c)) == 2 {
			answered++
		}
	}
	assert.Equal(t, len(comments), answered)
}

func TestPullWaitsForGitHubAndLosesNothing(t *testing.T) {
	for name, fault := range map[string]fakegithub.Fault{
		"the list fails":      {Route: deliveriesRoute, Status: http.StatusBadGateway},
		"a payload fails":     {Route: payloadRoute, Status: http.StatusBadGateway},
		"the list is cut":     {Route: deliveriesRoute, Cut: fakegithub.CutHalf},
		"a payload is cut":    {Route: payloadRoute, Cut: fakegithub.CutHalf},
		"GitHub limits calls": {Route: payloadRoute, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := closed(t)
			back := w.GitHub.Inject(fault)
			comment := w.say(w.Alice, "/onboard")
			for range 5 {
				w.later(6 * time.Minute)
			}
			assert.Empty(t, reacted(comment))
			calls := len(w.GitHub.Calls())
			w.later(time.Minute)
			assert.LessOrEqual(t, len(w.GitHub.Calls())-calls, 4, "less and less often")
			back()
			w.later(6 * time.Minute)
			w.pulls()
			assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
			stats, err := w.app.QueueStats(t.Context())
			require.NoError(t, err)
			assert.Zero(t, stats.Parked)
		})
	}
}

func TestWithoutPullTheRowThatPulledIsGone(t *testing.T) {
	w := closed(t)
	w.pulls()
	w.stop()
	w.with = nil
	w.start()
	lists := w.asked(deliveriesRoute)
	w.later(15 * time.Second)
	w.later(15 * time.Second)
	assert.Equal(t, lists, w.asked(deliveriesRoute))
}

func TestWhatWaitedLongestIsLookedAtHourly(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	w.later(soon)
	swallows := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer swallows.Close()
	w.GitHub.SetWebhookURL(w.App, swallows.URL) // nobody hears of what happens, and GitHub thinks that all is well
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.later(2 * time.Hour)
	require.EqualValues(t, "fail", w.results()["licence"].Outcome, "six hours have not passed")
	w.later(5 * time.Hour)
	require.EqualValues(t, "pass", w.results()["licence"].Outcome, "long before the night")
	w.later(soon) // the look that follows what it wrote
	calls := w.asked("/repos/{owner}/{repo}/branches/{branch}")
	w.later(61 * time.Minute)
	assert.Equal(t, calls, w.asked("/repos/{owner}/{repo}/branches/{branch}"), "it has not waited any more")
}

func ptr(s string) *string { return &s }

func TestLookingForWhatFailedLeavesTheAppCallsForTokens(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	before := w.asked(attemptsRoute)
	w.GitHub.SetAppRateLeft(w.App, 100, 51)
	w.GitHub.SetWebhookURL(w.App, "")
	for range 20 {
		w.Issue.Comment(w.Alice, "/onboard help")
	}
	require.NoError(t, w.GitHub.Settled(t.Context()))
	w.GitHub.SetWebhookURL(w.App, w.app.URL()+app.HookPath)
	w.later(70 * time.Minute)
	assert.LessOrEqual(t, w.asked(attemptsRoute), before+2, "of 20")
	comment := w.say(w.Alice, "/onboard help")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment), "people do not wait for it")
}
