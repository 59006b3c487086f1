package onboarding

import (
	"slices"
	"time"
)

// judge fills in the standing of an open stage.
func (e *evaluation) judge(stage Stage, s *Standing) {
	if d := e.shut(stage); d != nil {
		s.State, s.Objection = Closed, d
		return
	}
	switch stage.Kind {
	case Automatic:
		e.automatic(stage, s)
	case Review:
		e.review(stage, s)
	default:
		e.signOff(stage, s)
	}
	e.waive(stage, s)
}

// automatic fills in the standing of an open automatic stage. It fails closed:
// whatever is no clear pass does not pass.
func (e *evaluation) automatic(stage Stage, s *Standing) {
	result, has := e.facts.Results[s.Name]
	if !has { // its check was there when it opened, and is not now
		s.State, s.Missing = Later, true
		return
	}
	s.Result, s.Subject = &result, Fingerprint(result)
	switch {
	case result.Outcome == OutcomePass:
		s.State = Passed
	case result.Outcome == OutcomeReview:
		e.settle(stage, s)
	case result.Outcome == OutcomeFail && result.Asks:
		s.State, s.Turn = Waiting, Author
	case result.Outcome == OutcomeFail:
		s.State, s.Turn = Failed, Author
	case result.Outcome == OutcomeError && result.NextTry.IsZero():
		s.State = Undecided
	default: // not looked yet, or tried again; anything unknown
		s.State = Running
	}
	switch {
	case s.Turn == Author:
		e.appeal(stage, s)
	case s.State == Passed && stage.Name == ReleaseStage:
		e.unreviewed(stage, s)
	}
}

// appeal gives the admins the turn if the author says that just what is wrong
// now is no fault, until one of them turns that down or waives it.
func (e *evaluation) appeal(stage Stage, s *Standing) {
	for _, a := range e.record.Appeals {
		if a.Stage == stage.Name && a.Bound == s.Subject {
			s.Appeal = &a
		}
	}
	if s.Appeal == nil {
		return
	}
	for _, d := range e.acts(stage) {
		if d.Verb == RequestChanges && d.Has(Admin) && d.Bound == s.Subject && !d.At.Before(s.Appeal.At) {
			s.Appeal, s.Objection = nil, &d
			return
		}
	}
	s.State, s.Turn = Waiting, Party(Admin)
}

// settle is for an automatic stage that wants a person to look: somebody of the
// role may approve just these findings (check-rules.md).
func (e *evaluation) settle(stage Stage, s *Standing) {
	role := decider(stage)
	s.State, s.Turn = Waiting, Party(role)
	for _, d := range e.acts(stage) {
		if d.Verb == Approve && d.Has(role) && d.Bound != "" && d.Bound == s.Subject {
			s.State, s.Turn, s.Approvals = Passed, Nobody, []Decision{d}
			return
		}
	}
}

// unreviewed has a person look at a release whose tag's commit is none that the
// sensitive reviews approved, docs and tests aside (S3). While those reviews have
// not passed, their own gate waits for them.
func (e *evaluation) unreviewed(stage Stage, s *Standing) {
	for _, review := range e.pipeline.Stages {
		if review.Kind != Review || !review.Sensitive || e.pipeline.comesAfter(review, stage.Name) {
			continue
		}
		passed := e.find(review.Name)
		if passed.State != Passed || review.enough(e.about(passed.Approvals, s.Result.Source)) {
			continue
		}
		s.Unreviewed, s.Subject = true, Fingerprint(Result{Findings: []Finding{{Rule: UnreviewedCode, Message: s.Result.Source}}})
		e.settle(stage, s)
		return
	}
}

// about are those of some approvals that are of a commit of the plugin's, or of
// one from which it differs by docs and tests only.
func (e *evaluation) about(approvals []Decision, commit string) []Decision {
	return slices.DeleteFunc(slices.Clone(approvals), func(d Decision) bool {
		if d.Bound == e.unchanged() && d.Bound != "" { // what was accepted before, or the same under another name
			return commit != d.Bound && (e.record.Baseline == nil || commit != e.record.Baseline.Source)
		}
		change, known := e.record.ReviewPR.Between(d.Bound, commit)
		if d.Bound == commit && commit != "" { // of an update that changes nothing, people approve the plugin's commit
			return false
		}
		return !known || change.Worse(TestsChange) != TestsChange
	})
}

