package fakegithub_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"

	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// receiver is the App's end of the webhooks.
type receiver struct {
	mu       sync.Mutex
	status   int
	received []*http.Request
	bodies   [][]byte
}

func (w *world) receive(status int) *receiver {
	r := &receiver{status: status}
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if err == nil {
			r.received, r.bodies = append(r.received, request), append(r.bodies, body)
		}
		answer.WriteHeader(r.status)
	}))
	w.t.Cleanup(server.Close)
	w.SetWebhookURL(w.app, server.URL)
	return r
}

func (w *world) story() {
	w.repository.Allow(w.CreateUser("bob"), "write")
	issue := w.repository.OpenIssue(w.author, "Onboard", "please")
	comment := issue.Comment(w.author, "/onboard")
	comment.Edit(w.CreateUser("bob"), "/onboard now")
	issue.AddLabel(w.author, "stage:licence")
	issue.RemoveLabel(w.author, "stage:licence")
	w.repository.Push(w.author, "Add it", map[string]*string{"LICENSE": text("Apache"), "README.md": nil})
	w.in("POST", "/issues/1/comments", object{"body": "Hello"})
	w.in("POST", "/check-runs", object{"name": "a", "head_sha": w.repository.Head(), "conclusion": "success"})
	comment.Delete(w.author)
}

func TestEveryDeliveryIsSignedAndReadByGoGithub(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Settled(w.context())) // what was sent before anybody listened
	r := w.receive(http.StatusAccepted)
	w.story()
	require.NoError(t, w.Settled(w.context()))
	r.mu.Lock()
	defer r.mu.Unlock()
	guid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	var events []string
	for i, request := range r.received {
		mac := hmac.New(sha256.New, []byte(w.app.WebhookSecret))
		mac.Write(r.bodies[i])
		assert.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), request.Header.Get("X-Hub-Signature-256"))
		assert.Regexp(t, guid, request.Header.Get("X-GitHub-Delivery"))
		assert.Regexp(t, "^GitHub-Hookshot/", request.UserAgent())
		assert.Equal(t, "application/json", request.Header.Get("Content-Type"))
		_, err := github.ParseWebHook(github.WebHookType(request), r.bodies[i])
		require.NoError(t, err)
		var payload struct {
			Action       string
			Installation struct{ ID int64 }
			Repository   struct{ ID int64 }
			Sender       struct{ Login, Type string }
		}
		require.NoError(t, json.Unmarshal(r.bodies[i], &payload))
		assert.Equal(t, w.installation.ID, payload.Installation.ID)
		assert.Equal(t, w.repository.ID, payload.Repository.ID)
		events = append(events, fmt.Sprintf("%s %s %s %s", request.Header.Get("X-GitHub-Event"), payload.Action, payload.Sender.Login, payload.Sender.Type))
	}
	assert.Equal(t, []string{
		"issues opened Ada User", "issue_comment created Ada User", "issue_comment edited bob User", "issues labeled Ada User", "issues unlabeled Ada User",
		"push  Ada User", "check_suite requested Ada User", "issue_comment created onboard[bot] Bot",
		"check_run created onboard[bot] Bot", "check_run completed onboard[bot] Bot", "issue_comment deleted Ada User",
	}, events)
}

func TestAnEditedCommentTellsItsOldTextAndAPushItsFiles(t *testing.T) {
	w := newWorld(t)
	w.story()
	for _, d := range w.Deliveries() {
		if d.Event == "issue_comment" && d.Action == "edited" {
			event, err := github.ParseWebHook(d.Event, d.Payload)
			require.NoError(t, err)
			assert.Equal(t, "/onboard", event.(*github.IssueCommentEvent).GetChanges().Body.GetFrom())
		}
		if d.Event == "push" {
			event, err := github.ParseWebHook(d.Event, d.Payload)
			require.NoError(t, err)
			push := event.(*github.PushEvent)
			assert.Equal(t, w.repository.Head(), push.GetAfter())
			assert.Equal(t, []string{"LICENSE"}, push.GetHeadCommit().Added)
			assert.Equal(t, []string{"README.md"}, push.GetHeadCommit().Removed)
			assert.Equal(t, "Ada/mattermost-plugin-tea", push.GetRepo().GetFullName())
			assert.Equal(t, "Ada", push.GetRepo().GetOwner().GetName())
		}
	}
}

