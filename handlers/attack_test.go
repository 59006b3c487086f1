package handlers_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// deciding are the commands that decide something, each about a stage at which it
// would count.
var deciding = []string{
	"approve starter-template", "approve complete-review", "approve basic-review", "approve qa", "approve pm-ux", "approve release-qa bbbbbbbb",
	"waive licence It is public domain", "waive manifest Beta until 2099-01-01", "waive qa Nobody is there", "reopen qa", "adopt",
	"assign qa @quinn", "unassign basic-review @ann", "pause", "request-changes qa Explain it",
}

func TestAttackNobodyWithoutTheRoleDecides(t *testing.T) {
	w := newWorld(t, t.TempDir())
	before := w.record()
	for _, login := range []string{"alice", "olivia"} {
		for _, command := range deciding {
			act := w.say(login, "/onboard %s", command)
			assert.True(t, act.Confused, "%s says %s", login, command)
			w.forgetLimits()
		}
	}
	after := w.record()
	after.ActedAt = before.ActedAt
	assert.Equal(t, before, after)
	assert.Empty(t, w.holding())
}

func TestTheRolesDecide(t *testing.T) {
	for command, test := range map[string]struct{ who, passes string }{
		"approve starter-template":              {"root", "starter-template"},
		"approve basic-review":                  {"ann", "basic-review"},
		"approve qa":                            {"quinn", "qa"},
		"approve pm-ux":                         {"peter", "pm-ux"},
		"approve release-qa sha256:bbbbbbbb":    {"quinn", "release-qa"},
		"waive manifest Beta until 2099-01-01":  {"root", "manifest"},
		"waive manifest Beta @all\nfixes #1":    {"root", "manifest"},
		"waive release-qa The same bundle, qa?": {"robin", "release-qa"},
	} {
		w := newWorld(t, t.TempDir())
		act := w.say(test.who, "/onboard %s", command)
		assert.False(t, act.Confused, "%s: %v", command, act.Answers)
		assert.Equal(t, []string{test.passes}, w.holding(), command)
	}
}

func TestAttackWhoHasARoleActsOnlyInIt(t *testing.T) {
	w := newWorld(t, t.TempDir())
	for login, commands := range map[string][]string{
		"ann":   {"approve qa", "approve pm-ux", "approve starter-template", "waive manifest Beta", "reopen qa", "pause", "assign qa @quinn"},
		"quinn": {"approve complete-review", "approve basic-review", "waive qa Fine", "adopt", "resume"},
		"peter": {"approve qa", "waive pm-ux Fine", "approve licence"},
		"root":  {"approve qa", "approve basic-review"},
	} {
		for _, command := range commands {
			assert.True(t, w.say(login, "/onboard %s", command).Confused, "%s says %s", login, command)
			w.forgetLimits()
		}
	}
	assert.Empty(t, w.holding())
}

func TestAttackASensitiveStageIsWaivedByTwoAdmins(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.say("root", "/onboard waive licence Public domain")
	w.say("root", "/onboard waive licence Public domain, I say")
	assert.Empty(t, w.holding())
	w.say("robin", "/onboard waive licence Public domain")
	assert.Equal(t, []string{"licence"}, w.holding())
	worse := w.results["licence"]
	worse.Findings = append(slices.Clone(worse.Findings), onboarding.Finding{Rule: "licence/other", Severity: "failure", Message: "And this."})
	w.results["licence"] = worse
	assert.Empty(t, w.holding(), "a waiver dies with what it is about")
}

func TestAttackAReviewByTheAuthorThroughTheAppsPullRequest(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.pull.Review(w.people["alice"], fakegithub.Approved, "Fine")
	w.pull.Review(w.people["quinn"], fakegithub.Approved, "Fine")
	w.handle()
	assert.Empty(t, w.holding(), "GitHub lets her, since the App opened it; and QA reviews no code")
	w.pull.Review(w.people["ann"], fakegithub.Approved, "Fine")
	w.handle()
	assert.Equal(t, []string{"basic-review"}, w.holding())
}

func TestAttackAnApprovalOfAnotherCommit(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.plugin.PushBranch(w.people["alice"], "onboarding/review", "More", map[string]*string{"evil.go": new("package main")})
	w.pull.Review(w.people["ann"], fakegithub.Approved, "Fine") // of a commit that is not ours
	w.handle()
	assert.Empty(t, w.holding())
	act := w.say("quinn", "/onboard approve release-qa cccccccc")
	assert.True(t, act.Confused)
	assert.True(t, w.say("quinn", "/onboard approve release-qa").Confused, "which bundle?")
	assert.True(t, w.say("quinn", "/onboard approve release-qa bb").Confused, "two digits name nothing")
	w.show(func(shown *onboarding.Shown) { shown.Since = shown.Since.AddDate(10, 0, 0) })
	assert.True(t, w.say("quinn", "/onboard approve qa").Confused, "the check run showed it after the comment was written (S4)")
	assert.Empty(t, w.holding())
}

