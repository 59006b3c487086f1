package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/reviewpr"
)

// follow makes the PR show the default branch's head, after it made sure that
// nobody changed what the PR stands on (S1).
func (r *reviewing) follow(ctx context.Context) error {
	if r.record.ReviewPR.Number == 0 { // the last run was interrupted
		if err := r.publishPair(ctx); err != nil {
			return err
		}
	}
	if err := r.readPull(ctx); err != nil {
		return err
	}
	why, err := r.broken(ctx)
	if err != nil {
		return err
	}
	if why != onboarding.NotReplaced {
		return r.replace(ctx, why)
	}
	if !r.pull.Open {
		reopened, err := r.reopen(ctx)
		if err != nil {
			return err
		}
		if !reopened {
			return r.replace(ctx, onboarding.NotReopened)
		}
	}
	return r.show(ctx)
}

// show makes the PR show the default branch, and say so.
func (r *reviewing) show(ctx context.Context) error {
	if err := r.advance(ctx); err != nil {
		return err
	}
	if r.record.NoReviewPR != nil || r.kept.Shown.Branch != r.head.Branch { // renamed
		r.record.NoReviewPR, r.kept.Shown.Branch = nil, r.head.Branch
		if err := r.save(ctx); err != nil {
			return err
		}
	}
	if err := r.changes(ctx); err != nil {
		return err
	}
	return r.text(ctx)
}

// readPull reads the PR as it is now. One that GitHub does not have is taken
// for one whose branches are gone, unless it just was not there yet.
func (r *reviewing) readPull(ctx context.Context) error {
	if r.pull != nil {
		return nil
	}
	pull, ok, err := r.github.Pull(ctx, r.record.ReviewPR.Number)
	if err != nil {
		return err
	}
	if !ok {
		if err := r.notYet(ctx); err != nil {
			return err
		}
		pull = ghapi.Pull{Number: r.record.ReviewPR.Number}
	}
	r.pull = &pull
	return nil
}

// believedMissing is how long after something was done to the PR it must have been
// that GitHub's answer is believed that there is none: at first it may not find what
// was made (github-facts.md section 12, trap 9), be it by another replica.
const believedMissing = time.Hour

// notYet fails if the PR is not found though its branches stand, and it is young.
func (r *reviewing) notYet(ctx context.Context) error {
	pr := r.record.ReviewPR
	branches, err := r.readBranches(ctx)
	if err != nil {
		return err
	}
	shown, _ := r.ledger.Shown("pull/" + strconv.Itoa(pr.Number))
	done := slices.MaxFunc(append([]time.Time{shown.At, pr.Last().At}, pr.Replaced...), time.Time.Compare)
	if branches[pr.BaseBranch] != pr.BaseSHA || !pr.Has(branches[pr.HeadBranch]) || r.now.Sub(done) > believedMissing {
		return nil
	}
	return &ghapi.UnavailableError{Err: fmt.Errorf("read pull request %s#%d: it is not found, though its branches are there", r.repository.FullName(), pr.Number)}
}

// broken tells why the PR cannot be used any more, by the record and not by
// what it looks like: PR diffs start at the merge base, so that a base which
// moved hides code (S1).
func (r *reviewing) broken(ctx context.Context) (onboarding.Replacement, error) {
	pr := r.record.ReviewPR
	switch {
	case r.pull.Merged:
		return onboarding.Merged, nil
	case r.pull.Base == "":
		return onboarding.BranchDeleted, nil
	case r.pull.Base != pr.BaseBranch, r.pull.Head != pr.HeadBranch, r.pull.HeadRepo != 0 && r.pull.HeadRepo != r.repository.ID:
		return onboarding.Retargeted, nil
	case pr.Broken != onboarding.NotReplaced: // and undone since: somebody may have looked in between
		return pr.Broken, nil
	case r.verified():
		return onboarding.NotReplaced, nil
	}
	// By their references: what a PR says of its base is not always up to date.
	branches, err := r.readBranches(ctx)
	if err != nil {
		return "", err
	}
	base, head := branches[pr.BaseBranch], branches[pr.HeadBranch]
	switch {
	case base == "" || head == "":
		return onboarding.BranchDeleted, nil
	case base != pr.BaseSHA:
		return onboarding.BranchMoved, nil
	case head == pr.Last().SHA:
		return onboarding.NotReplaced, r.verify(ctx)
	case pr.Has(head):
		// The last run was interrupted before it moved the branch; or somebody
		// moved it back, which the same move mends.
		return r.move(ctx)
	default:
		return onboarding.BranchMoved, nil
	}
}

// readBranches reads the App's branches, or has read them just now.
func (r *reviewing) readBranches(ctx context.Context) (branches map[string]string, err error) {
	if r.branches == nil || r.Now().Sub(r.branchesAt) >= believed {
		r.branchesAt = r.Now()
		r.branches, err = r.github.Branches(ctx, onboarding.BranchPrefix)
	}
	return r.branches, err
}

// move moves the head branch to the last commit on record. It tells why it could
// not.
func (r *reviewing) move(ctx context.Context) (onboarding.Replacement, error) {
	pr := r.record.ReviewPR
	r.branches = nil // what was read of them does not hold any more
	moved, err := r.github.MoveBranch(ctx, pr.HeadBranch, pr.Last().SHA)
	if err != nil || moved {
		return onboarding.NotReplaced, err
	}
	branches, err := r.readBranches(ctx)
	if err == nil && branches[pr.HeadBranch] == "" {
		return onboarding.BranchDeleted, nil
	}
	return onboarding.BranchMoved, err
}

