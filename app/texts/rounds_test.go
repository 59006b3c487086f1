package texts_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// updating is the view of a second round, after v1.2.0 was accepted.
func updating(change ...func(*texts.View)) texts.View {
	v := reviewed(func(v *texts.View) {
		v.Record.Round, v.Record.Carried = 2, map[string]int{"basic-review": 1}
		v.Record.Baseline = &onboarding.Baseline{Round: 1, At: at.AddDate(0, -2, 0), Source: strings.Repeat("a", 40), Tag: "v1.2.0"}
		v.Record.ReviewPR.Update = true
		v.Pull.Own, v.Pull.Removed, v.Pull.Shown = 2, 1, 5
	})
	for _, c := range change {
		c(&v)
	}
	v.Verdict = onboarding.Evaluate(onboarding.Default(), v.Record, v.Facts, at)
	return v
}

func TestTheTextsOfAnUpdate(t *testing.T) {
	lost := func(v *texts.View) { v.Record.ReviewPR.Update = false }
	unchanged := func(v *texts.View) {
		v.Record.ReviewPR, v.Pull = nil, nil
		v.Record.NoReviewPR = &onboarding.NoReviewPR{Why: "nothing that it would show has changed", At: at, Hopeless: true, Unchanged: commit}
	}
	leftOut := func(v *texts.View) {
		unchanged(v)
		v.Record.NoReviewPR.LeftOut = []string{".github/workflows/ci.yml", "docs/CODEOWNERS"}
	}
	for name, text := range map[string]string{
		"pull-update":         updating().PullTitle() + "\n\n---\n" + updating().PullBody(),
		"pull-update-lost":    updating(lost).PullTitle() + "\n\n---\n" + updating(lost).PullBody(),
		"comment-update":      texts.StatusComment(updating()),
		"comment-unchanged":   texts.StatusComment(updating(unchanged)),
		"comment-left-out":    texts.StatusComment(updating(leftOut)),
		"review-accepted":     texts.ReviewAccepted(updating().Record.Baseline),
		"answer-former-round": texts.FormerRound(),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, text) })
	}
	kept := failing
	kept.Outcome, kept.Kept = onboarding.OutcomePass, &onboarding.Kept{Judge: "x", Since: at}
	for name, test := range map[string]struct {
		view  texts.View
		stage string
	}{
		"run-carried":   {updating(), "basic-review"},
		"run-unchanged": {updating(leftOut), "complete-review"},
		"run-kept":      {view(onboarding.Record{}, map[string]onboarding.Result{"licence": kept}), "licence"},
		"run-gone-role": {reviewed(func(v *texts.View) { v.Gone = []onboarding.Role{onboarding.CoreCommitter} }), "basic-review"},
	} {
		t.Run(name, func(t *testing.T) {
			standing, ok := test.view.Verdict.Standing(test.stage)
			require.True(t, ok)
			run := texts.RunOf(test.view, standing)
			golden(t, name, run.Title+"\n\n---\n"+run.Summary+"\n---\n"+run.Text)
		})
	}
}

func TestAttackATagCannotForgeTheTextsOfAnUpdate(t *testing.T) {
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM))
	for _, text := range hostile {
		v := updating(func(v *texts.View) { v.Record.Baseline.Tag = text })
		for name, shown := range map[string]string{"body": v.PullBody(), "status": texts.StatusComment(v), "commit": texts.ReviewAccepted(v.Record.Baseline)} {
			assert.NotContains(t, shown, "<!--", "%s: %q", name, text)
			assert.NotContains(t, shown, "\n/onboard", "%s: %q", name, text)
			var html bytes.Buffer
			require.NoError(t, markdown.Convert([]byte(shown), &html))
			assert.NotContains(t, html.String(), "<img", "%s: %q", name, text)
			assert.NotRegexp(t, mention, outsideCode.ReplaceAllString(html.String(), ""), "%s: %q", name, text)
		}
		assert.NotContains(t, v.PullTitle(), "\n")
	}
}
