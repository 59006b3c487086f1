package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// opsPage is what tests read of /ops.
type opsPage struct {
	Mode    string
	Reasons []string
	Keys    map[string]int
	Parked  []struct {
		Key       string
		Attempts  int
		LastError string `json:"last_error"`
	}
	Held []struct {
		Installation int64
		Keys         []string
		LastError    string `json:"last_error"`
	} `json:"installations_held"`
}

func (w *world) ops() (page opsPage) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.app.AdminURL()+"/ops", nil)
	require.NoError(w.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, response.Body.Close()) }()
	require.Equal(w.t, http.StatusOK, response.StatusCode)
	require.Equal(w.t, "application/json", response.Header.Get("Content-Type"))
	content, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	require.NotContains(w.t, string(content), "null", "lists are lists")
	require.NoError(w.t, json.Unmarshal(content, &page))
	return page
}

// key is the plugin's in the queue.
func (w *world) key() string { return fmt.Sprintf("repo/%d", w.Plugin.ID) }

func TestOpsTellsWhomGitHubHolds(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	back := w.GitHub.Inject(fakegithub.Fault{Status: http.StatusBadGateway})
	w.say(w.Alice, "/onboard help")
	page := w.ops()
	require.Len(t, page.Held, 1)
	assert.Equal(t, w.installation().ID, page.Held[0].Installation)
	assert.Equal(t, []string{w.key()}, page.Held[0].Keys)
	assert.Contains(t, page.Held[0].LastError, "502")
	assert.Equal(t, 1, page.Keys["retrying"])
	assert.Equal(t, app.ModeFull, page.Mode)
	back()
	w.later(time.Minute)
	assert.Empty(t, w.ops().Held)
}

func TestAParkedKeyIsListedAndTriedAgainByHand(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	back := w.GitHub.Inject(fakegithub.Fault{Method: http.MethodPatch, Status: http.StatusUnprocessableEntity})
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": ptr("x")})
	for range 12 {
		w.later(16 * time.Minute)
	}
	page := w.ops()
	require.Len(t, page.Parked, 1)
	assert.Equal(t, w.key(), page.Parked[0].Key)
	assert.Equal(t, 10, page.Parked[0].Attempts)
	assert.Contains(t, page.Parked[0].LastError, "422")
	assert.Contains(t, page.Reasons, "parked after ten failures: 1")
	back()
	assert.Equal(t, http.StatusNotFound, w.operate("/ops/retry", url.Values{"key": {"repo/0"}}, nil))
	assert.Equal(t, http.StatusNoContent, w.operate("/ops/retry?key="+url.QueryEscape(w.key()), nil, nil))
	w.settle()
	assert.Empty(t, w.ops().Parked)
}
