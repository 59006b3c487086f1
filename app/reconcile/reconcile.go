// Package reconcile makes GitHub show what is true: it reads facts at one
// commit, runs the checks that are due, evaluates, and publishes only what
// changed. An event is a hint to look again, no more: lost, doubled and
// reordered events converge to the same result.
package reconcile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
)

// GitHub is what a look needs of one repository on GitHub.
type GitHub interface {
	Head(ctx context.Context, last ghapi.Head) (ghapi.Head, error)
	PullHead(ctx context.Context, number int, last ghapi.Head) (pull ghapi.Pull, head ghapi.Head, ok bool, err error)
	Subject(ctx context.Context, head ghapi.Head) (checks.Subject, error)
	CommitTime(ctx context.Context, ref string) (sha string, at time.Time, err error)
	Releases(ctx context.Context) ([]checks.Release, error)
	PullRequests
	AuditHead(ctx context.Context, run int64) (string, error)
	Runs(ctx context.Context, sha string) (ghapi.Runs, error)
	PublishRuns(ctx context.Context, view texts.View, list func() (ghapi.Runs, error), ledger ghapi.Ledger, now time.Time) (pages map[string]string, err error)
	PublishComment(ctx context.Context, thing string, want ghapi.Comment, ledger ghapi.Ledger, now time.Time) (ghapi.Shown, error)
	IssueLabels(ctx context.Context, issue int) (names []string, ok bool, err error)
	Say(ctx context.Context, want ghapi.Comment) error
	React(ctx context.Context, comment int64, content string) error
	ReactToIssue(ctx context.Context, issue int, content string) error
	Now() time.Time // by GitHub's clock
}

// Reconciler looks at repositories.
type Reconciler struct {
	Store    *store.Store
	GitHub   func(store.Repository) (GitHub, error)
	Pipeline onboarding.Pipeline // of rounds that have none on record
	Checks   []checks.Check      // all that this program has
	WebURL   string              // GitHub's pages
	PagesURL string              // the App's own, "" if people cannot reach them
	Now      func() time.Time

	// Judge names what a check judges by: program, policy, template. What
	// another one found is looked at again.
	Judge func(ctx context.Context, check string) (string, error)

	// Checked is told how each run of a check went; nil: nobody is.
	Checked func(check, outcome string, took time.Duration)

	Roles    Roles                      // who is asked to decide; nil asks nobody
	MaxOpen  int                        // what somebody is asked for at a time; 0 for no limit
	Away     []Away                     // who is not asked
	Leads    map[onboarding.Role]string // who is told when a role is late, by login
	Owners   Owners                     // of plugins, as configured; nil for none
	Calendar onboarding.Calendar        // by which reminders are due

	// Installed asks which installation reaches a repository now; nil asks nobody.
	Installed func(ctx context.Context, owner, name string) (found ghapi.Installed, ok bool, err error)

	Deployments Deployments       // nil: nothing is deployed
	Chat        Chat              // nil: nothing is said elsewhere
	ChatNames   map[string]string // people's names there, by login

	Boilerplate  Boilerplate
	KeepBranches bool // the review PR's, after the end
	AnswersOnly  bool // nothing is said but the status comment and answers (S23)

	DailyBytes int64 // that may be downloaded a day for the repositories of one owner (S17)

	audited sync.Map // repositories whose audit log was compared with GitHub's record
}

// nightly is how long after a look the next one is due, if nothing happens.
const nightly = 24 * time.Hour

// Look makes GitHub show what is true of a repository and returns when to look
// again, zero for never. It looks at no repository that Onboard does not know.
func (r *Reconciler) Look(ctx context.Context, repositoryID int64) (next time.Time, err error) {
	repository, known, err := r.Store.Repository(ctx, repositoryID)
	if err != nil || !known {
		return time.Time{}, err
	}
	github, err := r.reach(repository)
	if err != nil {
		return time.Time{}, err
	}
	l := look{Reconciler: r, repository: repository, github: github, now: r.Now()}
	next, err = l.run(ctx)
	var lost *ghapi.LostError // another installation's holds up nothing here
	if errors.As(err, &lost) && lost.Installation == repository.Installation {
		return l.lose(ctx, lost)
	}
	return next, err
}

