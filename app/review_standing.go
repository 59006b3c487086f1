package app

import (
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/checkout"
	"github.com/onboard-app/onboard/checks/reviewpr"
	"github.com/onboard-app/onboard/checks/template"
)

// maxReviewCommits bounds how far a review branch is followed (S17).
const maxReviewCommits = 10_000

// pair is a review's branches as they stand; "" for what is not there.
type pair struct {
	base, review           string // commits to go on from
	localBase, localReview string // what the local branches are now
	files                  []checks.File
	tree                   string // the review's
}

// anew says how to begin again when branches are in the way.
const anew = "keep them by another name (git branch -m) or delete them (git branch -D " + reviewpr.BaseBranch + " " + reviewpr.HeadBranch + "), then run this again"

// standing looks for a review's branches: the local ones, or where there are
// none those that origin had when it was last fetched. It refuses branches that
// are something else.
func standing(git *checkout.Checkout, index *template.Index) (p pair, err error) {
	if p.localBase, err = git.Branch(reviewpr.BaseBranch); err != nil {
		return pair{}, err
	}
	if p.localReview, err = git.Branch(reviewpr.HeadBranch); err != nil {
		return pair{}, err
	}
	if p.base, p.review = p.localBase, p.localReview; p.base == "" && p.review == "" {
		if p.base, err = git.RemoteBranch("origin", reviewpr.BaseBranch); err != nil {
			return pair{}, err
		}
		if p.review, err = git.RemoteBranch("origin", reviewpr.HeadBranch); err != nil {
			return pair{}, err
		}
	}
	switch {
	case p.base == "" && p.review == "":
		return p, nil
	case p.base == "":
		return pair{}, refuse("there is a branch %s without %s: %s", reviewpr.HeadBranch, reviewpr.BaseBranch, anew)
	}
	if err := p.look(git, index); err != nil {
		return pair{}, err
	}
	return p, nil
}

// look refuses a base that hides code (S1), and a review that does not come
// from the base.
func (p *pair) look(git *checkout.Checkout, index *template.Index) error {
	base, err := git.Commit(p.base)
	if err != nil {
		return err
	}
	if len(base.Parents) > 0 {
		return refuse("the branch %s is not what Onboard makes, for its commit has a parent: %s", reviewpr.BaseBranch, anew)
	}
	if p.files, err = git.Files(base.Tree); err != nil {
		return err
	}
	for _, file := range p.files {
		if !index.Unmodified(file) || reviewpr.Excluded(file.Path) != "" {
			return refuse("the branch %s has %q, which is not the starter template's (or that of a version that this Onboard does not know): %s", reviewpr.BaseBranch, file.Path, anew)
		}
	}
	if p.review == "" {
		return nil
	}
	sha := p.review
	for range maxReviewCommits {
		commit, err := git.Commit(sha)
		if err != nil {
			return err
		}
		if sha == p.review {
			p.tree = commit.Tree
		}
		if sha == p.base {
			return nil
		}
		if len(commit.Parents) != 1 {
			break
		}
		sha = commit.Parents[0]
	}
	return refuse("the branch %s does not come from %s: %s", reviewpr.HeadBranch, reviewpr.BaseBranch, anew)
}
