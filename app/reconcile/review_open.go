package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/reviewpr"
)

// open makes the two branches and the PR. What is to be made is on record before
// the branches are, so that a run that is interrupted is gone on with; blobs,
// trees and commits are the same when they are made again.
func (r *reviewing) open(ctx context.Context) error {
	if done, err := r.openUpdate(ctx); err != nil || done {
		return err
	}
	subject, plan, err := r.plan(ctx, nil)
	if err != nil {
		return err
	}
	if !plan.ShowsAnything() {
		r.record.NoReviewPR = &onboarding.NoReviewPR{
			Why: "all files are the starter template's, so there is nothing to show", At: r.now, Hopeless: true,
		}
		return r.save(ctx)
	}
	pr, err := r.nextPair(ctx)
	if err != nil {
		return err
	}
	if pr.BaseSHA, err = r.makeBase(ctx, subject, plan); err != nil {
		return err
	}
	return r.begin(ctx, pr, subject, plan)
}

// begin makes the first review commit on a base, and the PR.
func (r *reviewing) begin(ctx context.Context, pr *onboarding.ReviewPR, subject checks.Subject, plan reviewpr.Plan) error {
	commit, err := r.makeHead(ctx, subject, plan, pr.BaseSHA)
	if err != nil {
		return err
	}
	pr.Commits = []onboarding.ReviewCommit{commit}
	r.record.ReviewPR, r.record.Pairs, r.record.NoReviewPR = pr, r.record.Pairs+1, nil
	r.kept = keptOf(plan, subject, r)
	if err := r.save(ctx); err != nil {
		return err
	}
	if err := r.publishPair(ctx); err != nil {
		return err
	}
	return r.text(ctx)
}

// nextPair is a PR on the next pair of branches, which the App may make.
func (r *reviewing) nextPair(ctx context.Context) (*onboarding.ReviewPR, error) {
	pr := &onboarding.ReviewPR{}
	pr.BaseBranch, pr.HeadBranch = onboarding.ReviewBranches(r.record.Pairs + 1)
	return pr, r.mayMake(ctx, pr.HeadBranch)
}

// mayMake asks the repository's rules before anything is made. The head branch is
// asked for, which is to be made and updated: rules for the base alone are odd, and
// GitHub names them when it refuses.
func (r *reviewing) mayMake(ctx context.Context, branch string) error {
	why, err := r.github.Hindrance(ctx, branch)
	if err != nil || why == "" {
		return err
	}
	return &ghapi.NotAllowedError{
		Why: "by a ruleset of the repository, " + why,
		Err: fmt.Errorf("make branch %s of %s: %s", branch, r.repository.FullName(), why),
	}
}

// makeBase makes the parentless commit of the boilerplate. Only files that the
// plugin's own tree lacks are written, small texts together with the tree.
func (r *reviewing) makeBase(ctx context.Context, subject checks.Subject, plan reviewpr.Plan) (sha string, err error) {
	has, small := map[string]bool{}, map[string]string{}
	room := maxInTree
	for _, file := range subject.Files {
		has[file.SHA] = true
	}
	for _, file := range plan.Uploads() {
		if has[file.SHA] {
			continue
		}
		has[file.SHA] = true
		if _, done := r.ledger.Shown(uploaded + file.SHA); done {
			continue
		}
		content, err := r.Boilerplate.Blob(ctx, file.SHA)
		if err != nil {
			return "", &boilerplateError{err}
		}
		if len(content) <= room && ghapi.IsText(content) {
			small[file.SHA], room = string(content), room-len(content)
		} else if err := r.upload(ctx, file.SHA, content); err != nil {
			return "", err
		}
	}
	tree, err := r.github.PutTree(ctx, subject, plan.Base, small)
	switch {
	case isAway(err):
		return "", err
	case err != nil: // GitHub may have thrown away blobs that no tree had for long
		return "", errors.Join(err, r.ledger.forget(ctx, uploaded))
	}
	return r.github.PutCommit(ctx, ghapi.Commit{Tree: tree, Message: texts.ReviewBase(r.template), At: r.head.CommittedAt})
}

// maxInTree bounds the bytes of the texts that are written together with a tree:
// GitHub ends calls that take more than 10 s (github-facts.md section 5).
const maxInTree = 1 << 20

// upload writes a blob of the template. It is noted, so that a run which is
// given back when the installation's writes are used up does not begin again.
func (r *reviewing) upload(ctx context.Context, sha string, content []byte) error {
	if _, err := r.github.PutBlob(ctx, content); err != nil {
		return err
	}
	return r.ledger.Note(ctx, uploaded+sha, ghapi.Shown{Digest: sha, At: r.now})
}

// uploaded begins the ledger's notes of blobs.
const uploaded = "blob/"

// makeHead makes the commit of the plugin's files.
func (r *reviewing) makeHead(ctx context.Context, subject checks.Subject, plan reviewpr.Plan, parent string) (commit onboarding.ReviewCommit, err error) {
	commit = onboarding.ReviewCommit{Source: r.head.Commit, At: r.now, Change: onboarding.CodeChange}
	if commit.Tree, err = r.github.PutTree(ctx, subject, plan.Head, nil); err != nil {
		return commit, err
	}
	commit.SHA, err = r.github.PutCommit(ctx, ghapi.Commit{
		Tree: commit.Tree, Parent: parent, Message: texts.ReviewCommit(r.head.Commit), At: r.head.CommittedAt,
	})
	r.made = commit.SHA
	return commit, err
}

// maxTaken is how many pairs of names that are taken are tried.
const maxTaken = 5

// publishPair makes the branches on record and opens their PR. Names that are
// somebody else's are left alone: the next pair is tried.
func (r *reviewing) publishPair(ctx context.Context) error {
	for range maxTaken {
		taken, err := r.tryPair(ctx)
		if err != nil {
			return err
		}
		if !taken {
			return r.ledger.forget(ctx, uploaded)
		}
		r.record.Pairs++
		pr := r.record.ReviewPR
		pr.BaseBranch, pr.HeadBranch = onboarding.ReviewBranches(r.record.Pairs)
		if err := r.save(ctx); err != nil {
			return err
		}
	}
	return &ghapi.NotAllowedError{
		Why: "branches of the names that Onboard uses exist already",
		Err: fmt.Errorf("make the review branches of %s: %d pairs of names are taken", r.repository.FullName(), maxTaken),
	}
}

func (r *reviewing) tryPair(ctx context.Context) (taken bool, err error) {
	pr := r.record.ReviewPR
	r.branches = nil // what was read of them does not hold any more
	if taken, err = r.github.PutBranch(ctx, pr.BaseBranch, pr.BaseSHA); taken || err != nil {
		return taken, err
	}
	if taken, err = r.github.PutBranch(ctx, pr.HeadBranch, pr.Last().SHA); taken || err != nil {
		return taken, err
	}
	view := r.pullView()
	pull, taken, err := r.github.OpenPull(ctx, ghapi.NewPull{
		Title: view.PullTitle(), Body: view.PullBody(), Base: pr.BaseBranch, Head: pr.HeadBranch,
	})
	if taken || err != nil {
		return taken, err
	}
	pr.Number, pr.URL = pull.Number, pull.URL
	r.pull = &pull
	return false, r.save(ctx)
}
