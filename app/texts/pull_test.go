package texts_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// reviewed is the view of an onboarding with a review PR.
func reviewed(change ...func(*texts.View)) texts.View {
	v := view(onboarding.Record{
		Issue: 1, AcceptedAt: at, Opened: map[string]time.Time{"basic-review": at},
		ReviewPR: &onboarding.ReviewPR{
			Number: 2, URL: "https://github.com/acme/mattermost-plugin-hello/pull/2", BaseSHA: strings.Repeat("b", 40),
			Commits: []onboarding.ReviewCommit{{SHA: strings.Repeat("d", 40), Source: commit}},
		},
	}, map[string]onboarding.Result{"licence": {Outcome: onboarding.OutcomePass, Title: "MIT"}})
	v.Pull = &texts.Pull{
		Branch: "main", Source: commit, Template: "acme/starter", Own: 12, Unmodified: 30, Shown: 14,
		Nearest:  &texts.TemplateVersion{SHA: strings.Repeat("1", 40), Date: at},
		First:    &texts.TemplateVersion{SHA: strings.Repeat("0", 40), Date: at.AddDate(0, -1, 0)},
		Last:     &texts.TemplateVersion{SHA: strings.Repeat("1", 40), Date: at},
		Modified: []texts.PulledFile{{Path: "Makefile", Lines: 3}, {Path: "webapp/src/index.tsx"}},
		Deleted:  []string{"public/hello.html"},
		Unseen: []texts.Unseen{
			{Path: ".github/workflows/ci.yml", Kind: "workflow"}, {Path: "assets/icon.png", Kind: "binary"}, {Path: ".gitattributes", Kind: "gitattributes", Boilerplate: true},
		},
	}
	for _, c := range change {
		c(&v)
	}
	return v
}

func TestTheTextsOfTheReviewPR(t *testing.T) {
	refused := func(v *texts.View) {
		v.Record.ReviewPR, v.Pull = nil, nil
		v.Record.NoReviewPR = &onboarding.NoReviewPR{Why: "Onboard has no permission to write contents or pull requests", At: at}
	}
	hopeless := func(v *texts.View) {
		refused(v)
		v.Record.NoReviewPR.Why, v.Record.NoReviewPR.Hopeless = "all files are the starter template's, so there is nothing to show", true
	}
	resting := func(v *texts.View) {
		v.Record.NoReviewPR = &onboarding.NoReviewPR{Why: "it was closed several times today, so it rests until tomorrow", At: at}
	}
	replaced := func(v *texts.View) {
		v.Record.ReviewPR.Number, v.Record.ReviewPR.Former, v.Record.ReviewPR.Why = 5, []int{2, 4}, onboarding.BranchMoved
		v.Pull.Nearest, v.Pull.Modified, v.Pull.Deleted, v.Pull.Unseen = nil, nil, nil, nil
		v.Pull.Adopted = []texts.PulledFile{{Path: "build/setup.mk", Lines: 20}}
	}
	gone := func(v *texts.View) { v.Record.EndedAt = at }
	withdrawn := func(v *texts.View) {
		v.Record.EndedAt, v.Record.Withdrawn = at, &onboarding.Withdrawal{By: onboarding.Person{Login: "alice"}}
	}
	for name, text := range map[string]string{
		"pull":               reviewed().PullTitle() + "\n\n---\n" + reviewed().PullBody(),
		"pull-replacement":   reviewed(replaced).PullBody(),
		"pull-replaced":      reviewed(replaced).PullReplaced(),
		"pull-end-complete":  reviewed(gone).PullEnd(),
		"pull-end-withdrawn": reviewed(withdrawn).PullEnd(),
		"comment-pull-asked": texts.StatusComment(reviewed(func(v *texts.View) {
			v.Record.Asked = map[string][]onboarding.Request{"basic-review": {{Person: onboarding.Person{ID: 7, Login: "bob"}}}, "qa": {}}
		})),
		"comment-pull-lacking": texts.StatusComment(reviewed(func(v *texts.View) {
			v.Lacking = map[string]onboarding.Choice{
				"basic-review": {Missing: []onboarding.Shortage{{Role: "core-committer", Lacks: 1, Out: []onboarding.Tally{
					{Why: onboarding.WhyAway, People: 2}, {Why: onboarding.WhyAuthor, People: 1}, {Why: onboarding.WhyBusy, People: 1}, {Why: onboarding.WhyDeclined, People: 1},
				}}}, Next: at},
				"complete-review": {Missing: []onboarding.Shortage{{Role: "security", Seat: true, Lacks: 1}}},
			}
		})),
		"comment-pull":             texts.StatusComment(reviewed()),
		"comment-by-hand":          texts.StatusComment(reviewed(refused)),
		"comment-nothing-to-show":  texts.StatusComment(reviewed(hopeless)),
		"comment-pull-rests":       texts.StatusComment(reviewed(resting)),
		"answer-adopted":           reviewed().Adopted(2),
		"answer-adoption-refused":  reviewed().AdoptionRefused(7, []string{"server/plugin.go is not in the pull request", "a @b is hidden"}),
		"answer-ended":             texts.Ended(),
		"answer-not-asked":         texts.NotAsked(),
		"answer-no-server":         texts.NoServer("comunity", "community", []string{"ci-extensions", "community"}),
		"answer-no-servers":        texts.NoServer("", "", nil),
		"answer-nothing-to-deploy": texts.NothingToDeploy("community", "the gate is not green"),
		"answer-nothing-earlier":   texts.NothingEarlier("community"),
		"answer-rolls-back":        texts.RollsBack("[root](https://github.com/root)", "community", texts.Server{Version: "1.1.0", Earlier: texts.Bundle{Version: "1.0.0"}}),
		"answer-adopt-where":       texts.AdoptWhere(),
		"comment-pull-out-of-date": texts.StatusComment(reviewed(func(v *texts.View) { v.Record.ReviewPR.Gaps = []string{"x.go is not in the pull request"} })),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, text) })
	}
	complete := func(v *texts.View) {
		v.Record.EndedAt, v.Record.ReviewPR.Closed = at, true
		for i := range v.Verdict.Standings {
			v.Verdict.Standings[i].State = onboarding.Passed
			v.Verdict.Standings[i].Approvals = []onboarding.Decision{{By: onboarding.Person{ID: 7, Login: "bob"}, At: at}}
		}
	}
	for name, v := range map[string]texts.View{
		"run-review-pull":     reviewed(),
		"run-review-tampered": reviewed(func(v *texts.View) { v.Tampered = "text" }),
		"run-moved":           reviewed().MovedFrom(commit),
		"run-review-complete": reviewed(complete),
	} {
		t.Run(name, func(t *testing.T) {
			standing, _ := v.Verdict.Standing("basic-review")
			run := texts.RunOf(v, standing)
			golden(t, name, run.Title+"\n\n---\n"+run.Summary+"\n---\n"+run.Text)
		})
	}
}

