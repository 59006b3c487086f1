package texts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Run is what a check run shows.
type Run struct {
	Title   string // one line, at most titleRunes runes
	Summary string // Markdown
	Text    string // Markdown; "" for none
}

// Limits of the Checks API (github-facts.md section 1) and of what people
// read: GitHub cuts longer titles on the page.
const (
	titleRunes = 80
	maxOutput  = 65_000 // bytes, under GitHub's 65,535 characters
)

// The button of a check run: at most 20 characters, and 40 for what it does
// (github-facts.md section 1).
const (
	RecheckButton      = "Look again"
	RecheckDescription = "Runs this check again now."
)

// RunOf makes the texts of one stage's or gate's check run.
func RunOf(v View, s onboarding.Standing) Run {
	data := v.run(s)
	run := Run{Title: title(data), Summary: summary(data)}
	if len(data.Findings)+len(data.Measured) > 0 || data.ShowsPR() || data.NoPR() || data.Decided() {
		run.Text = clip(render("run-text", data), data.rest())
	}
	return run
}

// Summary is the summary of that check run alone.
func Summary(v View, s onboarding.Standing) string { return summary(v.run(s)) }

func summary(data runData) string { return clip(render("run-summary", data), data.rest()) }

func (v View) run(s onboarding.Standing) runData {
	data := runData{View: v, Standing: s, Findings: v.Findings(s)}
	if s.Result != nil {
		data.Measured = s.Result.Measured
	}
	return data
}

// Findings are what a check found about a stage and, of a release, that nobody
// reviewed some of its code.
func (v View) Findings(s onboarding.Standing) []onboarding.Finding {
	var list []onboarding.Finding
	if s.Result != nil {
		list = s.Result.Findings
	}
	if s.Unreviewed {
		list = append(slices.Clone(list), unreviewed(v, s))
	}
	return list
}

// Decided says in Markdown what people decided about a stage, and about which
// commits they decide; "" if there is nothing to say. A check run says it in its text.
func Decided(v View, s onboarding.Standing) string {
	data := runData{View: v, Standing: s}
	return strings.TrimSpace(clip(render("run-people", data), data.rest()))
}

// unreviewed is the finding about a release with code that nobody reviewed (S3).
func unreviewed(v View, s onboarding.Standing) onboarding.Finding {
	return onboarding.Finding{
		Rule: onboarding.UnreviewedCode, Severity: "warning", Message: Line(render("unreviewed-message", s)), Fix: Line(render("unreviewed-fix", v)),
	}
}

// rest says where people find what a text that is too long does not show.
func (d runData) rest() string {
	if d.Standing.Kind != onboarding.Automatic && d.View.Pull != nil {
		return d.View.restInTree()
	}
	return "`onboard check` in the plugin's folder prints all of it."
}

// title is shown as plain text, so it is only made printable and short.
func title(data runData) string {
	return Truncate(Line(render("run-title", data)), titleRunes)
}

// RunTitle is the title of a stage's or gate's check run.
func (v View) RunTitle(name string) string {
	s, _ := v.Verdict.Standing(name)
	return title(runData{View: v, Standing: s})
}

// runData is what the templates of run.tmpl are filled in with.
type runData struct {
	View     View
	Standing onboarding.Standing
	Findings []onboarding.Finding
	Measured []onboarding.Measure
}

// ShowsPR tells whether the check run names the commits of the review PR: only
// the App can write there (S15).
func (d runData) ShowsPR() bool {
	return d.Standing.Kind == onboarding.Review && d.View.ReviewedCode() && !d.Moved()
}

// Moved tells whether the check run is gone on with on the review PR.
func (d runData) Moved() bool { return d.View.Moved && d.Standing.State == onboarding.Cancelled }

// NoPR tells whether the check run says why there is no review PR: one would show
// nothing, and reviewers decide by command, or they cannot decide. Only the App can
// write there (S15).
func (d runData) NoPR() bool {
	no, s := d.View.Record.NoReviewPR, d.Standing
	return s.Kind == onboarding.Review && no != nil && (no.Unchanged == s.Subject || s.Subject == "") && s.State != onboarding.Later
}

// Former tells whether an approval was given in a review PR whose place another one
// took, or is to take.
func (d runData) Former(approval onboarding.Decision) bool {
	pr := d.View.Record.ReviewPR
	return approval.Pull != 0 && (pr == nil || pr.Number != approval.Pull)
}

