package onboarding

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestACardSaysWhereSomebodyMustAct(t *testing.T) {
	noon := time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)
	bob := Person{ID: 2, Login: "bob"}
	facts := Facts{Commit: "c", Results: map[string]Result{}}
	for _, name := range []string{"starter-template", "manifest", "nightly-build", "release"} {
		facts.Results[name] = Result{Commit: "c", Outcome: OutcomePass}
	}
	licence := func(outcome Outcome) func(*Record, Facts) {
		return func(_ *Record, f Facts) { f.Results["licence"] = Result{Commit: "c", Outcome: outcome} }
	}
	asked := map[string][]Request{"basic-review": {{Person: bob}}, "licence": {{Person: bob}}}
	for name, test := range map[string]struct {
		change func(*Record, Facts)
		column string
		next   Turn
		asked  []string
	}{
		"a check that fails is the author's turn, whoever was asked": {licence(OutcomeFail), "licence", Turn{Author, "licence"}, nil},
		"a check that looks is nobody's turn":                        {licence(OutcomeNone), "licence", Turn{}, nil},
		"a review is its role's turn":                                {licence(OutcomePass), "basic-review", Turn{Party(CoreCommitter), "basic-review"}, []string{"bob"}},
		"while it is paused nobody is asked": {
			func(r *Record, _ Facts) { r.Paused = &Pause{At: noon} }, "paused", Turn{}, nil,
		},
		"a new owner is for an admin to confirm": {
			func(r *Record, _ Facts) { r.Held = &Hold{Why: NewOwner, At: noon} }, "held", Turn{Party: Party(Admin)}, nil,
		},
		"what is archived waits by itself": {
			func(r *Record, _ Facts) { r.Held = &Hold{Why: Archived, At: noon} }, "held", Turn{}, nil,
		},
		"what was withdrawn is over": {
			func(r *Record, _ Facts) { r.Withdrawn, r.EndedAt = &Withdrawal{By: bob}, noon }, "withdrawn", Turn{}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			record := Record{Repository: 1, Round: 1, Author: Person{ID: 1, Login: "alice"}, StartedAt: noon, AcceptedAt: noon, Asked: asked}
			test.change(&record, facts)
			card := CardOf(record, Evaluate(Default(), record, facts, noon))
			assert.Equal(t, test.column, card.Column())
			assert.Equal(t, test.next, card.Next)
			assert.Equal(t, test.asked, card.Asked)
			assert.Len(t, card.Stages, 10)
			assert.Len(t, card.Gates, 3)
		})
	}
}
