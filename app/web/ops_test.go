package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/web"
)

// troubled is an App with one of each trouble, which says something.
func troubled(says string) web.Ops {
	ops := calm()
	ops.Keys["parked"], ops.Oldest = 1, 7200
	ops.Reasons = []string{says}
	ops.Paused = &web.Stopped{Reason: says, At: noon.Add(-time.Hour)}
	ops.Parked = []web.Trouble{{Key: "repo/1", Repository: "acme/hello", State: "parked", Attempts: 10, DueAt: noon, LastError: says}}
	ops.Trying = []web.Trouble{{Key: "housekeeping", State: "retrying", Attempts: 2, DueAt: noon, LastError: says}}
	ops.GivenUp = []web.GivenUp{{GUID: says, Event: "issues", Key: "repo/2", ReceivedAt: noon, LastError: says}}
	ops.Held = []web.Held{{Installation: 12, Account: "acme", Keys: []string{"repo/3"}, LastError: says}}
	ops.Recovery = web.Recovery{At: noon.Add(-time.Hour), Again: 4}
	ops.Budgets = []web.Budget{{Installation: 12, Resource: "core", Limit: 5000, Remaining: 123, Reset: noon.Add(time.Hour)}}
	return ops
}

func TestOperationsTellsHowTheAppDoes(t *testing.T) {
	w := newWorld(t, nil, staffed(staff(), &operator{ops: troubled("GitHub answered 502")}))
	var twin web.Ops
	w.read("bob", "/ops.json", &twin)
	assert.Equal(t, troubled("GitHub answered 502"), twin, "the twin says what the App says")
	_, html := w.get("bob", "/ops")
	for _, says := range []string{"acme/hello", "GitHub answered 502", "2 hours", "123 of 5000", "4 sent again", "all has been paused", "issues of repo/2"} {
		assert.Contains(t, html, says)
	}
	assert.NotContains(t, html, `action="/ops/`, "who is no admin is offered nothing")
	_, html = w.get("ada", "/ops")
	assert.Contains(t, html, "Try acme/hello again")
	assert.Contains(t, html, "Resume all")
}

func TestAdminsActOnThePageOfOperations(t *testing.T) {
	for name, test := range map[string]struct {
		path string
		form url.Values
		did  []string
		says string
	}{
		"a key is tried again":             {"/ops/retry", url.Values{"key": {"repo/1"}}, []string{"retry repo/1"}, "It is tried again now."},
		"a key that is not there is not":   {"/ops/retry", url.Values{"key": {"repo/0"}}, []string{"retry repo/0"}, "there is no such key"},
		"all is paused, with a reason":     {"/ops/pause", url.Values{"reason": {" we move "}}, []string{"pause we move"}, "All is paused."},
		"all is not paused without one":    {"/ops/pause", url.Values{"reason": {"  "}}, nil, "say why"},
		"a long reason is cut":             {"/ops/pause", url.Values{"reason": {strings.Repeat("ä", 600)}}, []string{"pause " + strings.Repeat("ä", 500)}, "All is paused."},
		"all is resumed":                   {"/ops/resume", nil, []string{"resume"}, "All goes on"},
		"what stands in the URL is no key": {"/ops/retry?key=repo/1", url.Values{"key": {"repo/0"}}, []string{"retry repo/0"}, "there is no such key"},
	} {
		t.Run(name, func(t *testing.T) {
			o := &operator{ops: calm()}
			w := newWorld(t, nil, staffed(staff(), o))
			response := w.post("ada", test.path, test.form, http.Header{"Sec-Fetch-Site": {"same-origin"}})
			require.Equal(t, http.StatusSeeOther, response.StatusCode)
			assert.Equal(t, test.did, o.done())
			_, html := w.get("ada", response.Header.Get("Location"))
			assert.Contains(t, html, test.says)
		})
	}
}

func TestAttackOnlyAdminsActAndLinksDoNothing(t *testing.T) {
	o := &operator{ops: calm()}
	w := newWorld(t, nil, staffed(staff(), o))
	form := url.Values{"key": {"repo/1"}, "reason": {"because"}}
	for _, path := range []string{"/ops/retry", "/ops/pause", "/ops/resume"} {
		for _, who := range []string{"", "oscar", "alice", "bob"} {
			response := w.post(who, path, form, http.Header{"Sec-Fetch-Site": {"same-origin"}})
			assert.Equal(t, http.StatusForbidden, response.StatusCode, "%s at %s", who, path)
		}
		status, _ := w.get("ada", path+"?key=repo/1&reason=because")
		assert.Equal(t, http.StatusNotFound, status, "a link does nothing")
		huge := url.Values{"key": {strings.Repeat("x", 70_000)}, "reason": {strings.Repeat("x", 70_000)}}
		if path != "/ops/resume" {
			response := w.post("ada", path, huge, nil)
			assert.Equal(t, http.StatusSeeOther, response.StatusCode)
		}
	}
	assert.False(t, slices.ContainsFunc(o.done(), func(did string) bool { return did != "retry " }), "nothing was done: %q", o.done())
}

func TestAttackWhatErrorsSayIsInert(t *testing.T) {
	for _, evil := range hostile {
		w := newWorld(t, nil, staffed(staff(), &operator{ops: troubled(evil)}))
		for _, path := range []string{"/ops", "/ops?done=" + url.QueryEscape(evil)} {
			_, html := w.get("ada", path)
			inert(t, html, "button", "code", "input", "label", "meter", "small", "ul", "value", "min", "max", "required", "size", "maxlength", "autocomplete", "role")
		}
	}
}

func TestOperationsIsASmallPageHoweverMuchIsWrong(t *testing.T) {
	ops := troubled("")
	long := strings.Repeat("a long error & more; ", 1000)
	for i := range 1000 {
		key := "repo/" + strconv.Itoa(i)
		ops.Parked = append(ops.Parked, web.Trouble{Key: key, Repository: "acme/mattermost-plugin-of-some-length", LastError: long})
		ops.Trying = append(ops.Trying, web.Trouble{Key: key, LastError: long})
		ops.GivenUp = append(ops.GivenUp, web.GivenUp{Key: key, LastError: long})
		ops.Held = append(ops.Held, web.Held{Installation: int64(i + 1), LastError: long})
		ops.Budgets = append(ops.Budgets, web.Budget{Installation: int64(i + 1)})
	}
	w := newWorld(t, nil, staffed(staff(), &operator{ops: ops}))
	_, html := w.get("ada", "/ops")
	assert.Less(t, len(html), 100_000)
	assert.Contains(t, html, "1001 in all")
}
