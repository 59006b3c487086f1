package app_test

import (
	"crypto/hmac"
	"crypto/sha1" // GitHub's old signature, which must not be enough
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/queue"
)

func sign(kind func() hash.Hash, secret, body string) string {
	mac := hmac.New(kind, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestAttackDeliveriesThatAreNotGitHubsAreRefusedAndNotStored(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	genuine := ""
	for _, d := range w.GitHub.Deliveries() {
		if d.Event == "issue_comment" {
			genuine = string(d.Payload)
			break
		}
	}
	require.Contains(t, genuine, "/onboard")
	signed := func(body string) http.Header {
		return http.Header{
			"X-Github-Event": {"issue_comment"}, "X-Github-Delivery": {"11111111-2222-4333-8444-555555555555"}, "Content-Type": {"application/json"},
			"X-Hub-Signature-256": {"sha256=" + sign(sha256.New, w.App.WebhookSecret, body)},
		}
	}
	with := func(header http.Header, name, value string) http.Header {
		header.Del(name)
		if value != "" {
			header.Set(name, value)
		}
		return header
	}
	const sha256Header = "X-Hub-Signature-256"
	tests := map[string]struct {
		body   string
		header http.Header
		want   int
	}{
		"no signature":        {genuine, with(signed(genuine), sha256Header, ""), http.StatusUnauthorized},
		"a forged signature":  {genuine, with(signed(genuine), sha256Header, "sha256="+sign(sha256.New, "guess", genuine)), http.StatusUnauthorized},
		"an empty secret":     {genuine, with(signed(genuine), sha256Header, "sha256="+sign(sha256.New, "", genuine)), http.StatusUnauthorized},
		"an empty signature":  {genuine, with(signed(genuine), sha256Header, "sha256="), http.StatusUnauthorized},
		"another body":        {genuine + " ", signed(genuine), http.StatusUnauthorized},
		"SHA-1 only":          {genuine, with(with(signed(genuine), sha256Header, ""), "X-Hub-Signature", "sha1="+sign(sha1.New, w.App.WebhookSecret, genuine)), http.StatusUnauthorized},
		"SHA-1 as the 256":    {genuine, with(signed(genuine), sha256Header, "sha1="+sign(sha1.New, w.App.WebhookSecret, genuine)), http.StatusUnauthorized},
		"no event":            {genuine, with(signed(genuine), "X-GitHub-Event", ""), http.StatusBadRequest},
		"no GUID":             {genuine, with(signed(genuine), "X-GitHub-Delivery", ""), http.StatusBadRequest},
		"malformed JSON":      {`{"action":"/onboard`, signed(`{"action":"/onboard`), http.StatusBadRequest},
		"JSON but no object":  {`["/onboard"]`, signed(`["/onboard"]`), http.StatusBadRequest},
		"a name for a number": {`{"repository":{"id":"/onboard"}}`, signed(`{"repository":{"id":"/onboard"}}`), http.StatusBadRequest},
		"no JSON":             {genuine, with(signed(genuine), "Content-Type", "text/plain"), http.StatusUnauthorized},
	}
	before, stored := w.writes(), w.stored()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			assert.Equal(t, test.want, w.post(test.body, test.header))
			assert.Equal(t, stored, w.stored())
		})
	}
	w.t = t
	assert.Equal(t, http.StatusAccepted, w.post(`{"zen":"x"}`, with(signed(`{"zen":"x"}`), "X-GitHub-Event", "ping")), "what is signed is taken")
	w.settle()
	assert.Equal(t, before, w.writes())
	assert.Equal(t, stored, w.stored())
}

// zeros is a body of zeros that nobody holds in memory.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestAttackLargeBodiesAreRefusedBeforeTheyAreRead(t *testing.T) {
	w := newWorld(t)
	signature := "sha256=" + strings.Repeat("0", 64)
	tests := map[string]struct {
		size      int64
		told      bool // the request says how long it is
		signature string
		want      int
	}{
		"200 MB unsigned":                {200 << 20, true, "", http.StatusUnauthorized},
		"200 MB unsigned, length hidden": {200 << 20, false, "", http.StatusUnauthorized},
		"26 MiB signed":                  {26 << 20, true, signature, http.StatusRequestEntityTooLarge},
		"26 MiB signed, length hidden":   {26 << 20, false, signature, http.StatusRequestEntityTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.app.URL()+app.HookPath, io.LimitReader(zeros{}, test.size))
			require.NoError(t, err)
			if test.told {
				request.ContentLength = test.size
			}
			request.Header.Set("X-GitHub-Event", "issue_comment")
			request.Header.Set("Content-Type", "application/json")
			if test.signature != "" {
				request.Header.Set("X-Hub-Signature-256", test.signature)
			}
			response, err := http.DefaultTransport.RoundTrip(request)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			runtime.ReadMemStats(&after)
			assert.Equal(t, test.want, response.StatusCode)
			if test.signature == "" {
				added := after.TotalAlloc - before.TotalAlloc
				t.Logf("allocated while it was refused: %d KiB", added>>10)
				assert.Less(t, added, uint64(32<<20))
			}
		})
	}
}

