package onboarding

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func keysOfNews(list []News) (keys []string) {
	for _, n := range list {
		keys = append(keys, n.Key)
	}
	return keys
}

// TestAttackNothingIsToldBeforeTheStartIsAccepted (S18).
func TestAttackNothingIsToldBeforeTheStartIsAccepted(t *testing.T) {
	record, facts := green()
	record.AcceptedAt = time.Time{}
	assert.Empty(t, NewsOf(record, Evaluate(Default(), record, facts, record.StartedAt), facts, nil))
}

func TestWhatIsTold(t *testing.T) {
	record, facts := green()
	at := record.StartedAt
	later := func(hours int) time.Time { return at.Add(time.Duration(hours) * time.Hour) }
	build := facts.Results[NightlyStage]
	build.At, build.Measured = later(1), []Measure{{Name: "url", Value: "https://a.example.com/x.tar.gz"}}
	facts.Results[NightlyStage] = build
	record.Reached = map[string]time.Time{"ci-extensions": later(3)}
	record.Asked = map[string][]Request{"release-qa": {{Person: Person{ID: 2, Login: "quinn"}}, {Person: Person{ID: 1, Login: "ann"}}}}
	record.Decisions = record.Decisions[:2:2] // release-qa is open
	record.Decisions = append(record.Decisions, waivers(at)...)
	record.Opened = map[string]time.Time{"release-qa": later(4)}
	record.Said.Last = []Saying{{Reminder: Escalate, Stage: "release-qa", At: later(200)}, {Reminder: RemindAuthor, At: later(5)}}
	since := map[string]time.Time{"release-qa": later(4)}
	news := func() []string {
		return keysOfNews(NewsOf(record, Evaluate(Default(), record, facts, later(201)), facts, since))
	}
	want := []string{
		"1/started", "1/build-ready/https://a.example.com/x.tar.gz", "1/gate/ci-extensions",
		"1/wanted/release-qa/" + stamp(later(4)) + "/ann/quinn", "1/stuck/release-qa/" + stamp(later(200)),
	}
	assert.Equal(t, want, news())
	assert.Equal(t, want, news(), "the same again")

	build.Outcome, build.Turned = OutcomeFail, later(6)
	facts.Results[NightlyStage] = build
	assert.Contains(t, news(), "1/turned-bad/"+stamp(later(6)))
	record.Paused = &Pause{}
	assert.NotContains(t, news(), "1/wanted/release-qa/"+stamp(later(4))+"/ann/quinn", "nobody is wanted while it rests")
	record.Withdrawn, record.EndedAt = &Withdrawal{}, later(300)
	assert.Equal(t, "1/withdrawn", news()[len(news())-1])
}

// waivers waive the reviews.
func waivers(at time.Time) []Decision {
	var list []Decision
	for i, stage := range []string{"basic-review", "complete-review", "complete-review"} {
		list = append(list, Decision{ID: string(rune('p' + i)), Verb: Waive, Stage: stage, By: Person{ID: int64(30 + i)}, Roles: []Role{Admin}, At: at.Add(time.Minute)})
	}
	return list
}
