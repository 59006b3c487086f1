package texts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

func TestWhatHappenedIsToldInSentences(t *testing.T) {
	alice, bob := onboarding.Person{ID: 1, Login: "alice"}, onboarding.Person{ID: 2, Login: "bob-the-builder"}
	forgotten := onboarding.Person{ID: 3}
	sha256 := strings.Repeat("1f", 32)
	people := []onboarding.Person{bob}
	core := texts.EventDetails{Roles: []onboarding.Role{onboarding.CoreCommitter, onboarding.Security}}
	v := view(onboarding.Record{}, map[string]onboarding.Result{"licence": failing})
	var b strings.Builder
	for _, e := range []texts.Event{
		{Kind: "start", Who: alice},
		{Kind: "start", Who: alice, Details: texts.EventDetails{Round: 1, Accepted: true}},
		{Kind: "start", Who: bob, About: []onboarding.Person{alice}, Details: texts.EventDetails{Round: 2, Issue: 7}},
		{Kind: "start", Who: bob, About: people, Details: texts.EventDetails{Imported: true}},
		{Kind: "accept", Who: bob, Details: core},
		{Kind: "approve", Who: bob, Stage: "basic-review", Version: commit, Details: core},
		{Kind: "approve", Who: bob, Stage: "release-qa", Version: sha256},
		{Kind: "approve", Who: bob, Stage: "licence", Version: sha256},
		{Kind: "approve", Who: forgotten, Stage: "qa", Version: commit},
		{Kind: "request-changes", Who: bob, Stage: "qa", Version: commit, Reason: "The settings are <b>not</b> explained, @everyone"},
		{Kind: "request-changes", Who: bob, Stage: "licence", Version: sha256, Reason: "It is no licence"},
		{Kind: "retract", Who: bob, Stage: "basic-review"},
		{Kind: "override", Who: bob, Stage: "basic-review"},
		{Kind: "waive", Who: bob, Stage: "manifest", Reason: "Beta", Details: texts.EventDetails{Until: at}},
		{Kind: "open", Who: bob, Stage: "qa"},
		{Kind: "close", Who: bob, Stage: "qa"},
		{Kind: "reopen", Who: bob, Stage: "qa"},
		{Kind: "deploy", Who: bob, Stage: "community", Version: sha256},
		{Kind: "undeploy", Who: bob, Stage: "community", Reason: "It floods @all"},
		{Kind: "rollback", Who: bob, Stage: "community", Version: sha256},
		{Kind: "end", Who: alice, Reason: "No time"},
		{Kind: "confirm", Who: bob, About: []onboarding.Person{alice}},
		{Kind: "adopt", Who: bob, Details: texts.EventDetails{Pull: 12}},
		{Kind: "nightly", Who: alice, Stage: "nightly-build", Reason: "https://example.com/latest.tar.gz"},
		{Kind: "nightly", Who: alice, Stage: "nightly-build", Reason: "https://example.com/" + strings.Repeat("a", 5000)},
		{Kind: "decline", Who: bob, Stage: "basic-review", Reason: "I am away"},
		{Kind: "assign", Who: bob, Stage: "qa", About: []onboarding.Person{alice, forgotten}},
		{Kind: "unassign", Who: bob, Stage: "qa", About: []onboarding.Person{alice}},
		{Kind: "transfer", Who: alice, About: people},
		{Kind: "take", Who: bob, About: []onboarding.Person{alice}},
		{Kind: "appeal", Who: alice, Stage: "licence", Version: sha256, Reason: "It is one", Details: texts.EventDetails{Rule: "licence/missing"}},
		{Kind: "pause"},
		{Kind: "pause", Who: bob, Reason: "Holidays."},
		{Kind: "resume", Who: bob},
		{Kind: "remind", Who: bob, Reason: "Ask again", Details: texts.EventDetails{At: at}},
		{Kind: "turn", Stage: "qa", Details: texts.EventDetails{Party: onboarding.Party(onboarding.QA)}},
		{Kind: "turn", Stage: "qa"},
		{Kind: "gate", Stage: "ci-extensions", Details: texts.EventDetails{Commit: commit}},
		{Kind: "complete", Details: texts.EventDetails{Round: 1, Commit: commit}},
		{Kind: "hold", Details: texts.EventDetails{Why: onboarding.NewOwner}},
		{Kind: "hold"},
		{Kind: "plugin-owners", About: people},
		{Kind: "plugin-owners"},
		{Kind: "import", Version: sha256, Details: texts.EventDetails{Decisions: 1}},
		{Kind: "restore"},
		{Kind: "behind", Version: sha256},
		{Kind: "forget"},
		{Kind: "levitate", Who: bob, Stage: "a`b", Reason: "[x](javascript:y)"},
	} {
		sentence := v.Event(e)
		assert.NotContains(t, sentence, "\n", e.Kind)
		assert.Less(t, len(sentence), 1500, e.Kind)
		b.WriteString("- " + sentence + "\n")
	}
	golden(t, "events", b.String())
}

func TestTheNextStepIsThatOfTheStatusComment(t *testing.T) {
	for name, v := range map[string]texts.View{
		"a failing check": view(onboarding.Record{}, map[string]onboarding.Result{"licence": failing}),
		"a hold":          view(onboarding.Record{Held: &onboarding.Hold{Why: onboarding.Archived, At: at}}, nil),
		"a pause":         view(onboarding.Record{Paused: &onboarding.Pause{At: at}}, nil),
		"the end":         view(onboarding.Record{Withdrawn: &onboarding.Withdrawal{Reason: "no time..."}, EndedAt: at.Add(time.Hour)}, nil),
	} {
		assert.Contains(t, texts.StatusComment(v), "**Next:** "+texts.Next(v), name)
	}
}