func TestAttackADismissalByThePluginsSideChangesNothing(t *testing.T) {
	w := newWorld(t, t.TempDir())
	objection := w.pull.Review(w.people["ann"], fakegithub.ChangesRequested, "No")
	w.handle()
	require.NoError(t, w.pull.Dismiss(w.people["alice"], objection))
	w.pull.Review(w.people["bob"], fakegithub.Approved, "Fine")
	w.handle()
	assert.Empty(t, w.holding(), "ann's word stands")
	w.pull.Review(w.people["ann"], fakegithub.Approved, "Now it is")
	w.handle()
	assert.Equal(t, []string{"basic-review"}, w.holding())
}

func TestAttackTextsThatAreNobodysWord(t *testing.T) {
	for name, text := range map[string]string{
		"quoted":            "> /onboard approve qa",
		"fenced":            "```\n/onboard approve qa\n```",
		"indented":          "    /onboard approve qa",
		"hidden":            "<!--\n/onboard approve qa\n-->",
		"in the middle":     "Please say /onboard approve qa",
		"another word":      "/onboarding approve qa",
		"in a code span":    "`\n/onboard approve qa\n`",
		"in a nested quote": "- > /onboard approve qa",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, t.TempDir())
			w.say("quinn", "%s", text)
			assert.Empty(t, w.holding())
		})
	}
	w := newWorld(t, t.TempDir())
	comment := w.issue.Comment(w.people["quinn"], "Looks good")
	comment.Edit(w.people["alice"], "/onboard approve qa") // whoever may write edits anybody's comment
	w.handle()
	comment.Edit(w.people["quinn"], "/onboard approve qa\nreally")
	w.handle()
	assert.Empty(t, w.holding())
}

func TestAttackABotsWordAndABotsLabel(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.issue.Comment(w.people["quinn"], "/onboard approve qa")
	w.issue.AddLabel(w.people["quinn"], "stage:complete-review")
	for _, d := range w.github.Deliveries()[w.done:] {
		d.Payload = []byte(strings.ReplaceAll(string(d.Payload), `"type":"User"`, `"type":"Bot"`))
		w.deliver(d)
	}
	assert.Empty(t, w.holding())
	assert.Empty(t, w.record().Decisions)
}

func TestAttackLabelsByThePluginsSideDecideNothing(t *testing.T) {
	w := newWorld(t, t.TempDir())
	before := w.record().Decisions
	for _, login := range []string{"alice", "olivia"} {
		for _, stage := range w.deps.Pipeline.Stages {
			w.issue.AddLabel(w.people[login], stage.LabelName())
			w.issue.RemoveLabel(w.people[login], stage.LabelName())
		}
	}
	w.handle()
	assert.Equal(t, before, w.record().Decisions)
	acts, err := w.store.Unanswered(t.Context(), w.plugin.ID)
	require.NoError(t, err)
	require.Len(t, acts, 1, "it is explained once a round")
	assert.Contains(t, acts[0].Answers[0], "decides something only if")
}

// TestWhoLabelsWhileAllIsHeldIsToldButDecidesNothing: whether a label that counts for
// nothing is explained must not hang on the moment. The soak found that it did.
func TestWhoLabelsWhileAllIsHeldIsToldButDecidesNothing(t *testing.T) {
	w := newWorld(t, t.TempDir())
	record := w.record()
	record.Held = &onboarding.Hold{Why: onboarding.Archived, At: record.StartedAt}
	require.NoError(t, w.store.Write(t.Context(), "hold it", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveOnboarding(ctx, tx, record, w.people["alice"].ID)
	}))
	w.issue.AddLabel(w.people["quinn"], "stage:qa")
	w.issue.AddLabel(w.people["olivia"], "stage:complete-review")
	w.handle()
	assert.Equal(t, record.Decisions, w.record().Decisions, "not even who runs the stage decides")
	acts, err := w.store.Unanswered(t.Context(), w.plugin.ID)
	require.NoError(t, err)
	require.Len(t, acts, 1)
	assert.Contains(t, acts[0].Answers[0], "decides something only if")
}

