package fakegithub_test

import (
	"net/http"
	"testing"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The libraries that the App uses are the judges of the fake's answers.
func TestTheLibrariesOfTheAppWorkAgainstIt(t *testing.T) {
	w := newWorld(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	installation, err := ghinstallation.New(transport, w.app.ID, w.installation.ID, []byte(w.app.PrivateKeyPEM))
	require.NoError(t, err)
	installation.BaseURL = w.url + "/api/v3"
	client, err := github.NewClient(&http.Client{Transport: installation}).WithEnterpriseURLs(w.url+"/api/v3/", w.url)
	require.NoError(t, err)
	ctx := w.context()
	w.repository.OpenIssue(w.author, "Onboard", "")

	run, _, err := client.Checks.CreateCheckRun(ctx, "Ada", "mattermost-plugin-tea", github.CreateCheckRunOptions{
		Name: "onboarding/licence", HeadSHA: w.repository.Head(), Conclusion: github.String("success"),
		Output: &github.CheckRunOutput{Title: github.String("t"), Summary: github.String("s")},
	})
	require.NoError(t, err)
	assert.Equal(t, "completed", run.GetStatus())
	runs, _, err := client.Checks.ListCheckRunsForRef(ctx, "Ada", "mattermost-plugin-tea", "main", nil)
	require.NoError(t, err)
	assert.Equal(t, 1, runs.GetTotal())
	comment, _, err := client.Issues.CreateComment(ctx, "Ada", "mattermost-plugin-tea", 1, &github.IssueComment{Body: github.String("Hello")})
	require.NoError(t, err)
	_, _, err = client.Reactions.CreateIssueCommentReaction(ctx, "Ada", "mattermost-plugin-tea", comment.GetID(), "eyes")
	require.NoError(t, err)
	tree, _, err := client.Git.GetTree(ctx, "Ada", "mattermost-plugin-tea", "main", true)
	require.NoError(t, err)
	assert.Len(t, tree.Entries, 3)
	raw, _, err := client.Git.GetBlobRaw(ctx, "Ada", "mattermost-plugin-tea", tree.Entries[0].GetSHA())
	require.NoError(t, err)
	assert.Equal(t, "# Tea\n", string(raw))
	level, _, err := client.Repositories.GetPermissionLevel(ctx, "Ada", "mattermost-plugin-tea", "Ada")
	require.NoError(t, err)
	assert.Equal(t, "admin", level.GetPermission())

	w.installation.SetRateLimit(0)
	_, _, err = client.Repositories.Get(ctx, "Ada", "mattermost-plugin-tea")
	limited := (*github.RateLimitError)(nil)
	require.ErrorAs(t, err, &limited)
}
