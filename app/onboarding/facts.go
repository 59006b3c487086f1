package onboarding

import (
	"strings"
	"time"
)

// Facts is what was seen at one commit.
type Facts struct {
	Commit string // the source commit looked at, 40 hex digits

	// Results has one entry for each automatic stage that this program has a
	// check for; its outcome is OutcomeNone until that check has looked. A stage
	// without an entry stays later: it never passes.
	Results map[string]Result

	// Since tells, for each commit that something was decided about, what kind
	// of change the plugin's whole difference since then is (S8). A commit
	// without an entry is unknown: what was decided about it counts for nothing.
	Since map[string]Change
}

// LastFacts are the facts as the checks saw them last: of the given ones, those
// that have not looked yet included, at the commit at which the last of them looked.
// What GitHub shows now, only a look finds out.
func (r Record) LastFacts(results map[string]Result, checks []string) Facts {
	facts := Facts{Results: map[string]Result{}, Since: r.ReviewPR.Since()}
	var last time.Time
	for _, name := range checks {
		result := results[name]
		facts.Results[name] = result
		if result.Commit != "" && !result.At.Before(last) { // all look when there is a new commit
			facts.Commit, last = result.Commit, result.At
		}
	}
	return facts
}

// Outcome is what a check decided (check-rules.md).
type Outcome string

// The outcomes of checks, of which only OutcomePass passes.
const (
	OutcomeNone   Outcome = "" // has not looked yet
	OutcomePass   Outcome = "pass"
	OutcomeReview Outcome = "review"
	OutcomeFail   Outcome = "fail"
	OutcomeError  Outcome = "error"
)

// Result is what a check said of a commit.
type Result struct {
	Commit   string // 40 hex digits
	Outcome  Outcome
	Title    string
	Findings []Finding
	Measured []Measure `json:",omitempty"` // for the table in the check run
	Source   string    `json:",omitempty"` // of a release: its tag's commit
	Tagged   string    `json:",omitempty"` // of a release: the commit at which the other checks passed, too, and by what they judged
	Digest   string    `json:",omitempty"` // of the bundle it looked at, sha256 in hex; "" if there is none
	Judge    string    `json:",omitempty"` // program, policy and template by which it was said
	At       time.Time `json:",omitzero"`  // when it looked
	Stale    bool      `json:",omitempty"` // somebody asked to look again

	// Kept says that rules which came later find it worse. They do not count for a
	// stage of a gate that was reached, as long as the plugin and its bundle stay
	// as they are.
	Kept *Kept `json:",omitempty"`

	// Former is, of OutcomeError, what was found before it could not be looked at.
	Former *Result `json:",omitempty"`

	// Asks says of a failing result that the author is asked for something
	// which was not given yet: it is the author's turn, and nothing is wrong.
	Asks bool `json:",omitempty"`

	// Good says that it passed and has not failed since; Turned is when it
	// failed after that, zero if it never was good.
	Good   bool      `json:",omitempty"`
	Turned time.Time `json:",omitzero"`

	// Tries counts the looks that ended in OutcomeError since the last that
	// did not; NextTry is when to look again, zero if that was the last try.
	Tries   int       `json:",omitempty"`
	NextTry time.Time `json:",omitzero"`
}

// Kept is how a result came to stay.
type Kept struct {
	Judge string    // by which it would be worse
	Since time.Time // when it was last found by the rules that count
}

// SameThing tells whether two results are about the same: the plugin's commit, the
// bundle, and the release and the address that it came from.
func (r Result) SameThing(other Result) bool {
	return r.Commit == other.Commit && r.Digest == other.Digest && r.Source == other.Source &&
		r.Measure("url") == other.Measure("url") && r.Measure("tag") == other.Measure("tag")
}

// Measure returns what was measured under a name; "" if nothing was.
func (r Result) Measure(name string) string {
	for _, m := range r.Measured {
		if m.Name == name {
			return m.Value
		}
	}
	return ""
}

// Measure is one thing a check measured, as people read it.
type Measure struct{ Name, Value string }

// Finding is one thing a check found; its texts are as the plugin wrote them.
type Finding struct {
	Rule     string
	Severity string // failure, warning or notice
	Path     string
	Line     int
	EndLine  int
	Message  string
	Fix      string // a sentence, and perhaps an example: see Advice
}

// Advice parts the fix into its sentence and the example that may follow it
// after an empty line: a text of several lines to be copied, such as a workflow.
func (f Finding) Advice() (sentence, example string) {
	sentence, example, _ = strings.Cut(f.Fix, "\n\n")
	return sentence, example
}
