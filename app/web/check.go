package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// CheckDoc documents an automatic check.
type CheckDoc struct {
	Name  string    `json:"name"`  // of the stage that it decides
	Doc   string    `json:"doc"`   // one paragraph
	Rules []RuleDoc `json:"rules"` // all that it may find
}

// RuleDoc documents a rule of a check.
type RuleDoc struct {
	ID       string `json:"id"`       // as findings and appeals name it
	Severity string `json:"severity"` // failure, warning or notice
	Summary  string `json:"summary"`  // what it looks for, one sentence
	Fix      string `json:"fix"`      // how to mend it
}

// StagePage is where one stage or gate of a plugin stands, and why: what its check
// run on GitHub says, and more.
type StagePage struct {
	Repository string `json:"repository"` // "owner/name"
	PluginURL  string `json:"plugin_url"` // path of the plugin's page
	Step
	Author    string `json:"author"`               // login
	Commit    string `json:"commit,omitempty"`     // that was looked at last
	CommitURL string `json:"commit_url,omitempty"` // on GitHub
	Looked    bool   `json:"looked"`               // false: nobody has looked yet
	Summary   string `json:"summary"`              // Markdown, as the check run has it
	Decided   string `json:"decided,omitempty"`    // what people decided about it
	Subject   string `json:"subject,omitempty"`    // what a decision now would be about: a commit, a sha256 or a fingerprint

	Doc      string            `json:"doc,omitempty"`   // of the check
	Rule     *onboarding.Stage `json:"rule,omitempty"`  // of the pipeline; nil for a gate
	Gate     *Gate             `json:"gate,omitempty"`  // what it needs, if it is a gate
	Rules    []RuleDoc         `json:"rules,omitempty"` // of the check
	Commands []StageCommand    `json:"commands"`        // that can be said about it

	Findings []Finding `json:"findings"`        // a part of them, if they are many
	Found    int       `json:"found"`           // how many there are
	Before   int       `json:"before"`          // how many come before those
	After    int       `json:"after,omitempty"` // ask with ?after= this for those that follow; 0 if there are none
	Measured []Measure `json:"measured"`        // by the check

	Turns    []Spent  `json:"turns"`    // how long it was whose turn
	Timeline Timeline `json:"timeline"` // of this stage alone
}

// Finding is one thing that a check found.
type Finding struct {
	Rule     string `json:"rule"`               // its id
	Severity string `json:"severity"`           // failure, warning or notice
	Wants    string `json:"wants,omitempty"`    // what the rule wants
	Path     string `json:"path,omitempty"`     // "" if it is about no file
	Line     int    `json:"line,omitempty"`     // from 1; 0 if it is about no line
	EndLine  int    `json:"end_line,omitempty"` // the last line; 0 for none
	URL      string `json:"url,omitempty"`      // of the file, at the commit that was looked at
	Message  string `json:"message"`            // what is wrong
	Fix      string `json:"fix,omitempty"`      // how to mend it
	Example  string `json:"example,omitempty"`  // a text of several lines, to be copied
}

// Measure is one thing that a check measured.
type Measure struct {
	Name  string `json:"name"`  // of what was measured
	Value string `json:"value"` // in words
}

// StageCommand is something that people can say about a stage.
type StageCommand struct {
	Usage string `json:"usage"` // how to write it
	Doc   string `json:"doc"`   // Markdown
	Who   string `json:"who"`   // may say it, in the middle of a sentence
}

// Bounds of the findings on a page.
const (
	maxFindings   = 40
	findingsBytes = 36_000
	maxMessage    = 1000 // runes
	maxExample    = 4000 // runes
)

// stage is the page of a stage or a gate, which its check run links to.
func (w *Web) stage(v *visit) (page, error) {
	a, err := w.about(v)
	if err != nil {
		return page{}, err
	}
	name := strings.TrimSuffix(v.PathValue("stage"), ".json")
	if !a.pipeline.Has(name) {
		return page{}, &failure{
			status: http.StatusNotFound, Title: "There is no such stage",
			What: "The plugin's page lists the stages and gates that it passes.", Link: pluginURL(a.repository), Label: "To the plugin's page",
		}
	}
	s, _ := a.view.Verdict.Standing(name)
	p := StagePage{
		Repository: texts.Line(a.repository.FullName()), PluginURL: pluginURL(a.repository), Step: a.step(name), Author: texts.Line(a.record.Author.Login),
		Commit: a.view.Facts.Commit, Looked: a.looked, Subject: s.Subject, Measured: []Measure{}, Turns: a.spent(w.Now(), name),
	}
	if p.Commit != "" {
		p.CommitURL = a.view.CommitURL()
	}
	if a.looked {
		p.Summary, p.Decided = strings.TrimSpace(texts.Summary(a.view, s)), texts.Decided(a.view, s)
	}
	w.explain(a, s, &p)
	w.list(v, a, s, &p)
	if p.Timeline, err = w.timeline(v, a, name, historyBytes); err != nil {
		return page{}, err
	}
	return page{name: "check", title: name + " · " + p.Repository, model: p}, nil
}

