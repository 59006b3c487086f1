package release

import (
	"fmt"

	"github.com/onboard-app/onboard/checks"
)

// Failing are the findings about a release at whose tag's commit other checks
// fail (S3): what is released is to be as good as what was looked at.
func Failing(commit string, results []checks.Result) []checks.Finding {
	var findings []checks.Finding
	for _, r := range results {
		if r.Outcome == checks.Fail {
			findings = append(findings, checks.NewFinding(own(), failingCheck, fmt.Sprintf("At the tag's commit %.7s, %s fails: %s.", commit, r.Check, r.Title)))
		}
	}
	return findings
}
