package setup_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/setup"
)

func runAt(d *desk) error {
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	return setup.Run(ctx, d.options)
}

// convertRoute is the call that exchanges a code.
const convertRoute = "/app-manifests/{code}/conversions"

func TestACodeThatFailedMayBeTriedAgain(t *testing.T) {
	for name, fault := range map[string]fakegithub.Fault{
		"GitHub is down":      {Route: convertRoute, Method: "POST", Times: 1, Status: 502},
		"the network is away": {Route: convertRoute, Method: "POST", Times: 1, Cut: fakegithub.CutBefore},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			back := d.start().confirm()
			d.github.Inject(fault)
			got := d.get(back)
			assert.Equal(t, http.StatusBadGateway, got.status)
			assert.Contains(t, got.text(), "its secrets could not be fetched")
			assert.Contains(t, got.text(), "Load this page again")
			assert.NotContains(t, got.body, back[len(back)-20:], "the code is not shown")
			assert.Equal(t, http.StatusSeeOther, d.get(back).status)
			d.get(d.address + "done")
			require.NoError(t, d.end())
			d.app()
		})
	}
}

func TestACodeThatIsUsedUpSaysHowToGoOn(t *testing.T) {
	d := newDesk(t)
	back := d.start().confirm()
	code := mustQuery(t, back).Get("code")
	stolen := d.ask("POST", d.url+"/api/v3/app-manifests/"+code+"/conversions", nil)
	require.Equal(t, http.StatusCreated, stolen.status)
	got := d.get(back)
	assert.Equal(t, http.StatusBadGateway, got.status)
	assert.Contains(t, got.text(), "does not know this code any more: it was used before, or an hour has passed")
	assert.Contains(t, got.text(), "Delete the App")
	assert.Contains(t, got.body, `href="`+d.url+`/settings/apps"`)
	assert.Equal(t, http.StatusSeeOther, d.get(d.address+"done").status, "there is no last page yet")
}

func TestLoadingTheWayBackTwiceMakesOneApp(t *testing.T) {
	d := newDesk(t)
	back := d.start().confirm()
	require.Equal(t, http.StatusSeeOther, d.get(back).status)
	require.Equal(t, http.StatusSeeOther, d.get(back).status)
	assert.Equal(t, http.StatusSeeOther, d.get(d.address).status, "the button is gone")
	assert.Equal(t, http.StatusOK, d.get(d.address+"done").status)
	require.NoError(t, d.end())
}

func TestWhatCannotBeWrittenSaysSo(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("root may write everywhere: only a directory that is gone is tried")
	}
	d := newDesk(t)
	back := d.start().confirm()
	require.NoError(t, os.RemoveAll(d.options.Directory))
	got := d.get(back)
	assert.Equal(t, http.StatusBadGateway, got.status)
	assert.Contains(t, got.text(), "its secrets could not be kept")
	d.stop()
	require.ErrorIs(t, d.end(), setup.ErrNoApp)
}

func TestAnAppWithoutAWebhookSecretSaysWhatToDo(t *testing.T) {
	d := newDesk(t)
	app := d.github.CreateApp("silent")
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, err := w.Write([]byte(`{"id":7,"slug":"silent","client_id":"c","client_secret":"s","webhook_secret":null,"html_url":"https://x.example/apps/silent","pem":` + quote(app.PrivateKeyPEM) + `}`))
		assert.NoError(t, err)
	}))
	defer other.Close()
	d.options.V3APIURL = other.URL
	last := d.start().finish()
	assert.Contains(t, last.text(), "GitHub made no webhook secret")
	assert.NotContains(t, d.file(".env"), "WEBHOOK_SECRET")
	assert.FileExists(t, filepath.Join(d.options.Directory, "onboard-7.private-key.pem"))
}
