package texts_test

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// waiting is the view of an onboarding in which everything is open, with who is
// asked for what.
func waiting(change ...func(*texts.View)) texts.View {
	return reviewed(func(v *texts.View) {
		v.Record.Author = onboarding.Person{ID: 1, Login: "alice"}
		v.Record.Opened = map[string]time.Time{}
		for _, stage := range onboarding.Default().Stages {
			v.Record.Opened[stage.Name] = at
		}
		v.Record.Asked = map[string][]onboarding.Request{
			"complete-review": {{Person: onboarding.Person{ID: 11, Login: "ann"}, Pull: 2}, {Person: onboarding.Person{ID: 12, Login: "bob"}, Pull: 2, ByName: true}},
			"qa":              {{Person: onboarding.Person{ID: 14, Login: "quentin"}, ByName: true}},
			"manifest":        {{Person: onboarding.Person{ID: 13, Login: "root"}, ByName: true}},
		}
		v.Leads = map[onboarding.Role]string{onboarding.QA: "lead-of-qa"}
		v.Facts.Results["manifest"] = failing
		for _, c := range change {
			c(v)
		}
		v.Verdict = onboarding.Evaluate(onboarding.Default(), v.Record, v.Facts, at)
	})
}

func TestTheTextsOfTurns(t *testing.T) {
	due := func(reminder onboarding.Reminder, party onboarding.Party, stage string, people ...onboarding.Person) onboarding.Due {
		return onboarding.Due{Reminder: reminder, Turn: onboarding.Turn{Party: party, Stage: stage}, People: people, Since: at}
	}
	const committers, qa, admin = onboarding.Party(onboarding.CoreCommitter), onboarding.Party(onboarding.QA), onboarding.Party(onboarding.Admin)
	ann, bob, quentin := onboarding.Person{ID: 11, Login: "ann"}, onboarding.Person{ID: 12, Login: "bob"}, onboarding.Person{ID: 14, Login: "quentin"}
	review := due(onboarding.TellTurn, committers, "complete-review", ann, bob)
	for name, test := range map[string]struct {
		view texts.View
		due  []onboarding.Due
	}{
		"turn-author": {waiting(), []onboarding.Due{due(onboarding.TellTurn, onboarding.Author, "manifest")}},
		"turn-several": {waiting(), []onboarding.Due{
			review, due(onboarding.TellTurn, qa, "qa", quentin), due(onboarding.TellTurn, onboarding.Party(onboarding.PM), "pm-ux"),
		}},
		"turn-one-more": {waiting(), []onboarding.Due{due(onboarding.TellTurn, committers, "complete-review", ann)}},
		"turn-objection": {waiting(func(v *texts.View) {
			v.Record.Decisions = []onboarding.Decision{{
				ID: "1", Verb: onboarding.RequestChanges, Stage: "qa", By: quentin, Roles: []onboarding.Role{onboarding.QA}, At: at, Bound: commit, Reason: "No help @all",
			}}
		}), []onboarding.Due{due(onboarding.TellTurn, onboarding.Author, "qa")}},
		"turn-changed": {waiting(func(v *texts.View) {
			v.Record.Decisions = []onboarding.Decision{{
				ID: "1", Verb: onboarding.RequestChanges, Stage: "qa", By: quentin, Roles: []onboarding.Role{onboarding.QA}, At: at, Bound: "before",
			}}
		}), []onboarding.Due{due(onboarding.TellTurn, qa, "qa", quentin)}},
		"turn-appeal": {waiting(func(v *texts.View) {
			v.Record.Appeals = []onboarding.Appeal{{
				ID: "1", Stage: "manifest", Rule: "manifest/homepage", Reason: "Behind a login, fixes #1 @all", By: v.Record.Author, At: at, Bound: onboarding.Fingerprint(failing),
			}}
		}), []onboarding.Due{due(onboarding.TellTurn, admin, "manifest", onboarding.Person{ID: 13, Login: "root"})}},
		"turn-reminders": {waiting(func(v *texts.View) {
			v.Record.Dates = []onboarding.Date{{At: at, By: onboarding.Person{Login: "alice"}, Text: "The new version is out #1"}, {At: at.AddDate(1, 0, 0)}}
		}), []onboarding.Due{
			due(onboarding.RemindByDate, qa, "qa"), due(onboarding.RemindAuthor, onboarding.Author, "manifest"),
			due(onboarding.Escalate, qa, "qa"), due(onboarding.Escalate, committers, "complete-review"),
		}},
		"turn-asks": {waiting(func(v *texts.View) { v.Facts.Results["manifest"] = asking }), []onboarding.Due{due(onboarding.TellTurn, onboarding.Author, "manifest")}},
		"turn-waived-once": {waiting(func(v *texts.View) {
			v.Facts.Results["licence"] = failing
			v.Record.Decisions = []onboarding.Decision{{
				ID: "1", Verb: onboarding.Waive, Stage: "licence", By: onboarding.Person{ID: 13, Login: "root"}, Roles: []onboarding.Role{onboarding.Admin}, At: at,
				Bound: onboarding.Fingerprint(failing), Reason: "A beta, fixes #1 @all",
			}}
		}), []onboarding.Due{due(onboarding.TellTurn, admin, "licence")}},
		"turn-no-pull": {waiting(func(v *texts.View) { v.Record.ReviewPR, v.Pull = nil, nil }), []onboarding.Due{due(onboarding.TellTurn, committers, "complete-review")}},
		"turn-again":   {waiting(), []onboarding.Due{due(onboarding.RemindAuthorAgain, onboarding.Author, "manifest")}},
		"turn-pause":   {waiting(), []onboarding.Due{due(onboarding.PauseRound, onboarding.Author, "manifest")}},
		"turn-nobody":  {waiting(func(v *texts.View) { v.Record.Dates = []onboarding.Date{{At: at, By: v.Record.Author}} }), []onboarding.Due{{Reminder: onboarding.RemindByDate}}},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, test.view.Turns(test.due, at)) })
	}
}

