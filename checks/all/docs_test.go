package all

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/safehttp"
)

var update = flag.Bool("update", false, "write docs/checks.md anew")

// docs is the documentation that is made from the checks.
var docs = filepath.Join("..", "..", "docs", "checks.md")

const intro = `# The automated checks

This page is made from the checks themselves: ` + "`go test ./checks/all -update`" + ` writes it anew.

Run them on your laptop: ` + "`onboard check`" + ` in your plugin's folder says what is wrong, where, and how to mend it. It
exits with 0 if everything passes, 1 if something fails or a person must look, 2 if something could not be checked.
` + "`--template`" + ` compares with a template of your own instead of Mattermost's, ` + "`--format json`" + ` is for programs.

Run them on each push and pull request: copy [this workflow](examples/onboard-check.yml) to
` + "`.github/workflows/onboard-check.yml`" + `. It needs no secret, may only read your code and upload its report, and shows
findings in the repository's *Security* tab and beside the lines of pull requests; for a pull request from a fork,
which may not upload, in the job's log. The job fails as ` + "`onboard check`" + ` does.

Each check looks at all of the plugin's files, none stops another, and each finding has the id of its rule, which
stays the same and can be named in an appeal.

| severity | what it means |
|---|---|
| failure | The check fails until this is fixed. |
| warning | A person must look; an admin can approve it. |
| notice | Good to know; the check passes all the same. |

A check that could not look, for example because the network is down, has the outcome *error* and is tried again.
It never passes.

`

// markdown makes the documentation of the checks.
func markdown(list []checks.Check) string {
	var b strings.Builder
	b.WriteString(intro)
	for _, check := range list {
		fmt.Fprintf(&b, "- [%s](#%s): %d rules\n", check.Name, check.Name, len(check.Rules))
	}
	for _, check := range list {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| rule | severity | what it looks for | how to fix it |\n|---|---|---|---|\n", check.Name, prose(check.Doc))
		for _, rule := range check.Rules {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", rule.ID, rule.Severity, prose(rule.Summary), prose(rule.Fix))
		}
	}
	return b.String()
}

// prose makes a sentence stand in a cell of a table as it is.
func prose(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "[", `\[`, "\n", " ").Replace(text)
}

func TestTheDocumentationIsCurrent(t *testing.T) {
	list, err := All(DefaultPolicy(), nil, safehttp.New(safehttp.Policy{}))
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(docs, []byte(markdown(list)), 0o644))
	}
	written, err := os.ReadFile(docs)
	require.NoError(t, err)
	assert.Equal(t, markdown(list), string(written), "run: go test ./checks/all -update")
}

func TestTheDocumentationHasARowForEachRule(t *testing.T) {
	list, err := All(DefaultPolicy(), nil, safehttp.New(safehttp.Policy{}))
	require.NoError(t, err)
	text := markdown(list)
	cells := regexp.MustCompile(`(?:^|[^\\])\|`)
	for _, check := range list {
		for _, rule := range check.Rules {
			row := regexp.MustCompile("(?m)^\\| `" + rule.ID + "` .*$").FindString(text)
			assert.Len(t, cells.FindAllString(row, -1), 5, "%s: %q", rule.ID, row)
		}
	}
}

// TestAttackTheExampleWorkflowHasTheLeastPermissions reads the workflow that
// authors copy: it runs on pull requests, so what it may do counts.
func TestAttackTheExampleWorkflowHasTheLeastPermissions(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "examples", "onboard-check.yml"))
	require.NoError(t, err)
	var workflow struct {
		On          map[string]any
		Permissions map[string]string
		Jobs        map[string]struct {
			Permissions map[string]string
			Steps       []struct {
				Uses, Run string
				With      map[string]any
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(content, &workflow))
	assert.Equal(t, map[string]string{"contents": "read"}, workflow.Permissions)
	assert.Contains(t, workflow.On, "pull_request")
	assert.NotContains(t, workflow.On, "pull_request_target")
	require.Len(t, workflow.Jobs, 1)
	for _, job := range workflow.Jobs {
		assert.Equal(t, map[string]string{"contents": "read", "security-events": "write"}, job.Permissions)
		commands := ""
		for _, step := range job.Steps {
			commands += step.Run + "\n"
			if step.Uses != "" {
				assert.Regexp(t, `^[a-z/-]+@v[0-9]+$`, step.Uses, "its mended versions come by themselves, its next ones do not")
			}
			if strings.HasPrefix(step.Uses, "actions/checkout@") {
				assert.Equal(t, false, step.With["persist-credentials"])
			}
		}
		assert.Contains(t, commands, "go install github.com/onboard-app/onboard/cmd/onboard@")
		assert.Contains(t, commands, "onboard check . --format sarif")
		assert.NotContains(t, commands, "${{", "an expression in a command can be an injection")
	}
}
