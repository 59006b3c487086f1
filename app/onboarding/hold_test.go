package onboarding_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

var (
	carol = onboarding.Person{ID: 77, Login: "carol"}
	long  = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	later = long.Add(time.Hour)
)

func TestAnOnboardingIsHeldByWhatIsSeenOfItsRepository(t *testing.T) {
	started := onboarding.Record{OwnerID: alice.ID, Owner: alice}
	private, withdrawn, held := started, started, started
	private.Private = true
	withdrawn.Withdrawn = &onboarding.Withdrawal{By: alice}
	held.Held = &onboarding.Hold{Why: onboarding.Archived, At: long}
	tests := map[string]struct {
		record onboarding.Record
		sight  onboarding.Sight
		hold   *onboarding.Hold
	}{
		"nothing holds it":                               {started, onboarding.Sight{Owner: alice}, nil},
		"what held it is over":                           {held, onboarding.Sight{Owner: alice}, nil},
		"archived":                                       {started, onboarding.Sight{Owner: alice, Archived: true}, &onboarding.Hold{Why: onboarding.Archived, At: later}},
		"archived, as it was":                            {held, onboarding.Sight{Owner: alice, Archived: true}, &onboarding.Hold{Why: onboarding.Archived, At: long}},
		"private":                                        {started, onboarding.Sight{Owner: alice, Private: true}, &onboarding.Hold{Why: onboarding.Private, At: later}},
		"private, as when it started":                    {private, onboarding.Sight{Owner: alice, Private: true}, nil},
		"a new owner":                                    {started, onboarding.Sight{Owner: carol}, &onboarding.Hold{Why: onboarding.NewOwner, At: later, Owner: carol}},
		"a new owner who archives it":                    {held, onboarding.Sight{Owner: carol, Archived: true}, &onboarding.Hold{Why: onboarding.NewOwner, At: later, Owner: carol}},
		"the owner has another login":                    {started, onboarding.Sight{Owner: onboarding.Person{ID: alice.ID, Login: "alicia"}}, nil},
		"the owner is not told":                          {started, onboarding.Sight{}, nil},
		"withdrawn, and a new owner":                     {withdrawn, onboarding.Sight{Owner: carol, Private: true}, nil},
		"withdrawn, and nothing can be written any more": {withdrawn, onboarding.Sight{Owner: alice, Archived: true}, &onboarding.Hold{Why: onboarding.Archived, At: later}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.hold, test.record.Holds(test.sight, later)) })
	}
}

func TestADeletedRepositoryIsNotMerelyOutOfReach(t *testing.T) {
	record := onboarding.Record{Held: &onboarding.Hold{Why: onboarding.Deleted, At: long}}
	assert.Equal(t, &onboarding.Hold{Why: onboarding.Deleted, At: long}, record.Lost(onboarding.Removed, later))
	assert.Equal(t, &onboarding.Hold{Why: onboarding.Suspended, At: later}, record.Lost(onboarding.Suspended, later))
}

func TestAConfirmedOwnerIsOnThePluginsSideAsIsTheOneBefore(t *testing.T) {
	for name, isUser := range map[string]bool{"a person": true, "an organisation": false} {
		t.Run(name, func(t *testing.T) {
			record := onboarding.Record{OwnerID: alice.ID, Owner: alice}
			record.Held = record.HeldFor(carol, long)
			require.True(t, record.Excluded(carol), "while it is held, too")
			record.Confirm(isUser)
			assert.Nil(t, record.Held)
			assert.Nil(t, record.HeldFor(carol, later))
			assert.True(t, record.Excluded(alice))
			assert.Equal(t, isUser, record.Excluded(carol))
			assert.NotNil(t, record.HeldFor(alice, later), "to go back takes a confirmation again")
		})
	}
}

func TestTheLabelOfTheWholeOnboarding(t *testing.T) {
	tests := map[string]struct {
		record onboarding.Record
		label  string
	}{
		"under way":           {onboarding.Record{}, ""},
		"paused":              {onboarding.Record{Paused: &onboarding.Pause{}}, "onboarding:paused"},
		"held":                {onboarding.Record{Paused: &onboarding.Pause{}, Held: &onboarding.Hold{}}, "onboarding:held"},
		"complete":            {onboarding.Record{EndedAt: long}, "onboarding:complete"},
		"complete, and held":  {onboarding.Record{EndedAt: long, Held: &onboarding.Hold{}}, "onboarding:held"},
		"withdrawn, and held": {onboarding.Record{EndedAt: long, Withdrawn: &onboarding.Withdrawal{}, Held: &onboarding.Hold{}}, "onboarding:withdrawn"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.label, test.record.StateLabel())
			if test.label != "" {
				assert.Contains(t, onboarding.StateLabels(), test.label)
			}
		})
	}
}

// A hold opens nothing, reaches nothing, and takes nothing down.
func TestAHoldChangesNoStage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pipeline := onboarding.Default()
		outcomes := []onboarding.Outcome{onboarding.OutcomeNone, onboarding.OutcomePass, onboarding.OutcomeReview, onboarding.OutcomeFail, onboarding.OutcomeError}
		facts := onboarding.Facts{Commit: "c", Results: map[string]onboarding.Result{}}
		record := onboarding.Record{AcceptedAt: long, OwnerID: alice.ID, Owner: alice, Opened: map[string]time.Time{}, Reached: map[string]time.Time{}}
		for _, stage := range pipeline.Stages {
			if stage.Kind == onboarding.Automatic {
				facts.Results[stage.Name] = onboarding.Result{Outcome: rapid.SampledFrom(outcomes).Draw(t, stage.Name)}
			}
		}
		before := onboarding.Evaluate(pipeline, record, facts, long)
		for _, name := range before.Opened {
			record.Opened[name] = long
		}
		before = onboarding.Evaluate(pipeline, record, facts, long)
		record.Held = &onboarding.Hold{Why: rapid.SampledFrom([]onboarding.Holding{onboarding.Archived, onboarding.NewOwner}).Draw(t, "why"), At: long, Owner: carol}
		during := onboarding.Evaluate(pipeline, record, facts, later)
		assert.Empty(t, during.Opened)
		assert.Empty(t, during.Reached)
		assert.Equal(t, record.Held, during.Held)
		for i, standing := range during.Standings {
			if _, opened := record.Opened[standing.Name]; opened || standing.Kind == onboarding.KindGate {
				assert.Equal(t, before.Standings[i].State, standing.State, standing.Name)
			} else {
				assert.Equal(t, onboarding.Later, standing.State, standing.Name)
			}
		}
		next := onboarding.Turn{}
		if record.Held.Why == onboarding.NewOwner {
			next.Party = onboarding.Party(onboarding.Admin)
		}
		assert.Equal(t, next, during.Next)
	})
}
