package ghapi_test

import (
	"crypto/sha1"
	"encoding/hex"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/palantir/go-githubapp/githubapp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// desk is where review PRs are made in tests: a simulated GitHub with the App
// installed on alice's repositories, every call being checked against GitHub's
// description.
type desk struct {
	*fakegithub.GitHub
	t            *testing.T
	app          *fakegithub.App
	alice        *fakegithub.User
	installation *fakegithub.Installation
	clients      *ghapi.Clients
	url          string
	ahead        atomic.Int64 // of GitHub's clock, in nanoseconds
	plugins      int
}

// newDesk makes a desk. Permissions are those of the installation that differ
// from what the App asks for.
func newDesk(t *testing.T, permissions map[string]string) *desk {
	t.Helper()
	d := &desk{t: t}
	now := func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) }
	d.GitHub = fakegithub.New(fakegithub.Options{Wrap: conformance.Check(t), Now: now, Wall: time.Now})
	url, err := d.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	d.app, d.alice = d.CreateApp("onboard"), d.CreateUser("alice")
	d.installation = d.InstallWith(d.app, d.alice, permissions)
	d.installation.SetRateLimit(1_000_000)
	d.url, d.clients = url, clientsOf(t, d.app, url, 10_000, 1000)
	return d
}

// clientsOf makes clients that may write so often. They use each connection
// once: Go would repeat a GET by itself on one that it had used before.
func clientsOf(t *testing.T, app *fakegithub.App, url string, burst int, perSecond float64) *ghapi.Clients {
	t.Helper()
	var config githubapp.Config
	config.V3APIURL, config.V4APIURL = url+"/api/v3", url+"/api/graphql"
	config.App.IntegrationID, config.App.PrivateKey = app.ID, app.PrivateKeyPEM
	clients, err := ghapi.New(ghapi.Options{
		Config: config, UserAgent: "test", Burst: burst, PerSecond: perSecond, Backoff: time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true},
	})
	require.NoError(t, err)
	return clients
}

// plugin makes a repository of these files and a client for it.
func (d *desk) plugin(files templatetest.Files) (*fakegithub.Repository, *ghapi.Repo) {
	d.t.Helper()
	d.plugins++
	return d.named(fmt.Sprint("plugin-", d.plugins), files)
}

func (d *desk) named(name string, files templatetest.Files) (*fakegithub.Repository, *ghapi.Repo) {
	d.t.Helper()
	r := d.CreateRepositoryFiles(d.alice, name, fakeFiles(files))
	return r, d.repo(name)
}

// repo makes a client for a repository of alice's.
func (d *desk) repo(name string) *ghapi.Repo {
	d.t.Helper()
	repo, err := d.clients.Repo(d.installation.ID, "alice", name)
	require.NoError(d.t, err)
	return repo
}

// fakeFiles turns templatetest's files into fakegithub's.
func fakeFiles(files templatetest.Files) map[string]fakegithub.File {
	list, contents := files.List()
	made := map[string]fakegithub.File{}
	for _, file := range list {
		content := contents[file.Path]
		if file.Mode == checks.Submodule {
			content = file.SHA
		}
		made[file.Path] = fakegithub.File{Content: content, Mode: string(file.Mode)}
	}
	return made
}

// subject reads what the checks look at, as the App does.
func (d *desk) subject(t require.TestingT, repo *ghapi.Repo) (ghapi.Head, checks.Subject) {
	head, err := repo.Head(d.t.Context(), ghapi.Head{})
	require.NoError(t, err)
	subject, err := repo.Subject(d.t.Context(), head)
	require.NoError(t, err)
	return head, subject
}

// since lists the calls after the first n, as "METHOD /path/from/the/repository".
func (d *desk) since(n int) []string {
	var calls []string
	for _, c := range d.Calls()[n:] {
		calls = append(calls, c.Method+" "+strings.TrimPrefix(c.Route, "/repos/{owner}/{repo}"))
	}
	return calls
}

// commitSHA is the name that git gives a commit by Onboard.
func commitSHA(c ghapi.Commit) string {
	parent := ""
	if c.Parent != "" {
		parent = "parent " + c.Parent + "\n"
	}
	by := fmt.Sprintf("%s <%s> %d +0000", texts.ReviewName, texts.ReviewEmail, c.At.Unix())
	content := fmt.Sprintf("tree %s\n%sauthor %s\ncommitter %s\n\n%s", c.Tree, parent, by, by, c.Message)
	sum := sha1.Sum(fmt.Appendf(nil, "commit %d\x00%s", len(content), content))
	return hex.EncodeToString(sum[:])
}

// entriesOf are files as "mode SHA", by path.
func entriesOf(files []checks.File) map[string]string {
	entries := map[string]string{}
	for _, file := range files {
		entries[file.Path] = string(file.Mode) + " " + file.SHA
	}
	return entries
}

// treeOf are the files of a branch or commit on GitHub, likewise.
func treeOf(r *fakegithub.Repository, ref string) map[string]string {
	entries := map[string]string{}
	for path, e := range r.TreeOf(ref) {
		entries[path] = e.Mode + " " + e.SHA
	}
	return entries
}

// fewer lets rapid check 40 times only, unless it was told how often.
func fewer(t *testing.T) {
	t.Helper()
	if often := flag.Lookup("rapid.checks"); often.Value.String() == often.DefValue {
		require.NoError(t, flag.Set(often.Name, "40"))
		t.Cleanup(func() { require.NoError(t, flag.Set(often.Name, often.DefValue)) })
	}
}

// assertAway asserts that GitHub failed, not the repository.
func assertAway(t *testing.T, err error) {
	t.Helper()
	var away *ghapi.UnavailableError
	var refused *ghapi.NotAllowedError
	assert.ErrorAs(t, err, &away)
	assert.NotErrorAs(t, err, &refused, "%v", err)
}

// assertRefused asserts that GitHub does not let the App write, why, and that
// GitHub's answer is kept in the error.
func assertRefused(t *testing.T, err error, why string) {
	t.Helper()
	var refused *ghapi.NotAllowedError
	if assert.ErrorAs(t, err, &refused) {
		assert.Equal(t, why, refused.Why)
		var answer *github.ErrorResponse
		assert.ErrorAs(t, err, &answer)
	}
}
