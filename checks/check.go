// Package checks says what a check is, what it looks at and what it finds.
//
// A check is one value of type Check in a package of its own, listed in
// checks/all. It sees a Subject, made from a GitHub repository at a commit or
// from a local folder, and never GitHub, a clock or the database; so
// `onboard check .` on a laptop finds what the App finds.
package checks

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Outcome is what a check decided. Checks fail closed: only Pass passes.
type Outcome string

// The four outcomes of check-rules.md.
const (
	Pass   Outcome = "pass"
	Review Outcome = "review" // a person must look
	Fail   Outcome = "fail"
	Error  Outcome = "error" // could not check: network, rate limit, crash; retried
)

// outcomesByWeight orders the outcomes from the best to the worst.
var outcomesByWeight = map[Outcome]int{Pass: 0, Review: 1, Fail: 2, Error: 3}

// Worse returns the worse of two outcomes: error > fail > review > pass.
// An unknown outcome is taken for Error.
func Worse(a, b Outcome) Outcome {
	for _, o := range []Outcome{a, b} {
		if _, known := outcomesByWeight[o]; !known {
			return Error
		}
	}
	if outcomesByWeight[b] > outcomesByWeight[a] {
		return b
	}
	return a
}

// Severity is how much one finding weighs.
type Severity string

// The severities, named as GitHub names the levels of annotations.
const (
	Failure Severity = "failure" // the check fails
	Warning Severity = "warning" // a person must look
	Notice  Severity = "notice"  // good to know
)

// Outcome is the outcome of a check whose worst finding has this severity.
// An unknown severity counts as a failure.
func (s Severity) Outcome() Outcome {
	switch s {
	case Notice:
		return Pass
	case Warning:
		return Review
	default:
		return Fail
	}
}

// Finding is one thing that a check found. Its texts quote what is in the
// plugin as it is: whoever shows them escapes them for where they go (S19).
type Finding struct {
	Rule     string   `json:"rule"` // "licence/unknown-text": stable, one of the check's Rules
	Severity Severity `json:"severity"`
	Path     string   `json:"path,omitempty"` // slash-separated, from the root of the tree; "" if about no file
	Line     int      `json:"line,omitempty"` // from 1; 0 if about no line
	EndLine  int      `json:"end_line,omitempty"`
	Message  string   `json:"message"` // one sentence: what is wrong
	Fix      string   `json:"fix"`     // one sentence: how to fix it; see Advice
}

// Advice parts the fix into its sentence and the example that may follow it
// after an empty line: a text of several lines to be copied, such as a workflow.
func (f Finding) Advice() (sentence, example string) {
	sentence, example, _ = strings.Cut(f.Fix, "\n\n")
	return sentence, example
}

// Result is what one check says about one subject.
type Result struct {
	Check    string         `json:"name"`
	Outcome  Outcome        `json:"outcome"`
	Title    string         `json:"title"` // one line, at most 80 runes
	Findings []Finding      `json:"findings"`
	Facts    map[string]any `json:"facts"` // what was measured, e.g. "ids" of the licences
}

// Add appends a finding and worsens the outcome accordingly.
func (r *Result) Add(f Finding) {
	r.Findings = append(r.Findings, f)
	r.Outcome = Worse(r.Outcome, f.Severity.Outcome())
}

// Rule documents one kind of finding; help, docs and SARIF are made from it.
type Rule struct {
	ID       string // "licence/missing"
	Severity Severity
	Summary  string // one sentence: what the rule looks for
	Fix      string // one sentence: how to fix it

	// Asks: it asks the author for something that was not given yet; nothing
	// that is there is wrong. Until it is given the author's turn it is.
	Asks bool

	// Outside: it may come true though neither the plugin's commit nor the bundle
	// changed: time went by, or something elsewhere is gone or was added.
	Outside bool
}

// Under returns the rule as the check states it: the helper's rule
// "bundle/not-gzip" is "release/bundle-not-gzip" under the check release.
func (r Rule) Under(check string) Rule {
	r.ID = check + "/" + strings.ReplaceAll(r.ID, "/", "-")
	return r
}

// NewFinding returns a finding of one of the rules, with the rule's severity
// and fix. It panics if the id is none of theirs, which Run makes an error.
func NewFinding(rules []Rule, id, message string) Finding {
	rule := rules[slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })]
	return Finding{Rule: id, Severity: rule.Severity, Message: message, Fix: rule.Fix}
}

// Shorten cuts a text to at most n runes, an ellipsis included.
func Shorten(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return text
}

// Check is one automated check.
type Check struct {
	Name  string // the stage it decides, e.g. "licence"
	Doc   string // one paragraph for people
	Rules []Rule

	// Online: it looks at more than the tree, so its result is not the same
	// each time and is no part of a report's digest.
	Online bool

	// Reads tells which files of the tree an online check reads, all of them
	// small: its next look at the same tree gets those and no others. It is nil
	// for the other checks.
	Reads func(path string) bool

	// Run looks at the subject. It returns an error only if it could not look
	// (a file could not be read): what it found wrong are findings.
	Run func(ctx context.Context, subject Subject) (Result, error)
}

// File is one file of a tree.
type File struct {
	Path string // slash-separated, from the root
	Mode Mode
	SHA  string // git blob SHA-1, 40 hex digits
	Size int64  // bytes
}

// Mode is the kind of a tree entry, as git writes it.
type Mode string

// The kinds of entries that a check meets; folders are not listed.
const (
	Regular    Mode = "100644"
	Executable Mode = "100755"
	Symlink    Mode = "120000" // its content is the target's path
	Submodule  Mode = "160000" // has no content
)

