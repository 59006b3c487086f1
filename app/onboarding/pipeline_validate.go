package onboarding

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PipelineFault is one thing that is wrong with a pipeline, or not meant.
type PipelineFault struct {
	Path string // of the key, from the pipeline on: "stages[4].approvals"
	What string // what is wrong, the end of a sentence that begins with the key
}

// PipelineError is everything that is wrong with a pipeline.
type PipelineError []PipelineFault

// Error lists the faults, one a line.
func (e PipelineError) Error() string {
	var lines []string
	for _, fault := range e {
		lines = append(lines, "pipeline."+fault.Path+": "+fault.What)
	}
	return strings.Join(lines, "\n")
}

// The bounds of names: of a check run with its prefix and a table's cell, and
// of labels by GitHub's rules.
const (
	maxName  = 40
	maxLabel = 50
)

var stepName = regexp.MustCompile(`^[a-z0-9-]+$`)

// ValidName tells whether a stage, a gate or a role may have this name.
func ValidName(name string) bool { return len(name) <= maxName && stepName.MatchString(name) }

// Validate fails with a [PipelineError] unless the pipeline can be climbed by
// people of the roles that there are: then Evaluate comes to an end, and no step
// waits for what does not exist.
func (p Pipeline) Validate(roles []Role) error {
	v := validation{pipeline: p, roles: roles, names: map[string]string{}, labels: map[string]string{}}
	v.unless(len(p.Stages) > 0, "stages", "must hold a stage")
	v.unless(len(p.Gates) > 0, "gates", "must hold a gate, or no onboarding would ever be complete")
	for i, s := range p.Stages {
		v.stage(fmt.Sprintf("stages[%d]", i), s)
	}
	for i, g := range p.Gates {
		v.gate(fmt.Sprintf("gates[%d]", i), i, g)
	}
	v.waits()
	v.cycles()
	if len(v.faults) > 0 {
		return v.faults
	}
	return nil
}

// validation gathers the faults of a pipeline.
type validation struct {
	pipeline Pipeline
	roles    []Role
	names    map[string]string // the path of the step that has it
	labels   map[string]string // the same, by folded label
	faults   PipelineError
}

func (v *validation) unless(right bool, path, format string, args ...any) {
	if !right {
		v.faults = append(v.faults, PipelineFault{Path: path, What: fmt.Sprintf(format, args...)})
	}
}

func (v *validation) stage(path string, s Stage) {
	v.name(path, s.Name)
	v.label(path, s)
	switch s.Kind {
	case Review:
		v.unless(s.Approvals >= 1, path+".approvals", "must be 1 or more: %q is a review", s.Name)
	case Automatic, SignOff:
		v.unless(s.Approvals == 0, path+".approvals", "is for reviews only, and %q is none", s.Name)
		v.unless(len(s.Seats) == 0, path+".seats", "is for reviews only, and %q is none", s.Name)
	default:
		v.unless(false, path+".kind", "%q is none of automatic, review and sign-off", s.Kind)
	}
	decided := s.Role != "" || s.Kind != Review && s.Kind != SignOff
	v.unless(decided, path+".role", "is missing: somebody must decide %q", s.Name)
	v.role(path+".role", s.Role)
	for _, role := range s.Seats {
		v.role(path+".seats", role)
	}
	once(v, path+".seats", s.Seats)
	once(v, path+".opens_after", s.OpensAfter)
}

func (v *validation) gate(path string, index int, g Gate) {
	v.name(path, g.Name)
	v.unless(len(g.Needs) > 0, path+".needs", "is empty: a gate needs a stage")
	once(v, path+".needs", g.Needs)
	for _, later := range v.pipeline.Gates[index+1:] {
		_, doubled := v.names[later.Name]
		v.unless(doubled || !slices.Contains(g.Needs, later.Name), path+".needs", "%q is a later gate; put the gates in the order in which they are reached", later.Name)
	}
}

// name asks for a name that check runs, labels and commands can carry, and that
// no other step has.
func (v *validation) name(path, name string) {
	v.unless(ValidName(name), path+".name", "%q must be 1 to %d of a to z, 0 to 9 and -", name, maxName)
	first, taken := v.names[name]
	v.unless(!taken, path+".name", "%q is the name of %s already", name, first)
	if !taken {
		v.names[name] = path
	}
}

