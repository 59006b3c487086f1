package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/doctor"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/web/signin"
)

// Doctor looks whether everything is there that [New] and [App.Run] need, by the
// configuration that [Examine] read, or by why it could not. It changes nothing, and
// the App may run meanwhile. An error means that it could not look at all.
func Doctor(ctx context.Context, config Config, notes Problems, failed error) (*doctor.Report, error) {
	report := &doctor.Report{}
	if wrong := (Problems)(nil); errors.As(failed, &wrong) {
		for _, problem := range wrong {
			report.Add("configuration", doctor.Fail, problem.text(), problem.Example)
		}
		return report, nil
	}
	if failed != nil {
		return nil, failed
	}
	missing := config.Missing()
	for _, problem := range missing {
		report.Add("configuration", doctor.Fail, problem.text(), "run 'onboard setup', or "+problem.Example)
	}
	switch {
	case len(missing) > 0:
	case len(notes) > 0:
		report.Add("configuration", doctor.Warn, fmt.Sprintf("it is right, and probably not all of it is meant (%d)", len(notes)), "see 'onboard config validate'")
	default:
		report.Add("configuration", doctor.OK, "it is right", "")
	}
	patient := config.patient()
	if len(missing) == 0 {
		record, err := openSoon(ctx, config.Database.location())
		if err == nil {
			defer func() { _ = record.Close() }() // it was only read
		} else {
			record = nil // the database's own line says why
		}
		if err := config.askGitHub(&patient, record); err != nil {
			return nil, err
		}
	}
	doctor.Examine(ctx, patient, report)
	return report, nil
}

// openSoon opens a database for reading, or gives up: its server may be away.
func openSoon(ctx context.Context, url string) (*store.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return store.OpenToRead(ctx, url)
}

// text is a problem without its example.
func (p Problem) text() string {
	return strings.Join(slices.DeleteFunc([]string{p.Where, p.Key, p.What}, func(part string) bool { return part == "" }), ": ")
}

// patient is what can be looked at without GitHub.
func (c Config) patient() doctor.Patient {
	p := doctor.Patient{
		Database: c.Database.location(), Listen: c.Server.Listen, HookPath: HookPath, PublicURL: c.Server.PublicURL,
		AppID: c.GitHub.App.IntegrationID, WebURL: c.GitHub.WebURL, APIURL: c.GitHub.V3APIURL, Members: c.Roles.members(), Template: c.Template.Repository,
	}
	oauth := c.GitHub.OAuth
	p.SignInSet, p.Cookies = oauth.ClientID != "" || oauth.ClientSecret != "", c.Server.CookieKeys != ""
	p.SignInOff = signin.New(signin.Options{
		WebURL: c.GitHub.WebURL, PublicURL: c.Server.PublicURL, ClientID: oauth.ClientID, Replicas: c.Replicas,
		ClientSecret: oauth.ClientSecret.Reveal, CookieKeys: c.Server.CookieKeys.lines,
	}).Off()
	for _, k := range keysOf(&c) {
		if k.file != nil && *k.file.value.(*string) != "" {
			p.Files = append(p.Files, doctor.Secret{Key: k.file.path, File: *k.file.value.(*string)})
		}
	}
	for _, role := range c.Roles.names() {
		if lead := c.Roles[role].Lead; lead != "" {
			p.Logins = append(p.Logins, lead)
		}
	}
	for _, away := range c.Reviewers.Away {
		p.Logins = append(p.Logins, away.Login)
	}
	owners := c.PluginOwners.logins()
	for _, plugin := range slices.Sorted(maps.Keys(owners)) {
		p.Logins = append(p.Logins, owners[plugin]...)
	}
	slices.Sort(p.Logins)
	p.Logins = slices.Compact(p.Logins)
	return p
}

// askGitHub has the patient ask GitHub as the App does. Nothing that it asks with can
// write.
func (c Config) askGitHub(p *doctor.Patient, record *store.Store) (err error) {
	p.Clock = &doctor.Clock{Next: http.DefaultTransport, Now: time.Now}
	if p.GitHub, err = ghapi.New(ghapi.Options{
		Config: c.githubapp(), UserAgent: userAgent(), Burst: c.Writes.Burst, PerSecond: c.Writes.PerSecond, Transport: readOnly{p.Clock},
	}); err != nil {
		return err
	}
	p.Roles, err = ghapi.NewRoles(p.GitHub, &looking{record: record, resolved: map[string]int64{}}, time.Now, p.Members)
	return err
}

// readOnly refuses what would change something on GitHub. Tokens are no change.
type readOnly struct{ next http.RoundTripper }

func (r readOnly) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodGet && !strings.HasSuffix(request.URL.Path, "/access_tokens") {
		return nil, fmt.Errorf("%s %s: %w", request.Method, request.URL.Path, fs.ErrPermission)
	}
	return r.next.RoundTrip(request) //nolint:wrapcheck // as the transport says it
}
