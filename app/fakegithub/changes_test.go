package fakegithub_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestATransferReachesOnlyTheNewOwner(t *testing.T) {
	w := newWorld(t)
	eve := w.CreateUser("Eve")
	deliveries := len(w.Deliveries())
	w.repository.Transfer(w.author, eve)
	assert.Len(t, w.Deliveries(), deliveries, "the App is not installed there")
	assert.Equal(t, http.StatusNotFound, w.in("GET", "", nil).status, "nor does the old token reach it")
	assert.Equal(t, http.StatusNotFound, w.asApp("GET", "/repos/Ada/mattermost-plugin-tea/installation", nil).status)

	w.installation = w.Install(w.app, eve)
	w.repository.Transfer(eve, w.author)
	w.repository.Transfer(w.author, eve)
	event, payload := w.lastDelivery()
	assert.Equal(t, "repository transferred", event)
	assert.Equal(t, "Ada", payload["changes"].(object)["owner"].(object)["from"].(object)["user"].(object)["login"])
	assert.Equal(t, "Eve/mattermost-plugin-tea", payload["repository"].(object)["full_name"])
	assert.EqualValues(t, w.installation.ID, payload["installation"].(object)["id"])
	assert.EqualValues(t, w.installation.ID, w.asApp("GET", "/repos/Ada/mattermost-plugin-tea/installation", nil).object["id"])
	w.token = w.mint(nil)
	assert.Equal(t, "write", w.call("GET", "/repos/Eve/mattermost-plugin-tea/collaborators/Ada/permission", nil).object["permission"])
}

func TestADeletedRepositoryIsGoneAndItsNameIsFree(t *testing.T) {
	w := newWorld(t)
	w.repository.Delete(w.author)
	event, payload := w.lastDelivery()
	assert.Equal(t, "repository deleted", event)
	assert.EqualValues(t, w.repository.ID, payload["repository"].(object)["id"])
	assert.Equal(t, http.StatusNotFound, w.in("GET", "", nil).status)
	again := w.CreateRepository(w.author, "mattermost-plugin-tea", map[string]string{"a": "b"})
	assert.NotEqual(t, w.repository.ID, again.ID)
	assert.EqualValues(t, again.ID, w.in("GET", "", nil).object["id"])
}

func TestAnInstallationOnSelectedRepositoriesReachesNoOther(t *testing.T) {
	w := newWorld(t)
	w.installation.TakeAway(w.author, w.repository)
	event, payload := w.lastDelivery()
	assert.Equal(t, "installation_repositories removed", event)
	assert.Equal(t, "selected", payload["repository_selection"])
	assert.EqualValues(t, w.repository.ID, payload["repositories_removed"].([]any)[0].(object)["id"])
	assert.Empty(t, payload["repositories_added"])
	assert.Equal(t, http.StatusNotFound, w.in("GET", "", nil).status)
	assert.Equal(t, http.StatusNotFound, w.asApp("GET", "/repos/Ada/mattermost-plugin-tea/installation", nil).status)
	assert.Equal(t, http.StatusOK, w.asApp("GET", fmt.Sprintf("/app/installations/%d", w.installation.ID), nil).status)
	deliveries := len(w.Deliveries())
	w.repository.Push(w.author, "More", map[string]*string{"a": text("b")})
	assert.Len(t, w.Deliveries(), deliveries)

	w.installation.Give(w.author, w.repository)
	event, payload = w.lastDelivery()
	assert.Equal(t, "installation_repositories added", event)
	assert.Equal(t, "Ada/mattermost-plugin-tea", payload["repositories_added"].([]any)[0].(object)["full_name"])
	assert.Equal(t, http.StatusOK, w.in("GET", "", nil).status)
	w.installation.Give(w.author, w.CreateRepository(w.CreateUser("Eve"), "hers", nil))
	assert.Len(t, w.Deliveries(), deliveries+1, "another account's repository cannot be given")
}

func TestLabelsOfARepositoryAreToldOf(t *testing.T) {
	w := newWorld(t)
	issue := w.repository.OpenIssue(w.author, "Onboard", "")
	w.repository.CreateLabel(w.author, "x")
	event, payload := w.lastDelivery()
	assert.Equal(t, "label created", event)
	assert.Equal(t, "x", payload["label"].(object)["name"])
	issue.AddLabel(w.author, "x")

	w.repository.RenameLabel(w.author, "x", "y")
	event, payload = w.lastDelivery()
	assert.Equal(t, "label edited", event)
	assert.Equal(t, "x", payload["changes"].(object)["name"].(object)["from"])
	assert.Equal(t, []string{"y"}, issue.Labels())

	w.repository.DeleteLabel(w.author, "y")
	all := w.Deliveries()
	require.Equal(t, []string{"label deleted", "issues unlabeled"}, []string{all[len(all)-2].Event + " " + all[len(all)-2].Action, all[len(all)-1].Event + " " + all[len(all)-1].Action})
	assert.Empty(t, issue.Labels())

	w.in("POST", "/labels", object{"name": "z"})
	event, payload = w.lastDelivery()
	assert.Equal(t, "label created onboard[bot]", event+" "+payload["sender"].(object)["login"].(string))
	w.in("PATCH", "/labels/z", object{"new_name": "zz", "color": "ededed"})
	event, payload = w.lastDelivery()
	assert.Equal(t, "label edited", event)
	assert.Equal(t, object{"name": object{"from": "z"}}, payload["changes"])
	assert.Equal(t, []fakegithub.Label{{ID: w.repository.Labels()[0].ID, Name: "zz", Color: "ededed"}}, w.repository.Labels())
}
