package reconcile_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/reconcile"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/release"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// wrapped is GitHub with some answers changed.
type wrapped struct {
	reconcile.GitHub
	pull       func(ghapi.Pull) ghapi.Pull
	treeFiles  func() error
	closePull  func() error
	head       func(ghapi.Head) ghapi.Head
	commit     func() error
	moveBranch func()
}

func (g *wrapped) Pull(ctx context.Context, n int) (ghapi.Pull, bool, error) {
	p, ok, err := g.GitHub.Pull(ctx, n)
	if g.pull != nil {
		p = g.pull(p)
	}
	return p, ok, err
}

func (g *wrapped) PullHead(ctx context.Context, n int, last ghapi.Head) (ghapi.Pull, ghapi.Head, bool, error) {
	p, h, ok, err := g.GitHub.PullHead(ctx, n, last)
	if g.pull != nil {
		p = g.pull(p)
	}
	if g.head != nil {
		h = g.head(h)
	}
	return p, h, ok, err
}

func (g *wrapped) TreeFiles(ctx context.Context, sha string) ([]checks.File, error) {
	if g.treeFiles != nil {
		if err := g.treeFiles(); err != nil {
			return nil, err
		}
	}
	return g.GitHub.TreeFiles(ctx, sha)
}

func (g *wrapped) ClosePull(ctx context.Context, n int, body string) error {
	if g.closePull != nil {
		if err := g.closePull(); err != nil {
			return err
		}
	}
	return g.GitHub.ClosePull(ctx, n, body)
}

func (g *wrapped) MoveBranch(ctx context.Context, name, sha string) (bool, error) {
	if g.moveBranch != nil {
		g.moveBranch()
	}
	return g.GitHub.MoveBranch(ctx, name, sha)
}

func (g *wrapped) Head(ctx context.Context, last ghapi.Head) (ghapi.Head, error) {
	h, err := g.GitHub.Head(ctx, last)
	if g.head != nil {
		h = g.head(h)
	}
	return h, err
}

func (g *wrapped) CommitTime(ctx context.Context, ref string) (string, time.Time, error) {
	if g.commit != nil {
		if err := g.commit(); err != nil {
			return "", time.Time{}, err
		}
	}
	return g.GitHub.CommitTime(ctx, ref)
}

// wrap changes GitHub's answers, or what happens before them, from now on.
func (w *world) wrap() *wrapped {
	g := &wrapped{}
	inner := w.looks.GitHub
	w.looks.GitHub = func(r store.Repository) (reconcile.GitHub, error) {
		var err error
		g.GitHub, err = inner(r)
		return g, err
	}
	return g
}

func TestLabelsOfThePRArePutBackThreeTimesADay(t *testing.T) {
	w := newWorld(t, plugin, nil)
	bad := checks.Result{Outcome: checks.Fail, Title: "bad", Findings: []checks.Finding{{Rule: "nightly-build/bad", Severity: checks.Failure, Message: "Bad."}}}
	w.looks.Checks = []checks.Check{online(&bad)}
	w.look()
	label := w.pr().Labels()[0]
	restored := 0
	for range 12 {
		w.pr().RemoveLabel(w.alice, label)
		w.look()
		for _, l := range w.pr().Labels() {
			if l == label {
				restored++
			}
		}
	}
	assert.LessOrEqual(t, restored, 3)
}

func TestAdoptedPRThatIsMendedByGoingBackCountsAgain(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.adopt(fromTemplate(), without())
	good := w.repo.Branch("by-hand/review")
	w.repo.PushBranch(w.alice, "by-hand/review", "Oops", map[string]*string{"server/plugin.go": text("package main // another\n")})
	w.look()
	require.NotEmpty(t, w.record().ReviewPR.Gaps)
	w.repo.MoveBranch(w.alice, "by-hand/review", good)
	w.look()
	assert.Empty(t, w.record().ReviewPR.Gaps)
	assert.NotContains(t, w.status(), "It does not count for now")
}

