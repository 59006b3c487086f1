package fakegithub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func annotations(n int) []object {
	var all []object
	for i := range n {
		all = append(all, object{"path": "LICENSE", "start_line": i + 1, "end_line": i + 1, "annotation_level": "failure", "message": "no"})
	}
	return all
}

func TestACheckRunIsCreatedAndUpdated(t *testing.T) {
	w := newWorld(t)
	head := w.repository.Head()
	created := w.in("POST", "/check-runs", object{
		"name": "onboarding/licence", "head_sha": head, "status": "in_progress", "external_id": "e",
		"output": object{"title": "Looking", "summary": "…", "annotations": annotations(50)},
	})
	require.Equal(t, 201, created.status, "%s", created.raw)
	run := fmt.Sprintf("/check-runs/%.0f", created.object["id"])
	updated := w.in("PATCH", run, object{
		"conclusion": "failure", "output": object{"title": "No licence", "summary": "None.", "text": "Add one.", "annotations": annotations(3)},
		"actions": []object{{"label": "Recheck", "description": "Look again", "identifier": "recheck"}},
	})
	require.Equal(t, 200, updated.status, "%s", updated.raw)
	assert.Equal(t, "completed", updated.object["status"], "a conclusion forces completed")
	assert.NotNil(t, updated.object["completed_at"])

	runs := w.repository.CheckRuns(head)
	require.Len(t, runs, 1)
	assert.Len(t, runs[0].Annotations, 53, "annotations are appended")
	assert.Equal(t, "No licence", runs[0].Title)
	assert.Equal(t, "recheck", runs[0].Actions[0].Identifier)
	assert.Len(t, w.in("GET", run+"/annotations?per_page=100", nil).list, 53)
	assert.Equal(t, "failure", w.in("GET", run, nil).object["conclusion"])

	w.in("PATCH", run, object{"status": "in_progress"})
	assert.Empty(t, w.repository.CheckRuns(head)[0].Conclusion, "back to work: no conclusion")
}

func TestANewRunOfTheSameNameSupersedes(t *testing.T) {
	w := newWorld(t)
	head := w.repository.Head()
	for _, conclusion := range []string{"failure", "success"} {
		w.in("POST", "/check-runs", object{"name": "onboarding/licence", "head_sha": head, "conclusion": conclusion})
	}
	w.in("POST", "/check-runs", object{"name": "onboarding/manifest", "head_sha": head})
	count := func(query string) any {
		return w.in("GET", "/commits/heads/main/check-runs"+query, nil).object["total_count"]
	}
	assert.EqualValues(t, 2, count(""))
	assert.EqualValues(t, 3, count("?filter=all"))
	assert.EqualValues(t, 1, count("?check_name=onboarding%2Flicence"))
	assert.EqualValues(t, 1, count("?status=queued"))
	assert.EqualValues(t, 0, count("?app_id=1"))
	assert.Len(t, w.repository.AllCheckRuns(head), 3)
	assert.Equal(t, "success", w.repository.CheckRuns(head)[0].Conclusion)

	suites := w.in("GET", "/commits/main/check-suites", nil)
	require.Len(t, suites.object["check_suites"], 1)
	suite := suites.object["check_suites"].([]any)[0].(object)
	assert.Equal(t, "in_progress", suite["status"])
	assert.Equal(t, 200, w.in("GET", fmt.Sprintf("/check-suites/%.0f", suite["id"]), nil).status)
}

func TestASuiteConcludesWithTheWorstOfItsRuns(t *testing.T) {
	w := newWorld(t)
	conclusion := func() any {
		return w.in("GET", "/commits/main/check-suites", nil).object["check_suites"].([]any)[0].(object)["conclusion"]
	}
	for name, add := range map[string]string{"a": "success", "b": "action_required", "c": "neutral"} {
		w.in("POST", "/check-runs", object{"name": name, "head_sha": w.repository.Head(), "conclusion": add})
	}
	assert.Equal(t, "action_required", conclusion())
}

func TestAttackOnlyTheAppThatMadeARunMayChangeIt(t *testing.T) {
	w := newWorld(t)
	created := w.in("POST", "/check-runs", object{"name": "onboarding/licence", "head_sha": w.repository.Head(), "conclusion": "failure"})
	forger := w.CreateApp("forger")
	w.app, w.installation = forger, w.Install(forger, w.author)
	w.token = w.mint(nil)
	r := w.in("PATCH", fmt.Sprintf("/check-runs/%.0f", created.object["id"]), object{"conclusion": "success"})
	assert.Equal(t, 403, r.status)
	assert.Equal(t, fmt.Sprintf("Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", forger.ID), r.object["message"])
	w.in("POST", "/check-runs", object{"name": "onboarding/licence", "head_sha": w.repository.Head(), "conclusion": "success"})
	assert.Len(t, w.repository.CheckRuns(w.repository.Head()), 2, "another App's run of that name supersedes nothing")
}

