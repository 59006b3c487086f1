package web_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/app/web"
)

var noon = time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)

// cast is who may sign in, by the value of a cookie that says so.
var cast = map[string]web.Visitor{
	"alice": {Person: onboarding.Person{ID: 1, Login: "alice"}},
	"bob":   {Person: onboarding.Person{ID: 2, Login: "bob"}, Roles: []onboarding.Role{onboarding.CoreCommitter}},
	"ada":   {Person: onboarding.Person{ID: 3, Login: "ada"}, Roles: []onboarding.Role{onboarding.Admin}},
	"oscar": {Person: onboarding.Person{ID: 8, Login: "oscar"}},
}

// commands and docs are as the App has them, less of them.
var (
	commands = []texts.Command{
		{Name: "approve", Usage: "/onboard approve <stage> [start of the commit or sha256]", Who: "those who decide the stage"},
		{Name: "request-changes", Usage: "/onboard request-changes <stage> <reason>", Who: "those who decide the stage"},
		{Name: "waive", Usage: "/onboard waive <stage> <reason>", Who: "admins"},
		{Name: "nightly", Usage: "/onboard nightly <url>", Who: "the plugin's author"},
	}
	docs = []web.CheckDoc{{Name: "licence", Doc: "The plugin has a licence.", Rules: []web.RuleDoc{
		{ID: "licence/missing", Severity: "failure", Summary: "There is a licence file at the root.", Fix: "Add one."},
	}}}
)

// visitors knows the cast; who may read a private repository, by its id, is given.
type visitors struct{ readers map[int64]int64 }

func (visitors) Visitor(r *http.Request) (web.Visitor, error) {
	cookie, err := r.Cookie("who")
	if err != nil {
		return web.Visitor{}, nil //nolint:nilerr // nobody then
	}
	return cast[cookie.Value], nil
}

func (v visitors) MaySee(_ context.Context, visitor web.Visitor, r store.Repository) (bool, error) {
	return v.readers[r.ID] == visitor.Person.ID || len(visitor.Roles) > 0, nil
}

func (visitors) SignIn(to string) string { return "/login?to=" + to }

// world is the pages over a database.
type world struct {
	t     testing.TB
	store *store.Store
	url   string
}

func newWorld(t testing.TB, readers map[int64]int64, change ...func(*web.Options)) *world {
	s, err := store.Open(t.Context(), storetest.URL(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	mux := http.NewServeMux()
	options := web.Options{
		Store: s, Pipeline: onboarding.Default(), Commands: commands, Checks: docs, WebURL: "https://github.com", Visitors: visitors{readers},
		Now: func() time.Time { return noon },
	}
	for _, change := range change {
		change(&options)
	}
	web.New(options).Routes(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &world{t: t, store: s, url: server.URL}
}

// plugin is an onboarding to put on record.
type plugin struct {
	id      int64
	owner   string
	name    string
	private bool
	change  func(*onboarding.Record)
	results map[string]onboarding.Result
	nights  []onboarding.Night
	since   time.Duration // how long it is somebody's turn
	unseen  bool          // nobody looked at it yet
	servers map[string]texts.Server
	shown   string // names of files, branches and others that the review PR shows
}

// keep puts an onboarding on record, as a look does.
func (w *world) keep(p plugin) {
	w.t.Helper()
	pipeline := onboarding.Default()
	record := onboarding.Record{
		Repository: p.id, Round: 1, Issue: 1, Author: onboarding.Person{ID: 1, Login: "alice"}, Starter: onboarding.Person{ID: 1, Login: "alice"},
		StartedAt: noon.Add(-72 * time.Hour), Pipeline: &pipeline, Private: p.private,
	}
	if p.change != nil {
		p.change(&record)
	}
	facts := onboarding.Facts{Commit: strings.Repeat("a", 40), Results: p.results, Since: record.ReviewPR.Since()}
	if facts.Results == nil {
		facts.Results = map[string]onboarding.Result{}
	}
	verdict := onboarding.Evaluate(pipeline, record, facts, noon)
	card := onboarding.CardOf(record, verdict)
	card.Nights = p.nights
	if p.since != 0 {
		card.Since = noon.Add(-p.since)
	}
	view := texts.View{Repository: p.owner + "/" + p.name, WebURL: "https://github.com", Facts: facts, RunURLs: map[string]string{"ci-extensions": "https://github.com/acme/hello/runs/7"}}
	view.Servers = p.servers
	if p.shown != "" {
		view.Servers = map[string]texts.Server{"community": {Version: p.shown, SHA256: p.shown, Trouble: p.shown, Offered: p.shown}}
		view.Pull = &texts.Pull{Branch: p.shown, Source: p.shown, Template: p.shown, Unseen: []texts.Unseen{{Path: p.shown, Kind: "workflow"}, {Path: p.shown, Kind: p.shown}}}
		view.Tampered, view.AuditHead, view.Gone = p.shown, p.shown, []onboarding.Role{onboarding.Role(p.shown), onboarding.QA}
		view.RunURLs["licence"] = p.shown
	}
	var page store.Page
	var err error
	page.Card, err = json.Marshal(card)
	require.NoError(w.t, err)
	page.View, err = json.Marshal(view)
	require.NoError(w.t, err)
	require.NoError(w.t, w.store.Write(w.t.Context(), "keep a plugin", func(ctx context.Context, tx *sql.Tx) error {
		r := store.Repository{ID: p.id, Installation: 1, OwnerID: 9, Owner: p.owner, Name: p.name, Private: p.private}
		if err := store.SaveRepository(ctx, tx, r); err != nil {
			return err
		}
		return store.SaveOnboarding(ctx, tx, record, 9)
	}))
	if p.unseen {
		return
	}
	require.NoError(w.t, w.store.SavePage(w.t.Context(), p.id, page))
}

// get asks for a page as one of the cast, "" being nobody.
func (w *world) get(who, path string) (status int, body string) {
	w.t.Helper()
	response := w.ask(who, path)
	text, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	return response.StatusCode, string(text)
}

func (w *world) ask(who, path string) *http.Response {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+path, nil)
	require.NoError(w.t, err)
	if who != "" {
		request.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	return response
}

// read asks for a page's JSON.
func (w *world) read(who, path string, into any) {
	w.t.Helper()
	status, body := w.get(who, path)
	require.Equal(w.t, http.StatusOK, status, body)
	require.NoError(w.t, json.Unmarshal([]byte(body), into))
}

// many puts as many onboardings on record as there may be on a busy server.
func (w *world) many(n int) {
	for i := range n {
		w.keep(plugin{
			id: int64(i + 1), owner: fmt.Sprintf("owner%d", i%50), name: fmt.Sprintf("mattermost-plugin-number-%d", i),
			results: map[string]onboarding.Result{"licence": {Commit: strings.Repeat("a", 40), Outcome: onboarding.OutcomeFail, Title: "There is no licence file"}},
			nights: []onboarding.Night{
				{Night: "2026-12-01", Outcome: onboarding.OutcomePass}, {Night: "2026-12-02", Outcome: onboarding.OutcomeFail}, {Night: "2026-12-03"},
			},
			since: time.Duration(i) * time.Hour,
		})
	}
}
