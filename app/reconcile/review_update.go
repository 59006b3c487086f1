package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/reviewpr"
)

// openUpdate opens the PR of an update: its base is the plugin as it was last
// accepted, its head the plugin as it is, so that it shows what changed since
// (design.md, "Rounds"). done is false if the whole plugin is to be shown: nothing
// was accepted before, or that cannot be read any more.
func (r *reviewing) openUpdate(ctx context.Context) (done bool, err error) {
	accepted, err := r.accepted(ctx)
	if err != nil || accepted == nil {
		return false, err
	}
	subject, err := r.tree(ctx)
	if err != nil {
		return false, err
	}
	if checks.TreeSHA(reviewpr.Accepted(subject.Files)) == checks.TreeSHA(accepted) {
		return true, r.unchanged(ctx, subject)
	}
	pr, err := r.nextPair(ctx)
	if err != nil {
		return false, err
	}
	if pr.BaseSHA, err = r.makeAccepted(ctx, subject, accepted); err != nil {
		return false, r.orWhole(ctx, err)
	}
	pr.Update, r.kept.Base = true, accepted
	subject, plan, err := r.plan(ctx, pr)
	if err != nil {
		return false, err
	}
	return true, r.begin(ctx, pr, subject, plan)
}

// unchanged puts on record that a PR would show nothing, and what it would have
// left out that is another now: reviewers have to look at that all the same (S7).
func (r *reviewing) unchanged(ctx context.Context, subject checks.Subject) error {
	accepted, err := r.github.TreeFiles(ctx, r.record.Baseline.Source)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // then all that is left out is listed
		return err
	}
	r.record.NoReviewPR = &onboarding.NoReviewPR{
		Why: "nothing that it would show has changed", At: r.now, Hopeless: true, Unchanged: r.head.Commit,
		LeftOut: reviewpr.LeftOutSince(accepted, subject.Files),
	}
	return r.save(ctx)
}

// accepted are the files of the plugin that the rounds before accepted, less those
// that are left out; nil if there are none, or they are gone, as after its history
// was rewritten.
func (r *reviewing) accepted(ctx context.Context) ([]checks.File, error) {
	baseline := r.record.Baseline
	if baseline == nil || baseline.Source == "" {
		return nil, nil
	}
	files, err := r.github.TreeFiles(ctx, cmp.Or(baseline.Tree, baseline.Source))
	var large *ghapi.TooLargeError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &large) {
		return nil, r.orWhole(ctx, err)
	}
	return reviewpr.Accepted(files), err
}

// makeAccepted makes the parentless commit of the files that were accepted.
func (r *reviewing) makeAccepted(ctx context.Context, subject checks.Subject, accepted []checks.File) (sha string, err error) {
	baseline := r.record.Baseline
	tree := checks.TreeSHA(accepted)
	if tree != baseline.Tree {
		if tree, err = r.github.PutTree(ctx, subject, accepted, nil); err != nil {
			return "", err
		}
	}
	return r.github.PutCommit(ctx, ghapi.Commit{Tree: tree, Message: texts.ReviewAccepted(baseline), At: baseline.At})
}

// orWhole lets the whole plugin be shown where what was accepted cannot be made
// the base. Failures of GitHub's and what the App may not do are no such reasons.
func (r *reviewing) orWhole(ctx context.Context, err error) error {
	var refused *ghapi.NotAllowedError
	if isAway(err) || errors.As(err, &refused) || ctx.Err() != nil {
		return err
	}
	zerolog.Ctx(ctx).Warn().Err(fmt.Errorf("show the update of %s: %w", r.repository.FullName(), err)).Msg("what was accepted before cannot be read, so the whole plugin is shown")
	return nil
}
