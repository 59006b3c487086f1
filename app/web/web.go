// Package web is what people look at: the board, a page for each plugin and each
// of its checks, and what operators need (design.md, "What people see"). Pages are
// made on the server, need no JavaScript, and decide nothing: they show what the
// last look came to and what is on record.
//
// A page is a function that makes a model. Its template shows the model to people,
// and its .json twin shows the same to programs, so that neither says more than the
// other.
package web

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

//go:embed templates static schemas
var files embed.FS

// Options say what the pages show, and to whom.
type Options struct {
	Store     *store.Store
	Pipeline  onboarding.Pipeline // of rounds that start from now on
	Commands  []texts.Command
	Checks    []CheckDoc // that decide automatic stages
	WebURL    string     // GitHub's pages
	PublicURL string     // where people reach these pages; "" if that is not known
	Visitors  Visitors
	Team      Team
	MaxOpen   int // for how many stages one person is asked at a time; 0 for no limit
	Operator  Operator
	Policy    Policy // of the pipeline and the checks it need not tell
	Now       func() time.Time
}

// Visitor is who asks for a page.
type Visitor struct {
	Person onboarding.Person // nobody, if they have not signed in
	Roles  []onboarding.Role // that they have now
}

// SignedIn tells whether it is known who it is.
func (v Visitor) SignedIn() bool { return v.Person.ID != 0 }

// Visitors knows who asks, and who may see a private repository (S20).
type Visitors interface {
	// Visitor is who sends a request. An error says that it is not known at present.
	Visitor(r *http.Request) (Visitor, error)
	// MaySee tells whether a visitor may see what is about a private repository.
	MaySee(ctx context.Context, visitor Visitor, repository store.Repository) (bool, error)
	// SignIn is the path at which people sign in and then come to another path; ""
	// if nobody can.
	SignIn(to string) string
}

// Anonymous are visitors where nobody can sign in.
type Anonymous struct{}

var _ Visitors = Anonymous{}

// Visitor is nobody.
func (Anonymous) Visitor(*http.Request) (Visitor, error) { return Visitor{}, nil }

// MaySee is false: only what everybody may see is shown.
func (Anonymous) MaySee(context.Context, Visitor, store.Repository) (bool, error) { return false, nil }

// SignIn is "": nobody can.
func (Anonymous) SignIn(string) string { return "" }

// Web serves the pages.
type Web struct {
	Options
	templates map[string]*template.Template // by page
}

// New makes the pages.
func New(options Options) *Web {
	w := &Web{Options: options, templates: map[string]*template.Template{}}
	pages, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is right
	}
	for _, page := range pages {
		name := strings.TrimSuffix(strings.TrimPrefix(page, "templates/"), ".html")
		if name != "layout" && name != "parts" {
			w.templates[name] = template.Must(template.New("layout.html").Funcs(w.funcs()).ParseFS(files, "templates/layout.html", "templates/parts.html", page))
		}
	}
	return w
}

// Routes adds the pages to those that everybody can reach.
func (w *Web) Routes(mux *http.ServeMux) {
	mux.Handle("GET /static/", w.static())
	w.page(mux, "GET /{$}", w.board)
	w.page(mux, "GET /board.json", w.board)
	w.page(mux, "GET /p/{owner}/{repo}", w.plugin) // or its .json, which no pattern can tell apart
	w.page(mux, "GET /p/{owner}/{repo}/{stage}", w.stage)
	w.page(mux, "GET /reviewers", forRoles(w.reviewers))
	w.page(mux, "GET /reviewers.json", forRoles(w.reviewers))
	w.page(mux, "GET /ops", forRoles(w.ops))
	w.page(mux, "GET /ops.json", forRoles(w.ops))
	w.act(mux, "/ops/retry", w.retry)
	w.act(mux, "/ops/pause", w.pause)
	w.act(mux, "/ops/resume", w.resume)
	w.act(mux, "/p/{owner}/{repo}/rollback", w.rollback)
	w.page(mux, "GET /commands", w.commands)
	w.page(mux, "GET /commands.json", w.commands)
	w.page(mux, "GET /policy", w.policy)
	w.page(mux, "GET /policy.json", w.policy)
	mux.Handle("GET /feed.atom", w.feed(w.allNews))
	mux.Handle("GET /p/{owner}/{repo}/feed.atom", w.feed(w.pluginNews))
	mux.Handle("GET /badge/{owner}/{file}", w.badge())
	mux.Handle("GET /schema/{file}", w.schema())
	mux.Handle("GET /", w.guarded(func(*visit) (page, error) { return page{}, errNotFound }))
}

