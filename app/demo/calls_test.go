package demo

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks/checkstest"
)

// maxCalls is how many calls of GitHub's API the whole climb may take, from the
// installation to the community server.
const maxCalls = 200

func TestTheWholeClimbTakesFewCalls(t *testing.T) {
	result := climb(t)
	t.Logf("%d calls, %d comments", result.APICalls, result.Comments)
	assert.LessOrEqual(t, result.APICalls, maxCalls)
	assert.Equal(t, map[string]string{"ci-extensions": "success", "ci-extensions-release": "success", "community": "success"}, result.Gates)
	require.NotNil(t, result.PullRequest, "it is named when it is closed, too")
	assert.Equal(t, PullRequest{Number: 3, Files: 9}, *result.PullRequest)
	require.Len(t, result.CheckRuns, steps)
	for _, run := range result.CheckRuns {
		assert.Equal(t, "success", run.Conclusion, run.Name)
		assert.Equal(t, result.CheckRuns[0].HeadSHA, run.HeadSHA)
	}
}

func climb(t testing.TB) (result Result) {
	var out bytes.Buffer
	require.NoError(t, Run(t.Context(), Options{Out: &out, Once: true, JSON: true, Listen: "127.0.0.1:0"}))
	require.NoError(t, json.Unmarshal(out.Bytes(), &result))
	return result
}

// BenchmarkClimb is the whole story; what counts are its calls of GitHub's API.
func BenchmarkClimb(b *testing.B) {
	var result Result
	for b.Loop() {
		result = climb(b)
	}
	checkstest.AtMost(b, float64(result.APICalls), maxCalls, "calls")
}

// The lot decides who of several is asked first, by ids that GitHub gives in the
// order in which people came: if this fails, let Carol come at another time.
func TestCarolIsAskedFirst(t *testing.T) {
	story, err := NewStory(fakegithub.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, story.GitHub.Close()) }()
	stage, _ := onboarding.Default().Stage("basic-review")
	panel := onboarding.Panel{Record: onboarding.Record{Repository: story.Plugin.ID, Round: 1}, Stage: stage}
	for _, user := range story.roles()[onboarding.CoreCommitter] {
		panel.Candidates = append(panel.Candidates, onboarding.Candidate{
			Person: onboarding.Person{ID: user.ID, Login: user.Login}, Roles: []onboarding.Role{onboarding.CoreCommitter},
		})
	}
	asked := onboarding.Choose(panel, time.Now()).Ask
	require.Len(t, asked, 1)
	assert.Equal(t, "carol", asked[0].Person.Login)
}
