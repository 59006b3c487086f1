package reconcile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
)

// A check that could not look is tried again, up to maxTries times in all,
// after firstRetry, then twice as long, and so on.
const (
	maxTries   = 6
	firstRetry = time.Minute
)

// check returns the results of all checks at a head. It runs those that are
// due: that looked at another commit or by other rules, or could not look.
func (l *look) check(ctx context.Context, head ghapi.Head) (map[string]onboarding.Result, error) {
	results := map[string]onboarding.Result{}
	last, err := l.Store.Results(ctx, l.repository.ID)
	if err != nil {
		return nil, err
	}
	var due []checks.Check
	judges := map[string]string{} // before the checks look: what changes meanwhile makes them due again
	for _, c := range l.Checks {
		if judges[c.Name], err = l.Judge(ctx, c.Name); err != nil {
			return nil, err
		}
		if result, ok := last[c.Name]; ok && !l.isDue(result, head, judges[c.Name]) {
			results[c.Name] = result
			continue
		}
		due = append(due, c)
	}
	if len(due) == 0 {
		return results, nil
	}
	found, err := l.runChecks(ctx, due, head)
	if err != nil {
		return nil, err
	}
	err = l.Store.Write(ctx, "record the results of checks", func(ctx context.Context, tx *sql.Tx) error {
		for name, result := range found {
			result = l.retry(result, last[name])
			result.Judge = judges[name]
			results[name] = result
			if err := store.SaveResult(ctx, tx, l.repository.ID, name, result); err != nil {
				return err
			}
		}
		return nil
	})
	return results, err
}

// isDue tells whether a check must look again.
func (l *look) isDue(last onboarding.Result, head ghapi.Head, judge string) bool {
	if last.Commit != head.Commit || last.Judge != judge {
		return true
	}
	return last.Outcome == onboarding.OutcomeError && !last.NextTry.IsZero() && !l.now.Before(last.NextTry)
}

// retry plans the next try of a check that could not look.
func (l *look) retry(result, last onboarding.Result) onboarding.Result {
	if result.Outcome != onboarding.OutcomeError {
		return result
	}
	result.Tries = 1
	if last.Outcome == onboarding.OutcomeError && last.Commit == result.Commit {
		result.Tries = last.Tries + 1
	}
	if result.Tries < maxTries {
		result.NextTry = l.now.Add(firstRetry << (result.Tries - 1))
	}
	return result
}

// runChecks runs checks on the tree at a head. All run, none stops another; a
// failure of GitHub's ends the look, since it is no check's.
func (l *look) runChecks(ctx context.Context, due []checks.Check, head ghapi.Head) (map[string]onboarding.Result, error) {
	results := map[string]onboarding.Result{}
	subject := checks.Subject{Commit: head.Commit}
	var tooLarge *ghapi.TooLargeError
	if head.Commit != "" {
		var err error
		subject, err = l.github.Subject(ctx, head)
		if errors.As(err, &tooLarge) {
			for _, c := range due {
				results[c.Name] = tooLargeResult(c.Name, head.Commit, tooLarge)
			}
			return results, nil
		}
		if err != nil {
			return nil, err
		}
	}
	for _, c := range due {
		result, cause := checks.Run(ctx, c, subject)
		if isAway(cause) || ctx.Err() != nil {
			return nil, cause
		}
		if cause != nil {
			zerolog.Ctx(ctx).Error().Err(cause).Str("check", c.Name).Msg("a check could not look")
		}
		results[c.Name] = fromCheck(result, head.Commit)
	}
	return results, nil
}

// fromCheck puts a check's result in the domain's words.
func fromCheck(r checks.Result, commit string) onboarding.Result {
	result := onboarding.Result{Commit: commit, Outcome: onboarding.Outcome(r.Outcome), Title: r.Title, Measured: measures(r.Facts)}
	for _, f := range r.Findings {
		result.Findings = append(result.Findings, onboarding.Finding{
			Rule: f.Rule, Severity: string(f.Severity), Path: f.Path, Line: f.Line, EndLine: f.EndLine, Message: f.Message, Fix: f.Fix,
		})
	}
	return result
}

// measures are a check's facts that fit into a table: numbers, words and
// short lists of words.
func measures(facts map[string]any) []onboarding.Measure {
	const maxList = 10
	var list []onboarding.Measure
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		switch value := facts[name].(type) {
		case string, bool, int, int64, float64:
			list = append(list, onboarding.Measure{Name: name, Value: fmt.Sprint(value)})
		case []string:
			if len(value) > 0 && len(value) <= maxList {
				list = append(list, onboarding.Measure{Name: name, Value: strings.Join(value, ", ")})
			}
		}
	}
	return list
}

// tooLargeResult is the result of each check on a tree beyond S17's bound.
func tooLargeResult(check, commit string, cause error) onboarding.Result {
	return onboarding.Result{
		Commit: commit, Outcome: onboarding.OutcomeFail, Title: "The repository has too many files",
		Findings: []onboarding.Finding{{
			Rule: check + "/too-many-files", Severity: string(checks.Failure), Message: cause.Error() + ".",
			Fix: "Remove generated and vendored files from the default branch.",
		}},
	}
}