// replace opens another PR with the same commits on a new pair of branches:
// nothing is ever forced, and what somebody did to the old ones counts for
// nothing.
func (r *reviewing) replace(ctx context.Context, why onboarding.Replacement) error {
	pr := r.record.ReviewPR
	if !pr.MayReplace(r.now) {
		return &ghapi.NotAllowedError{
			Why: "others changed its branches several times today, so it rests until tomorrow",
			Err: errBrokenOften,
		}
	}
	r.record.Pairs++
	r.record.ReviewPR, r.pull = pr.Replace(why, r.record.Pairs, r.now), nil
	if err := r.save(ctx); err != nil {
		return err
	}
	if err := r.publishPair(ctx); err != nil {
		return err
	}
	return r.show(ctx)
}

// reopen opens a PR that somebody closed, at most three times a day (S15). It
// is false if GitHub cannot.
func (r *reviewing) reopen(ctx context.Context) (reopened bool, err error) {
	may, err := r.restores(ctx, fmt.Sprintf("reopened-%d", r.pull.Number))
	if err != nil {
		return false, err
	}
	if !may {
		return false, &ghapi.NotAllowedError{Why: "it was closed several times today, so it rests until tomorrow", Err: errBrokenOften}
	}
	reopened, err = r.github.ReopenPull(ctx, r.pull.Number)
	r.pull.Open = reopened
	return reopened, err
}

// advance adds a review commit if the default branch moved, also if the PR shows
// the same, so that each commit shows one of the plugin's. That one's history may
// have been rewritten: the review branch's never is, so that comments on lines
// stay where they are.
func (r *reviewing) advance(ctx context.Context) error {
	pr := r.record.ReviewPR
	last := pr.Last()
	if last.Source == r.head.Commit {
		return nil
	}
	subject, plan, err := r.plan(ctx, pr)
	if err != nil {
		return err
	}
	next, err := r.makeHead(ctx, subject, plan, last.SHA)
	if err != nil {
		return err
	}
	if next.Change, err = r.change(ctx, r.kept.Tree, subject.Files); err != nil {
		return err
	}
	pr.Commits, pr.Changes = keepLast(append(pr.Commits, next)), nil
	r.kept = keptOf(plan, subject, r)
	if err := r.save(ctx); err != nil {
		return err
	}
	why, err := r.move(ctx)
	if err == nil && why != onboarding.NotReplaced {
		return r.replace(ctx, why)
	}
	return err
}

// change is the class of the whole difference between two trees of the plugin,
// what the PR leaves out included (S8).
func (r *reviewing) change(ctx context.Context, before, after []checks.File) (onboarding.Change, error) {
	index, err := r.Boilerplate.Index(ctx)
	if err != nil {
		return "", err
	}
	change := onboarding.NoChange
	for class := range reviewpr.Classify(index, before, after) {
		change = change.Worse(onboarding.Change(class))
	}
	return change, nil
}

// changes finds out what changed since each review commit that somebody decided
// about.
func (r *reviewing) changes(ctx context.Context) error {
	pr, changed := r.record.ReviewPR, false
	since := pr.Since()
	for _, d := range r.record.Decisions {
		commit, ours := pr.Find(d.Bound)
		if _, known := since[commit.SHA]; known || !ours {
			continue
		}
		change, err := r.changeSince(ctx, commit.Source)
		if err != nil {
			return err
		}
		if pr.Changes == nil {
			pr.Changes = map[string]onboarding.Change{}
		}
		pr.Changes[commit.SHA], since[commit.SHA], changed = change, change, true
	}
	if !changed {
		return nil
	}
	return r.save(ctx)
}

// changeSince is the class of the whole difference since a commit of the plugin's.
// One that is gone, as after its author rewrote the history, may have held anything.
func (r *reviewing) changeSince(ctx context.Context, source string) (onboarding.Change, error) {
	before, err := r.github.TreeFiles(ctx, source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return onboarding.CodeChange, nil
	case err != nil:
		return "", err
	}
	return r.change(ctx, before, r.kept.Tree)
}

// maxCommits bounds the review commits on record.
const maxCommits = 200

func keepLast(commits []onboarding.ReviewCommit) []onboarding.ReviewCommit {
	return commits[max(0, len(commits)-maxCommits):]
}

// text puts the PR's text right. One that others edited is put back at most
// three times a day: what counts stands in the check runs (S15).
func (r *reviewing) text(ctx context.Context) error {
	view := r.pullView()
	title, body := view.PullTitle(), view.PullBody()
	thing := "pull/" + strconv.Itoa(r.pull.Number)
	sum := ghapi.Digest(title + body)
	shown, _ := r.ledger.Shown(thing)
	if r.pull.Title == title && sameText(r.pull.Body, body) {
		if shown.Digest == sum {
			return nil
		}
		return r.ledger.Note(ctx, thing, ghapi.Shown{Digest: sum, At: r.now})
	}
	changed := fmt.Sprintf("text-%d", r.pull.Number)
	if shown.Digest == sum && r.spent(restored+changed, maxRestores) {
		r.tampered = "text"
		return nil
	}
	if err := r.github.EditPull(ctx, r.pull.Number, ghapi.PullEdit{Title: &title, Body: &body}); err != nil {
		return err
	}
	if shown.Digest == sum {
		if _, err := r.restores(ctx, changed); err != nil {
			return err
		}
	}
	return r.ledger.Note(ctx, thing, ghapi.Shown{Digest: sum, At: r.now})
}
