package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// byHand is a world in which the onboarding of alice's plugin began without the
// App, which does not run yet.
func byHand(t *testing.T) (w *world, person map[string]*fakegithub.User) {
	w, person = newStage(t), map[string]*fakegithub.User{}
	w.config.Start.Accept = app.AcceptRequired
	w.config.Roles[onboarding.CoreCommitter].Users = []string{"alice", "ann", "bob", "sec"}
	w.config.Roles[onboarding.Security].Users = []string{"sec"}
	w.config.Roles[onboarding.QA].Users = []string{"quentin"}
	for _, login := range []string{"ann", "bob", "sec", "quentin"} {
		person[login] = w.GitHub.CreateUser(login)
	}
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "")
	return w, person
}

// imports writes decisions, each "stage by commit", into a file and imports it.
func (w *world) imports(decisions ...string) (app.Imports, error) {
	w.t.Helper()
	text := "- {repository: alice/mattermost-plugin-hello, issue: 1, author: alice, started: 2025-03-01,\n" +
		"   accepted: {by: quentin, at: 2025-03-02, evidence: https://github.com/x}, decisions: [\n"
	for _, d := range decisions {
		part := strings.Fields(d)
		text += fmt.Sprintf("    {stage: %s, by: %s, at: 2025-03-05, commit: %s, evidence: https://github.com/x/1},\n", part[0], part[1], part[2])
	}
	file := filepath.Join(w.t.TempDir(), "import.yml")
	require.NoError(w.t, os.WriteFile(file, []byte(text+"]}\n"), 0o600))
	return app.Import(w.t.Context(), w.config, zerolog.Nop(), file, false, time.Now())
}

func TestWhatBeganByHandGoesOnWithTheApp(t *testing.T) {
	w, person := byHand(t)
	head := w.Plugin.Head()
	imports, err := w.imports("basic-review ann "+strings.Repeat("a", 40), "complete-review ann "+head, "complete-review sec "+head)
	require.NoError(t, err)
	require.True(t, imports.Done)
	w.start()

	require.NotNil(t, w.ReviewPR(), "it is accepted")
	assert.Equal(t, "success", w.run("basic-review").Conclusion)
	assert.Equal(t, "success", w.run("complete-review").Conclusion)
	assert.Contains(t, w.run("complete-review").Text, "[here](https://github.com/x/1)")
	assert.Contains(t, w.status(), "Started by [alice](")

	readme := "# Hello\n\nMore."
	w.Plugin.Push(w.Alice, "Docs", map[string]*string{"README.md": &readme})
	w.settle()
	assert.Equal(t, "success", w.run("complete-review").Conclusion, "no code changed")

	code := "package main\n\nvar answer = 42\n"
	w.Plugin.Push(w.Alice, "Code", map[string]*string{"server/answer.go": &code})
	w.settle()
	assert.Equal(t, "action_required", w.run("complete-review").Conclusion)
	assert.Contains(t, w.run("complete-review").Text, "for `"+head[:7]+"` does not count any more: code changed since")
	assert.Equal(t, "success", w.run("basic-review").Conclusion)

	w.say(person["quentin"], "/onboard status")
	assert.NotEmpty(t, w.answers())
	record, err := store.OpenToRead(t.Context(), w.config.Database.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, record.Close()) }()
	entries, err := record.Audit(t.Context(), w.Plugin.ID, 1, 6)
	require.NoError(t, err)
	var logged []string
	for _, e := range entries {
		logged = append(logged, e.Who.Login+" "+e.Kind+" "+e.Stage+" "+e.URL)
		assert.Regexp(t, `^import/[0-9a-f]{12}/000\d$`, e.Source)
	}
	assert.Equal(t, []string{
		"alice start  ", "quentin accept  https://github.com/x", "ann approve basic-review https://github.com/x/1",
		"ann approve complete-review https://github.com/x/1", "sec approve complete-review https://github.com/x/1", " import  ",
	}, logged)
	assert.JSONEq(t, `{"imported":true,"roles":["core-committer","security"]}`, string(entries[4].Details))
	found, err := app.VerifyAudit(t.Context(), w.config, "")
	require.NoError(t, err)
	assert.Empty(t, found.Faults)
}

