package app_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
)

// onlyChecks is a pipeline that needs nobody, so that its gate is reached soon.
func onlyChecks(c *app.Config) {
	small(c)
	c.Pipeline.Gates[0].Needs = []string{"licence"}
	c.Pipeline.Gates = append(slices.Clone(c.Pipeline.Gates), c.Pipeline.Gates[0])
	c.Pipeline.Gates[1].Name, c.Pipeline.Gates[1].Needs = "community", []string{"beta", "dev-review"}
}

func TestAnotherPolicyReddensAReachedGateOnlyWhenTheCodeChanges(t *testing.T) {
	w := newWorld(t, onlyChecks)
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.say(w.Alice, "/onboard")
	require.Equal(t, "success", w.run("beta").Conclusion)

	w.restart(func(c *app.Config) {
		c.Policy.Licence.Recommended = slices.DeleteFunc(slices.Clone(c.Policy.Licence.Recommended), func(id string) bool { return id == "MIT" })
	})
	w.later(night)
	assert.Equal(t, "success", w.run("beta").Conclusion)
	w.say(w.Alice, "/onboard recheck licence")
	assert.Equal(t, "success", w.run("licence").Conclusion)
	assert.Contains(t, w.run("licence").Summary, "Judged by the rules of")

	readme := "# Hello again"
	w.Plugin.Push(w.Alice, "A push", map[string]*string{"README.md": &readme})
	w.settle()
	assert.Equal(t, "failure", w.run("licence").Conclusion, "a change is judged by today's rules")
	assert.Equal(t, "failure", w.run("beta").Conclusion)
}

func TestAnotherPolicyReddensNothingOfACompletedRound(t *testing.T) {
	c := newClimber(t)
	first := c.round()
	c.Plugin.Push(c.Alice, "Docs", map[string]*string{"docs/use.md": text("# Use\n")}) // so that the release's commit is another one
	c.settle()
	c.publishNightly()
	c.later(night)
	for _, gate := range []string{"ci-extensions-release", "community"} {
		require.Equal(t, "success", c.runAt(first.HeadSHA(), gate).Conclusion)
	}
	c.restart(func(config *app.Config) {
		config.Policy.Licence.Recommended = slices.DeleteFunc(slices.Clone(config.Policy.Licence.Recommended), func(id string) bool { return id == "MIT" })
	})
	for range 2 {
		c.later(night)
	}
	for _, name := range []string{"licence", "release", "ci-extensions", "ci-extensions-release", "community"} {
		assert.Equal(t, "success", c.runAt(first.HeadSHA(), name).Conclusion, c.runAt(first.HeadSHA(), name).Text)
	}
	c.say(c.Alice, "/onboard")
	assert.Equal(t, "failure", c.run("licence").Conclusion, "the next round is judged by today's rules")
}
