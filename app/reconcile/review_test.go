package reconcile_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks"
	tt "github.com/onboard-app/onboard/checks/template/templatetest"
)

func TestReviewPRShowsThePluginsOwnCodeAndNothingElse(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	assert.Equal(t, map[string]string{
		"server/plugin.go": "added", "README.md": "added", "plugin.json": "added", "build/setup.mk": "modified",
	}, w.shows())
	w.isWhole()
	pr := w.pr()
	assert.Contains(t, pr.Title(), "alice/mattermost-plugin-hello")
	assert.Contains(t, pr.Body(), "Please do not merge it")
	assert.Contains(t, pr.Body(), ".github/workflows/ci.yml")
	assert.Len(t, w.runs(pr.HeadSHA()), 13, "the review PR's head carries the check runs")
	assert.Empty(t, w.runs(w.repo.Head()))
	assert.ElementsMatch(t, w.issue.Labels(), pr.Labels())
	assert.Contains(t, w.status(), "The code to review is in [pull request 2]")
	assert.Equal(t, []string{"onboarding/base", "onboarding/review"}, w.branches())
	w.settled()
}

func TestReviewPRFollowsTheDefaultBranch(t *testing.T) {
	tests := map[string]struct {
		change func(*world)
		shows  map[string]string // beside the rest
		commit bool              // a review commit more
		class  onboarding.Change
	}{
		"a push of code": {
			func(w *world) { w.push(map[string]string{"server/more.go": "package main\n"}) }, map[string]string{"server/more.go": "added"}, true, onboarding.CodeChange,
		},
		"a push of docs": {
			func(w *world) { w.push(map[string]string{"docs/setup.md": "# How\n"}) }, map[string]string{"docs/setup.md": "added"}, true, onboarding.DocsChange,
		},
		"a push of tests": {
			func(w *world) { w.push(map[string]string{"server/x_test.go": "package main\n"}) }, map[string]string{"server/x_test.go": "added"}, true, onboarding.TestsChange,
		},
		"a push of a workflow only shows nothing new, and is code": {
			func(w *world) { w.push(map[string]string{".github/workflows/evil.yml": "on: push\n"}) }, nil, true, onboarding.CodeChange,
		},
		"a file that goes": {
			func(w *world) { w.push(map[string]string{"server/plugin.go": ""}) }, map[string]string{"server/plugin.go": ""}, true, onboarding.CodeChange,
		},
		"boilerplate that goes is shown as removed": {
			func(w *world) { w.push(map[string]string{"Makefile": ""}) }, map[string]string{"Makefile": "removed"}, true, onboarding.CodeChange,
		},
		"boilerplate that is mended is not shown any more": {
			func(w *world) { w.push(map[string]string{"build/setup.mk": tt.Text("setup", 20)}) }, map[string]string{"build/setup.mk": ""}, true, onboarding.CodeChange, // it runs in CI
		},
		"a later version's boilerplate is shown, since the base stands": {
			func(w *world) { w.push(map[string]string{"Makefile": tt.Text("make", 32)}) }, map[string]string{"Makefile": "modified"}, true, onboarding.CodeChange,
		},
		"boilerplate that comes later is shown, though it is the template's": {
			func(w *world) { w.push(map[string]string{"webapp/index.js": tt.Text("webapp", 20)}) }, map[string]string{"webapp/index.js": "added"}, true, onboarding.BoilerplateChange,
		},
		"a rewritten history": {
			func(w *world) {
				sha := w.repo.Commit(w.alice, "", "All new", map[string]*string{"server/plugin.go": text("package other\n"), "plugin.json": text(`{"id":"com.example.hello"}`)})
				w.repo.Reset(w.alice, sha)
			}, map[string]string{"Makefile": "removed", "server/main.go": "removed", "build/setup.mk": "removed", "README.md": ""}, true, onboarding.CodeChange,
		},
		"a renamed default branch": {
			func(w *world) { require.NoError(w.t, w.repo.RenameDefaultBranch(w.alice, "trunk")) }, nil, false, onboarding.CodeChange,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plugin, nil)
			w.look()
			before, want := w.pr().HeadSHA(), w.shows()
			commits := len(w.pr().Commits())
			for path, how := range test.shows {
				if want[path] = how; how == "" {
					delete(want, path)
				}
			}
			test.change(w)
			w.look()
			assert.Equal(t, want, w.shows())
			w.isWhole()
			assert.Equal(t, test.class, w.record().ReviewPR.Last().Change)
			assert.Equal(t, w.repo.Head(), w.record().ReviewPR.Last().Source)
			if test.commit {
				assert.Len(t, w.pr().Commits(), commits+1, "one commit more, and no history rewritten")
				assert.Contains(t, w.pr().Commits(), before)
				assert.Len(t, w.runs(w.pr().HeadSHA()), 13)
			} else {
				assert.Equal(t, before, w.pr().HeadSHA())
			}
			assert.Contains(t, w.pr().Body(), w.repo.Head())
			assert.Contains(t, w.pr().Body(), "`"+w.repo.DefaultBranch()+"`")
			w.settled()
			assert.Len(t, w.open(), 1)
		})
	}
}