func TestALabelThatWasDeletedIsNotNamed(t *testing.T) {
	w := newWorld(t)
	w.repository.OpenIssue(w.author, "Onboard", "").AddLabel(w.author, "x")
	w.in("DELETE", "/labels/x", nil)
	deliveries := w.Deliveries()
	last := deliveries[len(deliveries)-1]
	assert.Equal(t, "unlabeled", last.Action)
	var payload object
	require.NoError(t, json.Unmarshal(last.Payload, &payload))
	assert.NotContains(t, payload, "label")
}

func TestARedeliveryKeepsTheGUIDAndHasItsOwnID(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Settled(w.context()))
	r := w.receive(http.StatusInternalServerError)
	w.repository.OpenIssue(w.author, "Onboard", "")
	require.NoError(t, w.Settled(w.context()))
	failed := w.asApp("GET", "/app/hook/deliveries?status=failure", nil)
	require.Len(t, failed.list, 1)
	assert.EqualValues(t, 500, failed.list[0]["status_code"])
	r.mu.Lock()
	r.status = http.StatusAccepted
	r.mu.Unlock()
	path := fmt.Sprintf("/app/hook/deliveries/%.0f", failed.list[0]["id"])
	assert.Equal(t, 202, w.asApp("POST", path+"/attempts", nil).status)
	require.NoError(t, w.Settled(w.context()))
	succeeded := w.asApp("GET", "/app/hook/deliveries?status=success", nil)
	require.Len(t, succeeded.list, 1)
	assert.Equal(t, failed.list[0]["guid"], succeeded.list[0]["guid"])
	assert.NotEqual(t, failed.list[0]["id"], succeeded.list[0]["id"])
	assert.Equal(t, true, succeeded.list[0]["redelivery"])
	one := w.asApp("GET", path, nil)
	assert.Equal(t, "issues", one.object["request"].(object)["headers"].(object)["X-Github-Event"])
	assert.Equal(t, 404, w.asApp("GET", "/app/hook/deliveries/1", nil).status)
	w.Redeliver(int64(one.object["id"].(float64)))
	require.NoError(t, w.Settled(w.context()))
	assert.Len(t, w.asApp("GET", "/app/hook/deliveries?status=success", nil).list, 2)
}

func TestDeliveriesArePagedByCursorNewestFirst(t *testing.T) {
	w := newWorld(t)
	w.story()
	require.NoError(t, w.Settled(w.context()))
	var ids []float64
	path := "/app/hook/deliveries?per_page=4"
	next := regexp.MustCompile(`<.*/api/v3(/app/.*)>; rel="next"`)
	for path != "" {
		r := w.asApp("GET", path, nil)
		require.LessOrEqual(t, len(r.list), 4)
		for _, row := range r.list {
			assert.Zero(t, row["status_code"], "there is no webhook URL")
			ids = append(ids, row["id"].(float64))
		}
		path = ""
		if link := next.FindStringSubmatch(r.header.Get("Link")); link != nil {
			path = link[1]
		}
	}
	assert.Len(t, ids, len(w.Deliveries()))
	assert.IsDecreasing(t, ids)
	assert.Equal(t, 400, w.asApp("GET", "/app/hook/deliveries?cursor=x", nil).status)
}

func TestAMadeUpDeliveryIsSignedAndKeepsItsGUID(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Settled(w.context()))
	r := w.receive(http.StatusOK)
	w.Deliver("ping", "my-guid", []byte(`not json`))
	require.NoError(t, w.Settled(w.context()))
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Len(t, r.received, 1)
	assert.Equal(t, "my-guid", r.received[0].Header.Get("X-GitHub-Delivery"))
	assert.Equal(t, 200, w.asApp("GET", fmt.Sprintf("/app/hook/deliveries/%d", lastID(w.Deliveries())), nil).status)
}

func lastID(all []fakegithub.Delivery) int64 { return all[len(all)-1].ID }

func TestASuspendedInstallationHearsOnlyThat(t *testing.T) {
	w := newWorld(t)
	w.installation.Suspend(w.author)
	before := len(w.Deliveries())
	w.repository.OpenIssue(w.author, "Onboard", "")
	assert.Len(t, w.Deliveries(), before)
	assert.Equal(t, "suspend", w.Deliveries()[before-1].Action)
}

func TestCloseEndsADeliveryThatHangs(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Settled(w.context()))
	arrived, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	w.SetWebhookURL(w.app, server.URL)
	w.repository.OpenIssue(w.author, "Onboard", "")
	<-arrived
	w.repository.OpenIssue(w.author, "waits behind it", "")
	require.NoError(t, w.Close())
	for _, d := range w.Deliveries() {
		assert.True(t, d.Answered)
		assert.NotEmpty(t, d.Error)
	}
}
