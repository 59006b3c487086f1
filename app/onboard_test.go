package app_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

func TestOnboardShowsEveryStageAsACheckRun(t *testing.T) {
	w := newWorld(t)
	began := len(w.GitHub.Calls())
	comment := w.say(w.Alice, "/onboard")
	calls := len(w.GitHub.Calls()) - began

	pipeline := onboarding.Default()
	require.Len(t, w.Plugin.AllCheckRuns(w.Carrier()), len(pipeline.Stages)+len(pipeline.Gates))
	assert.Equal(t, "failure", w.run("licence").Conclusion)
	assert.Equal(t, "You: No licence file", w.run("licence").Title)
	assert.Contains(t, w.run("licence").Summary, w.Plugin.Head())
	assert.Equal(t, "queued", w.run("basic-review").Status)
	assert.Equal(t, "failure", w.run("ci-extensions").Conclusion)
	assert.Equal(t, "queued", w.run("community").Status)

	assert.Contains(t, w.status(), "**Next:** [alice](")
	assert.Contains(t, w.status(), "/runs/", "the stages link to their check runs")
	assert.NotContains(t, w.status(), "@", "nobody is mentioned")
	assert.Equal(t, []string{"stage:licence", "stage:nightly-build"}, w.Issue.Labels())
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
	assert.Empty(t, w.answers(), "the status comment is the answer")

	t.Logf("/onboard to everything visible: %d API calls", calls)
	assert.LessOrEqual(t, calls, 40)
}

func TestAPushThatMendsTheLicenceMovesTheRunsToTheNewHead(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	none := strings.Repeat("All rights reserved.\n", 3)
	w.Plugin.Push(w.Alice, "Not a licence", map[string]*string{"LICENSE": &none})
	w.settle()
	assert.NotEqual(t, "success", w.run("licence").Conclusion)
	require.NotEmpty(t, w.run("licence").Annotations)
	assert.Equal(t, "LICENSE", w.run("licence").Annotations[0].Path)

	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.Equal(t, "success", w.run("licence").Conclusion)
	assert.Equal(t, "MIT", w.run("licence").Title)
	assert.Equal(t, "queued", w.run("ci-extensions").Status)
	assert.Equal(t, "3 of 5 passed", w.run("ci-extensions").Title)
	assert.Contains(t, w.status(), w.Plugin.Head())
	assert.ElementsMatch(t, []string{"stage:nightly-build", "stage:basic-review"}, w.Issue.Labels(), "the licence has passed")
}

func TestAPushWithoutAnOnboardingCostsNothing(t *testing.T) {
	w := newWorld(t)
	began := len(w.GitHub.Calls())
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.Len(t, w.GitHub.Calls(), began)
}

func TestALookThatFindsNothingNewWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	before := w.writes()
	comment := w.say(w.Alice, "/onboard")
	assert.Equal(t, before+2, w.writes(), "the two reactions and nothing else")
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
}

func TestACommentThatIsNoCommandCostsNothing(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	calls, stored := len(w.GitHub.Calls()), w.stored()
	for _, body := range []string{
		"thanks!", "please /onboard this", "> /onboard status", "```\n/onboard status\n```", "see docs/onboarding.md or /onboarding", "",
	} {
		w.say(w.Alice, body)
	}
	assert.Len(t, w.GitHub.Calls(), calls, "no API call")
	assert.Equal(t, stored, w.stored(), "nothing is stored")
}

func TestTheSameDeliveryAgainChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	var started fakegithub.Delivery
	for _, d := range w.GitHub.Deliveries() {
		if d.Event == "issue_comment" && strings.Contains(string(d.Payload), `"body":"/onboard"`) {
			started = d
			break
		}
	}
	require.NotEmpty(t, started.GUID)
	before := w.writes()

	w.GitHub.Redeliver(started.ID)
	w.settle()
	w.GitHub.Deliver(started.Event, started.GUID, started.Payload)
	w.settle()
	assert.Equal(t, before, w.writes(), "the same GUID")

	w.GitHub.Deliver(started.Event, "11111111-2222-4333-8444-555555555555", started.Payload)
	w.settle()
	assert.Equal(t, before, w.writes(), "another GUID, the same comment: the GUID is not signed")
}

func TestCommandsAreAnswered(t *testing.T) {
	tests := map[string]struct {
		before   []string
		say      string
		reaction string
		answer   string // part of the last answer; "" for none
	}{
		"help lists the commands":              {nil, "/onboard help", "rocket", "| `/onboard recheck [stage]` |"},
		"help explains one command":            {nil, "/onboard help recheck", "rocket", "Looks again at one automatic stage"},
		"help for nothing known":               {nil, "/onboard help halp", "confused", "Did you mean `/onboard help`?"},
		"an unknown word is asked back":        {nil, "/onboard halp", "confused", "Did you mean `/onboard help`?"},
		"status before the start":              {nil, "/onboard status", "confused", "no onboarding in this repository yet"},
		"status says whose turn it is":         {[]string{"/onboard"}, "/onboard status", "rocket", "fix **[licence]("},
		"recheck looks again":                  {[]string{"/onboard"}, "/onboard recheck", "rocket", ""},
		"recheck of a stage":                   {[]string{"/onboard"}, "/onboard recheck licence", "rocket", ""},
		"recheck of no stage":                  {[]string{"/onboard"}, "/onboard recheck licnce", "confused", "Did you mean `licence`?"},
		"several commands, one answer":         {nil, "/onboard help help\n/onboard halp", "confused", "---"},
		"more than twenty commands":            {nil, strings.Repeat("/onboard\n", 21), "confused", "first 20 commands"},
		"a second start in the same issue":     {[]string{"/onboard"}, "/onboard start", "rocket", ""},
		"a command after text, with CRLF ends": {nil, "hello\r\n\r\n/onboard help\r\n", "rocket", "| command |"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, body := range test.before {
				w.say(w.Alice, body)
			}
			comment := w.say(w.Alice, test.say)
			assert.Equal(t, []string{"eyes", test.reaction}, reacted(comment))
			if test.answer == "" {
				assert.Empty(t, w.answers())
				return
			}
			require.Len(t, w.answers(), 1)
			assert.Contains(t, w.answers()[0], test.answer)
		})
	}
}

func TestRecheckPublishesTheRunAnew(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	first := w.run("licence")
	w.say(w.Alice, "/onboard recheck licence")
	assert.True(t, w.run("licence").CompletedAt.After(first.CompletedAt), "the author sees that it was looked at again")
	assert.Equal(t, first.Conclusion, w.run("licence").Conclusion)
}

func TestStartInAnotherIssueIsAnsweredWithALink(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	first := w.Issue
	w.Issue = nil
	w.say(w.Alice, "/onboard")
	require.Len(t, w.answers(), 1)
	assert.Contains(t, w.answers()[0], "#1")
	assert.Empty(t, w.status())
	w.Issue = first
	assert.NotEmpty(t, w.status())
}
