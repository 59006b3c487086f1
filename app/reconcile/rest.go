package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// showResting has the status comment and the labels say that the onboarding is
// held or paused, by what is on record: nothing is looked at, and all else stays
// as it is, the stages where they stood and what was published of them.
func (l *look) showResting(ctx context.Context, head ghapi.Head, seen seen) (next time.Time, err error) {
	if l.record.Withdrawn == nil || l.record.ReviewPR.Open() {
		next = l.now.Add(nightly)
	}
	if err := l.viewRecord(ctx, seen); err != nil {
		return time.Time{}, err
	}
	if l.mute = head.Archived; l.mute { // not even that can be written
		return next, errors.Join(l.turns(ctx, l.view.Verdict), l.keepPage(ctx))
	}
	if err := l.chat(ctx); err != nil {
		return time.Time{}, err
	}
	comment := l.publishStatus(ctx)
	if isAway(comment) {
		return time.Time{}, errors.Join(comment, l.keepPage(ctx))
	}
	return next, errors.Join(comment, l.labels(ctx, nil), l.turns(ctx, l.view.Verdict), l.keepPage(ctx))
}

// viewRecord makes the view from what is on record alone.
func (l *look) viewRecord(ctx context.Context, seen seen) error {
	results, err := l.Store.Results(ctx, l.repository.ID)
	if err != nil {
		return err
	}
	var names []string
	for _, check := range l.checks {
		names = append(names, check.Name)
	}
	facts := l.record.LastFacts(results, names)
	facts.Commit = seen.head.Commit
	l.view = texts.View{
		Repository: l.repository.FullName(), WebURL: l.WebURL, PagesURL: l.PagesURL, Record: l.record, Facts: facts, Leads: l.Leads,
		Verdict: onboarding.Evaluate(l.pipeline, l.record, facts, l.now),
		RunsAt:  seen.head.Commit, RunURLs: map[string]string{},
	}
	if err := errors.Join(l.deploy(ctx), l.servers(ctx)); err != nil {
		return err
	}
	if pr := l.record.ReviewPR; pr != nil && pr.Number != 0 {
		l.view.RunsAt = pr.Last().SHA
	}
	for _, s := range l.view.Verdict.Standings {
		shown, _ := l.ledger.Shown("run/" + l.view.RunsAt + "/" + s.Name)
		l.view.RunURLs[s.Name] = shown.URL
	}
	return nil
}
