package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/checkout"
	"github.com/onboard-app/onboard/checks/folder"
	"github.com/onboard-app/onboard/checks/reviewpr"
	"github.com/onboard-app/onboard/checks/template"
)

// What came of making the review branches.
const (
	reviewCreated  = "created"
	reviewUpdated  = "updated"
	reviewUpToDate = "up-to-date"
)

// RefusedError says that the review branches are not made, for a reason that
// the folder's owner can do something about.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

func refuse(format string, args ...any) error {
	return &RefusedError{Reason: fmt.Sprintf(format, args...)}
}

// MakeReviewBranches makes, in a local git checkout, the branches of the review
// PR that the App makes on GitHub: for authors whose repository the App may not
// write to. Templates is the folder of a clone of the starter template, "" to
// ask GitHub for what is needed of it. The folder may be hostile (S21).
//
// Branches that are there are continued if they are a review's, else the error
// is a *RefusedError and nothing has changed.
func MakeReviewBranches(ctx context.Context, config Config, dir, templates string) (ReviewBranches, error) {
	index, err := template.Builtin()
	if err != nil {
		return ReviewBranches{}, err
	}
	return makeReviewBranches(ctx, config, index, dir, templates)
}

// makeReviewBranches makes the branches beside a template's index.
func makeReviewBranches(ctx context.Context, config Config, index *template.Index, dir, templates string) (made ReviewBranches, err error) {
	git, err := checkout.Open(dir)
	if err != nil {
		return ReviewBranches{}, err
	}
	defer func() { err = errors.Join(err, git.Close()) }()
	blobs, err := templateBlobs(config, index.Repository(), templates)
	if err != nil {
		return ReviewBranches{}, err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	b := brancher{git: git, index: index, blobs: blobs}
	if err := b.run(ctx); err != nil {
		return ReviewBranches{}, err
	}
	b.made.Path = dir
	b.describe(config.GitHub.WebURL)
	if note := uncommitted(git, dir, b.source); note != "" {
		b.made.Notes = append(b.made.Notes, note)
	}
	return b.made, nil
}

// brancher makes the branches of one checkout.
type brancher struct {
	git   *checkout.Checkout
	index *template.Index
	blobs blobSource

	source checkout.Commit // the plugin's
	branch string          // that it is the head of; "" if detached
	plan   reviewpr.Plan
	made   ReviewBranches
}

func (b *brancher) run(ctx context.Context) (err error) {
	if b.branch, b.source, err = b.git.Head(); err != nil {
		return err
	}
	if b.branch == reviewpr.BaseBranch || b.branch == reviewpr.HeadBranch {
		return refuse("the branch %s is checked out: check out the plugin's default branch, then run this again", b.branch)
	}
	subject, err := b.git.Subject(b.source)
	if err != nil {
		return err
	}
	old, err := standing(b.git, b.index)
	if err != nil {
		return err
	}
	if old.base == "" {
		b.plan, err = reviewpr.New(ctx, subject, b.index)
	} else {
		b.plan, err = reviewpr.On(ctx, subject, b.index, old.files)
	}
	if err != nil {
		return err
	}
	if !b.plan.ShowsAnything() {
		return refuse("every file is as in the starter template: there is nothing to review yet")
	}
	return b.write(ctx, old)
}

// write adds the commits that are needed, then moves the branches.
func (b *brancher) write(ctx context.Context, old pair) error {
	b.made.Result = reviewUpdated
	base := old.base
	if base == "" {
		b.made.Result = reviewCreated
		if err := b.upload(ctx); err != nil {
			return err
		}
		var err error
		if base, err = b.commit(b.plan.Base, texts.ReviewBase(b.index.Repository())); err != nil {
			return err
		}
	}
	review := old.review
	switch tree := checks.TreeSHA(b.plan.Head); {
	case review != "" && old.tree == tree:
		b.made.Result = reviewUpToDate
	default:
		parent := review
		if parent == "" {
			parent = base
		}
		var err error
		if review, err = b.commit(b.plan.Head, texts.ReviewCommit(b.source.SHA), parent); err != nil {
			return err
		}
	}
	if err := b.set(reviewpr.BaseBranch, old.localBase, base); err != nil {
		return err
	}
	if err := b.set(reviewpr.HeadBranch, old.localReview, review); err != nil {
		return err
	}
	b.made.Base = ReviewRef{Branch: reviewpr.BaseBranch, Commit: base, Tree: checks.TreeSHA(b.plan.Base)}
	b.made.Review = ReviewRef{Branch: reviewpr.HeadBranch, Commit: review, Tree: checks.TreeSHA(b.plan.Head)}
	return nil
}

// set moves a branch that is not there yet.
func (b *brancher) set(name, old, commit string) error {
	if old == commit {
		return nil
	}
	return b.git.SetBranch(name, old, commit)
}

// commit adds a commit of files, dated as the plugin's, so that it is the same
// wherever it is made.
func (b *brancher) commit(files []checks.File, message string, parents ...string) (string, error) {
	tree, err := b.git.WriteTree(files)
	if err != nil {
		return "", err
	}
	return b.git.WriteCommit(checkout.Commit{
		Tree: tree, Parents: parents, Name: texts.ReviewName, Email: texts.ReviewEmail, Time: b.source.Time, Message: message,
	})
}

// upload adds the template's blobs that the checkout does not have.
func (b *brancher) upload(ctx context.Context) error {
	for _, file := range b.plan.Uploads() {
		_, err := b.git.Blob(file.SHA, template.MaxBytes)
		if err == nil {
			continue // of a plugin that keeps the template's history
		}
		if !errors.Is(err, checkout.ErrAbsent) {
			return err
		}
		content, err := b.blobs.Blob(ctx, file)
		if err != nil {
			return err
		}
		if sha, err := b.git.WriteBlob(content); err != nil || sha != file.SHA {
			return errors.Join(fmt.Errorf("take %s of the template: it is not the blob %s", file.Path, file.SHA), err)
		}
	}
	return nil
}

// uncommitted says what of the folder the branches do not show, "" if nothing.
func uncommitted(git *checkout.Checkout, dir string, source checkout.Commit) string {
	if git.Bare() {
		return ""
	}
	f, err := folder.Open(dir)
	if err != nil {
		return fmt.Sprintf("Whether the folder has changes that are not committed could not be told (%v); the branches show the commit %.7s.", err, source.SHA)
	}
	same := f.Subject().Tree == source.Tree
	if err := f.Close(); err != nil || !same {
		return fmt.Sprintf("The folder has changes that are not committed. The branches do not show them: they show the commit %.7s.", source.SHA)
	}
	return ""
}
