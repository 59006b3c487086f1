package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

func TestALookAtAChangedRepositoryReadsInAtMostEightCalls(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	files := map[string]*string{"LICENSE": &demo.MIT}
	for i := range 60 {
		source := fmt.Sprintf("package main\n\n// File %d.\nvar x%d = %d\n", i, i, i)
		files[fmt.Sprintf("server/file%d.go", i)] = &source
	}
	began := len(w.GitHub.Calls())
	w.Plugin.Push(w.Alice, "Much code", files)
	w.settle()
	var reads []string
	for _, call := range w.GitHub.Calls()[began:] {
		if !call.Write {
			reads = append(reads, call.Route)
		}
	}
	assert.Equal(t, "success", w.run("licence").Conclusion)
	t.Logf("a look at a changed repository of %d files: %d reads: %s", len(files), len(reads), strings.Join(reads, " "))
	assert.LessOrEqual(t, len(reads), 8)
}

func TestAttackGitattributesHideNothingFromTheChecks(t *testing.T) {
	w := newWorld(t)
	attributes := "plugin.json export-ignore\nserver/** export-ignore\nLICENSE export-subst\n"
	evil := strings.Replace(demo.MIT, "MIT License", "MIT License $Format:%H$", 1)
	code := "package main\n\nimport \"os/exec\"\n\nvar _ = exec.Command(\"rm\")\n"
	w.Plugin.Push(w.Alice, "Hide", map[string]*string{".gitattributes": &attributes, "LICENSE": &evil, "server/evil.go": &code})
	w.say(w.Alice, "/onboard")
	assert.Equal(t, "success", w.run("manifest").Conclusion, "plugin.json is not in the archive and is read all the same")
	assert.Contains(t, w.run("manifest").Text, "server/evil.go", "as is the code")
	assert.Contains(t, w.run("licence").Text+w.run("licence").Title, "Format", "the text is that of the tree, not the archive's")
}

func TestAttackTheArchivesHostDoesNotSeeTheToken(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	downloads := 0
	for _, call := range w.GitHub.AllCalls() {
		if call.Download {
			downloads++
			assert.Empty(t, call.Actor, "the download came with credentials")
		}
	}
	assert.Positive(t, downloads)
}

func TestAnArchiveThatDoesNotComeIsTriedAgain(t *testing.T) {
	for name, fault := range map[string]fakegithub.Fault{
		"cut off":          {Cut: fakegithub.CutBefore},
		"half of it":       {Cut: fakegithub.CutHalf},
		"a server's error": {Status: http.StatusBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			fault.Route = "/codeload/{owner}/{repo}/legacy.tar.gz/{ref...}"
			come := w.GitHub.Inject(fault)
			comment := w.say(w.Alice, "/onboard")
			assert.Equal(t, []string{"eyes"}, reacted(comment))
			come()
			w.calm()
			assert.Equal(t, []string{"eyes", "rocket"}, reacted(comment))
			require.Equal(t, "success", w.run("manifest").Conclusion)
		})
	}
}
