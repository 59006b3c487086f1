package onboarding_test

import (
	"fmt"
	"math/bits"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

var anyRoles = []onboarding.Role{onboarding.Security, onboarding.QA, onboarding.PM}

// anyPeople is some of the people of a panel.
func anyPeople(t *rapid.T, candidates []onboarding.Candidate, label string) []onboarding.Person {
	var people []onboarding.Person
	for _, c := range candidates {
		if rapid.IntRange(0, 4).Draw(t, label) == 0 {
			people = append(people, c.Person)
		}
	}
	return people
}

// anyPanel is a panel of up to eight people about whom anything may hold.
func anyPanel(t *rapid.T) onboarding.Panel {
	p := onboarding.Panel{
		Record:  onboarding.Record{Repository: rapid.Int64Range(1, 99).Draw(t, "repository"), Author: alice, Starter: alice},
		Stage:   onboarding.Stage{Name: "complete-review", Kind: onboarding.Review, Role: onboarding.CoreCommitter, Approvals: rapid.IntRange(1, 4).Draw(t, "approvals")},
		MaxOpen: rapid.IntRange(0, 4).Draw(t, "limit"),
	}
	p.Stage.Seats = rapid.SliceOfN(rapid.SampledFrom(anyRoles), 0, 3).Draw(t, "seats")
	for i := range rapid.IntRange(0, 8).Draw(t, "people") {
		c := committer(onboarding.Person{ID: int64(20 + i), Login: fmt.Sprintf("p%d", i)}, rapid.IntRange(0, 5).Draw(t, "open"))
		c.Roles = append(c.Roles, rapid.SliceOfDistinct(rapid.SampledFrom(anyRoles), rapid.ID).Draw(t, "roles")...)
		if rapid.IntRange(0, 7).Draw(t, "elsewhere") == 0 {
			c.Roles = c.Roles[1:]
		}
		if rapid.IntRange(0, 4).Draw(t, "away") == 0 {
			c = away(c, rapid.IntRange(1, 9).Draw(t, "until"))
		}
		p.Candidates = append(p.Candidates, c)
	}
	p.Record.PluginOwners = anyPeople(t, p.Candidates, "owner")
	p.Declined = anyPeople(t, p.Candidates, "declined")
	p.Unassigned = anyPeople(t, p.Candidates, "unassigned")
	p.Asked = anyPeople(t, p.Candidates, "asked")
	for _, c := range p.Candidates {
		if rapid.IntRange(0, 5).Draw(t, "decided") == 0 {
			verb := rapid.SampledFrom([]onboarding.Verb{onboarding.Approve, onboarding.RequestChanges}).Draw(t, "verb")
			p.Decided = append(p.Decided, onboarding.Decision{By: c.Person, Verb: verb, Roles: c.Roles})
		}
	}
	if len(p.Candidates) > 0 && rapid.Bool().Draw(t, "again") {
		p.First = rapid.SampledFrom(p.Candidates).Draw(t, "first").Person
	}
	return p
}

func has(people []onboarding.Person, person onboarding.Person) bool {
	return slices.ContainsFunc(people, func(p onboarding.Person) bool { return p.ID == person.ID })
}

// free are the people who could be asked, be it that they are at the limit.
func free(p onboarding.Panel) []onboarding.Candidate {
	return slices.DeleteFunc(slices.Clone(p.Candidates), func(c onboarding.Candidate) bool {
		return p.Record.Excluded(c.Person) || has(p.Declined, c.Person) || has(p.Unassigned, c.Person) ||
			c.Away && now.Before(c.AwayUntil) || !slices.Contains(c.Roles, p.Stage.Role) ||
			slices.ContainsFunc(p.Decided, func(d onboarding.Decision) bool { return d.By.ID == c.Person.ID })
	})
}

func limited(p onboarding.Panel, c onboarding.Candidate) bool {
	return p.MaxOpen > 0 && c.OpenReviews >= p.MaxOpen && !has(p.Asked, c.Person) && !has(p.Assigned, c.Person)
}

// open are the seats that those who decided leave open, and how many places.
func open(p onboarding.Panel) (seats map[onboarding.Role]bool, places int) {
	seats, places = map[onboarding.Role]bool{}, p.Stage.Approvals
	for _, seat := range p.Stage.Seats {
		seats[seat] = true
	}
	for _, d := range p.Decided {
		if d.Has(p.Stage.Role) && !p.Record.Excluded(d.By) {
			places--
			for _, role := range d.Roles {
				delete(seats, role)
			}
		}
	}
	return seats, places
}

// filled are those of the seats that people fill.
func filled(seats map[onboarding.Role]bool, people []onboarding.Candidate) int {
	got := map[onboarding.Role]bool{}
	for _, c := range people {
		for _, role := range c.Roles {
			if seats[role] {
				got[role] = true
			}
		}
	}
	return len(got)
}

// chosen are the candidates who are asked.
func chosen(p onboarding.Panel, choice onboarding.Choice) []onboarding.Candidate {
	var list []onboarding.Candidate
	for _, pick := range choice.Ask {
		i := slices.IndexFunc(p.Candidates, func(c onboarding.Candidate) bool { return c.Person.ID == pick.Person.ID })
		list = append(list, p.Candidates[i])
	}
	return list
}

// ids are the people who are asked, whatever their order.
func ids(choice onboarding.Choice) []int64 {
	list := []int64{}
	for _, pick := range choice.Ask {
		list = append(list, pick.Person.ID)
	}
	slices.Sort(list)
	return list
}

func TestPropertyNobodyIsAskedWhoMayNotOrCannot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPanel(t)
		if rapid.Bool().Draw(t, "by hand") {
			p.Assigned = anyPeople(t, p.Candidates, "assigned")
		}
		all := free(p)
		for _, c := range chosen(p, onboarding.Choose(p, now)) {
			assert.True(t, slices.ContainsFunc(all, func(f onboarding.Candidate) bool { return f.Person.ID == c.Person.ID }), c.Person.Login)
		}
	})
}

