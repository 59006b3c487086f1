package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// reasons is what /readyz tells beside 200.
func (w *world) reasons() string {
	w.t.Helper()
	status, body := w.get("/readyz")
	require.Equal(w.t, http.StatusOK, status)
	var answer struct{ Reasons []string }
	require.NoError(w.t, json.Unmarshal([]byte(body), &answer))
	return strings.Join(answer.Reasons, "\n")
}

// operate posts to the admin listener and returns the status.
func (w *world) operate(path string, form url.Values, header http.Header) int {
	w.t.Helper()
	return w.send(w.app.AdminURL()+path, form, header)
}

func (w *world) send(address string, form url.Values, header http.Header) int {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	require.NoError(w.t, err)
	request.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	return response.StatusCode
}

// changes are the calls that changed a repository, by method and route.
func (w *world) changes() (list []string) {
	for _, c := range w.GitHub.Calls() {
		if c.Write {
			list = append(list, c.Method+" "+strings.TrimPrefix(c.Route, "/repos/{owner}/{repo}"))
		}
	}
	return list
}

func TestAttackInModeObserveNothingIsWrittenAndAllIsOnRecord(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.Mode = app.ModeObserve })
	comment := w.say(w.Alice, "/onboard")
	w.say(w.Alice, "/onboard status")
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	for range 3 {
		w.later(night)
	}
	assert.Empty(t, w.changes())
	assert.Empty(t, reacted(comment))
	assert.Contains(t, w.reasons(), "mode is observe")
	stats, err := w.app.QueueStats(t.Context())
	require.NoError(t, err)
	assert.Zero(t, stats.Parked+stats.Retrying+stats.ParkedDeliveries+stats.Unhandled, "that nothing is written is no failure")
	record := w.record()
	assert.Equal(t, w.Alice.ID, record.Starter.ID)
	assert.EqualValues(t, "pass", w.results()["licence"].Outcome, "the checks ran")
	assert.LessOrEqual(t, record.Pairs, 1)

	w.stop()
	w.config.Mode = app.ModeFull
	w.start()
	w.later(night)
	assert.Equal(t, "success", w.run("licence").Conclusion, "what is true is shown once it may be")
	assert.Contains(t, w.status(), "licence")
	assert.Empty(t, w.answers(), "what was asked long ago is not answered now")
	assert.NotContains(t, w.reasons(), "mode")
}

func TestAttackInModeCommentNothingButAnswersAndTheStatusCommentIsWritten(t *testing.T) {
	w, person := reviewersOf(t, func(c *app.Config) { c.Mode = app.ModeComment })
	w.say(person["quentin"], "/onboard")
	comment := w.say(w.Alice, "/onboard halp")
	w.later(time.Hour) // the turn comment is due
	for range 3 {
		w.later(night)
	}
	for _, change := range w.changes() {
		assert.Contains(t, []string{
			"POST /issues/{issue_number}/comments", "PATCH /issues/comments/{comment_id}", "POST /issues/comments/{comment_id}/reactions",
		}, change)
	}
	assert.Equal(t, []string{"eyes", "confused"}, reacted(comment))
	assert.Len(t, w.answers(), 1)
	assert.NotEmpty(t, w.status())
	assert.Len(t, w.Issue.Comments(), 4, "two commands, the answer, the status comment: nobody is told of a turn")
	assert.Contains(t, w.reasons(), "mode is comment")
}

func TestAttackPausedAllIsPutOnRecordAndNothingIsPublished(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	require.NotEmpty(t, w.status())
	require.Equal(t, http.StatusNoContent, w.operate("/ops/pause", url.Values{"reason": {"a bad day"}}, nil))
	before := w.writes()
	comment := w.say(w.Alice, "/onboard withdraw changed my mind")
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.later(night)
	assert.Equal(t, before, w.writes())
	assert.NotNil(t, w.record().Withdrawn, "it is on record")
	assert.Contains(t, w.reasons(), "a bad day")
	w.stop() // the pause outlives the process
	w.start()
	w.later(night)
	assert.Equal(t, before, w.writes())

	require.NoError(t, app.ResumeAll(t.Context(), w.running()))
	w.later(time.Minute)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
	assert.NotContains(t, w.reasons(), "paused")
}

