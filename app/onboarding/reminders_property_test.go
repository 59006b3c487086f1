package onboarding_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

// anyOutstanding changes who is waited for, and what is known of the author.
func anyOutstanding(t *rapid.T, o onboarding.Outstanding, now time.Time) onboarding.Outstanding {
	recent := func(label string) time.Time {
		return now.Add(-time.Duration(rapid.IntRange(0, 100).Draw(t, label)) * 12 * time.Hour)
	}
	o.Turns = nil
	for _, stage := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"licence", "manifest", "basic-review", "qa"}), 0, 3, rapid.ID).Draw(t, "stages") {
		w := onboarding.Waited{Turn: onboarding.Turn{Stage: stage}, Since: recent("since")}
		w.Turn.Party = map[string]onboarding.Party{"basic-review": "core-committer", "qa": "qa"}[stage]
		if w.Turn.Party == onboarding.Nobody || rapid.IntRange(0, 3).Draw(t, "objected") == 0 {
			w.Turn.Party = onboarding.Author
		}
		w.People = rapid.SliceOfDistinct(rapid.SampledFrom([]onboarding.Person{ann, bob, carl}), rapid.ID).Draw(t, "people")
		o.Turns = append(o.Turns, w)
	}
	o.Quiet = rapid.IntRange(0, 5).Draw(t, "quiet") == 0
	if rapid.Bool().Draw(t, "acts") {
		o.Acted = recent("acted")
	}
	if rapid.IntRange(0, 5).Draw(t, "resumes") == 0 {
		o.Resumed = recent("resumed")
	}
	if rapid.IntRange(0, 3).Draw(t, "date") == 0 {
		o.Dates = append(o.Dates, now.Add(time.Duration(rapid.IntRange(1, 500).Draw(t, "in"))*time.Hour))
	}
	return o
}

func TestPropertyRemindersReachOnlyThoseWaitedForAndNeverTooOften(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o onboarding.Outstanding
		at := december(1, 9)
		var posted []time.Time
		dates := map[time.Time]bool{}
		for range rapid.IntRange(1, 40).Draw(t, "looks") {
			if rapid.IntRange(0, 2).Draw(t, "change") == 0 {
				o = anyOutstanding(t, o, at)
			}
			agenda := calendar.Due(o, at)
			unasked := false
			for _, due := range agenda.Due {
				assert.False(t, o.Quiet)
				assert.False(t, due.For.After(at), "it is due")
				if due.Reminder == onboarding.RemindByDate {
					assert.False(t, dates[due.For], "a date comes once")
					dates[due.For] = true
					assert.True(t, due.Turn == onboarding.Turn{} && len(o.Turns) == 0 || due.Turn == o.Turns[0].Turn)
					continue
				}
				unasked = true
				waited := false
				for _, w := range o.Turns {
					waited = waited || w.Turn == due.Turn
				}
				assert.True(t, waited, "%v is not waited for", due.Turn)
				author := due.Reminder == onboarding.RemindAuthor || due.Reminder == onboarding.RemindAuthorAgain || due.Reminder == onboarding.PauseRound
				assert.True(t, !author || due.Turn.Party == onboarding.Author)
				assert.True(t, due.Reminder != onboarding.Escalate || due.Turn.Party != onboarding.Author)
			}
			if unasked {
				posted = append(posted, at)
			}
			if n := len(posted); n > 2 {
				assert.GreaterOrEqual(t, posted[n-1].Sub(posted[n-3]), 24*time.Hour, "a third comment in a day")
			}
			assert.True(t, agenda.Next.IsZero() || agenda.Next.After(at), "the next look is to come")

			o.Said = o.Say(agenda.Due, at)
			assert.Empty(t, calendar.Due(o, at).Due, "what was said is not said again")
			assert.Equal(t, o.Said, o.Say(nil, at), "and a look more changes nothing")
			assert.LessOrEqual(t, len(o.Said.Last), 6)

			step := time.Duration(rapid.IntRange(1, 2000).Draw(t, "minutes")) * time.Minute
			if !agenda.Next.IsZero() && rapid.Bool().Draw(t, "as told") {
				step = agenda.Next.Sub(at)
			}
			at = at.Add(step)
		}
	})
}

func TestPropertyNothingIsMissedByLookingOnlyWhenTheAgendaSaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := december(1, 9)
		o := anyOutstanding(t, onboarding.Outstanding{}, at)
		end := at.AddDate(0, 0, 70)
		want := follow(o, at, end.Add(-time.Second))

		// Looking all the time, here at each hour and ten minutes past it, when
		// alone anything can be due, says the same at the same times.
		var got []string
		for i := 0; at.Before(end); i++ {
			agenda := calendar.Due(o, at)
			if len(agenda.Due) > 0 {
				got = append(got, follow(o, at, at)...)
			}
			for _, due := range agenda.Due {
				o.Quiet = o.Quiet || due.Reminder == onboarding.PauseRound
			}
			o.Said = o.Say(agenda.Due, at)
			at = at.Add([]time.Duration{10 * time.Minute, 50 * time.Minute}[i%2])
		}
		assert.Equal(t, want, got)
	})
}
