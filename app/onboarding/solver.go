package onboarding

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// MaxSeats is how many seats of a stage Choose fills on purpose: its work
// doubles with each. Others are reported missing until somebody happens to fill
// them.
const MaxSeats = 8

// Choose picks the people to be asked for a stage. It is a pure function that
// looks at no commit: an author who pushes until another reviewer is drawn gets
// the same one.
//
// People are gone through in order: those asked already, who did the basic
// review, then by open reviews, and by lot between equals. Each is asked if the
// places that are left after them still suffice for the seats that are open. Who
// is at the limit is asked only for seats that nobody else fills. People who
// were assigned are asked before all that.
func Choose(p Panel, now time.Time) Choice {
	var choice Choice
	var free []contender
	for _, c := range p.inOrder() {
		if reason := p.bars(c.Candidate, now); reason.Why != "" {
			choice.LeftOut = append(choice.LeftOut, LeftOut{c.Person, reason})
			continue
		}
		free = append(free, c)
	}
	picked, left, lacks := fill(free, p.vacant())
	for _, c := range picked {
		choice.Ask = append(choice.Ask, Pick{Person: c.Person, Because: p.because(c, left), ByName: among(p.Refused, c.Person)})
	}
	for _, c := range left {
		reason := Reason{Why: WhyNotNeeded, Count: c.OpenReviews}
		if c.busy() {
			reason.Why = WhyBusy
		}
		choice.LeftOut = append(choice.LeftOut, LeftOut{c.Person, reason})
	}
	for _, seat := range p.unfilled(picked) {
		choice.lack(p, Shortage{Role: seat, Seat: true, Lacks: 1})
	}
	if lacks > 0 {
		choice.lack(p, Shortage{Role: decider(p.Stage), Lacks: lacks})
	}
	return choice
}

// seatSet is a set of a stage's seats; bit i is the i-th.
type seatSet uint8

// count is how many seats there are in the set.
func (s seatSet) count() int { return bits.OnesCount8(uint8(s)) }

// contender is a candidate at the table.
type contender struct {
	Candidate
	rank  rank
	lot   string  // decides between equals
	fills seatSet // all that they could
	took  seatSet // of those, what nobody before them took
}

// busy tells whether somebody is at the limit.
func (c contender) busy() bool { return c.rank == rankBusy }

// vacancy is what is still to be filled: places for people, and seats among them.
type vacancy struct {
	places int
	open   seatSet
}

// take gives somebody a place, with all open seats that they fill.
func (v *vacancy) take(fills seatSet) (took seatSet) {
	took = v.open & fills
	v.places, v.open = v.places-1, v.open&^fills
	return took
}

// fill fills what is vacant with people who are free, in their order. It tells
// how many places remain for which there is nobody.
func fill(free []contender, v vacancy) (picked, left []contender, lacks int) {
	take := func(c contender) {
		c.took = v.take(c.fills)
		picked = append(picked, c)
	}
	for len(free) > 0 && free[0].rank == rankAssigned {
		take(free[0])
		free = free[1:]
	}
	free, can := needed(free, v.open)
	// A place is kept for each seat that nobody fills now: approvals of others
	// do not make up for it.
	v.places = max(v.places-(v.open&^can).count(), 0)
	v.open &= can
	// And places without the seats do not suffice. Those who were asked keep
	// theirs, even if somebody who came later has several of them.
	asked, _ := slices.BinarySearchFunc(free, rankFirst, func(c contender, r rank) int { return cmp.Compare(c.rank, r) })
	least := fewest(v.open, free[:asked])
	if least == math.MaxInt {
		least = fewest(v.open, free)
	}
	v.places = max(v.places, least)

	for i, c := range free {
		wanted := v.places > 0 && (!c.busy() || c.fills&v.open != 0)
		if wanted && fewest(v.open&^c.fills, free[i+1:]) < v.places {
			take(c)
		} else {
			left = append(left, c)
		}
	}
	return picked, left, v.places
}

