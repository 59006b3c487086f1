package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
)

// Comparison is what another pipeline would change in the onboardings that are
// under way.
type Comparison struct {
	UnderWay int                // how many there are
	Differ   []DifferentOutcome // in those of these
}

// DifferentOutcome is an onboarding in which a stage or a gate would stand
// otherwise.
type DifferentOutcome struct {
	Repository string   // "owner/name"
	Steps      []string // "qa: waiting for qa → later", in the pipeline's order
}

// Compare looks at the onboardings under way on record in the database of the
// configuration to, and evaluates them by both pipelines, by what is on record:
// GitHub is not asked. It fails with [fs.ErrNotExist] if there is no database.
func Compare(ctx context.Context, from, to Config, now time.Time) (_ Comparison, err error) {
	list, err := checksOf(to, nil, 0)
	if err != nil {
		return Comparison{}, err
	}
	record, err := store.OpenToRead(ctx, to.Database.URL)
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
		differs, underWay, err := compareOne(ctx, record, id, list, from.Pipeline, to.Pipeline, now)
		if err != nil {
			return Comparison{}, err
		}
		if underWay {
			found.UnderWay++
		}
		if len(differs.Steps) > 0 {
			found.Differ = append(found.Differ, differs)
		}
	}
	return found, nil
}

// compareOne evaluates one repository's onboarding by both pipelines.
func compareOne(ctx context.Context, s *store.Store, id int64, list []checks.Check, from, to onboarding.Pipeline, now time.Time) (_ DifferentOutcome, underWay bool, err error) {
	record, started, err := s.Onboarding(ctx, id)
	if err != nil || !started || record.Ended() {
		return DifferentOutcome{}, false, err
	}
	repository, _, err := s.Repository(ctx, id)
	if err != nil {
		return DifferentOutcome{}, false, err
	}
	results, err := s.Results(ctx, id)
	if err != nil {
		return DifferentOutcome{}, false, err
	}
	before := onboarding.Evaluate(from, record, factsFor(from, record, results, list), now)
	after := onboarding.Evaluate(to, record, factsFor(to, record, results, list), now)
	return DifferentOutcome{Repository: repository.FullName(), Steps: differences(before, after)}, true, nil
}

// factsFor are the facts for a pipeline, as they were seen last.
func factsFor(p onboarding.Pipeline, record onboarding.Record, results map[string]onboarding.Result, list []checks.Check) onboarding.Facts {
	facts := onboarding.Facts{Commit: record.ReviewPR.Last().Source, Results: map[string]onboarding.Result{}, Since: record.ReviewPR.Since()}
	for _, check := range staged(slices.Clone(list), p) {
		facts.Results[check.Name] = results[check.Name]
	}
	return facts
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
