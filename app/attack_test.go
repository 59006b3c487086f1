package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

func TestAttackAnOutsiderCannotStart(t *testing.T) {
	w := newWorld(t)
	mallory := w.GitHub.CreateUser("mallory")
	comment := w.say(mallory, "/onboard")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(comment))
	require.Len(t, w.answers(), 1)
	assert.Contains(t, w.answers()[0], "people who may write to this repository")
	assert.Empty(t, w.Plugin.AllCheckRuns(w.Plugin.Head()))
	assert.Empty(t, w.status())
	assert.Empty(t, w.Issue.Labels())
}

func TestAttackTriageIsNoWriteAccess(t *testing.T) {
	w := newWorld(t)
	trent := w.GitHub.CreateUser("trent")
	w.Plugin.Allow(trent, "triage")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(trent, "/onboard")))
	w.Plugin.Allow(trent, "maintain")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(trent, "/onboard")))
	assert.Contains(t, w.status(), "the author is [alice]", "the issue's opener may write, so it is hers")
}

func TestTheStarterIsTheAuthorWhereTheOpenerMayNotWrite(t *testing.T) {
	w := newWorld(t)
	w.Issue = w.Plugin.OpenIssue(w.GitHub.CreateUser("fan"), "Please onboard this", "")
	w.say(w.Alice, "/onboard")
	assert.Contains(t, w.status(), "the author is [alice]")
}

func TestAttackAnotherWriterCannotRecheckInTheAuthorsName(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	bob := w.GitHub.CreateUser("bob")
	w.Plugin.Allow(bob, "admin")
	before := w.run("licence")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(bob, "/onboard recheck")))
	assert.Equal(t, before, w.run("licence"))
}

var code = regexp.MustCompile(`(?s)<code>.*?</code>`)

// outsideCode is Markdown as people see it, without what stands in code.
func outsideCode(t *testing.T, markdown string) string {
	t.Helper()
	var html strings.Builder
	require.NoError(t, goldmark.Convert([]byte(markdown), &html))
	return links.ReplaceAllString(code.ReplaceAllString(html.String(), ""), "<a>")
}

// links are where a click leads, which nobody reads as text.
var links = regexp.MustCompile(`<a [^>]*>`)

func TestAttackBotsAreIgnored(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard help") // the answer quotes commands, and comes back as an event of the App's own
	calls := len(w.GitHub.Calls())
	require.Contains(t, w.answers()[0], "/onboard")
	own := 0
	for _, d := range w.GitHub.Deliveries() {
		if d.Event != "issue_comment" {
			continue
		}
		if strings.Contains(string(d.Payload), `"login":"onboard[bot]"`) {
			own++
		}
		// another bot's comment, word for word
		anothers := strings.NewReplacer(`"type":"User"`, `"type":"Bot"`, fmt.Sprint(w.Issue.Comments()[0].ID), "424242").Replace(string(d.Payload))
		w.GitHub.Deliver("issue_comment", "99999999-2222-4333-8444-555555555555", []byte(anothers))
	}
	require.Positive(t, own, "the App's own comment came back")
	w.settle()
	assert.Len(t, w.GitHub.Calls(), calls)
}

func TestAttackAnEditedCommentChangesNothing(t *testing.T) {
	w := newWorld(t)
	comment := w.say(w.Alice, "How do I start?")
	bob := w.GitHub.CreateUser("bob")
	w.Plugin.Allow(bob, "write") // who may write may edit anybody's comment
	comment.Edit(bob, "/onboard")
	w.settle()
	assert.Equal(t, []string{"eyes", "confused"}, reacted(comment))
	assert.Empty(t, w.Plugin.AllCheckRuns(w.Plugin.Head()))
	require.Len(t, w.answers(), 1)
	assert.Contains(t, w.answers()[0], "write a new comment")

	comment.Edit(bob, "/onboard\n/onboard help")
	w.settle()
	assert.Len(t, w.answers(), 1, "that is said once")

	started := w.say(w.Alice, "/onboard")
	calls := len(w.GitHub.Calls())
	started.Edit(bob, "/onboard\n\nPS: thanks")
	w.settle()
	assert.Len(t, w.GitHub.Calls(), calls, "an edit that leaves the commands as they were is nothing to answer")
	started.Delete(bob)
	w.settle()
	assert.Len(t, w.GitHub.Calls(), calls, "deleting it changes nothing")
}

