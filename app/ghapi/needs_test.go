package ghapi_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/ghapi"
)

// TestTheAppAsksForWhatTheFactsSayAndNothingElse repeats github-facts.md section 8:
// whoever widens what the App may do says so here, too.
func TestTheAppAsksForWhatTheFactsSayAndNothingElse(t *testing.T) {
	asked := map[string]string{}
	for _, p := range ghapi.Permissions() {
		asked[p.Name] = p.Level
		assert.NotEmpty(t, p.Why, p.Name)
		assert.Equal(t, p.Name == "deployments", p.Optional, p.Name)
		assert.Equal(t, p.Name == "members", p.OfOrgs, p.Name)
	}
	assert.Equal(t, map[string]string{
		"metadata": "read", "checks": "write", "contents": "write", "pull_requests": "write", "issues": "write", "members": "read", "deployments": "write",
	}, asked)
	assert.ElementsMatch(t, []string{
		"issues", "issue_comment", "pull_request", "pull_request_review", "push", "release", "repository", "membership", "team", // the facts'
		"label", // labels that are renamed or deleted
	}, ghapi.Events())
}

// TestTheDocsSayWhatTheAppNeeds is for those who make the App by hand.
func TestTheDocsSayWhatTheAppNeeds(t *testing.T) {
	text, err := os.ReadFile("../../docs/operating.md")
	require.NoError(t, err)
	var rows []string
	for _, p := range ghapi.Permissions() {
		row := fmt.Sprintf("| %s | %s | %s", p.Name, p.Level, p.Why)
		if p.Optional {
			row += " (optional)"
		}
		rows = append(rows, row+" |\n")
	}
	assert.Contains(t, string(text), "|---|---|---|\n"+strings.Join(rows, "")+"\n")
	assert.Contains(t, strings.Join(strings.Fields(string(text)), " "), "the events `"+strings.Join(ghapi.Events(), "`, `")+"`. ")
}

func TestWhatIsGrantedIsComparedWithWhatIsNeeded(t *testing.T) {
	all := map[string]string{}
	for _, p := range ghapi.Permissions() {
		all[p.Name] = p.Level
	}
	assert.Empty(t, ghapi.Lacking(all, ghapi.Permissions()))
	assert.Empty(t, ghapi.Needless(all))
	all["checks"], all["contents"], all["issues"] = "read", "", "admin"
	all["administration"], all["pages"] = "read", ""
	var lacking []string
	for _, p := range ghapi.Lacking(all, ghapi.Permissions()) {
		lacking = append(lacking, p.Name)
	}
	assert.Equal(t, []string{"checks", "contents"}, lacking)
	assert.Equal(t, []string{"administration", "issues", "pages"}, ghapi.Needless(all))
	assert.Equal(t, []string{"team"}, ghapi.LackingEvents(append([]string{"fork"}, ghapi.Events()[:9]...)))
}
