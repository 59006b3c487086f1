package texts

import (
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Next says in a sentence what happens next and who has to do something for it, as
// the status comment does; it begins in the middle of the sentence.
func Next(v View) string { return render("next", v) }

// Event is something that happened to a plugin, as the audit log has it.
type Event struct {
	Kind    string              // of the entry: "approve", "turn", …
	Who     onboarding.Person   // who did it, nobody being the App itself; without a login: somebody who was forgotten
	About   []onboarding.Person // whom it concerns beside them
	Stage   string
	Version string // the commit or sha256 that was decided on
	Reason  string // in their own words
	Details EventDetails
}

// EventDetails are what else there is to know of an event, as the audit log keeps it.
// It holds more, such as the ids of people, which nobody needs.
type EventDetails struct {
	Round     int                `json:"round,omitempty"`     // which one it is about
	Issue     int                `json:"issue,omitempty"`     // number of the tracking issue
	Accepted  bool               `json:"accepted,omitempty"`  // the start was accepted with it
	Imported  bool               `json:"imported,omitempty"`  // it comes from an import
	Roles     []onboarding.Role  `json:"roles,omitempty"`     // of who did it, at that time
	Until     time.Time          `json:"until,omitzero"`      // when a waiver ends
	Party     onboarding.Party   `json:"party,omitempty"`     // whose turn it became
	Rule      string             `json:"rule,omitempty"`      // that an appeal is about
	At        time.Time          `json:"at,omitzero"`         // the day of a reminder
	Why       onboarding.Holding `json:"why,omitempty"`       // it is held
	Pull      int                `json:"pull,omitempty"`      // number of a pull request
	Commit    string             `json:"commit,omitempty"`    // that was looked at
	Decisions int                `json:"decisions,omitempty"` // how many an import brought
}

// Event tells in a sentence what happened, in Markdown.
func (v View) Event(e Event) string {
	name := "event-" + e.Kind
	if templates.Lookup(name) == nil { // a later version's entry
		name = "event-other"
	}
	return strings.TrimSpace(render(name, eventData{View: v, Event: e}))
}

// eventData is what the templates of event.tmpl are filled in with.
type eventData struct {
	View View
	Event
}

// Actor names who did it, at the start of a sentence, with the roles they had.
func (e eventData) Actor() string {
	if e.Who.ID == 0 {
		return "Onboard"
	}
	name := capital(e.View.person(e.Who))
	if roles := Deciders(e.Details.Roles); roles != "" {
		name += " (" + roles + ")"
	}
	return name
}

// Others names whom it concerns, in the middle of a sentence.
func (e eventData) Others() string {
	var names []string
	for _, p := range e.About {
		names = append(names, e.View.person(p))
	}
	return list(names)
}

// person names somebody with a link, if they were not forgotten.
func (v View) person(p onboarding.Person) string {
	if p.Login == "" {
		return "somebody who was forgotten"
	}
	return v.Link(p)
}

// maxEventReason bounds the runes that are shown of a reason: an address may be
// longer than any.
const maxEventReason = 500

// Because is the reason at the end of a sentence, ": it is good".
func (e eventData) Because() string {
	if Line(e.Reason) == "" {
		return ""
	}
	return ": " + clause(Truncate(e.Reason, maxEventReason))
}

// At names the version that was decided on, " at c0ffee0": a commit, or the sha256
// of a bundle. What a check's findings are called, tells nobody anything.
func (e eventData) At() string {
	automatic := slices.ContainsFunc(e.View.Verdict.Standings, func(s onboarding.Standing) bool {
		return s.Name == e.Stage && s.Kind == onboarding.Automatic
	})
	switch {
	case len(e.Version) == 40:
		return " at " + e.View.commit(e.Version)
	case len(e.Version) == 64 && !automatic:
		return " for the bundle " + Code(e.Version[:12])
	default:
		return ""
	}
}

// commit names a commit with a link.
func (v View) commit(sha string) string {
	return "[" + Code(sha[:min(7, len(sha))]) + "](" + v.URL() + "/commit/" + Line(sha) + ")"
}

// Commit names the commit that was looked at; "" for none.
func (e eventData) Commit() string {
	if len(e.Details.Commit) != 40 {
		return ""
	}
	return " at " + e.View.commit(e.Details.Commit)
}

// OfCheck tells whether the stage is one that a check decides.
func (e eventData) OfCheck() bool {
	s, _ := e.View.Verdict.Standing(e.Stage)
	return s.Kind == onboarding.Automatic
}

// Holding says why an onboarding is held, in the middle of a sentence.
func Holding(why onboarding.Holding) string {
	switch why {
	case onboarding.Archived:
		return "the repository was archived"
	case onboarding.Private:
		return "the repository was made private"
	case onboarding.NewOwner:
		return "the repository has a new owner"
	case onboarding.Suspended:
		return "the App was suspended"
	case onboarding.Deleted:
		return "the repository was deleted"
	case onboarding.Removed:
		return "the App cannot reach the repository"
	default:
		return string(why)
	}
}
