package app

import (
	"fmt"
	"slices"

	"github.com/onboard-app/onboard/app/onboarding"
)

// concernsRounds is whom changes of the pipeline concern.
const concernsRounds = "rounds that start from now on; those under way keep their pipeline"

// diffPipeline says what another pipeline changes, in its order.
func diffPipeline(from, to onboarding.Pipeline) []Change {
	var changes []Change
	add := func(format string, args ...any) {
		changes = append(changes, Change{What: fmt.Sprintf(format, args...), Concerns: concernsRounds})
	}
	for _, stage := range to.Stages {
		if before, ok := from.Stage(stage.Name); ok {
			diffStage(before, stage, add)
		} else {
			add("stage %s is new: %s, open %s", stage.Name, decided(stage), when(stage))
		}
	}
	for _, stage := range from.Stages {
		if _, ok := to.Stage(stage.Name); !ok {
			add("stage %s is gone", stage.Name)
		}
	}
	for _, gate := range to.Gates {
		i := slices.IndexFunc(from.Gates, func(g onboarding.Gate) bool { return g.Name == gate.Name })
		if i < 0 {
			add("gate %s is new: it needs %s", gate.Name, listed(gate.Needs))
			continue
		}
		if more := without(gate.Needs, from.Gates[i].Needs); len(more) > 0 {
			add("gate %s needs %s too", gate.Name, listed(more))
		}
		if less := without(from.Gates[i].Needs, gate.Needs); len(less) > 0 {
			add("gate %s needs %s no more", gate.Name, listed(less))
		}
	}
	for _, gate := range from.Gates {
		if !slices.ContainsFunc(to.Gates, func(g onboarding.Gate) bool { return g.Name == gate.Name }) {
			add("gate %s is gone", gate.Name)
		}
	}
	if len(changes) == 0 && from.Version() != to.Version() {
		add("stages, gates or what they wait for stand in another order")
	}
	return changes
}

// diffStage adds what changes about one stage.
func diffStage(from, to onboarding.Stage, add func(format string, args ...any)) {
	if from.Kind != to.Kind || from.Role != to.Role {
		add("%s is %s, not %s", to.Name, decided(to), decided(from))
	}
	if from.Kind == to.Kind && from.Approvals != to.Approvals {
		add("%s needs %s, not %d", to.Name, approvals(to.Approvals), from.Approvals)
	}
	if more := without(to.Seats, from.Seats); len(more) > 0 {
		add("one of those who approve %s must have the role %s too", to.Name, listed(more))
	}
	if less := without(from.Seats, to.Seats); len(less) > 0 {
		add("none of those who approve %s needs the role %s any more", to.Name, listed(less))
	}
	if len(without(from.OpensAfter, to.OpensAfter))+len(without(to.OpensAfter, from.OpensAfter)) > 0 {
		add("%s opens %s, not %s", to.Name, when(to), when(from))
	}
	if from.Sensitive != to.Sensitive {
		word := map[bool]string{true: "takes two admins to waive, and code pushed after an approval voids it", false: "can be waived by one admin, and its approvals stay when code is pushed"}
		add("%s %s", to.Name, word[to.Sensitive])
	}
	if from.LabelName() != to.LabelName() {
		add("%s has the label %q, not %q", to.Name, to.LabelName(), from.LabelName())
	}
}

// decided says how a stage is decided, after "it is".
func decided(s onboarding.Stage) string {
	switch s.Kind {
	case onboarding.Review:
		return fmt.Sprintf("a review by %s of %s", approvals(s.Approvals), s.Role)
	case onboarding.SignOff:
		return fmt.Sprintf("a sign-off by %s", s.Role)
	}
	if s.Role != "" {
		return fmt.Sprintf("decided by its check, and for what is left to a person by %s", s.Role)
	}
	return "decided by its check"
}

func approvals(n int) string {
	if n == 1 {
		return "1 approval"
	}
	return fmt.Sprintf("%d approvals", n)
}

// when says when a stage opens, after "it opens".
func when(s onboarding.Stage) string {
	if len(s.OpensAfter) == 0 {
		return "at the start"
	}
	return "after " + listed(s.OpensAfter)
}
