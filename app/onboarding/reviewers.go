package onboarding

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Candidate is somebody who might be asked to decide a stage.
type Candidate struct {
	Person      Person
	Roles       []Role    // all that they have now
	OpenReviews int       // what they are asked for elsewhere, this stage not counted
	Away        bool      // says the away list
	AwayUntil   time.Time // when they are back; zero if nobody knows
}

// Panel is all that counts when people are chosen to decide a stage.
type Panel struct {
	Record     Record // whose author, owner, starter and plugin owners are never asked (S11)
	Stage      Stage
	Candidates []Candidate // of two entries about one person the first counts

	Decided    []Decision // approvals that count and change requests that stand
	First      Person     // who did the basic review and is asked first; zero for nobody
	Assigned   []Person   // by somebody who may: asked before all others, however busy
	Asked      []Person   // already: they stay, as long as they can
	Declined   []Person
	Unassigned []Person
	Refused    []Person // by GitHub, when they were requested: most are no collaborators
	MaxOpen    int      // who has so many open reviews gets no more; 0 for no limit
}

// Why is one reason for asking somebody, or for not asking them.
type Why string

// Why somebody is asked. All reasons that hold are given, in this order.
const (
	WhyAssigned Why = "assigned" // by hand
	WhyAsked    Why = "asked"    // already, and nothing speaks against it
	WhyFirst    Why = "first"    // did the basic review
	WhySeat     Why = "seat"     // fills the seat of Role
	WhyScarce   Why = "scarce"   // has Count open reviews, which is the limit, but the seats need them
	WhyFewest   Why = "fewest"   // has, with Count, the fewest open reviews of those of Role who could be asked
)

// Why somebody is left out. Of several reasons the first one is given.
const (
	WhyUnknown     Why = "unknown" // has no id on GitHub (S10)
	WhyAuthor      Why = "author"  // of this plugin, as the following
	WhyOwner       Why = "owner"
	WhyPluginOwner Why = "plugin-owner"
	WhyStarter     Why = "starter"
	WhyApproved    Why = "approved"   // already
	WhyObjected    Why = "objected"   // asked for changes, and is waited for once they are made
	WhyDeclined    Why = "declined"   //
	WhyUnassigned  Why = "unassigned" // by hand
	WhyNoRole      Why = "no-role"    // lacks Role, without which an approval does not count
	WhyAway        Why = "away"       // until Until; zero if nobody knows
	WhyBusy        Why = "busy"       // has Count open reviews, which is the limit
	WhyNotNeeded   Why = "not-needed" // others are asked, or the place is kept for a seat; has Count open reviews
)

// Reason is a reason with what it is about; which fields are set, Why tells.
type Reason struct {
	Why   Why
	Role  Role
	Count int
	Until time.Time
}

// Choice is who is asked to decide a stage, who is not, and what nobody can do.
type Choice struct {
	Ask     []Pick     // whoever counts most first: those who were asked already included
	LeftOut []LeftOut  // every other candidate
	Missing []Shortage // none: enough people are asked, with all seats
	Next    time.Time  // when somebody is back who could fill what is missing; zero if that is unknown
}

// Pick is one who is asked.
type Pick struct {
	Person  Person
	Because []Reason // one at least
	ByName  bool     // GitHub refuses to request them: a comment names them instead
}

// LeftOut is one who is not asked.
type LeftOut struct {
	Person Person
	Reason Reason
}

// Shortage is what cannot be filled now.
type Shortage struct {
	Role  Role
	Seat  bool    // the seat of Role; else places for anybody of Role
	Lacks int     // how many people
	Out   []Tally // what became of those who have the role; none if nobody has
}

// Tally counts people who are left out for one reason.
type Tally struct {
	Why    Why
	People int
}

