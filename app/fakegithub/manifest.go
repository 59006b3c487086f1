package fakegithub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// manifestTTL is how long the whole flow may take (facts 8).
const manifestTTL = time.Hour

// manifest is what an App is made of: the form field of GitHub's manifest flow.
type manifest struct {
	Name           string `json:"name"`
	URL            string `json:"url"`
	HookAttributes *struct {
		URL    string `json:"url"`
		Active *bool  `json:"active"`
	} `json:"hook_attributes"`
	RedirectURL    string            `json:"redirect_url"`
	CallbackURLs   []string          `json:"callback_urls"`
	SetupURL       string            `json:"setup_url"`
	Description    string            `json:"description"`
	Public         *bool             `json:"public"`
	Events         []string          `json:"default_events"`
	Permissions    map[string]string `json:"default_permissions"`
	OAuthOnInstall bool              `json:"request_oauth_on_install"`
	SetupOnUpdate  bool              `json:"setup_on_update"`
}

// eventNeeds says with which permissions an App may subscribe to an event: one of
// them is enough. What is not here cannot be subscribed to, as installation.
var eventNeeds = map[string][]string{
	"issues": {"issues"}, "issue_comment": {"issues", "pull_requests"}, "label": {"issues", "pull_requests", "metadata"},
	"pull_request": {"pull_requests"}, "pull_request_review": {"pull_requests"}, "pull_request_review_comment": {"pull_requests"},
	"push": {"contents"}, "release": {"contents"}, "create": {"contents"}, "delete": {"contents"}, "repository": {"metadata"},
	"check_run": {"checks"}, "check_suite": {"checks"}, "deployment": {"deployments"}, "deployment_status": {"deployments"},
	"member": {"members"}, "membership": {"members"}, "organization": {"members"}, "team": {"members"}, "team_add": {"members"},
}

// resources are the permissions that a manifest may name, with the most of each.
var resources = map[string]string{
	"actions": "write", "administration": "write", "checks": "write", "contents": "write", "deployments": "write", "issues": "write",
	"members": "write", "metadata": "read", "pages": "write", "pull_requests": "write", "secrets": "write", "statuses": "write", "workflows": "write",
}

// readManifest reads a manifest as GitHub does; its refusals are in GitHub's words
// where those are known from reports of people who got them.
func readManifest(text string) (manifest, error) {
	var m manifest
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&m)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		return m, fmt.Errorf("For 'properties/%s', %s is not of the right type.", wrongType.Field, wrongType.Value) //nolint:revive,staticcheck // GitHub's words
	case err != nil:
		return m, fmt.Errorf("the manifest cannot be read: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return m, errors.New("there is more than one manifest")
	}
	return m, errors.Join(m.addresses(), m.rights())
}

// addresses refuses those that GitHub does.
func (m manifest) addresses() error {
	if m.URL == "" || m.HookAttributes != nil && m.HookAttributes.URL == "" {
		return errors.New(`Error "url" wasn't supplied.`) //nolint:revive,staticcheck // GitHub's words, which do not tell which of the two
	}
	all := append([]string{m.URL}, m.CallbackURLs...)
	for _, optional := range []string{m.RedirectURL, m.SetupURL} {
		if optional != "" {
			all = append(all, optional)
		}
	}
	if m.HookAttributes != nil {
		all = append(all, m.HookAttributes.URL)
		if host := hostOf(m.HookAttributes.URL); host == "localhost" || net.ParseIP(host).IsLoopback() || net.ParseIP(host).IsPrivate() {
			return fmt.Errorf("Webhook URL is not supported because it isn't reachable over the public Internet (%s)", host) //nolint:staticcheck // GitHub's words
		}
	}
	for _, address := range all {
		if hostOf(address) == "" {
			return fmt.Errorf("%q is no URL", address)
		}
	}
	if len(m.CallbackURLs) > 10 {
		return errors.New("there may be 10 callback URLs")
	}
	return nil
}

// hostOf is the host of a URL for browsers, "" if it is none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.Hostname()
}

