package reconcile

import (
	"context"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks"
)

// keepPipeline finds the pipeline by which the round is judged to its end. A round that
// has none on record takes the configured one (design.md, "The pipeline").
func (l *look) keepPipeline(ctx context.Context) error {
	l.pipeline = l.record.JudgedBy(l.Pipeline)
	l.checks = slices.DeleteFunc(slices.Clone(l.Checks), func(c checks.Check) bool { return !l.pipeline.Automatic(c.Name) })
	if l.record.Pipeline != nil {
		return nil
	}
	l.record.Pipeline = &l.Pipeline
	return l.saveRecord(ctx, "record the pipeline of "+l.repository.FullName())
}

// goneRoles are the roles that the pipeline on record asks for and that are not
// configured any more: nobody has them, and the check runs say so.
func (l *look) goneRoles() []onboarding.Role {
	var gone []onboarding.Role
	for _, stage := range l.pipeline.Stages {
		for _, role := range stage.Deciders() {
			if l.Roles != nil && !l.Roles.Configured(role) && !slices.Contains(gone, role) {
				gone = append(gone, role)
			}
		}
	}
	return gone
}

// ourLabels are the labels of all stages and states, in lower case, since GitHub
// does not tell: others that look like them are not ours. Those of the configured
// pipeline are, too: a round before or after this one shows them.
func (l *look) ourLabels() []string {
	names := onboarding.StateLabels()
	for _, stage := range slices.Concat(l.pipeline.Stages, l.Pipeline.Stages) {
		names = append(names, strings.ToLower(stage.LabelName()))
	}
	return names
}
