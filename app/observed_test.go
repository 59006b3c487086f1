package app_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/app/demo"
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