func TestAdoptedPRIsUsableAgainAfterATreeThatWasTooLarge(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.adopt(fromTemplate(), without())
	g := w.wrap()
	g.treeFiles = func() error { return &ghapi.TooLargeError{Repository: "x"} }
	w.repo.PushBranch(w.alice, "by-hand/review", "Huge", map[string]*string{"a.go": text("package main\n")})
	w.push(map[string]string{"a.go": "package main\n"})
	w.look()
	require.NotNil(t, w.record().NoReviewPR)
	g.treeFiles = nil
	w.look()
	w.later(25 * time.Hour)
	assert.Empty(t, w.record().ReviewPR.Gaps)
	assert.Nil(t, w.record().NoReviewPR)
	assert.NotContains(t, w.status(), "cannot be used for")
}

// (u): GitHub does not always move a PR's base.sha with its base branch
// (github/docs#431, rust-lang/bors#40). Then an adopted PR hides code by a merge.
func TestAttackAdoptedPRWhoseBaseShaIsStale(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	number := w.adopt(fromTemplate(), without())
	require.True(t, w.record().ReviewPR.Adopted)
	stale := w.repo.Branch("by-hand/base")
	g := w.wrap()
	g.pull = func(p ghapi.Pull) ghapi.Pull {
		if p.Number == number {
			p.BaseSHA = stale
		}
		return p
	}
	// the code goes onto the base, and the head is rebuilt upon it
	w.repo.PushBranch(w.alice, "by-hand/base", "Hide", map[string]*string{"server/plugin.go": text(plugin["server/plugin.go"])})
	changes := map[string]*string{}
	for path, content := range without() {
		changes[path] = text(content)
	}
	w.repo.MoveBranch(w.alice, "by-hand/review", w.repo.Commit(w.alice, w.repo.Branch("by-hand/base"), "Plugin", changes))
	for _, pr := range w.repo.PullRequests() {
		if pr.Number == number {
			for _, f := range pr.Files() {
				require.NotEqual(t, "server/plugin.go", f.Path, "GitHub hides it")
			}
		}
	}
	w.look()
	assert.NotEmpty(t, w.record().ReviewPR.Gaps)
}

// (u): the shortcut of follow trusts base.sha once the replacements of a day
// are used up: then a base that was moved to hide code is taken for sound.
func TestAttackShortcutTrustsBaseShaAfterARefusedReplacement(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	for range 3 {
		head, _ := w.open()[0].Head()
		w.repo.PushBranch(w.alice, head, "Evil", map[string]*string{"evil.go": text("package evil\n")})
		w.look()
	}
	pr := w.record().ReviewPR
	stale := pr.BaseSHA
	g := w.wrap()
	g.pull = func(p ghapi.Pull) ghapi.Pull {
		if p.Number == pr.Number {
			p.BaseSHA = stale
		}
		return p
	}
	w.repo.PushBranch(w.alice, pr.BaseBranch, "Hide", map[string]*string{"server/plugin.go": text(plugin["server/plugin.go"])})
	w.look()
	require.Contains(t, w.status(), "rests until tomorrow")
	w.later(10 * time.Minute) // settled now
	w.later(10 * time.Minute)
	assert.Contains(t, w.status(), "rests until tomorrow", "the base still hides code")
}

func TestAdoptedPRWithAnotherHistoryFailsNoLook(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.adopt(fromTemplate(), without())
	w.repo.PushOrphan(w.alice, "by-hand/review", "Orphan", without())
	_, err := w.looks.Look(t.Context(), w.repo.ID)
	require.NoError(t, err)
	assert.NotEmpty(t, w.record().ReviewPR.Gaps)
}

func TestAdoptionOfAPRWithAnotherHistoryIsRefused(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	w.repo.PushOrphan(w.alice, "by-hand/base", "Base", fromTemplate())
	w.repo.MoveBranch(w.alice, "by-hand/review", w.repo.Branch("by-hand/base"))
	w.repo.PushBranch(w.alice, "by-hand/review", "Plugin", map[string]*string{"a.go": text("package a\n")})
	pr := w.repo.OpenPullRequest(w.alice, "Review this", "", "by-hand/review", "by-hand/base")
	w.repo.PushOrphan(w.alice, "by-hand/review", "Orphan", without())
	w.change(func(r *onboarding.Record) { r.Adopt = pr.Number })
	_, err := w.looks.Look(t.Context(), w.repo.ID)
	assert.NoError(t, err)
	assert.Zero(t, w.record().Adopt)
	w.push(map[string]string{"server/more.go": "package main\n"})
	_, err = w.looks.Look(t.Context(), w.repo.ID)
	assert.NoError(t, err)
	assert.Equal(t, w.repo.Head(), w.record().ReviewPR.Last().Source, "the App's own PR follows")
}

