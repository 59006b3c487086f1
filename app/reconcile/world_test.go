package reconcile_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/reconcile"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
	tt "github.com/onboard-app/onboard/checks/template/templatetest"
)

// starter are the versions of the template in these tests.
var starter = []tt.Files{
	{"Makefile": tt.Text("make", 30), "build/setup.mk": tt.Text("setup", 20), "server/main.go": tt.Text("main", 20), "plugin.json": `{"id":"com.example.starter"}`},
	{"Makefile": tt.Text("make", 32), "build/setup.mk": tt.Text("setup", 20), "server/main.go": tt.Text("main", 20), "plugin.json": `{"id":"com.example.starter"}`, "webapp/index.js": tt.Text("webapp", 20)},
}

// plugin is made from the first of them.
var plugin = map[string]string{
	"Makefile": tt.Text("make", 30), "build/setup.mk": tt.Text("setup", 20) + "one line more\n",
	"server/main.go": tt.Text("main", 20), "server/plugin.go": "package main\n\n// All of this is alice's.\n",
	"plugin.json": `{"id":"com.example.hello"}`, ".github/workflows/ci.yml": "on: push\n", "README.md": "# Hello\n",
}

// boilerplate is the starter template, read from memory.
type boilerplate struct {
	index *template.Index
	read  template.Reader
}

func (b boilerplate) Index(context.Context) (*template.Index, error) { return b.index, nil }

func (b boilerplate) Blob(_ context.Context, sha string) ([]byte, error) {
	return b.read(checks.File{SHA: sha})
}

// stage is a simulated GitHub with the App, and what looks at repositories.
// Every call is checked against GitHub's own description.
type stage struct {
	t      *testing.T
	github *fakegithub.GitHub
	app    *fakegithub.App
	looks  *reconcile.Reconciler
	store  *store.Store
	clock  atomic.Int64 // nanoseconds that the clocks are ahead
}

// world is a plugin on a stage.
type world struct {
	*stage
	alice *fakegithub.User
	repo  *fakegithub.Repository
	issue *fakegithub.Issue
}

func newStage(t *testing.T) *stage {
	t.Helper()
	w := &stage{t: t}
	w.github = fakegithub.New(fakegithub.Options{Wrap: conformance.Check(t), Now: w.now, Wall: time.Now})
	url, err := w.github.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.github.Close()) })
	w.app = w.github.CreateApp("onboard")
	w.store, err = store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.store.Close()) })
	var config githubapp.Config
	config.V3APIURL, config.V4APIURL = url+"/api/v3/", url+"/api/graphql"
	config.App.IntegrationID, config.App.PrivateKey = w.app.ID, w.app.PrivateKeyPEM
	clients, err := ghapi.New(ghapi.Options{Config: config, UserAgent: "test", Burst: 100_000, PerSecond: 1000, Backoff: time.Millisecond})
	require.NoError(t, err)
	_, read := tt.Versions(starter...)
	w.looks = &reconcile.Reconciler{
		Store: w.store, Pipeline: onboarding.Default(), WebURL: url, Now: w.now, DailyBytes: 1 << 30,
		Boilerplate: boilerplate{tt.Index(t, starter...), read},
		Judge:       func(context.Context, string) (string, error) { return "", nil },
		GitHub: func(r store.Repository) (reconcile.GitHub, error) {
			return clients.Repo(r.Installation, r.Owner, r.Name)
		},
	}
	return w
}

// plugin makes a plugin of somebody's, whose onboarding is accepted and which
// nobody has looked at yet. Permissions are those of the installation that differ.
func (s *stage) plugin(owner string, files map[string]string, permissions map[string]string) *world {
	s.t.Helper()
	w := &world{stage: s}
	s.clock.Add(int64(-time.Hour)) // the plugin is older than its onboarding
	w.alice = w.github.CreateUser(owner)
	installation := w.github.InstallWith(w.app, w.alice, permissions)
	w.repo = w.github.CreateRepository(w.alice, "mattermost-plugin-hello", files)
	w.issue = w.repo.OpenIssue(w.alice, "Onboard this", "")
	s.clock.Add(int64(time.Hour))
	require.NoError(s.t, w.store.Write(s.t.Context(), "start", func(ctx context.Context, tx *sql.Tx) error {
		if err := store.SaveRepository(ctx, tx, store.Repository{
			ID: w.repo.ID, Installation: installation.ID, OwnerID: w.alice.ID, Owner: owner, Name: "mattermost-plugin-hello",
		}); err != nil {
			return err
		}
		author := onboarding.Person{ID: w.alice.ID, Login: owner}
		return store.SaveOnboarding(ctx, tx, onboarding.Record{
			Repository: w.repo.ID, Round: 1, Issue: w.issue.Number, Author: author, Starter: author, StartedAt: w.now(), AcceptedAt: w.now(),
		}, w.alice.ID)
	}))
	return w
}

