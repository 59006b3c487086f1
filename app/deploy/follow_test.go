package deploy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/reconcile"
)

// TestWhatWasRolledBackIsNotDeployedUnasked: an admin had "old" put back in the place
// of "bad".
func TestWhatWasRolledBackIsNotDeployedUnasked(t *testing.T) {
	for name, row := range map[string]struct {
		auto                bool
		passed, runs        string
		wants, offers, halt string
	}{
		"at once":                               {auto: true, passed: "bad", runs: "bad", wants: "old", offers: "bad"},
		"as long as it is what passed":          {auto: true, passed: "bad", runs: "old", wants: "old", offers: "bad"},
		"also while nothing passes":             {auto: true, runs: "bad", wants: "old"},
		"but the next build is":                 {auto: true, passed: "new", runs: "old", wants: "new"},
		"nor when the next one was taken back":  {auto: true, passed: "bad", runs: "new", offers: "bad", halt: "it was rolled back"},
		"and what runs since then stays":        {auto: true, runs: "new", halt: "the gate is not green"},
		"by hand, the next build waits":         {passed: "new", runs: "old", wants: "old", offers: "new"},
		"by hand, with what was deployed since": {passed: "new", runs: "newer", offers: "new", halt: "it waits for an admin"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			require.NoError(t, deploy.Records{Store: w.Store}.SaveDeploymentRecord(t.Context(), target, plugin, recordOf(row.runs)))
			f := &deploy.Follower{Store: w.Store, Targets: map[string]bool{target: row.auto}, Run: w.Deployments.Run, Now: w.Now}
			build := reconcile.Build{Deployment: onboarding.Deployment{
				Gate: target, Digest: row.passed, Why: "the gate is not green",
				Order: &onboarding.Order{By: onboarding.Person{ID: 1, Login: "root"}, At: thursday.Add(-time.Hour), Digest: "old", Instead: "bad"},
			}}
			require.NoError(t, f.Follow(t.Context(), repository, plugin, []reconcile.Build{build}))
			got := w.standing().Wanted
			assert.Equal(t, []string{row.wants, row.offers, row.halt}, []string{got.SHA256, got.Offered, got.Halted})
		})
	}
}

func recordOf(runs string) mattermost.Record {
	return mattermost.Record{Good: mattermost.Bundle{SHA256: runs}}
}
