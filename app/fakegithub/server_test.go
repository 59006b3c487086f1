package fakegithub_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestAMatchingETagIsAnswered304AndIsFree(t *testing.T) {
	w := newWorld(t)
	first := w.in("GET", "", nil)
	tag := first.header.Get("ETag")
	require.NotEmpty(t, tag)
	assert.Equal(t, "private, max-age=60, s-maxage=60", first.header.Get("Cache-Control"))
	assert.Contains(t, first.header.Get("Vary"), "Authorization")

	again := w.in("GET", "", nil, "If-None-Match", tag)
	assert.Equal(t, 304, again.status)
	assert.Empty(t, again.raw)
	assert.Equal(t, first.header.Get("X-Ratelimit-Used"), again.header.Get("X-Ratelimit-Used"))

	w.token = w.mint(nil)
	assert.Equal(t, 200, w.in("GET", "", nil, "If-None-Match", tag).status, "ETags differ per token")
	calls := w.Calls()
	assert.True(t, calls[len(calls)-3].NotModified)
}

func TestListsComeInPages(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.in("POST", "/labels", object{"name": fmt.Sprintf("label %d", i)})
	}
	var names []string
	path := "/labels?per_page=2"
	for pages := 0; path != ""; pages++ {
		require.Less(t, pages, 4)
		r := w.in("GET", path, nil)
		for _, l := range r.list {
			names = append(names, l["name"].(string))
		}
		path = ""
		for link := range strings.SplitSeq(r.header.Get("Link"), ", ") {
			if url, found := strings.CutSuffix(link, `>; rel="next"`); found {
				_, path, _ = strings.Cut(url, "/repos/Ada/mattermost-plugin-tea")
			}
		}
	}
	assert.Equal(t, []string{"label 0", "label 1", "label 2", "label 3", "label 4"}, names)
	assert.Contains(t, w.in("GET", "/labels?per_page=2&page=2", nil).header.Get("Link"), `rel="prev"`)
	beyond := w.in("GET", "/labels?per_page=2&page=9", nil)
	assert.Equal(t, "[]", string(beyond.raw))
	assert.Empty(t, w.in("GET", "/labels", nil).header.Get("Link"))
}

func TestTheRateLimitIsCountedAndEnforced(t *testing.T) {
	w := newWorld(t)
	w.installation.SetRateLimit(2)
	first := w.in("GET", "", nil)
	assert.Equal(t, "1", first.header.Get("X-Ratelimit-Remaining"))
	assert.Equal(t, "core", first.header.Get("X-Ratelimit-Resource"))
	assert.NotEmpty(t, first.header.Get("X-Github-Request-Id"))
	w.in("GET", "", nil)
	refused := w.in("GET", "", nil)
	assert.Equal(t, 403, refused.status)
	assert.Equal(t, "0", refused.header.Get("X-Ratelimit-Remaining"))
	assert.EqualValues(t, 0, w.call("GET", "/rate_limit", nil).object["rate"].(object)["remaining"])
	assert.Equal(t, 200, w.asApp("GET", "/app", nil).status, "the App has its own limit")
	w.advance(59*time.Minute + 59*time.Second)
	assert.Equal(t, 403, w.in("GET", "", nil).status)
	w.advance(time.Second)
	w.token = w.mint(nil)
	assert.Equal(t, 200, w.in("GET", "", nil).status)
}

func TestFaultsActAsTold(t *testing.T) {
	w := newWorld(t)
	const labels = "/repos/{owner}/{repo}/labels"
	remove := w.Inject(fakegithub.Fault{Method: "POST", Route: labels, Skip: 1, Times: 2, Status: 503, Header: http.Header{"Retry-After": {"7"}}})
	post := func(name string) response { return w.in("POST", "/labels", object{"name": name}) }
	assert.Equal(t, 201, post("a").status)
	failed := post("b")
	assert.Equal(t, 503, failed.status)
	assert.Equal(t, "7", failed.header.Get("Retry-After"))
	assert.NotEmpty(t, failed.header.Get("X-Fake-Fault"))
	assert.Equal(t, 200, w.in("GET", "/labels", nil).status, "other methods are not concerned")
	assert.Equal(t, 503, post("b").status)
	assert.Equal(t, 201, post("b").status)
	remove()

	remove = w.Inject(fakegithub.Fault{Status: 429, Body: "slow down"})
	assert.Equal(t, "slow down", string(w.in("GET", "", nil).raw))
	remove()
	assert.Equal(t, 200, w.in("GET", "", nil).status)
}

func TestACutConnectionHasDoneTheWorkOrNot(t *testing.T) {
	for name, test := range map[string]struct {
		cut  fakegithub.Cut
		want int
	}{
		"cut before: nothing is done":            {fakegithub.CutBefore, 0},
		"cut after: done, but the answer's lost": {fakegithub.CutAfter, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.Inject(fakegithub.Fault{Method: "POST", Times: 1, Cut: test.cut})
			_, err := w.send("POST", "/repos/Ada/mattermost-plugin-tea/labels", w.token, object{"name": "x"})
			require.Error(t, err)
			assert.Len(t, w.repository.Labels(), test.want)
			calls := w.Calls()
			assert.Zero(t, calls[len(calls)-1].Status)
		})
	}
}

func TestLatencyAndDelaysMakeCallsSlow(t *testing.T) {
	w := newWorld(t)
	w.SetLatency(20 * time.Millisecond)
	w.Inject(fakegithub.Fault{Delay: 30 * time.Millisecond, Times: 1})
	began := time.Now()
	assert.Equal(t, 200, w.in("GET", "", nil).status)
	assert.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
}

func TestCallsAreRecordedWithTheirRoutes(t *testing.T) {
	w := newLooseWorld(t)
	w.in("POST", "/labels", object{"name": "x"})
	w.in("GET", "/no/such/thing", nil)
	_, err := w.send("GET", "/repos/a/b", "wrong", nil)
	require.NoError(t, err)
	installation := fmt.Sprintf("installation/%d", w.installation.ID)
	calls := w.Calls()
	for i := range calls {
		assert.False(t, calls[i].At.IsZero())
		calls[i].At = time.Time{}
	}
	assert.Equal(t, []fakegithub.Call{
		{Method: "POST", Route: "/app/installations/{installation_id}/access_tokens", Path: fmt.Sprintf("/app/installations/%d/access_tokens", w.installation.ID), Status: 201, Actor: "app"},
		{Method: "POST", Route: "/repos/{owner}/{repo}/labels", Path: "/repos/Ada/mattermost-plugin-tea/labels", Status: 201, Actor: installation, Write: true},
		{Method: "GET", Path: "/repos/Ada/mattermost-plugin-tea/no/such/thing", Status: 404, Actor: installation},
		{Method: "GET", Route: "/repos/{owner}/{repo}", Path: "/repos/a/b", Status: 401},
	}, calls)
}

func TestABodyThatIsNoJSONIs400AndOneOfWrongTypes422(t *testing.T) {
	w := newLooseWorld(t)
	assert.Equal(t, 422, w.in("POST", "/labels", object{"name": 7}).status)
	request, err := http.NewRequest(http.MethodPost, w.url+"/api/v3/repos/Ada/mattermost-plugin-tea/labels", strings.NewReader("{"))
	require.NoError(t, err)
	request.Header.Set("Authorization", "token "+w.token)
	r, err := w.http.Do(request)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	assert.Equal(t, 400, r.StatusCode)
}