// results are what the checks found last, as it is on record.
func (w *world) results() map[string]onboarding.Result {
	w.t.Helper()
	s, err := store.OpenToRead(w.t.Context(), w.config.Database.URL)
	require.NoError(w.t, err)
	results, err := s.Results(w.t.Context(), w.Plugin.ID)
	require.NoError(w.t, err)
	require.NoError(w.t, s.Close())
	return results
}

// running is the configuration with the addresses that the App took.
func (w *world) running() app.Config {
	config := w.config
	config.Server.Listen = strings.TrimPrefix(w.app.URL(), "http://")
	config.Server.AdminListen = strings.TrimPrefix(w.app.AdminURL(), "http://")
	return config
}

func TestAttackAPauseStopsALookThatIsUnderWay(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	began, paused := w.writes(), 0
	stop := w.GitHub.Watch(func(fakegithub.Change) { // told before the write that made it is answered
		if n := w.writes(); n > began && paused == 0 {
			paused = n + 1
			assert.NoError(t, app.PauseAll(context.Background(), w.running(), "now"))
		}
	})
	defer stop()
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.later(soon)
	require.Positive(t, paused, "the look wrote more than once")
	w.later(night)
	assert.Equal(t, paused, w.writes(), "not one more")
	require.NoError(t, app.ResumeAll(t.Context(), w.running()))
	w.later(night)
	assert.Greater(t, w.writes(), paused, "the rest of the look")
}

func TestAPauseOfAnAppThatDoesNotRun(t *testing.T) {
	w := newWorld(t)
	w.stop()
	require.NoError(t, app.PauseAll(t.Context(), w.config, "while it was down"))
	w.start()
	w.say(w.Alice, "/onboard")
	assert.Zero(t, w.writes())
	assert.Contains(t, w.reasons(), "while it was down")
}

func TestAttackPostsBeyondTheCeilingWait(t *testing.T) {
	for name, ceiling := range map[string]func(*app.Writes){
		"of a repository": func(c *app.Writes) { c.PostsPerRepositoryHour = 3 },
		"of the App":      func(c *app.Writes) { c.PostsPerHour = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *app.Config) { ceiling(&c.Writes) })
			w.say(w.Alice, "/onboard")
			for range 6 {
				w.say(w.Alice, "/onboard help")
			}
			assert.Len(t, w.answers(), 2, "and the status comment")
			assert.Contains(t, w.reasons(), "went out within an hour")
			w.later(30 * time.Minute)
			assert.Len(t, w.answers(), 2)
			w.stop() // a restart forgets nothing
			w.start()
			assert.Len(t, w.answers(), 2)
			w.later(31 * time.Minute)
			assert.Len(t, w.answers(), 5)
			w.later(61 * time.Minute)
			assert.Len(t, w.answers(), 6, "each is posted once")
			w.later(61 * time.Minute)
			assert.Empty(t, w.reasons())
		})
	}
}

func TestAttackOperatorsPathsAreForAdminsAndForNoOtherSite(t *testing.T) {
	w := newWorld(t)
	crossSite := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}
	for _, path := range []string{"/ops/pause", "/ops/resume", "/ops/retry"} {
		t.Run(path, func(t *testing.T) {
			w.t = t
			assert.Equal(t, http.StatusForbidden, w.operate(path, url.Values{"key": {"housekeeping"}}, crossSite))
			assert.Equal(t, http.StatusForbidden, w.operate(path, url.Values{"key": {"housekeeping"}}, http.Header{"Origin": {"https://evil.example"}}))
			assert.Equal(t, http.StatusForbidden, w.send(w.app.URL()+path, url.Values{"key": {"housekeeping"}}, nil), "where everybody can reach it, nobody has signed in")
		})
	}
	w.t = t
	status, _ := w.get("/ops")
	assert.Equal(t, http.StatusForbidden, status)
	assert.Empty(t, w.reasons())
}
