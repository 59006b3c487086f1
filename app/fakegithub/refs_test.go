package fakegithub_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// since lists what was delivered after the first n: event, action and sender.
func (w *world) since(n int) []string {
	var events []string
	for _, d := range w.Deliveries()[n:] {
		var payload struct{ Sender struct{ Login string } }
		require.NoError(w.t, json.Unmarshal(d.Payload, &payload))
		_, err := github.ParseWebHook(d.Event, d.Payload)
		require.NoError(w.t, err)
		events = append(events, fmt.Sprintf("%s %s %s", d.Event, d.Action, payload.Sender.Login))
	}
	return events
}

func (w *world) refused(method, path string, body any, status int, message string) {
	w.t.Helper()
	r := w.in(method, path, body)
	assert.Equal(w.t, status, r.status, "%s", r.raw)
	if r.raw != nil {
		assert.Contains(w.t, r.object["message"], message)
	}
}

func TestARefIsMadeMovedAndDeleted(t *testing.T) {
	w := newWorld(t)
	first := w.repository.Head()
	second := w.repository.Push(w.author, "Second", map[string]*string{"a": text("1")})
	before, pushed := len(w.Deliveries()), w.in("GET", "", nil).object["pushed_at"]
	w.advance(time.Minute)
	w.made("/git/refs", object{"ref": "refs/heads/onboard/base", "sha": first})
	assert.Equal(t, first, w.repository.Branch("onboard/base"))
	assert.NotEqual(t, pushed, w.in("GET", "", nil).object["pushed_at"])
	assert.Equal(t, []string{"push  onboard[bot]", "check_suite requested onboard[bot]"}, w.since(before))
	moved := w.in("PATCH", "/git/refs/heads/onboard/base", object{"sha": second})
	require.Equal(t, http.StatusOK, moved.status)
	assert.Equal(t, second, moved.object["object"].(object)["sha"])
	w.refused("PATCH", "/git/refs/heads/onboard/base", object{"sha": first}, 422, "Update is not a fast forward")
	before = len(w.Deliveries())
	assert.Equal(t, http.StatusOK, w.in("PATCH", "/git/refs/heads/onboard/base", object{"sha": first, "force": true}).status)
	_, payload := w.lastDelivery()
	assert.Equal(t, []any{true, false, false, second, first}, []any{payload["forced"], payload["created"], payload["deleted"], payload["before"], payload["after"]})
	assert.Equal(t, http.StatusOK, w.in("PATCH", "/git/refs/heads/onboard/base", object{"sha": first}).status, "nothing to do")
	assert.Equal(t, []string{"push  onboard[bot]"}, w.since(before), "both commits have their suites")
	assert.Equal(t, http.StatusNoContent, w.in("DELETE", "/git/refs/heads/onboard/base", nil).status)
	_, payload = w.lastDelivery()
	assert.Equal(t, []any{true, "0000000000000000000000000000000000000000", nil}, []any{payload["deleted"], payload["after"], payload["head_commit"]})
	assert.Empty(t, w.repository.Branch("onboard/base"))
	require.NoError(t, w.Settled(w.context()))
}

func TestAPushTellsTheCommitsThatAreNew(t *testing.T) {
	w := newWorld(t)
	tree := w.in("GET", "/git/trees/main", nil).object["sha"].(string)
	base := w.commit("Base", tree)
	head := w.commit("Head", tree, base)
	w.made("/git/refs", object{"ref": "refs/heads/base", "sha": base})
	w.made("/git/refs", object{"ref": "refs/heads/head", "sha": head})
	var ids [][]string
	for _, d := range w.Deliveries() {
		if d.Event == "push" {
			event, err := github.ParseWebHook(d.Event, d.Payload)
			require.NoError(t, err)
			var shas []string
			for _, c := range event.(*github.PushEvent).Commits {
				shas = append(shas, c.GetID())
			}
			ids = append(ids, shas)
			assert.True(t, event.(*github.PushEvent).GetCreated())
		}
	}
	assert.Equal(t, [][]string{{base}, {head}}, ids)
}

