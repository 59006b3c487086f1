package ghapi

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
)

func TestAnAnnotationShowsTheSentenceOfAFixWithoutItsExample(t *testing.T) {
	list := annotations([]onboarding.Finding{
		{Rule: "a/b", Severity: "failure", Path: "plugin.json", Line: 3, Message: "It is wrong.", Fix: "Do so.\n\non:\n  push:\n"},
		{Rule: "a/c", Severity: "notice", Message: "About no line."},
	})
	require.Len(t, list, 1)
	assert.Equal(t, "It is wrong.\nDo so.", list[0].GetMessage())
	assert.Equal(t, 3, list[0].GetEndLine())
}
