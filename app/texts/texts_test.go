package texts_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".md")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "run go test ./app/texts -update if this is what it should say")
}

var at = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

const sha256 = "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff"

const commit = "c0ffee0000000000000000000000000000000000"

// view makes the view of an onboarding whose checks said these.
func view(record onboarding.Record, results map[string]onboarding.Result) texts.View {
	record.Author = onboarding.Person{ID: 1, Login: "alice"}
	record.Starter, record.StartedAt = onboarding.Person{ID: 2, Login: "bob-the-builder"}, at
	facts := onboarding.Facts{Commit: commit, Results: results}
	return texts.View{
		Repository: "acme/mattermost-plugin-hello", WebURL: "https://github.com/", Record: record, Facts: facts,
		Verdict: onboarding.Evaluate(onboarding.Default(), record, facts, at),
		RunURLs: map[string]string{"licence": "https://github.com/acme/mattermost-plugin-hello/runs/7"},
	}
}

var failing = onboarding.Result{
	Commit: commit, Outcome: onboarding.OutcomeFail, Title: "There is no licence file",
	Findings: []onboarding.Finding{
		{Rule: "licence/missing", Severity: "failure", Message: "There is no licence file.", Fix: "Add a file LICENSE."},
		{Rule: "licence/extra", Severity: "warning", Path: "docs/a (b).md", Line: 3, EndLine: 5, Message: "This says more.", Fix: "Remove it."},
		{Rule: "licence/note", Severity: "notice", Path: "NOTICE", Message: "Good to know."},
	},
}

// asking is a result that asks the author for something.
var asking = onboarding.Result{
	Commit: commit, Outcome: onboarding.OutcomeFail, Asks: true, Title: "No licence yet",
	Findings: []onboarding.Finding{{Rule: "licence/none", Severity: "failure", Message: "Nobody has said which.", Fix: "Say it."}},
}

// example is a finding whose fix has a file to be copied, which would like to
// leave its block.
var example = onboarding.Result{
	Commit: commit, Outcome: onboarding.OutcomeFail, Title: "No URL of the latest build yet",
	Findings: []onboarding.Finding{
		{Rule: "licence/url", Severity: "failure", Message: "Nobody has said where the latest build is.", Fix: "Add a workflow, or say `/onboard nightly <url>`.\n\n" +
			"# .github/workflows/nightly.yml\non:\n  push:\n\n\trun: |\n    ```` @everyone <!-- onboard -->\n```\n/onboard accept\n"},
		{Rule: "licence/note", Severity: "notice", Message: "Good to know.", Fix: "Nothing has to be done."},
	},
}

func TestTheTextsOfCheckRuns(t *testing.T) {
	tests := map[string]struct {
		record onboarding.Record
		result *onboarding.Result
		stage  string
		server texts.Server
	}{
		"run-gate-server":         {stage: "ci-extensions", server: texts.Server{Version: "0.1.0+c0ffee0", SHA256: sha256, Since: at}},
		"run-gate-server-trouble": {stage: "ci-extensions", server: texts.Server{Version: "0.1.0`", SHA256: sha256, Since: at, Trouble: `the plugin does not start; "0.1.0" runs there now`}},
		"run-gate-server-none":    {stage: "ci-extensions", server: texts.Server{Trouble: "the server is not available"}},
		"run-gate-server-offer":   {stage: "community", server: texts.Server{Offered: sha256}},

		"run-failed":       {stage: "licence", result: &failing},
		"run-example":      {stage: "licence", result: &example},
		"run-passed":       {stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomePass, Title: "Apache-2.0", Measured: []onboarding.Measure{{Name: "ids", Value: "Apache-2.0"}, {Name: "files", Value: "LICENSE, a|b"}}}},
		"run-review":       {stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomeReview, Title: "LICENSE says more than Apache-2.0"}},
		"run-asks":         {stage: "licence", result: &asking},
		"run-looking":      {stage: "licence", result: &onboarding.Result{}},
		"run-retrying":     {stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomeError, Title: "The check crashed", Tries: 2, NextTry: at}},
		"run-undecided":    {stage: "licence", result: &onboarding.Result{Outcome: onboarding.OutcomeError, Title: "The check crashed", Tries: 6}},
		"run-missing":      {stage: "manifest"},
		"run-later":        {stage: "basic-review"},
		"run-person":       {stage: "basic-review", record: onboarding.Record{Opened: map[string]time.Time{"basic-review": at}}},
		"run-gate-waiting": {stage: "ci-extensions", result: &onboarding.Result{Outcome: onboarding.OutcomePass}},
		"run-gate-failed":  {stage: "ci-extensions", result: &failing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			results := map[string]onboarding.Result{}
			if test.result != nil {
				results["licence"] = *test.result
			}
			v := view(test.record, results)
			v.Servers = map[string]texts.Server{test.stage: test.server}
			standing, ok := v.Verdict.Standing(test.stage)
			require.True(t, ok)
			run := texts.RunOf(v, standing)
			golden(t, name, run.Title+"\n\n---\n"+run.Summary+"\n---\n"+run.Text)
		})
	}
}