func TestTheTextsOfAppealsAndPauses(t *testing.T) {
	root, alice := onboarding.Person{ID: 13, Login: "root"}, onboarding.Person{ID: 1, Login: "alice"}
	appealed := func(v *texts.View) {
		v.Record.Appeals = []onboarding.Appeal{{
			ID: "1", Stage: "manifest", Rule: "manifest/homepage", Reason: "Behind a login, fixes #1 @all", By: alice, At: at, Bound: onboarding.Fingerprint(failing),
		}}
	}
	decided := func(verb onboarding.Verb, stage, bound string) func(*texts.View) {
		return func(v *texts.View) {
			v.Record.Decisions = append(v.Record.Decisions, onboarding.Decision{
				ID: string(verb), Verb: verb, Stage: stage, By: root, Roles: []onboarding.Role{onboarding.Admin, onboarding.QA}, At: at.Add(time.Hour), Bound: bound, Reason: "It must answer @all",
			})
		}
	}
	fingerprint := onboarding.Fingerprint(failing)
	sensitive := func(v *texts.View) { v.Facts.Results["licence"] = failing }
	for name, test := range map[string]struct {
		stage string
		view  texts.View
	}{
		"run-appealed":        {"manifest", waiting(appealed)},
		"run-appeal-answered": {"manifest", waiting(appealed, decided(onboarding.RequestChanges, "manifest", fingerprint))},
		"run-waived-once":     {"licence", waiting(sensitive, decided(onboarding.Waive, "licence", fingerprint))},
		"run-changed-since":   {"qa", waiting(decided(onboarding.RequestChanges, "qa", "before"))},
	} {
		t.Run(name, func(t *testing.T) {
			standing, _ := test.view.Verdict.Standing(test.stage)
			run := texts.RunOf(test.view, standing)
			golden(t, name, run.Title+"\n\n---\n"+run.Summary+"\n---\n"+run.Text)
		})
	}
	paused := func(pause onboarding.Pause) texts.View {
		return waiting(func(v *texts.View) { v.Record.Paused = &pause })
	}
	golden(t, "comment-paused", texts.StatusComment(paused(onboarding.Pause{By: root, At: at, Reason: "Until @all are back"})))
	golden(t, "comment-paused-by-itself", texts.StatusComment(paused(onboarding.Pause{At: at})))
	golden(t, "comment-withdrawn", texts.StatusComment(waiting(func(v *texts.View) {
		v.Record.Withdrawn, v.Record.EndedAt = &onboarding.Withdrawal{By: v.Record.Author, Reason: "Not now @all"}, at
	})))
	golden(t, "comment-objected", texts.StatusComment(waiting(func(v *texts.View) {
		v.Facts.Results["manifest"] = onboarding.Result{Outcome: onboarding.OutcomePass, Title: "x"}
	}, decided(onboarding.RequestChanges, "qa", commit))))
}

