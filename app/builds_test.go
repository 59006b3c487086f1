package app_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
)

// build is a bundle of the plugin, made of the head of its default branch.
func (w *world) build() []byte {
	return bundletest.Make(w.t, "com.example.hello", "0.1.0+"+w.Plugin.Head()[:7])
}

// publishNightly publishes a build as the workflow does that authors are given.
func (w *world) publishNightly() *fakegithub.Release {
	w.t.Helper()
	release := w.Plugin.Publish(w.Alice, fakegithub.Release{
		Tag: "nightly", Prerelease: true, Assets: map[string][]byte{"nightly.tar.gz": w.build()},
	})
	w.settle()
	return release
}

func TestTheNightlyBuildIsAskedForAndFoundByItself(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	run := w.run("nightly-build")
	assert.Equal(t, "action_required", run.Conclusion, "nothing is wrong, it is the author's turn")
	assert.Equal(t, "You: No URL of the latest build yet", run.Title)
	assert.Contains(t, run.Text, "gh release upload nightly", "the workflow is there to be copied")
	assert.Contains(t, w.Issue.Labels(), "stage:nightly-build")

	w.publishNightly()
	run = w.run("nightly-build")
	assert.Equal(t, "success", run.Conclusion, run.Text)
	assert.Contains(t, run.Title, "com.example.hello 0.1.0+")
	assert.NotContains(t, w.Issue.Labels(), "stage:nightly-build")
}

func TestANightlyURLIsTakenFromTheAuthor(t *testing.T) {
	tests := map[string]struct {
		say      func(*world) string
		reaction string
		answer   string
		run      string // conclusion
		title    string
	}{
		"no URL":               {func(*world) string { return "/onboard nightly" }, "confused", "one web address", "action_required", ""},
		"no web address":       {func(*world) string { return "/onboard nightly builds/hello.tar.gz" }, "confused", "one web address", "action_required", ""},
		"two of them":          {func(*world) string { return "/onboard nightly https://a.example https://b.example" }, "confused", "one web address", "action_required", ""},
		"a password in it":     {func(*world) string { return "/onboard nightly https://me:secret@a.example/x.tar.gz" }, "confused", "user name or password", "action_required", ""},
		"the cloud's metadata": {func(*world) string { return "/onboard nightly https://169.254.169.254/latest/x.tar.gz" }, "rocket", "", "failure", ""},
		"a release of the plugin, as a link": {func(w *world) string {
			r := w.Plugin.Publish(w.Alice, fakegithub.Release{Tag: "build", Prerelease: true, Assets: map[string][]byte{"x.tar.gz": w.build()}})
			return "/onboard nightly <" + r.DownloadURL("x.tar.gz") + ">"
		}, "rocket", "", "success", "com.example.hello"},
		"another host": {func(w *world) string { return "/onboard nightly " + w.otherHost(w.build()) }, "rocket", "", "action_required", "Admins: The build comes from"},
		"another plugin's build": {func(w *world) string {
			return "/onboard nightly " + w.otherHost(bundletest.Make(w.t, "com.example.other", "1.0.0"))
		}, "rocket", "", "failure", "You: The build is of the plugin"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.say(w.Alice, "/onboard")
			comment := w.say(w.Alice, test.say(w))
			assert.Equal(t, []string{"eyes", test.reaction}, reacted(comment))
			assert.Equal(t, test.run, w.run("nightly-build").Conclusion)
			assert.Contains(t, w.run("nightly-build").Title, test.title)
			if test.answer != "" {
				require.Len(t, w.answers(), 1)
				assert.Contains(t, w.answers()[0], test.answer)
				assert.NotContains(t, w.answers()[0], "secret")
			}
		})
	}
}

// otherHost serves a build beside GitHub and returns its URL.
func (w *world) otherHost(build []byte) string {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(build) }))
	w.t.Cleanup(server.Close)
	return server.URL + "/hello.tar.gz"
}

func TestAttackOnlyTheAuthorSaysWhereTheBuildIs(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	mallory := w.GitHub.CreateUser("mallory")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(mallory, "/onboard nightly "+w.otherHost(w.build()))))
	assert.Equal(t, "You: No URL of the latest build yet", w.run("nightly-build").Title)
}

