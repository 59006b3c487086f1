package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/rs/zerolog"

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
	PutTree(ctx context.Context, subject checks.Subject, wanted []checks.File, texts map[string]string) (sha string, err error)
	PutCommit(ctx context.Context, want ghapi.Commit) (sha string, err error)
	Branches(ctx context.Context, prefix string) (map[string]string, error)
	PutBranch(ctx context.Context, name, sha string) (taken bool, err error)
	MoveBranch(ctx context.Context, name, sha string) (moved bool, err error)
	DeleteBranch(ctx context.Context, name string) error
	OpenPull(ctx context.Context, want ghapi.NewPull) (pull ghapi.Pull, taken bool, err error)
	Pull(ctx context.Context, number int) (pull ghapi.Pull, ok bool, err error)
	EditPull(ctx context.Context, number int, edit ghapi.PullEdit) error
	ReopenPull(ctx context.Context, number int) (reopened bool, err error)
	ClosePull(ctx context.Context, number int, body string) error
	RequestReview(ctx context.Context, number int, person onboarding.Person) (refused bool, err error)
	TakeReviewBack(ctx context.Context, number int, person onboarding.Person) error
	TreeFiles(ctx context.Context, commit string) ([]checks.File, error)
	Reader(commit string) func(ctx context.Context, file checks.File, limit int64) ([]byte, error)
	MergeBase(ctx context.Context, base, head string) (sha string, err error)
	ChangeLabels(ctx context.Context, change ghapi.LabelChange, ledger ghapi.Ledger, now time.Time) error
}

// Boilerplate is the starter template.
type Boilerplate interface {
	Index(ctx context.Context) (*template.Index, error)
	// Blob returns what a file of any version holds, by its git blob SHA.
	Blob(ctx context.Context, sha string) ([]byte, error)
}

// How long after the starter template could not be read it is tried again: soon,
// if that was GitHub's failure.
const (
	templateSoon  = time.Minute
	templateAgain = 15 * time.Minute
)

// boilerplateError is a failure of the template's repository, not the plugin's.
// It hides what kind it is, since that would hold up the plugin's installation.
type boilerplateError struct{ err error }

func (e *boilerplateError) Error() string { return e.err.Error() }

func (e *boilerplateError) again() time.Duration {
	if isAway(e.err) {
		return templateSoon
	}
	return templateAgain
}

// believed is how long what was read of the review PR is acted on (S1): checks
// that took longer have it read again.
const believed = 10 * time.Second

// tryAgain is how long after it could not be made the review PR is tried again.
const tryAgain = 20 * time.Hour

// reviewing is the part of a look that makes the review PR show the plugin as
// it is (check-rules.md, "the review PR").
type reviewing struct {
	*checking
	kept       kept              // what is kept of it
	pull       *ghapi.Pull       // as it is now, once it was read
	template   string            // "owner/name" of the starter template
	made       string            // the review commit that was made in this look
	later      time.Time         // when to try again what the template's repository did not give; zero for not
	branches   map[string]string // the App's, once they were read
	branchesAt time.Time
	tampered   string // what others changed so often that it is not put back today (S15)
}

// reviewPR makes, follows or ends the review PR. That GitHub does not let the
// App write is no error: it goes on record, and people are told how to make the
// PR by hand.
func (c *checking) reviewPR(ctx context.Context) (*reviewing, error) {
	r := &reviewing{checking: c}
	if r.Now().Sub(r.now) < believed {
		r.pull = c.read
	}
	if c.record.Round == 0 || !c.record.Accepted() || c.head.Commit == "" {
		return r, nil
	}
	if err := r.recallReview(ctx); err != nil {
		return r, err
	}
	return r, r.attempt(ctx, r.keep)
}