func TestABranchInTheWayIsExplained(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.repo.MoveBranch(w.alice, "onboarding", w.repo.Head())
	_, err := w.looks.Look(t.Context(), w.repo.ID)
	assert.NoError(t, err)
	assert.NotNil(t, w.record().NoReviewPR)
}

func TestAdoptionIsAnsweredThoughTheLookWasInterrupted(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	comment := w.issue.Comment(w.alice, "/onboard adopt")
	require.NoError(t, w.store.Write(t.Context(), "act", func(ctx context.Context, tx *sql.Tx) error {
		_, err := store.AddAct(ctx, tx, store.Act{
			ID: fmt.Sprintf("comment/%d", comment.ID), Repository: w.repo.ID, Issue: w.issue.Number, Comment: comment.ID,
			By: onboarding.Person{ID: w.alice.ID, Login: "alice"}, At: w.now(), Recorded: w.now(), Commands: []string{"adopt"},
		})
		return err
	}))
	w.change(func(r *onboarding.Record) { r.Adopt = w.issue.Number }) // no pull request: refused
	remove := w.github.Inject(fakegithub.Fault{Route: "/repos/{owner}/{repo}/issues/{issue_number}/labels", Status: http.StatusBadGateway, Times: 1})
	_, err := w.looks.Look(t.Context(), w.repo.ID)
	remove()
	t.Log("first look:", err, "adopt:", w.record().Adopt)
	w.settled()
	said := ""
	for _, c := range w.issue.Comments() {
		said += c.Body
	}
	assert.Contains(t, said, "cannot be the review pull request")
}

// failingBlobs is a template whose texts cannot be had at present.
type failingBlobs struct {
	boilerplate
	err error
}

func (f failingBlobs) Blob(context.Context, string) ([]byte, error) { return nil, f.err }

func TestTemplateThatCannotBeReadHoldsUpNothingElse(t *testing.T) {
	w := newWorld(t, plugin, nil)
	usedUp := &ghapi.UnavailableError{Err: errors.New("60 calls an hour are used up"), RetryAt: time.Now().Add(time.Hour)}
	w.looks.Boilerplate = failingBlobs{w.looks.Boilerplate.(boilerplate), usedUp}
	_, err := w.looks.Look(t.Context(), w.repo.ID)
	var away *ghapi.UnavailableError
	assert.NotErrorAs(t, err, &away, "the queue holds the plugin's installation: %v", err)
	assert.NotEmpty(t, w.issue.Comments(), "the status comment is there")
	assert.Len(t, w.runs(w.repo.Head()), 13)
}

func TestTheReviewPRWaitsForTheTemplateAsLongAsTheFailureMayLast(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		wait time.Duration
	}{
		"GitHub's own failure": {&ghapi.UnavailableError{Err: errors.New("502")}, time.Minute},
		"anything else":        {errors.New("there is no such repository"), 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plugin, nil)
			template := w.looks.Boilerplate.(boilerplate)
			w.looks.Boilerplate = failingBlobs{template, test.err}
			next, err := w.looks.Look(t.Context(), w.repo.ID)
			require.NoError(t, err)
			assert.WithinDuration(t, w.now().Add(test.wait), next, 10*time.Second)
			assert.Empty(t, w.open())
			w.looks.Boilerplate = template
			w.later(test.wait)
			w.pr()
		})
	}
}

