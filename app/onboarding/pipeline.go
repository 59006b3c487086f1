// Package onboarding is the domain: the pipeline a plugin climbs, what is on
// record about it, and Evaluate, the only place that decides anything.
//
// It is pure: values in, values out. It knows no GitHub, no database, no HTTP
// and no clock, and imports the standard library only.
package onboarding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// RunPrefix begins the names of check runs: "onboarding/licence".
const RunPrefix = "onboarding/"

// LabelPrefix begins the label of a stage that is given none.
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

// DefaultRoles are the roles that there are without being configured.
func DefaultRoles() []Role { return []Role{CoreCommitter, Security, QA, PM, Admin} }

// Stage is one step of the pipeline. The tags are the keys and descriptions of
// config.yml; the JSON form is what an onboarding keeps.
type Stage struct {
	Name       string   `json:"name" jsonschema:"Its name, as its check run has it: a to z, 0 to 9 and -, at most 40." example:"qa"`
	Kind       Kind     `json:"kind" jsonschema:"automatic (the check of this name decides), review (approvals of the review PR) or sign-off (one person)." example:"sign-off"`
	OpensAfter []string `json:"opens_after,omitempty" jsonschema:"The stages and gates that come before it; none: it opens at the start." example:"[ci-extensions]"`
	Role       Role     `json:"role,omitempty" jsonschema:"Who decides it; of an automatic stage, what its check leaves to a person (admin, if not given)." example:"qa"`
	Approvals  int      `json:"approvals,omitempty" jsonschema:"How many people must approve a review." example:"2"`
	Seats      []Role   `json:"seats,omitempty" jsonschema:"Roles of which one of those who approve must be, too." example:"[security]"`
	Sensitive  bool     `json:"sensitive,omitempty" jsonschema:"Waiving it takes two admins, and code pushed after an approval voids it." example:"true"`
	Label      string   `json:"label,omitempty" jsonschema:"Its label on GitHub, at most 50 characters; stage: and its name, if not given." example:"'3: QA Review'"`
}

// LabelName is the label that GitHub shows while the stage is open.
func (s Stage) LabelName() string { return cmp.Or(s.Label, LabelPrefix+s.Name) }

// Gate stands before a server: it is green when all it needs is.
type Gate struct {
	Name  string   `json:"name" jsonschema:"Its name, as its check run has it: a to z, 0 to 9 and -, at most 40." example:"community"`
	Needs []string `json:"needs" jsonschema:"The stages it sums up, and the gate before it." example:"[ci-extensions-release, release-qa]"`
}

// Pipeline is the process as data: stages and gates in the order in which
// people read them.
type Pipeline struct {
	Stages []Stage `json:"stages" jsonschema:"The stages, in the order in which people read them." example:"[{name: licence, kind: automatic}]"`
	Gates  []Gate  `json:"gates" jsonschema:"The gates, in the order in which they are reached." example:"[{name: community, needs: [licence]}]"`
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

// Automatic tells whether a check decides the stage of that name.
func (p Pipeline) Automatic(name string) bool {
	stage, ok := p.Stage(name)
	return ok && stage.Kind == Automatic
}

// Has tells whether there is a stage or a gate of that name.
func (p Pipeline) Has(name string) bool {
	_, stage := p.Stage(name)
	return stage || slices.ContainsFunc(p.Gates, func(g Gate) bool { return g.Name == name })
}

// StageByLabel returns the stage that has a label. GitHub does not tell upper
// from lower case.
func (p Pipeline) StageByLabel(label string) (Stage, bool) {
	i := slices.IndexFunc(p.Stages, func(s Stage) bool { return strings.EqualFold(s.LabelName(), label) })
	if i < 0 {
		return Stage{}, false
	}
	return p.Stages[i], true
}

// ReleaseStage is the automatic stage whose bundle the sign-offs after it are
// about.
const ReleaseStage = "release"

// UnreviewedCode is the rule that a release breaks which holds code that nobody
// reviewed (S3).
const UnreviewedCode = "release/unreviewed-code"

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

// Version names what the pipeline says: 12 hex digits of the sha256 of its JSON.
// Pipelines that say the same have the same version, a label that is given as it
// would be by default included.
func (p Pipeline) Version() string {
	p.Stages = slices.Clone(p.Stages)
	for i := range p.Stages {
		if p.Stages[i].Label == LabelPrefix+p.Stages[i].Name {
			p.Stages[i].Label = ""
		}
	}
	text, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("write a pipeline as JSON: %v", err)) // texts, numbers and lists of them
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}
