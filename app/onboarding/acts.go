package onboarding

import (
	"slices"
	"time"
)

// decider is the role that decides a stage; of an automatic one, what its check
// wants a person to look at.
func decider(stage Stage) Role {
	if stage.Role == "" {
		return Admin
	}
	return stage.Role
}

// Deciders are the roles that decide a stage: its own (admins, if it has none)
// and those of its seats.
func (s Stage) Deciders() []Role { return append([]Role{decider(s)}, s.Seats...) }

// Roles are all who decide something in the pipeline, in its order, and the admins.
func (p Pipeline) Roles() []Role {
	var roles []Role
	for _, stage := range p.Stages {
		for _, role := range stage.Deciders() {
			if role != Admin && !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	return append(roles, Admin)
}

// runs tells whether somebody runs a stage: has its role or one of its seats',
// or sees to the whole process (design.md, "Labels").
func runs(stage Stage, d Decision) bool {
	return d.Has(Admin) || d.Has(PM) || slices.ContainsFunc(stage.Deciders(), d.Has)
}

// acts are the decisions about a stage that count, in order: of people who are
// not on the plugin's side (S11), and made in this round, after the stage was last
// re-opened.
func (e *evaluation) acts(stage Stage) []Decision {
	var acts []Decision
	for _, d := range e.record.Decisions {
		if d.Stage != stage.Name || e.record.Excluded(d.By) || d.At.Before(e.record.StartedAt) {
			continue
		}
		if d.Verb == Reopen && runs(stage, d) {
			acts = nil
		}
		acts = append(acts, d)
	}
	return acts
}

// latest returns the last act of each person about a review or a sign-off, in
// order: a change request stands until that person approves or takes it back,
// or an admin overrides it (S12).
func (e *evaluation) latest(stage Stage) []Decision {
	var latest []Decision
	for _, d := range e.acts(stage) {
		same := func(other Decision) bool { return other.By.ID == d.By.ID }
		switch {
		case d.Verb == Override && d.Has(Admin):
			latest = slices.DeleteFunc(latest, func(other Decision) bool {
				return other.Verb == RequestChanges && (d.Bound == "" || d.Bound == other.ID)
			})
		case d.Verb == Retract:
			latest = slices.DeleteFunc(latest, same)
		case (d.Verb == Approve || d.Verb == RequestChanges) && slices.ContainsFunc(stage.Deciders(), d.Has):
			latest = append(slices.DeleteFunc(latest, same), d)
		}
	}
	return latest
}

// SensitiveWithin is within what time two admins must waive a sensitive stage.
const SensitiveWithin = 7 * 24 * time.Hour

// waive lets a stage be that does not hold, if an admin said so about just what
// is wrong now; of a sensitive stage, two admins.
func (e *evaluation) waive(stage Stage, s *Standing) {
	about := ""
	if stage.Kind == Automatic {
		about = s.Subject
	}
	if s.State == Passed || s.State == Running || stage.Kind == Automatic && about == "" {
		return
	}
	for _, d := range e.acts(stage) {
		if d.Verb == Waive && d.Has(Admin) && d.Bound == about && (d.Until.IsZero() || e.now.Before(d.Until)) {
			s.Waivers = append(s.Waivers, d)
		}
	}
	if stage.Sensitive {
		if pair := twoWithin(s.Waivers, SensitiveWithin); pair != nil {
			s.Waivers = pair
		} else {
			s.Waivers = slices.DeleteFunc(s.Waivers, func(d Decision) bool { return e.now.Sub(d.At) > SensitiveWithin })
			if len(s.Waivers) > 0 && s.Turn == Author { // a second admin is waited for
				s.State, s.Turn = Waiting, Party(Admin)
			}
			return
		}
	}
	if len(s.Waivers) > 0 {
		s.State, s.Turn, s.Objection, s.Appeal = Waived, Nobody, nil, nil
	}
}

// twoWithin returns two of the decisions that different people made within a
// time, nil if there are none.
func twoWithin(list []Decision, within time.Duration) []Decision {
	for i, second := range list {
		for _, first := range list[:i] {
			if first.By.ID != second.By.ID && second.At.Sub(first.At) <= within {
				return []Decision{first, second}
			}
		}
	}
	return nil
}

// shut returns how somebody who runs a stage closed it by taking off its label,
// nil if it is not closed: closed, not passed.
func (e *evaluation) shut(stage Stage) *Decision {
	var shut *Decision
	for _, d := range e.acts(stage) {
		switch {
		case !runs(stage, d):
		case d.Verb == Close:
			shut = &d
		case d.Verb == Open || d.Verb == Reopen:
			shut = nil
		}
	}
	return shut
}

// openedEarly is when somebody who runs a stage put on its label before its
// turn; zero if nobody did. Automatic stages wait for their turn: what they look
// at may not be there.
func (e *evaluation) openedEarly(stage Stage) time.Time {
	if stage.Kind == Automatic || !e.record.Accepted() {
		return time.Time{}
	}
	for _, d := range e.record.Decisions {
		if d.Verb == Open && d.Stage == stage.Name && !e.record.Excluded(d.By) && runs(stage, d) && !d.At.Before(e.record.StartedAt) {
			return d.At
		}
	}
	return time.Time{}
}
