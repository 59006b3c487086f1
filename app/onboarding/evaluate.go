package onboarding

import (
	"slices"
	"time"
)

// State is where one stage or gate stands.
type State string

// The states of stages and gates (design.md, "State → check run").
const (
	Later     State = "later"     // not open yet
	Running   State = "running"   // being looked at, or tried again
	Waiting   State = "waiting"   // a person's turn
	Passed    State = "passed"    //
	Failed    State = "failed"    //
	Undecided State = "undecided" // could not be checked, even at the last try
	Cancelled State = "cancelled" // the onboarding was withdrawn
	Waived    State = "waived"    // does not hold, and need not
	Closed    State = "closed"    // by somebody who may, without having passed
)

// Party is whose turn it is.
type Party string

// The parties of an onboarding, apart from the roles, which are parties too.
const (
	Nobody      Party = ""
	Author      Party = "author"
	RoleHolders Party = "role holders" // anyone with a role
)

// IsRole tells whether the party is the people of one role.
func (p Party) IsRole() bool { return p != Nobody && p != Author && p != RoleHolders }

// Standing is where one stage or gate stands, and why.
type Standing struct {
	Name  string
	Kind  Kind
	State State
	Turn  Party // who must act, when State is Waiting or Failed

	Awaits     []string  // Later: what must pass before; of a gate: what is not green
	Accept     bool      // Later: a role holder must accept the start first
	Missing    bool      // Later: this program has no check of that name
	Result     *Result   // of an automatic stage that was looked at
	Unreviewed bool      // of a release: it passed its check, but its commit is none that was reviewed (S3)
	Passing    int       // of a gate: how many of Total are green
	Total      int       //
	Since      time.Time // when the stage opened; zero for gates and stages that are not open

	Subject   string     // what a decision now would be about: a review commit, the plugin's commit, a digest or a fingerprint (S4)
	Approvals []Decision // that count, in order; of an automatic stage, the one that settled it
	Void      []Decision // of a review: approvals that do not count any more, in order
	Needs     int        // of a review: how many approvals it needs
	Carried   int        // of a review that passed in a former round and carries over: in which one
	Seats     []Role     // of a review: roles of which an approver is still missing
	Objection *Decision  // the change request that stands, or what closed the stage
	Waivers   []Decision // that count, or are the first of two that are needed
	Appeal    *Appeal    // the author's word that the check is wrong, for the admins to answer
}

// Open tells whether the stage is open and not passed: such a stage has its
// label (design.md, "Labels").
func (s Standing) Open() bool {
	return s.Kind != KindGate && !slices.Contains([]State{Later, Passed, Cancelled, Waived, Closed}, s.State)
}

// Approvable tells whether somebody can pass the stage by approving it now. A
// check that fails is waived or appealed against, and not approved.
func (s Standing) Approvable() bool {
	return s.Open() && (s.Kind != Automatic || s.Unreviewed || s.Result != nil && s.Result.Outcome == OutcomeReview)
}

// Holds tells whether the stage or gate stands in nobody's way: it passed, or
// need not.
func (s Standing) Holds() bool { return s.State == Passed || s.State == Waived }

// Turn is the one sentence everybody reads: who acts next, on what.
type Turn struct {
	Party Party  `json:"party"` // "" for nobody
	Stage string `json:"stage"` // "" when nobody is waited for
}

// Verdict is what Evaluate decided.
type Verdict struct {
	Standings []Standing // stages, then gates, in the pipeline's order
	Next      Turn
	Held      *Hold    // nothing opens, is asked for or deployed for this reason; nil for none
	Opened    []string // stages that opened at this look: to be put on record, since opening latches
	Reached   []string // gates that are green for the first time
}

// Standing returns the standing of that name.
func (v Verdict) Standing(name string) (Standing, bool) {
	for _, s := range v.Standings {
		if s.Name == name {
			return s, true
		}
	}
	return Standing{}, false
}

// Evaluate decides where an onboarding stands. It is a pure function of the
// pipeline, what is on record, what was seen and the time.
func Evaluate(pipeline Pipeline, record Record, facts Facts, now time.Time) Verdict {
	if record.Withdrawn != nil {
		return cancelled(pipeline)
	}
	e := evaluation{pipeline: pipeline, record: record, facts: facts, now: now, done: map[string]Standing{}}
	verdict := Verdict{Held: record.Held}
	for _, stage := range pipeline.Stages {
		standing := e.stage(stage)
		if _, was := record.Opened[stage.Name]; !was && !standing.Since.IsZero() {
			verdict.Opened = append(verdict.Opened, stage.Name)
		}
		verdict.Standings = append(verdict.Standings, standing)
	}
	for _, gate := range pipeline.Gates {
		standing := e.gate(gate)
		if _, was := record.Reached[gate.Name]; !was && standing.State == Passed && record.Held == nil {
			verdict.Reached = append(verdict.Reached, gate.Name)
		}
		verdict.Standings = append(verdict.Standings, standing)
	}
	verdict.Next = next(verdict.Standings)
	if record.Held != nil {
		verdict.Next = record.Held.next()
	}
	return verdict
}

