// Package texts holds every text that people read on GitHub: one template
// each, in templates/, so that wording is edited without reading Go.
//
// What people outside wrote (names, paths, titles, reasons) is shown only
// through the template functions code, cell and plain, which let no mention,
// marker, closing keyword, link or control character through (S19).
package texts

import (
	"embed"
	"fmt"
	"net/url"
	"strings"
	"text/template"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

//go:embed templates
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"code":     Code,
	"cell":     cell,
	"plain":    Plain,
	"clause":   clause,
	"date":     func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	"minute":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
	"short":    func(sha string) string { return sha[:min(7, len(sha))] },
	"list":     list,
	"sign":     sign,
	"capital":  capital,
	"party":    Party,
	"holding":  Holding,
	"line":     lineSuffix,
	"trim":     trimSlash,
	"replaced": replacedWhy,
	"counts":   counts,
	"lacks":    lacks,
	"brief":    shortPath,
	"more":     func(v View, more int) any { return map[string]any{"View": v, "More": more} },
	"advice":   func(f onboarding.Finding) string { sentence, _ := f.Advice(); return sentence },
	"example":  func(f onboarding.Finding) string { _, example := f.Advice(); return example },
	"fenced":   fenced,
}).ParseFS(files, "templates/*.tmpl"))

// render fills in a template. A template that cannot be filled in is a bug
// which the golden tests show, so it panics.
func render(name string, data any) string {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic(fmt.Sprintf("fill in the text %s: %v", name, err))
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// View is what the texts about an onboarding are made from. Its JSON form is what
// the pages keep of it; what is on record, and what follows from that, they read anew.
type View struct {
	Repository string            // "owner/name"
	WebURL     string            // GitHub's pages, "https://github.com"
	PagesURL   string            // the App's pages, "https://onboard.example.com"; "" if nobody else reaches them
	Record     onboarding.Record `json:"-"`
	Facts      onboarding.Facts
	Verdict    onboarding.Verdict           `json:"-"`
	RunURLs    map[string]string            // page of each published check run, by stage or gate
	RunsAt     string                       // the commit that carries the check runs; 40 hex digits
	RunsNew    bool                         // that commit was made just now, so it carries none yet
	Pull       *Pull                        // what the review PR shows; nil if there is none
	AuditHead  string                       // what the gates' runs keep beside their texts, where only we can write (S22)
	Tampered   string                       // what others changed there so often that it is not put back: "text", "labels" (S15)
	Leads      map[onboarding.Role]string   // login of who leads a role
	Lacking    map[string]onboarding.Choice // by stage: whom nobody can be asked for at present
	Gone       []onboarding.Role            // that a stage asks for and that nobody can have any more: they are not configured
	Servers    map[string]Server            // by gate: what is on the server behind it; those that Onboard deploys to
	Moved      bool                         // these check runs are gone on with on the review PR
	OnPull     bool                         // these check runs are about some pull request, and decide nothing
}

// URL is the repository's page.
func (v View) URL() string { return trimSlash(v.WebURL) + "/" + v.Repository }

// PageURL is the App's page about the plugin, or about one stage or gate of it; ""
// if there is none that people can reach.
func (v View) PageURL(stage string) string {
	if v.PagesURL == "" || v.OnPull {
		return ""
	}
	return strings.TrimSuffix(trimSlash(v.PagesURL)+"/p/"+v.Repository+"/"+stage, "/")
}

// CommitURL is the page of the commit that was looked at.
func (v View) CommitURL() string { return v.URL() + "/commit/" + v.Facts.Commit }

// Link names a person with a link, which notifies nobody, as a mention would.
func (v View) Link(p onboarding.Person) string { return PersonLink(v.WebURL, p.Login) }

// Links names the people who are asked, with links.
func (v View) Links(asked []onboarding.Request) string {
	var names []string
	for _, r := range asked {
		names = append(names, v.Link(r.Person))
	}
	return list(names)
}

// FileURL is the page of a file, at a line if there is one, as it was at the
// commit that was looked at.
func (v View) FileURL(f onboarding.Finding) string {
	page := v.fileAt(v.Facts.Commit, f.Path)
	switch {
	case f.Line > 0 && f.EndLine > f.Line:
		page += fmt.Sprintf("#L%d-L%d", f.Line, f.EndLine)
	case f.Line > 0:
		page += fmt.Sprintf("#L%d", f.Line)
	}
	return page
}

// fileAt is the page of a file at a commit.
func (v View) fileAt(commit, path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	page := v.URL() + "/blob/" + commit + "/" + strings.Join(segments, "/")
	return strings.NewReplacer("(", "%28", ")", "%29").Replace(page) // they would end the Markdown link
}

func trimSlash(url string) string { return strings.TrimRight(url, "/") }

// PersonLink names a person with a link, which notifies nobody.
func PersonLink(webURL, login string) string {
	return fmt.Sprintf("[%s](%s/%s)", Plain(login), trimSlash(webURL), url.PathEscape(login))
}

// list joins names as people do: "a, b and c".
func list(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// capital begins a sentence.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// sign is the sign beside a stage in a table.
func sign(s onboarding.Standing) string {
	switch s.State {
	case onboarding.Passed:
		return "✅"
	case onboarding.Failed:
		return "❌"
	case onboarding.Waiting:
		return "👉"
	case onboarding.Running:
		return "⏳"
	case onboarding.Undecided:
		return "⚠️"
	case onboarding.Cancelled:
		return "🚫"
	case onboarding.Waived:
		return "➖"
	case onboarding.Closed:
		return "🔒"
	default:
		return "⚪"
	}
}
