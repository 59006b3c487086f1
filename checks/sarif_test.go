package checks

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sarif writes a report and reads it again as any program would.
func sarif(t require.TestingT, report Report, list ...Check) map[string]any {
	var out bytes.Buffer
	require.NoError(t, report.WriteSARIF(&out, list...))
	var log map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &log))
	return log
}

// dig follows keys and indexes into decoded JSON; what is not there is nil.
func dig(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

// acceptable asserts what GitHub's "SARIF support for code scanning" calls required.
func acceptable(t require.TestingT, log map[string]any) {
	assert.Equal(t, "2.1.0", log["version"])
	assert.NotEmpty(t, log["$schema"])
	runs, _ := log["runs"].([]any)
	require.Len(t, runs, 1)
	assert.NotEmpty(t, dig(runs[0], "tool", "driver", "name"))
	rules, isList := dig(runs[0], "tool", "driver", "rules").([]any)
	require.True(t, isList)
	for _, rule := range rules {
		for _, key := range []string{"shortDescription", "fullDescription", "help"} {
			assert.NotEmpty(t, dig(rule, key, "text"), "%v has no %s", rule, key)
		}
		assert.Contains(t, []any{"error", "warning", "note"}, dig(rule, "defaultConfiguration", "level"))
		assert.Regexp(t, `^https://github\.com/[a-z/.-]+#[a-z0-9-]+$`, dig(rule, "helpUri"))
	}
	results, isList := dig(runs[0], "results").([]any)
	require.True(t, isList, "results must be a list, even an empty one")
	for _, result := range results {
		index, _ := dig(result, "ruleIndex").(float64)
		assert.Equal(t, dig(result, "ruleId"), dig(rules, int(index), "id"))
		assert.Contains(t, []any{"error", "warning", "note"}, dig(result, "level"))
		assert.NotEmpty(t, dig(result, "message", "text"))
		assert.NotEmpty(t, dig(result, "partialFingerprints"))
		place := dig(result, "locations", 0, "physicalLocation")
		uri, _ := dig(place, "artifactLocation", "uri").(string)
		parsed, err := url.Parse(uri)
		require.NoError(t, err)
		assert.NotEmpty(t, parsed.Path)
		assert.False(t, parsed.IsAbs() || parsed.Host != "" || strings.HasPrefix(uri, "/"), "%q must be relative", uri)
		start, _ := dig(place, "region", "startLine").(float64)
		assert.GreaterOrEqual(t, start, 1.0)
		if end, given := dig(place, "region", "endLine").(float64); given {
			assert.GreaterOrEqual(t, end, start)
		}
	}
}

func TestReportForCodeScanning(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, everything(t).WriteSARIF(&out))
	golden(t, "report.sarif", out.Bytes())
	acceptable(t, sarif(t, everything(t)))
}

func TestRulesAreDocumentedByTheChecksThatRan(t *testing.T) {
	check := Check{Name: "a", Rules: []Rule{{ID: "a/b", Severity: Notice, Summary: "It is so.", Fix: "Do so."}}}
	log := sarif(t, Report{Checks: []Result{}}, check)
	acceptable(t, log)
	rule := dig(log, "runs", 0, "tool", "driver", "rules", 0)
	assert.Equal(t, "It is so.", dig(rule, "shortDescription", "text"))
	assert.Equal(t, "note", dig(rule, "defaultConfiguration", "level"))
	assert.Equal(t, []any{}, dig(log, "runs", 0, "results"))
}

func TestFaultACheckThatCouldNotLookIsAResult(t *testing.T) {
	log := sarif(t, Report{Outcome: Error, Checks: []Result{{Check: "nightly-build", Outcome: Error, Title: "The check crashed"}}})
	acceptable(t, log)
	assert.Equal(t, false, dig(log, "runs", 0, "invocations", 0, "executionSuccessful"))
	assert.Equal(t, "nightly-build/could-not-check", dig(log, "runs", 0, "results", 0, "ruleId"))
	assert.Equal(t, "error", dig(log, "runs", 0, "results", 0, "level"))
}