// newWorld makes a stage with alice's plugin.
func newWorld(t *testing.T, files map[string]string, permissions map[string]string) *world {
	t.Helper()
	return newStage(t).plugin("alice", files, permissions)
}

func (s *stage) now() time.Time { return time.Now().Add(time.Duration(s.clock.Load())) }

// look looks once.
func (w *world) look() {
	w.t.Helper()
	_, err := w.looks.Look(w.t.Context(), w.repo.ID)
	require.NoError(w.t, err)
}

// later looks after some time.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	w.clock.Add(int64(d))
	w.look()
}

// settled looks until a look writes nothing, as the queue does in time. A look
// that fails is tried again.
func (w *world) settled() {
	w.t.Helper()
	for range 10 {
		began := len(w.github.Calls())
		_, err := w.looks.Look(w.t.Context(), w.repo.ID)
		wrote := slices.ContainsFunc(w.github.Calls()[began:], func(c fakegithub.Call) bool { return c.Write })
		if err == nil && !wrote {
			return
		}
	}
	w.t.Fatal("the looks never come to an end")
}

// record is what is on record.
func (w *world) record() onboarding.Record {
	w.t.Helper()
	record, ok, err := w.store.Onboarding(w.t.Context(), w.repo.ID)
	require.NoError(w.t, err)
	require.True(w.t, ok)
	return record
}

// change changes the record, as a command does.
func (w *world) change(change func(*onboarding.Record)) {
	w.t.Helper()
	record := w.record()
	change(&record)
	require.NoError(w.t, w.store.Write(w.t.Context(), "change", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveOnboarding(ctx, tx, record, w.alice.ID)
	}))
}

// open are the open pull requests of the App.
func (w *world) open() []*fakegithub.PullRequest {
	return slices.DeleteFunc(w.repo.PullRequests(), func(pr *fakegithub.PullRequest) bool {
		return pr.State() != "open" || pr.Author() != "onboard[bot]"
	})
}

// pr is the review PR: there is one.
func (w *world) pr() *fakegithub.PullRequest {
	w.t.Helper()
	open := w.open()
	require.Len(w.t, open, 1, "there is one open review PR")
	require.Equal(w.t, open[0].Number, w.record().ReviewPR.Number)
	return open[0]
}

// push pushes to the default branch.
func (w *world) push(changes map[string]string) {
	files := map[string]*string{}
	for path, content := range changes {
		files[path] = &content
		if content == "" {
			files[path] = nil
		}
	}
	w.repo.Push(w.alice, "A push", files)
}

// shows tells which files the review PR shows, and how.
func (w *world) shows() map[string]string {
	w.t.Helper()
	files := map[string]string{}
	for _, file := range w.pr().Files() {
		files[file.Path] = file.Status
	}
	return files
}

// isWhole checks that the review branch holds the default branch's files, byte
// for byte, less what is left out by rule.
func (w *world) isWhole() {
	w.t.Helper()
	plugin := w.repo.TreeOf(w.repo.Head())
	maps.DeleteFunc(plugin, func(path string, _ fakegithub.TreeEntry) bool {
		return path == ".gitattributes" || path == "CODEOWNERS" || filepath.Dir(path) == ".github/workflows"
	})
	require.Equal(w.t, plugin, w.repo.TreeOf(w.pr().HeadSHA()))
}

// runs are the check runs at a commit, by name.
func (w *world) runs(sha string) map[string]string {
	runs := map[string]string{}
	for _, run := range w.repo.CheckRuns(sha) {
		runs[run.Name] = run.Status + " " + run.Conclusion
	}
	return runs
}

// status is the status comment.
func (w *world) status() string {
	w.t.Helper()
	for _, c := range w.issue.Comments() {
		if c.Author == "onboard[bot]" {
			return c.Body
		}
	}
	w.t.Fatal("there is no status comment")
	return ""
}

// visible is all that people see of the review PRs and the issue.
func (w *world) visible() string {
	text := ""
	for _, pr := range w.repo.PullRequests() {
		head, _ := pr.Head()
		base, _ := pr.Base()
		text += fmt.Sprintf("PR %d %s %s->%s %d commits %v %v\n", pr.Number, pr.State(), head, base, len(pr.Commits()), pr.Files(), pr.Labels())
		text += fmt.Sprintf("%d comments, %d runs\n", len(pr.Comments()), len(w.repo.AllCheckRuns(pr.HeadSHA())))
	}
	return text + fmt.Sprintf("issue: %d comments, %v, branches %v", len(w.issue.Comments()), w.issue.Labels(), w.branches())
}

func (w *world) branches() []string {
	var names []string
	for _, name := range []string{"onboarding/base", "onboarding/review", "onboarding/base-2", "onboarding/review-2", "onboarding/base-3", "onboarding/review-3"} {
		if w.repo.Branch(name) != "" {
			names = append(names, name)
		}
	}
	return names
}
