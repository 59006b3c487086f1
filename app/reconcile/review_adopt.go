package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/reviewpr"
)

// adopt takes a PR that people opened for the review PR, if it shows everything
// (S2). The answer to who asked is put on record with it.
func (r *reviewing) adopt(ctx context.Context) error {
	number, old := r.record.Adopt, r.record.ReviewPR
	if old.Open() && old.Number == number && !old.Adopted {
		return r.adopted(ctx, r.pullView().AdoptedAlready(number))
	}
	pull, ok, err := r.github.Pull(ctx, number)
	if err != nil {
		return err
	}
	gaps := []string{"it is no open pull request between two branches of this repository"}
	if ok && pull.Open && pull.HeadRepo == r.repository.ID {
		if pull.BaseSHA, err = r.tip(ctx, pull.Base); err != nil {
			return err
		}
		if gaps, err = r.gaps(ctx, pull); err != nil {
			return err
		}
	}
	if len(gaps) > 0 {
		return r.adopted(ctx, r.pullView().AdoptionRefused(number, gaps))
	}
	pr := &onboarding.ReviewPR{
		Number: number, URL: pull.URL, BaseBranch: pull.Base, HeadBranch: pull.Head, BaseSHA: pull.BaseSHA, Adopted: true,
		Commits: []onboarding.ReviewCommit{{SHA: pull.HeadSHA, Source: r.head.Commit, Change: onboarding.CodeChange, At: r.now}},
	}
	if old.Open() && !old.Adopted { // one that people opened is theirs to close
		pr.Former, pr.Why = append(old.Former, old.Number), onboarding.Superseded
	}
	r.record.ReviewPR, r.record.NoReviewPR, r.pull = pr, nil, &pull
	if err := r.keepAdopted(ctx, pull); err != nil {
		return err
	}
	return r.adopted(ctx, r.pullView().Adopted(number))
}

// adopted puts on record what became of a wish to adopt a PR, and the answer to
// those who wished it.
func (r *reviewing) adopted(ctx context.Context, answer string) error {
	r.record.Adopt = 0
	var answered []store.Act
	for i, act := range r.acts {
		if slices.Contains(act.Commands, "adopt") {
			r.acts[i].Answers = append(act.Answers, answer)
			answered = append(answered, r.acts[i])
		}
	}
	return r.save(ctx, answered...)
}

// watch looks whether an adopted PR still shows everything, and what it shows.
func (r *reviewing) watch(ctx context.Context) error {
	if err := r.readPull(ctx); err != nil {
		return err
	}
	pr, last := r.record.ReviewPR, r.record.ReviewPR.Last()
	if !r.pull.Open { // people opened it, so they may close it
		r.record.ReviewPR = nil
		return r.without(ctx, fmt.Sprintf("#%d, which was taken for it, is closed", pr.Number))
	}
	whole := last.Source == r.head.Commit && last.SHA == r.pull.HeadSHA && len(pr.Gaps) == 0 && r.record.NoReviewPR == nil
	if whole && r.verified() {
		return nil
	}
	tip, err := r.tip(ctx, r.pull.Base)
	if err != nil {
		return err
	}
	if whole && pr.BaseSHA == tip && pr.BaseBranch == r.pull.Base {
		return r.verify(ctx)
	}
	r.pull.BaseSHA = tip
	gaps, err := r.gaps(ctx, *r.pull)
	if err != nil {
		return err
	}
	pr.Gaps, r.record.NoReviewPR = gaps[:min(len(gaps), maxGaps)], nil
	if len(gaps) == 0 {
		pr.BaseSHA, pr.BaseBranch, pr.HeadBranch = tip, r.pull.Base, r.pull.Head
		if last.Source != r.head.Commit || last.SHA != r.pull.HeadSHA {
			pr.Commits = keepLast(append(pr.Commits, onboarding.ReviewCommit{
				SHA: r.pull.HeadSHA, Source: r.head.Commit, Change: onboarding.CodeChange, At: r.now,
			}))
		}
		if err := r.keepAdopted(ctx, *r.pull); err != nil {
			return err
		}
	}
	return r.verify(ctx)
}

// maxGaps bounds the gaps that are on record and told.
const maxGaps = 20

// tip is where a branch stands by its reference, "" if it is gone: what a PR
// says of its base is not always up to date.
func (r *reviewing) tip(ctx context.Context, branch string) (sha string, err error) {
	branches, err := r.github.Branches(ctx, branch)
	return branches[branch], err
}

// gaps says in words why a PR cannot be the review PR, path by path.
func (r *reviewing) gaps(ctx context.Context, pull ghapi.Pull) ([]string, error) {
	index, err := r.Boilerplate.Index(ctx)
	if err != nil {
		return nil, err
	}
	subject, err := r.tree(ctx)
	if err != nil {
		return nil, err
	}
	base, ok, err := r.baseOf(ctx, pull)
	if err != nil {
		return nil, err
	}
	if !ok {
		return []string{"its two branches have no history in common"}, nil
	}
	head, err := r.github.TreeFiles(ctx, pull.HeadSHA)
	if err != nil {
		return nil, err
	}
	var gaps []string
	for _, gap := range reviewpr.Missing(index, subject.Files, base, head) {
		gaps = append(gaps, gap.Path+" "+gapWords[gap.Problem])
	}
	return gaps, nil
}

// baseOf is the tree with which GitHub compares a PR's head: that of the merge
// base, which need not be where the base branch stands (S1). ok is false if there
// is none.
func (r *reviewing) baseOf(ctx context.Context, pull ghapi.Pull) (files []checks.File, ok bool, err error) {
	if pull.BaseSHA == "" {
		return nil, false, nil
	}
	common, err := r.github.MergeBase(ctx, pull.BaseSHA, pull.HeadSHA)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	files, err = r.github.TreeFiles(ctx, common)
	return files, err == nil, err
}

var gapWords = map[reviewpr.Problem]string{
	reviewpr.Lacking:     "is not in the pull request",
	reviewpr.Different:   "is another one than on the default branch",
	reviewpr.Surplus:     "is not on the default branch",
	reviewpr.Collapsing:  "could hide other files",
	reviewpr.NotTemplate: "is in the pull request's base and is not the template's, so it would be hidden",
}

// keepAdopted keeps what an adopted PR shows.
func (r *reviewing) keepAdopted(ctx context.Context, pull ghapi.Pull) error {
	base, _, err := r.baseOf(ctx, pull)
	if err != nil {
		return err
	}
	r.kept.Base = base
	subject, plan, err := r.plan(ctx, r.record.ReviewPR)
	if err != nil {
		return err
	}
	r.kept = keptOf(plan, subject, r)
	return nil
}
