package demo

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

func TestThePictureShowsTheCommentsAsPeopleSeeThem(t *testing.T) {
	story, err := NewStory(fakegithub.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, story.GitHub.Close()) }()
	story.Issue = story.Plugin.OpenIssue(story.Alice, "Onboard", "")
	now := time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)
	record := onboarding.Record{Author: onboarding.Person{ID: 1, Login: "alice"}, StartedAt: now}
	facts := onboarding.Facts{Commit: strings.Repeat("c0ffee00", 5), Results: map[string]onboarding.Result{
		"licence": {Outcome: onboarding.OutcomeFail, Title: "No <licence> file"},
	}}
	verdict := onboarding.Evaluate(onboarding.Default(), record, facts, now)
	story.Issue.Comment(story.Alice, texts.StatusComment(texts.View{
		Repository: "alice/x", WebURL: "https://github.com", Record: record, Facts: facts, Verdict: verdict,
	}))

	picture := story.picture()
	require.NoError(t, xml.Unmarshal([]byte(picture), new(struct{})))
	assert.Contains(t, picture, "You: No &lt;licence&gt; file")
	for _, s := range verdict.Standings {
		assert.Contains(t, picture, ">"+strings.TrimSpace(map[onboarding.Kind]string{onboarding.KindGate: "gate "}[s.Kind]+s.Name)+"<")
	}
	for _, markdown := range []string{"**", "](", "|", "where it stands", "<!--"} {
		assert.NotContains(t, picture, markdown)
	}
}
