package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/reviewpr"
	"github.com/onboard-app/onboard/checks/template"
)

var errBrokenOften = errors.New("others broke the review PR several times today")

// kept is what the database keeps of the review PR beside the record.
type kept struct {
	Base  []checks.File `json:"-"` // the base's files
	Tree  []checks.File `json:"-"` // all files of the plugin's commit that is shown
	Shown *texts.Pull

	// Verified is the time of the repository's last push when the branches were
	// last seen to stand as is on record, long enough after it.
	Verified time.Time
}

// recallReview reads what is kept.
func (r *reviewing) recallReview(ctx context.Context) error {
	review, ok, err := r.Store.Review(ctx, r.repository.ID)
	if err != nil || !ok {
		return err
	}
	for what, into := range map[string]struct {
		text json.RawMessage
		to   any
	}{"base": {review.Base, &r.kept.Base}, "tree": {review.Tree, &r.kept.Tree}, "rest": {review.Shown, &r.kept}} {
		if err := json.Unmarshal(into.text, into.to); err != nil {
			return fmt.Errorf("read the kept %s of the review of %s: %w", what, r.repository.FullName(), err)
		}
	}
	return nil
}

// verified tells whether the branches were seen to stand as is on record, and
// nothing was pushed to the repository since: then they need not be read.
func (r *reviewing) verified() bool {
	return !r.kept.Verified.IsZero() && r.head.PushedAt.Equal(r.kept.Verified)
}

// verify notes that the branches stand as is on record.
func (r *reviewing) verify(ctx context.Context) error {
	if r.head.Settled() {
		r.kept.Verified = r.head.PushedAt
	}
	return r.save(ctx)
}

// save keeps the record and what belongs to it, and the answers to acts, in one
// transaction.
func (r *reviewing) save(ctx context.Context, answered ...store.Act) error {
	var review store.Review
	for what, from := range map[string]struct {
		value any
		to    *json.RawMessage
	}{"base": {r.kept.Base, &review.Base}, "tree": {r.kept.Tree, &review.Tree}, "rest": {r.kept, &review.Shown}} {
		text, err := json.Marshal(from.value)
		if err != nil {
			return fmt.Errorf("write down the %s of the review of %s: %w", what, r.repository.FullName(), err)
		}
		*from.to = text
	}
	return r.Store.Write(ctx, "record the review of "+r.repository.FullName(), func(ctx context.Context, tx *sql.Tx) error {
		if err := store.SaveReview(ctx, tx, r.repository.ID, review); err != nil {
			return err
		}
		for _, act := range answered {
			if err := store.SaveAnswers(ctx, tx, act); err != nil {
				return err
			}
		}
		return store.SaveOnboarding(ctx, tx, r.record, r.repository.OwnerID)
	})
}

// plan plans what the PR shows of the default branch's head, on the base that
// stands or, without a PR, on a new one.
func (r *reviewing) plan(ctx context.Context, pr *onboarding.ReviewPR) (checks.Subject, reviewpr.Plan, error) {
	index, err := r.Boilerplate.Index(ctx)
	if err != nil {
		return checks.Subject{}, reviewpr.Plan{}, err
	}
	subject, err := r.tree(ctx)
	if err != nil {
		return checks.Subject{}, reviewpr.Plan{}, err
	}
	var plan reviewpr.Plan
	switch {
	case pr == nil:
		plan, err = reviewpr.New(ctx, subject, index)
	case pr.Update:
		plan, err = reviewpr.Since(ctx, subject, index, r.kept.Base, r.github.Reader(r.record.Baseline.Review))
	default:
		plan, err = reviewpr.On(ctx, subject, index, r.kept.Base)
	}
	if err != nil {
		return checks.Subject{}, reviewpr.Plan{}, fmt.Errorf("plan the review of %s at %s: %w", r.repository.FullName(), r.head.Commit, err)
	}
	r.template = index.Repository()
	return subject, plan, nil
}

// keptOf is what is kept of a plan.
func keptOf(plan reviewpr.Plan, subject checks.Subject, r *reviewing) kept {
	shown := &texts.Pull{
		Branch: r.head.Branch, Source: r.head.Commit, Template: r.template, Deleted: plan.Deleted, Fingerprint: plan.Fingerprint(),
		Nearest: version(plan.Nearest), First: version(plan.First), Last: version(plan.Last),
		Own: plan.Count(reviewpr.Own), Unmodified: plan.Count(reviewpr.Unmodified), Shown: len(plan.Removed), Removed: len(plan.Removed),
	}
	for _, file := range plan.Files {
		if file.Shown() {
			shown.Shown++
			shown.Lines += file.Lines
		}
		switch file.Origin {
		case reviewpr.Modified:
			shown.Modified = append(shown.Modified, texts.PulledFile{Path: file.Path, Lines: file.Lines})
		case reviewpr.Late:
			shown.Adopted = append(shown.Adopted, texts.PulledFile{Path: file.Path, Lines: file.Lines})
		}
	}
	for _, u := range plan.Unseen {
		shown.Unseen = append(shown.Unseen, texts.Unseen{Path: u.Path, Kind: string(u.Kind), Boilerplate: u.Boilerplate})
	}
	return kept{Base: plan.Base, Tree: subject.Files, Shown: shown}
}

func version(c *template.Commit) *texts.TemplateVersion {
	if c == nil {
		return nil
	}
	return &texts.TemplateVersion{SHA: c.SHA, Date: c.Date}
}

// sameText compares texts as GitHub keeps them, whatever ends their lines.
func sameText(a, b string) bool {
	fold := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return fold(a) == fold(b)
}
