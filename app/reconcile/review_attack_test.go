package reconcile_test

import (
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
)

func TestAttackReviewPRWhoseFoundationMovesIsReplaced(t *testing.T) {
	tests := map[string]struct {
		attack func(*world)
		why    onboarding.Replacement
	}{
		"the base is moved forward to hide code": {func(w *world) {
			w.repo.PushBranch(w.alice, "onboarding/base", "Hide", map[string]*string{"server/plugin.go": text(plugin["server/plugin.go"])})
		}, onboarding.BranchMoved},
		"the base is moved to a history of its own": {func(w *world) {
			w.repo.PushOrphan(w.alice, "onboarding/base", "Hide", map[string]string{"server/plugin.go": plugin["server/plugin.go"]})
		}, onboarding.BranchMoved},
		"the review branch gets a commit": {func(w *world) {
			w.repo.PushBranch(w.alice, "onboarding/review", "Evil", map[string]*string{"server/evil.go": text("package evil\n")})
		}, onboarding.BranchMoved},
		"the review branch is moved to the default branch": {func(w *world) {
			w.repo.MoveBranch(w.alice, "onboarding/review", w.repo.Head())
		}, onboarding.BranchMoved},
		"the review branch is deleted": {func(w *world) { require.NoError(w.t, w.repo.DeleteBranch(w.alice, "onboarding/review")) }, onboarding.BranchDeleted},
		"the base is deleted":          {func(w *world) { require.NoError(w.t, w.repo.DeleteBranch(w.alice, "onboarding/base")) }, onboarding.BranchDeleted},
		"the PR is retargeted": {func(w *world) {
			w.repo.MoveBranch(w.alice, "quiet", w.repo.Branch("onboarding/base"))
			w.repo.PushBranch(w.alice, "quiet", "Nothing to see", map[string]*string{"server/plugin.go": text(plugin["server/plugin.go"])})
			require.NoError(w.t, w.pr().Retarget(w.alice, "quiet"))
		}, onboarding.Retargeted},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plugin, nil)
			w.look()
			first, shown := w.pr(), w.shows()
			test.attack(w)
			w.look()
			pr := w.pr()
			assert.NotEqual(t, first.Number, pr.Number, "another PR takes its place")
			assert.Equal(t, test.why, w.record().ReviewPR.Why)
			assert.Equal(t, shown, w.shows(), "it shows all of the plugin's code")
			w.isWhole()
			assert.Equal(t, "closed", first.State())
			require.Len(t, first.Comments(), 1)
			assert.Contains(t, first.Comments()[0].Body, "push changes to the default branch")
			w.settled()
			assert.Len(t, first.Comments(), 1, "it is told once")
		})
	}
}

func TestAttackReviewPRIsReplacedThreeTimesADayAndNoMore(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	for range 5 {
		head, _ := w.open()[0].Head()
		w.repo.PushBranch(w.alice, head, "Evil", map[string]*string{"evil.go": text("package evil\n")})
		w.look()
	}
	assert.Len(t, w.repo.PullRequests(), 4, "the first and three more")
	assert.Contains(t, w.status(), "so it rests until tomorrow")
	w.later(25 * time.Hour)
	assert.Len(t, w.repo.PullRequests(), 5)
	w.isWhole()
}

func TestAttackReviewPRHidesNothingByAttributes(t *testing.T) {
	files := map[string]string{
		".gitattributes":        "server/** linguist-generated\nserver/** -diff\nserver/** export-ignore\n",
		"server/.gitattributes": "* binary\n", "docs/CODEOWNERS": "* @alice\n",
	}
	for path, content := range plugin {
		files[path] = content
	}
	w := newWorld(t, files, nil)
	w.look()
	tree := w.repo.TreeOf(w.pr().HeadSHA())
	assert.Contains(t, tree, "server/plugin.go")
	assert.NotContains(t, tree, ".gitattributes", "it could fold files in the PR")
	assert.NotContains(t, tree, "server/.gitattributes")
	assert.NotContains(t, tree, "docs/CODEOWNERS")
	for _, path := range []string{".gitattributes", "server/.gitattributes", "docs/CODEOWNERS", ".github/workflows/ci.yml"} {
		assert.Contains(t, w.pr().Body(), "`"+path+"`", "what is left out is listed")
	}
	run := w.repo.CheckRuns(w.pr().HeadSHA())
	for _, r := range run {
		if r.Name == "onboarding/complete-review" {
			assert.Contains(t, r.Text, w.record().ReviewPR.BaseSHA, "S15: the check run names what counts")
			assert.Contains(t, r.Text, "server/.gitattributes")
		}
	}
}