// visit is one request for a page.
type visit struct {
	*http.Request
	ctx     context.Context
	visitor Visitor
	json    bool // the page's twin is asked for
}

// page is what a request is answered with.
type page struct {
	name  string // of its template
	title string // of the page, beside the App's name
	model any    // what it shows; its JSON form is the page's twin
}

// Message is what somebody is told by what is no page itself, as signing in.
type Message struct {
	Title string
	Text  string
	Again string // the path that tries again; "" if that does not help
}

// Tell answers with a page that holds a message, which nobody keeps.
func (w *Web) Tell(out http.ResponseWriter, r *http.Request, status int, m Message) {
	secure(out.Header())
	out.Header().Set("Cache-Control", "no-store")
	out.Header().Set("Referrer-Policy", "no-referrer")
	w.fail(out, w.visit(r), &failure{status: status, Title: m.Title, What: m.Text, Again: m.Again})
}

// failure is what a visitor is told when there is no page for them.
type failure struct {
	status int
	Title  string `json:"title"`
	What   string `json:"what"`           // what to do about it
	Again  string `json:"-"`              // path that tries again; "" for none
	Link   string `json:"link,omitempty"` // to another page that helps
	Label  string `json:"-"`              // of the link
}

func (f *failure) Error() string { return f.Title }

// errNotFound is the answer also to who may not see what there is, so that it
// says nothing about private repositories (S20).
var errNotFound = &failure{
	status: http.StatusNotFound, Title: "There is no such page",
	What: "If it is about a private repository, sign in as somebody who may read it.",
}

// page adds a page; one whose path ends with .json is the twin of another.
func (w *Web) page(mux *http.ServeMux, pattern string, read func(*visit) (page, error)) {
	mux.Handle(pattern, w.guarded(read))
}

// guarded finds out who asks, makes the page and answers with it.
func (w *Web) guarded(read func(*visit) (page, error)) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.serve(out, r, func(v *visit) error {
			p, err := read(v)
			if err == nil {
				err = w.answer(out, v, http.StatusOK, p)
			}
			return err
		})
	})
}

// serve answers, or says why there is no answer.
func (w *Web) serve(out http.ResponseWriter, r *http.Request, answer func(*visit) error) {
	secure(out.Header())
	v := w.visit(r)
	if err := answer(v); err != nil {
		w.fail(out, v, err)
	}
}

// visit finds out who asks.
func (w *Web) visit(r *http.Request) *visit {
	v := &visit{Request: r, ctx: r.Context(), json: strings.HasSuffix(r.URL.Path, ".json")}
	var err error
	if v.visitor, err = w.Visitors.Visitor(r); err != nil { // they see what everybody sees
		zerolog.Ctx(v.ctx).Warn().Err(err).Msg("it is not known who looks at a page")
	}
	return v
}

// secure has browsers run and load nothing that is not the App's own.
func secure(header http.Header) {
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cache-Control", "private, no-cache")
	header.Add("Vary", "Cookie")
}