// Subject is what a check looks at: one tree of files.
type Subject struct {
	Commit string // 40 hex digits; "" for a folder with changes that are not committed
	Tree   string // git tree SHA-1 of the files
	Files  []File // sorted by path

	// Read returns the content of a file of Files; of a symlink, the target's
	// path. It fails if the file is larger than limit bytes.
	Read func(ctx context.Context, file File, limit int64) ([]byte, error)

	// What only the App knows, for the manifest's check (S5).

	Owner    string // login of the repository's owner; "" for a folder
	PluginID string // the id that the plugin had when it first passed; "" if it has not
	// Taken tells whether another repository's plugin is onboarded under an id: which
	// one is not told, since it may be private. The function is nil for a folder.
	Taken func(ctx context.Context, id string) (bool, error)

	// What follows is looked at by the checks of builds only.

	Repository string    // its web address, "https://github.com/owner/name"; "" for a folder
	Now        time.Time // when the look began
	NightlyURL string    // where the latest build is; "" if nobody gave it
	Nightly    *Previous // the last look at that build; nil at the first

	// CommitTime finds a commit of the repository by its SHA, the SHA's first
	// digits or "tags/<name>", and says when it was committed. Its error is an
	// fs.ErrNotExist if there is none. The function is nil for a folder.
	CommitTime func(ctx context.Context, ref string) (sha string, at time.Time, err error)

	// Releases lists the repository's releases, in any order; all of them that
	// everybody sees. The function is nil for a folder.
	Releases    func(ctx context.Context) ([]Release, error)
	LastRelease *Previous // the last look at them that has facts; nil at the first
}

// Release is one release of a repository.
type Release struct {
	Tag         string
	Name        string
	Commit      string // the tag's, 40 hex digits; "" if CommitTime has to find it. Never what the release names as its target: a branch moves
	Draft       bool
	Prerelease  bool
	Immutable   bool // neither its tag nor its files can be changed
	PublishedAt time.Time
	Assets      []Asset // those whose upload is finished
}

// Asset is one file of a release.
type Asset struct {
	ID     int64 // a file that is uploaded again has another one
	Name   string
	Size   int64  // bytes
	Digest string // "sha256:" and 64 hex digits, made by GitHub; "" for files older than that
	URL    string // where everybody downloads it
}

// Previous is an earlier look of a check at something outside the repository.
type Previous struct {
	URL    string    // what was looked at
	At     time.Time // when
	Result Result    // what came out; it may have been through JSON
}

// Find returns the file at path.
func (s Subject) Find(path string) (File, bool) {
	lo, hi := 0, len(s.Files)
	for lo < hi {
		if mid := (lo + hi) / 2; s.Files[mid].Path < path {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(s.Files) && s.Files[lo].Path == path {
		return s.Files[lo], true
	}
	return File{}, false
}

// Run runs one check and fails closed: an error, a panic, an outcome that is
// none of ours or a finding of a rule that the check does not document becomes
// the outcome Error, with the reason in the title and the cause returned for
// the log. The outcome is never better than the findings.
func Run(ctx context.Context, check Check, subject Subject) (result Result, cause error) {
	defer func() {
		if p := recover(); p != nil {
			cause = fmt.Errorf("check %s crashed on tree %s: %v\n%s", check.Name, subject.Tree, p, debug.Stack())
			result = failed(check, "The check crashed")
		}
	}()
	result, err := check.Run(ctx, subject)
	if err != nil {
		return failed(check, "The check could not look"), fmt.Errorf("run check %s on tree %s: %w", check.Name, subject.Tree, err)
	}
	if err := check.sound(result); err != nil {
		return failed(check, "The check is broken"), fmt.Errorf("result of check %s on tree %s: %w", check.Name, subject.Tree, err)
	}
	result.Check = check.Name
	result.Findings = append([]Finding{}, result.Findings...)
	for _, f := range result.Findings {
		result.Outcome = Worse(result.Outcome, f.Severity.Outcome())
	}
	if result.Facts == nil {
		result.Facts = map[string]any{}
	}
	return result, nil
}

// Outside tells whether one of the check's rules is about more than the plugin's
// commit and the bundle.
func (c Check) Outside(rule string) bool {
	return slices.ContainsFunc(c.Rules, func(r Rule) bool { return r.ID == rule && r.Outside })
}

// AsksOnly tells whether all that fails in a result is asked for and was not
// given yet.
func (c Check) AsksOnly(result Result) bool {
	asks := false
	for _, f := range result.Findings {
		if f.Severity != Failure {
			continue
		}
		i := slices.IndexFunc(c.Rules, func(r Rule) bool { return r.ID == f.Rule })
		if i < 0 || !c.Rules[i].Asks {
			return false
		}
		asks = true
	}
	return asks
}

// sound fails if the result has what the check may not say.
func (c Check) sound(result Result) error {
	if _, ok := outcomesByWeight[result.Outcome]; !ok {
		return fmt.Errorf("unknown outcome %q", result.Outcome)
	}
	for _, f := range result.Findings {
		if !slices.ContainsFunc(c.Rules, func(r Rule) bool { return r.ID == f.Rule }) {
			return fmt.Errorf("finding of the undocumented rule %q", f.Rule)
		}
	}
	return nil
}

// failed is the result of a check that could not look.
func failed(check Check, title string) Result {
	return Result{Check: check.Name, Outcome: Error, Title: title, Findings: []Finding{}, Facts: map[string]any{}}
}
