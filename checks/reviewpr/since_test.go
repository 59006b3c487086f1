package reviewpr

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template/templatetest"
)

// updatePlan plans what an update shows of a plugin.
func updatePlan(t *testing.T, accepted, plugin templatetest.Files) Plan {
	t.Helper()
	before := accepted.Subject(nil)
	plan, err := Since(t.Context(), plugin.Subject(nil), templatetest.Index(t, first, second), Accepted(before.Files), before.Read)
	require.NoError(t, err)
	return plan
}

func TestAnUpdateShowsNewChangedAndGoneFilesWhosoeverTheyAre(t *testing.T) {
	accepted := templatetest.Files{
		"Makefile": first["Makefile"], "same.go": "same\n", "gone.go": "x\n", "changed.go": "a\nb\nc\n", "link": "-> Makefile", "old.go": first["old.go"],
		".github/workflows/ci.yml": "on: push\n",
	}
	plugin := templatetest.Files{
		"Makefile": second["Makefile"], "same.go": "same\n", "changed.go": "a\nd\nc\n", "link": "-> Makefile", "old.go": first["old.go"], "new.go": "n\n",
		"run.sh": second["run.sh"], ".github/workflows/ci.yml": "on: push\n",
	}
	plan := updatePlan(t, accepted, plugin)
	assert.ElementsMatch(t, []string{
		"left-out .github/workflows/ci.yml", "modified Makefile", "modified changed.go", "unmodified link", "own new.go", "unmodified old.go", "own run.sh", "unmodified same.go",
	}, origins(plan))
	assert.Equal(t, []string{"gone.go"}, plan.Removed)
	assert.Equal(t, []string{"workflow .github/workflows/ci.yml"}, unseen(plan), "a link that was accepted and stays needs no look")
	lines := map[string]int{}
	for _, file := range plan.Files {
		lines[file.Path] = file.Lines
	}
	assert.Equal(t, 2, lines["changed.go"])
	assert.Equal(t, 10, lines["Makefile"], "as the difference from what was accepted")
	assert.False(t, updatePlan(t, plugin, plugin).ShowsAnything())
}

func TestAttackWhatGitHubDoesNotShowOfAnUpdateIsListed(t *testing.T) {
	long := templatetest.Text("long", MaxFileLines/2+1)
	for name, test := range map[string]struct {
		before, after string
		want          []string
	}{
		"binary that becomes code":        {"\x00", "package main\n", []string{"binary x.go"}},
		"code that becomes binary":        {"package main\n", "\x00", []string{"binary x.go"}},
		"two halves that differ as whole": {long, templatetest.Text("another", MaxFileLines/2+1), []string{"large x.go"}},
		"a large one that becomes small":  {string(make([]byte, MaxFileBytes+1)), "package main\n", []string{"large x.go"}},
		"a link that becomes code":        {"-> y", "package main\n", nil},
		"code that becomes a link":        {"package main\n", "-> y", []string{"symlink x.go"}},
		"a submodule that becomes code":   {"=> aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "package main\n", nil},
		"text":                            {"package main\n", "package other\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, unseen(updatePlan(t, templatetest.Files{"x.go": test.before}, templatetest.Files{"x.go": test.after})))
		})
	}
}

func TestAnUpdateWhoseBaseCannotBeReadIsNoPlan(t *testing.T) {
	accepted, plugin := templatetest.Files{"x.go": "a\n"}.Subject(nil), templatetest.Files{"x.go": "b\n"}.Subject(nil)
	away := errors.New("away")
	_, err := Since(t.Context(), plugin, templatetest.Index(t, first), accepted.Files, func(context.Context, checks.File, int64) ([]byte, error) { return nil, away })
	require.ErrorIs(t, err, away)
}

func TestPropertyAnUpdateShowsExactlyTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions, accepted := trees(t)
		_, plugin := trees(t)
		before, after := accepted.Subject(nil), plugin.Subject(nil)
		plan, err := Since(t.Context(), after, indexOf(t, versions), Accepted(before.Files), before.Read)
		require.NoError(t, err)
		want := diff(less(before.Files), less(after.Files))
		assert.Equal(t, want, diff(plan.Base, plan.Head))
		shown := slices.Clone(plan.Removed)
		for _, file := range plan.Files {
			if file.Shown() {
				shown = append(shown, file.Path)
			}
		}
		assert.Len(t, shown, len(want))
		for _, path := range shown {
			assert.Contains(t, want, path)
		}
	})
}