func TestABuildThatTurnsBadTellsTheAuthorOnce(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	release := w.publishNightly()
	require.Equal(t, "success", w.run("nightly-build").Conclusion)
	release.ReplaceAsset(w.Alice, "nightly.tar.gz", bundletest.Make(t, "com.example.other", "1.0.0"))
	for range 3 {
		w.later(night)
	}
	assert.Equal(t, "failure", w.run("nightly-build").Conclusion)
	require.Len(t, w.answers(), 1, "one comment, and no other the nights after")
	assert.Contains(t, w.answers()[0], "had passed and fails now: The build is of the plugin")

	release.ReplaceAsset(w.Alice, "nightly.tar.gz", w.build())
	w.later(night)
	assert.Equal(t, "success", w.run("nightly-build").Conclusion)
	release.ReplaceAsset(w.Alice, "nightly.tar.gz", []byte("<html>"))
	w.later(night)
	assert.Len(t, w.answers(), 2, "the next time it is told again")
}

// calls are the calls of an installation and the downloads since then.
func (w *world) calls(since int) (api, downloads []string) {
	for _, call := range w.GitHub.AllCalls()[since:] {
		switch {
		case call.Download:
			downloads = append(downloads, fmt.Sprint(call.Route, " ", call.Status))
		case strings.HasPrefix(call.Actor, "installation/"):
			api = append(api, call.Method+" "+call.Route)
		}
	}
	return api, downloads
}

func TestAnUnchangedNightCostsTwoCallsAndOneConditionalRequest(t *testing.T) {
	const (
		branch = "GET /repos/{owner}/{repo}/branches/{branch}"
		labels = "GET /repos/{owner}/{repo}/issues/{issue_number}/labels"
		pull   = "GET /repos/{owner}/{repo}/pulls/{pull_number}"
		refs   = "GET /repos/{owner}/{repo}/git/matching-refs/{ref}"
	)
	t.Run("while the build is asked for", func(t *testing.T) {
		w := newWorld(t)
		w.say(w.Alice, "/onboard")
		w.later(soon)
		began := len(w.GitHub.AllCalls())
		w.later(night)
		api, downloads := w.calls(began)
		assert.Equal(t, []string{pull, labels}, api, "the pull request names its repository, to which nothing was pushed since")
		assert.Empty(t, downloads)
	})
	t.Run("with a build", func(t *testing.T) {
		w := newWorld(t)
		w.say(w.Alice, "/onboard")
		w.publishNightly()
		w.later(night)
		require.Equal(t, "success", w.run("nightly-build").Conclusion)
		began := len(w.GitHub.AllCalls())
		w.later(night)
		api, downloads := w.calls(began)
		assert.Equal(t, []string{pull, labels}, api)
		assert.Equal(t, []string{"/{owner}/{repo}/releases/download/{tag}/{name} 302", "/release-assets/{asset_id} 304"}, downloads)
	})
	t.Run("once after a push the branches are read again", func(t *testing.T) {
		w := newWorld(t)
		w.say(w.Alice, "/onboard")
		readme := "# Hello again"
		w.Plugin.Push(w.Alice, "A push", map[string]*string{"README.md": &readme})
		w.settle()
		began := len(w.GitHub.AllCalls())
		w.later(soon)
		api, _ := w.calls(began)
		assert.Equal(t, []string{pull, branch, refs}, api)
	})
}

func TestABuildThatCannotBeReadPassesNothingAndIsTriedAgain(t *testing.T) {
	const route = "/release-assets/{asset_id}"
	for name, fault := range map[string]fakegithub.Fault{
		"the connection is reset":  {Cut: fakegithub.CutBefore},
		"half of it comes":         {Cut: fakegithub.CutHalf},
		"a server's error":         {Status: http.StatusInternalServerError},
		"too many requests":        {Status: http.StatusTooManyRequests},
		"a page instead of a file": {Status: http.StatusOK, Body: "<html>sign in</html>"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			fault.Route = route
			come := w.GitHub.Inject(fault)
			w.Plugin.Publish(w.Alice, fakegithub.Release{Tag: "nightly", Prerelease: true, Assets: map[string][]byte{"nightly.tar.gz": w.build()}})
			w.say(w.Alice, "/onboard")
			run := w.run("nightly-build")
			assert.NotEqual(t, "success", run.Conclusion)
			assert.NotEqual(t, "You: No URL of the latest build yet", run.Title)
			assert.Equal(t, "failure", w.run("licence").Conclusion, "the others report")
			assert.Equal(t, "success", w.run("manifest").Conclusion)
			t.Log(run.Status, run.Conclusion, run.Title, run.Summary)
			come()
			w.later(30 * time.Minute)
			w.later(night)
			assert.Equal(t, "success", w.run("nightly-build").Conclusion, w.run("nightly-build").Text)
		})
	}
}

