package conformance

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorder is a test that keeps what was reported to it.
type recorder struct {
	testing.TB
	reported []string
	cleanups []func()
}

func (r *recorder) Helper()            {}
func (r *recorder) Cleanup(end func()) { r.cleanups = append(r.cleanups, end) }
func (r *recorder) Errorf(format string, args ...any) {
	r.reported = append(r.reported, fmt.Sprintf(format, args...))
}

const label = `{"id":1,"node_id":"L","url":"u","name":"x","color":"ededed","default":false,"description":null}`

// exchange sends one request through Check to a server that answers so, and
// returns what the client got.
func exchange(r *recorder, method, target, body string, status int, answer string, header ...string) *http.Response {
	handler := Check(r)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if answer != "" {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
		}
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	recorded := httptest.NewRecorder()
	handler.ServeHTTP(recorded, httptest.NewRequest(method, target, strings.NewReader(body)))
	return recorded.Result()
}

func TestWhatGitHubDoesNotKnowIsReported(t *testing.T) {
	const labels, runs = "/api/v3/repos/a/b/labels", "/api/v3/repos/a/b/check-runs"
	output := `{"name":"n","head_sha":"s","output":{"title":"t","summary":"s","annotations":[{"path":"p","start_line":1,"end_line":1,"annotation_level":"notice","message":"m","colour":"red"}]}}`
	for name, test := range map[string]struct {
		method, target, body string
		status               int
		answer               string
		want                 string // part of the report; "" = none
	}{
		"a proper exchange is fine":          {"POST", labels, `{"name":"x","color":"ededed"}`, 201, label, ""},
		"a path unknown":                     {"GET", "/api/v3/repos/a/b/nothing", "", 404, "", "GET /api/v3/repos/a/b/nothing: no such operation"},
		"a method unknown":                   {"PUT", labels, "", 404, "", "no such operation"},
		"a query parameter unknown":          {"GET", labels + "?colour=red", "", 200, "[]", `unknown query parameter "colour"`},
		"a query parameter of a wrong type":  {"GET", labels + "?page=two", "", 200, "[]", `query parameter "page"`},
		"a query parameter out of its list":  {"GET", "/api/v3/repos/a/b/commits/x/check-runs?filter=best", "", 200, `{"total_count":0,"check_runs":[]}`, `query parameter "filter"`},
		"a path parameter of a wrong type":   {"GET", "/api/v3/repos/a/b/issues/one", "", 404, "", `path parameter "issue_number"`},
		"a ref of several segments is fine":  {"GET", "/api/v3/repos/a/b/commits/heads/x/check-runs", "", 200, `{"total_count":0,"check_runs":[]}`, ""},
		"a body field unknown":               {"POST", labels, `{"name":"x","colour":"red"}`, 201, label, "unknown field /colour"},
		"a body field unknown deep inside":   {"POST", runs, output, 404, "", "unknown field /output/annotations/0/colour"},
		"a body field missing":               {"POST", labels, `{"color":"ededed"}`, 201, label, "/name"},
		"a body field of a wrong type":       {"POST", labels, `{"name":7}`, 201, label, "body: /name"},
		"a body too long for its schema":     {"POST", runs, `{"name":"n","head_sha":"s","output":{"title":"t","summary":"` + strings.Repeat("x", 65_536) + `"}}`, 422, "", "/output/summary"},
		"no body where one is needed":        {"POST", labels, "", 422, "", "the body is missing"},
		"a body where none belongs":          {"GET", labels, `{"a":1}`, 200, "[]", "takes no body"},
		"no body where it is optional":       {"POST", "/api/v3/app/installations/1/access_tokens", "null", 404, "{}", ""},
		"a bare list of labels":              {"POST", "/api/v3/repos/a/b/issues/1/labels", `["x"]`, 200, "[]", "body"},
		"labels named in an object are fine": {"POST", "/api/v3/repos/a/b/issues/1/labels", `{"labels":["x"]}`, 200, "[]", ""},
		"a PATCH with unknown fields":        {"PATCH", runs + "/1", `{"status":"in_progress","head_sha":"s"}`, 404, "", "unknown field /head_sha"},
		"an answer without a required null":  {"POST", labels, `{"name":"x"}`, 201, strings.Replace(label, `,"description":null`, "", 1), "answer 201: /description"},
		"an answer with a wrong null":        {"POST", labels, `{"name":"x"}`, 201, strings.Replace(label, `"color":"ededed"`, `"color":null`, 1), "answer 201: /color"},
		"an answer that is no JSON":          {"POST", labels, `{"name":"x"}`, 201, "{", "is no JSON"},
		"an answer whose status is unknown":  {"POST", labels, `{"name":"x"}`, 200, label, "status 200 is not documented"},
		"an answer with a body for nothing":  {"DELETE", labels + "/x", "", 204, "{}", "has a body"},
		"a 304 nobody asked for":             {"GET", labels, "", 304, "", "status 304"},
		"a renamed repository is fine":       {"GET", labels, "", 301, `{"message":"Moved Permanently"}`, ""},
		"a repository by its id is fine":     {"GET", "/api/v3/repositories/7/labels", "", 200, "[" + label + "]", ""},
		"a path unknown under an id":         {"GET", "/api/v3/repositories/7/nothing", "", 404, "", "no such operation"},
		"a 301 elsewhere":                    {"GET", "/api/v3/users/a", "", 301, "{}", "status 301"},
		"a 5xx is not looked at":             {"GET", labels, "", 502, "oops", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			exchange(r, test.method, test.target, test.body, test.status, test.answer)
			if test.want == "" {
				assert.Empty(t, r.reported)
				return
			}
			require.NotEmpty(t, r.reported)
			assert.Contains(t, strings.Join(r.reported, "\n"), test.want)
		})
	}
}

func TestTheExchangeItselfIsNotChanged(t *testing.T) {
	r := &recorder{}
	answer := exchange(r, "POST", "/api/v3/repos/a/b/labels", `{"name":"x"}`, 201, label, "Location", "there")
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	assert.True(t, bytes.Equal([]byte(label), body), "not one byte differs")
	assert.Equal(t, "there", answer.Header.Get("Location"))
	assert.Equal(t, 201, answer.StatusCode)
}

func TestAnswersThatAFaultMadeAreSkipped(t *testing.T) {
	r := &recorder{}
	exchange(r, "GET", "/api/v3/repos/a/b/labels", "", 418, "teapot", "X-Fake-Fault", "injected")
	assert.Empty(t, r.reported)
}

func TestNothingIsReportedAfterTheEnd(t *testing.T) {
	r := &recorder{}
	report := newReporter(r)
	report("one")
	for _, end := range r.cleanups {
		end()
	}
	report("two")
	assert.Equal(t, []string{"not GitHub's API: one"}, r.reported)
}