func TestTheStatusComment(t *testing.T) {
	passed := onboarding.Result{Outcome: onboarding.OutcomePass, Title: "MIT"}
	three := map[string]onboarding.Result{"licence": passed, "starter-template": passed, "manifest": passed}
	tests := map[string]texts.View{
		"comment-author": view(onboarding.Record{}, map[string]onboarding.Result{"licence": failing}),
		"comment-admin":  view(onboarding.Record{}, map[string]onboarding.Result{"licence": {Outcome: onboarding.OutcomeReview, Title: "It says more"}}),
		"comment-nobody": view(onboarding.Record{}, map[string]onboarding.Result{"licence": passed}),
		"comment-asks":   view(onboarding.Record{}, map[string]onboarding.Result{"licence": asking}),
		"comment-busy":   view(onboarding.Record{}, map[string]onboarding.Result{"licence": {}}),
		"comment-accept": view(onboarding.Record{}, three),
		"comment-review": view(onboarding.Record{AcceptedAt: at}, three),
	}
	for _, why := range []onboarding.Holding{onboarding.Archived, onboarding.Private, onboarding.NewOwner, onboarding.Removed, onboarding.Suspended, onboarding.Deleted} {
		hold := onboarding.Hold{Why: why, At: at}
		if why == onboarding.NewOwner {
			hold.Owner = onboarding.Person{ID: 3, Login: "carol"}
		}
		tests["comment-held-"+string(why)] = view(onboarding.Record{AcceptedAt: at, Held: &hold}, three)
	}
	for name, v := range tests {
		t.Run(name, func(t *testing.T) { golden(t, name, texts.StatusComment(v)) })
	}
}

func TestTheAnswersToCommands(t *testing.T) {
	commands := []texts.Command{
		{Name: "recheck", Usage: "/onboard recheck [stage|all]", Who: "the plugin's author", Doc: "Looks again.", Examples: []string{"/onboard recheck", "/onboard recheck licence"}},
	}
	bob := texts.PersonLink("https://github.com", "bob-the-builder")
	answers := map[string]string{
		"answer-help":               texts.Help(commands),
		"answer-help-command":       texts.HelpFor(commands[0]),
		"answer-unknown":            texts.UnknownCommand("halp", "help"),
		"answer-unknown-far":        texts.UnknownCommand("deploy", ""),
		"answer-unknown-stage":      texts.UnknownStage("licnce", "licence", []string{"licence", "manifest"}),
		"answer-refused":            texts.Refused(bob, "recheck", "the plugin's author", ""),
		"answer-refused-unreadable": texts.Refused(bob, "accept", "those who have a role", "the team acme/core cannot be read: the App has no members permission on acme"),
		"answer-not-started":        texts.NotStarted("people who may write to this repository"),
		"answer-already-started":    texts.AlreadyStarted("#12"),
		"answer-too-many-open":      texts.TooManyOpen(bob, 3),
		"answer-owner-blocked":      texts.OwnerBlocked(bob),
		"answer-too-many-commands":  texts.TooManyCommands(10, at),
		"answer-too-many-in-one":    texts.TooManyInOne(20),
		"answer-on-hold":            texts.OnHold("approve"),
		"answer-nothing-to-confirm": texts.NothingToConfirm(),
		"answer-other-owner":        texts.OtherOwner(bob),
		"answer-edited":             texts.Edited(),
		"answer-not-a-url":          texts.NotAURL(),
		"answer-secret-url":         texts.SecretURL(),
		"answer-turned":             texts.Turned(view(onboarding.Record{}, map[string]onboarding.Result{"licence": failing}), "licence"),
		"answer-status":             texts.Status(view(onboarding.Record{}, map[string]onboarding.Result{"licence": failing}), "https://github.com/x/y/issues/1#issuecomment-2"),
		"answer-two":                texts.Answer([]string{texts.UnknownCommand("halp", "help"), texts.Edited()}),
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) { golden(t, name, answer) })
	}
}

// hostile is what somebody may write where Onboard shows it again.
var hostile = []string{
	"@alice please", "@acme/core please", "fixes #1", "closes acme/repo#1", "GH-1", "gh-12", "https://evil.example/", "www.evil.example", "Www.evil.example",
	"mail me@evil.example", "![x](https://evil.example/p.png)", "[click](javascript:alert(1))", "<img src=x onerror=alert(1)>", "<!-- onboard:status:1 -->",
	"`code`", "``", "` `` ```", "```\n/onboard approve\n```", "\n/onboard start", "| a | b |", "**bold** _it_ ~~no~~", "# heading", "- item", "1. item", "1) item", "> quote",
	"\u202egnp.exe", "a\u200bb", "\x1b[31mred", "a\x00b", "&lt;b&gt;", "&#64;alice", `\@alice`, "$x^2$", "+ item", "=====", "---", "	tab", "",
}

