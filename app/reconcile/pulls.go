package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks"
)

// Bounds of the looks at other pull requests, which anybody can open (S17).
const (
	pullsALook = 3
	pullsADay  = 30 // of one repository
)

// pulls has the checks of the plugin's files look at what was pushed to pull
// requests other than the review PR, and shows it there (design.md, "Where"). It
// returns when to go on, zero if there is nothing more to do.
func (l *look) pulls(ctx context.Context, head ghapi.Head) (later time.Time, err error) {
	var failed []error
	looks := 0
	for _, thing := range slices.Sorted(maps.Keys(l.ledger.published)) {
		sha := l.ledger.published[thing].State
		switch {
		case !strings.HasPrefix(thing, store.PullPrefix):
			continue
		case looks == pullsALook:
			return l.now, errors.Join(failed...)
		case sha != head.Commit && sha != l.view.RunsAt: // else there are check runs
			looks++
			may, err := l.within(ctx, "looked/pulls", pullsADay)
			if err == nil && !may {
				return later, errors.Join(failed...) // the nightly look goes on
			}
			if err == nil {
				err = l.lookAtPull(ctx, head, sha)
			}
			if isAway(err) {
				return later, err
			}
			failed = append(failed, err)
			if moved := (*ghapi.MovedError)(nil); errors.As(err, &moved) {
				continue // it is looked at again under the repository's new name
			}
		}
		failed = append(failed, l.ledger.forget(ctx, thing))
	}
	return later, errors.Join(failed...)
}

// lookAtPull publishes what the checks of the plugin's files say of a commit.
func (l *look) lookAtPull(ctx context.Context, head ghapi.Head, sha string) error {
	var pipeline onboarding.Pipeline
	facts := onboarding.Facts{Commit: sha, Results: map[string]onboarding.Result{}}
	var offline []checks.Check
	for _, check := range l.checks {
		if stage, ok := l.pipeline.Stage(check.Name); ok && !check.Online {
			pipeline.Stages = append(pipeline.Stages, onboarding.Stage{Name: stage.Name, Kind: onboarding.Automatic})
			offline = append(offline, check)
		}
	}
	c := checking{look: l, head: head}
	results, err := c.lookAt(ctx, sha, offline)
	var tooLarge *ghapi.TooLargeError
	switch {
	case errors.As(err, &tooLarge):
		for _, check := range offline {
			facts.Results[check.Name] = tooLargeResult(check.Name, sha, tooLarge)
		}
	case isAway(err):
		return err
	case err != nil: // the next push is looked at again
		zerolog.Ctx(ctx).Error().Err(err).Str("commit", sha).Msg("the checks could not look at a pull request")
		return nil
	}
	for _, result := range results {
		facts.Results[result.Check] = fromCheck(result, sha)
	}
	view := texts.View{
		Repository: l.view.Repository, WebURL: l.WebURL, Facts: facts, RunsAt: sha, OnPull: true,
		Record:  onboarding.Record{Issue: l.record.Issue, Author: l.record.Author},
		Verdict: onboarding.Evaluate(pipeline, onboarding.Record{}, facts, l.now),
	}
	if _, err := l.github.PublishRuns(ctx, view, nil, l.ledger, l.now); err != nil {
		return fmt.Errorf("show what the checks say of %s: %w", sha, err)
	}
	return nil
}
