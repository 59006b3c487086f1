package onboarding

import "time"

// Holding is why an onboarding is held.
type Holding string

// The reasons (design.md, "Rounds"; S16). All but NewOwner end by themselves when
// what they say is true no more.
const (
	Archived  Holding = "archived"  // nothing can be written
	Private   Holding = "private"   // the repository was public when it started
	NewOwner  Holding = "new-owner" // until an admin confirms
	Removed   Holding = "removed"   // the App was uninstalled, or taken off the repository
	Suspended Holding = "suspended" // the App's installation
	Deleted   Holding = "deleted"   // the repository
)

// Hold is that an onboarding does not go on at present: nothing opens, nobody is
// asked or reminded, nothing is deployed, and nothing is taken down. What was
// decided stays.
type Hold struct {
	Why   Holding   `json:"why"`
	At    time.Time `json:"at"`             // since when, as far as is known
	Owner Person    `json:"owner,omitzero"` // NewOwner: whose it is now, be it an organisation
}

// Sight is what was just seen of a repository that may hold its onboarding.
type Sight struct {
	Archived bool
	Private  bool
	Owner    Person // the account it belongs to, be it an organisation
}

// Holds returns why an onboarding is held by what was seen of its repository, nil
// if it is not. What holds it already does so since then.
//
// A withdrawn one has nothing to hold but what cannot be written: whoever owns the
// repository may begin anew.
func (r Record) Holds(s Sight, now time.Time) *Hold {
	if hold := r.HeldFor(s.Owner, now); hold != nil {
		return hold
	}
	switch {
	case s.Archived:
		return r.held(Hold{Why: Archived, At: now})
	case s.Private && !r.Private && r.Withdrawn == nil:
		return r.held(Hold{Why: Private, At: now})
	}
	return nil
}

// HeldFor returns the hold of a repository that belongs to somebody else than it
// did when it started or an admin last confirmed it; nil if it does not, or if that
// owner is not on record.
func (r Record) HeldFor(owner Person, now time.Time) *Hold {
	if r.OwnerID == 0 || owner.ID == 0 || owner.ID == r.OwnerID || r.Withdrawn != nil {
		return nil
	}
	return r.held(Hold{Why: NewOwner, At: now, Owner: owner})
}

// Lost returns the hold of a repository that cannot be reached. That it was
// deleted, an event told: GitHub answers the same whatever the reason is.
func (r Record) Lost(why Holding, now time.Time) *Hold {
	if why == Removed && r.Held != nil && r.Held.Why == Deleted {
		why = Deleted
	}
	return r.held(Hold{Why: why, At: now})
}

// held is a hold, as it is on record if it is there already.
func (r Record) held(hold Hold) *Hold {
	if r.Held != nil && r.Held.Why == hold.Why && r.Held.Owner.ID == hold.Owner.ID {
		hold.At = r.Held.At
	}
	return &hold
}

// SameHold tells whether two holds say the same.
func SameHold(a, b *Hold) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Why == b.Why && a.Owner == b.Owner
}

// Confirm accepts the owner for whom an onboarding is held: it goes on, and that
// owner, if it is a person, decides nothing about it, as whoever owned it before (S11).
func (r *Record) Confirm(isUser bool) {
	r.Leaves(r.Owner)
	r.OwnerID, r.Owner = r.Held.Owner.ID, Person{}
	if isUser {
		r.Owner = r.Held.Owner
	}
	r.Held = nil
}

// owners are whoever owns the repository, be it that no admin has confirmed them yet.
func (r Record) owners() []Person {
	if r.Held != nil {
		return []Person{r.Owner, r.Held.Owner}
	}
	return []Person{r.Owner}
}

// Rests tells whether the onboarding is held or paused: nothing is looked at, asked
// or reminded.
func (r Record) Rests() bool { return r.Held != nil || r.Paused != nil }

// next is who ends the hold: of a new owner an admin does, all else ends by itself.
func (h *Hold) next() Turn {
	if h.Why == NewOwner {
		return Turn{Party: Party(Admin)}
	}
	return Turn{}
}

// The labels that say how the whole onboarding stands (design.md, "Labels").
const (
	StatePaused    = "onboarding:paused"
	StateHeld      = "onboarding:held"
	StateWithdrawn = "onboarding:withdrawn"
	StateComplete  = "onboarding:complete"
)

// StateLabels are all of them.
func StateLabels() []string {
	return []string{StatePaused, StateHeld, StateWithdrawn, StateComplete}
}

// StateLabel is the one of them that the tracking issue has now, "" for none.
func (r Record) StateLabel() string {
	switch {
	case r.Withdrawn != nil:
		return StateWithdrawn
	case r.Held != nil:
		return StateHeld
	case r.Ended():
		return StateComplete
	case r.Paused != nil:
		return StatePaused
	}
	return ""
}
