package checks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

const (
	sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifHome   = "https://github.com/onboard-app/onboard"
	sarifHelp   = sarifHome + "/blob/main/docs/checks.md#" // and the check's name
	// sarifPlace is where a finding about no file is shown: GitHub refuses a
	// whole file of results if one of them is nowhere.
	sarifPlace = "plugin.json"
)

// The part of SARIF 2.1.0 that GitHub code scanning reads.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		ShortDescription sarifText    `json:"shortDescription"`
		FullDescription  sarifText    `json:"fullDescription"`
		Help             sarifText    `json:"help"`
		HelpURI          string       `json:"helpUri"`
		Default          sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool `json:"executionSuccessful"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
		EndLine   int `json:"endLine,omitempty"`
	}
)

// WriteSARIF writes the report as SARIF 2.1.0, as GitHub code scanning takes
// it. The rules are documented from the checks that ran, if they are given,
// else from the findings. A check that could not look is a result too, of the
// rule "<check>/could-not-check": without any, GitHub would take its earlier
// alerts for fixed.
func (r Report) WriteSARIF(w io.Writer, list ...Check) error {
	s := sarifWriter{index: map[string]int{}, seen: map[string]int{}, rules: []sarifRule{}, results: []sarifResult{}}
	for _, check := range list {
		for _, rule := range check.Rules {
			s.rule(rule)
		}
	}
	looked := true
	for _, result := range r.Checks {
		findings := result.Findings
		if result.Outcome == Error {
			looked = false
			findings = append(slices.Clone(findings), Finding{
				Rule: result.Check + "/could-not-check", Severity: Failure,
				Message: fmt.Sprintf("The check %s could not be made: %s.", result.Check, result.Title),
				Fix:     "Run the check again; its log says more.",
			})
		}
		for _, f := range findings {
			s.finding(f)
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{{
		Tool:        sarifTool{sarifDriver{Name: "Onboard", InformationURI: sarifHome, Rules: s.rules}},
		Invocations: []sarifInvocation{{looked}}, ColumnKind: "unicodeCodePoints", Results: s.results,
	}}}); err != nil {
		return fmt.Errorf("write the report as SARIF: %w", err)
	}
	return nil
}

// sarifWriter gathers the rules and results of a run.
type sarifWriter struct {
	rules   []sarifRule
	index   map[string]int // of each rule's id
	results []sarifResult
	seen    map[string]int // how often a fingerprint's text came before
}

// rule returns the index of a rule, added if it is new.
func (s *sarifWriter) rule(rule Rule) int {
	if i, ok := s.index[rule.ID]; ok {
		return i
	}
	s.index[rule.ID] = len(s.rules)
	check, _, _ := strings.Cut(rule.ID, "/")
	s.rules = append(s.rules, sarifRule{
		ID: rule.ID, ShortDescription: sarifText{rule.Summary}, FullDescription: sarifText{rule.Summary},
		Help: sarifText{rule.Fix}, HelpURI: sarifHelp + check, Default: sarifDefault{sarifLevel(rule.Severity)},
	})
	return len(s.rules) - 1
}

// finding adds a finding.
func (s *sarifWriter) finding(f Finding) {
	advice, _ := f.Advice() // an alert has no room for an example
	index := s.rule(Rule{ID: f.Rule, Severity: f.Severity, Summary: "Findings of the rule " + f.Rule + ".", Fix: advice})
	region := sarifRegion{StartLine: max(1, f.Line)}
	if f.EndLine > f.Line && f.Line > 0 {
		region.EndLine = f.EndLine
	}
	place := f.Path
	if place == "" {
		place = sarifPlace
	}
	s.results = append(s.results, sarifResult{
		RuleID: f.Rule, RuleIndex: index, Level: sarifLevel(f.Severity),
		Message:      sarifText{sarifPlain(f.Message) + " " + sarifPlain(advice)},
		Locations:    []sarifLocation{{sarifPhysical{sarifArtifact{sarifURI(place)}, region}}},
		Fingerprints: map[string]string{"onboardFinding/v1": s.fingerprint(f)},
	})
}

// fingerprint is the same for the same finding in the next run, also if lines
// above it came or went: it is made of what is said, and of how often it was
// said before. It is not called primaryLocationLineHash, the one that GitHub
// reads: GitHub's upload action makes that of the line's text, and complains
// about one that is another.
func (s *sarifWriter) fingerprint(f Finding) string {
	said := fmt.Sprintf("%s\t%q\t%q", f.Rule, f.Path, f.Message)
	s.seen[said]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\t%d", said, s.seen[said]))
	return hex.EncodeToString(sum[:16])
}

// sarifLevel is the level of a severity.
func sarifLevel(severity Severity) string {
	switch severity {
	case Notice:
		return "note"
	case Warning:
		return "warning"
	default:
		return "error"
	}
}

// sarifURI makes a relative reference of a path, percent-encoded.
func sarifURI(path string) string {
	names := strings.Split(path, "/")
	for i, name := range names {
		names[i] = strings.ReplaceAll(url.PathEscape(name), ":", "%3A") // "a:b" would be the scheme a
	}
	return strings.Join(names, "/")
}

// sarifPlain makes a text of a message that GitHub shows, in alerts and in
// comments on pull requests, as it is: no link, mention, placeholder or control
// character of a plugin's author survives (S19).
func sarifPlain(message string) string {
	const nothing = "\u200b" // has no width; it parts what GitHub would read as one
	var b strings.Builder
	for _, r := range printable(message) {
		switch r {
		case '[', ']', '\\':
			b.WriteString(`\` + string(r) + nothing) // SARIF's own escape: [text](1) is a link in it
		case '@', '#', '{', '<':
			b.WriteString(string(r) + nothing)
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "://", ":"+nothing+"//")
}