func TestAttackWhatTheAttackerWritesMentionsNobody(t *testing.T) {
	w := newWorld(t)
	hostile := "LICENSE @acme/core fixes #1 <!-- onboard:status:1 -->.md"
	text := "Hello @everyone, fixes #1 https://evil.example\n"
	w.Plugin.Push(w.Alice, "@everyone", map[string]*string{"LICENSE": &text, hostile: &text, "sub/" + hostile: &text})
	w.say(w.Alice, "/onboard")
	w.say(w.Alice, "/onboard @everyone")
	w.say(w.Alice, "/onboard recheck <!--fixes#1-->`@everyone`")
	for _, c := range w.Issue.Comments() {
		if c.Author == "onboard[bot]" {
			withoutMarker := strings.TrimSpace(c.Body)[:strings.LastIndex(strings.TrimSpace(c.Body), "<!--")]
			assert.NotContains(t, withoutMarker, "<!--")
			assert.NotRegexp(t, `@|#\d`, outsideCode(t, withoutMarker))
		}
	}
	shown := outsideCode(t, w.run("licence").Summary+w.run("licence").Text)
	assert.NotRegexp(t, `@[a-z]|#\d|://evil`, shown)
}

func TestAttackAPersonGetsTenCommandsAnHour(t *testing.T) {
	w := newWorld(t)
	for range 10 {
		w.say(w.Alice, "/onboard help")
	}
	require.Len(t, w.answers(), 10)
	eleventh := w.say(w.Alice, "/onboard help")
	assert.Equal(t, []string{"eyes", "confused"}, reacted(eleventh))
	require.Len(t, w.answers(), 11)
	assert.Contains(t, w.answers()[10], "10 commands an hour")
	w.say(w.Alice, "/onboard help")
	assert.Len(t, w.answers(), 11, "after one refusal in words a day, a reaction only")

	w.later(time.Hour + time.Minute)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard help")))
}

func TestAttackAPersonIsRefusedInWordsOnceADay(t *testing.T) {
	w := newWorld(t)
	mallory := w.GitHub.CreateUser("mallory")
	for range 3 {
		assert.Equal(t, []string{"eyes", "confused"}, reacted(w.say(mallory, "/onboard")))
	}
	assert.Len(t, w.answers(), 1)
	w.later(night)
	w.say(mallory, "/onboard")
	assert.Len(t, w.answers(), 2)
}

func TestAttackAnOwnerHasThreeOnboardingsAtATime(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.Writes.Burst = 1000 })
	for i := range 4 {
		repository := w.GitHub.CreateRepository(w.Alice, fmt.Sprintf("plugin-%d", i), map[string]string{"README.md": "# x"})
		issue := repository.OpenIssue(w.Alice, "Onboard", "")
		issue.Comment(w.Alice, "/onboard")
		w.settle()
		started := len(repository.AllCheckRuns(demo.Carrier(repository))) > 0
		assert.Equal(t, i < 3, started, "onboarding %d", i+1)
		if i == 3 {
			require.Len(t, issue.Comments(), 2)
			assert.Contains(t, issue.Comments()[1].Body, "3 onboardings under way, which is the limit")
		}
	}
}

func TestAttackAFreedLoginGivesNobodyItsAuthority(t *testing.T) {
	w := newWorld(t)
	w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "")
	comment := w.say(w.GitHub.CreateUser("mallory"), "hello")
	require.Empty(t, reacted(comment))
	var payload string
	for _, d := range w.GitHub.Deliveries() {
		if d.Event == "issue_comment" {
			payload = string(d.Payload)
		}
	}
	// mallory's event says that mallory's id goes by the login of alice
	payload = strings.NewReplacer(`"login":"mallory"`, `"login":"alice"`, `"body":"hello"`, `"body":"/onboard"`).Replace(payload)
	w.GitHub.Deliver("issue_comment", "99999999-2222-4333-8444-555555555555", []byte(payload))
	w.settle()
	assert.Equal(t, []string{"eyes", "confused"}, reacted(comment))
	assert.Empty(t, w.Plugin.AllCheckRuns(w.Plugin.Head()))
}