// adopted makes a PR by hand, as `onboard review-branch` does, and has it adopted.
func (w *world) adopt(base, head map[string]string) int {
	w.t.Helper()
	w.repo.PushOrphan(w.alice, "by-hand/base", "Base", base)
	w.repo.MoveBranch(w.alice, "by-hand/review", w.repo.Branch("by-hand/base"))
	changes := map[string]*string{}
	for path := range base {
		changes[path] = nil
	}
	for path, content := range head {
		changes[path] = text(content)
	}
	w.repo.PushBranch(w.alice, "by-hand/review", "Plugin", changes)
	pr := w.repo.OpenPullRequest(w.alice, "Review this", "", "by-hand/review", "by-hand/base")
	w.change(func(r *onboarding.Record) { r.Adopt = pr.Number })
	w.look()
	return pr.Number
}

// fromTemplate is a base that fits: the template's files as the plugin has them.
func fromTemplate() map[string]string {
	return map[string]string{"Makefile": plugin["Makefile"], "server/main.go": plugin["server/main.go"], "build/setup.mk": starter[0]["build/setup.mk"]}
}

func without(paths ...string) map[string]string {
	files := map[string]string{}
	for path, content := range plugin {
		files[path] = content
	}
	for _, path := range append(paths, ".github/workflows/ci.yml") {
		delete(files, path)
	}
	return files
}

func TestReviewPROfPeopleIsAdopted(t *testing.T) {
	w := newWorld(t, plugin, map[string]string{"contents": "read"})
	w.look()
	require.NotNil(t, w.record().NoReviewPR)
	number := w.adopt(fromTemplate(), without())
	pr := w.record().ReviewPR
	require.NotNil(t, pr)
	assert.Equal(t, number, pr.Number)
	assert.True(t, pr.Adopted)
	assert.Len(t, w.runs(pr.Last().SHA), 13, "the check runs move to its head")
	assert.Nil(t, w.record().NoReviewPR)

	w.push(map[string]string{"server/more.go": "package main\n"})
	w.look()
	assert.Equal(t, []string{"server/more.go is not in the pull request"}, w.record().ReviewPR.Gaps)
	assert.Contains(t, w.status(), "It does not count for now")

	w.repo.PushBranch(w.alice, "by-hand/review", "More", map[string]*string{"server/more.go": text("package main\n")})
	w.look()
	assert.Empty(t, w.record().ReviewPR.Gaps)
	assert.Equal(t, w.repo.Head(), w.record().ReviewPR.Last().Source)
	assert.Equal(t, w.repo.Branch("by-hand/review"), w.record().ReviewPR.Last().SHA)
}

func TestAttackAnAdoptedReviewPRThatHidesCodeIsRefused(t *testing.T) {
	prepared := fromTemplate()
	prepared["server/plugin.go"] = plugin["server/plugin.go"]
	changed := without()
	changed["server/plugin.go"] = "package main // harmless\n"
	more := without()
	more["server/other.go"] = "package main\n"
	collapsing := without()
	collapsing[".gitattributes"] = "server/** linguist-generated\n"
	tests := map[string]struct {
		base, head map[string]string
		gap        string
	}{
		"a base with code in it":                  {prepared, without(), "server/plugin.go is in the pull request's base"},
		"a file that is missing":                  {fromTemplate(), without("server/plugin.go"), "server/plugin.go is not in the pull request"},
		"a file that is another one":              {fromTemplate(), changed, "server/plugin.go is another one"},
		"a file more":                             {fromTemplate(), more, "server/other.go is not on the default branch"},
		"attributes that fold what is to be seen": {fromTemplate(), collapsing, ".gitattributes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plugin, nil)
			w.look()
			own := w.pr().Number
			number := w.adopt(test.base, test.head)
			assert.Equal(t, own, w.record().ReviewPR.Number, "the App's own stays")
			assert.NotEqual(t, number, own)
			assert.False(t, w.record().ReviewPR.Adopted)
			assert.Zero(t, w.record().Adopt)
		})
	}
}