func TestWhatIsAskedForIsLookedAtWithEachPush(t *testing.T) {
	w := newWorld(t, plugin, nil)
	check := release.New(release.DefaultPolicy(), safehttp.New(safehttp.Policy{}))
	w.looks.Checks = []checks.Check{check}
	w.looks.Pipeline = onboarding.Pipeline{
		Stages: []onboarding.Stage{{Name: "release", Kind: onboarding.Automatic}, {Name: "basic-review", Kind: onboarding.Review, Role: onboarding.CoreCommitter, Approvals: 1}},
		Gates:  []onboarding.Gate{{Name: "ci-extensions", Needs: []string{"release", "basic-review"}}},
	}
	w.look()
	results, err := w.store.Results(t.Context(), w.repo.ID)
	require.NoError(t, err)
	require.Contains(t, results["release"].Findings[0].Fix, "when a workflow like this one")
	w.push(map[string]string{".github/workflows/release.yml": release.Workflow})
	w.later(25 * time.Hour)
	results, err = w.store.Results(t.Context(), w.repo.ID)
	require.NoError(t, err)
	assert.NotContains(t, results["release"].Findings[0].Fix, "when a workflow like this one", "it is in the default branch now")
	for _, run := range w.repo.CheckRuns(w.pr().HeadSHA()) {
		if run.Name == "onboarding/release" {
			assert.NotContains(t, run.Text, "name: release", "shown at %s", w.repo.Head())
			t.Log(run.Summary)
		}
	}
}

// online is a check outside the repository that says what it is told to.
func online(result *checks.Result) checks.Check {
	return checks.Check{
		Name: "nightly-build", Online: true, Reads: func(string) bool { return false },
		Rules: []checks.Rule{{ID: "nightly-build/no-url", Severity: checks.Failure, Asks: true}, {ID: "nightly-build/bad", Severity: checks.Failure}},
		Run:   func(context.Context, checks.Subject) (checks.Result, error) { return *result, nil },
	}
}

func TestWhatHadPassedAndIsGoneIsNotMerelyMissing(t *testing.T) {
	w := newWorld(t, plugin, nil)
	result := checks.Result{Outcome: checks.Pass, Title: "fine"}
	w.looks.Checks = []checks.Check{online(&result)}
	w.look()
	result = checks.Result{Outcome: checks.Fail, Title: "No release any more", Findings: []checks.Finding{{Rule: "nightly-build/no-url", Severity: checks.Failure, Message: "Gone."}}}
	w.later(25 * time.Hour)
	said := ""
	for _, c := range w.issue.Comments() {
		said += c.Body
	}
	require.Contains(t, said, "had passed and fails now")
	for _, run := range w.repo.CheckRuns(w.pr().HeadSHA()) {
		if run.Name == "onboarding/nightly-build" {
			assert.Equal(t, "failure", run.Conclusion)
			assert.NotContains(t, run.Summary, "nothing is wrong")
		}
	}
}

func TestABuildThatIsGoodAndBadByTurnsIsToldTwiceADay(t *testing.T) {
	w := newWorld(t, plugin, nil)
	var result checks.Result
	w.looks.Checks = []checks.Check{online(&result)}
	good := checks.Result{Outcome: checks.Pass, Title: "fine"}
	bad := checks.Result{Outcome: checks.Fail, Title: "bad", Findings: []checks.Finding{{Rule: "nightly-build/bad", Severity: checks.Failure, Message: "Bad."}}}
	for range 8 {
		for _, result = range []checks.Result{good, bad} {
			require.NoError(t, w.store.Write(t.Context(), "stale", func(ctx context.Context, tx *sql.Tx) error {
				return store.StaleResult(ctx, tx, w.repo.ID, "nightly-build") // as each release event does
			}))
			w.later(time.Minute)
		}
	}
	assert.LessOrEqual(t, len(w.issue.Comments()), 3, "the status comment, and two")
}

func TestWhatWasDownloadedIsCountedThoughGitHubFails(t *testing.T) {
	w := newWorld(t, plugin, nil)
	g := w.wrap()
	g.commit = func() error { return &ghapi.UnavailableError{Err: errors.New("502")} }
	server, policy := serveBytes(t, 1<<20)
	client := safehttp.New(policy)
	w.looks.Checks = []checks.Check{{
		Name: "nightly-build", Online: true, Reads: func(string) bool { return false },
		Run: func(ctx context.Context, s checks.Subject) (checks.Result, error) {
			response, err := client.Get(ctx, server, safehttp.Condition{})
			if err != nil {
				return checks.Result{}, err
			}
			defer response.Body.Close()
			buffer := make([]byte, 64<<10)
			for {
				if _, err := response.Body.Read(buffer); err != nil {
					break
				}
			}
			_, _, err = s.CommitTime(ctx, "tags/v1")
			return checks.Result{}, err
		},
	}}
	for range 3 {
		_, err := w.looks.Look(t.Context(), w.repo.ID)
		require.Error(t, err)
	}
	bytes, err := w.store.Downloaded(t.Context(), w.alice.ID, w.now())
	require.NoError(t, err)
	assert.Equal(t, int64(3<<20), bytes)
}