// look is one look at one repository.
type look struct {
	*Reconciler
	repository store.Repository
	github     GitHub
	now        time.Time

	acts     []store.Act
	asked    bool // one of them asks to look again
	ledger   *ledger
	record   onboarding.Record
	pipeline onboarding.Pipeline // by which the record is judged
	checks   []checks.Check      // that decide a stage of it
	view     texts.View
	status   ghapi.Shown          // the status comment
	refused  map[int64]bool       // whom GitHub did not let the App request when it tried last, be it on another PR or for another stage
	askAgain time.Time            // when to ask again who has which role; zero if it is known
	since    map[string]time.Time // when the present turns began, by stage
	remind   time.Time            // when something is to be said that nobody asked for; zero for not
	mute     bool                 // nothing can be written at present

	runs listed
}

func (l *look) run(ctx context.Context) (next time.Time, err error) {
	if l.acts, err = l.Store.Unanswered(ctx, l.repository.ID); err != nil {
		return time.Time{}, err
	}
	// Eyes that cannot be shown hold up only the answers: the look finds out why, as
	// that the repository is archived.
	early := *l
	seen := ahead(func() (struct{}, error) { return struct{}{}, early.seeAll(ctx) })
	defer func() { _, _ = seen() }() // nothing of a look outlasts it
	for _, act := range l.acts {
		l.asked = l.asked || slices.Contains(act.Commands, "recheck") || slices.Contains(act.Commands, "start")
	}
	var started bool
	if l.record, started, err = l.Store.Onboarding(ctx, l.repository.ID); err != nil {
		return time.Time{}, err
	}
	var shown error
	if started {
		if err := l.keepPipeline(ctx); err != nil {
			return time.Time{}, err
		}
		next, shown = l.show(ctx)
		shown = unbraked(shown)
		if errors.Is(shown, errElsewhere) || l.mute && shown == nil {
			return next, nil
		}
		if isAway(shown) {
			return time.Time{}, shown
		}
		if shown == nil {
			if next, err = l.believe(ctx, next); err != nil {
				return time.Time{}, err
			}
		}
	}
	if _, err := seen(); err != nil {
		return time.Time{}, errors.Join(shown, err)
	}
	for _, act := range l.acts { // what cannot be shown leaves nobody without an answer
		if err := l.answer(ctx, act); err != nil {
			return time.Time{}, errors.Join(shown, err)
		}
	}
	return next, shown
}

// believe ends a doubt about what GitHub shows, or has that looked at soon.
func (l *look) believe(ctx context.Context, next time.Time) (time.Time, error) {
	again, err := l.ledger.believe(ctx)
	if !again.IsZero() && (next.IsZero() || again.Before(next)) {
		next = again
	}
	return next, err
}

// errElsewhere says that another repository has the name now: created anew, it
// inherits nothing (design.md, "Rounds"), and nothing is said there.
var errElsewhere = errors.New("another repository has the name")

// isAway tells GitHub's own failures, which hold up everything anyway.
func isAway(err error) bool {
	var away *ghapi.UnavailableError
	return errors.As(err, &away)
}

