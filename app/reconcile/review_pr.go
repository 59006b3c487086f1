package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/startertemplate"
	"github.com/onboard-app/onboard/checks/template"
)

// PullRequests is what a look needs of GitHub to keep the review PR.
type PullRequests interface {
	Hindrance(ctx context.Context, branch string) (why string, err error)
	PutBlob(ctx context.Context, content []byte) (sha string, err error)
	PutTree(ctx context.Context, subject checks.Subject, wanted []checks.File) (sha string, err error)
	PutCommit(ctx context.Context, want ghapi.Commit) (sha string, err error)
	Branches(ctx context.Context, prefix string) (map[string]string, error)
	PutBranch(ctx context.Context, name, sha string) (taken bool, err error)
	MoveBranch(ctx context.Context, name, sha string) (moved bool, err error)
	DeleteBranch(ctx context.Context, name string) error
	OpenPull(ctx context.Context, want ghapi.NewPull) (pull ghapi.Pull, taken bool, err error)
	Pull(ctx context.Context, number int) (pull ghapi.Pull, ok bool, err error)
	EditPull(ctx context.Context, number int, edit ghapi.PullEdit) error
	ReopenPull(ctx context.Context, number int) (reopened bool, err error)
	ClosePull(ctx context.Context, number int) error
	TreeFiles(ctx context.Context, commit string) ([]checks.File, error)
	MergeBase(ctx context.Context, base, head string) (sha string, err error)
	ChangeLabels(ctx context.Context, issue int, has, ours []string, want []ghapi.Label, ledger ghapi.Ledger, now time.Time) error
}

// Boilerplate is the starter template.
type Boilerplate interface {
	Index(ctx context.Context) (*template.Index, error)
	// Blob returns what a file of any version holds, by its git blob SHA.
	Blob(ctx context.Context, sha string) ([]byte, error)
}

// tryAgain is how long after it could not be made the review PR is tried again.
const tryAgain = 20 * time.Hour

// reviewing is the part of a look that makes the review PR show the plugin as
// it is (check-rules.md, "the review PR").
type reviewing struct {
	*checking
	kept     kept        // what is kept of it
	pull     *ghapi.Pull // as it is now, once it was read
	template string      // "owner/name" of the starter template
	made     string      // the review commit that was made in this look
	tampered string      // what others changed so often that it is not put back today (S15)
}

// reviewPR makes, follows or ends the review PR. That GitHub does not let the
// App write is no error: it goes on record, and people are told how to make the
// PR by hand.
func (c *checking) reviewPR(ctx context.Context) (*reviewing, error) {
	r := &reviewing{checking: c}
	if c.record.Round == 0 || !c.record.Accepted() || c.head.Commit == "" {
		return r, nil
	}
	if err := r.recallReview(ctx); err != nil {
		return r, err
	}
	err := r.keep(ctx)
	var refused *ghapi.NotAllowedError
	var large *ghapi.TooLargeError
	var unready *startertemplate.NotReadyError
	switch {
	case errors.As(err, &refused):
		return r, r.without(ctx, refused.Why)
	case errors.As(err, &large):
		return r, r.without(ctx, "the plugin has too many files to be shown in one")
	case errors.As(err, &unready):
		r.record.NoReviewPR = nil // it is no reason to wait for
		return r, nil
	}
	return r, err
}

// keep does what is to be done about the PR.
func (r *reviewing) keep(ctx context.Context) error {
	if r.record.Ended() {
		return r.end(ctx)
	}
	if r.record.Adopt != 0 {
		if err := r.adopt(ctx); err != nil {
			return err
		}
	}
	switch pr := r.record.ReviewPR; {
	case (pr == nil || pr.Number == 0) && !r.due():
		return nil
	case pr == nil:
		return r.open(ctx)
	case pr.Adopted:
		return r.watch(ctx)
	default:
		return r.follow(ctx)
	}
}

// due tells whether a PR that could not be made is tried again: later, or when
// somebody asked to look again.
func (r *reviewing) due() bool {
	no := r.record.NoReviewPR
	return no == nil || r.now.Sub(no.At) >= tryAgain || r.asked
}

// without puts on record why there is no review PR.
func (r *reviewing) without(ctx context.Context, why string) error {
	if no := r.record.NoReviewPR; no != nil && no.Why == why && !r.due() {
		return nil
	}
	r.record.NoReviewPR = &onboarding.NoReviewPR{Why: why, At: r.now}
	return r.save(ctx)
}

// end closes the PR with a summary and deletes its branches, once.
func (r *reviewing) end(ctx context.Context) error {
	pr := r.record.ReviewPR
	if !pr.Open() {
		return nil
	}
	if err := r.readPull(ctx); err != nil {
		return err
	}
	if !pr.Adopted { // what people wrote in theirs stays
		body := r.pullView().PullEnd()
		if err := r.github.EditPull(ctx, pr.Number, ghapi.PullEdit{Body: &body}); err != nil {
			return err
		}
	}
	if err := r.github.ClosePull(ctx, pr.Number); err != nil {
		return err
	}
	if err := r.github.ChangeLabels(ctx, pr.Number, r.pull.Labels, r.ourLabels(), nil, r.ledger, r.now); err != nil {
		return err
	}
	if !r.KeepBranches && !pr.Adopted {
		for _, branch := range []string{pr.HeadBranch, pr.BaseBranch} {
			if err := r.github.DeleteBranch(ctx, branch); err != nil {
				return err
			}
		}
	}
	pr.Closed, r.pull = true, nil // nothing changes there any more
	return r.save(ctx)
}

// pullView is what the PR's texts are made from.
func (r *reviewing) pullView() texts.View {
	return texts.View{
		Repository: r.head.Owner + "/" + r.head.Name, WebURL: r.WebURL, Record: r.record,
		Facts: onboarding.Facts{Commit: r.head.Commit}, Pull: r.kept.Shown,
	}
}

// tellFormer closes the PRs that another one took the place of, and says so
// there, once.
func (r *reviewing) tellFormer(ctx context.Context) error {
	pr := r.record.ReviewPR
	if pr == nil || pr.Number == 0 {
		return nil
	}
	for _, number := range pr.Former {
		thing := "former/" + strconv.Itoa(number)
		if _, told := r.ledger.Shown(thing); told {
			continue
		}
		if err := r.github.ClosePull(ctx, number); err != nil {
			return err
		}
		if err := r.github.Say(ctx, ghapi.Comment{
			Issue: number, Body: r.pullView().PullReplaced(), Marker: fmt.Sprintf("onboard:replaced:%d", number), Since: r.record.StartedAt,
		}); err != nil {
			return err
		}
		if err := r.ledger.Note(ctx, thing, ghapi.Shown{Digest: "told", At: r.now}); err != nil {
			return err
		}
	}
	return nil
}
