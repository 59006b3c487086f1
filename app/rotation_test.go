package app_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
)

// keyFiles are the files of the App's secrets, which the world's App reads.
type keyFiles struct {
	t               *testing.T
	webhook, key    string
	changes         int
	secret, pemText string // as they were at first
}

func withKeyFiles(t *testing.T) (*world, *keyFiles) {
	folder := t.TempDir()
	f := &keyFiles{t: t, webhook: filepath.Join(folder, "webhook"), key: filepath.Join(folder, "key.pem")}
	w := newWorld(t, func(c *app.Config) {
		f.secret, f.pemText = c.GitHub.App.WebhookSecret.Reveal(), c.GitHub.App.PrivateKey.Reveal()
		f.write(f.webhook, f.secret+"\n")
		f.write(f.key, f.pemText)
		c.GitHub.App.WebhookSecretFile, c.GitHub.App.PrivateKeyFile = f.webhook, f.key
	})
	return w, f
}

// write replaces a file as an orchestrator does, each time a second later.
func (f *keyFiles) write(path, content string) {
	f.t.Helper()
	f.changes++
	require.NoError(f.t, os.WriteFile(path+".new", []byte(content), 0o600))
	at := time.Now().Add(time.Duration(f.changes) * time.Second)
	require.NoError(f.t, os.Chtimes(path+".new", at, at))
	require.NoError(f.t, os.Rename(path+".new", path))
}

// refusedDeliveries counts those that the App answered with 401.
func (w *world) refusedDeliveries() (n int) {
	for _, d := range w.GitHub.Deliveries() {
		if d.StatusCode == http.StatusUnauthorized {
			n++
		}
	}
	return n
}

func TestTheWebhookSecretChangesWithoutARestart(t *testing.T) {
	w, files := withKeyFiles(t)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard")))
	w.GitHub.RotateWebhookSecret(w.App)
	files.write(files.webhook, w.App.WebhookSecret+"\n"+files.secret+"\n") // both, while deliveries of before are under way
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard help")), "the new one verifies")
	assert.Equal(t, http.StatusAccepted, w.ping(files.secret), "and the old one")
	files.write(files.webhook, w.App.WebhookSecret)
	assert.Equal(t, http.StatusAccepted, w.ping(w.App.WebhookSecret))
	assert.Equal(t, http.StatusUnauthorized, w.ping(files.secret), "until it is taken out")
	assert.Zero(t, w.refusedDeliveries())
}

func TestAttackAnEmptiedSecretFileKeepsTheOldSecretAndSaysSo(t *testing.T) {
	w, files := withKeyFiles(t)
	for name, content := range map[string]string{"empty": "", "blank lines": "\n\r\n\n"} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			files.write(files.webhook, content)
			assert.Equal(t, http.StatusUnauthorized, w.ping(""), "an empty secret verifies nothing")
			assert.Equal(t, http.StatusAccepted, w.ping(files.secret))
			assert.Contains(t, w.reasons(), "github.app.webhook_secret_file does not hold what it should: the one of before is in force")
		})
	}
	w.t = t
	require.NoError(t, os.Remove(files.webhook))
	assert.Equal(t, http.StatusAccepted, w.ping(files.secret))
	assert.Contains(t, w.reasons(), "cannot be read")
	files.write(files.webhook, "another")
	assert.Equal(t, http.StatusAccepted, w.ping("another"))
	assert.Equal(t, http.StatusUnauthorized, w.ping(files.secret))
	assert.Empty(t, w.reasons())
}

func TestTheAppsKeyChangesWithoutARestart(t *testing.T) {
	w, files := withKeyFiles(t)
	w.say(w.Alice, "/onboard")
	files.write(files.key, "-----BEGIN RSA PRIVATE KEY-----\nhunter2-hunter2\n-----END RSA PRIVATE KEY-----\n")
	assert.Contains(t, w.reasons(), "github.app.private_key_file does not hold what it should: the one of before is in force")
	assert.NotContains(t, w.reasons(), "hunter2")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard help")), "the old one signs")

	w.GitHub.RotateKey(w.App) // and the old one is deleted
	files.write(files.key, w.App.PrivateKeyPEM+files.pemText)
	assert.Empty(t, w.reasons())
	w.later(2 * time.Hour) // the tokens of before have expired
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard help")), "the first one signs")
	w.later(night)
	assert.NotContains(t, w.reasons(), "waiting for GitHub", "the sweep of deliveries signs with it, too")
}

func TestAttackNoLogShowsASecretThatChanged(t *testing.T) {
	w, files := withKeyFiles(t)
	w.stop()
	var log bytes.Buffer
	logged := logInto(&log)
	onboard, err := app.New(t.Context(), w.config, logged)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- onboard.Run(ctx) }()
	w.app = onboard
	for _, content := range []string{"hunter2-old", "hunter2-new\nhunter2-old", "hunter2\x00"} {
		files.write(files.webhook, content)
		files.write(files.key, "hunter2"+content)
		w.ping("hunter2-new")
		w.reasons()
	}
	cancel()
	require.NoError(t, <-stopped)
	assert.NotEmpty(t, log.String())
	assert.NotContains(t, log.String(), "hunter2")
}
