package setup_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/setup"
)

// app is the App that .env is about.
func (d *desk) app() (*fakegithub.App, map[string]string) {
	d.t.Helper()
	values, err := godotenv.Unmarshal(d.file(".env"))
	require.NoError(d.t, err)
	var id int64
	_, err = fmt.Sscan(values["ONBOARD_GITHUB_APP_INTEGRATION_ID"], &id)
	require.NoError(d.t, err)
	app := d.github.AppOf(id)
	require.NotNil(d.t, app)
	return app, values
}

func TestTwoButtonsMakeTheAppAndKeepItsSecrets(t *testing.T) {
	d := newDesk(t)
	last := d.start().finish()
	app, values := d.app()
	key := fmt.Sprintf("onboard-%d.private-key.pem", app.ID)
	assert.Regexp(t, "^[A-Z0-9]{52}$", values["ONBOARD_SERVER_COOKIE_KEYS"])
	delete(values, "ONBOARD_SERVER_COOKIE_KEYS")
	assert.Equal(t, map[string]string{
		"ONBOARD_GITHUB_APP_INTEGRATION_ID":   fmt.Sprint(app.ID),
		"ONBOARD_GITHUB_APP_WEBHOOK_SECRET":   app.WebhookSecret,
		"ONBOARD_GITHUB_APP_PRIVATE_KEY_FILE": key,
		"ONBOARD_GITHUB_OAUTH_CLIENT_ID":      app.ClientID,
		"ONBOARD_GITHUB_OAUTH_CLIENT_SECRET":  app.ClientSecret,
		"ONBOARD_GITHUB_WEB_URL":              d.url,
		"ONBOARD_GITHUB_V3_API_URL":           d.url + "/api/v3",
		"ONBOARD_GITHUB_V4_API_URL":           d.url + "/api/graphql",
		"ONBOARD_SERVER_PUBLIC_URL":           "https://onboard.example.com",
	}, values)
	assert.Equal(t, app.PrivateKeyPEM, d.file(key))
	entries, err := os.ReadDir(d.options.Directory)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing is left lying about")

	for _, text := range []string{last.text(), d.shown()} {
		assert.Contains(t, text, d.url+"/apps/onboard-of-octo/installations/new")
		for _, next := range []string{".env", key, "config.yml", "onboard doctor", "onboard serve"} {
			assert.Contains(t, text, next)
		}
		assert.NotContains(t, text, "--pull")
	}
}

func TestTheManifestAsksForExactlyWhatIsNeeded(t *testing.T) {
	d := newDesk(t).start()
	action, manifest := d.manifest()
	assert.Regexp(t, "^"+d.url+`/settings/apps/new\?state=[A-Z0-9]{26}$`, action)
	permissions := map[string]any{}
	for _, p := range ghapi.Permissions() {
		permissions[p.Name] = p.Level
	}
	events := []any{}
	for _, event := range ghapi.Events() {
		events = append(events, event)
	}
	assert.Equal(t, map[string]any{
		"name": "Onboard", "url": "https://onboard.example.com", "description": "Leads Mattermost plugins through their onboarding.", "public": true,
		"hook_attributes": map[string]any{"url": "https://onboard.example.com/api/github/hook", "active": true},
		"redirect_url":    d.address + "created", "callback_urls": []any{"https://onboard.example.com/login/callback"},
		"default_permissions": permissions, "default_events": events,
	}, manifest)
	shown := d.get(d.address).text()
	for _, p := range ghapi.Permissions() {
		assert.Contains(t, shown, p.Name+" "+p.Level+" "+p.Why)
	}
	assert.NotContains(t, d.get(d.address).body, "<script")
}

func TestAnOrganisationsAppIsAskedForAtItsOwnPage(t *testing.T) {
	d := newDesk(t)
	d.options.Organization = "octo-org"
	d.start()
	action, manifest := d.manifest()
	assert.Contains(t, action, d.url+"/organizations/octo-org/settings/apps/new?state=")
	assert.Equal(t, "Onboard for octo-org", manifest["name"])
	d.finish()
	app, _ := d.app()
	assert.Equal(t, "onboard-of-octo", app.Slug)
}

func TestWithoutAPublicAddressDeliveriesAreFetched(t *testing.T) {
	d := newDesk(t)
	d.options.PublicURL = ""
	d.start()
	_, manifest := d.manifest()
	assert.Equal(t, map[string]any{"url": "https://onboard.invalid/api/github/hook", "active": true}, manifest["hook_attributes"])
	assert.NotContains(t, manifest, "callback_urls")
	assert.Contains(t, d.finish().text(), "onboard serve --pull")
	_, values := d.app()
	assert.NotContains(t, values, "ONBOARD_SERVER_PUBLIC_URL")
}

func TestAKeyForCookiesIsMadeOnce(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, os.WriteFile(filepath.Join(d.options.Directory, ".env"), []byte("ONBOARD_SERVER_COOKIE_KEYS_FILE=keys\n"), 0o600))
	d.start().finish()
	assert.NotContains(t, d.file(".env"), "ONBOARD_SERVER_COOKIE_KEYS=")

	d = newDesk(t)
	d.options.Environ = []string{"ONBOARD_SERVER_COOKIE_KEYS=from-the-environment"}
	d.start().finish()
	assert.NotContains(t, d.file(".env"), "COOKIE")
}