func TestAdoptionSaysWhyTheFormerPRIsClosed(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	own := w.pr()
	w.adopt(fromTemplate(), without())
	require.Len(t, own.Comments(), 1)
	t.Log(own.Comments()[0].Body)
	assert.NotContains(t, own.Comments()[0].Body, "it was pointed at another branch")
}

func TestAPROfPeopleIsNotClosedWhenAnotherIsAdopted(t *testing.T) {
	w := newWorld(t, plugin, map[string]string{"contents": "read"})
	w.look()
	first := w.adopt(fromTemplate(), without())
	w.repo.MoveBranch(w.alice, "second/base", w.repo.Branch("by-hand/base"))
	w.repo.MoveBranch(w.alice, "second/review", w.repo.Branch("by-hand/review"))
	pr := w.repo.OpenPullRequest(w.alice, "Another", "", "second/review", "second/base")
	w.change(func(r *onboarding.Record) { r.Adopt = pr.Number })
	w.look()
	require.Equal(t, pr.Number, w.record().ReviewPR.Number)
	for _, p := range w.repo.PullRequests() {
		if p.Number == first {
			assert.Equal(t, "open", p.State())
		}
	}
}

func TestAFormerPRIsToldThoughTheBranchIsGoneForAMoment(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	g := w.wrap()
	g.closePull = func() error { return errors.New("refused") }
	w.repo.PushBranch(w.alice, "onboarding/review", "Evil", map[string]*string{"evil.go": text("package evil\n")})
	_, err := w.looks.Look(t.Context(), w.repo.ID)
	require.Error(t, err)
	g.closePull = nil
	g.head = func(h ghapi.Head) ghapi.Head { h.Commit, h.Tree = "", ""; return h } // 404 while it is renamed
	assert.NotPanics(t, func() { _, _ = w.looks.Look(t.Context(), w.repo.ID) })
}

func TestTheEndIsTriedAgain(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	g := w.wrap()
	g.closePull = func() error {
		return &ghapi.NotAllowedError{Why: "the repository is archived", Err: errors.New("403")}
	}
	w.change(func(r *onboarding.Record) { r.EndedAt, r.Withdrawn = w.now(), &onboarding.Withdrawal{By: r.Author} })
	next, err := w.looks.Look(t.Context(), w.repo.ID)
	require.NoError(t, err)
	assert.Greater(t, next.Sub(w.now()), time.Minute, "the PR is %s: it is tried again, but not at once and for ever", w.pr().State())
}

func TestAttackAFormerPRThatIsOpenedAgainIsClosed(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	former := w.pr()
	w.repo.PushBranch(w.alice, "onboarding/base", "Hide", map[string]*string{"server/plugin.go": text(plugin["server/plugin.go"])})
	w.look()
	require.Equal(t, "closed", former.State())
	require.NoError(t, former.Reopen(w.alice))
	for range 3 {
		w.later(25 * time.Hour)
	}
	t.Log(former.State(), former.Author(), former.HeadSHA() == w.record().ReviewPR.Last().SHA, former.Body()[:120], former.Files())
	assert.True(t, former.State() == "closed" || !strings.Contains(former.Body(), "shows **all code"))
}

func TestAdoptingTheAppsOwnPRChangesNothing(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	number := w.pr().Number
	w.change(func(r *onboarding.Record) { r.Adopt = number })
	w.look()
	assert.False(t, w.record().ReviewPR.Adopted)
	w.push(map[string]string{"server/more.go": "package main\n"})
	w.look()
	assert.Empty(t, w.record().ReviewPR.Gaps)
	assert.Contains(t, w.shows(), "server/more.go")
}

func TestTheEndDeletesNoWorkOfOthers(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	theirs := w.repo.PushBranch(w.alice, "onboarding/review", "A fix, on the wrong branch", map[string]*string{"fix.go": text("package main\n")})
	w.change(func(r *onboarding.Record) { r.EndedAt, r.Withdrawn = w.now(), &onboarding.Withdrawal{By: r.Author} })
	w.look()
	assert.Equal(t, theirs, w.repo.Branch("onboarding/review"))
}