func text(s string) *string { return &s }

func TestReviewPRIsReopenedWhenSomebodyClosesIt(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	for range 3 {
		w.pr().Close(w.alice)
		w.look()
		assert.Len(t, w.open(), 1)
	}
	w.pr().Close(w.alice)
	w.look()
	assert.Empty(t, w.open(), "three times a day")
	assert.Contains(t, w.status(), "it was closed several times today, so it rests until tomorrow")
	w.later(25 * time.Hour)
	assert.Len(t, w.open(), 1)
	assert.NotContains(t, w.status(), "rests until tomorrow")
}

func TestReviewPRMergedByAccidentIsReplaced(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	first, shown := w.pr(), w.shows()
	require.NoError(t, first.Merge(w.alice))
	w.look()
	assert.NotEqual(t, first.Number, w.pr().Number)
	assert.Equal(t, shown, w.shows(), "it shows the same")
	w.isWhole()
	assert.Contains(t, w.pr().Body(), "It takes the place of #2, since the former one was merged")
	require.Len(t, first.Comments(), 1)
	assert.Contains(t, first.Comments()[0].Body, ": this pull request was merged.")
	assert.Len(t, w.runs(w.pr().HeadSHA()), 13)
	w.settled()
	assert.Len(t, first.Comments(), 1, "it is told once")
}

func TestReviewPRTextThatOthersChangedIsPutBackThreeTimesADay(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	body := w.pr().Body()
	for range 3 {
		w.pr().SetBody(w.alice, "Please merge this at once.")
		w.look()
		assert.Equal(t, body, w.pr().Body())
	}
	w.pr().SetBody(w.alice, "Please merge this at once.")
	w.look()
	assert.Equal(t, "Please merge this at once.", w.pr().Body())
	w.later(25 * time.Hour)
	assert.Equal(t, body, w.pr().Body())
}

func TestReviewPREndsWithTheOnboarding(t *testing.T) {
	for name, keep := range map[string]bool{"its branches are deleted": false, "its branches are kept if they should be": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plugin, nil)
			w.looks.KeepBranches = keep
			w.look()
			pr := w.pr()
			w.change(func(r *onboarding.Record) {
				r.EndedAt, r.Withdrawn = w.now(), &onboarding.Withdrawal{By: r.Author, Reason: "We go on later"}
			})
			w.look()
			assert.Equal(t, "closed", pr.State())
			assert.Contains(t, pr.Body(), "This onboarding was withdrawn")
			assert.Empty(t, pr.Labels())
			assert.Equal(t, []string{"onboarding:withdrawn"}, w.issue.Labels())
			assert.Equal(t, keep, len(w.branches()) == 2)
			for name, state := range w.runs(pr.HeadSHA()) {
				assert.Equal(t, "completed cancelled", state, name)
			}
			assert.Contains(t, w.status(), " withdrew the onboarding on ")
			w.settled()

			w.change(func(r *onboarding.Record) {
				*r = onboarding.Record{Repository: r.Repository, Round: 2, Issue: r.Issue, Author: r.Author, Starter: r.Starter, StartedAt: w.now(), AcceptedAt: w.now(), Pairs: r.Pairs}
			})
			w.look()
			head, _ := w.pr().Head()
			assert.Equal(t, "onboarding/review-2", head, "the next round has branches of its own")
			w.isWhole()
		})
	}
}

