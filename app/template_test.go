package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
)

const day = 24 * time.Hour

// starter is a template on GitHub, made up and some months old.
type starter struct {
	*world
	owner *fakegithub.User
	repo  *fakegithub.Repository
}

// lines are a text that is long enough to show where a plugin is from.
func lines(text string) string { return strings.Repeat(text+" is a line of the template\n", 20) }

// newStarter makes a world with a template of three versions, that the App
// does not know yet, and a plugin that has its Makefile.
func newStarter(t *testing.T, change ...func(*starter)) *starter {
	t.Helper()
	s := &starter{world: newStage(t)}
	s.config.Template.Repository = "Example/starter"
	s.owner = s.GitHub.CreateOrganization("example")
	s.ago(90*day, func() {
		s.repo = s.GitHub.CreateRepository(s.owner, "starter", map[string]string{
			"Makefile": lines("make"), "plugin.json": `{"id":"com.example.starter"}`, "go.mod": "module github.com/example/starter\n",
		})
	})
	s.ago(80*day, func() { s.put("build/setup.mk", "setup") })
	s.ago(70*day, func() { s.put("build/setup.mk", "setup again") })
	text := lines("make")
	s.Plugin.Push(s.Alice, "From the template", map[string]*string{"Makefile": &text})
	for _, c := range change {
		c(s)
	}
	s.start()
	return s
}

// put commits a file to the template.
func (s *starter) put(path, text string) string {
	content := lines(text)
	return s.repo.Push(s.owner, "Change "+path, map[string]*string{path: &content})
}

// pass lets days pass.
func (w *world) pass(days int) {
	w.t.Helper()
	for range days {
		w.later(night)
	}
}

// reads lists the calls that were made since the nth, one for each commit or list.
func (w *world) reads(since int) map[string]int {
	counts := map[string]int{}
	for _, call := range w.GitHub.Calls()[since:] {
		if strings.HasPrefix(strings.ToLower(call.Path), "/repos/example/starter") {
			_, what, _ := strings.Cut(call.Route, "{repo}/")
			counts[call.Actor+" "+what]++
		}
	}
	return counts
}

// ready is what /readyz answers.
func (w *world) ready() (status string, reasons []string) {
	w.t.Helper()
	code, body := w.get("/readyz")
	require.Equal(w.t, http.StatusOK, code)
	var answer struct {
		Status  string
		Reasons []string
	}
	require.NoError(w.t, json.Unmarshal([]byte(body), &answer))
	return answer.Status, answer.Reasons
}

func TestAnotherTemplateIsReadAndPluginsAreComparedWithIt(t *testing.T) {
	s := newStarter(t)
	assert.Equal(t, map[string]int{
		"app installation": 1, "anonymous commits": 1, "anonymous tarball/{ref}": 3,
	}, s.reads(0), "one list, and an archive for each version")
	s.say(s.Alice, "/onboard")
	assert.Equal(t, "success", s.run("starter-template").Conclusion)
	assert.Contains(t, s.run("starter-template").Title, ": 1 unmodified, 0 modified,")
	assert.Contains(t, s.run("starter-template").Text, "Example/starter")

	began := len(s.GitHub.Calls())
	s.stop()
	s.start()
	assert.Empty(t, s.reads(began), "a restart costs no calls")
	s.pass(1)
	assert.Equal(t, map[string]int{"app installation": 1, "anonymous commits": 1}, s.reads(began), "an unchanged day costs two")
}

func TestAVersionOfTheTemplateCountsAfterSevenDays(t *testing.T) {
	for name, age := range map[string]time.Duration{"a true date": 0, "Attack: a date made up": 60 * day} {
		t.Run(name, func(t *testing.T) {
			s := newStarter(t)
			extra := lines("extra")
			s.Plugin.Push(s.Alice, "One file more", map[string]*string{"build/extra.mk": &extra})
			s.say(s.Alice, "/onboard")
			began := len(s.GitHub.Calls())
			s.ago(age, func() { s.put("build/extra.mk", "extra") })
			s.pass(6)
			assert.Contains(t, s.run("starter-template").Title, ": 1 unmodified, 0 modified,")
			assert.Zero(t, s.reads(began)["anonymous tarball/{ref}"])
			s.pass(3) // the look itself may come before the index on the first of them
			assert.Contains(t, s.run("starter-template").Title, ": 2 unmodified, 0 modified,", "the check looked again by itself")
			assert.Equal(t, 1, s.reads(began)["anonymous tarball/{ref}"], "only the new version is read")
		})
	}
}

func TestAttackWhatOnlyAMergedBranchHadIsNoBoilerplate(t *testing.T) {
	var evil, good string
	s := newStarter(t, func(s *starter) {
		evil, good = lines("evil"), lines("good")
		s.ago(30*day, func() {
			side := s.repo.Commit(s.owner, s.repo.Head(), "Evil", map[string]*string{"build/evil.mk": &evil})
			side = s.repo.Commit(s.owner, side, "Good", map[string]*string{"build/evil.mk": nil, "build/good.mk": &good})
			s.repo.Merge(s.owner, side, "Merge")
		})
		s.Plugin.Push(s.Alice, "Both", map[string]*string{"build/evil.mk": &evil, "build/good.mk": &good})
	})
	s.say(s.Alice, "/onboard")
	assert.Contains(t, s.run("starter-template").Title, ": 2 unmodified, 0 modified,", "Makefile and what came out of the merge")
}

