package fakegithub

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// appPages are the pages of the manifest flow, beside the API, by their patterns.
// The description of the REST API does not know them; they do what the
// documentation of the flow says.
func appPages() map[string]download {
	const person, organization = "/settings/apps", "/organizations/{org}/settings/apps"
	return map[string]download{
		"POST " + person + "/new":       {person + "/new", (*GitHub).showManifest},
		"POST " + organization + "/new": {organization + "/new", (*GitHub).showManifest},
		"POST " + person:                {person, (*GitHub).createFromManifest},
		"POST " + organization:          {organization, (*GitHub).createFromManifest},
	}
}

// manifestForm is what the page shows, and sends on.
type manifestForm struct {
	Action   string // where the form goes
	State    string
	Manifest string
	Name     string
	For      string   // whose App it will be; "": of the person who presses the button
	People   []string // who that may be
	Invalid  string   // why the manifest is refused
	Fault    string   // why the name is
	Rights   []string
}

var manifestPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Create GitHub App</title>
{{if .Invalid}}<h1>Invalid GitHub App configuration</h1>
<p>The configuration does not appear to be a valid GitHub App manifest.</p>
<p id="error">{{.Invalid}}</p>
{{else}}<h1>Create GitHub App{{with .For}} for {{.}}{{end}}</h1>
<p>This is the simulated GitHub.</p>
<form method="post" action="{{.Action}}">
<input type="hidden" name="manifest" value="{{.Manifest}}"><input type="hidden" name="state" value="{{.State}}">
{{with .Fault}}<p id="error">{{.}}</p>{{end}}
<p><label>GitHub App name <input name="name" value="{{.Name}}" maxlength="34" required></label></p>
<p><label>You are <select name="as">{{range .People}}<option>{{.}}</option>{{end}}</select></label></p>
<ul>{{range .Rights}}<li>{{.}}</li>{{end}}</ul>
<p><button>Create GitHub App</button></p>
</form>{{end}}</html>
`))

// showManifest takes what a setup program posts, and asks the person to confirm.
func (g *GitHub) showManifest(r *http.Request) answer {
	form := manifestForm{
		Action: strings.TrimSuffix(r.URL.Path, "/new"), State: r.URL.Query().Get("state"),
		Manifest: r.PostFormValue("manifest"), For: r.PathValue("org"), People: g.mayCreateApps(r.PathValue("org")),
	}
	if len(form.People) == 0 { // no such organisation, or nobody may
		return notHere()
	}
	m, err := readManifest(form.Manifest)
	if err != nil {
		form.Invalid = err.Error()
		return form.page(http.StatusUnprocessableEntity)
	}
	form.Name = m.Name
	for name, level := range m.Permissions {
		form.Rights = append(form.Rights, name+": "+level)
	}
	slices.Sort(form.Rights)
	form.Rights = append(form.Rights, m.Events...)
	return form.page(http.StatusOK)
}

// mayCreateApps are the people who may: anybody for themselves, and the owners of
// an organisation for it.
func (g *GitHub) mayCreateApps(organization string) []string {
	var people []string
	for _, u := range g.users {
		if u.Type != "User" || g.signedIn != nil && u != g.signedIn {
			continue
		}
		if organization != "" {
			account := g.users[strings.ToLower(organization)]
			if account == nil || account.Type != "Organization" {
				return nil
			}
			if m := g.organization(account).active(u); m == nil || !m.owner {
				continue
			}
		}
		people = append(people, u.Login)
	}
	slices.Sort(people)
	return people
}

// createFromManifest takes the click on that page, and sends the browser back to
// the program with a code.
func (g *GitHub) createFromManifest(r *http.Request) answer {
	form := manifestForm{
		Action: r.URL.Path, State: r.PostFormValue("state"), Manifest: r.PostFormValue("manifest"), Name: r.PostFormValue("name"),
		For: r.PathValue("org"), People: g.mayCreateApps(r.PathValue("org")),
	}
	owner := g.users[strings.ToLower(r.PostFormValue("as"))]
	m, err := readManifest(form.Manifest)
	if owner == nil || err != nil || !slices.Contains(form.People, owner.Login) {
		return notHere()
	}
	if form.Fault = g.nameFault(form.Name); form.Fault != "" {
		return form.page(http.StatusUnprocessableEntity)
	}
	if form.For != "" {
		owner = g.users[strings.ToLower(form.For)]
	}
	m.Name = form.Name
	back, err := url.Parse(m.RedirectURL)
	if err != nil || m.RedirectURL == "" {
		return notHere()
	}
	query := back.Query()
	query.Set("code", g.fromManifest(m, owner))
	if form.State != "" {
		query.Set("state", form.State)
	}
	back.RawQuery = query.Encode()
	return redirect(back.String())
}

func (f manifestForm) page(status int) answer {
	var page strings.Builder
	if err := manifestPage.Execute(&page, f); err != nil {
		panic(fmt.Sprintf("fakegithub: write the page of a manifest: %v", err)) // a mistake in this package
	}
	return answer{status: status, raw: []byte(page.String()), header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}}
}
