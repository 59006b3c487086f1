package texts

import (
	"fmt"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Update is what the review PR shows the changes since; nil if it shows the whole
// plugin.
func (v View) Update() *onboarding.Baseline {
	if v.Record.ReviewPR == nil || !v.Record.ReviewPR.Update {
		return nil
	}
	return v.Record.Baseline
}

// Lost tells whether the review PR shows the whole plugin although an earlier
// round accepted it: that cannot be read any more.
func (v View) Lost() bool {
	pr, baseline := v.Record.ReviewPR, v.Record.Baseline
	return baseline != nil && baseline.Source != "" && pr != nil && !pr.Update && !pr.Adopted
}

// CompareURL is GitHub's page of all that changed in the plugin since it was
// accepted, what a review PR leaves out included.
func (v View) CompareURL(now string) string {
	return v.URL() + "/compare/" + v.Record.Baseline.Source + "..." + now
}

// RoundName is "Update (round 2)" in the second round, "Round 2" if nothing was
// accepted before, and "" in the first.
func (v View) RoundName() string {
	switch {
	case v.Record.Round < 2:
		return ""
	case v.Record.Baseline != nil:
		return fmt.Sprintf("Update (round %d)", v.Record.Round)
	default:
		return fmt.Sprintf("Round %d", v.Record.Round)
	}
}

// LeftOut lists what changed in an update of which a review PR would show nothing.
func (v View) LeftOut() Listing {
	paths := v.Record.NoReviewPR.LeftOut
	shown, _ := listing(len(paths), func(i int) string { return Code(shortPath(paths[i])) }, maxDeleted)
	return shown
}
