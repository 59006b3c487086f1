package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
)

var describedBy = regexp.MustCompile(`^<(.*)>; rel="describedby"$`)

// conforms finds the schema of a page's twin, as programs do, and holds the twin
// against it.
func (w *world) conforms(who, path string) {
	w.t.Helper()
	response := w.ask(who, path)
	body, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	require.Equal(w.t, http.StatusOK, response.StatusCode, path)
	link := describedBy.FindStringSubmatch(response.Header.Get("Link"))
	require.NotNil(w.t, link, "%s has no schema", path)
	status, text := w.get("", link[1])
	require.Equal(w.t, http.StatusOK, status, link[1])
	var schema jsonschema.Schema
	require.NoError(w.t, json.Unmarshal([]byte(text), &schema))
	resolved, err := schema.Resolve(nil)
	require.NoError(w.t, err)
	var twin any
	require.NoError(w.t, json.Unmarshal(body, &twin))
	assert.NoError(w.t, resolved.Validate(twin), "%s is as %s says: %s", path, link[1], body)
}

func TestEachTwinIsAsItsSchemaSays(t *testing.T) {
	for name, o := range map[string]*operator{"in trouble": {ops: troubled("an error")}, "at rest": {ops: calm()}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil, staffed(staff(), o))
			w.conforms("bob", "/board.json")
			w.conforms("bob", "/reviewers.json")
			w.keep(plugin{
				id: 1, owner: "acme", name: "hello", results: fails, since: time.Hour, change: asks("basic-review", person(2, "bob"), time.Hour),
				nights: []onboarding.Night{{Night: "2026-12-01", Outcome: onboarding.OutcomePass}, {Night: "2026-12-02"}},
			})
			w.keep(plugin{id: 2, owner: "acme", name: "held", change: func(r *onboarding.Record) { r.Held = &onboarding.Hold{Why: onboarding.Archived, At: noon} }})
			w.keep(plugin{id: 3, owner: "acme", name: "over", change: func(r *onboarding.Record) { r.EndedAt, r.Withdrawn = noon, &onboarding.Withdrawal{} }})
			for _, path := range []string{"/board.json", "/reviewers.json", "/ops.json", "/commands.json", "/policy.json"} {
				w.conforms("bob", path)
			}
			w.conforms("", "/board.json?q=none")
			for _, path := range []string{"", "/licence", "/basic-review", "/ci-extensions"} {
				for _, name := range []string{"hello", "held", "over"} {
					w.conforms("", "/p/acme/"+name+path+".json")
				}
			}
		})
	}
}

func TestThereIsNoOtherSchema(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/schema/none.json", "/schema/..%2fstatic%2fstyle.css", "/schema/"} {
		status, _ := w.get("", path)
		assert.Equal(t, http.StatusNotFound, status, path)
	}
}