func TestAttackACheckRunOfTheSameNameByAnotherAppCountsForNothing(t *testing.T) {
	w := newWorld(t)
	evil := w.GitHub.CreateApp("evil")
	transport, err := ghinstallation.New(http.DefaultTransport, evil.ID, w.GitHub.Install(evil, w.Alice).ID, []byte(evil.PrivateKeyPEM))
	require.NoError(t, err)
	transport.BaseURL = w.URL + "/api/v3"
	client := github.NewClient(&http.Client{Transport: transport})
	client.BaseURL, err = url.Parse(w.URL + "/api/v3/")
	require.NoError(t, err)
	w.say(w.Alice, "/onboard")
	forged, _, err := client.Checks.CreateCheckRun(t.Context(), "alice", "mattermost-plugin-hello", github.CreateCheckRunOptions{
		Name: "onboarding/licence", HeadSHA: w.Carrier(), Conclusion: github.String("success"),
	})
	require.NoError(t, err)

	w.say(w.Alice, "/onboard recheck")
	assert.Contains(t, w.status(), "fix **[licence](")
	var ours []string
	for _, run := range w.Plugin.AllCheckRuns(w.Carrier()) {
		if run.ID == forged.GetID() {
			assert.Equal(t, "success", run.Conclusion, "it is not ours to change")
		} else if run.Name == "onboarding/licence" {
			ours = append(ours, run.Conclusion)
		}
	}
	assert.Equal(t, []string{"failure"}, ours)
}

func TestAnnotationsBeyondFiftyGoInBatchesAndAreNeverDoubled(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	text := "Copyright Acme. Commercial use is not permitted without agreement.\n" + strings.Repeat("This line is no part of any licence we know.\n", 4)
	files := map[string]*string{}
	for i := range 120 {
		files[fmt.Sprintf("part%03d/LICENSE", i)] = &text
	}
	files["LICENSE"] = &demo.MIT
	w.Plugin.Push(w.Alice, "Many licences", files)
	w.settle()
	first := w.run("licence")
	require.Equal(t, "action_required", first.Conclusion, first.Title)
	require.Greater(t, len(first.Annotations), 50)

	w.say(w.Alice, "/onboard recheck")
	again := w.run("licence")
	assert.Len(t, again.Annotations, len(first.Annotations), "published anew, not appended")
	assert.NotEqual(t, first.ID, again.ID, "GitHub appends annotations, so a new run supersedes the old")
}

func TestAnUnfinishedRunIsPublishedAnewBeforeGitHubMarksItStale(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	before := w.run("basic-review")
	failed := w.run("licence")
	for range 9 {
		w.later(night)
	}
	after := w.run("basic-review")
	assert.Equal(t, "queued", after.Status)
	assert.Greater(t, after.ID, before.ID)
	assert.Equal(t, failed, w.run("licence"), "completed runs stay")
}

func TestADeletedStatusCommentIsWrittenAnew(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	require.NotEmpty(t, w.status())
	for _, c := range w.Issue.Comments() {
		if strings.Contains(c.Body, "<!-- onboard:status") {
			w.Issue.DeleteComment(w.Alice, c.ID)
		}
	}
	require.Empty(t, w.status())
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.Contains(t, w.status(), "MIT")
}

func TestAttackAMarkerInSomebodyElsesCommentIsNotTakenForOurs(t *testing.T) {
	w := newWorld(t)
	w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "")
	w.Issue.Comment(w.Alice, "mine\n<!-- onboard:status:1 -->")
	w.say(w.Alice, "/onboard")
	assert.NotEmpty(t, w.status())
	assert.Equal(t, "mine\n<!-- onboard:status:1 -->", w.Issue.Comments()[0].Body)
}