// cancelled is the verdict about an onboarding that was withdrawn.
func cancelled(pipeline Pipeline) Verdict {
	var verdict Verdict
	for _, stage := range pipeline.Stages {
		verdict.Standings = append(verdict.Standings, Standing{Name: stage.Name, Kind: stage.Kind, State: Cancelled})
	}
	for _, gate := range pipeline.Gates {
		verdict.Standings = append(verdict.Standings, Standing{Name: gate.Name, Kind: KindGate, State: Cancelled})
	}
	return verdict
}

// Complete tells whether every gate is green.
func (v Verdict) Complete() bool {
	gates := 0
	for _, s := range v.Standings {
		if s.Kind == KindGate {
			if s.State != Passed {
				return false
			}
			gates++
		}
	}
	return gates > 0
}

// evaluation remembers the standings it came to, since stages wait for gates
// and gates for stages, in any order that has no cycle (Pipeline.Validate).
type evaluation struct {
	pipeline Pipeline
	record   Record
	facts    Facts
	now      time.Time
	done     map[string]Standing
}

// find returns the standing of a stage or gate by its name.
func (e *evaluation) find(name string) Standing {
	if s, ok := e.done[name]; ok {
		return s
	}
	if stage, ok := e.pipeline.Stage(name); ok {
		return e.stage(stage)
	}
	for _, gate := range e.pipeline.Gates {
		if gate.Name == name {
			return e.gate(gate)
		}
	}
	return Standing{Name: name, State: Later} // an unknown name never passes
}

func (e *evaluation) stage(stage Stage) Standing {
	if s, ok := e.done[stage.Name]; ok {
		return s
	}
	s := Standing{Name: stage.Name, Kind: stage.Kind, State: Later}
	s.Since = e.opened(stage, &s)
	if !s.Since.IsZero() {
		e.judge(stage, &s)
	}
	e.done[stage.Name] = s
	return s
}

// opened returns when a stage opened, now if it opens at this look, and zero,
// with the reasons noted, if it is not open.
func (e *evaluation) opened(stage Stage, s *Standing) time.Time {
	if at, was := e.record.Opened[stage.Name]; was {
		return at
	}
	if at := e.openedEarly(stage); !at.IsZero() && e.record.Held == nil {
		return at
	}
	if stage.Kind == Automatic {
		_, has := e.facts.Results[stage.Name]
		s.Missing = !has
	}
	s.Accept = stage.Kind != Automatic && !e.record.Accepted()
	for _, name := range stage.OpensAfter {
		if !lets(e.find(name)) {
			s.Awaits = append(s.Awaits, name)
		}
	}
	if s.Missing || s.Accept || len(s.Awaits) > 0 || e.record.Held != nil {
		return time.Time{}
	}
	return e.now
}

// lets tells whether a step lets those open that wait for it: an automatic
// stage when it is not failing, all else when it holds (design.md, "Opening latches").
func lets(s Standing) bool {
	if s.Holds() {
		return true
	}
	return s.Kind == Automatic && s.State == Waiting && s.Result != nil && s.Result.Outcome == OutcomeReview
}

func (e *evaluation) gate(gate Gate) Standing {
	if s, ok := e.done[gate.Name]; ok {
		return s
	}
	s := Standing{Name: gate.Name, Kind: KindGate, State: Later, Total: len(gate.Needs)}
	for _, name := range gate.Needs {
		need := e.find(name)
		switch {
		case need.Holds():
			s.Passing++
			continue
		case need.State == Failed && need.Kind != KindGate: // one red stage makes one gate red, not all three
			s.State, s.Turn = Failed, need.Turn
		}
		s.Awaits = append(s.Awaits, name)
	}
	if s.Passing == s.Total && s.Total > 0 {
		s.State = Passed
	}
	e.done[gate.Name] = s
	return s
}

// next picks whose turn it is: the author before the people who wait for the
// author, in the pipeline's order.
func next(standings []Standing) Turn {
	for _, mine := range []func(Standing) bool{
		func(s Standing) bool { return s.Turn == Author },
		func(s Standing) bool { return s.Turn != Nobody },
	} {
		for _, s := range standings {
			if s.Kind != KindGate && mine(s) {
				return Turn{Party: s.Turn, Stage: s.Name}
			}
		}
	}
	for _, s := range standings { // all else is done: only the accept is missing
		if s.Accept && len(s.Awaits) == 0 {
			return Turn{Party: RoleHolders, Stage: s.Name}
		}
	}
	return Turn{}
}
