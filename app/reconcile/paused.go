package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// showPaused has the status comment and the labels say that the onboarding
// rests, by what is on record: nothing is looked at, and all else stays as it is.
func (l *look) showPaused(ctx context.Context, seen seen) (next time.Time, err error) {
	results, err := l.Store.Results(ctx, l.repository.ID)
	if err != nil {
		return time.Time{}, err
	}
	facts := onboarding.Facts{Commit: seen.head.Commit, Results: results, Since: l.record.ReviewPR.Since()}
	verdict := onboarding.Evaluate(l.Pipeline, l.record, facts, l.now)
	l.view = texts.View{
		Repository: l.repository.FullName(), WebURL: l.WebURL, Record: l.record, Facts: facts, Verdict: verdict, Leads: l.Leads,
		RunsAt: seen.head.Commit, RunURLs: map[string]string{},
	}
	if pr := l.record.ReviewPR; pr != nil && pr.Number != 0 {
		l.view.RunsAt = pr.Last().SHA
	}
	for _, s := range verdict.Standings {
		shown, _ := l.ledger.Shown("run/" + l.view.RunsAt + "/" + s.Name)
		l.view.RunURLs[s.Name] = shown.URL
	}
	return l.now.Add(nightly), errors.Join(l.publishStatus(ctx), l.labels(ctx, nil), l.turns(ctx, verdict))
}
