package reconcile

import (
	"maps"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks"
)

// A stricter rule never reddens a gate that was reached: as long as the plugin and
// its bundle stay as they are, a result by which a stage holds is taken back by no
// other judge. What gets better is taken, and a change is judged by today's rules.

// judgedAnew tells whether a check must look again because the rules are others
// now. It need not where nothing could come of it.
func (c *checking) judgedAnew(check checks.Check, last onboarding.Result) bool {
	judge := c.judges[check.Name]
	if last.Judge == judge {
		return last.Kept != nil // the rules of before are back
	}
	if !c.reached(check) {
		return true
	}
	if last.Kept != nil && last.Kept.Judge == judge {
		return !c.holds(check, last) // as when a waiver has ended
	}
	return check.Online || last.Outcome != onboarding.OutcomePass
}

// unlessStricter returns what a check found, or the last result if only other
// rules make it worse.
func (c *checking) unlessStricter(check checks.Check, result onboarding.Result) onboarding.Result {
	last := c.last[check.Name]
	if last.Former != nil {
		last = *last.Former
	}
	if result.Outcome == onboarding.OutcomeError && check.Online { // the world's failure, and no rule's
		if last.Outcome != onboarding.OutcomeNone && last.Outcome != onboarding.OutcomeError {
			result.Former = &last
		}
		return result
	}
	if !c.reached(check) || last.Judge == result.Judge || !c.same(check, last, result) || !c.holds(check, last) || c.holds(check, result) {
		return result
	}
	kept := onboarding.Kept{Judge: result.Judge, Since: last.At}
	if last.Kept != nil {
		kept.Since = last.Kept.Since
	}
	last.Kept, last.At, last.Stale = &kept, result.At, false
	return last
}

// reached tells whether a gate that needs the check's stage was reached.
func (c *checking) reached(check checks.Check) bool {
	_, ok := c.record.ReachedWith(c.pipeline, check.Name)
	return ok
}

// same tells whether a check found what it found in just what it looked at last.
func (c *checking) same(check checks.Check, last, result onboarding.Result) bool {
	if check.Online && result.Outcome != onboarding.OutcomePass {
		for _, f := range result.Findings {
			if f.Severity != string(checks.Notice) && check.Outside(f.Rule) {
				return false
			}
		}
	}
	return check.Online && last.SameThing(result) || !check.Online && last.Commit == result.Commit
}

// holds tells whether a check's stage stands in nobody's way by a result.
func (c *checking) holds(check checks.Check, result onboarding.Result) bool {
	results := maps.Clone(c.last)
	results[check.Name] = result
	facts := onboarding.Facts{Commit: c.head.Commit, Results: results, Since: c.record.ReviewPR.Since()}
	standing, _ := onboarding.Evaluate(c.pipeline, c.record, facts, c.now).Standing(check.Name)
	return standing.Holds()
}