// label asks for a label that GitHub takes, and that no other stage has: GitHub
// does not tell upper from lower case. Labels that begin with onboarding: say
// how the whole onboarding stands.
func (v *validation) label(path string, s Stage) {
	folded := strings.ToLower(s.LabelName())
	if s.Label != "" {
		plain := utf8.ValidString(s.Label) && !strings.ContainsFunc(s.Label, unicode.IsControl) && strings.TrimSpace(s.Label) == s.Label
		v.unless(plain, path+".label", "must be a line of text without spaces around it")
		v.unless(utf8.RuneCountInString(s.Label) <= maxLabel, path+".label", "must be %d characters or less", maxLabel)
		v.unless(!strings.HasPrefix(folded, "onboarding:"), path+".label", "must not begin with onboarding:")
	}
	first, taken := v.labels[folded]
	doubled := s.Label == "" && v.names[s.Name] != path // which the name says
	v.unless(!taken || doubled, path+".label", "%q is the label of %s already", s.LabelName(), first)
	if !taken {
		v.labels[folded] = path
	}
}

func (v *validation) role(path string, role Role) {
	v.unless(role == "" || slices.Contains(v.roles, role), path, "%q is no role; roles has its people", role)
}

// once asks that a list names nothing twice.
func once[T ~string](v *validation, path string, list []T) {
	for i, item := range list {
		v.unless(slices.Index(list, item) == i, path, "names %q twice", item)
	}
}

// step is a stage or gate as the order sees it.
type step struct {
	name     string
	path     string // of the key that says what it waits for
	waitsFor []string
}

// steps are the stages and gates, the first of each name.
func (v *validation) steps() []step {
	var steps []step
	for i, s := range v.pipeline.Stages {
		steps = append(steps, step{s.Name, fmt.Sprintf("stages[%d].opens_after", i), s.OpensAfter})
	}
	for i, g := range v.pipeline.Gates {
		steps = append(steps, step{g.Name, fmt.Sprintf("gates[%d].needs", i), g.Needs})
	}
	return steps
}

// waits asks that steps wait for what exists.
func (v *validation) waits() {
	for _, s := range v.steps() {
		for _, on := range s.waitsFor {
			_, known := v.names[on]
			v.unless(known, s.path, "%q is the name of no stage or gate", on)
		}
	}
}

// cycles asks that no step waits for itself, be it by way of others. Of the
// circles that one step closes the first is reported.
func (v *validation) cycles() {
	byName := map[string]step{}
	for _, s := range v.steps() {
		if _, doubled := byName[s.name]; !doubled {
			byName[s.name] = s
		}
	}
	done, closing := map[string]bool{}, map[string]bool{}
	var walk func(name string, way []string)
	walk = func(name string, way []string) {
		if i := slices.Index(way, name); i >= 0 {
			circle := append(slices.Clone(way[i:]), name)
			v.unless(closing[name], byName[name].path, "%q would wait for itself: %s", name, strings.Join(circle, " → "))
			closing[name] = true
			return
		}
		if done[name] {
			return
		}
		for _, on := range byName[name].waitsFor {
			walk(on, append(way, name))
		}
		done[name] = true
	}
	for _, s := range v.steps() {
		walk(s.name, nil)
	}
}

// Doubts are what is right with a pipeline and still not meant: automatic
// stages that none of these checks decides.
func (p Pipeline) Doubts(checks []string) []PipelineFault {
	var doubts []PipelineFault
	for i, s := range p.Stages {
		if s.Kind == Automatic && !slices.Contains(checks, s.Name) {
			doubts = append(doubts, PipelineFault{
				Path: fmt.Sprintf("stages[%d].name", i),
				What: fmt.Sprintf("there is no check %q, so this stage will never pass; there are: %s", s.Name, strings.Join(checks, ", ")),
			})
		}
	}
	return doubts
}

// WaitingFor are the names of the stages that people of a role decide, or have
// a seat in.
func (p Pipeline) WaitingFor(role Role) []string {
	var names []string
	for _, s := range p.Stages {
		if s.Kind != Automatic && s.Role == role || slices.Contains(s.Seats, role) {
			names = append(names, s.Name)
		}
	}
	return names
}