// S8: nothing proves that no code changed since a commit which the review PR
// never showed.
func TestAttackAnImportedApprovalOfAnUnknownCommitCountsForNoSensitiveReview(t *testing.T) {
	w, _ := byHand(t)
	before := w.Plugin.Head()
	evil := "package main\n\nvar evil = true\n"
	w.Plugin.Push(w.Alice, "Evil", map[string]*string{"server/evil.go": &evil})
	_, err := w.imports("basic-review ann "+before, "complete-review ann "+before, "complete-review sec "+before)
	require.NoError(t, err)
	w.start()
	assert.Equal(t, "success", w.run("basic-review").Conclusion, "it is not sensitive")
	assert.Equal(t, "action_required", w.run("complete-review").Conclusion)
	assert.Contains(t, w.run("complete-review").Text, "for `"+before[:7]+"` does not count: what changed since is not known")
}

func TestAttackAnImportGivesNobodyASay(t *testing.T) {
	for name, test := range map[string]struct {
		change func(w *world)
		by     string
		want   string
	}{
		"the author, whatever role they have":  {nil, "alice", "alice is on the plugin's side (author) and decides nothing about it"},
		"who has another role":                 {nil, "quentin", "quentin has not the role core-committer"},
		"who holds a seat only":                {func(w *world) { w.config.Roles[onboarding.CoreCommitter].Users = []string{"ann"} }, "sec", "sec has not the role core-committer"},
		"the configured owner of the plugin":   {func(w *world) { w.config.PluginOwners = app.PluginOwners{"alice/Mattermost-plugin-hello": {"ann"}} }, "ann", "ann is on the plugin's side (plugin-owner) and decides nothing about it"},
		"nobody":                               {nil, "nobody-knows", "GitHub knows no person nobody-knows"},
		"a bot":                                {nil, "onboard", "GitHub knows no person onboard"},
		"the plugins of an owner not accepted": {func(w *world) { w.config.Policy.Owners.Block = []string{"Alice"} }, "ann", "policy.owners.block names its owner"},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := byHand(t)
			if test.change != nil {
				test.change(w)
			}
			_, err := w.imports("basic-review " + test.by + " " + w.Plugin.Head())
			var wrong app.ImportError
			require.ErrorAs(t, err, &wrong)
			require.Len(t, wrong, 1)
			assert.Equal(t, test.want, wrong[0].What)
			_, err = store.OpenToRead(t.Context(), w.config.Database.URL)
			require.ErrorIs(t, err, os.ErrNotExist, "nothing is recorded")
		})
	}
}

func TestAttackWhoClaimedAConfiguredLoginDecidedNothingByHand(t *testing.T) {
	w, person := byHand(t)
	w.start()
	w.say(w.Alice, "/onboard") // whoever ann is, is known from now on
	w.stop()
	w.GitHub.RenameUser(person["ann"], "ann-elsewhere")
	w.GitHub.CreateUser("ann")
	other := w.GitHub.CreateRepository(w.Alice, "other", helloPlugin)
	other.OpenIssue(w.Alice, "Onboard this", "")
	file := filepath.Join(t.TempDir(), "import.yml")
	require.NoError(t, os.WriteFile(file, []byte(`[{repository: alice/other, issue: 1, author: alice, started: 2025-03-01, decisions: [
		{stage: basic-review, by: ann, at: 2025-03-05, commit: `+other.Head()+`, evidence: https://github.com/x}]}]`), 0o600))
	_, err := app.Import(t.Context(), w.config, zerolog.Nop(), file, false, time.Now())
	var wrong app.ImportError
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, "ann has not the role core-committer", wrong[0].What)
}

func TestAnImportWaitsForGitHub(t *testing.T) {
	w, _ := byHand(t)
	mend := w.GitHub.Inject(fakegithub.Fault{Route: "/users/{username}", Status: 502})
	_, err := w.imports("basic-review ann " + w.Plugin.Head())
	require.Error(t, err)
	require.NotErrorAs(t, err, new(app.ImportError), "the file may be right")
	mend()
	imports, err := w.imports("basic-review ann " + w.Plugin.Head())
	require.NoError(t, err)
	assert.True(t, imports.Done)
	imports, err = w.imports("basic-review ann " + w.Plugin.Head())
	require.NoError(t, err)
	assert.Equal(t, []string{"alice/mattermost-plugin-hello"}, imports.Again)
	_, err = w.imports("basic-review bob " + w.Plugin.Head())
	require.ErrorContains(t, err, "an onboarding of alice/mattermost-plugin-hello is on record already, in #1")
}