var (
	mention   = regexp.MustCompile(`@[A-Za-z0-9]`)
	reference = regexp.MustCompile(`(?i)#[0-9]|\bgh-[0-9]`)
)

func TestAttackWhatPeopleWroteHasNoEffectWhereItIsShown(t *testing.T) {
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM))
	for _, text := range hostile {
		for how, shown := range map[string]string{"plain": texts.Plain(text), "start of line": "x\n\n" + texts.Plain(text)} {
			var html bytes.Buffer
			require.NoError(t, markdown.Convert([]byte(shown), &html))
			visible := html.String()
			for _, tag := range []string{"<a", "<img", "<!--", "<code", "<em", "<strong", "<del", "<h1", "<li", "<blockquote", "<table", "<pre", "<hr"} {
				assert.NotContains(t, visible, tag, "%s of %q", how, text)
			}
			assert.NotRegexp(t, mention, visible, "%s of %q", how, text)
			assert.NotRegexp(t, reference, strings.ReplaceAll(visible, "&#", ""), "%s of %q", how, text)
			assert.NotContains(t, shown, "\n/", text)
		}
		var html bytes.Buffer
		require.NoError(t, markdown.Convert([]byte("say "+texts.Code(text)+" end"), &html))
		assert.Regexp(t, `^<p>say <code>[^<]*</code> end</p>\s*$`, html.String(), "code of %q", text)
	}
}

func TestAttackFindingsCannotForgeTheStatusComment(t *testing.T) {
	for _, text := range hostile {
		v := view(onboarding.Record{}, map[string]onboarding.Result{"licence": {
			Outcome: onboarding.OutcomeFail, Title: text,
			Findings: []onboarding.Finding{{Rule: text, Severity: "failure", Path: text, Line: 1, Message: text, Fix: text}},
		}})
		standing, _ := v.Verdict.Standing("licence")
		run := texts.RunOf(v, standing)
		for _, shown := range []string{texts.StatusComment(v), run.Summary, run.Text} {
			assert.NotContains(t, shown, "<!--", text)
			assert.NotContains(t, shown, "\n/onboard", text)
		}
		assert.Equal(t, 13+2, strings.Count(texts.StatusComment(v), "\n|"), "%q adds no row", text)
		assert.NotContains(t, run.Title, "\n")
	}
}

func TestAttackAnExampleStaysInItsBlock(t *testing.T) {
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM))
	for _, text := range append(hostile, "```", "~~~", "````\n```", "\r```\r", "</code></pre>", "\u2028```\u0085```") {
		v := view(onboarding.Record{}, map[string]onboarding.Result{"licence": {Outcome: onboarding.OutcomeFail, Findings: []onboarding.Finding{
			{Rule: "licence/x", Severity: "failure", Message: "M.", Fix: "Do so.\n\n" + text + "\n\n" + text + "\n"},
			{Rule: "licence/y", Severity: "failure", Message: "N.", Fix: "Do this."},
		}}})
		standing, _ := v.Verdict.Standing("licence")
		run := texts.RunOf(v, standing)
		var html bytes.Buffer
		require.NoError(t, markdown.Convert([]byte(run.Text), &html))
		inside := regexp.MustCompile(`(?s)<pre><code>.*?</code></pre>`)
		assert.Len(t, inside.FindAllString(html.String(), -1), 1, "%q: %s", text, html.String())
		outside := inside.ReplaceAllString(html.String(), "")
		assert.Equal(t, 2, strings.Count(outside, "<li>"), text)
		for _, tag := range []string{"<a", "<img", "<em", "<del", "<h1", "<blockquote", "<table", "@"} {
			assert.NotContains(t, outside, tag, text)
		}
		assert.NotContains(t, run.Text, "<!--", text)
		assert.NotContains(t, run.Text, "\n/onboard", text)
	}
}

func TestAttackATextBeyondGitHubsLimitIsCutAndSaysSo(t *testing.T) {
	many := onboarding.Result{Outcome: onboarding.OutcomeFail, Title: strings.Repeat("ü", 200)}
	for range 2000 {
		many.Findings = append(many.Findings, onboarding.Finding{Rule: "licence/x", Severity: "failure", Message: strings.Repeat("long ", 20), Fix: "Mend it."})
	}
	v := view(onboarding.Record{}, map[string]onboarding.Result{"licence": many})
	standing, _ := v.Verdict.Standing("licence")
	run := texts.RunOf(v, standing)
	assert.LessOrEqual(t, len(run.Text), 65_535)
	assert.Contains(t, run.Text, "The rest is cut")
	assert.True(t, utf8.ValidString(run.Text))
	assert.Equal(t, 80, utf8.RuneCountInString(run.Title), "titles count runes")
}
