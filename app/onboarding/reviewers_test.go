package onboarding_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/onboarding"
)

// More people of these tests.
var (
	carl = onboarding.Person{ID: 11, Login: "carl"}
	dora = onboarding.Person{ID: 12, Login: "dora"}
	sue  = onboarding.Person{ID: 13, Login: "sue"}
	sven = onboarding.Person{ID: 14, Login: "sven"}
)

// committer is a candidate who is a core committer, and more.
func committer(person onboarding.Person, open int, also ...onboarding.Role) onboarding.Candidate {
	return onboarding.Candidate{Person: person, OpenReviews: open, Roles: append([]onboarding.Role{onboarding.CoreCommitter}, also...)}
}

// away is that candidate, until a day of December.
func away(c onboarding.Candidate, until int) onboarding.Candidate {
	c.Away, c.AwayUntil = true, december(until, 0)
	return c
}

// review is a panel for the default pipeline's complete-review: two core
// committers, one of them also in security.
func review(candidates ...onboarding.Candidate) onboarding.Panel {
	stage, _ := onboarding.Default().Stage("complete-review")
	return onboarding.Panel{
		Record: onboarding.Record{Repository: 1, Round: 1, Author: alice, Starter: root, Owner: mallory},
		Stage:  stage, Candidates: candidates, MaxOpen: 5,
	}
}

