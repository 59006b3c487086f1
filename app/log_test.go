package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// journal is the App's log, which a test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// lines are the lines of the log with a message, all for "".
func (j *journal) lines(t *testing.T, message string) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(j.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		if message == "" || fields["message"] == message {
			lines = append(lines, fields)
		}
	}
	return lines
}

// newLoggedWorld is newWorld with its log.
func newLoggedWorld(t *testing.T, change ...func(*app.Config)) (*world, *journal) {
	t.Helper()
	j := &journal{}
	w := newStage(t)
	for _, c := range change {
		c(&w.config)
	}
	w.log = j
	w.start()
	return w, j
}

func TestADeliveryCanBeFollowedThroughTheLog(t *testing.T) {
	w, j := newLoggedWorld(t)
	w.say(w.Alice, "/onboard")
	key := fmt.Sprint("repo/", w.Plugin.ID)
	var guid any
	for _, line := range j.lines(t, "delivery stored") {
		if line["github_event_type"] == "issue_comment" && guid == nil {
			guid = line["github_delivery_id"]
			assert.Equal(t, key, line["key"])
			assert.Contains(t, line, "took")
		}
	}
	require.NotNil(t, guid)
	handled := j.lines(t, "delivery handled")
	i := slices.IndexFunc(handled, func(line map[string]any) bool { return line["github_delivery_id"] == guid })
	require.GreaterOrEqual(t, i, 0)
	assert.Equal(t, []any{key, "issue_comment"}, []any{handled[i]["key"], handled[i]["github_event_type"]})
	assert.Contains(t, handled[i], "took")
	ended := j.lines(t, "run ended")
	assert.True(t, slices.ContainsFunc(ended, func(line map[string]any) bool {
		guids, _ := line["deliveries"].([]any)
		return line["key"] == key && line["outcome"] == "done" && line["level"] == "info" && slices.Contains(guids, guid)
	}), "%v", ended)
	for _, line := range j.lines(t, "") {
		if line["key"] != "template" { // which this GitHub does not have
			assert.NotContains(t, []any{"error", "warn"}, line["level"], "all went well: %v", line)
		}
		if by, ok := line["deliveries"]; ok {
			assert.NotEmpty(t, line["key"], "%v is named with its key", by)
		}
	}
	assert.Empty(t, j.lines(t, "Received webhook event"), "one line a delivery is enough")
}

func TestAnOutageOfGitHubIsAFewLines(t *testing.T) {
	w, j := newLoggedWorld(t)
	var plugins []*fakegithub.Issue
	for i := range 20 {
		repo := w.GitHub.CreateRepository(w.Alice, fmt.Sprint("plugin-", i), map[string]string{"README.md": "# X"})
		plugins = append(plugins, repo.OpenIssue(w.Alice, "Onboard", ""))
	}
	for _, issue := range plugins[:10] {
		issue.Comment(w.Alice, "/onboard")
	}
	w.settle()
	back := w.GitHub.Inject(fakegithub.Fault{Cut: fakegithub.CutBefore})
	for _, issue := range plugins {
		issue.Comment(w.Alice, "/onboard status")
	}
	w.settle()
	for range 12 { // an hour
		w.later(5 * time.Minute)
	}
	warned := map[string]int{}
	for _, line := range j.lines(t, "") {
		if line["level"] == "warn" || line["level"] == "error" {
			warned[fmt.Sprint(line["level"], " ", line["message"], " ", line["holder"])]++
		}
	}
	installation := fmt.Sprint("warn GitHub is unavailable, key held installation/", w.installation().ID)
	assert.Positive(t, warned[installation], "%v", warned)
	for what, times := range warned {
		assert.LessOrEqual(t, times, 14, what)
	}
	assert.LessOrEqual(t, len(warned), 6, "%v", warned)
	back()
	w.later(5 * time.Minute)
	stats, err := w.app.QueueStats(t.Context())
	require.NoError(t, err)
	assert.Zero(t, stats.Parked+stats.Held+stats.Unhandled, "an hour's outage parks nothing, and all is worked off")
}

func TestAttackTheLogHoldsNoSecret(t *testing.T) {
	w, j := newLoggedWorld(t)
	// what fails says its request and its answer
	w.GitHub.Inject(fakegithub.Fault{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/check-runs", Status: http.StatusTeapot, Body: `{"message":"token ghs_123_eyJhbGciOi.eyJpc3M.c2ln was refused"}`})
	w.GitHub.Inject(fakegithub.Fault{Method: http.MethodPost, Cut: fakegithub.CutAfter, Times: 3, Skip: 1})
	w.say(w.Alice, "/onboard")
	for range 3 {
		w.later(time.Minute)
	}
	assert.Equal(t, http.StatusUnauthorized, w.post("{}", http.Header{
		"X-Github-Event": {"push"}, "X-Github-Delivery": {strings.Repeat("x", 5000)}, "X-Hub-Signature-256": {"sha256=00"}, "Content-Type": {"application/json"},
	}))
	log := j.String()
	require.Contains(t, log, "418")
	for _, secret := range []string{
		"ghs_1", "eyJ", "c2ln", "Bearer", w.config.GitHub.App.WebhookSecret.Reveal(), strings.Split(w.config.GitHub.App.PrivateKey.Reveal(), "\n")[1],
	} {
		assert.NotContains(t, log, secret)
	}
}

func TestAttackATokenThatGetsIntoTheLogIsHiddenThere(t *testing.T) {
	var log bytes.Buffer
	for _, text := range []string{"ghs_1_eyJh.eyJi.c2ln", "Authorization: Bearer eyJhbGciOi.J9.x", "https://codeload.test/x?token=ABCDEF"} {
		logger := zerolog.New(app.Redacted(&log))
		logger.Error().Str("from", text).Msg("failed at " + text)
	}
	for _, secret := range []string{"ghs_1", "c2ln", "eyJhbGci", "ABCDEF"} {
		assert.NotContains(t, log.String(), secret)
	}
	assert.Equal(t, 3, strings.Count(log.String(), "\n"))
	for line := range strings.Lines(log.String()) {
		assert.True(t, json.Valid([]byte(line)), line)
	}
}
