package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
)

// lastDelivery is the payload and GUID of the last delivery of an event.
func (w *world) lastDelivery(event string) (guid string, payload []byte) {
	w.t.Helper()
	for _, d := range w.GitHub.Deliveries() {
		if d.Event == event {
			guid, payload = d.GUID, d.Payload
		}
	}
	require.NotEmpty(w.t, guid)
	return guid, payload
}

func TestADeliveryIsTakenAgain(t *testing.T) {
	for name, by := range map[string]func(w *world) (app.Replayed, error){
		"by its GUID": func(w *world) (app.Replayed, error) {
			guid, _ := w.lastDelivery("issue_comment")
			return app.Replay(t.Context(), w.running(), guid, "")
		},
		"from a file": func(w *world) (app.Replayed, error) {
			_, payload := w.lastDelivery("issue_comment")
			file := filepath.Join(t.TempDir(), "payload.json")
			require.NoError(t, os.WriteFile(file, payload, 0o600))
			return app.Replay(t.Context(), w.running(), file, "issue_comment")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.unheard(func() { w.say(w.Alice, "/onboard") })
			require.Empty(t, w.Plugin.CheckRuns(w.Plugin.Head()))
			replayed, err := by(w)
			require.NoError(t, err)
			assert.Equal(t, "issue_comment", replayed.Event)
			w.settle()
			assert.Equal(t, "failure", w.run("licence").Conclusion)
			answers := len(w.answers())
			_, err = by(w)
			require.NoError(t, err)
			w.settle()
			assert.Len(t, w.answers(), answers, "nothing counts twice")
			assert.Equal(t, 1, w.record().Round)
		})
	}
}

func TestWhatCannotBeTakenAgainIsTold(t *testing.T) {
	w := newWorld(t)
	config := w.running()
	file := filepath.Join(t.TempDir(), "payload.json")
	require.NoError(t, os.WriteFile(file, []byte(`{}`), 0o600))

	_, err := app.Replay(t.Context(), config, file, "")
	require.ErrorContains(t, err, "--event")
	_, err = app.Replay(t.Context(), config, "01234567-89ab", "")
	require.ErrorContains(t, err, "no file, and no delivery of the last three days")
	require.NoError(t, os.WriteFile(file, []byte(`no json`), 0o600))
	_, err = app.Replay(t.Context(), config, file, "push")
	require.ErrorContains(t, err, "malformed")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat(" ", 25<<20+1)), 0o600))
	_, err = app.Replay(t.Context(), config, file, "push")
	require.ErrorContains(t, err, "25 MiB")
	config.GitHub.App.WebhookSecret = "another secret"
	require.NoError(t, os.WriteFile(file, []byte(`{}`), 0o600))
	_, err = app.Replay(t.Context(), config, file, "push")
	require.ErrorContains(t, err, "401")
	assert.NotContains(t, err.Error(), "another secret")
}
