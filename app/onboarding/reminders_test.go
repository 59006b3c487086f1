package onboarding_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
)

var calendar onboarding.Calendar

// turn is somebody's turn on a stage since a day of December at 9.
func turn(party onboarding.Party, stage string, since int, people ...onboarding.Person) onboarding.Waited {
	return onboarding.Waited{Turn: onboarding.Turn{Party: party, Stage: stage}, Since: december(since, 9), People: people}
}

// told is a memory in which those who are waited for know it.
func told(o onboarding.Outstanding) onboarding.Outstanding {
	o.Said.Told, o.Said.ToldAt = o.Turns, december(31, 0)
	return o
}

// follow looks whenever the agenda says so, until there is nothing more to come
// before the end, and returns what was said, with the time.
func follow(o onboarding.Outstanding, at, end time.Time) []string {
	var lines []string
	for {
		agenda := calendar.Due(o, at)
		for _, due := range agenda.Due {
			line := fmt.Sprintf("%s %s %s %s", at.Format("01-02 15:04"), due.Reminder, due.Turn.Party, due.Turn.Stage)
			for _, person := range due.People {
				line += " " + person.Login
			}
			lines = append(lines, line)
			o.Quiet = o.Quiet || due.Reminder == onboarding.PauseRound
		}
		o.Said = o.Say(agenda.Due, at)
		if agenda.Next.IsZero() || agenda.Next.After(end) {
			return lines
		}
		at = agenda.Next
	}
}

func TestWhatIsSaidWhenNobodyDoesAnything(t *testing.T) {
	const committers, qa = onboarding.Party(onboarding.CoreCommitter), onboarding.Party(onboarding.QA)
	tests := map[string]struct {
		state onboarding.Outstanding
		from  time.Time
		want  []string
	}{
		"the author is told, reminded after 5 and 30 days, and paused after 60": {
			state: onboarding.Outstanding{Turns: []onboarding.Waited{turn(onboarding.Author, "licence", 1)}},
			want: []string{
				"12-01 09:10 turn author licence", "12-06 09:00 remind-author author licence",
				"12-31 09:00 remind-author-again author licence", "01-30 09:00 pause author licence",
			},
		},
		"an author who did something is reminded later": {
			state: told(onboarding.Outstanding{Turns: []onboarding.Waited{turn(onboarding.Author, "licence", 1)}, Acted: december(4, 9)}),
			want: []string{
				"12-09 09:00 remind-author author licence", "12-31 09:00 remind-author-again author licence", "02-02 09:00 pause author licence",
			},
		},
		"an author at work is not reminded after 30 days either": {
			state: told(onboarding.Outstanding{
				Turns: []onboarding.Waited{turn(onboarding.Author, "licence", 1)}, Acted: december(30, 9),
				Said: onboarding.Said{Last: []onboarding.Saying{{Reminder: onboarding.RemindAuthor, At: december(6, 9)}}},
			}),
			from: december(30, 9),
			want: []string{"01-04 09:00 remind-author-again author licence", "02-28 09:00 pause author licence"},
		},
		"after an outage only the most pressing is said": {
			state: told(onboarding.Outstanding{Turns: []onboarding.Waited{turn(onboarding.Author, "licence", 1)}}),
			from:  time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC),
			want:  []string{"01-10 00:00 remind-author-again author licence", "01-30 09:00 pause author licence"},
		},
		"a role is told, and its lead after 5 business days, once": {
			state: onboarding.Outstanding{Turns: []onboarding.Waited{turn(committers, "basic-review", 3, ann)}},
			from:  december(3, 9),
			want:  []string{"12-03 09:10 turn core-committer basic-review ann", "12-10 09:00 escalate core-committer basic-review"},
		},
		"each stage has its own escalation, and all are told in one comment": {
			state: onboarding.Outstanding{Turns: []onboarding.Waited{turn(committers, "complete-review", 1, ann, bob), turn(qa, "qa", 2)}},
			from:  december(2, 9),
			want: []string{
				"12-02 09:10 turn core-committer complete-review ann bob", "12-02 09:10 turn qa qa",
				"12-08 09:00 escalate core-committer complete-review", "12-09 09:00 escalate qa qa",
			},
		},
		"who has nothing to do is told nothing": {
			state: onboarding.Outstanding{Turns: []onboarding.Waited{{}}, Acted: december(1, 9)},
		},
		"those who may accept the start have no lead": {
			state: told(onboarding.Outstanding{Turns: []onboarding.Waited{turn(onboarding.RoleHolders, "basic-review", 1)}}),
		},
		"a round that rests says nothing, on given dates neither": {
			state: onboarding.Outstanding{
				Turns: []onboarding.Waited{turn(onboarding.Author, "licence", 1), turn(qa, "qa", 1)},
				Dates: []time.Time{december(10, 0)}, Quiet: true,
			},
		},
		"no clock ran while the round rested": {
			state: told(onboarding.Outstanding{
				Turns: []onboarding.Waited{turn(onboarding.Author, "licence", 1), turn(qa, "qa", 1)}, Resumed: december(21, 9),
			}),
			from: december(21, 9),
			want: []string{
				"12-26 09:00 remind-author author licence", "12-28 09:00 escalate qa qa",
				"01-20 09:00 remind-author-again author licence", "02-19 09:00 pause author licence",
			},
		},
		"on a given date those are reminded whose turn it is": {
			state: told(onboarding.Outstanding{Turns: []onboarding.Waited{turn(qa, "qa", 21)}, Dates: []time.Time{december(22, 0), december(23, 0), december(22, 0)}}),
			from:  december(21, 9),
			want:  []string{"12-22 00:00 remind qa qa", "12-23 00:00 remind qa qa", "12-28 09:00 escalate qa qa"},
		},
		"on a given date whoever gave it is reminded if nobody is waited for": {
			state: onboarding.Outstanding{Dates: []time.Time{december(22, 0)}},
			want:  []string{"12-22 00:00 remind  "},
		},
		"a third comment waits until the day has room for it": {
			state: onboarding.Outstanding{
				Turns: []onboarding.Waited{turn(qa, "qa", 21)}, Dates: []time.Time{december(21, 10)},
				Said: onboarding.Said{Posted: []time.Time{december(20, 20), december(21, 8)}},
			},
			from: december(21, 9),
			want: []string{"12-21 10:00 remind qa qa", "12-21 20:00 turn qa qa", "12-28 09:00 escalate qa qa"},
		},
		"a turn of which nobody knows when it began has no clock": {
			state: told(onboarding.Outstanding{Turns: []onboarding.Waited{{Turn: onboarding.Turn{Party: qa, Stage: "qa"}}, {Turn: onboarding.Turn{Party: onboarding.Author}}}}),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.from.IsZero() {
				test.from = december(1, 9)
			}
			assert.Equal(t, test.want, follow(test.state, test.from, december(1, 0).AddDate(1, 0, 0)))
		})
	}
}