func TestTheTextOfAReviewMayHoldCommands(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.pull.Review(w.people["ann"], fakegithub.Approved, "Fine.\n\n/onboard approve qa\n/onboard decline")
	w.pull.Review(w.people["bob"], fakegithub.Commented, "/onboard request-changes complete-review Explain it")
	w.handle()
	assert.Equal(t, []string{"basic-review"}, w.holding(), "ann is not QA")
	review, _ := w.evaluate(w.record()).Standing("complete-review")
	require.NotNil(t, review.Objection)
	assert.Equal(t, "Explain it", review.Objection.Reason)
}

func TestAttackOnlyAButtonLetsAnybodyLookAgain(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.pull.Review(w.people["olivia"], fakegithub.Commented, "/onboard recheck")
	w.plugin.OpenIssue(w.people["olivia"], "Look", "/onboard recheck")
	w.handle()
	assert.True(t, w.say("olivia", "/onboard recheck").Confused)
	results, err := w.store.Results(t.Context(), w.plugin.ID)
	require.NoError(t, err)
	for name, result := range results {
		assert.False(t, result.Stale, name)
	}
}

func TestAnAppealIsForTheAdmins(t *testing.T) {
	w := newWorld(t, t.TempDir())
	assert.True(t, w.say("olivia", "/onboard appeal licence licence/missing It is there").Confused)
	assert.True(t, w.say("alice", "/onboard appeal licence licence/misssing It is there").Confused)
	assert.True(t, w.say("alice", "/onboard appeal licence licence/missing").Confused, "why?")
	assert.True(t, w.say("alice", "/onboard appeal qa licence/missing No check").Confused)
	w.forgetLimits()
	assert.False(t, w.say("alice", "/onboard appeal licence licence/missing It is in the <!-- README, @all").Confused)
	licence, _ := w.evaluate(w.record()).Standing("licence")
	assert.Equal(t, onboarding.Party(onboarding.Admin), licence.Turn)
	assert.Empty(t, w.holding(), "an appeal passes nothing")
	assert.True(t, w.say("ann", "/onboard request-changes licence No").Confused)
	assert.True(t, w.say("root", "/onboard approve licence").Confused, "a check that fails is waived, and not approved")
	assert.False(t, w.say("root", "/onboard request-changes licence It must be a file").Confused)
	licence, _ = w.evaluate(w.record()).Standing("licence")
	assert.Equal(t, onboarding.Author, licence.Turn)
	assert.Equal(t, onboarding.Failed, licence.State)
}

func TestAttackWhoHandsThePluginOverStaysOnItsSide(t *testing.T) {
	w := newWorld(t, t.TempDir())
	assert.True(t, w.say("olivia", "/onboard take").Confused, "nobody offered it")
	assert.True(t, w.say("olivia", "/onboard transfer @olivia").Confused)
	assert.False(t, w.say("alice", "/onboard transfer @ann").Confused)
	assert.True(t, w.say("olivia", "/onboard take").Confused, "it was offered to ann")
	assert.Equal(t, "alice", w.record().Author.Login, "until ann takes it")
	assert.False(t, w.say("ann", "/onboard take").Confused)
	assert.Equal(t, "ann", w.record().Author.Login)
	assert.True(t, w.say("ann", "/onboard approve basic-review").Confused, "the author decides nothing")
	assert.True(t, w.say("alice", "/onboard approve qa").Confused, "nor does the former one")
	assert.Empty(t, w.holding())
}

func TestAttackAnAssignmentMentionsAndMovesNobodyOutsideTheRole(t *testing.T) {
	w := newWorld(t, t.TempDir())
	assert.True(t, w.say("peter", "/onboard assign qa @olivia").Confused)
	assert.True(t, w.say("peter", "/onboard assign qa @alice").Confused, "the author")
	assert.True(t, w.say("peter", "/onboard assign qa @nobody-of-that-name").Confused)
	assert.True(t, w.say("peter", "/onboard assign qa @quinn @olivia").Confused)
	assert.Empty(t, w.record().Assigned, "all or none")
	assert.False(t, w.say("peter", "/onboard assign qa quinn").Confused)
	assert.Equal(t, w.people["quinn"].ID, w.record().Assigned["qa"][0].ID)
	assert.False(t, w.say("peter", "/onboard unassign qa @quinn").Confused)
	assert.Empty(t, w.record().Assigned)
	assert.Equal(t, w.people["quinn"].ID, w.record().Unassigned["qa"][0].ID)
}

func TestAttackADeliveryThatComesAgainChangesNothing(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.say("quinn", "/onboard approve qa")
	w.say("peter", "/onboard reopen qa")
	require.Empty(t, w.holding())
	for _, d := range w.github.Deliveries() { // under the same GUID or another: neither is signed (S14)
		if d.Event == "issue_comment" {
			w.deliver(d)
		}
	}
	assert.Empty(t, w.holding(), "the approval was before")
	assert.Len(t, w.record().Decisions, 2)
	report, err := w.store.VerifyAudit(t.Context(), nil)
	require.NoError(t, err)
	assert.Empty(t, report.Faults)
}

