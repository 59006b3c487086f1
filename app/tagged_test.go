package app_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
)

// released is a world in which the release is looked at from the start, since no
// gate comes before it.
func released(t *testing.T) *world {
	return newWorld(t, func(c *app.Config) {
		stages := onboarding.Default().Stages
		for i := range stages {
			if stages[i].Name == onboarding.ReleaseStage {
				stages[i].OpensAfter = nil
			}
		}
		c.Pipeline.Stages = stages
	})
}

// The checks look at what is released, and not only at what came after (S3).
func TestAttackAReleaseOfACommitAtWhichTheChecksFail(t *testing.T) {
	w := released(t)
	unlicensed := w.Plugin.Head()
	w.Plugin.Push(w.Alice, "A licence", map[string]*string{"LICENSE": &demo.MIT})
	w.say(w.Alice, "/onboard")
	require.Equal(t, "success", w.run("licence").Conclusion)
	assets := map[string][]byte{"hello.tar.gz": bundletest.Make(t, "com.example.hello", "1.0.0")}
	w.Plugin.CreateTag(w.Alice, "v1.0.0", unlicensed, "")
	w.Plugin.Publish(w.Alice, fakegithub.Release{Tag: "v1.0.0", Assets: assets})
	w.settle()
	run := w.run("release")
	assert.Equal(t, "failure", run.Conclusion, run.Summary)
	assert.Contains(t, run.Text, "release/failing-check")
	assert.Contains(t, run.Text, "licence fails: No licence file")

	licensed := w.Plugin.Head()
	w.Plugin.Push(w.Alice, "Docs", map[string]*string{"docs/use.md": new("# Use\n")})
	w.Plugin.CreateTag(w.Alice, "v1.0.1", licensed, "")
	w.Plugin.Publish(w.Alice, fakegithub.Release{Tag: "v1.0.1", Assets: map[string][]byte{"hello.tar.gz": bundletest.Make(t, "com.example.hello", "1.0.1")}})
	w.settle()
	assert.Equal(t, "success", w.run("release").Conclusion, w.run("release").Text)
	w.later(soon)
	calls := len(w.GitHub.Calls())
	w.later(night)
	for _, call := range w.GitHub.Calls()[calls:] {
		assert.NotContains(t, call.Path, licensed, "what passed is not read again every night")
	}
}