func TestANewCommentOnlyWhenSomebodyNewIsWaitedFor(t *testing.T) {
	const committers, qa = onboarding.Party(onboarding.CoreCommitter), onboarding.Party(onboarding.QA)
	before := turn(committers, "basic-review", 1, ann)
	tests := map[string]struct {
		now  onboarding.Waited
		want bool
		new  []onboarding.Person
	}{
		"the same person on the same stage":           {now: turn(committers, "basic-review", 1, ann)},
		"the next person after a decline":             {now: turn(committers, "basic-review", 1, bob), want: true, new: []onboarding.Person{bob}},
		"one more person":                             {now: turn(committers, "basic-review", 1, ann, carl), want: true, new: []onboarding.Person{carl}},
		"the same person on another stage":            {now: turn(committers, "complete-review", 3, ann), want: true, new: []onboarding.Person{ann}},
		"the same person, whose turn ended and began": {now: turn(committers, "basic-review", 3, ann), want: true, new: []onboarding.Person{ann}},
		"another role":                                {now: turn(qa, "qa", 3), want: true},
		"the author":                                  {now: turn(onboarding.Author, "licence", 3), want: true},
		"nobody":                                      {},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := onboarding.Outstanding{Turns: []onboarding.Waited{test.now}}
			o.Said.Told, o.Said.ToldAt = []onboarding.Waited{before}, december(2, 9)
			o.Said = o.Say(nil, december(3, 9))
			require.Empty(t, calendar.Due(o, december(3, 9)).Due, "it is gathered first")

			due := calendar.Due(o, december(3, 9).Add(10*time.Minute)).Due
			require.Equal(t, test.want, len(due) == 1)
			if test.want {
				assert.Equal(t, onboarding.Due{Reminder: onboarding.TellTurn, Turn: test.now.Turn, People: test.new, For: december(3, 9).Add(10 * time.Minute)}, due[0])
			}
		})
	}
}

func TestTheAuthorIsToldOnceHoweverOftenAPushFails(t *testing.T) {
	o := onboarding.Outstanding{Turns: []onboarding.Waited{turn(onboarding.Author, "licence", 1)}}
	o.Said = o.Say([]onboarding.Due{{Reminder: onboarding.TellTurn, Turn: o.Turns[0].Turn}}, december(1, 11))
	for day := 2; day < 9; day++ {
		o.Acted = december(day, 9)
		o.Turns = []onboarding.Waited{turn(onboarding.Author, "manifest", day)}
		o.Said = o.Say(nil, december(day, 9))
		assert.Empty(t, calendar.Due(o, december(day, 12)).Due)
	}
}

func TestWhatPassesWithinTenMinutesIsNotTold(t *testing.T) {
	o := onboarding.Outstanding{Turns: []onboarding.Waited{turn(onboarding.Party(onboarding.QA), "qa", 3)}}
	o.Said = o.Say(nil, december(3, 9))
	passed := onboarding.Outstanding{Said: o.Said}
	assert.Equal(t, onboarding.Agenda{}, calendar.Due(passed, december(3, 10)))
	passed.Said = passed.Say(nil, december(3, 10))

	o.Said = passed.Said
	assert.Equal(t, december(4, 9).Add(10*time.Minute), calendar.Due(o, december(4, 9)).Next, "the ten minutes begin anew")
}

func TestNewsOfARoundThatRestsAreGatheredWhenItGoesOn(t *testing.T) {
	o := onboarding.Outstanding{Turns: []onboarding.Waited{turn(onboarding.Party(onboarding.QA), "qa", 3)}, Quiet: true}
	o.Said = o.Say(nil, december(3, 9))
	o.Quiet = false
	assert.Equal(t, onboarding.Agenda{Next: december(5, 9).Add(10 * time.Minute)}, calendar.Due(o, december(5, 9)))
}

func TestAttackNobodyIsTalkedToBeforeTheStartIsAccepted(t *testing.T) {
	o := onboarding.Outstanding{
		Turns: []onboarding.Waited{turn(onboarding.Author, "licence", 1), turn(onboarding.Party(onboarding.QA), "qa", 1, quinn)},
		Dates: []time.Time{december(2, 0)}, Quiet: true,
	}
	for at := december(1, 0); at.Before(december(31, 0)); at = at.Add(time.Hour) {
		assert.Equal(t, onboarding.Agenda{}, calendar.Due(o, at))
		o.Said = o.Say(nil, at)
	}
}