// enough tells whether approvals suffice for a review.
func (s Stage) enough(approvals []Decision) bool {
	return len(approvals) >= s.Approvals && !slices.ContainsFunc(s.Seats, func(seat Role) bool {
		return !slices.ContainsFunc(approvals, func(d Decision) bool { return d.Has(seat) })
	})
}

// review fills in the standing of an open review.
func (e *evaluation) review(stage Stage, s *Standing) {
	s.Subject, s.Needs, s.Seats = e.record.ReviewPR.Last().SHA, stage.Approvals, slices.Clone(stage.Seats)
	if s.Subject == "" {
		s.Subject = e.unchanged()
	}
	for _, d := range e.latest(stage) {
		switch {
		case d.Verb == RequestChanges:
			s.Objection = &d
		case d.Has(stage.Role) && e.stands(stage, d):
			s.Approvals = append(s.Approvals, d)
			s.Seats = slices.DeleteFunc(s.Seats, d.Has)
		case d.Has(stage.Role):
			s.Void = append(s.Void, d)
		}
	}
	switch {
	case s.Objection != nil:
		s.State, s.Turn = Waiting, e.objected(stage, s)
	case len(s.Approvals) >= stage.Approvals && len(s.Seats) == 0:
		s.State = Passed
	case e.carried(stage) > 0:
		s.State, s.Carried, s.Needs, s.Seats = Passed, e.carried(stage), 0, nil
	default:
		s.State, s.Turn = Waiting, Party(stage.Role)
	}
}

// objected is whose turn it is while a change request stands: the author's until
// there are changes, then that of who asked for them. An imported one is about the
// plugin's commit, which the review commit shows.
func (e *evaluation) objected(stage Stage, s *Standing) Party {
	bound := s.Objection.Bound
	if bound == s.Subject || stage.Kind == Review && bound != "" && bound == e.record.ReviewPR.Last().Source {
		return Author
	}
	return Party(stage.Role)
}

// stands tells whether an approval still counts. That the review PR was replaced
// voids it, and code that was pushed after it does in a sensitive review, until a
// gate that needs the review was reached (design.md, "Reviews"; S1).
func (e *evaluation) stands(stage Stage, d Decision) bool {
	if d.Bound != "" && d.Bound == e.unchanged() {
		return true
	}
	if at, reached := e.record.ReachedWith(e.pipeline, stage.Name); reached && d.Bound != "" && !d.At.After(at) {
		return true
	}
	if d.Bound == "" || !e.record.Ended() && !e.record.counts(d) {
		return false
	}
	if !stage.Sensitive {
		return true
	}
	change, known := e.facts.Since[d.Bound]
	return known && change != CodeChange && e.shown()
}

// shown tells whether the review PR shows the plugin's commit, if only by its record.
// While it rests, or is one of people's that lacks something (S2), it does not, and
// what is new is not known to be harmless. Once the round is over nothing follows.
func (e *evaluation) shown() bool {
	source := e.record.ReviewPR.Last().Source
	return source == "" || source == e.facts.Commit || e.record.Ended()
}

// signOff fills in the standing of an open sign-off. One that comes after the
// release hangs on that very bundle (S4).
func (e *evaluation) signOff(stage Stage, s *Standing) {
	release := e.pipeline.AboutRelease(stage)
	s.Subject = e.facts.Commit
	if release {
		s.Subject = e.facts.Results[ReleaseStage].Digest
	}
	s.State, s.Turn, s.Needs = Waiting, Party(stage.Role), 1
	for _, d := range e.latest(stage) {
		switch {
		case d.Verb == RequestChanges:
			s.Objection = &d
			s.Turn = e.objected(stage, s)
		case d.Has(stage.Role) && d.Bound != "" && (!release || d.Bound == s.Subject):
			s.Approvals = append(s.Approvals, d)
		}
	}
	if s.Objection == nil && len(s.Approvals) > 0 {
		s.State, s.Turn = Passed, Nobody
	}
}

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