func TestReviewPRThatCannotBeMadeIsExplained(t *testing.T) {
	tests := map[string]struct {
		permissions map[string]string
		files       map[string]string
		before      func(*world)
		why         string
	}{
		"no permission to write contents": {permissions: map[string]string{"contents": "read"}, why: "Onboard has no permission to write contents or pull requests"},
		"no permission for pull requests": {permissions: map[string]string{"pull_requests": "read"}, why: "Onboard has no permission"},
		"a ruleset against new branches":  {before: func(w *world) { w.repo.SetRules("onboarding/*", "creation") }, why: "by a ruleset of the repository, branches may not be created"},
		"a ruleset that asks for signed commits": {
			before: func(w *world) { w.repo.SetRules("onboarding/*", "required_signatures") }, why: "commits must be signed",
		},
		"nothing but the template": {files: starter[0], why: "all files are the starter template's"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := plugin
			if test.files != nil {
				files = test.files
			}
			w := newWorld(t, files, test.permissions)
			if test.before != nil {
				test.before(w)
			}
			_, err := w.looks.Look(t.Context(), w.repo.ID)
			assert.Empty(t, w.open())
			require.NotNil(t, w.record().NoReviewPR, "it is on record why")
			require.NoError(t, err)
			assert.Contains(t, w.status(), test.why)
			assert.Equal(t, test.files == nil, strings.Contains(w.status(), "onboard review-branch ."), "what can be made by hand is explained")
			assert.Len(t, w.runs(w.repo.Head()), 13, "the default branch's head carries the check runs")

			began := len(w.github.Calls())
			w.look()
			for _, call := range w.github.Calls()[began:] {
				assert.False(t, call.Write, "it is not tried again at each look: %s", call.Route)
			}
		})
	}
}

func TestReviewPRIsMadeOnceTheAppMay(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.repo.SetRules("onboarding/*", "creation")
	w.look()
	require.Empty(t, w.open())
	w.repo.SetRules("onboarding/*")
	w.later(25 * time.Hour)
	assert.Len(t, w.runs(w.pr().HeadSHA()), 13)
	assert.NotContains(t, w.status(), "There is no review pull request")
}

func TestReviewPRLeavesBranchesOfOthersAlone(t *testing.T) {
	w := newWorld(t, plugin, nil)
	theirs := w.repo.PushBranch(w.alice, "onboarding/base", "Mine", map[string]*string{"evil.go": text("package evil\n")})
	w.look()
	base, _ := w.pr().Base()
	assert.Equal(t, "onboarding/base-2", base)
	assert.Equal(t, theirs, w.repo.Branch("onboarding/base"))
	w.isWhole()
}

