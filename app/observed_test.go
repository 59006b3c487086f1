package app_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestWithFewCallsLeftNightlyLooksWaitAndWhatPeopleDoGoesOn(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	w.later(soon)
	looked := func() (calls int) {
		for _, call := range w.GitHub.Calls() {
			if strings.HasPrefix(call.Actor, "installation/") {
				calls++
			}
		}
		return calls
	}
	before := looked()
	w.later(night)
	assert.Greater(t, looked(), before, "each night it is looked at")

	w.installation().SetRateLeft(5000, 400)
	w.say(w.Alice, "/onboard status") // by which that is known
	before = looked()
	for range 3 {
		w.later(night)
	}
	assert.Equal(t, before, looked(), "the night's look waits")
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.settle()
	assert.Equal(t, "success", w.run("licence").Conclusion, "a push is looked at")
	comment := w.say(w.Alice, "/onboard status")
	assert.Contains(t, reacted(comment), "rocket", "and a command answered")

	w.installation().SetRateLeft(6000, 5000) // another limit: the hours begin within one second here
	w.say(w.Alice, "/onboard status")
	w.say(w.Alice, "/onboard status")
	before = looked()
	w.later(night)
	w.later(night)
	assert.Greater(t, looked(), before, "in the next hour it goes on")
}

func TestARepositoryThatIsRenamedDuringALookIsWrittenToUnderItsNewName(t *testing.T) {
	w, j := newLoggedWorld(t)
	var once sync.Once
	stop := w.GitHub.Watch(func(c fakegithub.Change) {
		if c.Kind == "check_run" {
			once.Do(func() { w.Plugin.Rename(w.Alice, "mattermost-plugin-greetings") })
		}
	})
	defer stop()
	w.say(w.Alice, "/onboard")
	w.calm()
	assert.Contains(t, j.String(), "has moved: nothing was written", "a write that is redirected is refused")
	assert.Equal(t, "failure", w.run("licence").Conclusion)
	assert.Contains(t, w.status(), "/alice/mattermost-plugin-greetings/", "there is one status comment, and it knows the name")
	names := map[string]int{}
	for _, run := range w.Plugin.CheckRuns(w.Carrier()) {
		names[run.Name]++
	}
	for name, n := range names {
		assert.Equal(t, 1, n, "%s is there once", name)
	}
}
