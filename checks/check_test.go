package checks

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sample is a documented check that returns the result.
func sample(name string, result Result, err error) Check {
	return Check{
		Name: name, Doc: "A sample.",
		Rules: []Rule{
			{ID: name + "/bad", Severity: Failure, Summary: "Nothing is bad.", Fix: "Make it good."},
			{ID: name + "/odd", Severity: Warning, Summary: "Nothing is odd.", Fix: "Make it even."},
		},
		Run: func(context.Context, Subject) (Result, error) { return result, err },
	}
}

func TestRun(t *testing.T) {
	crash := sample("crash", Result{}, nil)
	crash.Run = func(context.Context, Subject) (Result, error) { panic("boom") }
	tests := []struct {
		name    string
		check   Check
		outcome Outcome
		title   string
		cause   string
	}{
		{"a pass stays a pass", sample("a", Result{Outcome: Pass, Title: "fine"}, nil), Pass, "fine", ""},
		{"an error could not look", sample("a", Result{Outcome: Pass}, errors.New("no network")), Error, "The check could not look", "run check a on tree 1234: no network"},
		{"a panic is a crash", crash, Error, "The check crashed", "check crash crashed on tree 1234: boom"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result, cause := Run(t.Context(), test.check, Subject{Tree: "1234"})
			assert.Equal(t, test.check.Name, result.Check)
			assert.Equal(t, test.outcome, result.Outcome)
			assert.Equal(t, test.title, result.Title)
			assert.NotNil(t, result.Findings)
			assert.NotNil(t, result.Facts)
			if test.cause == "" {
				assert.NoError(t, cause)
			} else {
				assert.ErrorContains(t, cause, test.cause)
			}
		})
	}
}

func TestAttackABrokenCheckNeverPasses(t *testing.T) {
	for name, result := range map[string]Result{
		"without an outcome":                     {},
		"with an unknown outcome":                {Outcome: "great"},
		"with an undocumented rule":              {Outcome: Pass, Findings: []Finding{{Rule: "a/other", Severity: Notice}}},
		"with another check's rule":              {Outcome: Pass, Findings: []Finding{{Rule: "b/bad", Severity: Notice}}},
		"passing with a finding that is failure": {Outcome: Pass, Findings: []Finding{{Rule: "a/bad", Severity: Failure}}},
		"passing with an unknown severity":       {Outcome: Pass, Findings: []Finding{{Rule: "a/bad", Severity: "mild"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := Run(t.Context(), sample("a", result, nil), Subject{})
			assert.NotEqual(t, Pass, got.Outcome)
		})
	}
}

func TestFindFindsEveryFileAndNoOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paths := rapid.SliceOfDistinct(rapid.StringMatching(`[a-c/.]{1,4}`), rapid.ID).Draw(t, "paths")
		s := Subject{}
		known := map[string]bool{}
		for _, p := range paths {
			known[p] = true
		}
		for _, p := range sorted(known) {
			s.Files = append(s.Files, File{Path: p})
		}
		path := rapid.OneOf(rapid.StringMatching(`[a-c/.]{1,4}`), rapid.SampledFrom(append(paths, "x"))).Draw(t, "path")
		file, ok := s.Find(path)
		require.Equal(t, known[path], ok)
		if ok {
			require.Equal(t, path, file.Path)
		}
	})
}

func TestWorseIsTheMaximum(t *testing.T) {
	order := []Outcome{Pass, Review, Fail, Error}
	for i, a := range order {
		for j, b := range order {
			assert.Equal(t, order[max(i, j)], Worse(a, b))
		}
		assert.Equal(t, Error, Worse(a, "new"), "an unknown outcome counts as an error")
	}
}

func TestValidate(t *testing.T) {
	good := sample("a", Result{}, nil)
	change := func(f func(*Check)) Check {
		c := sample("b", Result{}, nil)
		f(&c)
		return c
	}
	tests := []struct {
		name string
		list []Check
		says string
	}{
		{"a good list is fine", []Check{good, sample("b", Result{}, nil)}, ""},
		{"two of one name", []Check{good, good}, `check "a": there are two of this name`},
		{"no doc", []Check{change(func(c *Check) { c.Doc = "" })}, `check "b": it has no doc`},
		{"no run", []Check{change(func(c *Check) { c.Run = nil })}, `check "b": it has no function to run`},
		{"no rules", []Check{change(func(c *Check) { c.Rules = nil })}, `check "b": it has no rules`},
		{"a rule of another check", []Check{change(func(c *Check) { c.Rules[0].ID = "a/bad" })}, `the id of rule "a/bad" does not start with "b/"`},
		{"a rule without a name", []Check{change(func(c *Check) { c.Rules[0].ID = "b/" })}, `the id of rule "b/"`},
		{"two rules of one id", []Check{change(func(c *Check) { c.Rules[1].ID = "b/bad" })}, `there are two rules "b/bad"`},
		{"a rule without a fix", []Check{change(func(c *Check) { c.Rules[0].Fix = "" })}, `rule "b/bad" has no summary or no fix`},
		{"a rule of an unknown severity", []Check{change(func(c *Check) { c.Rules[0].Severity = "mild" })}, `rule "b/bad" has the unknown severity "mild"`},
		{"a name that is none", []Check{sample("B b", Result{}, nil)}, `check "B b": its name is not made of a-z, 0-9 and -`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Validate(test.list)
			if test.says == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, test.says)
			}
		})
	}
}
