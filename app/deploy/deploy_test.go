package deploy_test

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/bundles"
	"github.com/onboard-app/onboard/app/mattermost/standin"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
)

func TestWhatIsWantedIsFetchedDeployedAndKept(t *testing.T) {
	w := newWorld(t)
	assert.Zero(t, w.look(), "nothing is wanted")
	digest, url := w.publish("0.1.0")
	w.want(deploy.Wanted{SHA256: digest, URL: url})
	assert.Zero(t, w.look())
	w.runs(digest)
	assert.Equal(t, deploy.Result{
		At: thursday, Wish: 1, Outcome: mattermost.Deployed, Version: "0.1.0", SHA256: digest, Changed: thursday, Put: thursday,
		Running: texts.Bundle{Version: "0.1.0", SHA256: digest},
	}, w.settled())
	assert.Equal(t, 1, w.told)
	spent, err := w.Store.Downloaded(t.Context(), 9, thursday)
	require.NoError(t, err)
	assert.Equal(t, int64(len(w.files["/0.1.0.tar.gz"])), spent)

	calls := len(w.Mattermost.Calls())
	w.want(deploy.Wanted{SHA256: digest, URL: url})
	assert.Zero(t, w.look())
	assert.Len(t, w.Mattermost.Calls(), calls, "the same wish again costs nothing")

	next, url := w.publish("0.2.0")
	w.want(deploy.Wanted{SHA256: next, URL: url})
	w.look()
	w.runs(next)
	assert.Equal(t, "0.1.0", w.settled().Before)

	delete(w.files, "/0.1.0.tar.gz")
	w.want(deploy.Wanted{SHA256: digest, By: "@ann"})
	w.look()
	w.runs(digest)
}

func TestWhatIsNotDeployedAndWhy(t *testing.T) {
	for _, row := range []struct {
		name    string
		arrange func(w *world) deploy.Wanted
		why     string
		again   time.Duration // 0: it is settled
	}{
		{
			name: "the address has another build by now",
			arrange: func(w *world) deploy.Wanted {
				digest, url := w.publish("0.2.0")
				w.serve("0.2.0.tar.gz", bundletest.Make(w, plugin, "0.2.1"))
				return deploy.Wanted{SHA256: digest, URL: url}
			},
			why: "its address has another bundle now than the one that was checked",
		},
		{
			name: "it is gone",
			arrange: func(w *world) deploy.Wanted {
				return deploy.Wanted{SHA256: sum([]byte("gone")), URL: w.site + "gone.tar.gz"}
			},
			why: "the bundle cannot be downloaded: The server answered 404", again: 10 * time.Minute,
		},
		{
			name:    "nobody says where it is",
			arrange: func(*world) deploy.Wanted { return deploy.Wanted{SHA256: sum([]byte("gone")), By: "@ann"} },
			why:     "the bundle is not kept any more",
		},
		{
			name: "it is no bundle",
			arrange: func(w *world) deploy.Wanted {
				digest, url := w.serve("page.tar.gz", []byte("<!DOCTYPE html>"))
				return deploy.Wanted{SHA256: digest, URL: url}
			},
			why: "the bundle is not sound: ",
		},
		{
			name: "it does not start",
			arrange: func(w *world) deploy.Wanted {
				digest, url := w.publish("0.2.0")
				w.Mattermost.Break(plugin, "0.2.0", "it crashes")
				return deploy.Wanted{SHA256: digest, URL: url}
			},
			why: `the plugin does not start; "0.1.0" runs there now`,
		},
		{
			name: "the server is away",
			arrange: func(w *world) deploy.Wanted {
				digest, url := w.publish("0.2.0")
				w.Mattermost.Inject(standin.Fault{Status: 503})
				return deploy.Wanted{SHA256: digest, URL: url}
			},
			why: "the server is not available", again: 30 * time.Second,
		},
		{
			name: "the token is refused",
			arrange: func(w *world) deploy.Wanted {
				digest, url := w.publish("0.2.0")
				w.Mattermost.SetToken("another")
				return deploy.Wanted{SHA256: digest, URL: url}
			},
			why: "the server refuses the access token", again: time.Hour,
		},
		{
			name: "the store of bundles is away",
			arrange: func(w *world) deploy.Wanted {
				digest, url := w.publish("0.2.0")
				away := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { http.Error(out, "", http.StatusForbidden) }))
				w.Cleanup(away.Close)
				var err error
				w.Bundles.S3, err = bundles.NewS3(bundles.S3Options{URL: away.URL, Region: "x", Bucket: "onboard", AccessKey: "key", SecretKey: func() string { return "s3cret" }})
				require.NoError(w, err)
				return deploy.Wanted{SHA256: digest, URL: url}
			},
			why: "the store of bundles does not answer", again: 30 * time.Second,
		},
		{
			name: "there is no room",
			arrange: func(w *world) deploy.Wanted {
				digest, url := w.publish("0.2.0")
				w.Bundles.Most = 1
				return deploy.Wanted{SHA256: digest, URL: url}
			},
			why: "there is no room for another bundle", again: 10 * time.Minute,
		},
		{
			name: "the owner's downloads of today are used up",
			arrange: func(w *world) deploy.Wanted {
				digest, url := w.publish("0.2.0")
				w.DailyBytes = 1
				return deploy.Wanted{SHA256: digest, URL: url}
			},
			why: "today's downloads for this owner are used up", again: 14 * time.Hour,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			before, url := w.publish("0.1.0")
			w.want(deploy.Wanted{SHA256: before, URL: url})
			w.look()
			w.want(row.arrange(w))
			next := w.look()
			if row.again == 0 {
				assert.Zero(t, next)
				assert.Contains(t, w.settled().Why, row.why)
			} else {
				assert.Equal(t, thursday.Add(row.again), next)
				assert.Contains(t, w.open().Why, row.why)
			}
			assert.NotEqual(t, mattermost.Deployed, w.standing().Result.Outcome)
			w.runs(before)
		})
	}
}

