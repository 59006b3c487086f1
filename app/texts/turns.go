package texts

import (
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Turns tells people, in one comment, that they are waited for. It mentions the
// author, those who are asked and whom GitHub did not tell, and, of a role that
// is late, its lead.
func (v View) Turns(due []onboarding.Due, now time.Time) string {
	var list []dueData
	for _, d := range due {
		standing, _ := v.Verdict.Standing(d.Turn.Stage)
		list = append(list, dueData{Due: d, runData: runData{View: v, Standing: standing}, now: now})
	}
	return render("turns", list)
}

// dueData is what the templates of turns.tmpl are filled in with.
type dueData struct {
	onboarding.Due
	runData
	now time.Time
}

// What names what somebody is waited for to do, with a link.
func (d dueData) What() string { return d.View.Stage(d.Turn.Stage) }

// Lead is the login of who leads the role that is waited for; "" for nobody.
func (d dueData) Lead() string { return d.View.Leads[onboarding.Role(d.Turn.Party)] }

// Asked names the people who are asked. A mention tells them, unless GitHub did:
// it tells those whose review it requested, once.
func (d dueData) Asked() []string {
	var names []string
	for _, r := range d.View.Record.Asked[d.Turn.Stage] {
		isNew := slices.ContainsFunc(d.People, func(p onboarding.Person) bool { return p.ID == r.Person.ID })
		if d.Reminder == onboarding.RemindByDate || d.Reminder == onboarding.TellTurn && isNew && r.ByName {
			names = append(names, "@"+r.Person.Login)
		} else {
			names = append(names, d.View.Link(r.Person))
		}
	}
	return names
}

// Dates are the reminders that people wanted for a day that has come.
func (d dueData) Dates() []onboarding.Date {
	return slices.DeleteFunc(slices.Clone(d.View.Record.Dates), func(date onboarding.Date) bool { return date.At.After(d.now) })
}

// IsReview tells whether what is waited for is a review of the review PR.
func (d dueData) IsReview() bool { return d.Standing.Kind == onboarding.Review && d.View.Reviewed() }

// MayObject tells whether who is waited for may ask for changes by a command.
func (d dueData) MayObject() bool { return d.Standing.Kind != onboarding.Automatic }