func TestCheckRunsThatBreakTheRulesAre422(t *testing.T) {
	w := newLooseWorld(t)
	run := w.in("POST", "/check-runs", object{"name": "a", "head_sha": w.repository.Head()})
	path := fmt.Sprintf("/check-runs/%.0f", run.object["id"])
	output := func(fields object) object {
		fields["title"], fields["summary"] = "t", "s"
		return object{"output": fields}
	}
	annotation := func(field string, value any) object {
		one := annotations(1)
		one[0][field] = value
		return output(object{"annotations": one})
	}
	action := object{"label": "l", "description": "d", "identifier": "i"}
	for name, body := range map[string]object{
		"51 annotations":               output(object{"annotations": annotations(51)}),
		"a text over 65,535":           output(object{"text": strings.Repeat("ä", 65_536)}),
		"no summary":                   {"output": object{"title": "t"}},
		"four actions":                 {"actions": []object{action, action, action, action}},
		"a label over 20":              {"actions": []object{{"label": strings.Repeat("x", 21), "description": "d", "identifier": "i"}}},
		"a description over 40":        {"actions": []object{{"label": "l", "description": strings.Repeat("x", 41), "identifier": "i"}}},
		"completed, but no conclusion": {"status": "completed"},
		"a status only for Actions":    {"status": "waiting"},
		"GitHub's own conclusion":      {"conclusion": "stale"},
		"columns over several lines":   annotation("start_column", 1),
		"an unknown level":             annotation("annotation_level", "error"),
		"a title over 255":             annotation("title", strings.Repeat("x", 256)),
		"no line":                      annotation("start_line", 0),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "columns over several lines" {
				body["output"].(object)["annotations"].([]object)[0]["end_line"] = 2
			}
			r := w.in("PATCH", path, body)
			assert.Equal(t, 422, r.status, "%s", r.raw)
		})
	}
	assert.Equal(t, 422, w.in("POST", "/check-runs", object{"name": "a", "head_sha": strings.Repeat("0", 40)}).status)
	assert.Equal(t, 422, w.in("POST", "/check-runs", object{"name": "a"}).status)
	assert.Equal(t, 200, w.in("PATCH", path, output(object{"text": strings.Repeat("ä", 65_535), "annotations": annotations(50)})).status)
}

func TestAnUnfinishedRunTurnsStaleAfter14Days(t *testing.T) {
	w := newWorld(t)
	w.in("POST", "/check-runs", object{"name": "a", "head_sha": w.repository.Head()})
	w.advance(14*24*time.Hour + time.Second)
	w.token = w.mint(nil)
	assert.Equal(t, "stale", w.repository.CheckRuns(w.repository.Head())[0].Conclusion)
	r := w.in("GET", "/commits/main/check-runs", nil)
	assert.Equal(t, "stale", r.object["check_runs"].([]any)[0].(object)["conclusion"])
}

func TestButtonsWorkOnceCompletedAndReachTheOwningAppOnly(t *testing.T) {
	w := newWorld(t)
	other := w.CreateApp("other")
	w.Install(other, w.author)
	actions := []object{{"label": "Recheck", "description": "Look again", "identifier": "recheck"}}
	w.in("POST", "/check-runs", object{"name": "a", "head_sha": w.repository.Head(), "actions": actions})
	id := w.repository.CheckRuns(w.repository.Head())[0].ID
	require.Error(t, w.repository.RequestAction(w.author, id, "recheck"))
	w.in("PATCH", fmt.Sprintf("/check-runs/%d", id), object{"conclusion": "failure"})
	require.NoError(t, w.repository.RequestAction(w.author, id, "recheck"))
	require.NoError(t, w.repository.Rerequest(w.author, id))
	require.Error(t, w.repository.RequestAction(w.author, id, "none"))
	require.Error(t, w.repository.Rerequest(w.author, 1))
	assert.Equal(t, "completed", w.repository.CheckRuns(w.repository.Head())[0].Status, "the run itself is not reset")

	var actionsSent []string
	for _, d := range w.Deliveries() {
		if d.Event == "check_run" && d.Headers.Get("X-GitHub-Hook-Installation-Target-ID") == fmt.Sprint(w.app.ID) {
			actionsSent = append(actionsSent, d.Action)
		}
		ours := d.Action == "requested_action" || d.Action == "rerequested"
		assert.False(t, ours && d.Headers.Get("X-GitHub-Hook-Installation-Target-ID") == fmt.Sprint(other.ID))
	}
	assert.Equal(t, []string{"created", "completed", "requested_action", "rerequested"}, actionsSent)
}

func TestAPushAsksForACheckSuite(t *testing.T) {
	w := newWorld(t)
	sha := w.repository.Push(w.author, "More", map[string]*string{"a": text("b")})
	deliveries := w.Deliveries()
	index := slices.IndexFunc(deliveries, func(d fakegithub.Delivery) bool { return d.Event == "check_suite" })
	require.GreaterOrEqual(t, index, 0)
	assert.Equal(t, "requested", deliveries[index].Action)
	assert.Contains(t, string(deliveries[index].Payload), `"head_sha":"`+sha+`"`)
	w.in("POST", "/check-runs", object{"name": "a", "head_sha": sha})
	assert.Len(t, w.in("GET", "/commits/main/check-suites", nil).object["check_suites"], 1, "runs go into the suite of the push")
}