func TestAMomentWithoutABranchIsNoEmptyPlugin(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.looks.Checks = []checks.Check{{Name: "licence", Run: func(_ context.Context, s checks.Subject) (checks.Result, error) {
		if len(s.Files) == 0 {
			return checks.Result{Outcome: checks.Fail, Title: "No licence"}, nil
		}
		return checks.Result{Outcome: checks.Pass, Title: "MIT"}, nil
	}}}
	w.look()
	g := w.wrap()
	g.head = func(h ghapi.Head) ghapi.Head { h.Commit, h.Tree = "", ""; return h }
	_, err := w.looks.Look(t.Context(), w.repo.ID)
	var away *ghapi.UnavailableError
	require.ErrorAs(t, err, &away, "it is tried again soon")
	assert.Equal(t, "completed success", w.runs(w.pr().HeadSHA())["onboarding/licence"])
}

func TestAReviewBranchThatIsDeletedWhileItIsMovedWasDeleted(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	first := w.pr()
	w.push(map[string]string{"server/more.go": "package main\n"})
	once := sync.OnceFunc(func() { assert.NoError(t, w.repo.DeleteBranch(w.alice, "onboarding/review")) })
	w.wrap().moveBranch = once
	w.look()
	assert.NotEqual(t, first.Number, w.pr().Number)
	assert.Equal(t, onboarding.BranchDeleted, w.record().ReviewPR.Why)
	w.isWhole()
}

// hiddenRoles cannot be read at present.
type hiddenRoles struct{ err error }

func (hiddenRoles) Configured(onboarding.Role) bool { return true }
func (h hiddenRoles) Members(context.Context, onboarding.Role) ([]onboarding.Person, error) {
	return nil, h.err
}
func (h hiddenRoles) Named(context.Context, string) (onboarding.Person, error) {
	return onboarding.Person{}, h.err
}

func TestWhoHasARoleIsAskedAgainAsSoonAsTheFailureMayBeOver(t *testing.T) {
	away := func(err error) error { return &ghapi.UnavailableError{Err: err} }
	for name, test := range map[string]struct {
		err  error
		wait time.Duration
	}{
		"GitHub's own failure":            {away(errors.New("502")), time.Minute},
		"an installation that is no more": {away(&ghapi.LostError{Err: errors.New("suspended")}), 15 * time.Minute},
		"anything else":                   {errors.New("no such team"), 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plugin, nil)
			w.looks.Roles = hiddenRoles{test.err}
			w.looks.Pipeline = onboarding.Pipeline{
				Stages: []onboarding.Stage{{Name: "basic-review", Kind: onboarding.Review, Role: onboarding.CoreCommitter, Approvals: 1}},
				Gates:  []onboarding.Gate{{Name: "ci-extensions", Needs: []string{"basic-review"}}},
			}
			w.later(10 * time.Minute) // the look after a push is over
			w.clock.Add(int64(time.Hour))
			next, err := w.looks.Look(t.Context(), w.repo.ID)
			require.NoError(t, err)
			assert.WithinDuration(t, w.now().Add(test.wait), next, 10*time.Second)
		})
	}
}

func TestAReviewPRThatIsNotFoundYetIsNotReplaced(t *testing.T) {
	w := newWorld(t, plugin, nil)
	w.look()
	found := w.github.Inject(fakegithub.Fault{Method: http.MethodGet, Route: "/repos/{owner}/{repo}/pulls/{pull_number}", Status: http.StatusNotFound})
	_, err := w.looks.Look(t.Context(), w.repo.ID)
	var away *ghapi.UnavailableError
	require.ErrorAs(t, err, &away)
	assert.Len(t, w.repo.PullRequests(), 1)
	found()
	w.look()
	assert.Len(t, w.repo.PullRequests(), 1)

	w.github.Inject(fakegithub.Fault{Method: http.MethodGet, Route: "/repos/{owner}/{repo}/pulls/{pull_number}", Status: http.StatusNotFound})
	w.later(2 * time.Hour)
	assert.Len(t, w.repo.PullRequests(), 2, "it never comes again")
}
