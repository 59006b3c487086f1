package ghapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// world is a template's repository on a simulated GitHub.
type world struct {
	*fakegithub.GitHub
	app     *fakegithub.App
	owner   *fakegithub.User
	repo    *fakegithub.Repository
	clients *ghapi.Clients
	options ghapi.Options
	past    time.Duration // how far behind GitHub's clock is while a test makes commits
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	w.GitHub = fakegithub.New(fakegithub.Options{Wrap: conformance.Check(t), Now: func() time.Time { return time.Now().Add(-w.past) }})
	url, err := w.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	w.app, w.owner = w.CreateApp("onboard"), w.CreateOrganization("example")
	w.repo = w.CreateEmptyRepository(w.owner, "starter")
	var config githubapp.Config
	config.V3APIURL, config.V4APIURL = url+"/api/v3", url+"/api/graphql"
	config.App.IntegrationID, config.App.PrivateKey = w.app.ID, w.app.PrivateKeyPEM
	w.options = ghapi.Options{Config: config, UserAgent: "test", Burst: 10, PerSecond: 10, Backoff: time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	w.clients, err = ghapi.New(w.options)
	require.NoError(t, err)
	return w
}

func (w *world) template(t *testing.T) *ghapi.Template {
	t.Helper()
	client, err := w.clients.Template(t.Context(), "example", "starter")
	require.NoError(t, err)
	return client
}

// push makes n commits, a second apart, and returns their SHAs.
func (w *world) push(n int) (shas []string) {
	for i := range n {
		w.past = time.Duration(n-i) * time.Second
		text := fmt.Sprint("text ", i, " of ", n)
		shas = append(shas, w.repo.Push(w.owner, "Change", map[string]*string{"file": &text}))
	}
	w.past = 0
	return shas
}

// commits lists what is not known, as SHAs.
func commits(t *testing.T, client *ghapi.Template, known ...string) []string {
	t.Helper()
	list, err := client.Commits(t.Context(), func(sha string) bool { return strings.Contains(strings.Join(known, " "), sha) && sha != "" })
	require.NoError(t, err)
	shas := []string{}
	for _, commit := range list {
		assert.Len(t, commit.Tree, 40)
		assert.WithinDuration(t, time.Now(), commit.Date, time.Hour)
		shas = append(shas, commit.SHA)
	}
	return shas
}

func TestOnlyNewCommitsOfATemplateAreListedOldestFirst(t *testing.T) {
	w := newWorld(t)
	shas := w.push(250)
	client := w.template(t)
	began := len(w.Calls())
	assert.Equal(t, shas, commits(t, client))
	assert.Len(t, w.Calls(), began+3, "a call for each hundred")
	began = len(w.Calls())
	assert.Equal(t, shas[180:], commits(t, client, shas[179]))
	assert.Empty(t, commits(t, client, shas[249]))
	assert.Len(t, w.Calls(), began+2)
}

func TestAtMostAThousandCommitsAreListed(t *testing.T) {
	w := newWorld(t)
	shas := w.push(1010)
	assert.Equal(t, shas[10:], commits(t, w.template(t)))
}

func TestAttackCommitsOfMergedBranchesAreNotListed(t *testing.T) {
	w := newWorld(t)
	shas := w.push(1)
	text := "side"
	w.past = -time.Second
	side := w.repo.Commit(w.owner, shas[0], "Side", map[string]*string{"side": &text})
	w.past = -2 * time.Second
	merge := w.repo.Merge(w.owner, side, "Merge")
	w.past = 0
	assert.Equal(t, []string{shas[0], merge}, commits(t, w.template(t)))
	assert.Equal(t, []string{merge}, commits(t, w.template(t), shas[0]))
}

func TestWhatIsWrongWithATemplateIsSaidPlainly(t *testing.T) {
	w := newWorld(t)
	_, err := w.template(t).Commits(t.Context(), func(string) bool { return false })
	require.EqualError(t, err, "list the commits of example/starter: the repository is empty")
	w.push(1)
	w.repo.SetPrivate(w.owner, true)
	_, err = w.template(t).Commits(t.Context(), func(string) bool { return false })
	require.ErrorContains(t, err, "list the commits of example/starter: there is no such repository, or it is private")
	w.Install(w.app, w.owner)
	assert.Len(t, commits(t, w.template(t)), 1, "the installation sees it")
}

func TestAVersionOfATemplateCostsTwoCalls(t *testing.T) {
	w := newWorld(t)
	files := map[string]*string{}
	for i := range 40 {
		text := fmt.Sprint("text ", i)
		files[fmt.Sprint("folder/file", i)] = &text
	}
	ignore := "folder/file7 export-ignore\n"
	files[".gitattributes"] = &ignore
	w.repo.Push(w.owner, "Many", files)
	client := w.template(t)
	list, err := client.Commits(t.Context(), func(string) bool { return false })
	require.NoError(t, err)
	began := len(w.Calls())
	version, read, err := client.Version(t.Context(), list[0])
	require.NoError(t, err)
	index, err := template.Build("example/starter", []template.Version{version}, read)
	require.NoError(t, err)
	assert.Len(t, index.Files(), 41)
	assert.Len(t, w.Calls(), began+3, "tree, archive, and the file that the archive leaves out (S9)")
}

func TestAnEmptyVersionIsNotAskedFor(t *testing.T) {
	w := newWorld(t)
	w.push(1)
	w.repo.Push(w.owner, "Nothing left", map[string]*string{"file": nil})
	client := w.template(t)
	list, err := client.Commits(t.Context(), func(string) bool { return false })
	require.NoError(t, err)
	began := len(w.Calls())
	version, _, err := client.Version(t.Context(), list[len(list)-1])
	require.NoError(t, err)
	assert.Empty(t, version.Files)
	assert.Len(t, w.Calls(), began)
}

func TestAttackABlobIsHeldAgainstItsSHA(t *testing.T) {
	w := newWorld(t)
	w.push(1)
	client := w.template(t)
	sha := checks.BlobSHA([]byte("text 0 of 1"))
	content, err := client.Blob(t.Context(), sha)
	require.NoError(t, err)
	assert.Equal(t, "text 0 of 1", string(content))
	w.Inject(fakegithub.Fault{Route: "/repos/{owner}/{repo}/git/blobs/{file_sha}", Status: http.StatusOK, Body: `{"content":"ZXZpbA==","encoding":"base64"}`})
	_, err = client.Blob(t.Context(), sha)
	require.ErrorContains(t, err, "the content that came is another one's")
	_, err = client.Blob(t.Context(), "../../../user")
	require.ErrorContains(t, err, "that is no SHA")
}

func TestHalfAListOfCommitsIsNoList(t *testing.T) {
	w := newWorld(t)
	w.push(1)
	for name, body := range map[string]string{
		"cut off":                  `[{"sha":"`,
		"no commits":               `[]`,
		"a commit without a tree":  `[{"sha":"` + strings.Repeat("1", 40) + `"}]`,
		"a SHA that is none":       `[{"sha":"../x","commit":{"tree":{"sha":"` + strings.Repeat("1", 40) + `"}}}]`,
		"a parent that is missing": `[{"sha":"` + strings.Repeat("1", 40) + `","parents":[{"sha":"` + strings.Repeat("2", 40) + `"}],"commit":{"tree":{"sha":"` + strings.Repeat("1", 40) + `"}}}]`,
		"a commit in a circle":     `[{"sha":"` + strings.Repeat("1", 40) + `","parents":[{"sha":"` + strings.Repeat("1", 40) + `"}],"commit":{"tree":{"sha":"` + strings.Repeat("1", 40) + `"}}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			defer w.Inject(fakegithub.Fault{Route: "/repos/{owner}/{repo}/commits", Status: http.StatusOK, Body: body})()
			_, err := w.template(t).Commits(t.Context(), func(string) bool { return false })
			assert.ErrorContains(t, err, "list the commits of example/starter")
		})
	}
}