// answer writes a page, or its model as JSON.
func (w *Web) answer(out http.ResponseWriter, v *visit, status int, p page) error {
	var b bytes.Buffer // so that a page that cannot be made is not half there
	if v.json {
		encoder := json.NewEncoder(&b)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(p.model); err != nil {
			return fmt.Errorf("write %s: %w", v.URL.Path, err)
		}
		out.Header().Set("Content-Type", "application/json")
		if schema := schemaURL(p.name); schema != "" {
			out.Header().Set("Link", "<"+schema+`>; rel="describedby"`)
		}
	} else {
		if err := w.templates[p.name].Execute(&b, w.frame(v, p)); err != nil {
			return fmt.Errorf("write %s: %w", v.URL.Path, err)
		}
		out.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	out.WriteHeader(status)
	write(out, v, &b)
	return nil
}

// send answers with what is no page, and is made already.
func send(out http.ResponseWriter, v *visit, kind string, b *bytes.Buffer) {
	out.Header().Set("Content-Type", kind)
	write(out, v, b)
}

func write(out http.ResponseWriter, v *visit, b *bytes.Buffer) {
	if _, err := b.WriteTo(out); err != nil {
		zerolog.Ctx(v.ctx).Debug().Err(err).Msg("the visitor is gone")
	}
}

// fail says that there is no page, and why.
func (w *Web) fail(out http.ResponseWriter, v *visit, err error) {
	var told *failure
	if !errors.As(err, &told) {
		zerolog.Ctx(v.ctx).Error().Err(err).Str("path", v.URL.Path).Msg("could not make a page")
		told = &failure{
			status: http.StatusInternalServerError, Title: "This page could not be made",
			What: "Nothing is lost. Try again in a minute; if it stays, whoever runs this App finds the reason in its log.",
		}
	}
	if err := w.answer(out, v, told.status, page{name: "failure", title: told.Title, model: told}); err != nil {
		zerolog.Ctx(v.ctx).Error().Err(err).Msg("could not even say that a page cannot be made")
		http.Error(out, told.Title, told.status)
	}
}

// frame is what the layout shows around a page.
type frame struct {
	Title   string
	Page    string // name of the page's template
	Path    string // of the page
	Twin    string // path of its JSON; "" if it has none
	Visitor Visitor
	SignIn  string // path; "" if nobody can
	Now     time.Time
	Model   any
}

func (w *Web) frame(v *visit, p page) frame {
	back := v.URL.RequestURI()
	if v.Method == http.MethodPost { // there is no page at that path
		back = "/"
	}
	f := frame{
		Title: p.title, Page: p.name, Path: v.URL.Path, Visitor: v.visitor,
		SignIn: w.Visitors.SignIn(back), Now: w.Now(), Model: p.model,
	}
	if p.name != "failure" {
		f.Twin = twin(v)
	}
	return f
}

// twin is the path of a page's JSON, with the same filters.
func twin(v *visit) string {
	path := strings.TrimSuffix(v.URL.EscapedPath(), "/")
	if path == "" {
		path = "/board"
	}
	path += ".json"
	if v.URL.RawQuery != "" {
		path += "?" + v.URL.RawQuery
	}
	return path
}

// static serves what pages load. Its names do not change with its content, so
// browsers ask each time whether it did.
func (w *Web) static() http.Handler {
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		secure(out.Header())
		serve.ServeHTTP(out, r)
	})
}

// sees tells whether a visitor may see what is about a repository.
func (w *Web) sees(v *visit, repository store.Repository, why onboarding.Holding) (bool, error) {
	if !hidden(repository, why) {
		return true, nil
	}
	if !v.visitor.SignedIn() {
		return false, nil
	}
	return w.Visitors.MaySee(v.ctx, v.visitor, repository)
}

// hidden tells whether only those may see what is about a repository who may read
// it (S20): it is private as GitHub said last, or the App lost sight of it.
func hidden(repository store.Repository, why onboarding.Holding) bool {
	lost := []onboarding.Holding{onboarding.Private, onboarding.Removed, onboarding.Deleted, onboarding.Suspended}
	return repository.Private || slices.Contains(lost, why)
}