func TestPressingABuildsButtonLooksAtOnce(t *testing.T) {
	for name, press := range map[string]func(*world) error{
		"the button":        func(w *world) error { return w.Plugin.RequestAction(w.Alice, w.run("nightly-build").ID, "recheck") },
		"GitHub's re-run":   func(w *world) error { return w.Plugin.Rerequest(w.Alice, w.run("nightly-build").ID) },
		"the command":       func(w *world) error { w.say(w.Alice, "/onboard recheck nightly-build"); return nil },
		"the command alone": func(w *world) error { w.say(w.Alice, "/onboard recheck"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.say(w.Alice, "/onboard")
			release := w.publishNightly()
			release.ReplaceAsset(w.Alice, "nightly.tar.gz", []byte("<html>"))
			w.clock.Add(int64(time.Hour)) // a build is read at most once in ten minutes
			require.NoError(t, press(w))
			w.settle()
			assert.Equal(t, "failure", w.run("nightly-build").Conclusion)
		})
	}
}

func TestACheckRunThatPeopleDecideIsPublishedAnewWhenItIsReRun(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	for _, name := range []string{"qa", "community"} {
		before := w.writes()
		require.NoError(t, w.Plugin.Rerequest(w.Alice, w.run(name).ID))
		w.settle()
		assert.Equal(t, before+1, w.writes(), "GitHub reset its suite, and not %s", name)
	}
}

func TestAButtonIsOfTheRoundInWhichItArrivesWhateverOurClockSays(t *testing.T) {
	w := newWorld(t)
	w.ago(-10*time.Minute, func() { w.say(w.Alice, "/onboard") }) // GitHub's clock is ahead
	comments := len(w.Issue.Comments())
	require.NoError(t, w.Plugin.Rerequest(w.Alice, w.run("licence").ID))
	w.settle()
	assert.Equal(t, "completed", w.run("licence").Status)
	assert.Len(t, w.Issue.Comments(), comments, "nobody is told to write it again")
}

func TestAttackButtonsOfOthersDoNothing(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	before := w.writes()
	for name, payload := range map[string]string{
		"an identifier that is none of ours": `"requested_action":{"identifier":"approve"},"check_run":{"id":1,"name":"onboarding/licence","app":{"id":%d}}`,
		"another App's run of that name":     `"requested_action":{"identifier":"recheck"},"check_run":{"id":1,"name":"onboarding/licence","app":{"id":99999%d}}`,
		"a run of no stage":                  `"requested_action":{"identifier":"recheck"},"check_run":{"id":1,"name":"onboarding/nonsense","app":{"id":%d}}`,
	} {
		w.GitHub.Deliver("check_run", uuid(name), fmt.Appendf(nil, `{"action":"requested_action",`+payload+
			`,"sender":{"id":%d,"login":"alice","type":"User"},"repository":{"id":%d,"name":"x","owner":{"id":1,"login":"alice"}},"installation":{"id":1}}`,
			w.App.ID, w.Alice.ID, w.Plugin.ID))
		w.settle()
		assert.Equal(t, before, w.writes(), name)
	}
	for range 12 {
		require.NoError(t, w.Plugin.Rerequest(w.Alice, w.run("licence").ID))
		w.settle()
	}
	assert.LessOrEqual(t, w.writes()-before, 10+1, "ten an hour, and one answer that says so")
}

// uuid makes a GUID of a name.
func uuid(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// packed is a .tar.gz of random bytes.
func packed(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	content := make([]byte, size)
	_, _ = rand.Read(content) // never fails
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "hello/data", Typeflag: tar.TypeReg, Size: int64(size)}))
	_, err := w.Write(content)
	require.NoError(t, errors.Join(err, w.Close(), z.Close()))
	return b.Bytes()
}

func TestAnOwnersDownloadsHaveADailyEnd(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.SafeHTTP.DailyMiB = 1 })
	large := func() []byte { return packed(t, 300<<10) }
	w.say(w.Alice, "/onboard")
	release := w.publishNightly()
	for i := range 8 {
		release.ReplaceAsset(w.Alice, "nightly.tar.gz", large())
		w.clock.Add(int64(11 * time.Minute))
		w.say(w.Alice, "/onboard recheck nightly-build")
		if w.run("nightly-build").Status == "in_progress" {
			assert.Contains(t, w.run("nightly-build").Summary, "downloads for this owner are used up")
			t.Logf("after %d downloads", i+1)
			release.ReplaceAsset(w.Alice, "nightly.tar.gz", w.build())
			w.later(night)
			assert.Equal(t, "success", w.run("nightly-build").Conclusion, "tomorrow is another day")
			return
		}
	}
	t.Fatal("downloads without end")
}