// show evaluates the onboarding and publishes it.
func (l *look) show(ctx context.Context) (next time.Time, err error) {
	seen, err := l.recall(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if l.ledger, err = openLedger(ctx, l.Store, l.repository.ID, l.now); err != nil {
		return time.Time{}, err
	}
	if l.record.Paused != nil && l.record.Held == nil { // GitHub is not even asked
		return l.showResting(ctx, ghapi.Head{}, seen)
	}
	head, pull, err := l.head(ctx, seen.head)
	if err != nil {
		return time.Time{}, err
	}
	if head.ID != l.repository.ID {
		err := l.keepHold(ctx, l.record.Lost(onboarding.Removed, l.now))
		if err == nil {
			err = l.pageLost(ctx)
		}
		if err != nil {
			return time.Time{}, err
		}
		return l.now.Add(nightly), errElsewhere
	}
	if err := errors.Join(l.learnName(ctx, head), l.hold(ctx, head)); err != nil {
		return time.Time{}, err
	}
	if l.record.Held != nil || l.record.Paused != nil {
		return l.showResting(ctx, head, seen)
	}
	if head.Commit == "" && seen.head.Commit != "" { // as while it is renamed
		return time.Time{}, &ghapi.UnavailableError{Err: fmt.Errorf("read the default branch %s of %s: it is gone", head.Branch, l.repository.FullName())}
	}
	// The first check run of a start cannot be made before they are known.
	if !l.record.Accepted() && l.record.ReviewPR == nil && head.Commit != "" && !l.ledger.hasRuns(head.Commit) {
		get := ahead(func() (ghapi.Runs, error) { return l.github.Runs(ctx, head.Commit) })
		defer func() { _, _ = get() }() // nothing of a look outlasts it
		l.runs = listed{get: get, sha: head.Commit, at: l.Now()}
	}
	if err := l.audit(ctx); err != nil {
		return time.Time{}, err
	}
	if err := l.keepOwners(ctx); err != nil {
		return time.Time{}, err
	}
	if head.Commit != seen.head.Commit { // somebody works on the plugin
		l.record.ActedAt = l.now
		if err := l.saveRecord(ctx, "record a push"); err != nil {
			return time.Time{}, err
		}
	}
	c := checking{look: l, head: head, seen: seen, read: pull}
	facts, err := c.run(ctx)
	if err != nil {
		return time.Time{}, err
	}
	review, reviewing := c.reviewPR(ctx)
	if isAway(reviewing) {
		return time.Time{}, reviewing
	}
	// what the PR shows now decides which approvals still count
	facts.Since = l.record.ReviewPR.Since()
	verdict := onboarding.Evaluate(l.pipeline, l.record, facts, l.now)
	ended := l.record.Ended()
	if err := l.latch(ctx, verdict, facts); err != nil {
		return time.Time{}, err
	}
	if l.record.Ended() && !ended && reviewing == nil {
		if reviewing = review.attempt(ctx, review.end); isAway(reviewing) {
			return time.Time{}, reviewing
		}
	}
	l.view = texts.View{
		Repository: head.Owner + "/" + head.Name, WebURL: l.WebURL, PagesURL: l.PagesURL, Record: l.record, Facts: facts, Verdict: verdict,
		Leads: l.Leads, RunsAt: head.Commit, Pull: review.kept.Shown, Tampered: review.tampered, Gone: l.goneRoles(),
	}
	if err := errors.Join(l.deploy(ctx), l.servers(ctx)); err != nil {
		return time.Time{}, err
	}
	if pr := l.record.ReviewPR; pr != nil && pr.Number != 0 { // at the end the runs stay where they were
		l.view.RunsAt, l.view.RunsNew = pr.Last().SHA, review.made == pr.Last().SHA
	}
	published := unbraked(errors.Join(reviewing, l.publish(ctx, review)))
	if err := errors.Join(published, l.keepPage(ctx)); err != nil {
		return time.Time{}, err
	}
	if err := l.chat(ctx); err != nil {
		return time.Time{}, err
	}
	pulls, err := l.pulls(ctx, head)
	if err := unbraked(err); err != nil {
		return time.Time{}, err
	}
	if l.record.Withdrawn != nil && !l.record.ReviewPR.Open() {
		return time.Time{}, nil
	}
	return l.nextLook(head.Commit == "" || head.Settled() && review.made == "", facts.Results, review.later, l.askAgain, l.remind, pulls), nil
}

// audit compares the audit log with what GitHub shows of it, once a process: the
// database may have been replaced while none ran (S22).
func (l *look) audit(ctx context.Context) error {
	if _, done := l.audited.LoadOrStore(l.repository.ID, true); done {
		return nil
	}
	for _, gate := range l.pipeline.Gates {
		shown, ok := l.ledger.run(gate.Name)
		if !ok {
			continue
		}
		head, err := l.github.AuditHead(ctx, shown.ID)
		if err == nil {
			err = l.ledger.Audited(ctx, head)
		}
		if err != nil {
			l.audited.Delete(l.repository.ID)
		}
		return err
	}
	return nil
}

// head asks where the default branch stands; while there is a review PR, with the
// same call how that is.
func (l *look) head(ctx context.Context, last ghapi.Head) (ghapi.Head, *ghapi.Pull, error) {
	if pr := l.record.ReviewPR; pr.Open() {
		pull, head, ok, err := l.github.PullHead(ctx, pr.Number, last)
		if ok || err != nil {
			return head, &pull, err
		}
	}
	head, err := l.github.Head(ctx, last)
	return head, nil, err
}

// learnName keeps the name a repository has now, and whether it is private: reads
// follow a rename, and writes must not be redirected (github-facts.md section 12,
// trap 14).
func (l *look) learnName(ctx context.Context, head ghapi.Head) (err error) {
	now := l.repository
	now.OwnerID, now.Owner, now.Name, now.Private = head.OwnerID, head.Owner, head.Name, head.Private
	if now == l.repository {
		return nil
	}
	l.repository = now
	if l.github, err = l.reach(l.repository); err != nil {
		return err
	}
	return l.saveRepository(ctx)
}

// latch puts on record which stages opened, since opening latches, which gates
// were reached, and that all is done and what that accepts.
func (l *look) latch(ctx context.Context, verdict onboarding.Verdict, facts onboarding.Facts) error {
	ends := verdict.Complete() && !l.record.Ended()
	if len(verdict.Opened)+len(verdict.Reached) == 0 && !ends {
		return nil
	}
	if ends {
		l.record.EndedAt, l.record.NextBaseline = l.now, l.record.Complete(l.pipeline, verdict, facts, l.now)
	}
	note := func(times map[string]time.Time, names []string) map[string]time.Time {
		if times == nil {
			times = map[string]time.Time{}
		}
		for _, name := range names {
			times[name] = l.now
		}
		return times
	}
	l.record.Opened, l.record.Reached = note(l.record.Opened, verdict.Opened), note(l.record.Reached, verdict.Reached)
	return l.Store.Write(ctx, "record the stages that opened", func(ctx context.Context, tx *sql.Tx) error {
		for _, gate := range verdict.Reached {
			if err := l.log(ctx, tx, "gate", gate, map[string]any{"commit": facts.Commit}); err != nil {
				return err
			}
		}
		if ends {
			if err := l.log(ctx, tx, "complete", "", map[string]any{"round": l.record.Round, "commit": facts.Commit}); err != nil {
				return err
			}
		}
		return store.SaveOnboarding(ctx, tx, l.record, l.repository.OwnerID)
	})
}

func (l *look) saveRecord(ctx context.Context, what string) error {
	return l.Store.Write(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveOnboarding(ctx, tx, l.record, l.repository.OwnerID)
	})
}

// noteShown puts on record what check runs say that decisions are about, after
// they say it: a decision is about what its maker could see (S4). GitHub dates it, and
// so the time is by its clock.
func (l *look) noteShown(ctx context.Context, verdict onboarding.Verdict) error {
	shown, changed := l.record.Show(verdict, l.github.Now())
	if !changed {
		return nil
	}
	l.record.Shown = shown
	return l.saveRecord(ctx, "record what decisions are about")
}

// nextLook is the nightly look, or earlier: if a check or something else must be
// tried again (zero for not), and once after a push, be it our own, when GitHub's
// answers agree with each other. The nights after that cost the fewest calls.
func (l *look) nextLook(settled bool, results map[string]onboarding.Result, tries ...time.Time) time.Time {
	next := l.now.Add(nightly)
	if !settled {
		next = l.now.Add(ghapi.Settling)
	}
	for _, result := range results {
		tries = append(tries, result.NextTry)
	}
	for _, try := range tries {
		if !try.IsZero() && try.Before(next) {
			next = try
		}
	}
	return next
}
