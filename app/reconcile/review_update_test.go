package reconcile_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
)

// update ends the round, whose last review commit was accepted, and begins the
// next one, which nobody has looked at yet.
func (w *world) update() {
	w.t.Helper()
	w.change(func(r *onboarding.Record) {
		last := r.ReviewPR.Last()
		r.EndedAt = w.now()
		r.NextBaseline = &onboarding.Baseline{Round: r.Round, At: w.now(), Source: last.Source, Review: last.SHA, Tree: last.Tree, Tag: "v1.0.0"}
	})
	w.look()
	w.change(func(r *onboarding.Record) {
		next := r.Next(onboarding.Default())
		next.Issue, next.Author, next.Starter, next.StartedAt, next.AcceptedAt = r.Issue, r.Author, r.Starter, w.now(), w.now()
		*r = next
	})
}

func TestAnUpdateShowsWhatChangedAndNothingElse(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.update()
	w.push(map[string]string{
		"server/plugin.go": "package main\n\n// All of this is alice's, and new.\n", "Makefile": starter[1]["Makefile"], "README.md": "", "docs/x.md": "# X\n",
	})
	w.settled()
	assert.Equal(t, map[string]string{"server/plugin.go": "modified", "Makefile": "modified", "README.md": "removed", "docs/x.md": "added"}, w.shows())
	assert.Contains(t, w.pr().Body(), "`server/plugin.go`](", "what changed is listed")
	assert.Contains(t, w.pr().Body(), "server/plugin.go), 2 lines")
	w.isWhole()
	assert.True(t, w.record().ReviewPR.Update)

	w.push(map[string]string{"webapp/index.js": starter[1]["webapp/index.js"], "docs/x.md": ""})
	w.settled()
	assert.Equal(t, map[string]string{"server/plugin.go": "modified", "Makefile": "modified", "README.md": "removed", "webapp/index.js": "added"}, w.shows(),
		"S9: the template's new files are shown")
	w.isWhole()
	assert.Equal(t, onboarding.BoilerplateChange, w.record().ReviewPR.Last().Change)
}

func TestAttackAnUpdateWhoseFoundationMovesIsReplacedByAnUpdate(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.update()
	w.push(map[string]string{"server/plugin.go": "package main\n", "server/evil.go": "package main\n"})
	w.settled()
	shown := w.shows()
	base, _ := w.pr().Base()
	w.repo.MoveBranch(w.alice, base, w.pr().HeadSHA()) // now nothing would be shown
	w.settled()
	assert.Equal(t, shown, w.shows())
	assert.Contains(t, w.pr().Title(), "what changed since v1.0.0")
	w.push(map[string]string{"server/evil.go": "package main // more\n"})
	w.settled()
	assert.Equal(t, shown, w.shows())
	w.isWhole()
}

func TestAttackAnUpdateListsWhatReviewersCannotSee(t *testing.T) {
	files := map[string]string{"assets/icon.png": "\x00icon", "server/data.bin": "\x00data", ".gitattributes": "x -diff\n"}
	for path, content := range plugin {
		files[path] = content
	}
	w := newWorld(t, files, nil)
	w.look()
	w.update()
	w.push(map[string]string{
		"assets/icon.png": "\x00another", // binary still
		"server/data.bin": "package main // GitHub shows no difference from what was binary\n",
		".gitattributes":  "server/gen.go linguist-generated\n", "server/gen.go": "package main\n",
	})
	w.settled()
	body := w.pr().Body()
	listed := body[strings.Index(body, "### To be looked at elsewhere"):strings.Index(body, "<details>")]
	for _, path := range []string{"assets/icon.png", "server/data.bin", ".gitattributes", "server/gen.go", ".github/workflows/ci.yml"} {
		assert.Contains(t, listed, path)
	}
}

func TestWhatCannotBeReadAnyMoreIsReviewedWhole(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	whole := w.shows()
	w.update()
	w.push(map[string]string{"docs/x.md": "# X\n"})
	w.wrap().treeFiles = func() error { return fs.ErrNotExist }
	w.settled()
	whole["docs/x.md"] = "added"
	assert.Equal(t, whole, w.shows())
	assert.Contains(t, w.pr().Body(), "cannot be read any more, so the whole plugin is shown again")
	assert.Contains(t, w.pr().Body(), "all code of the plugin")
	assert.False(t, w.record().ReviewPR.Update)
}

func TestHistoryThatWasRewrittenHidesNothingOfAnUpdate(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.update()
	files := map[string]string{"server/plugin.go": "package main // anew\n"}
	for path, content := range without("server/plugin.go") {
		files[path] = content
	}
	sha := w.repo.PushOrphan(w.alice, "anew", "Another history", files)
	w.repo.Reset(w.alice, sha)
	w.settled()
	assert.Equal(t, map[string]string{"server/plugin.go": "modified"}, w.shows())
	w.isWhole()
}

func TestAnAdoptedPRIsTheBaselineOfAnUpdate(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	number := w.adopt(fromTemplate(), without())
	require.Equal(t, number, w.record().ReviewPR.Number)
	require.Empty(t, w.record().ReviewPR.Last().Tree, "only the plugin's commit is known")
	w.change(func(r *onboarding.Record) { r.ReviewPR.Closed = true }) // people's PR stays theirs
	w.update()
	w.push(map[string]string{"docs/x.md": "# X\n"})
	w.settled()
	open := w.open()
	require.Len(t, open, 1)
	files := map[string]string{}
	for _, file := range open[0].Files() {
		files[file.Path] = file.Status
	}
	assert.Equal(t, map[string]string{"docs/x.md": "added"}, files)
}

func TestAnUpdateCostsFewCalls(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.update()
	w.push(map[string]string{"server/plugin.go": "package main // changed\n"})
	began := len(w.github.Calls())
	w.look()
	opened := len(w.github.Calls()) - began
	w.push(map[string]string{"server/plugin.go": "package main // again\n"})
	began = len(w.github.Calls())
	w.look()
	t.Logf("%d calls to open it, %d for a push", opened, len(w.github.Calls())-began)
	assert.LessOrEqual(t, opened, 60)
	w.later(25 * time.Hour)
	began = len(w.github.Calls())
	w.later(25 * time.Hour)
	assert.LessOrEqual(t, len(w.github.Calls())-began, 3, "an unchanged night")
}

func TestAttackWhatNoPRShowsIsListedWhereNothingElseChanged(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.update()
	w.push(map[string]string{".github/workflows/ci.yml": "on: pull_request_target\n", ".gitattributes": "* -diff\n"})
	w.settled()
	assert.Empty(t, w.open())
	assert.Equal(t, []string{".gitattributes", ".github/workflows/ci.yml"}, w.record().NoReviewPR.LeftOut)
	assert.Equal(t, w.repo.Head(), w.record().NoReviewPR.Unchanged)
}