// rights refuses permissions that there are not, and events without theirs.
func (m manifest) rights() error {
	for _, name := range slices.Sorted(maps.Keys(m.Permissions)) {
		level := m.Permissions[name]
		if most := resources[name]; most == "" || level == "" || !slices.Contains([]string{"read", "write"}, level) || !enough(most, level) {
			return fmt.Errorf("Default permission records resource is not included in the list (%s: %s)", name, level) //nolint:staticcheck // GitHub's words
		}
	}
	for _, event := range m.Events {
		needs, known := eventNeeds[event]
		switch {
		case !known:
			return fmt.Errorf("Default events unsupported: %s", event) //nolint:staticcheck // GitHub's words
		case !slices.ContainsFunc(needs, func(name string) bool { return m.Permissions[name] != "" }):
			return fmt.Errorf("Default events are not supported by permissions: %s", event) //nolint:staticcheck // GitHub's words
		}
	}
	return nil
}

// nameFault is why no App can be called so. Names are one for all of GitHub.
func (g *GitHub) nameFault(name string) string {
	slug := appSlug(name)
	switch {
	case strings.Trim(slug, "-") == "":
		return "Name can't be blank"
	case len(name) > 34:
		return "Name is too long (maximum is 34 characters)"
	case slices.ContainsFunc(g.apps, func(a *App) bool { return a.Slug == slug }), g.users[slug] != nil:
		return "Name is already taken"
	}
	return ""
}

// appSlug is how an App is called in addresses.
func appSlug(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}

// fromManifest makes the App, and the code that is good for its secrets once.
func (g *GitHub) fromManifest(m manifest, owner *User) (code string) {
	key, pemText := newKey()
	app := g.newApp(appSlug(m.Name), owner, &key.PublicKey, pemText)
	app.name, app.description, app.url = m.Name, m.Description, m.URL
	app.permissions, app.events, app.callbacks = m.Permissions, m.Events, m.CallbackURLs
	if app.permissions == nil {
		app.permissions = map[string]string{"metadata": "read"}
	}
	if app.events == nil {
		app.events = []string{}
	}
	app.unhooked = m.HookAttributes == nil || m.HookAttributes.Active != nil && !*m.HookAttributes.Active
	if m.HookAttributes != nil {
		app.hookURL = m.HookAttributes.URL
	}
	if app.unhooked {
		app.WebhookSecret = ""
	}
	code = newSecret()
	g.conversions[code] = conversion{app, g.now().Add(manifestTTL)}
	g.changed(Change{Kind: "app", Action: "created", By: owner.Login, Name: app.Slug, Text: fmt.Sprintf("created: the App %s of %s", app.Slug, owner.Login)})
	return code
}

// conversion is what a code of the manifest flow is good for.
type conversion struct {
	app       *App
	expiresAt time.Time
}

// convertManifest hands out the secrets of a new App, once and within an hour.
func (q *request) convertManifest() (answer, error) {
	code := q.PathValue("code")
	made, known := q.github.conversions[code]
	if !known || !q.github.now().Before(made.expiresAt) {
		return answer{}, notFound()
	}
	delete(q.github.conversions, code)
	body := q.github.appJSON(made.app)
	maps.Copy(body, object{
		"client_secret": made.app.ClientSecret, "webhook_secret": orNull(made.app.WebhookSecret), "pem": made.app.PrivateKeyPEM,
	})
	return reply(http.StatusCreated, body), nil
}

// getHookConfig is the App's webhook, its secret masked.
func (q *request) getHookConfig() (answer, error) {
	body := object{"content_type": "json", "insecure_ssl": "0", "url": q.app.hookURL}
	if q.app.WebhookSecret != "" {
		body["secret"] = "********"
	}
	return reply(http.StatusOK, body), nil
}

// AppOf returns the App of an id, nil if there is none.
func (g *GitHub) AppOf(id int64) *App {
	defer g.lock()()
	if index := slices.IndexFunc(g.apps, func(a *App) bool { return a.ID == id }); index >= 0 {
		return g.apps[index]
	}
	return nil
}

// ChangeApp has the App ask for other permissions and events from now on, as its
// settings page does. Installations keep what they granted until they accept.
func (g *GitHub) ChangeApp(app *App, permissions map[string]string, events []string) {
	defer g.lock()()
	app.permissions, app.events = maps.Clone(permissions), slices.Clone(events)
}