func TestARefThatGitHubRefusesIs422(t *testing.T) {
	w := newWorld(t)
	head := w.repository.Head()
	w.made("/git/refs", object{"ref": "refs/heads/onboard/review", "sha": head})
	missing := "1111111111111111111111111111111111111111"
	blob := w.repository.TreeOf("main")["README.md"].SHA
	for name, test := range map[string]struct{ ref, sha, message string }{
		"there already":                      {"refs/heads/main", head, "Reference already exists"},
		"no such object":                     {"refs/heads/x", missing, "Object does not exist"},
		"a branch of a file":                 {"refs/heads/x", blob, "Reference update failed"},
		"a branch where there is a folder":   {"refs/heads/onboard", head, "Reference update failed"},
		"a branch inside a branch":           {"refs/heads/onboard/review/x", head, "Reference update failed"},
		"no refs/":                           {"heads/x", head, "Reference name must start with 'refs/'"},
		"one slash only":                     {"refs/x", head, "Reference name must start with 'refs/'"},
		"a name that git does not take":      {"refs/heads/a..b", head, "Reference name"},
		"a name that ends like git's own":    {"refs/heads/a.lock", head, "Reference name"},
		"a name with a space or a character": {"refs/heads/a b~1", head, "Reference name"},
	} {
		t.Run(name, func(*testing.T) {
			w.refused("POST", "/git/refs", object{"ref": test.ref, "sha": test.sha}, 422, test.message)
		})
	}
	w.refused("PATCH", "/git/refs/heads/none", object{"sha": head}, 422, "Reference does not exist")
	w.refused("DELETE", "/git/refs/heads/none", nil, 422, "Reference does not exist")
	w.refused("DELETE", "/git/refs/heads/main", nil, 422, "Cannot delete the default branch")
	w.refused("GET", "/git/ref/heads/none", nil, 404, "Not Found")
}

func TestRulesBindTheBranchesTheyName(t *testing.T) {
	w := newWorld(t)
	first := w.repository.Head()
	second := w.repository.Push(w.author, "Second", map[string]*string{"a": text("1")})
	w.made("/git/refs", object{"ref": "refs/heads/onboard/old", "sha": second})
	w.repository.SetRules("onboard/**", "creation", "deletion", "non_fast_forward")
	w.repository.SetRules("~DEFAULT_BRANCH", "pull_request", "required_linear_history")
	assert.Equal(t, []string{"creation", "deletion", "non_fast_forward"}, names(w.in("GET", "/rules/branches/onboard/not/there/yet", nil).list, "type"))
	assert.Equal(t, []string{"pull_request", "required_linear_history"}, names(w.in("GET", "/rules/branches/main", nil).list, "type"))
	assert.Empty(t, w.in("GET", "/rules/branches/other", nil).list)

	w.refused("POST", "/git/refs", object{"ref": "refs/heads/onboard/new", "sha": first}, 422, "Repository rule violations found\n\nCannot create ref due to creations being restricted.\n\n")
	w.refused("DELETE", "/git/refs/heads/onboard/old", nil, 422, "Cannot delete this protected ref.")
	w.refused("PATCH", "/git/refs/heads/onboard/old", object{"sha": first, "force": true}, 422, "Cannot force-push to this branch")
	w.refused("PATCH", "/git/refs/heads/main", object{"sha": first, "force": true}, 422, "Changes must be made through a pull request.")
	w.made("/git/refs", object{"ref": "refs/heads/other", "sha": first})

	w.repository.SetRules("onboard/**")
	w.made("/git/refs", object{"ref": "refs/heads/onboard/new", "sha": first})
	w.repository.SetRules("~ALL", "update", "required_signatures")
	w.made("/git/refs", object{"ref": "refs/heads/known", "sha": first})
	w.refused("PATCH", "/git/refs/heads/known", object{"sha": second}, 422, "Cannot update this protected ref.")
	fresh := w.commit("Fresh", w.in("GET", "/git/trees/main", nil).object["sha"].(string))
	w.refused("POST", "/git/refs", object{"ref": "refs/heads/fresh", "sha": fresh}, 422, "Commits must have verified signatures.")
	w.repository.PushBranch(w.author, "onboard/new", "People pass by", map[string]*string{"b": text("2")})
	assert.Panics(t, func() { w.repository.SetRules("main", "no_such_rule") })
}

func TestFaultsAndTheRecordCoverWhatWrites(t *testing.T) {
	w := newWorld(t)
	w.pull()
	calls := w.writes()
	calls["POST /pulls"] = object{"title": "x", "head": "x", "base": "main"}
	calls["PATCH /pulls/1"] = object{"body": "x"}
	calls["PUT /pulls/1/merge"] = object{}
	calls["POST /pulls/1/requested_reviewers"] = object{"reviewers": []string{"bob"}}
	calls["DELETE /pulls/1/requested_reviewers"] = object{"reviewers": []string{"bob"}}
	calls["POST /pulls/1/reviews"] = object{"event": "COMMENT", "body": "x"}
	w.Inject(fakegithub.Fault{Status: http.StatusBadGateway})
	before := len(w.Calls())
	for call, body := range calls {
		var method, path string
		_, err := fmt.Sscan(call, &method, &path)
		require.NoError(t, err)
		var sent any
		if body != nil {
			sent = body
		}
		assert.Equal(t, http.StatusBadGateway, w.in(method, path, sent).status, call)
	}
	for _, call := range w.Calls()[before:] {
		assert.True(t, call.Write, call.Path)
		assert.NotEmpty(t, call.Route, call.Path)
	}
}