// Whatever the author, an outsider or a bot does, in whatever order, no stage and
// no gate gets further.
func TestPropertyNoActOfThePluginsSideMovesAStageForward(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.say("ann", "/onboard approve basic-review")
	w.say("quinn", "/onboard approve qa")
	has := w.holding()
	rapid.Check(t, func(rt *rapid.T) {
		login := rapid.SampledFrom([]string{"alice", "olivia"}).Draw(rt, "who")
		stage := rapid.SampledFrom(w.deps.Pipeline.Stages).Draw(rt, "stage")
		switch rapid.SampledFrom([]string{"say", "label", "unlabel", "review", "dismiss"}).Draw(rt, "does") {
		case "say":
			command := rapid.SampledFrom(slices.Concat(deciding, []string{
				"accept", "resume", "decline", "status", "recheck", "remind in 2 days", "appeal licence licence/missing why",
			})).Draw(rt, "what")
			w.say(login, "/onboard %s", command)
		case "label":
			w.issue.AddLabel(w.people[login], stage.LabelName())
		case "unlabel":
			w.issue.RemoveLabel(w.people[login], stage.LabelName())
		case "review":
			w.pull.Review(w.people[login], rapid.SampledFrom([]string{fakegithub.Approved, fakegithub.ChangesRequested}).Draw(rt, "verdict"), "")
		case "dismiss":
			for _, review := range w.pull.Reviews() {
				_ = w.pull.Dismiss(w.people[login], review) // GitHub may refuse
			}
		}
		w.handle()
		w.forgetLimits()
		require.Equal(rt, has, w.holding())
	})
}

// Reviews and sign-offs that arrive in another order, or again, come to the same.
func TestPropertyTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	said := map[string]string{"quinn": "approve qa", "peter": "approve pm-ux", "root": "waive manifest Beta", "robin": "approve starter-template", "ann": "approve basic-review"}
	w := newWorld(t, t.TempDir())
	rapid.Check(t, func(rt *rapid.T) {
		w.begin()
		w.forgetLimits()
		for _, login := range slices.Sorted(maps.Keys(said)) {
			w.issue.Comment(w.people[login], "/onboard "+said[login])
		}
		all := w.github.Deliveries()[w.done:]
		order := rapid.Permutation(slices.Concat(all, all[:rapid.IntRange(0, len(all)).Draw(rt, "again")])).Draw(rt, "order")
		for _, d := range order {
			w.deliver(d)
		}
		require.ElementsMatch(rt, []string{"qa", "pm-ux", "manifest", "starter-template", "basic-review"}, w.holding(), fmt.Sprint(len(order)))
		require.Len(rt, w.record().Decisions, len(said))
	})
}

