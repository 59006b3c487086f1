package checks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rs/zerolog"
)

// Report is what `onboard check` prints.
type Report struct {
	Subject ReportSubject `json:"subject"`
	Digest  string        `json:"digest"` // see digest
	Outcome Outcome       `json:"outcome"`
	Checks  []Result      `json:"checks"`
}

// ReportSubject says what was looked at.
type ReportSubject struct {
	Path   string  `json:"path"`
	Commit *string `json:"commit"` // null for a folder with uncommitted changes
	Tree   string  `json:"tree"`
}

// RunAll runs all checks, one after the other; none stops another. Causes of
// the outcome Error go to the context's logger. Before each check starting, if
// not nil, is told which it is. The caller fills in the subject's path.
func RunAll(ctx context.Context, list []Check, subject Subject, starting func(Check)) Report {
	report := Report{Subject: ReportSubject{Tree: subject.Tree}, Checks: []Result{}}
	if subject.Commit != "" {
		report.Subject.Commit = &subject.Commit
	}
	report.Outcome = Pass
	if len(list) == 0 {
		report.Outcome = Error // nothing looked, so nothing passed
	}
	var offline []Result
	for _, check := range list {
		if starting != nil {
			starting(check)
		}
		result, cause := Run(ctx, check, subject)
		if cause != nil {
			zerolog.Ctx(ctx).Error().Err(cause).Str("check", check.Name).Msg("check could not look")
		}
		report.Checks = append(report.Checks, result)
		if !check.Online {
			offline = append(offline, result)
		}
		report.Outcome = Worse(report.Outcome, result.Outcome)
	}
	report.Digest = digest(offline)
	return report
}

// digest is the sha256 over the sorted lines of (check, outcome, rule, path,
// line), one for each finding and one for a check without any. Two runs with
// the same digest found the same. Paths are quoted: they may hold newlines.
func digest(results []Result) string {
	var lines []string
	for _, r := range results {
		findings := r.Findings
		if len(findings) == 0 {
			findings = []Finding{{}}
		}
		for _, f := range findings {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%q\t%d\n", r.Check, r.Outcome, f.Rule, f.Path, f.Line))
		}
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// WriteJSON writes the report for programs.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write the report as JSON: %w", err)
	}
	return nil
}