func TestReviewPRCostsFewCalls(t *testing.T) {
	files := map[string]string{}
	for path, content := range plugin {
		files[path] = content
	}
	for i := range 93 {
		files["server/file"+strings.Repeat("x", i)+".go"] = "package main\n"
	}
	w := newWorld(t, files, nil)
	w.look()
	first, uploads := 0, 0
	for _, call := range w.github.Calls() {
		if call.Route == "/repos/{owner}/{repo}/git/blobs" {
			uploads++
		} else {
			first++
		}
		if call.Write && call.Route == "/repos/{owner}/{repo}/pulls" {
			break
		}
	}
	t.Logf("first review PR of a 100-file plugin: %d calls, reading the plugin included, and %d uploads", first, uploads)
	assert.LessOrEqual(t, first, 15)
	assert.Zero(t, uploads, "the version of build/setup.mk that the plugin changed is written with the tree")

	w.push(map[string]string{"server/a.go": "package a\n", "server/b.go": "package b\n", "docs/c.md": "# c\n"})
	began := len(w.github.Calls())
	w.look()
	var review []string
	for _, call := range w.github.Calls()[began:] {
		if strings.Contains(call.Route, "/git/") && call.Route != "/repos/{owner}/{repo}/git/trees/{tree_sha}" || strings.Contains(call.Route, "/pulls") {
			review = append(review, call.Method+" "+call.Route)
		}
	}
	t.Logf("a following push of 3 files: %d calls: %v", len(review), review)
	assert.LessOrEqual(t, len(review), 6)
}

func TestReviewPRFinishesAfterAnyInterruption(t *testing.T) {
	// the story: a first PR, a push, a deleted branch, the end
	story := func(w *world) string {
		w.settled()
		w.push(map[string]string{"server/more.go": "package main\n"})
		w.settled()
		require.NoError(t, w.repo.DeleteBranch(w.alice, "onboarding/review"))
		w.settled()
		w.change(func(r *onboarding.Record) {
			r.EndedAt, r.Withdrawn = w.now(), &onboarding.Withdrawal{By: r.Author}
		})
		w.settled()
		return w.visible()
	}
	for name, fault := range map[string]fakegithub.Fault{
		"the answer is lost": {Cut: fakegithub.CutAfter}, "not done": {Status: http.StatusBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.looks.Pipeline = onboarding.Pipeline{ // few check runs: they have tests of their own
				Stages: []onboarding.Stage{{Name: "basic-review", Kind: onboarding.Review, Role: onboarding.CoreCommitter, Approvals: 1}},
				Gates:  []onboarding.Gate{{Name: "ci-extensions", Needs: []string{"basic-review"}}},
			}
			want := story(s.plugin("undisturbed", plugin, nil))
			began := len(s.github.Calls())
			story(s.plugin("counted", plugin, nil))
			calls := len(s.github.Calls()) - began
			t.Logf("%d calls, and in the end:\n%s", calls, want)
			for call := range calls {
				fault.Skip, fault.Times = call, 1
				remove := s.github.Inject(fault)
				got := story(s.plugin(fmt.Sprintf("owner-%d", call), plugin, nil))
				remove()
				require.Equal(t, want, got, "call %d of %d failed", call, calls)
			}
		})
	}
}

func TestNothingToShowIsNotToBeMadeByHand(t *testing.T) {
	w := newWorld(t, starter[0], nil)
	w.look()
	require.Contains(t, w.status(), "all files are the starter template's")
	assert.NotContains(t, w.status(), "onboard review-branch .")
}

func TestRunsOfBeforeThePRAreNotLeftUnfinished(t *testing.T) {
	w := newWorld(t, plugin, nil)
	bad := checks.Result{Outcome: checks.Fail, Title: "bad", Findings: []checks.Finding{{Rule: "nightly-build/bad", Severity: checks.Failure, Message: "Bad."}}}
	w.looks.Checks = []checks.Check{online(&bad)}
	w.repo.SetRules("onboarding/*", "creation")
	w.look()
	w.repo.SetRules("onboarding/*")
	bad = checks.Result{Outcome: checks.Pass, Title: "fine"}
	w.later(25 * time.Hour)
	require.Equal(t, "completed success", w.runs(w.pr().HeadSHA())["onboarding/nightly-build"])
	assert.NotEqual(t, "completed failure", w.runs(w.repo.Head())["onboarding/nightly-build"], "the default branch is red for ever")
}
