package setup

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/onboard-app/onboard/app/ghapi"
)

// home is the App's homepage where Onboard has no address of its own.
const home = "https://github.com/onboard-app/onboard"

// manifest is what GitHub makes an App of (github-facts.md section 8).
type manifest struct {
	Name           string            `json:"name"` // the person may change it
	URL            string            `json:"url"`
	HookAttributes hook              `json:"hook_attributes"`
	RedirectURL    string            `json:"redirect_url"`
	CallbackURLs   []string          `json:"callback_urls,omitempty"`
	Description    string            `json:"description"`
	Public         bool              `json:"public"` // plugins are other accounts'
	Permissions    map[string]string `json:"default_permissions"`
	Events         []string          `json:"default_events"`
}

type hook struct {
	URL    string `json:"url"`
	Active bool   `json:"active"`
}

// maxName is the most that GitHub takes, in characters.
const maxName = 34

// manifest is the App's, as text; GitHub sends the browser back to redirect.
func (o Options) manifest(redirect string) string {
	m := manifest{
		Name: "Onboard", URL: home, HookAttributes: hook{URL: o.hookURL(), Active: true}, RedirectURL: redirect, Public: true,
		Description: "Leads Mattermost plugins through their onboarding.",
		Permissions: map[string]string{}, Events: ghapi.Events(),
	}
	if name := "Onboard for " + o.Organization; o.Organization != "" && len(name) <= maxName { // names are one for all of GitHub
		m.Name = name
	}
	if o.PublicURL != "" {
		m.URL, m.CallbackURLs = o.PublicURL, []string{o.PublicURL + o.CallbackPath}
	}
	for _, p := range ghapi.Permissions() {
		m.Permissions[p.Name] = p.Level
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("write the manifest: %v", err)) // texts and truth values
	}
	return string(text)
}

// newAppURL is GitHub's page that takes a manifest.
func (o Options) newAppURL(state string) string {
	path := "/settings/apps/new"
	if o.Organization != "" {
		path = "/organizations/" + url.PathEscape(o.Organization) + path
	}
	return strings.TrimSuffix(o.WebURL, "/") + path + "?" + url.Values{"state": {state}}.Encode()
}

// appsURL is where the owner finds their Apps.
func (o Options) appsURL() string {
	path := "/settings/apps"
	if o.Organization != "" {
		path = "/organizations/" + url.PathEscape(o.Organization) + path
	}
	return strings.TrimSuffix(o.WebURL, "/") + path
}
