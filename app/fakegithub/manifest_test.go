package fakegithub_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// page is what a browser sees.
type page struct {
	status   int
	location string
	text     string // without tags
	fields   url.Values
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// browse posts a form to a page of GitHub's, as a browser does.
func (w *world) browse(path string, form url.Values) page {
	w.t.Helper()
	client := *w.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.PostForm(w.url+path, form)
	require.NoError(w.t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(w.t, err)
	p := page{
		status: answer.StatusCode, location: answer.Header.Get("Location"), fields: url.Values{},
		text: html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(body), "")),
	}
	for _, field := range hidden.FindAllStringSubmatch(string(body), -1) {
		p.fields.Set(field[1], html.UnescapeString(field[2]))
	}
	return p
}

// rightManifest is one that GitHub takes.
func rightManifest() object {
	return object{
		"name": "Tea Time", "url": "https://tea.example.com", "hook_attributes": object{"url": "https://tea.example.com/hook"},
		"redirect_url": "http://127.0.0.1:1/back?a=b", "callback_urls": []string{"https://tea.example.com/signed-in"}, "public": true, "description": "Tea",
		"default_permissions": object{"issues": "write", "metadata": "read"}, "default_events": []string{"issues"},
	}
}

func posted(t *testing.T, manifest any) url.Values {
	text, err := json.Marshal(manifest)
	require.NoError(t, err)
	return url.Values{"manifest": {string(text)}}
}

// press fills in the page of a manifest and presses its button.
func (w *world) press(path string, manifest object, name, as string) page {
	shown := w.browse(path+"/new?state=s+1", posted(w.t, manifest))
	require.Equal(w.t, 200, shown.status, shown.text)
	shown.fields.Set("name", name)
	shown.fields.Set("as", as)
	return w.browse(path, shown.fields)
}

func TestAManifestBecomesAnAppWhoseSecretsAreGivenOnce(t *testing.T) {
	w := newWorld(t)
	back := w.press("/settings/apps", rightManifest(), "Green Tea", "Ada")
	require.Equal(t, http.StatusFound, back.status)
	to, err := url.Parse(back.location)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:1/back", to.Host+to.Path)
	assert.Equal(t, "b", to.Query().Get("a"), "the redirect's own query stays")
	assert.Equal(t, "s 1", to.Query().Get("state"))

	path := "/app-manifests/" + to.Query().Get("code") + "/conversions"
	made, err := w.send("POST", path, "", nil)
	require.NoError(t, err)
	require.Equal(t, 201, made.status, "%s", made.raw)
	app := w.AppOf(int64(made.object["id"].(float64)))
	assert.Equal(t, "green-tea", made.object["slug"])
	assert.Equal(t, "Ada", made.object["owner"].(object)["login"])
	assert.Equal(t, object{"issues": "write", "metadata": "read"}, made.object["permissions"])
	assert.Equal(t, app.WebhookSecret, made.object["webhook_secret"])
	assert.Equal(t, app.ClientSecret, made.object["client_secret"])

	again, err := w.send("POST", path, "", nil)
	require.NoError(t, err)
	assert.Equal(t, 404, again.status, "a code is good once")

	w.app = app // the key that was given is the App's
	hook := w.asApp("GET", "/app/hook/config", nil)
	assert.Equal(t, object{"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": "https://tea.example.com/hook"}, hook.object)
	assert.Equal(t, "Green Tea", w.asApp("GET", "/app", nil).object["name"])
	installed := w.Install(app, w.author)
	w.ChangeApp(app, map[string]string{"issues": "write", "metadata": "read", "checks": "write"}, []string{"issues", "label"})
	listed := w.asApp("GET", "/app/installations", nil)
	assert.Equal(t, object{"issues": "write", "metadata": "read"}, listed.list[0]["permissions"], "what is new waits for the owner")
	assert.Equal(t, []any{"issues"}, listed.list[0]["events"])
	assert.Equal(t, "write", w.asApp("GET", "/app", nil).object["permissions"].(object)["checks"])
	assert.NotZero(t, installed.ID)
	require.NoError(t, w.Settled(w.context()))
	all := w.Deliveries()
	assert.Zero(t, all[len(all)-1].StatusCode)
	assert.Contains(t, all[len(all)-1].Error, "reaches nothing but this machine, not tea.example.com")
}

func TestACodeIsGoodForAnHour(t *testing.T) {
	w := newWorld(t)
	for i, test := range []struct {
		after time.Duration
		want  int
	}{{59 * time.Minute, 201}, {time.Hour, 404}} {
		to, err := url.Parse(w.press("/settings/apps", rightManifest(), fmt.Sprint("Tea ", i), "Ada").location)
		require.NoError(t, err)
		w.advance(test.after)
		made, err := w.send("POST", "/app-manifests/"+to.Query().Get("code")+"/conversions", "", nil)
		require.NoError(t, err)
		assert.Equal(t, test.want, made.status)
	}
}

