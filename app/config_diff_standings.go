package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
)

// Comparison is what another configuration means to the rounds that are under way.
type Comparison struct {
	UnderWay  int         // how many there are
	Concerned []Concerned // those of them that are judged otherwise, now or in their next round
}

// Concerned is an onboarding that is judged otherwise.
type Concerned struct {
	Repository string   // "owner/name"
	Pipeline   string   // the version that the round keeps to its end; "" if it has none on record, and takes the new one
	Steps      []string // what changes at once, as "qa: waiting for qa → later", in the pipeline's order
}

// Compare looks at the onboardings under way on record in the database of the
// configuration to, and evaluates them by what is on record: GitHub is not asked.
// It fails with [fs.ErrNotExist] if there is no database.
func Compare(ctx context.Context, from, to Config, now time.Time) (_ Comparison, err error) {
	list, err := checksOf(to, nil, 0)
	if err != nil {
		return Comparison{}, err
	}
	record, err := store.OpenToRead(ctx, to.Database.location())
	if err != nil {
		return Comparison{}, err
	}
	defer func() { err = errors.Join(err, record.Close()) }()
	ids, err := record.Repositories(ctx)
	if err != nil {
		return Comparison{}, err
	}
	var found Comparison
	for _, id := range ids {
		one, underWay, err := compareOne(ctx, record, id, list, from, to, now)
		if err != nil {
			return Comparison{}, err
		}
		if underWay {
			found.UnderWay++
		}
		if underWay && (one.Pipeline != to.Pipeline.Version() || len(one.Steps) > 0) {
			found.Concerned = append(found.Concerned, one)
		}
	}
	return found, nil
}

// compareOne finds out what changes in one repository's onboarding.
func compareOne(ctx context.Context, s *store.Store, id int64, list []checks.Check, from, to Config, now time.Time) (one Concerned, underWay bool, err error) {
	record, started, err := s.Onboarding(ctx, id)
	if err != nil || !started || record.Ended() {
		return one, false, err
	}
	repository, _, err := s.Repository(ctx, id)
	if err != nil {
		return one, false, err
	}
	results, err := s.Results(ctx, id)
	if err != nil {
		return one, false, err
	}
	one.Repository = repository.FullName()
	kept, facts := record.JudgedBy(from.Pipeline), record.LastFacts(results, checkNames(list))
	before := onboarding.Evaluate(kept, record, facts, now)
	if record.Pipeline == nil {
		one.Steps = differences(before, onboarding.Evaluate(to.Pipeline, record, facts, now))
		return one, true, nil
	}
	one.Pipeline = kept.Version()
	for _, stage := range kept.Stages {
		standing, _ := before.Standing(stage.Name)
		if gone := without(stage.Deciders(), to.Roles.names()); len(gone) > 0 && !standing.Holds() {
			one.Steps = append(one.Steps, fmt.Sprintf("%s: nobody can decide it any more, since the role %s is gone", stage.Name, listed(gone)))
		}
	}
	return one, true, nil
}

// differences are the steps that stand differently, in the order of after.
func differences(before, after onboarding.Verdict) []string {
	var steps []string
	for _, s := range after.Standings {
		was, known := before.Standing(s.Name)
		switch {
		case !known:
			steps = append(steps, fmt.Sprintf("%s: new → %s", s.Name, stands(s)))
		case stands(was) != stands(s):
			steps = append(steps, fmt.Sprintf("%s: %s → %s", s.Name, stands(was), stands(s)))
		}
	}
	for _, s := range before.Standings {
		if _, still := after.Standing(s.Name); !still {
			steps = append(steps, fmt.Sprintf("%s: %s → gone", s.Name, stands(s)))
		}
	}
	return steps
}

// stands says in words where a stage or gate stands.
func stands(s onboarding.Standing) string {
	if s.State == onboarding.Waiting && s.Turn != onboarding.Nobody {
		return "waiting for " + string(s.Turn)
	}
	return string(s.State)
}
