package handlers_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/handlers"
)

// world has the handlers work through what people do on a simulated GitHub, one
// delivery after the other, without looks in between.
type world struct {
	t       *testing.T
	github  *fakegithub.GitHub
	plugin  *fakegithub.Repository
	issue   *fakegithub.Issue
	pull    *fakegithub.PullRequest
	people  map[string]*fakegithub.User
	deps    handlers.Deps
	list    []handlers.Handler
	store   *store.Store
	done    int // deliveries that were handled
	results map[string]onboarding.Result
}

// cast is who has which role. Alice is the plugin's author, olivia is nobody.
var cast = map[string][]onboarding.Role{
	"alice": onboarding.DefaultRoles(), // and they help nobody
	"ann":   {onboarding.CoreCommitter}, "bob": {onboarding.CoreCommitter, onboarding.Security},
	"quinn": {onboarding.QA}, "peter": {onboarding.PM}, "root": {onboarding.Admin}, "robin": {onboarding.Admin},
	"olivia": nil,
	"zoe":    nil, // opens the review PR, as the App's bot does
}

// roles are those of the cast, by the ids of the people.
type roles map[int64][]onboarding.Role

func (r roles) Of(_ context.Context, person onboarding.Person) ([]onboarding.Role, error) {
	return r[person.ID], nil
}

func (roles) Reads(string) bool { return false }
func (roles) Forget(string)     {}

// newWorld makes a world in which an onboarding waits for everything: all stages
// are open, none has passed, and the check runs showed it an hour ago.
func newWorld(t *testing.T, folder string) *world {
	t.Helper()
	w := &world{t: t, github: fakegithub.New(fakegithub.Options{}), people: map[string]*fakegithub.User{}}
	url, err := w.github.Start("127.0.0.1:0")
	require.NoError(t, err)
	app := w.github.CreateApp("onboard")
	known := roles{}
	for _, login := range slices.Sorted(maps.Keys(cast)) {
		w.people[login] = w.github.CreateUser(login)
		known[w.people[login].ID] = cast[login]
	}
	alice := w.people["alice"]
	w.github.Install(app, alice)
	w.plugin = w.github.CreateRepository(alice, "mattermost-plugin-hello", map[string]string{"plugin.json": "{}"})
	for _, login := range []string{"ann", "bob", "quinn", "olivia", "zoe"} {
		w.plugin.Allow(w.people[login], "write")
	}
	w.issue = w.plugin.OpenIssue(alice, "Onboard this", "")
	w.plugin.MoveBranch(alice, "onboarding/base", w.plugin.Head())
	w.plugin.MoveBranch(alice, "onboarding/review", w.plugin.Head())
	w.plugin.PushBranch(alice, "onboarding/review", "Review", map[string]*string{"server.go": new("package main")})
	w.pull = w.plugin.OpenPullRequest(w.people["zoe"], "For review", "", "onboarding/review", "onboarding/base")

	w.store, err = store.Open(context.Background(), "sqlite://"+filepath.Join(folder, "test.db"))
	require.NoError(t, err)
	clients, err := ghapi.New(ghapi.Options{Config: config(url, app), Burst: 10_000, PerSecond: 1000, Backoff: time.Millisecond})
	require.NoError(t, err)
	w.deps = handlers.Deps{
		Store: w.store, GitHub: clients, WebURL: url, AppID: app.ID, Now: time.Now, Pipeline: onboarding.Default(), Roles: known,
		Checks: []string{"licence", "starter-template", "manifest", "nightly-build", "release"}, Online: []string{"nightly-build", "release"},
		MustAccept: true,
	}
	w.list = handlers.All(w.deps)
	w.begin()
	t.Cleanup(func() {
		require.NoError(t, w.store.Close())
		require.NoError(t, w.github.Close())
	})
	return w
}

func config(url string, app *fakegithub.App) githubapp.Config {
	var c githubapp.Config
	c.V3APIURL, c.V4APIURL = url+"/api/v3/", url+"/api/graphql"
	c.App.IntegrationID, c.App.PrivateKey = app.ID, app.PrivateKeyPEM
	return c
}