// explain says what the stage wants, and who may say what about it.
func (w *Web) explain(a *about, s onboarding.Standing, p *StagePage) {
	p.Commands = []StageCommand{}
	for _, gate := range a.pipeline.Gates {
		if gate.Name == s.Name {
			g := a.gate(gate)
			p.Gate = &g
			return
		}
	}
	stage, _ := a.pipeline.Stage(s.Name)
	p.Rule = &stage
	for _, doc := range w.Checks {
		if doc.Name == s.Name && stage.Kind == onboarding.Automatic {
			p.Doc, p.Rules = doc.Doc, doc.Rules
		}
	}
	for _, name := range sayable[stage.Kind] {
		for _, c := range w.Commands {
			if c.Name == name && (name != "nightly" || stage.Name == nightlyBuild) {
				p.Commands = append(p.Commands, commandFor(stage, c))
			}
		}
	}
}

// sayable are the commands about stages of each kind.
var sayable = map[onboarding.Kind][]string{
	onboarding.Automatic: {"recheck", "nightly", "appeal", "approve", "waive", "reopen"},
	onboarding.Review:    {"approve", "request-changes", "decline", "assign", "unassign", "waive", "reopen"},
	onboarding.SignOff:   {"approve", "request-changes", "decline", "assign", "unassign", "waive", "reopen"},
}

// nightlyBuild is the stage that the command nightly is about.
const nightlyBuild = "nightly-build"

// commandFor is a command as it is said about a stage.
func commandFor(stage onboarding.Stage, c texts.Command) StageCommand {
	command := StageCommand{Usage: strings.NewReplacer("<stage>", stage.Name, "[stage]", stage.Name).Replace(c.Usage), Doc: c.Doc, Who: c.Who}
	if c.Name == "approve" || c.Name == "request-changes" {
		command.Who = texts.Deciders(stage.Deciders())
	}
	return command
}

// list puts the part of the findings on a page that the request asks for.
func (w *Web) list(v *visit, a *about, s onboarding.Standing, p *StagePage) {
	findings := a.view.Findings(s)
	p.Findings, p.Found = []Finding{}, len(findings)
	after, err := strconv.Atoi(v.URL.Query().Get("after"))
	if err == nil {
		p.Before = max(0, min(after, len(findings)))
	}
	room := findingsBytes
	for i, f := range findings[p.Before:] {
		finding := w.finding(a, p, f)
		if room -= finding.size(); i == maxFindings || i > 0 && room < 0 {
			p.After = p.Before + i
			break
		}
		p.Findings = append(p.Findings, finding)
	}
	if s.Result == nil {
		return
	}
	for _, m := range s.Result.Measured {
		p.Measured = append(p.Measured, Measure{Name: texts.Line(m.Name), Value: texts.Truncate(texts.Line(m.Value), maxMessage)})
	}
}

// finding is a finding as a page shows it.
func (w *Web) finding(a *about, p *StagePage, f onboarding.Finding) Finding {
	fix, example := f.Advice()
	finding := Finding{
		Rule: texts.Line(f.Rule), Severity: texts.Line(f.Severity), Path: texts.Truncate(texts.Line(f.Path), maxMessage), Line: f.Line, EndLine: f.EndLine,
		Message: texts.Truncate(texts.Line(f.Message), maxMessage), Fix: texts.Truncate(texts.Line(fix), maxMessage),
		Example: texts.Truncate(strings.TrimRight(texts.Lines(example), "\n "), maxExample),
	}
	if f.Path != "" && a.view.Facts.Commit != "" {
		finding.URL = onWeb(a.view.FileURL(f))
	}
	for _, rule := range p.Rules {
		if rule.ID == f.Rule {
			finding.Wants = rule.Summary
		}
	}
	return finding
}

// From is the number of the first finding on the page.
func (p StagePage) From() int { return p.Before + 1 }

// size is about how many bytes a finding takes on a page.
func (f Finding) size() int {
	return 600 + len(f.Wants) + len(f.Path) + len(f.URL) + len(f.Message) + len(f.Fix) + len(f.Example)
}

// Place is where in the plugin something was found: "LICENSE:3".
func (f Finding) Place() string {
	if f.Path == "" || f.Line == 0 {
		return f.Path
	}
	return fmt.Sprintf("%s:%d", f.Path, f.Line)
}