// needed returns the people with the open seats that they may fill, and all
// these seats together. Busy people fill none if others can fill each of theirs.
func needed(people []contender, open seatSet) ([]contender, seatSet) {
	people = slices.Clone(people)
	var idle, all seatSet
	for i := range people { // the busy ones come last
		c := &people[i]
		c.fills &= open
		switch {
		case !c.busy():
			idle |= c.fills
		case c.fills&^idle == 0:
			c.fills = 0
		}
		all |= c.fills
	}
	return people, all
}

// fewest is how few of the people fill all these seats together, since one may
// fill several; endless if they cannot.
func fewest(open seatSet, people []contender) int {
	reached := map[seatSet]bool{0: true} // what n people fill
	for n := range open.count() + 1 {
		if reached[open] {
			return n
		}
		for some := range maps.Clone(reached) {
			for _, c := range people {
				reached[some|c.fills&open] = true
			}
		}
	}
	return math.MaxInt
}

// vacant is what those who decided leave to be filled: each of them has a place,
// and the seats of the roles that they had then. Nobody is asked in the place of
// who wants changes: that person is waited for anyway.
func (p Panel) vacant() vacancy {
	v := vacancy{places: max(p.Stage.Approvals, 1), open: p.fills(p.Stage.Seats)}
	seen := map[int64]bool{}
	for _, d := range p.Decided {
		if p.counts(d) && !seen[d.By.ID] {
			seen[d.By.ID] = true
			v.take(p.fills(d.Roles))
		}
	}
	return v
}

// counts tells whether who decided has a place.
func (p Panel) counts(d Decision) bool {
	return d.Has(decider(p.Stage)) && !p.Record.Excluded(d.By)
}

// unfilled are the seats of nobody who decided or is picked.
func (p Panel) unfilled(picked []contender) []Role {
	return slices.DeleteFunc(p.seats(), func(seat Role) bool {
		return slices.ContainsFunc(p.Decided, func(d Decision) bool { return p.counts(d) && d.Has(seat) }) ||
			slices.ContainsFunc(picked, func(c contender) bool { return slices.Contains(c.Roles, seat) })
	})
}

// fills are the seats of the stage that somebody of these roles fills.
func (p Panel) fills(roles []Role) seatSet {
	var fills seatSet
	for i, seat := range p.seats() {
		if i < MaxSeats && slices.Contains(roles, seat) {
			fills |= 1 << i
		}
	}
	return fills
}

// seats are the stage's seats, each once.
func (p Panel) seats() []Role {
	var distinct []Role
	for _, seat := range p.Stage.Seats {
		if !slices.Contains(distinct, seat) {
			distinct = append(distinct, seat)
		}
	}
	return distinct
}

// rank is who comes before load is looked at.
type rank int

const (
	rankAssigned   rank = iota
	rankAskedFirst      // asked already, and did the basic review
	rankAsked
	rankFirst
	rankOther
	rankBusy // at the limit, and neither assigned nor asked
)

// rank is the rank of a candidate.
func (p Panel) rank(c Candidate) rank {
	switch {
	case among(p.Assigned, c.Person):
		return rankAssigned
	case among(p.Asked, c.Person) && p.First.ID == c.Person.ID:
		return rankAskedFirst
	case among(p.Asked, c.Person):
		return rankAsked
	case p.MaxOpen > 0 && c.OpenReviews >= p.MaxOpen:
		return rankBusy
	case p.First.ID == c.Person.ID:
		return rankFirst
	}
	return rankOther
}

// inOrder are the candidates in the order in which they are asked, whatever
// order they were given in. Somebody with two entries has one approval only.
func (p Panel) inOrder() []contender {
	var people []contender
	seen := map[int64]bool{}
	for _, c := range p.Candidates {
		if seen[c.Person.ID] {
			continue
		}
		seen[c.Person.ID] = true
		lot := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%s/%d", p.Record.Repository, p.Record.Round, p.Stage.Name, c.Person.ID))
		people = append(people, contender{Candidate: c, rank: p.rank(c), lot: string(lot[:]), fills: p.fills(c.Roles)})
	}
	slices.SortFunc(people, func(a, b contender) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.OpenReviews, b.OpenReviews), strings.Compare(a.lot, b.lot))
	})
	return people
}
