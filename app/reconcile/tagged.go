package reconcile

import (
	"context"
	"strings"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/release"
)

// tagged has the checks of the plugin's files look at the tag's commit of a
// release that passed by itself, unless that is the commit they look at anyway
// (S3). What passed is not looked at again by the same rules.
func (c *checking) tagged(ctx context.Context, result *onboarding.Result) error {
	if result.Outcome != onboarding.OutcomePass || result.Source == "" || result.Source == c.head.Commit {
		return nil
	}
	var offline []checks.Check
	by := []string{result.Source}
	for _, check := range c.checks {
		if !check.Online {
			offline, by = append(offline, check), append(by, c.judges[check.Name])
		}
	}
	result.Tagged = strings.Join(by, " ")
	if result.Tagged == c.last[onboarding.ReleaseStage].Tagged {
		return nil
	}
	results, err := c.lookAt(ctx, result.Source, offline)
	if isAway(err) {
		return err
	}
	if err != nil {
		zerolog.Ctx(ctx).Error().Err(err).Str("tag", result.Source).Msg("the checks could not look at a release's tag")
		result.Outcome, result.Tagged, result.Title = onboarding.OutcomeError, "", "The checks could not look at the release's tag"
		return nil
	}
	for _, f := range release.Failing(result.Source, results) {
		result.Outcome, result.Tagged = onboarding.OutcomeFail, ""
		result.Title = "The checks fail at the release's tag"
		result.Findings = append(result.Findings, finding(f))
	}
	return nil
}

// lookAt has checks of the plugin's files look at a commit other than the head.
func (c *checking) lookAt(ctx context.Context, commit string, offline []checks.Check) (results []checks.Result, err error) {
	head := c.head
	head.Commit, head.Tree = commit, commit // GitHub finds the tree of a commit, too
	subject, err := c.github.Subject(ctx, head)
	if err != nil {
		return nil, err
	}
	subject.Owner, subject.PluginID, subject.Taken = c.head.Owner, c.record.PluginID, c.taken
	for _, check := range offline {
		found, cause := checks.Run(ctx, check, subject)
		if cause != nil {
			return nil, cause
		}
		results = append(results, found)
	}
	return results, nil
}
