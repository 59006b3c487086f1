package setup

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// style is the pages' style sheet; styleHash is how their policy allows it.
var style, styleHash = func() (template.CSS, string) {
	text, err := files.ReadFile("pages/style.css")
	if err != nil {
		panic(fmt.Sprintf("read the style sheet of the set-up: %v", err)) // it is embedded
	}
	sum := sha256.Sum256(text)
	return template.CSS(text), base64.StdEncoding.EncodeToString(sum[:]) //nolint:gosec // our own file
}()

// site is the page of one set-up. It knows whom it serves by the token in its
// address, which is shown to the person who started it alone.
type site struct {
	options  Options
	folder   *folder
	origin   string // http://host:port
	token    string
	state    string        // what GitHub is to bring back
	finished chan struct{} // closed when the last page was fetched

	mu       sync.Mutex // guards what follows; one code is exchanged at a time
	saved    *saved
	finishes sync.Once
}

// handler serves the page. Requests under another name than this machine's are
// refused: a page of somebody else's may have had its own name lead here (DNS
// rebinding).
func (s *site) handler(address net.Addr) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /"+s.token+"/{$}", s.start)
	mux.HandleFunc("GET /"+s.token+"/created", s.created)
	mux.HandleFunc("GET /"+s.token+"/done", s.done)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.write(w, http.StatusNotFound, "problem.html", problem{
			What: "There is nothing at this address.", Next: "Open the address that 'onboard setup' printed in the terminal, with all its letters.",
		})
	})
	_, port, _ := net.SplitHostPort(address.String()) // a TCP address has one
	hosts := []string{address.String(), "localhost:" + port, "127.0.0.1:" + port, "[::1]:" + port}
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(hosts, strings.ToLower(r.Host)) {
			http.Error(w, "This page is for "+address.String()+" only.", http.StatusMisdirectedRequest)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// problem is a page about what went wrong.
type problem struct {
	What  string
	Next  string
	Link  string // "" for none
	Label string
}

// write writes a page. Nothing of it is kept, framed, run or told to others. There
// is no form-action: browsers would apply it to all that GitHub's sign-in leads
// through.
func (s *site) write(w http.ResponseWriter, status int, name string, data any) {
	var page strings.Builder
	if err := pages.ExecuteTemplate(&page, name, map[string]any{"Style": style, "Page": data}); err != nil {
		http.Error(w, "The page cannot be written.", http.StatusInternalServerError)
		return
	}
	for name, value := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-" + styleHash + "'",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-store",
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY",
	} {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(page.String())) // the browser is gone: it can ask again
}

// start is the page with the button.
func (s *site) start(w http.ResponseWriter, r *http.Request) {
	if s.isDone() {
		http.Redirect(w, r, s.url("done"), http.StatusSeeOther)
		return
	}
	s.write(w, http.StatusOK, "start.html", map[string]any{
		"Options": s.options, "Hook": s.options.hookURL(), "Action": s.options.newAppURL(s.state), "Manifest": s.options.manifest(s.url("created")),
		"Permissions": ghapi.Permissions(), "Events": ghapi.Events(), "Folder": s.folder.path,
	})
}

func (s *site) isDone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved != nil
}

// codeForm is what a code looks like; nothing else gets into an address.
var codeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// convertTimeout bounds the exchange of a code.
const convertTimeout = 30 * time.Second

// created is where GitHub sends the browser when there is an App. Only who knows
// the state that the form took to GitHub is believed: else another page could have
// us run as an App of its own.
func (s *site) created(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch {
	case r.Method != http.MethodGet: // a HEAD must not use up the code
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(s.state)) != 1:
		s.write(w, http.StatusBadRequest, "problem.html", problem{
			What: "This does not belong to the set-up that is under way: its state is another one. Nothing was changed.",
			Next: "Start again from the address in the terminal. If GitHub made an App already, delete it on GitHub.",
			Link: s.options.appsURL(), Label: "Your Apps on GitHub",
		})
		return
	case !codeForm.MatchString(query.Get("code")):
		s.write(w, http.StatusBadRequest, "problem.html", problem{
			What: "GitHub brought no code. Nothing was changed.", Next: "Start again from the address in the terminal.",
		})
		return
	}
	if failed := s.exchange(r.Context(), query.Get("code")); failed != nil {
		s.write(w, http.StatusBadGateway, "problem.html", *failed)
		return
	}
	http.Redirect(w, r, s.url("done"), http.StatusSeeOther) // without the code in the address
}

// exchange has GitHub hand out the App and keeps it. The person may close the page
// meanwhile: GitHub tells the secrets once.
func (s *site) exchange(ctx context.Context, code string) *problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.saved != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), convertTimeout)
	defer cancel()
	app, err := s.options.convert(ctx, code)
	if errors.Is(err, ghapi.ErrNoManifest) {
		return &problem{
			What: "GitHub does not know this code any more: it was used before, or an hour has passed.",
			Next: "Delete the App that GitHub made of it, and start again from the address in the terminal.",
			Link: s.options.appsURL(), Label: "Your Apps on GitHub",
		}
	}
	if err != nil {
		return &problem{
			What: "The App is there, but its secrets could not be fetched: " + err.Error() + ".",
			Next: "Load this page again when " + s.options.V3APIURL + " can be reached from here: the code is good for an hour.",
		}
	}
	kept, err := s.folder.save(app, s.options)
	if err != nil {
		return &problem{
			What: "GitHub made the App, but its secrets could not be kept: " + err.Error() + ".",
			Next: "GitHub tells them once. Mend this, delete the App on GitHub, and start again from the address in the terminal.",
			Link: s.options.appsURL(), Label: "Your Apps on GitHub",
		}
	}
	s.saved = kept
	// A browser that went away does not keep us.
	time.AfterFunc(goodbye, func() { s.finishes.Do(func() { close(s.finished) }) })
	return nil
}

// done is the last page.
func (s *site) done(w http.ResponseWriter, r *http.Request) {
	if !s.isDone() {
		http.Redirect(w, r, s.url(""), http.StatusSeeOther)
		return
	}
	s.write(w, http.StatusOK, "done.html", map[string]any{"Saved": s.saved, "Steps": s.saved.steps(s.options)})
	s.finishes.Do(func() { close(s.finished) })
}
