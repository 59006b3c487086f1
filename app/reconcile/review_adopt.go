package reconcile

import (
	"context"
	"fmt"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/reviewpr"
)

// adopt takes a PR that people opened for the review PR, if it shows everything
// (S2). The answer to who asked says what became of it.
func (r *reviewing) adopt(ctx context.Context) error {
	number := r.record.Adopt
	r.record.Adopt = 0
	pull, ok, err := r.github.Pull(ctx, number)
	if err != nil {
		return err
	}
	gaps := []string{"it is no open pull request of this repository"}
	if ok && pull.Open && pull.HeadRepo == r.repository.ID {
		if gaps, err = r.gaps(ctx, pull); err != nil {
			return err
		}
	}
	if len(gaps) > 0 {
		r.adoption = r.pullView().AdoptionRefused(number, gaps)
		return r.save(ctx)
	}
	pr := &onboarding.ReviewPR{
		Number: number, URL: pull.URL, BaseBranch: pull.Base, HeadBranch: pull.Head, BaseSHA: pull.BaseSHA, Adopted: true,
		Commits: []onboarding.ReviewCommit{{SHA: pull.HeadSHA, Source: r.head.Commit, Change: onboarding.CodeChange, At: r.now}},
	}
	if old := r.record.ReviewPR; old.Open() && old.Number != number {
		pr.Former, pr.Why = append(old.Former, old.Number), onboarding.Retargeted
	}
	r.record.ReviewPR, r.record.NoReviewPR, r.pull = pr, nil, &pull
	if err := r.keepAdopted(ctx, pull); err != nil {
		return err
	}
	r.adoption = r.pullView().Adopted(number)
	return r.save(ctx)
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
	if last.Source == r.head.Commit && last.SHA == r.pull.HeadSHA && pr.BaseSHA == r.pull.BaseSHA {
		return nil
	}
	gaps, err := r.gaps(ctx, *r.pull)
	if err != nil {
		return err
	}
	if pr.Gaps = gaps; len(gaps) == 0 {
		if pr.BaseSHA != r.pull.BaseSHA { // approvals of the old base count for nothing
			pr.BaseSHA, pr.BaseBranch = r.pull.BaseSHA, r.pull.Base
		}
		pr.Commits = keepLast(append(pr.Commits, onboarding.ReviewCommit{
			SHA: r.pull.HeadSHA, Source: r.head.Commit, Change: onboarding.CodeChange, At: r.now,
		}))
		if err := r.keepAdopted(ctx, *r.pull); err != nil {
			return err
		}
	}
	return r.save(ctx)
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
	head, err := r.github.TreeFiles(ctx, pull.HeadSHA)
	if err != nil {
		return nil, err
	}
	base, err := r.baseOf(ctx, pull)
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
// base, which need not be where the base branch stands (S1).
func (r *reviewing) baseOf(ctx context.Context, pull ghapi.Pull) ([]checks.File, error) {
	common, err := r.github.MergeBase(ctx, pull.BaseSHA, pull.HeadSHA)
	if err != nil {
		return nil, err
	}
	return r.github.TreeFiles(ctx, common)
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
	base, err := r.baseOf(ctx, pull)
	if err != nil {
		return err
	}
	r.kept.Base = base
	subject, plan, err := r.plan(ctx)
	if err != nil {
		return err
	}
	r.kept = keptOf(plan, subject, r)
	return nil
}