// TestAttackABundleOfAnotherPluginIsNotDeployed: an author may publish what they
// like, and the id is pinned (S5).
func TestAttackABundleOfAnotherPluginIsNotDeployed(t *testing.T) {
	w := newWorld(t)
	digest, url := w.serve("x.tar.gz", bundletest.Make(t, "com.example.victim", "1.0.0"))
	w.want(deploy.Wanted{SHA256: digest, URL: url})
	assert.Zero(t, w.look())
	assert.Contains(t, w.settled().Why, `It is of the plugin "com.example.victim"`)
	_, is := w.Mattermost.Installed("com.example.victim")
	assert.False(t, is)
}

func TestNothingIsDeployedWhileAnOnboardingRests(t *testing.T) {
	for name, record := range map[string]onboarding.Record{
		"paused":    {Paused: &onboarding.Pause{At: thursday}},
		"held":      {Held: &onboarding.Hold{Why: onboarding.NewOwner}},
		"withdrawn": {Withdrawn: &onboarding.Withdrawal{}, EndedAt: thursday},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before, url := w.publish("0.1.0")
			w.want(deploy.Wanted{SHA256: before, URL: url})
			w.look()
			digest, url := w.publish("0.2.0")
			w.want(deploy.Wanted{SHA256: digest, URL: url}) // before the command came
			record.Repository, record.Round = repository, 1
			w.record(record)
			calls := len(w.Mattermost.Calls())
			assert.Zero(t, w.look())
			assert.Len(t, w.Mattermost.Calls(), calls)
			w.runs(before)

			w.want(deploy.Wanted{Halted: "the look saw it, too"})
			assert.Zero(t, w.look())
			w.record(onboarding.Record{Repository: repository, Round: 1})
			w.want(deploy.Wanted{SHA256: digest, URL: url})
			assert.Zero(t, w.look())
			w.runs(digest)
		})
	}
}

func (w *world) record(r onboarding.Record) {
	w.Helper()
	require.NoError(w, w.Store.Write(w.Context(), "record", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveOnboarding(ctx, tx, r, 9)
	}))
}

func TestAPluginIsTakenAwayWhenThatIsWanted(t *testing.T) {
	w := newWorld(t)
	digest, url := w.publish("0.1.0")
	w.want(deploy.Wanted{SHA256: digest, URL: url})
	w.look()
	w.want(deploy.Wanted{Remove: true, By: "@ann"})
	assert.Zero(t, w.look())
	_, is := w.Mattermost.Installed(plugin)
	assert.False(t, is)
	assert.Equal(t, deploy.Removed, w.settled().Outcome)
}

func TestWhatGatesWantWaitsForItsTime(t *testing.T) {
	w := newWorld(t)
	window, err := deploy.ParseWindow("22:00-04:00")
	require.NoError(t, err)
	t1 := w.Targets[target]
	t1.Windows = []deploy.Window{window}
	w.Targets[target] = t1
	digest, url := w.publish("0.1.0")
	w.want(deploy.Wanted{SHA256: digest, URL: url})
	assert.Equal(t, thursday.Add(12*time.Hour), w.look())
	assert.Equal(t, "it waits for its time, 2026-12-03 22:00 UTC", w.open().Why)
	w.now = thursday.Add(12 * time.Hour)
	assert.Zero(t, w.look())
	w.runs(digest)
}

func TestATargetThatIsOffOrGoneHasNothingDone(t *testing.T) {
	w := newWorld(t)
	digest, url := w.publish("0.1.0")
	w.want(deploy.Wanted{SHA256: digest, URL: url})
	t1 := w.Targets[target]
	t1.Off = true
	w.Targets[target] = t1
	assert.Zero(t, w.look())
	assert.Equal(t, "nothing is deployed to ci-extensions at present", w.open().Why)
	delete(w.Targets, target)
	assert.Zero(t, w.look())
	assert.Empty(t, w.Mattermost.Calls())
}

func TestBundlesThatNothingNeedsAreDeleted(t *testing.T) {
	w := newWorld(t)
	first, url := w.publish("0.1.0")
	w.want(deploy.Wanted{SHA256: first, URL: url})
	w.look()
	before, url := w.publish("0.1.1")
	w.want(deploy.Wanted{SHA256: before, URL: url})
	w.look()
	second, url := w.publish("0.2.0")
	w.want(deploy.Wanted{SHA256: second, URL: url})
	w.look()
	offered := w.keep(bundletest.Make(t, plugin, "0.3.0"))
	w.want(deploy.Wanted{Offered: offered})
	w.look()
	w.now = time.Now().Add(48 * time.Hour)
	next, err := w.Look(t.Context(), deploy.Housekeeping)
	require.NoError(t, err)
	assert.Equal(t, w.now.Add(time.Hour), next)
	assert.False(t, w.kept(first))
	assert.True(t, w.kept(before), "it is what an admin may have put back")
	assert.True(t, w.kept(second), "it is what runs, and what is put back after a build that does not start")
	assert.True(t, w.kept(offered))
	w.runs(second)
	assert.Zero(t, w.Mattermost.Count(http.MethodPost, "/api/v4/plugins/install_from_url"))
}
