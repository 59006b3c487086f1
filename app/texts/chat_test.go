package texts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

func chat() texts.Chat {
	record := onboarding.Record{Issue: 12, AcceptedAt: at, Withdrawn: nil}
	v := view(record, map[string]onboarding.Result{
		"licence": {Outcome: onboarding.OutcomePass}, "starter-template": {Outcome: onboarding.OutcomePass}, "manifest": {Outcome: onboarding.OutcomePass},
		"nightly-build": {Outcome: onboarding.OutcomePass, Title: "com.example.hello 0.1.0", Measured: []onboarding.Measure{{Name: "url", Value: "https://a.example.com/x.tar.gz?@all"}}},
	})
	v.Servers = map[string]texts.Server{"ci-extensions": {Version: "0.1.0", SHA256: sha256, Since: at}}
	v.Leads = map[onboarding.Role]string{onboarding.QA: "lisa"}
	return texts.Chat{View: v, Names: map[string]string{"quinn": "quinn.q", "lisa": "lisa"}}
}

func TestWhatIsSaidInChat(t *testing.T) {
	c := chat()
	people := []onboarding.Person{{ID: 1, Login: "quinn"}, {ID: 2, Login: "otto"}}
	withdrawn := chat()
	withdrawn.View.Record.Withdrawn = &onboarding.Withdrawal{By: onboarding.Person{Login: "alice"}, Reason: "We go on @channel ~town-square later."}
	withdrawn.View.Record.EndedAt = at
	said := map[string]string{
		"chat-post":           c.Post(),
		"chat-post-withdrawn": withdrawn.Post(),
		"chat-started":        c.News(onboarding.News{Event: onboarding.EventStarted}),
		"chat-build-ready":    c.News(onboarding.News{Event: onboarding.EventBuild, Stage: "nightly-build"}),
		"chat-turned-bad":     c.News(onboarding.News{Event: onboarding.EventTurnedBad, Stage: "nightly-build"}),
		"chat-wanted":         c.News(onboarding.News{Event: onboarding.EventWanted, Stage: "qa", Party: onboarding.Party(onboarding.QA), People: people}),
		"chat-wanted-role":    c.News(onboarding.News{Event: onboarding.EventWanted, Stage: "qa", Party: onboarding.Party(onboarding.QA)}),
		"chat-stuck":          c.News(onboarding.News{Event: onboarding.EventStuck, Stage: "qa", Party: onboarding.Party(onboarding.QA)}),
		"chat-gate":           c.News(onboarding.News{Event: onboarding.EventGate, Stage: "ci-extensions"}),
		"chat-withdrawn":      withdrawn.News(onboarding.News{Event: onboarding.EventWithdrawn}),
		"chat-deployed":       c.Deployed("ci-extensions", c.View.Servers["ci-extensions"]),
		"chat-not-deployed":   c.NotDeployed("community", texts.Server{Trouble: "the plugin does not start; nothing of it is installed there now"}),
		"chat-digest": texts.Digest([]texts.DigestEntry{
			{Repository: "acme/a_b", Issue: 3, Stage: "pm-ux", Party: onboarding.Party(onboarding.PM), Since: at},
			{Repository: "acme/hello", Issue: 12, Stage: "qa", Party: onboarding.Party(onboarding.QA), Logins: []string{"quinn", "otto"}, Since: at},
			{Repository: "acme/other", Issue: 7, Stage: "release-qa", Party: onboarding.Party(onboarding.QA), Logins: []string{"quinn"}, Since: at.Add(24 * time.Hour)},
		}, c.Names, "https://github.com/"),
	}
	for name, text := range said {
		t.Run(name, func(t *testing.T) { golden(t, name, text) })
	}
	assert.Empty(t, texts.Digest(nil, nil, ""))
}

// TestAttackNobodyIsMentionedInChatByWhatPeopleWrote (S19): only those whom Onboard
// itself wants, and only in news.
func TestAttackNobodyIsMentionedInChatByWhatPeopleWrote(t *testing.T) {
	const evil = "@all @channel @here ~town-square #everybody [x](https://evil.example.com) <!-- --> \n#### h `@all`"
	c := chat()
	c.View.Record.Withdrawn, c.View.Record.EndedAt = &onboarding.Withdrawal{By: onboarding.Person{Login: "alice"}, Reason: evil}, at
	result := c.View.Facts.Results["nightly-build"]
	result.Title, result.Measured = evil, []onboarding.Measure{{Name: "url", Value: evil}}
	c.View.Facts.Results["nightly-build"] = result
	c.View.Verdict = onboarding.Evaluate(onboarding.Default(), onboarding.Record{AcceptedAt: at}, c.View.Facts, at)
	server := texts.Server{Version: evil, SHA256: sha256, Trouble: evil}
	c.View.Servers = map[string]texts.Server{"ci-extensions": server}
	said := []string{c.Post(), c.Deployed("ci-extensions", server), c.NotDeployed("ci-extensions", server)}
	for _, event := range []onboarding.Event{onboarding.EventWithdrawn, onboarding.EventBuild, onboarding.EventTurnedBad, onboarding.EventStarted} {
		said = append(said, c.News(onboarding.News{Event: event, Stage: "nightly-build"}))
	}
	for _, text := range said {
		for outside := range strings.SplitSeq(withoutCode(text), "\n") {
			for _, live := range []string{"@all", "@channel", "@here", "#everybody", "](https://evil", "~town"} {
				assert.NotContains(t, strings.ReplaceAll(outside, `\~`, ""), live, text)
			}
		}
		assert.NotContains(t, text, "\n#### h")
	}
}

// withoutCode takes inline code out, in which Mattermost sees no mention.
func withoutCode(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		start := strings.IndexByte(text, '`')
		if start < 0 {
			break
		}
		b.WriteString(text[:start])
		fence := text[start : start+len(text[start:])-len(strings.TrimLeft(text[start:], "`"))]
		rest := text[start+len(fence):]
		end := strings.Index(rest, fence)
		if end < 0 {
			text = text[start:]
			break
		}
		text = rest[end+len(fence):]
	}
	b.WriteString(text)
	return b.String()
}