func TestAnEmptyRepositoryIsSurvived(t *testing.T) {
	w := newWorld(t)
	w.Plugin = w.GitHub.CreateEmptyRepository(w.Alice, "empty")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard")))
	assert.Contains(t, w.status(), "has no commit yet")
}

func TestARenamedRepositoryIsFollowed(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	w.Plugin.Rename(w.Alice, "mattermost-plugin-greetings")
	w.later(night)
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.Equal(t, "success", w.run("licence").Conclusion)
	assert.Contains(t, w.status(), "mattermost-plugin-greetings")
}

func TestAttackATreeBeyondTheBoundFailsWithAFix(t *testing.T) {
	w := newWorld(t)
	attributes := "README.md export-ignore\n" // else the archive says all
	w.Plugin.Push(w.Alice, "Attributes", map[string]*string{".gitattributes": &attributes})
	w.Plugin.SetTreeLimit(3)
	w.say(w.Alice, "/onboard")
	assert.Equal(t, "failure", w.run("licence").Conclusion)
	assert.Contains(t, w.run("licence").Text, "more than 20000 files")
}

func TestAnIssueThatIsGoneHoldsUpNothing(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	for _, route := range []string{"/comments", "/labels", "/comments/{comment_id}"} {
		w.GitHub.Inject(fakegithub.Fault{Route: "/repos/{owner}/{repo}/issues/{issue_number}" + route, Status: http.StatusGone})
	}
	w.GitHub.Inject(fakegithub.Fault{Route: "/repos/{owner}/{repo}/issues/comments/{comment_id}", Status: http.StatusNotFound})
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.Equal(t, "success", w.run("licence").Conclusion, "the check runs carry on")
	stats, err := w.app.QueueStats(t.Context())
	require.NoError(t, err)
	assert.Zero(t, stats.Retrying+stats.Parked)
}

func TestLabelsThatAreNotOursStay(t *testing.T) {
	w := newWorld(t)
	w.Issue = w.Plugin.OpenIssue(w.Alice, "Onboard this", "")
	w.Issue.AddLabel(w.Alice, "stage:beta")
	w.Issue.AddLabel(w.Alice, "stage:qa") // ours, and not open: it goes
	w.say(w.Alice, "/onboard")
	assert.ElementsMatch(t, []string{"stage:beta", "stage:licence", "stage:nightly-build"}, w.Issue.Labels())
}

func TestAttackOneInstallationsCommandsDoNotHoldUpAnothers(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.Writes.Burst, c.Queue.Workers = 60, 2 })
	mallory := w.GitHub.CreateUser("mallory")
	w.GitHub.Install(w.App, mallory)
	for i := range 4 {
		issue := w.GitHub.CreateRepository(mallory, fmt.Sprintf("r%d", i), map[string]string{"README.md": "x"}).OpenIssue(mallory, "x", "")
		for range 15 {
			issue.Comment(mallory, "/onboard x")
		}
	}
	comment := w.Plugin.OpenIssue(w.Alice, "Onboard this", "").Comment(w.Alice, "/onboard")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, w.GitHub.Wait(ctx, func() bool { return len(reacted(comment)) == 2 }), "alice waits for mallory's writes")
}

func TestAMissingPermissionIsWaitedForAndNothingIsLost(t *testing.T) {
	w := newWorld(t)
	const refused = `{"message":"Resource not accessible by integration","documentation_url":"https://docs.github.com/rest"}`
	granted := w.GitHub.Inject(fakegithub.Fault{
		Method: http.MethodPost, Route: "/repos/{owner}/{repo}/issues/{issue_number}/comments", Status: http.StatusForbidden, Body: refused,
	})
	comment := w.say(w.Alice, "/onboard help")
	assert.Equal(t, []string{"eyes"}, reacted(comment))
	_, body := w.get("/readyz")
	assert.Contains(t, body, "waiting for GitHub: 1")
	for range 12 {
		w.later(time.Hour + time.Minute)
	}
	granted()
	w.later(time.Hour + time.Minute)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
	assert.Len(t, w.answers(), 1)
}

