package fakegithub_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestDeploymentsHaveGitHubsTraps(t *testing.T) {
	w := newWorld(t)
	head := w.repository.Head()
	create := func(change object) response {
		body := object{"ref": head, "auto_merge": false, "required_contexts": []string{}, "environment": "ci-extensions", "payload": object{"sha256": "c0ffee"}}
		for name, value := range change {
			if value == nil {
				delete(body, name)
				continue
			}
			body[name] = value
		}
		return w.in("POST", "/deployments", body)
	}
	assert.Equal(t, http.StatusAccepted, create(object{"auto_merge": nil}).status, "by default it merges, and deploys nothing")
	require.Equal(t, http.StatusCreated, w.in("POST", "/check-runs", object{"name": "x", "head_sha": head, "status": "completed", "conclusion": "failure"}).status)
	assert.Equal(t, http.StatusConflict, create(object{"required_contexts": nil}).status, "by default all check runs must be green")
	assert.Equal(t, http.StatusUnprocessableEntity, create(object{"ref": strings.Repeat("0", 40)}).status)
	assert.Empty(t, w.repository.Deployments())

	first, second := create(nil), create(nil)
	require.Equal(t, http.StatusCreated, first.status)
	other := create(object{"environment": nil})
	assert.Equal(t, "production", other.object["environment"])
	listed := w.in("GET", "/deployments?environment=ci-extensions&sha="+head, nil).list
	assert.Equal(t, []string{fmt.Sprint(second.object["id"]), fmt.Sprint(first.object["id"])}, names(listed, "id"), "the newest first")
	assert.Equal(t, object{"sha256": "c0ffee"}, listed[0]["payload"])

	status := func(of response, state, description string) int {
		return w.in("POST", fmt.Sprintf("/deployments/%v/statuses", of.object["id"]), object{"state": state, "description": description}).status
	}
	assert.Equal(t, http.StatusCreated, status(first, "success", ""))
	assert.Equal(t, http.StatusUnprocessableEntity, status(first, "success", strings.Repeat("x", 141)))
	assert.Equal(t, http.StatusCreated, status(second, "success", "It runs."))
	assert.Equal(t, []string{"inactive", "success"}, names(w.in("GET", fmt.Sprintf("/deployments/%v/statuses", first.object["id"]), nil).list, "state"))
	assert.Equal(t, []fakegithub.DeploymentStatus{{State: "success", Description: "It runs."}}, plain(w.repository.Deployments()[1].Statuses))

	w.token = w.mint(object{"permissions": object{"contents": "read"}})
	assert.Equal(t, http.StatusForbidden, create(nil).status)
}

// plain are statuses without what only the API shows.
func plain(statuses []fakegithub.DeploymentStatus) (list []fakegithub.DeploymentStatus) {
	for _, s := range statuses {
		list = append(list, fakegithub.DeploymentStatus{State: s.State, Description: s.Description, LogURL: s.LogURL})
	}
	return list
}