// Decided tells whether people decided something that the check run lists.
func (d runData) Decided() bool {
	return len(d.Standing.Approvals)+len(d.Standing.Void)+len(d.Standing.Waivers) > 0 || d.Standing.Objection != nil
}

// Missing says what a review or a sign-off waits for, as "1 of 2 approvals, none
// of security"; "" if there is nothing to count.
func (d runData) Missing() string {
	s := d.Standing
	if s.Kind != onboarding.Review || s.Needs == 0 {
		return ""
	}
	text := fmt.Sprintf("%d of %d approvals", min(len(s.Approvals), s.Needs), s.Needs)
	for _, seat := range s.Seats {
		text += ", none of " + Party(onboarding.Party(seat))
	}
	return text
}

// Gone is the role that the stage waits for and that nobody can have any more; ""
// if there is none.
func (d runData) Gone() onboarding.Role {
	for _, role := range append([]onboarding.Role{onboarding.Role(d.Standing.Turn)}, d.Standing.Seats...) {
		if d.Standing.State == onboarding.Waiting && slices.Contains(d.View.Gone, role) {
			return role
		}
	}
	return ""
}

// Command is what the people say whose turn it is, "" for a review, which they
// give on the review PR.
func (d runData) Command() string {
	s := d.Standing
	switch {
	case !s.Approvable() || s.Turn == onboarding.Author || s.Subject == "":
		return ""
	case s.Kind == onboarding.Review && d.View.Reviewed():
		return ""
	case d.AboutBundle():
		return fmt.Sprintf("/onboard approve %s %.12s", s.Name, s.Subject)
	default:
		return "/onboard approve " + s.Name
	}
}

// AboutBundle tells whether the stage is about a bundle, whose sha256 is its
// subject.
func (d runData) AboutBundle() bool {
	return d.Standing.Kind == onboarding.SignOff && len(d.Standing.Subject) == 64
}

// Appealable is the first rule that fails, against which the author may appeal;
// "" if none does.
func (d runData) Appealable() string {
	for _, f := range d.Findings {
		if f.Severity == "failure" {
			return f.Rule
		}
	}
	return ""
}

// HalfWaived tells whether one admin waived a sensitive stage, and a second is
// waited for.
func (d runData) HalfWaived() bool {
	s := d.Standing
	return len(s.Waivers) > 0 && s.State == onboarding.Waiting && s.Turn == onboarding.Party(onboarding.Admin)
}

// SecondBy is by when the second admin must waive a sensitive stage, for both
// waivers to count.
func (d runData) SecondBy() time.Time {
	last := d.Standing.Waivers[len(d.Standing.Waivers)-1]
	return last.At.Add(onboarding.SensitiveWithin)
}

// goAhead is what a start waits for, in the middle of a sentence.
const goAhead = "the team's go-ahead"

// GoAhead tells whether the stage waits for somebody to accept the start.
func (d runData) GoAhead() bool { return slices.Contains(d.Opens(), goAhead) }

// Opens lists what a stage that is not open yet waits for.
func (d runData) Opens() []string {
	people := slices.ContainsFunc(d.Standing.Awaits, func(name string) bool {
		s, _ := d.View.Verdict.Standing(name)
		return s.Kind != onboarding.Automatic
	})
	if d.Standing.Accept && !people { // else what it waits for needs the go-ahead already
		return append(slices.Clone(d.Standing.Awaits), goAhead)
	}
	if len(d.Standing.Awaits) == 0 && d.View.Record.Held != nil {
		return []string{"the hold"}
	}
	return d.Standing.Awaits
}

// Party names who acts, for people.
func Party(p onboarding.Party) string {
	switch p {
	case onboarding.Author:
		return "the author"
	case onboarding.RoleHolders:
		return "the reviewing team"
	case onboarding.Party(onboarding.CoreCommitter):
		return "core committers"
	case onboarding.Party(onboarding.QA):
		return "QA"
	case onboarding.Party(onboarding.PM):
		return "PM"
	case onboarding.Party(onboarding.Admin):
		return "admins"
	default:
		return string(p)
	}
}

// lineSuffix is ":12" for line 12 and "" for no line.
func lineSuffix(line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(":%d", line)
}