func TestAttackSlowLargeDeliveriesHoldUpNoGenuineOne(t *testing.T) {
	w := newWorld(t)
	for range 4 { // they promise 25 MiB and send nothing
		connection, err := net.Dial("tcp", strings.TrimPrefix(w.app.URL(), "http://"))
		require.NoError(t, err)
		defer func() { require.NoError(t, connection.Close()) }()
		_, err = fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: application/json\r\nX-GitHub-Event: push\r\nX-Hub-Signature-256: sha256=00\r\n\r\n", app.HookPath, 25<<20)
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard")))
}

func TestAttackServeRefusesAnEmptyWebhookSecret(t *testing.T) {
	config := app.Default()
	_, err := app.New(t.Context(), config, logTo(t))
	var missing app.MissingError
	require.ErrorAs(t, err, &missing)
	assert.ErrorContains(t, err, "github.app.webhook_secret")
	assert.ErrorContains(t, err, "export ONBOARD_GITHUB_APP_WEBHOOK_SECRET")
}

func TestWithGitHubAwayDeliveriesWaitAndAreWorkedOffAfterwards(t *testing.T) {
	w := newWorld(t)
	back := w.GitHub.Inject(fakegithub.Fault{Cut: fakegithub.CutBefore})
	comment := w.say(w.Alice, "/onboard")
	assert.Empty(t, reacted(comment))
	assert.Equal(t, 1, w.stored())
	status, body := w.get("/readyz")
	assert.Equal(t, http.StatusOK, status, "an outage of GitHub must not take replicas out of the balancer")
	assert.Contains(t, body, `"degraded"`)
	assert.Contains(t, body, "GitHub cannot be reached")

	back()
	w.later(time.Minute)
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
	assert.Equal(t, "failure", w.run("licence").Conclusion)
	status, body = w.get("/readyz")
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"status":"ok","reasons":[]}`, body)
}

func TestHealthz(t *testing.T) {
	w := newWorld(t)
	status, _ := w.get("/healthz")
	assert.Equal(t, http.StatusOK, status)
}

// ping posts a ping that is signed with a secret.
func (w *world) ping(secret string) int {
	w.t.Helper()
	const body = `{"zen":"x"}`
	return w.post(body, http.Header{
		"X-Github-Event": {"ping"}, "X-Github-Delivery": {"11111111-2222-4333-8444-666666666666"}, "Content-Type": {"application/json"},
		"X-Hub-Signature-256": {"sha256=" + sign(sha256.New, secret, body)},
	})
}

// A delivery is answered when it is on disk: what GitHub's API does, or does not,
// is no part of that, nor is how many wait for a worker.
func TestDeliveriesAreAnsweredWhileGitHubHangs(t *testing.T) {
	w := newStage(t)
	w.with = []app.Option{app.WithGrace(time.Millisecond)}
	w.start()
	w.say(w.Alice, "/onboard")
	before := len(w.GitHub.Deliveries())
	w.GitHub.Inject(fakegithub.Fault{Delay: time.Hour})
	for i := range 3 * queue.DefaultWorkers {
		repo := w.GitHub.CreateRepository(w.Alice, fmt.Sprintf("mattermost-plugin-%d", i), map[string]string{"README.md": "# X"})
		repo.OpenIssue(w.Alice, "Onboard this", "/onboard")
		w.Issue.Comment(w.Alice, "/onboard help")
	}
	require.NoError(t, w.GitHub.Settled(t.Context()))
	late := w.GitHub.Deliveries()[before:]
	require.GreaterOrEqual(t, len(late), 6*queue.DefaultWorkers)
	for _, d := range late {
		assert.Equal(t, http.StatusAccepted, d.StatusCode, d.Event)
	}
}
