package onboarding

import "slices"

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
