package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
)

// delivered has GitHub deliver a ping.
func (w *world) delivered(guid string) {
	w.t.Helper()
	w.GitHub.Deliver("ping", guid, []byte("{}"))
	require.NoError(w.t, w.GitHub.Settled(w.t.Context()))
}

// running is a world whose doctor finds the App.
func running(t *testing.T) *world {
	w := newWorld(t)
	w.config.Server.Listen = strings.TrimPrefix(w.app.URL(), "http://")
	return w
}

func TestTheDoctorSaysWhyDeliveriesDoNotArrive(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*world)
		want   string
	}{
		"another secret": {func(w *world) { w.GitHub.RotateWebhookSecret(w.App) }, "the signature was wrong. Fix: give github.app.webhook_secret the secret that is set at"},
		"nobody there":   {func(w *world) { w.GitHub.SetWebhookURL(w.App, "http://127.0.0.1:1"+app.HookPath) }, "GitHub got no answer. Fix: let GitHub reach"},
		"somebody else":  {func(w *world) { w.GitHub.SetWebhookURL(w.App, w.URL+app.HookPath) }, "the webhook's address answers 404. Fix: lead it to 'onboard serve'"},
	} {
		t.Run(name, func(t *testing.T) {
			w := running(t)
			test.change(w)
			w.delivered("guid-1")
			_, text := w.examined()
			assert.Contains(t, text, "fail  deliveries: 1 of the N were not taken, the newest at TIME: "+test.want)
		})
	}
}

func TestTheDoctorSeesThatDeliveriesArriveAgain(t *testing.T) {
	w := running(t)
	w.GitHub.SetWebhookURL(w.App, "http://127.0.0.1:1"+app.HookPath)
	w.delivered("guid-1")
	w.GitHub.SetWebhookURL(w.App, w.app.URL()+app.HookPath)
	w.delivered("guid-2")
	_, text := w.examined()
	assert.Contains(t, text, "warn  deliveries: 1 of the N were not taken; the newest was. Fix: nothing:")
	deliveries := w.GitHub.Deliveries()
	w.GitHub.Redeliver(deliveries[len(deliveries)-2].ID)
	require.NoError(t, w.GitHub.Settled(t.Context()))
	_, text = w.examined()
	assert.Contains(t, text, "ok    deliveries: the N were taken", "what was sent again counts as taken")
}

func TestTheDoctorKnowsDeliveriesThatAreFetched(t *testing.T) {
	w := newStage(t)
	w.with = []app.Option{app.WithPull()}
	w.start()
	w.GitHub.SetWebhookURL(w.App, "https://onboard.invalid"+app.HookPath)
	w.delivered("guid-1")
	w.later(time.Minute)
	_, text := w.examined()
	assert.Contains(t, text, "warn  webhook: GitHub has no address to deliver to. Fix: run 'onboard serve --pull', or")
	assert.Contains(t, text, "ok    deliveries: they are fetched, last at TIME")
}

func TestTheDoctorComparesTheWebhookWithThePublicAddress(t *testing.T) {
	w := newStage(t)
	for name, test := range map[string]struct{ hook, public, want string }{
		"none":                       {"", "", "fail  webhook: GitHub has no address to deliver to"},
		"the right one":              {"https://onboard.example.com/api/github/hook", "https://onboard.example.com", "ok    webhook: GitHub delivers to https://onboard.example.com/api/github/hook, signed"},
		"below a path":               {"https://example.com/onboard/api/github/hook", "", "ok    webhook"},
		"another host than people's": {"https://hooks.example.com/api/github/hook", "https://onboard.example.com", "warn  webhook: GitHub delivers to https://hooks.example.com/api/github/hook, and server.public_url says https://onboard.example.com"},
		"another path":               {"https://onboard.example.com/", "", "fail  webhook: GitHub delivers to https://onboard.example.com/, where Onboard takes nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			w.GitHub.SetWebhookURL(w.App, test.hook)
			w.config.Server.PublicURL = test.public
			_, text := w.examined()
			assert.Contains(t, text, test.want)
		})
	}
}