func TestPropertyWhoIsAtTheLimitIsAskedOnlyForASeatThatNobodyElseFillsAndItIsSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPanel(t)
		seats, _ := open(p)
		idle := slices.DeleteFunc(free(p), func(c onboarding.Candidate) bool { return limited(p, c) })
		choice := onboarding.Choose(p, now)
		for i, c := range chosen(p, choice) {
			scarce := slices.ContainsFunc(c.Roles, func(role onboarding.Role) bool {
				return seats[role] && !slices.ContainsFunc(idle, func(o onboarding.Candidate) bool { return slices.Contains(o.Roles, role) })
			})
			says := slices.Contains(choice.Ask[i].Because, onboarding.Reason{Why: onboarding.WhyScarce, Count: c.OpenReviews})
			assert.Equal(t, limited(p, c), says)
			assert.True(t, scarce || !limited(p, c), "%s has too much to do", c.Person.Login)
		}
	})
}

func TestPropertyEachSeatIsFilledThatCanBeAndNobodyIsAskedInVain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPanel(t)
		p.Asked = nil // for them, more may be asked than are needed
		all := free(p)
		seats, places := open(p)
		choice := onboarding.Choose(p, now)
		can := filled(seats, all)
		assert.Equal(t, can, filled(seats, chosen(p, choice)), "a seat is empty that could be filled")

		// The fewest people who fill the seats, of those who may be asked for them.
		idle := slices.DeleteFunc(slices.Clone(all), func(c onboarding.Candidate) bool { return limited(p, c) })
		usable := slices.DeleteFunc(slices.Clone(all), func(c onboarding.Candidate) bool {
			return limited(p, c) && filled(seats, append(slices.Clone(idle), c)) == filled(seats, idle)
		})
		least := len(all)
		for set := range 1 << len(usable) {
			var some []onboarding.Candidate
			for i, c := range usable {
				if set&(1<<i) != 0 {
					some = append(some, c)
				}
			}
			if filled(seats, some) == can {
				least = min(least, bits.OnesCount(uint(set)))
			}
		}
		need := max(places-(len(seats)-can), least) // a place is kept for each seat that nobody fills
		assert.LessOrEqual(t, len(choice.Ask), need)

		missing := need - len(choice.Ask)
		for _, short := range choice.Missing {
			if short.Seat {
				assert.True(t, seats[short.Role])
				can++
			} else {
				missing -= short.Lacks
			}
		}
		assert.Equal(t, len(seats), can, "each empty seat is reported")
		assert.Zero(t, missing, "and each empty place")
	})
}

func TestPropertyEveryCandidateIsAskedOrToldWhyNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPanel(t)
		choice := onboarding.Choose(p, now)
		times := map[int64]int{}
		for _, pick := range choice.Ask {
			times[pick.Person.ID]++
			assert.NotEmpty(t, pick.Because, pick.Person.Login)
		}
		for _, left := range choice.LeftOut {
			times[left.Person.ID]++
			assert.NotEmpty(t, left.Reason.Why)
		}
		require.Len(t, times, len(p.Candidates))
		for _, c := range p.Candidates {
			assert.Equal(t, 1, times[c.Person.ID])
		}
	})
}

func TestPropertyWhoIsSaidToHaveTheFewestOpenReviewsHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPanel(t)
		choice := onboarding.Choose(p, now)
		for _, pick := range choice.Ask {
			for _, reason := range pick.Because {
				if reason.Why != onboarding.WhyFewest {
					continue
				}
				for _, other := range free(p) {
					if slices.Contains(other.Roles, reason.Role) && !slices.Contains(ids(choice), other.Person.ID) {
						assert.LessOrEqual(t, reason.Count, other.OpenReviews)
					}
				}
			}
		}
	})
}