func TestATemplatePushedByForceKeepsItsKnownVersions(t *testing.T) {
	s := newStarter(t)
	anew := lines("anew")
	s.ago(5*day, func() {
		s.repo.Reset(s.owner, s.repo.Commit(s.owner, "", "Anew", map[string]*string{"Makefile": &anew}))
	})
	s.say(s.Alice, "/onboard")
	s.pass(10)
	assert.Contains(t, s.run("starter-template").Title, ": 1 unmodified, 0 modified,")
	s.Plugin.Push(s.Alice, "Anew", map[string]*string{"Makefile": &anew})
	s.settle()
	assert.Contains(t, s.run("starter-template").Title, ": 1 unmodified, 0 modified,")
}

func TestATemplateWithTheAppIsReadAsItsInstallation(t *testing.T) {
	var installation *fakegithub.Installation
	s := newStarter(t, func(s *starter) {
		installation = s.GitHub.Install(s.App, s.owner)
		s.repo.SetPrivate(s.owner, true)
	})
	s.say(s.Alice, "/onboard")
	assert.Contains(t, s.run("starter-template").Title, ": 1 unmodified, 0 modified,")
	for actor := range s.reads(0) {
		assert.NotContains(t, actor, "anonymous")
	}
	installation.Suspend(s.owner)
	s.repo.SetPrivate(s.owner, false)
	began := len(s.GitHub.Calls())
	s.pass(1)
	assert.Equal(t, 1, s.reads(began)["anonymous commits"], "what is public can still be read")
}

func TestUntilATemplateIsReadTheCheckIsTriedAgain(t *testing.T) {
	var back func()
	s := newStarter(t, func(s *starter) {
		back = s.GitHub.Inject(fakegithub.Fault{Route: "/repos/{owner}/{repo}/commits", Status: http.StatusBadGateway})
	})
	s.say(s.Alice, "/onboard")
	run := s.run("starter-template")
	assert.Equal(t, "in_progress", run.Status)
	assert.Contains(t, run.Summary+run.Text, "The starter template cannot be read: Example/starter")
	assert.Equal(t, "success", s.run("manifest").Conclusion, "the others are not held up")
	status, _ := s.ready()
	assert.Equal(t, "ok", status, "nobody must be woken for an hour")

	s.pass(2)
	assert.NotEqual(t, "success", s.run("starter-template").Conclusion)
	status, reasons := s.ready()
	assert.Equal(t, "degraded", status)
	assert.Contains(t, strings.Join(reasons, "\n"), "the starter template cannot be brought up to date since ")
	back()
	s.later(2 * time.Hour)
	assert.Equal(t, "success", s.run("starter-template").Conclusion, "as soon as it is there")
	status, reasons = s.ready()
	assert.Equal(t, "ok", status, reasons)
}

func TestATemplateThatDoesNotExistIsSaidToBeSo(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.Template.Repository = "nobody/nothing" })
	w.say(w.Alice, "/onboard")
	assert.Contains(t, w.run("starter-template").Summary, "The starter template cannot be read: nobody/nothing")
	w.pass(2)
	_, reasons := w.ready()
	require.Len(t, reasons, 1)
	assert.Contains(t, reasons[0], "there is no such repository, or it is private and the App is not installed on it")
}

func TestTheBuiltInTemplateNeedsNoRepository(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	assert.Equal(t, "success", w.run("starter-template").Conclusion)
	status, _ := w.ready()
	assert.Equal(t, "ok", status)
}

func TestReadingATemplateSurvivesEveryFailure(t *testing.T) {
	undisturbed := newStarter(t)
	calls := undisturbed.GitHub.AllCalls()
	undisturbed.say(undisturbed.Alice, "/onboard")
	want := undisturbed.run("starter-template").Title
	require.Contains(t, want, ": 1 unmodified")
	made := map[string]int{}
	for _, call := range calls {
		if strings.Contains(strings.ToLower(call.Path), "example/starter") {
			made[call.Route]++
		}
	}
	assert.Len(t, made, 4, "installation, commits, archives and their downloads")
	for route, times := range made {
		for name, fault := range map[string]fakegithub.Fault{
			"cut off":          {Cut: fakegithub.CutBefore},
			"half an answer":   {Cut: fakegithub.CutHalf},
			"a server's error": {Status: http.StatusBadGateway},
			"a limit":          {Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0"}}},
		} {
			t.Run(strings.Trim(route, "/")+" "+name, func(t *testing.T) {
				fault.Route, fault.Skip, fault.Times = route, times/2, 2 // Go repeats a GET on a connection that was cut
				s := newStarter(t, func(s *starter) { s.GitHub.Inject(fault) })
				for range 3 {
					s.later(2 * time.Hour)
				}
				s.say(s.Alice, "/onboard")
				assert.Equal(t, want, s.run("starter-template").Title)
			})
		}
	}
}

func TestATemplateIsReadWithinTheLimitOfCallsWithoutCredentials(t *testing.T) {
	s := newStarter(t, func(s *starter) { s.GitHub.SetAnonymousLimit(4) }) // the list and one version
	s.GitHub.SetAnonymousLimit(4)
	s.later(2 * time.Hour)
	s.say(s.Alice, "/onboard")
	assert.Equal(t, "success", s.run("starter-template").Conclusion)
	reads := s.reads(0)
	assert.Equal(t, 1, reads["anonymous commits"])
	assert.LessOrEqual(t, reads["anonymous git/trees/{tree_sha}"], 4, "what was read is not read again")
}
