// Package onboarding is the domain: the pipeline a plugin climbs, what is on
// record about it, and Evaluate, the only place that decides anything.
//
// It is pure: values in, values out. It knows no GitHub, no database, no HTTP
// and no clock, and imports the standard library only.
package onboarding

import (
	"fmt"
	"slices"
)

// RunPrefix begins the names of check runs: "onboarding/licence".
const RunPrefix = "onboarding/"

// LabelPrefix begins the label of a stage.
const LabelPrefix = "stage:"

// ActionRecheck is the identifier of the button that has a check look again.
const ActionRecheck = "recheck"

// Kind says how a stage is decided.
type Kind string

// The kinds of stages, and the gate, which sums stages up.
const (
	Automatic Kind = "automatic" // by a check
	Review    Kind = "review"    // by approvals of the review PR
	SignOff   Kind = "sign-off"  // by one person of a role
	KindGate  Kind = "gate"
)

// Role is a group of people who decide (process.md, "Who is who").
type Role string

// The roles of the default pipeline.
const (
	CoreCommitter Role = "core-committer"
	Security      Role = "security"
	QA            Role = "qa"
	PM            Role = "pm"
	Admin         Role = "admin"
)

// Stage is one step of the pipeline.
type Stage struct {
	Name       string
	Kind       Kind
	OpensAfter []string // stages and gates; none: opens at the start
	Role       Role     // who decides a review or a sign-off
	Approvals  int      // how many approvals a review needs
	Seats      []Role   // roles of which one of the approvers must be, too
	Sensitive  bool     // a waiver needs two admins; code pushed after an approval voids it
}

// Gate stands before a server: it is green when all it needs is.
type Gate struct {
	Name  string
	Needs []string // stages, and the gate before
}

// Pipeline is the process as data: stages and gates in the order in which
// people read them.
type Pipeline struct {
	Stages []Stage
	Gates  []Gate
}

// Default is the pipeline of design.md, "The pipeline": ten stages, three gates.
func Default() Pipeline {
	return Pipeline{
		Stages: []Stage{
			{Name: "licence", Kind: Automatic, Sensitive: true},
			{Name: "starter-template", Kind: Automatic},
			{Name: "manifest", Kind: Automatic},
			{Name: "nightly-build", Kind: Automatic},
			{Name: "basic-review", Kind: Review, Role: CoreCommitter, Approvals: 1, OpensAfter: []string{"licence", "starter-template", "manifest"}},
			{Name: "complete-review", Kind: Review, Role: CoreCommitter, Approvals: 2, Seats: []Role{Security}, Sensitive: true, OpensAfter: []string{"basic-review"}},
			{Name: "qa", Kind: SignOff, Role: QA, OpensAfter: []string{"ci-extensions"}},
			{Name: "pm-ux", Kind: SignOff, Role: PM, OpensAfter: []string{"ci-extensions"}},
			{Name: "release", Kind: Automatic, OpensAfter: []string{"ci-extensions"}},
			{Name: "release-qa", Kind: SignOff, Role: QA, OpensAfter: []string{"ci-extensions-release"}},
		},
		Gates: []Gate{
			{Name: "ci-extensions", Needs: []string{"licence", "starter-template", "manifest", "nightly-build", "basic-review"}},
			{Name: "ci-extensions-release", Needs: []string{"ci-extensions", "complete-review", "qa", "pm-ux", "release"}},
			{Name: "community", Needs: []string{"ci-extensions-release", "release-qa"}},
		},
	}
}

// Stage returns the stage of that name.
func (p Pipeline) Stage(name string) (Stage, bool) {
	i := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.Name == name })
	if i < 0 {
		return Stage{}, false
	}
	return p.Stages[i], true
}

// ReleaseStage is the automatic stage whose bundle the sign-offs after it are
// about.
const ReleaseStage = "release"

// AboutRelease tells whether what is decided on a stage is about the bundle of
// the newest release.
func (p Pipeline) AboutRelease(stage Stage) bool {
	return stage.Kind == SignOff && p.comesAfter(stage, ReleaseStage)
}

// comesAfter tells whether a stage waits, be it by way of others, for one of
// that name.
func (p Pipeline) comesAfter(stage Stage, name string) bool {
	seen := map[string]bool{}
	var reaches func(names []string) bool
	reaches = func(names []string) bool {
		return slices.ContainsFunc(names, func(on string) bool {
			if seen[on] {
				return false
			}
			seen[on] = true
			return on == name || reaches(p.waitsFor(on))
		})
	}
	return reaches(stage.OpensAfter)
}

// waitsFor are the names that a stage or gate waits for.
func (p Pipeline) waitsFor(name string) []string {
	if stage, ok := p.Stage(name); ok {
		return stage.OpensAfter
	}
	for _, gate := range p.Gates {
		if gate.Name == name {
			return gate.Needs
		}
	}
	return nil
}

// Validate reports what is wrong with a pipeline: unnamed or doubled steps,
// steps that wait for one that is unknown or for themselves, gates without stages.
func (p Pipeline) Validate() error {
	waitsFor := map[string][]string{}
	add := func(name string, on []string) error {
		if name == "" {
			return fmt.Errorf("pipeline: a step has no name")
		}
		if _, taken := waitsFor[name]; taken {
			return fmt.Errorf("pipeline: the name %q is used twice", name)
		}
		waitsFor[name] = on
		return nil
	}
	for _, s := range p.Stages {
		if err := add(s.Name, s.OpensAfter); err != nil {
			return err
		}
		if s.Kind == Review && s.Approvals < 1 {
			return fmt.Errorf("pipeline: the review stage %q needs at least 1 approval", s.Name)
		}
		if s.Kind != Automatic && s.Role == "" {
			return fmt.Errorf("pipeline: the stage %q names no role that decides it", s.Name)
		}
	}
	for _, g := range p.Gates {
		if err := add(g.Name, g.Needs); err != nil {
			return err
		}
		if len(g.Needs) == 0 {
			return fmt.Errorf("pipeline: the gate %q has no stages", g.Name)
		}
	}
	return checkOrder(waitsFor)
}

// checkOrder refuses unknown names and cycles.
func checkOrder(waitsFor map[string][]string) error {
	const walking, done = 1, 2
	mark := map[string]int{}
	var walk func(name string) error
	walk = func(name string) error {
		switch mark[name] {
		case done:
			return nil
		case walking:
			return fmt.Errorf("pipeline: %q waits for itself", name)
		}
		mark[name] = walking
		for _, on := range waitsFor[name] {
			if _, known := waitsFor[on]; !known {
				return fmt.Errorf("pipeline: %q waits for %q, which does not exist", name, on)
			}
			if err := walk(on); err != nil {
				return err
			}
		}
		mark[name] = done
		return nil
	}
	for name := range waitsFor {
		if err := walk(name); err != nil {
			return err
		}
	}
	return nil
}