func TestARunThatGitHubRefusesDoesNotHoldUpTheOthers(t *testing.T) {
	w := newWorld(t)
	w.GitHub.Inject(fakegithub.Fault{Method: http.MethodPost, Route: "/repos/{owner}/{repo}/check-runs", Skip: 2, Times: 1, Status: http.StatusUnprocessableEntity})
	comment := w.say(w.Alice, "/onboard")
	assert.Len(t, w.Plugin.AllCheckRuns(w.Carrier()), 12)
	assert.NotEmpty(t, w.status())
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
	w.later(time.Hour)
	assert.Len(t, w.Plugin.AllCheckRuns(w.Carrier()), 13, "it is tried again")
}

func TestAnotherPolicyIsAppliedAtTheNextLook(t *testing.T) {
	w := newWorld(t)
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.say(w.Alice, "/onboard")
	require.Equal(t, "success", w.run("licence").Conclusion)
	w.stop()
	w.config.Policy.Licence.Recommended = slices.DeleteFunc(slices.Clone(w.config.Policy.Licence.Recommended), func(id string) bool { return id == "MIT" })
	w.start()
	w.later(night)
	assert.Equal(t, "failure", w.run("licence").Conclusion)
}

func TestAttackEditedCommentsAreAnsweredWithinTheLimits(t *testing.T) {
	w := newWorld(t)
	mallory := w.GitHub.CreateUser("mallory")
	for range 15 {
		w.say(mallory, "hello").Edit(mallory, "/onboard")
		w.settle()
	}
	assert.Len(t, w.answers(), 1)
}

func TestAttackCommandsThatArriveLateCountWhenTheyArrive(t *testing.T) {
	w := newWorld(t)
	w.later(3 * time.Hour) // the comments below are three hours old to the App
	for range 12 {
		w.say(w.Alice, "/onboard help")
	}
	assert.Len(t, w.answers(), 11)
}

func TestAStatusCommentWhoseDeletionAndAnswerCrossIsNotDoubled(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	for _, c := range w.Issue.Comments() {
		if strings.Contains(c.Body, "<!-- onboard:status") {
			w.Issue.DeleteComment(w.Alice, c.ID)
		}
	}
	w.GitHub.Inject(fakegithub.Fault{
		Method: http.MethodPost, Route: "/repos/{owner}/{repo}/issues/{issue_number}/comments", Times: 1, Cut: fakegithub.CutAfter,
	})
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.calm()
	assert.Contains(t, w.status(), "MIT") // which asserts that there is one
}

func TestAStatusCommentThatIsListedAndNotFoundIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	w.GitHub.Inject(fakegithub.Fault{
		Method: http.MethodPatch, Route: "/repos/{owner}/{repo}/issues/comments/{comment_id}", Times: 1, Status: http.StatusNotFound,
	})
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.calm()
	assert.Contains(t, w.status(), "MIT") // which asserts that there is one
}

func TestARunEditedInPlaceIsRenewedInTime(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	w.later(8 * 24 * time.Hour)
	w.say(w.Alice, "/onboard recheck") // publishes the open runs of the gates in place, if at all
	made := map[string]time.Time{}
	for _, run := range w.Plugin.AllCheckRuns(w.Plugin.Head()) {
		made[run.Name] = run.StartedAt
	}
	for range 4 {
		w.later(night)
	}
	for _, run := range w.Plugin.CheckRuns(w.Plugin.Head()) {
		if run.Status != "completed" {
			assert.True(t, run.StartedAt.After(made[run.Name]), "%s was made on day 0 and it is day 12", run.Name)
		}
	}
}

func TestTheOwnerIsTheAuthorWhereNeitherOpenerNorStarterMayWrite(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.Roles[onboarding.PM].Users = []string{"peter"} })
	peter := w.GitHub.CreateUser("peter")
	w.Issue = w.Plugin.OpenIssue(peter, "Let us have this plugin", "")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(peter, "/onboard")))
	assert.Contains(t, w.status(), "the author is [alice]")
}
