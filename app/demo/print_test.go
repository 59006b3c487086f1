package demo

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestLinesBreakBetweenWords(t *testing.T) {
	assert.Equal(t, []string{"one two", "three"}, wrap("one two three", 8))
	assert.Equal(t, []string{"–– ––", "––"}, wrap("–– –– ––", 5), "characters count, not bytes")
	assert.Equal(t, []string{"longer-than-that", "x"}, wrap("longer-than-that x", 5), "no word is broken")
	assert.Equal(t, []string{""}, wrap("", 5))
	rapid.Check(t, func(t *rapid.T) {
		text, size := rapid.StringMatching(`([a-zé]{1,9} {1,2}){0,20}`).Draw(t, "text"), rapid.IntRange(1, 20).Draw(t, "size")
		lines := wrap(text, size)
		assert.Equal(t, strings.Fields(text), strings.Fields(strings.Join(lines, " ")))
		for _, line := range lines {
			assert.True(t, utf8.RuneCountInString(line) <= size || !strings.Contains(line, " "))
		}
	})
}

func TestCheckRunsAreToldTogetherAndOnlyIfTheyChanged(t *testing.T) {
	story, err := NewStory(fakegithub.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, story.GitHub.Close()) }()
	var out bytes.Buffer
	began := time.Now()
	p := newPrinter(Options{Out: &out}, story, began)
	run := func(name, status, conclusion, title string) {
		p.change(fakegithub.Change{Kind: "check_run", At: began, By: "onboard[bot]", Name: "onboarding/" + name, Status: status, Conclusion: conclusion, Title: title})
	}
	told := func() string {
		out.Reset()
		p.end(1)
		return out.String()
	}

	run("licence", "in_progress", "", "Looking…")
	run("licence", "completed", "failure", "You: No licence file")
	run("qa", "queued", "", "Later: opens after ci-extensions")
	run("community", "queued", "", "0 of 2 passed")
	first := told()
	assert.Contains(t, first, "reports the 3 steps")
	assert.Contains(t, first, "✗ licence            You: No licence file")
	assert.Contains(t, first, "· later            qa, 1 gate")
	assert.NotContains(t, first, "Looking")

	run("licence", "completed", "success", "MIT")
	run("qa", "queued", "", "Later: opens after ci-extensions")
	second := told()
	assert.Contains(t, second, "✓ licence            MIT")
	assert.NotContains(t, second, "qa")

	run("licence", "completed", "success", "MIT")
	assert.Equal(t, strings.Repeat(" ", margin)+"1 API call\n", told())
}

func TestAlicesPluginIsMadeFromTheTemplate(t *testing.T) {
	known := map[string][]string{}
	for _, version := range versions() {
		for path, content := range version {
			known[path] = append(known[path], content)
		}
	}
	var same, changed, own []string
	for path, content := range hello() {
		switch contents, ok := known[path]; {
		case !ok:
			own = append(own, path)
		case slices.Contains(contents, content):
			same = append(same, path)
		default:
			changed = append(changed, path)
		}
	}
	assert.ElementsMatch(t, []string{".editorconfig", ".gitignore", "build/setup.mk", "server/main.go", "webapp/package.json", "webapp/tsconfig.json"}, same)
	assert.ElementsMatch(t, []string{".github/workflows/ci.yml", "Makefile", "README.md", "go.mod", "plugin.json", "server/plugin.go", "webapp/src/index.tsx"}, changed)
	assert.ElementsMatch(t, []string{"server/greeting.go", "webapp/src/wave.tsx"}, own)
	assert.NotEqual(t, hello()["server/greeting.go"], fixed())
}
