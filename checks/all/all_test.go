package all

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/licence"
	"github.com/onboard-app/onboard/checks/nightlybuild"
	"github.com/onboard-app/onboard/checks/safehttp"
)

func TestAllChecksAreDocumentedAndOfDifferentNames(t *testing.T) {
	list, err := All(DefaultPolicy(), nil, safehttp.New(safehttp.Policy{}))
	require.NoError(t, err)
	require.NotEmpty(t, list)
	require.NoError(t, checks.Validate(list))
	for _, check := range list {
		for _, rule := range check.Rules {
			assert.True(t, strings.HasSuffix(rule.Summary, ".") && strings.HasSuffix(rule.Fix, "."), "rule %s is told in sentences", rule.ID)
		}
	}
}

func TestAPolicyThatCannotWorkIsRefused(t *testing.T) {
	_, err := All(Policy{Licence: licence.Policy{Recommended: []string{"Mine-1.0"}}, Nightly: nightlybuild.DefaultPolicy()}, nil, nil)
	assert.ErrorContains(t, err, `"Mine-1.0" is not known`)
}

func TestAnEmptyFolderPassesNothing(t *testing.T) {
	list, err := All(DefaultPolicy(), nil, safehttp.New(safehttp.Policy{}))
	require.NoError(t, err)
	assert.NotEqual(t, checks.Pass, checks.RunAll(t.Context(), list, checks.Subject{}, nil).Outcome)
}
