package deploy_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/reconcile"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// TestWhatWasRolledBackIsNotDeployedUnasked: an admin had "old" put back in the place
// of "bad".
func TestWhatWasRolledBackIsNotDeployedUnasked(t *testing.T) {
	for name, row := range map[string]struct {
		auto          bool
		passed, runs  string
		since         time.Duration // that the order what runs was put there
		wants, offers string
		halt          string
	}{
		"at once":                                    {auto: true, passed: "bad", runs: "bad", wants: "old"},
		"as long as it is what passed":               {auto: true, passed: "bad", runs: "old", wants: "old"},
		"also while nothing passes":                  {auto: true, runs: "bad", wants: "old"},
		"nor is what waited for its time then":       {auto: true, passed: "waiting", runs: "bad", wants: "old"},
		"nor what was rolled back at another time":   {auto: true, passed: "worse", runs: "old", wants: "old"},
		"but the next build is":                      {auto: true, passed: "new", runs: "old", wants: "new"},
		"and not when the next one was taken back":   {auto: true, passed: "bad", runs: "new", offers: "bad", halt: "it was rolled back"},
		"and what runs since then stays":             {auto: true, runs: "new", halt: "the gate is not green"},
		"by hand, the next build waits":              {passed: "new", runs: "old", offers: "new", halt: "it waits for an admin"},
		"by hand, until then as asked":               {passed: "bad", runs: "bad", wants: "old"},
		"what an operator deployed since then stays": {passed: "bad", runs: "bad", since: time.Hour, offers: "bad", halt: "it was rolled back"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ordered := thursday.Add(-time.Hour)
			require.NoError(t, deploy.Records{Store: w.Store}.SaveDeploymentRecord(t.Context(), target, plugin, recordOf(row.runs)))
			w.result(deploy.Result{Put: ordered.Add(row.since - time.Minute)})
			f := &deploy.Follower{Store: w.Store, Targets: map[string]bool{target: row.auto}, Run: w.Deployments.Run, Now: w.Now}
			refused := []string{"bad", "worse"}
			build := reconcile.Build{Deployment: onboarding.Deployment{
				Gate: target, Digest: row.passed, Why: "the gate is not green", Refused: slices.Contains(refused, row.passed),
				Order: &onboarding.Order{By: onboarding.Person{ID: 1, Login: "root"}, At: ordered, Digest: "old", Instead: "bad", Passed: "waiting"},
			}}
			require.NoError(t, f.Follow(t.Context(), repository, plugin, []reconcile.Build{build}))
			got := w.standing()
			assert.Equal(t, []string{row.wants, row.offers, row.halt}, []string{got.Wanted.SHA256, got.Wanted.Offered, got.Wanted.Halted})
			servers, err := f.Servers(t.Context(), repository, plugin)
			require.NoError(t, err)
			if got.Wanted.Refused {
				assert.Equal(t, "an admin had sha256 bad… rolled back before", servers[target].Trouble)
			}
			wish := got.Wish
			require.NoError(t, f.Follow(t.Context(), repository, plugin, []reconcile.Build{build}))
			assert.Equal(t, wish, w.standing().Wish, "each look wants the same")
		})
	}
}

// TestTheFirstDeploymentAfterAnUpgradeCanBeRolledBack: rows of before say only which
// bundle was good.
func TestTheFirstDeploymentAfterAnUpgradeCanBeRolledBack(t *testing.T) {
	w := newWorld(t)
	first, url := w.publish("0.1.0")
	w.want(deploy.Wanted{SHA256: first, URL: url})
	w.look()
	w.result(deploy.Result{Outcome: mattermost.Deployed, SHA256: first, Version: "0.1.0"})
	second, url := w.publish("0.2.0")
	w.want(deploy.Wanted{SHA256: second, URL: url})
	w.look()
	assert.Equal(t, texts.Bundle{Version: "0.1.0", SHA256: first}, w.settled().Earlier)
	w.want(deploy.Wanted{SHA256: first, Instead: second, By: "@root", Again: true})
	w.look()
	w.runs(first)
	assert.Zero(t, w.settled().Earlier, "what was taken back is nothing to go back to")
}

func TestABundleThatIsNotKeptCannotBePutBackAndThatIsTold(t *testing.T) {
	w := newWorld(t)
	first, url := w.publish("0.1.0")
	w.want(deploy.Wanted{SHA256: first, URL: url})
	w.look()
	w.want(deploy.Wanted{SHA256: sum([]byte("gone")), Instead: first, By: "@root", Again: true})
	assert.Zero(t, w.look())
	w.runs(first)
	assert.Equal(t, "the bundle is not kept any more", w.settled().Why)
}

// result puts on record what came of the last wish.
func (w *world) result(r deploy.Result) {
	w.Helper()
	text, err := json.Marshal(r)
	require.NoError(w, err)
	require.NoError(w, w.Store.Write(w.Context(), "a result", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveDeploymentResult(ctx, tx, target, plugin, w.standing().Wish, true, string(text))
	}))
}

func recordOf(runs string) mattermost.Record {
	return mattermost.Record{Good: mattermost.Bundle{SHA256: runs}}
}