// Anybody may review a public repository's pull requests. What counts for nothing is
// not kept, else strangers could make the record grow without end (S17).
func TestAttackReviewsOfStrangersLeaveNothing(t *testing.T) {
	w := newWorld(t, t.TempDir())
	before := w.record()
	for range 5 {
		for _, login := range []string{"olivia", "quinn", "alice"} {
			w.pull.Review(w.people[login], fakegithub.Approved, "Fine")
			w.pull.Review(w.people[login], fakegithub.ChangesRequested, "No")
		}
	}
	w.handle()
	assert.Equal(t, before, w.record())
	entries, err := w.store.Audit(t.Context(), w.plugin.ID, 1, 100)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// A waiver is about what its maker could see: a push that comes between makes it
// no waiver of something worse (S4).
func TestAttackAWaiverIsAboutWhatItsMakerCouldSee(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.show(func(shown *onboarding.Shown) { shown.Since = shown.Since.AddDate(10, 0, 0) })
	assert.True(t, w.say("root", "/onboard waive manifest Beta").Confused, "the check run showed it after the comment was written")
	w.show(func(shown *onboarding.Shown) {
		shown.Since, shown.Subject = shown.Since.AddDate(-10, 0, 0), strings.Repeat("a", 64)
	})
	assert.True(t, w.say("root", "/onboard waive manifest Beta").Confused, "no check run shows it yet")
	assert.Empty(t, w.holding())
	assert.Empty(t, w.record().Decisions)
}

// Who hands a plugin to and fro makes the record no longer, and the App calls nobody
// after the other (S17, S18).
func TestAttackHandingThePluginToAndFro(t *testing.T) {
	w := newWorld(t, t.TempDir())
	assert.Contains(t, w.say("alice", "/onboard transfer @olivia").Answers[0], "@olivia")
	for _, login := range []string{"ann", "bob", "olivia"} {
		assert.NotContains(t, w.say("alice", "/onboard transfer @%s", login).Answers[0], "@", "somebody was called already")
	}
	for range 3 {
		w.forgetLimits()
		require.False(t, w.say("olivia", "/onboard take").Confused)
		require.False(t, w.say("olivia", "/onboard transfer @alice").Confused)
		require.False(t, w.say("alice", "/onboard take").Confused)
		require.False(t, w.say("alice", "/onboard transfer @olivia").Confused)
	}
	assert.Len(t, w.record().Former, 2)
}

// A label that one who runs the stage takes off and puts on all day decides as often
// as commands would (S17, S18).
func TestAttackALabelThatFlapsDecidesAndTalksWithinLimits(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.issue.AddLabel(w.people["quinn"], "stage:qa")
	w.issue.RemoveLabel(w.people["quinn"], "stage:qa")
	updated := regexp.MustCompile(`"updated_at":"[^"]*"`)
	flaps := w.github.Deliveries()[w.done:]
	for i := range 20 {
		at := fmt.Sprintf(`"updated_at":%q`, time.Now().Add(time.Duration(i)*time.Second).UTC().Format(time.RFC3339))
		for _, d := range flaps {
			d.Payload = updated.ReplaceAll(d.Payload, []byte(at))
			w.deliver(d)
		}
	}
	assert.Len(t, w.record().Decisions, 10)
	acts, err := w.store.Unanswered(t.Context(), w.plugin.ID)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(acts), 10)
}

// An admin who dismisses a review overrides that change request: others stand, and
// to dismiss an approval overrides nothing (S12).
func TestAttackADismissalByAnAdminOverridesNoOtherReview(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.plugin.Allow(w.people["root"], "write")
	anns := w.pull.Review(w.people["ann"], fakegithub.ChangesRequested, "No")
	bobs := w.pull.Review(w.people["bob"], fakegithub.Approved, "Fine")
	w.handle()
	require.NoError(t, w.pull.Dismiss(w.people["root"], bobs))
	w.handle()
	objection := func() *onboarding.Decision {
		basic, _ := w.evaluate(w.record()).Standing("basic-review")
		return basic.Objection
	}
	require.NotNil(t, objection(), "ann's word stands")
	w.pull.Review(w.people["bob"], fakegithub.ChangesRequested, "No")
	w.handle()
	require.NoError(t, w.pull.Dismiss(w.people["root"], anns))
	w.handle()
	require.NotNil(t, objection(), "bob's word stands")
	assert.Equal(t, "bob", objection().By.Login)
}

func TestAStartInAReviewsTextKnowsThatTheRepositoryIsPrivate(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.say("alice", "/onboard withdraw")
	record := w.record()
	record.ReviewPR = nil
	record.EndedAt = record.EndedAt.Add(-time.Hour)
	w.write("end", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveOnboarding(ctx, tx, record, w.people["alice"].ID)
	})
	w.plugin.SetPrivate(w.people["alice"], true)
	w.pull.Review(w.people["alice"], fakegithub.Commented, "/onboard")
	w.handle()
	require.Equal(t, 2, w.record().Round)
	assert.True(t, w.record().Private, "else it were held for being private")
}

// A review PR that rests, since others broke it too often, or that lacks something,
// may hide code: nobody approves anything in it (S1, S2).
func TestAttackAReviewOfWhatDoesNotShowEverything(t *testing.T) {
	for name, breaks := range map[string]func(*onboarding.Record){
		"it rests":          func(r *onboarding.Record) { r.NoReviewPR = &onboarding.NoReviewPR{Why: "it rests"} },
		"it lacks a file":   func(r *onboarding.Record) { r.ReviewPR.Gaps = []string{"evil.go is not in the pull request"} },
		"the PR was closed": func(r *onboarding.Record) { r.ReviewPR.Closed = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, t.TempDir())
			record := w.record()
			breaks(&record)
			w.write("break", func(ctx context.Context, tx *sql.Tx) error {
				return store.SaveOnboarding(ctx, tx, record, w.people["alice"].ID)
			})
			w.pull.Review(w.people["ann"], fakegithub.Approved, "Fine")
			w.handle()
			if !record.ReviewPR.Closed {
				assert.True(t, w.say("ann", "/onboard approve basic-review").Confused)
			}
			assert.Empty(t, w.record().Decisions)
		})
	}
}
