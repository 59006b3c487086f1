package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

// pages is where people reach the App's pages in the tests.
const pages = "https://onboard.example.com"

// details opens what the check runs at a commit link to, and returns how many there
// are.
func (w *world) details(commit string) int {
	w.t.Helper()
	runs := w.Plugin.CheckRuns(commit)
	for _, run := range runs {
		stage := strings.TrimPrefix(run.Name, onboarding.RunPrefix)
		path, ours := strings.CutPrefix(run.DetailsURL, pages)
		assert.True(w.t, ours, "%s links to %s", run.Name, run.DetailsURL)
		status, page := w.get(path)
		assert.Equal(w.t, http.StatusOK, status, path)
		assert.Equal(w.t, stage, heading(w.t, page), path)
		status, twin := w.get(path + ".json")
		assert.Equal(w.t, http.StatusOK, status, path)
		var said struct{ Name, Title string }
		require.NoError(w.t, json.Unmarshal([]byte(twin), &said))
		assert.Equal(w.t, stage, said.Name)
	}
	return len(runs)
}

// heading is the first word of a page's heading.
func heading(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for n := range root.Descendants() {
		if n.Data == "h1" {
			return strings.TrimSpace(n.FirstChild.Data)
		}
	}
	return ""
}

func TestEachCheckRunLinksToThePageOfItsStage(t *testing.T) {
	w, person := reviewersOf(t, func(c *app.Config) {
		c.Server.PublicURL, c.Roles[onboarding.CoreCommitter].Users = pages, []string{"ann", "bob", "sec"}
	})
	w.say(w.Alice, "/onboard")
	before := w.Carrier()
	assert.Equal(t, 13, w.details(before), "before there is a review PR they are on the default branch")
	w.say(person["quentin"], "/onboard accept")
	require.NotEqual(t, before, w.Carrier())
	assert.Equal(t, 13, w.details(w.Carrier()))
	w.details(before) // those that moved, too
	assert.Contains(t, w.status(), "[its page]("+pages+"/p/"+w.Plugin.FullName()+")")

	w.Plugin.Rename(w.Alice, "mattermost-plugin-renamed")
	w.settle()
	assert.Equal(t, 13, w.details(w.Carrier()), "also after a rename")
}

func TestAPluginsPageTellsAllThatHappened(t *testing.T) {
	w, person := reviewersOf(t, func(c *app.Config) {
		c.Roles[onboarding.CoreCommitter].Users, c.Roles[onboarding.Admin].Users = []string{"ann", "bob", "sec"}, []string{"root"}
	})
	person["root"] = w.GitHub.CreateUser("root")
	w.Plugin.Push(w.Alice, "No licence", map[string]*string{"LICENSE": nil})
	for _, said := range []struct {
		who  *fakegithub.User
		what string
	}{
		{w.Alice, "/onboard"},
		{person["quentin"], "/onboard accept"},
		{w.Alice, "/onboard appeal licence licence/missing It is in the README"},
		{person["root"], "/onboard request-changes licence A file it must be"},
		{w.Alice, "/onboard nightly https://builds.example.com/latest.tar.gz"},
		{w.Alice, "/onboard remind in 2 weeks Ask bob"},
		{person["root"], "/onboard waive manifest It is fine"},
		{person["root"], "/onboard assign basic-review @bob"},
		{person["root"], "/onboard unassign basic-review @bob"},
		{person["root"], "/onboard pause Holidays"},
		{person["root"], "/onboard resume"},
	} {
		w.say(said.who, said.what)
	}
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	asked := w.record().Asked["basic-review"]
	require.NotEmpty(t, asked)
	w.say(person[asked[0].Person.Login], "/onboard decline I am away")
	w.Plugin.Archive(w.Alice)
	w.settle()
	w.Plugin.Unarchive(w.Alice)
	w.settle()
	w.say(w.Alice, "/onboard withdraw No time")

	path := "/p/" + w.Plugin.FullName()
	_, page := w.get(path)
	for _, sentence := range []string{
		"started the onboarding", "accepted the start", "appealed against", "turned down the appeal", "said where the latest build is", "asked for a reminder on",
		"asked for", "took", "paused the onboarding: Holidays", "had the onboarding go on", "cannot look at", "holds the onboarding: the repository was archived",
		"is not held any more", "withdrew the onboarding: No time", "waits for",
	} {
		assert.Contains(t, page, sentence)
	}
	var p struct {
		Timeline struct {
			Length  int
			Entries []struct{ Kind, By, URL string }
		}
	}
	status, twin := w.get(path + ".json")
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, json.Unmarshal([]byte(twin), &p))
	assert.Len(t, p.Timeline.Entries, p.Timeline.Length)
	assert.Len(t, w.audit(), p.Timeline.Length)
	for _, e := range p.Timeline.Entries {
		assert.NotContains(t, page, "<code>"+e.Kind+"</code>", "%s has a sentence", e.Kind)
		if e.By == "person" {
			assert.Contains(t, e.URL, w.Plugin.FullName()+"/", "%s has a source", e.Kind)
		}
	}
}
