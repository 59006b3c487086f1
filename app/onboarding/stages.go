package onboarding

import "slices"

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