// Side tells why a person decides nothing about the plugin, "" if they may: it
// is the reason behind Excluded.
func (r Record) Side(person Person) Why {
	for _, side := range []struct {
		why    Why
		people []Person
	}{
		{WhyUnknown, []Person{{}}},
		{WhyAuthor, append([]Person{r.Author}, r.Former...)},
		{WhyOwner, r.owners()},
		{WhyPluginOwner, r.PluginOwners},
		{WhyStarter, []Person{r.Starter}},
	} {
		if among(side.people, person) {
			return side.why
		}
	}
	return ""
}

// Leaves keeps somebody on the plugin's side who was its author or owner (S11).
func (r *Record) Leaves(person Person) {
	if person.ID != 0 && !among(r.Former, person) {
		r.Former = append(slices.Clone(r.Former), person)
	}
}

// among tells whether a person is one of these, by id alone (S10).
func among(people []Person, person Person) bool {
	return slices.ContainsFunc(people, func(p Person) bool { return p.ID == person.ID })
}

// bars is why somebody cannot be asked; zero if they can, be it that they have
// too much to do.
func (p Panel) bars(c Candidate, now time.Time) Reason {
	if why := p.Record.Side(c.Person); why != "" {
		return Reason{Why: why}
	}
	for _, d := range p.Decided {
		switch {
		case d.By.ID != c.Person.ID:
		case d.Verb == RequestChanges:
			return Reason{Why: WhyObjected}
		default:
			return Reason{Why: WhyApproved}
		}
	}
	role := decider(p.Stage)
	switch {
	case among(p.Declined, c.Person):
		return Reason{Why: WhyDeclined}
	case among(p.Unassigned, c.Person):
		return Reason{Why: WhyUnassigned}
	case !slices.Contains(c.Roles, role):
		return Reason{Why: WhyNoRole, Role: role}
	case c.Away && (c.AwayUntil.IsZero() || now.Before(c.AwayUntil)):
		return Reason{Why: WhyAway, Until: c.AwayUntil}
	}
	return Reason{}
}

// because are the reasons for a pick, given who was passed over.
func (p Panel) because(c contender, left []contender) []Reason {
	var because []Reason
	if among(p.Assigned, c.Person) {
		because = append(because, Reason{Why: WhyAssigned})
	}
	if among(p.Asked, c.Person) {
		because = append(because, Reason{Why: WhyAsked})
	}
	if p.First.ID == c.Person.ID {
		because = append(because, Reason{Why: WhyFirst})
	}
	byLoad, role := len(because) == 0, decider(p.Stage)
	for i, seat := range p.seats() {
		if c.took&(1<<i) != 0 {
			because = append(because, Reason{Why: WhySeat, Role: seat})
			role = seat
		}
	}
	fewer := func(other contender) bool {
		return other.fills&c.took == c.took && other.OpenReviews < c.OpenReviews
	}
	switch {
	case c.busy():
		because = append(because, Reason{Why: WhyScarce, Count: c.OpenReviews})
	case byLoad && c.took&(c.took-1) == 0 && !slices.ContainsFunc(left, fewer): // of one role, that is
		because = append(because, Reason{Why: WhyFewest, Role: role, Count: c.OpenReviews})
	}
	return because
}

// lack reports what is missing: what became of those who could fill it, and when
// the first of them is back.
func (c *Choice) lack(p Panel, short Shortage) {
	people := map[Why]int{}
	for _, left := range c.LeftOut {
		i := slices.IndexFunc(p.Candidates, func(c Candidate) bool { return c.Person.ID == left.Person.ID })
		if slices.Contains(p.Candidates[i].Roles, short.Role) {
			people[left.Reason.Why]++
			c.Next = sooner(c.Next, left.Reason.Until)
		}
	}
	for why, n := range people {
		short.Out = append(short.Out, Tally{Why: why, People: n})
	}
	slices.SortFunc(short.Out, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(b.People, a.People), strings.Compare(string(a.Why), string(b.Why)))
	})
	c.Missing = append(c.Missing, short)
}

// sooner is the earlier of two times, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}
