package onboarding_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
)

func TestTheDefaultPipelineIsValidAndHasTenStagesAndThreeGates(t *testing.T) {
	require.NoError(t, onboarding.Default().Validate())
	assert.Len(t, onboarding.Default().Stages, 10)
	assert.Len(t, onboarding.Default().Gates, 3)
}

func TestValidateExplainsWhatIsWrongWithAPipeline(t *testing.T) {
	stage := func(name string, after ...string) onboarding.Stage {
		return onboarding.Stage{Name: name, Kind: onboarding.Automatic, OpensAfter: after}
	}
	tests := map[string]struct {
		pipeline onboarding.Pipeline
		want     string
	}{
		"a step without a name":     {onboarding.Pipeline{Stages: []onboarding.Stage{stage("")}}, "has no name"},
		"two steps of one name":     {onboarding.Pipeline{Stages: []onboarding.Stage{stage("a"), stage("a")}}, `"a" is used twice`},
		"waiting for nothing known": {onboarding.Pipeline{Stages: []onboarding.Stage{stage("a", "b")}}, `"a" waits for "b", which does not exist`},
		"waiting in a circle":       {onboarding.Pipeline{Stages: []onboarding.Stage{stage("a", "b"), stage("b", "a")}}, "waits for itself"},
		"a circle through a gate": {onboarding.Pipeline{
			Stages: []onboarding.Stage{stage("a", "g")}, Gates: []onboarding.Gate{{Name: "g", Needs: []string{"a"}}},
		}, "waits for itself"},
		"a gate without stages": {onboarding.Pipeline{Gates: []onboarding.Gate{{Name: "g"}}}, `"g" has no stages`},
		"a review nobody decides": {onboarding.Pipeline{Stages: []onboarding.Stage{
			{Name: "r", Kind: onboarding.Review, Approvals: 1},
		}}, "names no role"},
		"a review without approvals": {onboarding.Pipeline{Stages: []onboarding.Stage{
			{Name: "r", Kind: onboarding.Review, Role: onboarding.QA},
		}}, "at least 1 approval"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { assert.ErrorContains(t, test.pipeline.Validate(), test.want) })
	}
}