func TestWhatIsGoodAboutACommitStaysThereWhenCheckRunsMove(t *testing.T) {
	v := reviewed()
	good, _ := v.Verdict.Standing("licence")
	require.Equal(t, onboarding.Passed, good.State)
	good.Result.Commit = commit
	moved, _ := v.MovedFrom(commit).Verdict.Standing("licence")
	assert.Equal(t, texts.RunOf(v, good), texts.RunOf(v.MovedFrom(commit), moved))
	moved, _ = v.MovedFrom(strings.Repeat("e", 40)).Verdict.Standing("licence")
	assert.Contains(t, texts.RunOf(v.MovedFrom(commit), moved).Title, "Moved", "of another commit nothing is known")
}

// outsideCode matches code and where links lead, in which nothing has an effect.
var outsideCode = regexp.MustCompile(`(?s)<code>.*?</code>|href="[^"]*"`)

func TestAttackPathsCannotForgeTheReviewPR(t *testing.T) {
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM))
	for _, text := range hostile {
		v := reviewed(func(v *texts.View) {
			v.Repository, v.Pull.Branch = "acme/mattermost-plugin-hello", text
			v.Pull.Modified = []texts.PulledFile{{Path: text, Lines: 1}}
			v.Pull.Deleted = []string{text}
			v.Pull.Unseen = []texts.Unseen{{Path: text, Kind: "binary"}, {Path: text, Kind: text}}
			v.Record.ReviewPR.Gaps = []string{text}
		})
		standing, _ := v.Verdict.Standing("basic-review")
		for name, shown := range map[string]string{
			"body": v.PullBody(), "replaced": v.PullReplaced(), "status": texts.StatusComment(v), "run": texts.RunOf(v, standing).Text,
			"refused": v.AdoptionRefused(7, []string{text}),
		} {
			assert.NotContains(t, shown, "<!--", "%s: %q", name, text)
			assert.NotContains(t, shown, "\n/onboard", "%s: %q", name, text)
			assert.NotContains(t, shown, "\n# heading", "%s: %q", name, text)
			var html bytes.Buffer
			require.NoError(t, markdown.Convert([]byte(shown), &html))
			assert.NotContains(t, html.String(), "<img", "%s: %q", name, text)
			assert.NotRegexp(t, mention, outsideCode.ReplaceAllString(html.String(), ""), "%s: %q", name, text)
		}
		assert.NotContains(t, v.PullTitle(), "\n")
	}
}

