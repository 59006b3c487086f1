package checks

import (
	"bytes"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

// golden compares got with a file below testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// everything is a report with every outcome and kind of finding.
func everything(t *testing.T) Report {
	t.Helper()
	list := []Check{
		sample("licence", Result{Outcome: Pass, Title: "Apache-2.0", Facts: map[string]any{"ids": []string{"Apache-2.0"}}}, nil),
		sample("manifest", Result{Outcome: Pass, Title: "Two things are wrong", Findings: []Finding{
			{Rule: "manifest/bad", Severity: Failure, Path: "plugin.json", Line: 3, EndLine: 4, Message: "The id is <empty>.", Fix: "Give it one."},
			{Rule: "manifest/odd", Severity: Warning, Path: "assets/icon.svg", Message: "The icon is odd.", Fix: "Look at it."},
		}}, nil),
		sample("starter-template", Result{Outcome: Review, Title: "One thing is odd", Findings: []Finding{
			{Rule: "starter-template/odd", Severity: Notice, Message: "Nothing is derived.", Fix: "Nothing has to be done."},
			{Rule: "starter-template/odd", Severity: Notice, Path: "Makefile", Message: "This file is built with, and differs from every version of the template.", Fix: "Look at it; reviewers will."},
			{Rule: "starter-template/odd", Severity: Notice, Path: "build/x.sh", Message: "No version of the template has this file.", Fix: "Look at it; reviewers will."},
			{Rule: "starter-template/odd", Severity: Notice, Path: "build/a b.sh", Line: 7, Message: "This file is built with, and differs from every version of the template.", Fix: "Look at it; reviewers will."},
		}}, nil),
		sample("nightly", Result{}, errors.New("no network")),
		sample("release", Result{Outcome: Pass, Title: "No release yet", Findings: []Finding{
			{Rule: "release/bad", Severity: Failure, Message: "Nothing is released.", Fix: "Add a workflow that publishes a release of each tag, as this one does.\n\n# .github/workflows/release.yml\non:\n  push:\n\n    tags: [v*]\n"},
		}}, nil),
	}
	report := RunAll(zerolog.Nop().WithContext(t.Context()), list, Subject{Tree: strings.Repeat("1", 40), Commit: strings.Repeat("2", 40)}, nil)
	report.Subject.Path = "."
	return report
}

func TestReportForPeople(t *testing.T) {
	var plain, coloured bytes.Buffer
	report := everything(t)
	require.NoError(t, report.WriteText(&plain, false, 0))
	require.NoError(t, report.WriteText(&coloured, true, 80))
	golden(t, "report.txt", plain.Bytes())
	golden(t, "report-colour.txt", coloured.Bytes())
}

func TestTheReportEndsWithTheNextStep(t *testing.T) {
	said := func(outcome Outcome, severities ...Severity) string {
		r := Result{Check: "a", Outcome: outcome}
		for _, s := range severities {
			r.Findings = append(r.Findings, Finding{Rule: "a/b", Severity: s, Message: "M.", Fix: "F."})
		}
		var out bytes.Buffer
		require.NoError(t, Report{Outcome: outcome, Checks: []Result{r}}.WriteText(&out, false, 0))
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		return lines[len(lines)-1]
	}
	assert.Equal(t, "Everything passes.", said(Pass))
	assert.Equal(t, "Everything passes. What is marked • is good to know; nothing of it stops the plugin.", said(Pass, Notice))
	assert.Equal(t, "Not yet: 2 things to fix. Next: fix what is marked ✗, and run this again.", said(Fail, Failure, Warning, Failure))
	assert.Equal(t, "Not yet: some things to fix. Next: fix what is marked ✗, and run this again.", said(Fail))
	assert.Equal(t, "Nearly: 1 thing for a person to look at. Next: fix what is marked ? if you can; an admin decides about the rest during the onboarding.", said(Review, Warning))
	assert.Equal(t, "Undecided: what is marked ! could not be checked, and the log says why. Next: run this again.", said(Error, Failure))
}

// TestWrappingLosesNothing holds any text and width: the words stay, no line is
// wider than the page unless it is one word.
func TestWrappingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zü]{0,30}( [a-zü]{0,30}){0,20}`).Draw(t, "text")
		p := page{width: rapid.IntRange(narrowed, widest).Draw(t, "width")}
		lines := strings.Split(strings.TrimSuffix(p.wrapped("  → ", "    ", text), "\n"), "\n")
		words := strings.TrimPrefix(lines[0], "  → ")
		for _, line := range lines[1:] {
			words += " " + strings.TrimPrefix(line, "    ")
		}
		require.Equal(t, text, words)
		for _, line := range lines {
			require.True(t, utf8.RuneCountInString(line) <= p.width || !strings.Contains(line[len("    "):], " "), line)
		}
	})
}

func TestReportForPrograms(t *testing.T) {
	var out bytes.Buffer
	report := everything(t)
	require.NoError(t, report.WriteJSON(&out))
	golden(t, "report.json", out.Bytes())
}

func TestReportOfUncommittedChangesHasNoCommit(t *testing.T) {
	var out bytes.Buffer
	report := RunAll(t.Context(), []Check{sample("a", Result{Outcome: Pass, Title: "fine"}, nil)}, Subject{Tree: "3"}, nil)
	require.NoError(t, report.WriteJSON(&out))
	golden(t, "dirty.json", out.Bytes())
}

func TestNoCheckIsNoPass(t *testing.T) {
	assert.Equal(t, Error, RunAll(t.Context(), nil, Subject{}, nil).Outcome)
}

func TestAFailingCheckStopsNoOther(t *testing.T) {
	var log bytes.Buffer
	ctx := zerolog.New(&log).WithContext(t.Context())
	var told []string
	list := []Check{sample("a", Result{}, errors.New("no network")), sample("b", Result{Outcome: Pass}, nil)}
	report := RunAll(ctx, list, Subject{}, func(c Check) { told = append(told, c.Name) })
	assert.Equal(t, []string{"a", "b"}, told)
	assert.Equal(t, Pass, report.Checks[1].Outcome)
	assert.Equal(t, Error, report.Outcome)
	assert.Contains(t, log.String(), "no network")
}

func TestDigestChangesWithWhatWasFound(t *testing.T) {
	base := []Result{{Check: "a", Outcome: Fail, Findings: []Finding{{Rule: "a/x", Path: "f", Line: 1}, {Rule: "a/y"}}}, {Check: "b", Outcome: Pass}}
	same := []Result{{Check: "b", Outcome: Pass, Title: "other"}, {Check: "a", Outcome: Fail, Findings: []Finding{{Rule: "a/y", Message: "other"}, {Rule: "a/x", Path: "f", Line: 1}}}}
	assert.Equal(t, digest(base), digest(same), "neither order nor texts count")
	for name, change := range map[string]func([]Result){
		"outcome":          func(r []Result) { r[1].Outcome = Review },
		"rule":             func(r []Result) { r[0].Findings[0].Rule = "a/z" },
		"path":             func(r []Result) { r[0].Findings[0].Path = "g" },
		"line":             func(r []Result) { r[0].Findings[0].Line = 2 },
		"newline in paths": func(r []Result) { r[0].Findings[0].Path = "f\t1\nb" },
	} {
		t.Run(name, func(t *testing.T) {
			changed := []Result{base[0], base[1]}
			changed[0].Findings = slices.Clone(base[0].Findings)
			change(changed)
			assert.NotEqual(t, digest(base), digest(changed))
		})
	}
}

func TestAttackTerminalCharactersInReport(t *testing.T) {
	evil := "x\x1b[2J\x1b]0;t\a\r\n\u202egnp\u200b\x9b\xff"
	report := Report{Outcome: Fail, Checks: []Result{{Check: "a", Outcome: Fail, Title: evil, Findings: []Finding{
		{Rule: "a/bad", Severity: Failure, Path: evil, Line: 1, Message: evil, Fix: evil},
	}}}}
	var out bytes.Buffer
	require.NoError(t, report.WriteText(&out, false, 0))
	for _, r := range strings.ReplaceAll(out.String(), "\n", "") {
		assert.True(t, unicode.IsPrint(r), "%q in %q", r, out.String())
	}
	assert.Equal(t, 7, strings.Count(out.String(), "\n"), "no line can be forged")
	assert.Contains(t, out.String(), `x\x1b[2J\x1b]0;t\a\r\n\u202egnp\u200b\x9b\xff:1`)
}

func TestAttackTerminalCharactersInAnExample(t *testing.T) {
	report := Report{Outcome: Fail, Checks: []Result{{Check: "a", Outcome: Fail, Findings: []Finding{
		{Rule: "a/bad", Severity: Failure, Message: "M.", Fix: "F.\n\n\tx\x1b[2J\u202e\r\n\ry\n"},
	}}}}
	var out bytes.Buffer
	require.NoError(t, report.WriteText(&out, false, 80))
	assert.Contains(t, out.String(), "\n\n          x\\x1b[2J\\u202e\n      \\ry\n\n")
	for _, r := range strings.ReplaceAll(out.String(), "\n", "") {
		assert.True(t, unicode.IsPrint(r), "%q in %q", r, out.String())
	}
}

func TestAttackPrintableHoldsForAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got := printable(string(rapid.SliceOf(rapid.Byte()).Draw(t, "text")))
		require.True(t, utf8.ValidString(got))
		require.Equal(t, -1, strings.IndexFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }))
	})
}