func TestASecondSetUpRefusesToReplaceTheFirst(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, os.WriteFile(filepath.Join(d.options.Directory, ".env"), []byte("# mine\nexport MINE=1\nONBOARD_LOG_LEVEL=debug"), 0o644))
	d.start().finish()
	first, _ := d.app()
	before := d.file(".env")
	assert.True(t, strings.HasPrefix(before, "# mine\nexport MINE=1\nONBOARD_LOG_LEVEL=debug\n\n# The GitHub App"), before)

	err := setup.Run(t.Context(), d.options)
	require.ErrorContains(t, err, "it holds an App already (ONBOARD_GITHUB_APP_INTEGRATION_ID)")
	require.ErrorContains(t, err, "--replace")
	assert.Equal(t, before, d.file(".env"))

	d.options.Replace = true
	d.text.Reset()
	d.name = "Onboard again"
	d.start().finish()
	second, values := d.app()
	assert.NotEqual(t, first.ID, second.ID)
	assert.Equal(t, "1", values["MINE"])
	assert.Equal(t, "debug", values["ONBOARD_LOG_LEVEL"])
	assert.Equal(t, 1, strings.Count(d.file(".env"), "ONBOARD_GITHUB_APP_INTEGRATION_ID"))
	assert.NotContains(t, d.file(".env"), first.WebhookSecret)
	assert.Equal(t, first.PrivateKeyPEM, d.file(fmt.Sprintf("onboard-%d.private-key.pem", first.ID)), "a key is never lost")
}

func TestItRefusesBeforeAnythingIsMade(t *testing.T) {
	for name, test := range map[string]struct {
		env    string // what .env holds
		change func(*setup.Options)
		want   string
	}{
		"an address for everybody":            {"", func(o *setup.Options) { o.Listen = "0.0.0.0:0" }, "for this machine alone"},
		"the address of another machine":      {"", func(o *setup.Options) { o.Listen = "example.com:80" }, "for this machine alone"},
		"an address without a port":           {"", func(o *setup.Options) { o.Listen = "127.0.0.1" }, "must be host:port"},
		"an organisation that is none":        {"", func(o *setup.Options) { o.Organization = "../x" }, "no organisation"},
		"a public address without TLS":        {"", func(o *setup.Options) { o.PublicURL = "http://onboard.example.com" }, "must be https://"},
		"a public address with a password":    {"", func(o *setup.Options) { o.PublicURL = "https://a:b@example.com" }, "must be https://"},
		"a public address on this machine":    {"", func(o *setup.Options) { o.PublicURL = "https://127.0.0.1:8080" }, "serve --pull"},
		"a directory that is not there":       {"", func(o *setup.Options) { o.Directory = filepath.Join(o.Directory, "no") }, "no such file"},
		"a key that is given as text":         {"ONBOARD_GITHUB_APP_PRIVATE_KEY=x", nil, "(ONBOARD_GITHUB_APP_PRIVATE_KEY)"},
		"another GitHub":                      {"ONBOARD_GITHUB_WEB_URL=https://ghes.example.com", nil, "it has another ONBOARD_GITHUB_WEB_URL"},
		"another public address":              {"ONBOARD_SERVER_PUBLIC_URL=https://b.example", nil, "it has another ONBOARD_SERVER_PUBLIC_URL"},
		"a file that cannot be read":          {"secret-in-a-broken-line", nil, "no NAME=value"},
		"an App in the environment":           {"", func(o *setup.Options) { o.Environ = []string{"ONBOARD_GITHUB_APP_INTEGRATION_ID=1"} }, "the environment sets"},
		"another GitHub in the environment":   {"", func(o *setup.Options) { o.Environ = []string{"ONBOARD_GITHUB_WEB_URL=https://x.example"} }, "the environment sets"},
		"replacing what the environment says": {"", func(o *setup.Options) { o.Replace, o.Environ = true, []string{"ONBOARD_GITHUB_APP_PRIVATE_KEY_FILE=k"} }, "unset it first"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if test.env != "" {
				require.NoError(t, os.WriteFile(filepath.Join(d.options.Directory, ".env"), []byte(test.env), 0o600))
			}
			if test.change != nil {
				test.change(&d.options)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			err := setup.Run(ctx, d.options)
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "secret-in")
			assert.Empty(t, d.shown(), "no page was there")
		})
	}
}

func TestSayingTheSameIsNoConflict(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, os.WriteFile(filepath.Join(d.options.Directory, ".env"), []byte("ONBOARD_GITHUB_WEB_URL="+d.url+"\n"), 0o600))
	d.options.Environ = []string{"ONBOARD_GITHUB_V3_API_URL=" + d.url + "/api/v3", "ONBOARD_GITHUB_APP_INTEGRATION_ID="}
	d.start().finish()
	assert.Equal(t, 1, strings.Count(d.file(".env"), "ONBOARD_GITHUB_WEB_URL"))
}

func TestEndedBeforeThereIsAnAppNothingIsKept(t *testing.T) {
	d := newDesk(t).start()
	d.get(d.address)
	d.stop()
	require.ErrorIs(t, d.end(), setup.ErrNoApp)
	entries, err := os.ReadDir(d.options.Directory)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestAFullTerminalIsAnError(t *testing.T) {
	d := newDesk(t)
	d.options.Out = brokenTerminal{}
	require.ErrorIs(t, setup.Run(t.Context(), d.options), fs.ErrClosed)
}

type brokenTerminal struct{}

func (brokenTerminal) Write([]byte) (int, error) { return 0, errors.Join(fs.ErrClosed) }
