// Package doctor looks whether everything is there that `onboard serve` needs:
// `onboard doctor`. It changes nothing, here or on GitHub, and may run beside serve.
package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// Status is how well something is.
type Status string

// The statuses. What is only doubtful does not fail the whole.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
)

// Line is what was found of one thing.
type Line struct {
	Check  string `json:"check"` // a word: "webhook"
	Status Status `json:"status"`
	What   string `json:"what"`
	Fix    string `json:"fix"` // what to do about it; "" if there is nothing to do
}

// Report is all that was found, in the order in which it is best mended.
type Report struct {
	Lines []Line
}

// Add adds a line. No token, control character or second line gets in: much of it is
// what others wrote (S19, S20).
func (r *Report) Add(check string, status Status, what, fix string) {
	r.Lines = append(r.Lines, Line{Check: check, Status: status, What: clean(what), Fix: clean(fix)})
}

func (r *Report) ok(check, format string, args ...any) {
	r.Add(check, OK, fmt.Sprintf(format, args...), "")
}

func clean(text string) string {
	return texts.Line(ghapi.Redact(strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")))
}

// Status is the worst of the lines'.
func (r *Report) Status() Status {
	worst := OK
	for _, line := range r.Lines {
		if line.Status == Fail || line.Status == Warn && worst == OK {
			worst = line.Status
		}
	}
	return worst
}

// MarshalJSON is the report for programs: {"status", "checks": [{"check", "status",
// "what", "fix"}]}.
func (r *Report) MarshalJSON() ([]byte, error) {
	lines := r.Lines
	if lines == nil {
		lines = []Line{}
	}
	return json.Marshal(struct {
		Status Status `json:"status"`
		Checks []Line `json:"checks"`
	}{r.Status(), lines})
}

// Write writes the report for people, a line each.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	for _, line := range r.Lines {
		fmt.Fprintf(&b, "%-4s  %s: %s", line.Status, line.Check, line.What)
		if line.Fix != "" {
			fmt.Fprintf(&b, ". Fix: %s", line.Fix)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err //nolint:wrapcheck // as the writer says it
}

// Patient is what is looked at.
type Patient struct {
	Database  string   // its URL, with the password
	Files     []Secret // that hold secrets
	Listen    string   // where serve answers, host:port
	HookPath  string   // where it takes deliveries there
	PublicURL string   // where GitHub reaches it; "" if that is not configured

	SignInOff string // why people cannot sign in; "" if they can
	SignInSet bool   // something of it is configured
	Cookies   bool   // sessions outlive a restart

	AppID    int64
	WebURL   string
	APIURL   string
	Clock    *Clock
	GitHub   *ghapi.Clients // nil: what is missing to ask GitHub is among the lines already
	Roles    *ghapi.Roles
	Members  map[onboarding.Role]ghapi.Members // as configured
	Logins   []string                          // that are configured beside the roles'
	Template string                            // owner/name
}

// Secret is a file that holds one.
type Secret struct {
	Key  string // of the configuration that names the file
	File string
}

// patience bounds each thing that is looked at.
const patience = 20 * time.Second

// Examine looks at everything. It ends in time whatever GitHub does.
func Examine(ctx context.Context, p Patient, r *Report) {
	looks := []func(context.Context, *Report){p.files, p.database, p.serve, p.signIn}
	if p.GitHub != nil {
		looks = append(looks, p.github)
	}
	for _, look := range looks {
		look(ctx, r)
	}
}

// github looks at all that GitHub has to be asked for.
func (p Patient) github(ctx context.Context, r *Report) {
	self, known := p.self(ctx, r)
	p.clock(r)
	if !known {
		r.Add("github", Warn, "its webhook, installations, roles and template were not looked at", "mend the App first")
		return
	}
	p.rights(r, self)
	for _, look := range []func(context.Context, *Report, ghapi.Self){p.webhook, p.deliveries, p.installations, p.people, p.template} {
		bounded, cancel := context.WithTimeout(ctx, patience)
		look(bounded, r, self)
		cancel()
	}
}

// settings is the page of the App's settings.
func (p Patient) settings(self ghapi.Self) string {
	path := "/settings/apps/" + self.Slug
	if !self.OfPerson {
		path = "/organizations/" + self.Owner + path
	}
	return strings.TrimSuffix(p.WebURL, "/") + path
}

// self asks GitHub who the App is.
func (p Patient) self(ctx context.Context, r *Report) (ghapi.Self, bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	self, err := p.GitHub.Self(ctx)
	switch status := ghapi.StatusOf(err); {
	case err == nil && self.ID == p.AppID:
		r.ok("app", "GitHub takes the key: %s (App %d) of %s", self.Slug, self.ID, self.Owner)
		return self, true
	case err == nil:
		r.Add("app", Fail, fmt.Sprintf("the key is that of App %d (%s), not of App %d", self.ID, self.Slug, p.AppID), "github.app.integration_id must be the key's App")
	case status == http.StatusUnauthorized:
		r.Add("app", Fail, fmt.Sprintf("GitHub refuses the key of App %d", p.AppID), "make a new private key on the App's page, and check integration_id and the clock")
	case status == http.StatusNotFound:
		r.Add("app", Fail, fmt.Sprintf("GitHub knows no App %d", p.AppID), "check github.app.integration_id and github.v3_api_url, or run 'onboard setup'")
	default:
		r.Add("app", Fail, "GitHub cannot be asked: "+err.Error(), "let this machine reach "+p.APIURL)
	}
	return self, false
}

// rights compares what the App asks for with what it needs.
func (p Patient) rights(r *Report, self ghapi.Self) {
	where := "set them at " + p.settings(self) + "/permissions"
	lacking := ghapi.Lacking(self.Permissions, ghapi.Permissions())
	status := Warn
	for _, lack := range lacking {
		if !lack.Optional {
			status = Fail
		}
	}
	needless := ghapi.Needless(self.Permissions)
	if len(lacking) > 0 {
		r.Add("permissions", status, "the App does not ask for "+spell(lacking, self.Permissions), where)
	}
	if len(needless) > 0 {
		r.Add("permissions", Warn, "the App asks for more than it needs: "+strings.Join(needless, ", "), "take that away at "+p.settings(self)+"/permissions")
	}
	if len(lacking)+len(needless) == 0 {
		r.ok("permissions", "the App asks for what it needs")
	}
	if lacking := ghapi.LackingEvents(self.Events); len(lacking) > 0 {
		r.Add("events", Fail, "the App does not hear of "+strings.Join(lacking, ", "), "subscribe to them at "+p.settings(self)+"/permissions")
		return
	}
	r.ok("events", "the App hears of all %d that it handles", len(ghapi.Events()))
}

// spell lists permissions with the level that is needed, and the one that is there.
func spell(lacking []ghapi.Permission, granted map[string]string) string {
	var list []string
	for _, p := range lacking {
		list = append(list, fmt.Sprintf("%s: %s (has %s)", p.Name, p.Level, cmp.Or(granted[p.Name], "none")))
	}
	return strings.Join(list, ", ")
}