func TestAReviewPRWithManyFilesIsListedInPart(t *testing.T) {
	v := reviewed(func(v *texts.View) {
		for range 5000 {
			v.Pull.Unseen = append(v.Pull.Unseen, texts.Unseen{Path: "assets/" + strings.Repeat("long", 10), Kind: "binary"})
		}
	})
	assert.LessOrEqual(t, len(v.PullBody()), 65_535)
	assert.Contains(t, v.PullBody(), "1 workflow and 5001 binary files.")
	assert.Regexp(t, `- … and 4\d+ more, among \[all files\]`, v.PullBody())
}

func TestTheTextsOfDecisions(t *testing.T) {
	ann, bob, root := onboarding.Person{ID: 11, Login: "ann"}, onboarding.Person{ID: 12, Login: "bob-b"}, onboarding.Person{ID: 13, Login: "root"}
	roles := map[string][]onboarding.Role{"ann": {onboarding.CoreCommitter, onboarding.QA}, "bob-b": {onboarding.CoreCommitter, onboarding.Security}, "root": {onboarding.Admin}}
	d := func(by onboarding.Person, verb onboarding.Verb, stage, bound string) onboarding.Decision {
		return onboarding.Decision{
			ID: by.Login + stage + string(verb), Verb: verb, Stage: stage, By: by, Roles: roles[by.Login], At: at, Bound: bound,
			URL: "https://github.com/acme/mattermost-plugin-hello/pull/2#r1",
		}
	}
	head, bundle := strings.Repeat("d", 40), strings.Repeat("a1", 32)
	why := func(d onboarding.Decision, reason string) onboarding.Decision {
		d.Reason = reason
		return d
	}
	late := why(d(root, onboarding.Waive, "manifest", onboarding.Fingerprint(failing)), "Beta @all")
	late.Until = at.AddDate(0, 2, 0)
	for name, test := range map[string]struct {
		stage     string
		decisions []onboarding.Decision
	}{
		"run-review-half": {"complete-review", []onboarding.Decision{d(ann, onboarding.Approve, "complete-review", head)}},
		"run-review-void": {"complete-review", []onboarding.Decision{
			d(ann, onboarding.Approve, "complete-review", strings.Repeat("c", 40)), d(bob, onboarding.Approve, "complete-review", commit),
		}},
		"run-review-passed":   {"complete-review", []onboarding.Decision{d(ann, onboarding.Approve, "complete-review", head), d(bob, onboarding.Approve, "complete-review", head)}},
		"run-review-objected": {"complete-review", []onboarding.Decision{why(d(ann, onboarding.RequestChanges, "complete-review", head), "Fixes #1, says @bob")}},
		"run-review-closed":   {"complete-review", []onboarding.Decision{d(ann, onboarding.Close, "complete-review", "")}},
		"run-waived":          {"manifest", []onboarding.Decision{late}},
		"run-sign-off":        {"qa", nil},
		"run-sign-off-bundle": {"release-qa", nil},
		"run-unreviewed":      {"release", []onboarding.Decision{d(ann, onboarding.Approve, "complete-review", head), d(bob, onboarding.Approve, "complete-review", head)}},
		"run-sign-off-passed": {"qa", []onboarding.Decision{d(ann, onboarding.Approve, "qa", commit)}},
	} {
		t.Run(name, func(t *testing.T) {
			v := reviewed(func(v *texts.View) {
				v.Record.Opened = map[string]time.Time{}
				for _, stage := range onboarding.Default().Stages {
					v.Record.Opened[stage.Name] = at
				}
				v.Record.Decisions = test.decisions
				v.Facts.Results["manifest"] = failing
				v.Facts.Results["release"] = onboarding.Result{Outcome: onboarding.OutcomePass, Title: "v1.0.0", Digest: bundle, Source: strings.Repeat("f", 40)}
				v.Facts.Since = map[string]onboarding.Change{head: onboarding.NoChange, strings.Repeat("c", 40): onboarding.CodeChange}
				v.Verdict = onboarding.Evaluate(onboarding.Default(), v.Record, v.Facts, at)
			})
			standing, _ := v.Verdict.Standing(test.stage)
			run := texts.RunOf(v, standing)
			golden(t, name, run.Title+"\n\n---\n"+run.Summary+"\n---\n"+run.Text)
		})
	}
}