func TestAttackAnAdoptedReviewPRWhoseMergeBaseHidesCodeIsRefused(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	own := w.pr().Number
	// The first commit of the base has the code, its tip has not: GitHub compares
	// with the merge base, so that the code is not shown.
	prepared := fromTemplate()
	prepared["server/plugin.go"] = plugin["server/plugin.go"]
	w.repo.PushOrphan(w.alice, "by-hand/base", "Base", prepared)
	w.repo.MoveBranch(w.alice, "by-hand/review", w.repo.Branch("by-hand/base"))
	w.repo.PushBranch(w.alice, "by-hand/base", "Clean", map[string]*string{"server/plugin.go": nil})
	changes := map[string]*string{}
	for path, content := range without() {
		changes[path] = text(content)
	}
	w.repo.PushBranch(w.alice, "by-hand/review", "Plugin", changes)
	pr := w.repo.OpenPullRequest(w.alice, "Review this", "", "by-hand/review", "by-hand/base")
	for _, file := range pr.Files() {
		require.NotEqual(t, "server/plugin.go", file.Path, "the attack works on GitHub")
	}
	w.change(func(r *onboarding.Record) { r.Adopt = pr.Number })
	w.look()
	assert.Equal(t, own, w.record().ReviewPR.Number)
}

func TestAttackAnAdoptedReviewPRDoesNotCountOnceItHidesCode(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.adopt(fromTemplate(), without())
	require.True(t, w.record().ReviewPR.Adopted)
	w.repo.PushBranch(w.alice, "by-hand/review", "Hide", map[string]*string{"server/plugin.go": text("package main // harmless\n")})
	w.look()
	assert.Equal(t, []string{"server/plugin.go is another one than on the default branch"}, w.record().ReviewPR.Gaps)
}

func TestAttackEveryLeftOutFileIsListed(t *testing.T) {
	files := map[string]string{}
	for path, content := range plugin {
		files[path] = content
	}
	for i := range 250 {
		files[fmt.Sprintf(".a/%03d/.gitattributes", i)] = "# nothing\n"
	}
	files[".github/workflows/evil.yml"] = "on: push\n"
	w := newWorld(t, files, nil)
	w.look()
	shown := w.pr().Body()
	for _, run := range w.repo.CheckRuns(w.pr().HeadSHA()) {
		shown += run.Text
	}
	assert.Contains(t, shown, "evil.yml")
}

func TestATextThatIsPutBackNoMoreIsSaidInTheCheckRun(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	for range 4 {
		w.pr().SetBody(w.alice, "Merge this.")
		w.look()
	}
	require.Equal(t, "Merge this.", w.pr().Body())
	said := w.status()
	for _, run := range w.repo.CheckRuns(w.pr().HeadSHA()) {
		said += run.Summary + run.Text
	}
	assert.Regexp(t, "(?i)edited|changed|put back", said)
}

// An author who rewrites the history of what was approved, and has it thrown away,
// voids that approval, and stops no look.
func TestAttackAnApprovedCommitThatIsGoneStopsNothing(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	approved := w.record().ReviewPR.Last().SHA
	w.change(func(r *onboarding.Record) {
		r.Decisions = []onboarding.Decision{{ID: "review/1/0", Verb: onboarding.Approve, Stage: "complete-review", By: onboarding.Person{ID: 7, Login: "ann"}, At: w.now(), Bound: approved}}
	})
	w.wrap().treeFiles = func() error { return fs.ErrNotExist }
	w.push(map[string]string{"README.md": "# Another\n"})
	w.look()
	assert.Equal(t, onboarding.CodeChange, w.record().ReviewPR.Since()[approved])
}

// An adopted PR that lacks what was pushed to the default branch since approves none
// of it (S2).
func TestAttackAnAdoptedReviewPRThatLacksCodeApprovesNoneOfIt(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.adopt(fromTemplate(), without())
	bound := w.record().ReviewPR.Last().SHA
	w.change(func(r *onboarding.Record) {
		r.Opened = map[string]time.Time{"complete-review": w.now(), "basic-review": w.now()}
		for i, role := range []onboarding.Role{onboarding.CoreCommitter, onboarding.Security} {
			r.Decisions = append(r.Decisions, onboarding.Decision{
				ID: fmt.Sprintf("review/%d/0", i), Verb: onboarding.Approve, Stage: "complete-review", By: onboarding.Person{ID: int64(70 + i)},
				Roles: []onboarding.Role{onboarding.CoreCommitter, role}, At: w.now(), Bound: bound,
			})
		}
	})
	w.look()
	require.Equal(t, "completed success", w.runs(bound)["onboarding/complete-review"])
	w.push(map[string]string{"server/evil.go": "package main // evil\n"})
	w.look()
	require.NotEmpty(t, w.record().ReviewPR.Gaps)
	assert.Equal(t, "completed action_required", w.runs(bound)["onboarding/complete-review"])
}