// attempt does something about the PR, and puts on record why it cannot be done.
func (r *reviewing) attempt(ctx context.Context, do func(context.Context) error) error {
	err := do(ctx)
	var refused *ghapi.NotAllowedError
	var lacking *boilerplateError
	var large *ghapi.TooLargeError
	var unready *startertemplate.NotReadyError
	switch {
	case errors.As(err, &lacking):
		// Another repository's failure holds up nothing here but the PR.
		zerolog.Ctx(ctx).Warn().Err(err).Msg("the starter template cannot be read, so the review PR waits")
		r.later = r.now.Add(lacking.again())
		return nil
	case errors.As(err, &refused):
		return r.refused(ctx, refused)
	case errors.As(err, &large):
		return r.without(ctx, "the plugin has too many files to be shown in one")
	case errors.As(err, &unready):
		r.record.NoReviewPR = nil // it is no reason to wait for
		return nil
	}
	return err
}

// refused puts on record that GitHub does not let the App write, and why; but for a
// repository that is archived or out of reach, be it for a moment, which holds all.
func (r *reviewing) refused(ctx context.Context, no *ghapi.NotAllowedError) error {
	head, err := r.github.Head(ctx, r.head)
	if err != nil {
		return err
	}
	if head.Archived || no.Why == ghapi.Archived {
		r.later = r.now.Add(lostSoon) // that it goes on, an event tells
		return nil
	}
	return r.without(ctx, no.Why)
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
	if no != nil && no.Unchanged != "" {
		return no.Unchanged != r.head.Commit || r.asked
	}
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
	body := ""
	if !pr.Adopted { // what people wrote in theirs stays
		body = r.pullView().PullEnd()
	}
	if err := r.github.ClosePull(ctx, pr.Number, body); err != nil {
		return err
	}
	if err := r.github.ChangeLabels(ctx, ghapi.LabelChange{Issue: pr.Number, Has: r.pull.Labels, Live: true, Ours: r.ourLabels()}, r.ledger, r.now); err != nil {
		return err
	}
	if !r.KeepBranches && !pr.Adopted {
		if err := r.deleteBranches(ctx); err != nil {
			return err
		}
	}
	pr.Closed, r.pull = true, nil // nothing changes there any more
	return r.save(ctx)
}

// deleteBranches deletes all pairs of branches that stand where the App put
// them. Those of others, and with others' commits, are left alone.
func (r *reviewing) deleteBranches(ctx context.Context) error {
	branches, err := r.readBranches(ctx)
	if err != nil {
		return err
	}
	pr := r.record.ReviewPR
	for pair := 1; pair <= r.record.Pairs; pair++ {
		base, head := onboarding.ReviewBranches(pair)
		for _, branch := range []string{head, base} {
			if sha := branches[branch]; sha != "" && (sha == pr.BaseSHA || pr.Has(sha)) {
				var refused *ghapi.NotAllowedError
				if err := r.github.DeleteBranch(ctx, branch); err != nil && !errors.As(err, &refused) { // a ruleset keeps it
					return err
				}
			}
		}
	}
	return nil
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
	if pr == nil || pr.Number == 0 || r.kept.Shown == nil {
		return nil
	}
	body := r.pullView().PullReplaced()
	for _, number := range pr.Former {
		thing := "former/" + strconv.Itoa(number)
		if _, told := r.ledger.Shown(thing); told {
			continue
		}
		_, tried := r.ledger.Shown(restored + fmt.Sprintf("former-%d", number))
		may, err := r.restores(ctx, fmt.Sprintf("former-%d", number))
		if err != nil {
			return err
		}
		if !may {
			continue
		}
		// its text said that it shows all code
		if err := r.github.ClosePull(ctx, number, body); err != nil {
			return err
		}
		if err := r.github.Say(ctx, ghapi.Comment{
			Issue: number, Body: body, Marker: fmt.Sprintf("onboard:replaced:%d", number), Since: r.record.StartedAt,
			New: !tried && r.fresh(r.now),
		}); err != nil {
			return err
		}
		if err := r.ledger.Note(ctx, thing, ghapi.Shown{Digest: "told", At: r.now}); err != nil {
			return err
		}
	}
	return nil
}