func TestAnAlertShowsTheSentenceOfAFixWithoutItsExample(t *testing.T) {
	log := sarif(t, Report{Checks: []Result{{Check: "a", Outcome: Fail, Findings: []Finding{{Rule: "a/b", Severity: Failure, Message: "M.", Fix: "Do so.\n\non: push\n"}}}}})
	acceptable(t, log)
	assert.Equal(t, "M. Do so.", dig(log, "runs", 0, "results", 0, "message", "text"))
	assert.Equal(t, "Do so.", dig(log, "runs", 0, "tool", "driver", "rules", 0, "help", "text"))
}

func TestAttackTextsInCodeScanning(t *testing.T) {
	for name, text := range map[string]string{
		"a link": "[click](https://evil.example)", "a bare link": "see https://evil.example", "a mention": "thanks @everyone",
		"an issue": "closes #1", "markup": "<img src=x>", "a placeholder": "{0}", "a control character": "\x1b[31m\u202e", "broken text": "\xff",
	} {
		t.Run(name, func(t *testing.T) {
			log := sarif(t, Report{Checks: []Result{{Check: "a", Outcome: Fail, Findings: []Finding{{Rule: "a/b", Severity: Failure, Message: text, Fix: "Mend it."}}}}})
			acceptable(t, log)
			shown, _ := dig(log, "runs", 0, "results", 0, "message", "text").(string)
			assert.NotContains(t, shown, text)
			for _, active := range []string{"](", "://", "@e", "#1", "<i", "{0", "\x1b", "\u202e"} {
				assert.NotContains(t, shown, active)
			}
		})
	}
}

func TestAttackPathsInCodeScanning(t *testing.T) {
	for path, want := range map[string]string{
		"https://evil.example/x": "https%3A//evil.example/x",
		"a:b/c d?e#f%g":          "a%3Ab/c%20d%3Fe%23f%25g",
		`C:\x`:                   "C%3A%5Cx",
		"ü/\xff":                 "%C3%BC/%FF",
	} {
		assert.Equal(t, want, sarifURI(path))
	}
}

func TestAnyReportIsAcceptable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		finding := rapid.Custom(func(t *rapid.T) Finding {
			line := rapid.IntRange(0, 9).Draw(t, "line")
			return Finding{
				Rule: rapid.StringMatching(`[a-z]{1,3}/[a-z]{1,3}`).Draw(t, "rule"), Severity: rapid.SampledFrom([]Severity{Failure, Warning, Notice, "odd"}).Draw(t, "severity"),
				Path: rapid.StringMatching(`([^/\x00]{1,5}(/[^/\x00]{1,5}){0,2})?`).Draw(t, "path"), Line: line, EndLine: line + rapid.IntRange(0, 2).Draw(t, "more"),
				Message: rapid.String().Draw(t, "message"), Fix: "Mend it.",
			}
		})
		acceptable(t, sarif(t, Report{Checks: []Result{{Check: "a", Outcome: Fail, Findings: rapid.SliceOf(finding).Draw(t, "findings")}}}))
	})
}

func TestAFingerprintStaysWhenLinesMove(t *testing.T) {
	prints := func(findings ...Finding) []any {
		log := sarif(t, Report{Checks: []Result{{Check: "a", Outcome: Fail, Findings: findings}}})
		var list []any
		for i := range findings {
			list = append(list, dig(log, "runs", 0, "results", i, "partialFingerprints", "onboardFinding/v1"))
		}
		return list
	}
	first := Finding{Rule: "a/b", Severity: Failure, Path: "x", Line: 1, Message: "m", Fix: "f"}
	moved := first
	moved.Line = 7
	assert.Equal(t, prints(first), prints(moved))
	two := prints(first, moved)
	assert.NotEqual(t, two[0], two[1], "the same twice in a file is two alerts")
}