// said is a choice in words, one line for each person and each thing missing.
func said(choice onboarding.Choice) []string {
	var lines []string
	reason := func(r onboarding.Reason) string {
		s := string(r.Why)
		if r.Role != "" {
			s += " " + string(r.Role)
		}
		if r.Count != 0 {
			s += fmt.Sprintf(" %d", r.Count)
		}
		if !r.Until.IsZero() {
			s += r.Until.Format(" 2006-01-02")
		}
		return s
	}
	for _, pick := range choice.Ask {
		line := "ask " + pick.Person.Login
		for _, r := range pick.Because {
			line += ", " + reason(r)
		}
		if pick.ByName {
			line += ", by name"
		}
		lines = append(lines, line)
	}
	var out []string
	for _, left := range choice.LeftOut {
		out = append(out, "not "+left.Person.Login+", "+reason(left.Reason))
	}
	slices.Sort(out)
	lines = append(lines, out...)
	for _, short := range choice.Missing {
		line := fmt.Sprintf("missing %d %s", short.Lacks, short.Role)
		if short.Seat {
			line = "missing seat " + string(short.Role)
		}
		for _, tally := range short.Out {
			line += fmt.Sprintf(", %d %s", tally.People, tally.Why)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestWhoIsAskedAndWhy(t *testing.T) {
	people := func(list ...onboarding.Person) []onboarding.Person { return list }
	decided := func(by onboarding.Person, verb onboarding.Verb, also ...onboarding.Role) onboarding.Decision {
		return onboarding.Decision{By: by, Verb: verb, Roles: append([]onboarding.Role{onboarding.CoreCommitter}, also...)}
	}
	const security = onboarding.Security
	tests := map[string]struct {
		panel  onboarding.Panel
		change func(*onboarding.Panel)
		want   []string
	}{
		"those with the fewest open reviews are asked, and the seat is filled": {
			panel: review(committer(ann, 2), committer(bob, 3, security), committer(carl, 1)),
			want:  []string{"ask carl, fewest core-committer 1", "ask bob, seat security, fewest security 3", "not ann, not-needed 2"},
		},
		"who did the basic review is asked first": {
			panel:  review(committer(ann, 4), committer(bob, 3, security), committer(carl, 1)),
			change: func(p *onboarding.Panel) { p.First = ann },
			want:   []string{"ask ann, first", "ask bob, seat security, fewest security 3", "not carl, not-needed 1"},
		},
		"a basic reviewer who is in security fills the seat": {
			panel:  review(committer(ann, 0), committer(bob, 3, security), committer(sue, 1, security)),
			change: func(p *onboarding.Panel) { p.First = bob },
			want:   []string{"ask bob, first, seat security", "ask ann, fewest core-committer", "not sue, not-needed 1"},
		},
		"those asked already stay, though others have less to do": {
			panel:  review(committer(ann, 3), committer(bob, 4, security), committer(carl, 0), committer(sue, 0, security)),
			change: func(p *onboarding.Panel) { p.Asked = people(ann, bob) },
			want:   []string{"ask ann, asked", "ask bob, asked, seat security", "not carl, not-needed", "not sue, not-needed"},
		},
		"one who was asked makes room for a seat that came free": {
			panel:  review(committer(ann, 1), committer(carl, 1), committer(sue, 3, security)),
			change: func(p *onboarding.Panel) { p.Asked = people(ann, carl); p.First = ann },
			want:   []string{"ask ann, asked, first", "ask sue, seat security, fewest security 3", "not carl, not-needed 1"},
		},
		"after a decline the next is asked": {
			panel:  review(committer(ann, 0), committer(bob, 0, security), committer(sue, 4, security)),
			change: func(p *onboarding.Panel) { p.Asked = people(ann, bob); p.Declined = people(bob) },
			want:   []string{"ask ann, asked", "ask sue, seat security, fewest security 4", "not bob, declined"},
		},
		"one who was asked and goes away is replaced": {
			panel:  review(away(committer(ann, 0), 10), committer(bob, 0, security), committer(carl, 4)),
			change: func(p *onboarding.Panel) { p.Asked = people(ann, bob) },
			want:   []string{"ask bob, asked, seat security", "ask carl, fewest core-committer 4", "not ann, away 2026-12-10"},
		},
		"who is back is not away": {
			panel: review(away(committer(ann, 0), 3), committer(bob, 1, security)),
			want:  []string{"ask ann, fewest core-committer", "ask bob, seat security, fewest security 1"},
		},
		"an approval is one less to ask for": {
			panel: review(committer(ann, 0), committer(bob, 0, security), committer(carl, 0)),
			change: func(p *onboarding.Panel) {
				p.Decided = []onboarding.Decision{decided(ann, onboarding.Approve)}
			},
			want: []string{"ask bob, seat security, fewest security", "not ann, approved", "not carl, not-needed"},
		},
		"nobody is asked when enough have approved": {
			panel: review(committer(ann, 0), committer(bob, 0, security), committer(carl, 0)),
			change: func(p *onboarding.Panel) {
				p.Decided = []onboarding.Decision{decided(ann, onboarding.Approve), decided(bob, onboarding.Approve, security)}
			},
			want: []string{"not ann, approved", "not bob, approved", "not carl, not-needed"},
		},
		"a seat is asked for though there are enough approvals": {
			panel: review(committer(ann, 0), committer(bob, 0, security), committer(carl, 0)),
			change: func(p *onboarding.Panel) {
				p.Decided = []onboarding.Decision{decided(ann, onboarding.Approve), decided(carl, onboarding.Approve)}
			},
			want: []string{"ask bob, seat security, fewest security", "not ann, approved", "not carl, approved"},
		},
		"nobody is asked in the place of who wants changes": {
			panel: review(committer(ann, 0), committer(bob, 0, security), committer(carl, 0)),
			change: func(p *onboarding.Panel) {
				p.Decided = []onboarding.Decision{decided(bob, onboarding.RequestChanges, security)}
				p.Asked = people(ann)
			},
			want: []string{"ask ann, asked", "not bob, objected", "not carl, not-needed"},
		},
		"who is at the limit is not asked": {
			panel: review(committer(ann, 5), committer(bob, 0, security), committer(carl, 4)),
			want:  []string{"ask bob, seat security, fewest security", "ask carl, fewest core-committer 4", "not ann, busy 5"},
		},
		"who is at the limit is asked for a seat that nobody else fills, and it is said": {
			panel: review(committer(ann, 1), committer(bob, 6, security), committer(sue, 7, security)),
			want:  []string{"ask ann, fewest core-committer 1", "ask bob, seat security, scarce 6", "not sue, busy 7"},
		},
		"who was asked before reaching the limit stays": {
			panel:  review(committer(ann, 9), committer(bob, 0, security), committer(carl, 0)),
			change: func(p *onboarding.Panel) { p.Asked = people(ann) },
			want:   []string{"ask ann, asked", "ask bob, seat security, fewest security", "not carl, not-needed"},
		},
		"a place is kept for a seat that nobody can fill now, and it is said why": {
			panel: review(committer(ann, 1), committer(carl, 2), away(committer(sue, 0, security), 20), away(committer(sven, 0, security), 10), committer(alice, 0, security)),
			want: []string{
				"ask ann, fewest core-committer 1",
				"not alice, author", "not carl, not-needed 2", "not sue, away 2026-12-20", "not sven, away 2026-12-10",
				"missing seat security, 2 away, 1 author",
			},
		},
		"if there are too few people it is said why": {
			panel: review(committer(bob, 0, security), committer(ann, 5), committer(carl, 0)),
			change: func(p *onboarding.Panel) {
				p.Declined = people(carl)
			},
			want: []string{"ask bob, seat security, fewest security", "not ann, busy 5", "not carl, declined", "missing 1 core-committer, 1 busy, 1 declined"},
		},
		"without people there is nobody to ask": {
			panel: review(),
			want:  []string{"missing seat security", "missing 1 core-committer"},
		},
		"a seat alone is not enough: its holder must have the stage's role": {
			panel: review(committer(ann, 1), onboarding.Candidate{Person: sue, Roles: []onboarding.Role{security}}),
			want:  []string{"ask ann, fewest core-committer 1", "not sue, no-role core-committer", "missing seat security, 1 no-role"},
		},
		"whom GitHub refuses to request is asked by name": {
			panel:  review(committer(ann, 0), committer(bob, 0, security)),
			change: func(p *onboarding.Panel) { p.Refused = people(bob); p.First = ann },
			want:   []string{"ask ann, first", "ask bob, seat security, fewest security, by name"},
		},
		"who was assigned is asked whatever else, and takes a place": {
			panel:  review(committer(ann, 7), committer(bob, 0, security), committer(carl, 0)),
			change: func(p *onboarding.Panel) { p.Assigned, p.Asked, p.Unassigned = people(ann), people(carl), people(sue) },
			want:   []string{"ask ann, assigned", "ask bob, seat security, fewest security", "not carl, not-needed"},
		},
		"who was unassigned is not asked": {
			panel:  review(committer(ann, 0), committer(bob, 0, security), committer(carl, 4)),
			change: func(p *onboarding.Panel) { p.Unassigned = people(ann) },
			want:   []string{"ask bob, seat security, fewest security", "ask carl, fewest core-committer 4", "not ann, unassigned"},
		},
		"one person may fill two seats": {
			panel: review(committer(ann, 0), committer(bob, 4, security, onboarding.QA), committer(sue, 0, security)),
			change: func(p *onboarding.Panel) {
				p.Stage.Seats = []onboarding.Role{security, onboarding.QA, security}
				p.First = ann
			},
			want: []string{"ask ann, first", "ask bob, seat security, seat qa", "not sue, not-needed"},
		},
		"if the seats need more people than approvals, so many are asked": {
			panel: review(committer(bob, 0, security), committer(quinn, 0, onboarding.QA), committer(ann, 0)),
			change: func(p *onboarding.Panel) {
				p.Stage.Seats, p.Stage.Approvals = []onboarding.Role{security, onboarding.QA}, 1
				p.First = bob
			},
			want: []string{"ask bob, first, seat security", "ask quinn, seat qa, fewest qa", "not ann, not-needed"},
		},
		"two who were asked stay, though one who came later has both seats": {
			panel: review(committer(bob, 1, security), committer(quinn, 2, onboarding.QA), committer(ann, 0, security, onboarding.QA)),
			change: func(p *onboarding.Panel) {
				p.Stage.Seats, p.Stage.Approvals = []onboarding.Role{security, onboarding.QA}, 1
				p.Asked = people(bob, quinn)
			},
			want: []string{"ask bob, asked, seat security", "ask quinn, asked, seat qa", "not ann, not-needed"},
		},
		"who is at the limit is not asked to save asking two others": {
			panel: review(committer(bob, 1, security), committer(quinn, 2, onboarding.QA), committer(ann, 5, security, onboarding.QA)),
			change: func(p *onboarding.Panel) {
				p.Stage.Seats, p.Stage.Approvals = []onboarding.Role{security, onboarding.QA}, 1
			},
			want: []string{"ask bob, seat security, fewest security 1", "ask quinn, seat qa, fewest qa 2", "not ann, busy 5"},
		},
		"nor for a seat that is filled already": {
			panel: review(committer(bob, 1, security), committer(quinn, 2, onboarding.QA), committer(ann, 5, security, onboarding.QA, onboarding.PM)),
			change: func(p *onboarding.Panel) {
				p.Stage.Seats = []onboarding.Role{onboarding.PM, security, onboarding.QA}
				p.Decided = []onboarding.Decision{decided(dora, onboarding.Approve, onboarding.PM)}
			},
			want: []string{"ask bob, seat security, fewest security 1", "ask quinn, seat qa, fewest qa 2", "not ann, busy 5"},
		},
		"two acts of one person are one place": {
			panel: review(committer(ann, 0), committer(bob, 0, security), committer(carl, 0)),
			change: func(p *onboarding.Panel) {
				p.Decided = []onboarding.Decision{decided(bob, onboarding.Approve, security), decided(bob, onboarding.Approve, security)}
				p.First = ann
			},
			want: []string{"ask ann, first", "not bob, approved", "not carl, not-needed"},
		},
		"a sign-off asks one of its role": {
			panel:  review(onboarding.Candidate{Person: quinn, Roles: []onboarding.Role{onboarding.QA}}, committer(ann, 0)),
			change: func(p *onboarding.Panel) { p.Stage, _ = onboarding.Default().Stage("qa") },
			want:   []string{"ask quinn, fewest qa", "not ann, no-role qa"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.change != nil {
				test.change(&test.panel)
			}
			assert.Equal(t, test.want, said(onboarding.Choose(test.panel, now)))
		})
	}
}

func TestWhenSomebodyForAMissingSeatIsBackItIsLookedAtAgain(t *testing.T) {
	panel := review(committer(ann, 0), away(committer(carl, 0), 5), away(committer(sue, 0, onboarding.Security), 20), away(committer(sven, 0, onboarding.Security), 10))
	assert.Equal(t, december(10, 0), onboarding.Choose(panel, now).Next, "carl could not fill it")

	panel.Candidates[2].AwayUntil = time.Time{}
	assert.Equal(t, december(10, 0), onboarding.Choose(panel, now).Next, "of sue nobody knows when")

	panel.Candidates[3].AwayUntil = time.Time{}
	choice := onboarding.Choose(panel, now)
	assert.Zero(t, choice.Next, "nobody knows when")
	assert.Equal(t, []onboarding.Tally{{Why: onboarding.WhyAway, People: 2}}, choice.Missing[0].Out)
}