func TestAnOrganisationsAppIsMadeByItsOwnersOnly(t *testing.T) {
	w := newWorld(t)
	acme, boss := w.CreateOrganization("Acme"), w.CreateUser("boss")
	w.SetOrgRole(acme, w.author, "member")
	assert.Equal(t, 404, w.browse("/organizations/acme/settings/apps/new", posted(t, rightManifest())).status)
	w.SetOrgRole(acme, boss, "owner")
	assert.Equal(t, 404, w.press("/organizations/acme/settings/apps", rightManifest(), "Tea", "Ada").status)
	back := w.press("/organizations/acme/settings/apps", rightManifest(), "Tea", "boss")
	require.Equal(t, http.StatusFound, back.status)
	to, err := url.Parse(back.location)
	require.NoError(t, err)
	made, err := w.send("POST", "/app-manifests/"+to.Query().Get("code")+"/conversions", "", nil)
	require.NoError(t, err)
	assert.Equal(t, "Acme", made.object["owner"].(object)["login"])
	assert.Equal(t, 404, w.browse("/organizations/nobody/settings/apps/new", posted(t, rightManifest())).status)
}

func TestAManifestIsRefusedAsGitHubDoes(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		change object // of a right manifest
		want   string
	}{
		"no address":                    {object{"url": ""}, `"url" wasn't supplied`},
		"an address that is an object":  {object{"url": object{}}, "For 'properties/url'"},
		"an address that is none":       {object{"url": "tea"}, `"tea" is no URL`},
		"a webhook without address":     {object{"hook_attributes": object{"active": false}}, `"url" wasn't supplied`},
		"a webhook on this machine":     {object{"hook_attributes": object{"url": "http://localhost:1/"}}, "isn't reachable over the public Internet (localhost)"},
		"a webhook on a loopback":       {object{"hook_attributes": object{"url": "http://127.0.0.1:1/"}}, "(127.0.0.1)"},
		"a webhook on a private net":    {object{"hook_attributes": object{"url": "http://10.0.0.1/"}}, "(10.0.0.1)"},
		"an event of installations":     {object{"default_events": []string{"installation"}}, "Default events unsupported: installation"},
		"an event without permission":   {object{"default_events": []string{"push"}}, "Default events are not supported by permissions: push"},
		"a permission that is none":     {object{"default_permissions": object{"tea": "read"}}, "resource is not included in the list (tea: read)"},
		"more than there is":            {object{"default_permissions": object{"metadata": "write"}}, "(metadata: write)"},
		"a level that is none":          {object{"default_permissions": object{"issues": "all"}}, "(issues: all)"},
		"a key that is none":            {object{"homepage_url": "https://tea.example.com"}, "homepage_url"},
		"more callbacks than there may": {object{"callback_urls": strings.Split(strings.Repeat("https://a.example/ ", 11), " ")[:11]}, "10 callback URLs"},
	} {
		t.Run(name, func(t *testing.T) {
			manifest := rightManifest()
			maps.Copy(manifest, test.change)
			shown := w.browse("/settings/apps/new", posted(t, manifest))
			assert.Equal(t, 422, shown.status)
			assert.Contains(t, shown.text, "Invalid GitHub App configuration")
			assert.Contains(t, shown.text, test.want)
		})
	}
	assert.Equal(t, 422, w.browse("/settings/apps/new", url.Values{"manifest": {"{"}}).status)
	assert.Equal(t, 422, w.browse("/settings/apps/new", url.Values{"manifest": {"{} {}"}}).status)
}

func TestANameIsAskedForUntilItIsFree(t *testing.T) {
	w := newWorld(t)
	for name, want := range map[string]string{
		"onboard": "already taken", "ADA": "already taken", " ": "can't be blank", strings.Repeat("x", 35): "maximum is 34 characters",
	} {
		refused := w.press("/settings/apps", rightManifest(), name, "Ada")
		assert.Equal(t, 422, refused.status)
		assert.Contains(t, refused.text, want)
		refused.fields.Set("as", "Ada")
		refused.fields.Set("name", "Free "+fmt.Sprint(len(name)))
		assert.Equal(t, http.StatusFound, w.browse("/settings/apps", refused.fields).status)
	}
}

func TestAnAppWithoutAWebhookHasNoSecretAndGetsNothing(t *testing.T) {
	w := newWorld(t)
	manifest := rightManifest()
	delete(manifest, "hook_attributes")
	to, err := url.Parse(w.press("/settings/apps", manifest, "Tea", "Ada").location)
	require.NoError(t, err)
	made, err := w.send("POST", "/app-manifests/"+to.Query().Get("code")+"/conversions", "", nil)
	require.NoError(t, err)
	assert.Nil(t, made.object["webhook_secret"])
	before := len(w.Deliveries())
	w.Install(w.AppOf(int64(made.object["id"].(float64))), w.author)
	assert.Len(t, w.Deliveries(), before)
	assert.Nil(t, w.AppOf(1))
}

func TestThePagesAreRecordedBesideTheAPI(t *testing.T) {
	w := newWorld(t)
	w.browse("/settings/apps/new", posted(t, rightManifest()))
	all := w.AllCalls()
	last := all[len(all)-1]
	last.At = time.Time{}
	assert.Equal(t, fakegithub.Call{Method: "POST", Route: "/settings/apps/new", Path: "/settings/apps/new", Status: 200, Download: true}, last)
}