// begin puts the onboarding on record, as if looks had shown all of it.
func (w *world) begin() {
	before := time.Now().Add(-time.Hour)
	alice := onboarding.Person{ID: w.people["alice"].ID, Login: "alice"}
	bundle := strings.Repeat("b", 64)
	w.results = map[string]onboarding.Result{}
	for _, name := range w.deps.Checks {
		w.results[name] = onboarding.Result{
			Commit: w.plugin.Head(), Outcome: onboarding.OutcomeReview, Title: "Look", Digest: bundle,
			Findings: []onboarding.Finding{{Rule: name + "/look", Severity: "warning", Message: "Look at this."}},
		}
	}
	w.results["licence"] = onboarding.Result{
		Commit: w.plugin.Head(), Outcome: onboarding.OutcomeFail, Title: "None",
		Findings: []onboarding.Finding{{Rule: "licence/missing", Severity: "failure", Message: "There is none."}},
	}
	_, base := w.pull.Base()
	record := onboarding.Record{
		Repository: w.plugin.ID, Round: 1, Issue: w.issue.Number, Author: alice, Starter: alice, Owner: alice,
		StartedAt: before, AcceptedAt: before, Opened: map[string]time.Time{},
		ReviewPR: &onboarding.ReviewPR{
			Number: w.pull.Number, BaseBranch: "onboarding/base", HeadBranch: "onboarding/review", BaseSHA: base,
			Commits: []onboarding.ReviewCommit{{SHA: w.pull.HeadSHA(), Source: w.plugin.Head()}},
		},
	}
	for _, stage := range w.deps.Pipeline.Stages {
		record.Opened[stage.Name] = before
	}
	record.Shown, _ = record.Show(w.evaluate(record), before)
	w.write("begin", func(ctx context.Context, tx *sql.Tx) error {
		for name, result := range w.results {
			if err := store.SaveResult(ctx, tx, w.plugin.ID, name, result); err != nil {
				return err
			}
		}
		return store.SaveOnboarding(ctx, tx, record, w.people["alice"].ID)
	})
	w.skip()
}

func (w *world) write(what string, do func(context.Context, *sql.Tx) error) {
	require.NoError(w.t, w.store.Write(context.Background(), what, do))
}

// evaluate is where an onboarding stands.
func (w *world) evaluate(record onboarding.Record) onboarding.Verdict {
	facts := onboarding.Facts{Commit: record.ReviewPR.Last().Source, Results: w.results, Since: record.ReviewPR.Since()}
	return onboarding.Evaluate(w.deps.Pipeline, record, facts, time.Now())
}

// record is what is on record now.
func (w *world) record() onboarding.Record {
	record, _, err := w.store.Onboarding(context.Background(), w.plugin.ID)
	require.NoError(w.t, err)
	return record
}

// skip leaves out the deliveries of what was done so far.
func (w *world) skip() { w.done = len(w.github.Deliveries()) }

// handle has the handlers work through the deliveries since.
func (w *world) handle() {
	all := w.github.Deliveries()
	for _, d := range all[w.done:] {
		w.deliver(d)
	}
	w.done = len(all)
}

// deliver has its handler work through a delivery, as the queue does.
func (w *world) deliver(d fakegithub.Delivery) {
	key, err := handlers.Route(w.list)(context.Background(), d.Event, d.Payload)
	require.NoError(w.t, err)
	if key == "" {
		return
	}
	for _, handler := range w.list {
		if slices.Contains(handler.Handles(), d.Event) {
			require.NoError(w.t, handler.Handle(context.Background(), d.Event, d.GUID, d.Payload), "%s", d.Payload)
		}
	}
}

// say has somebody comment on the tracking issue, and returns what is answered.
func (w *world) say(login, format string, args ...any) store.Act {
	comment := w.issue.Comment(w.people[login], fmt.Sprintf(format, args...))
	w.handle()
	acts, err := w.store.Unanswered(context.Background(), w.plugin.ID)
	require.NoError(w.t, err)
	for _, act := range acts {
		if act.Comment == comment.ID {
			return act
		}
	}
	return store.Act{}
}

// holding are the stages and gates that stand in nobody's way.
func (w *world) holding() []string {
	var names []string
	for _, s := range w.evaluate(w.record()).Standings {
		if s.Holds() {
			names = append(names, s.Name)
		}
	}
	return names
}

// show changes what check runs showed.
func (w *world) show(change func(*onboarding.Shown)) {
	record := w.record()
	for stage, shown := range record.Shown {
		change(&shown)
		record.Shown[stage] = shown
	}
	w.write("show", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveOnboarding(ctx, tx, record, w.people["alice"].ID)
	})
}

// forgetLimits has everybody said nothing so far, for the hourly limits (S18).
func (w *world) forgetLimits() {
	w.write("forget", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE act SET recorded_at = 0`)
		return err
	})
}