// htmlOf is Markdown as GitHub shows it, nearly.
func htmlOf(t *testing.T, markdown string) string {
	t.Helper()
	var html bytes.Buffer
	require.NoError(t, goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(markdown), &html))
	return html.String()
}

func TestAttackTurnsMentionNobodyElse(t *testing.T) {
	for _, text := range hostile {
		v := waiting(func(v *texts.View) {
			v.Record.Dates = []onboarding.Date{{At: at, By: onboarding.Person{Login: "alice"}, Text: text}}
			v.Record.Appeals = []onboarding.Appeal{{ID: "1", Stage: "manifest", Rule: text, Reason: text, At: at, Bound: onboarding.Fingerprint(failing)}}
			v.Record.Paused = &onboarding.Pause{By: onboarding.Person{ID: 1, Login: "alice"}, Reason: text}
		})
		said := v.Turns([]onboarding.Due{
			{Reminder: onboarding.RemindByDate}, {Reminder: onboarding.TellTurn, Turn: onboarding.Turn{Party: onboarding.Party(onboarding.Admin), Stage: "manifest"}},
		}, at)
		standing, _ := v.Verdict.Standing("manifest")
		for _, shown := range []string{said, texts.StatusComment(v), texts.RunOf(v, standing).Summary} {
			assert.NotContains(t, shown, "<!--", "%q", text)
			assert.NotContains(t, shown, "\n/onboard", "%q", text)
			assert.NotRegexp(t, mention, outsideCode.ReplaceAllString(htmlOf(t, shown), ""), "%q", text)
		}
	}
}

// complete is the view of an onboarding that ended well at at, with a waiver.
func complete(result onboarding.Result) texts.View {
	waiver := onboarding.Decision{
		ID: "1", Verb: onboarding.Waive, Stage: "manifest", By: onboarding.Person{ID: 13, Login: "root"}, Roles: []onboarding.Role{onboarding.Admin}, At: at,
		Bound: onboarding.Fingerprint(failing), Reason: "A beta",
	}
	return waiting(func(v *texts.View) {
		v.Record.EndedAt, v.Record.Decisions = at, []onboarding.Decision{waiver}
		for i, stage := range onboarding.Default().Stages {
			if stage.Kind == onboarding.Automatic && stage.Name != "manifest" {
				v.Facts.Results[stage.Name] = onboarding.Result{Outcome: onboarding.OutcomePass, Title: "Fine", Digest: "a1"}
				continue
			}
			for _, by := range []onboarding.Person{{ID: 13, Login: "root"}, {ID: 15, Login: "robin"}} {
				waiver.ID, waiver.Stage, waiver.By, waiver.Bound = strconv.Itoa(i)+by.Login, stage.Name, by, ""
				v.Record.Decisions = append(v.Record.Decisions, waiver)
			}
		}
		v.Facts.Results["nightly-build"] = result
	})
}

func TestACompletedOnboardingAsksNobodyForAnything(t *testing.T) {
	done := texts.StatusComment(complete(onboarding.Result{Outcome: onboarding.OutcomePass, Title: "Fine"}))
	golden(t, "comment-complete", done)
	assert.Contains(t, done, "**Next:** nothing, every gate is open.", "a waiver is as good as passing")
	golden(t, "comment-complete-failing", texts.StatusComment(complete(failing)))
}
