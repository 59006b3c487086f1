package mattermost_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/standin"
)

const plugins = "/api/v4/plugins"

func TestABundleIsDeployedOnceAndThenItRuns(t *testing.T) {
	w := newWorld(t)
	b := w.bundle("0.1.0")

	report, err := w.deploy(b, mattermost.How{DryRun: true})
	require.NoError(t, err)
	assert.Equal(t, mattermost.Report{Outcome: mattermost.WouldBe, Server: "7.6.0"}, report)
	_, is := w.Installed(plugin)
	assert.False(t, is)
	assert.Equal(t, mattermost.Record{}, w.record(), "a dry run leaves no trace")

	w.deployed(b)
	assert.Equal(t, mattermost.Record{Good: b}, w.record())

	report, err = w.deploy(b, mattermost.How{})
	require.NoError(t, err)
	assert.Equal(t, mattermost.Report{Outcome: mattermost.Unchanged, Before: "0.1.0", Server: "7.6.0"}, report)
	assert.Equal(t, 1, w.Count(http.MethodPost, plugins+"/"+plugin), "it is enabled once")

	next := w.bundle("0.2.0")
	report, err = w.deploy(next, mattermost.How{})
	require.NoError(t, err)
	assert.Equal(t, mattermost.Report{Outcome: mattermost.Deployed, Before: "0.1.0", Server: "7.6.0"}, report)
	w.runs(next)
	assert.Zero(t, w.Count(http.MethodPost, plugins+"/install_from_url"), "the server downloads nothing by itself (S6)")
}

func TestANightlyOfTheSameVersionReplacesTheOneBefore(t *testing.T) {
	w := newWorld(t)
	monday, tuesday := w.bundleOf(plugin, "0.1.0", "6.2.1", []byte("monday")), w.bundleOf(plugin, "0.1.0", "6.2.1", []byte("tuesday"))
	w.deployed(monday)
	w.deployed(tuesday)
	assert.Equal(t, tuesday, w.record().Good)
}

func TestAPluginThatWasStoppedOrRemovedByHandIsDeployedAnew(t *testing.T) {
	w := newWorld(t)
	b := w.bundle("0.1.0")
	w.deployed(b)
	w.Crash(plugin)
	w.deployed(b)
	require.NoError(t, w.deployer().Remove(t.Context(), w.target, plugin))
	w.deployed(b)
}

// TestWhatRealServersAnswer is the table of mattermost-api.md: a version runs, and
// the next one is deployed. What ran before must run after all that goes wrong.
func TestWhatRealServersAnswer(t *testing.T) {
	good := func(w *world) mattermost.Bundle { return w.bundle("0.2.0") }
	for _, row := range []struct {
		name   string
		bundle func(w *world) mattermost.Bundle
		happen func(w *world)
		want   mattermost.Reason // "": it runs
		says   string
		left   string
		once   bool // a second try may do better
	}{
		{name: "201 and enabled: it runs", bundle: good},
		{
			name: "500, and the broken version is left behind: the one before is put back", bundle: good,
			happen: func(w *world) { w.Break(plugin, "0.2.0", "it crashes") },
			want:   mattermost.DidNotStart, says: "the plugin does not start", left: `"0.1.0" runs there now`,
		},
		{
			name: "a newer server is needed: nothing is stopped for it", bundle: func(w *world) mattermost.Bundle { return w.bundleOf(plugin, "0.3.0", "11.0.0", nil) },
			happen: func(w *world) { w.Inject(standin.Fault{Method: http.MethodPost, Status: http.StatusTeapot}) },
			want:   mattermost.NeedsNewer, says: "the plugin needs a newer server", left: `"0.1.0" runs there now`,
		},
		{
			name: "a newer server is needed, and what the manifest says is not known: the one before is put back",
			bundle: func(w *world) mattermost.Bundle {
				b := w.bundleOf(plugin, "0.3.0", "11.0.0", nil)
				b.MinServerVersion = ""
				return b
			},
			want: mattermost.DidNotStart, says: "the plugin does not start", left: `"0.1.0" runs there now`,
		},
		{
			name: "400, a truncated archive", bundle: func(w *world) mattermost.Bundle {
				whole := w.bundles[w.bundle("0.2.0").SHA256]
				return w.keep(whole[:len(whole)/2], plugin, "0.2.0", "6.2.1")
			},
			want: mattermost.BadBundle, says: "the server cannot unpack the bundle (400 app.plugin.extract.app_error",
		},
		{
			name: "400, a page instead of a bundle", bundle: func(w *world) mattermost.Bundle {
				return w.keep([]byte("<!DOCTYPE html><p>Sign in"), plugin, "0.2.0", "6.2.1")
			},
			want: mattermost.BadBundle, says: "the server cannot unpack the bundle",
		},
		{
			name: "400, the server's MaxFileSize", bundle: good,
			happen: func(w *world) {
				w.Inject(standin.Fault{Method: http.MethodPost, Path: plugins, Status: 400, Body: "http: request body too large\n"})
			},
			want: mattermost.TooLarge, says: "the bundle is too large for the server",
		},
		{
			name: "413, the proxy's bound", bundle: good,
			happen: func(w *world) {
				w.Inject(standin.Fault{Method: http.MethodPost, Path: plugins, Status: 413, Body: "<html>"})
			},
			want: mattermost.TooLarge, says: "the bundle is too large for the server (413)",
		},
		{
			name: "401, the token is refused", bundle: good, happen: func(w *world) { w.SetToken("another") },
			want: mattermost.TokenRefused, says: "the server refuses the access token (401 api.context.session_expired.app_error",
		},
		{
			name: "403, the account may not", bundle: good, happen: func(w *world) { w.use(func() string { return "weak" }) },
			want: mattermost.NotAllowed, says: "the token's account may not manage plugins (403",
		},
		{
			name: "no token in the file", bundle: good, happen: func(w *world) { w.use(func() string { return "" }) },
			want: mattermost.NoToken, says: "there is no access token for it",
		},
		{
			name: "503, an outage", bundle: good,
			happen: func(w *world) { w.Inject(standin.Fault{Status: 503, Body: "<html>", Times: 1}) },
			want:   mattermost.Unavailable, says: "the server is not available (503)", once: true,
		},
		{
			name: "another address", bundle: good,
			happen: func(w *world) {
				w.Inject(standin.Fault{Status: 301, Header: http.Header{"Location": {"https://other.example.com/"}}})
			},
			want: mattermost.Moved, says: "the server sends us to another address, where the token is not sent (301)",
		},
		{
			name: "a page that is no answer", bundle: good, happen: func(w *world) { w.Inject(standin.Fault{Status: 200, Body: "<html>Welcome"}) },
			want: mattermost.Misunderstood, says: "what answers is no Mattermost server",
		},
		{
			name: "nothing, and called unchanged", bundle: good, happen: func(w *world) { w.Inject(standin.Fault{Status: 304}) },
			want: mattermost.Misunderstood, says: "what answers is no Mattermost server",
		},
		{
			name: "null instead of a list", bundle: good, happen: func(w *world) { w.Inject(standin.Fault{Status: 200, Body: "null"}) },
			want: mattermost.Misunderstood, says: "what answers is no Mattermost server",
		},
		{
			name: "an answer without an end", bundle: good,
			happen: func(w *world) {
				w.Inject(standin.Fault{Status: 200, Body: "[" + string(bytes.Repeat([]byte(" "), 5<<20)) + "]"})
			},
			want: mattermost.Misunderstood, says: "what answers is no Mattermost server",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			before := w.bundle("0.1.0")
			w.deployed(before)
			b := row.bundle(w)
			if row.happen != nil {
				row.happen(w)
			}
			report, err := w.deploy(b, mattermost.How{})
			if row.want == "" {
				require.NoError(t, err)
				w.runs(b)
				return
			}
			require.ErrorContains(t, err, row.says)
			assert.Equal(t, row.want, mattermost.ReasonOf(err))
			var why *mattermost.Error
			require.ErrorAs(t, err, &why)
			assert.NotEmpty(t, why.Next())
			assert.Equal(t, row.left, why.Left)
			assert.NotEqual(t, mattermost.Deployed, report.Outcome)
			w.runs(before)
			assert.Equal(t, mattermost.Bundle{}, w.record().Tried, "the server is as it was, and that is known")
			_, err = w.deploy(b, mattermost.How{})
			assert.Equal(t, row.once, err == nil, "the second try: %v", err)
		})
	}
}

func TestAServerThatTakesNoUploadsIsToldApartBeforeTheBundleIsSent(t *testing.T) {
	w := newWorld(t, func(o *standin.Options) { o.NoUploads = true })
	noise := make([]byte, 8<<20) // more than fits into the buffers on the way
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	b := w.bundleOf(plugin, "0.1.0", "6.2.1", noise)
	_, err := w.deploy(b, mattermost.How{})
	require.ErrorContains(t, err, "upload the bundle on ci-extensions")
	assert.Equal(t, mattermost.UploadsOff, mattermost.ReasonOf(err))
	assert.Equal(t, mattermost.Record{}, w.record())
}

func TestAVersionThatDidNotStartIsNotTriedAgainUnlessAsked(t *testing.T) {
	w := newWorld(t)
	before, b := w.bundle("0.1.0"), w.bundle("0.2.0")
	w.deployed(before)
	w.Break(plugin, "0.2.0", "it crashes")
	for range 2 {
		report, err := w.deploy(b, mattermost.How{})
		assert.Equal(t, mattermost.DidNotStart, mattermost.ReasonOf(err))
		assert.Equal(t, mattermost.RolledBack, report.Outcome)
		w.runs(before)
	}
	assert.Equal(t, 3, w.uploads(), "the one before, the broken one, and the one before again")

	w.Break(plugin, "0.2.0", "")
	report, err := w.deploy(b, mattermost.How{Again: true})
	require.NoError(t, err)
	assert.Equal(t, mattermost.Deployed, report.Outcome)
	w.runs(b)
}

func (w *world) uploads() (n int) {
	for _, c := range w.Calls() {
		if c.Method == http.MethodPost && c.Path == plugins {
			n++
		}
	}
	return n
}

func TestAFirstVersionThatDoesNotStartIsTakenAway(t *testing.T) {
	w := newWorld(t)
	b := w.bundle("0.1.0")
	w.Break(plugin, "0.1.0", "it crashes")
	report, err := w.deploy(b, mattermost.How{})
	require.ErrorContains(t, err, "does not start; nothing of it is installed there now")
	assert.Equal(t, mattermost.RolledBack, report.Outcome)
	_, is := w.Installed(plugin)
	assert.False(t, is)
}

func TestEnableIsAnswered200ThoughThePluginFailed(t *testing.T) {
	w := newWorld(t)
	before, b := w.bundle("0.1.0"), w.bundle("0.2.0")
	w.deployed(before)
	// As if the plugin had been disabled by hand: the upload cannot fail then.
	remove := w.Inject(standin.Fault{Path: plugins + "/" + plugin + "/enable", Status: 200, Body: `{"status":"OK"}`})
	w.Disable(plugin)
	w.Break(plugin, "0.2.0", "it crashes")
	_, err := w.deploy(b, mattermost.How{})
	assert.Equal(t, mattermost.NotRolledBack, mattermost.ReasonOf(err), "200 is not believed")
	remove()
	_, err = w.deploy(b, mattermost.How{})
	assert.Equal(t, mattermost.DidNotStart, mattermost.ReasonOf(err))
	w.runs(before)
}

func TestEveryNodeMustRunIt(t *testing.T) {
	w := newWorld(t, func(o *standin.Options) { o.Nodes = 3 })
	w.deployed(w.bundle("0.1.0"))
	seen, err := w.target.Look(t.Context(), plugin)
	require.NoError(t, err)
	require.Len(t, seen.Nodes, 3)
	assert.True(t, seen.Runs("0.1.0"))
	seen.Nodes[1].State = model.PluginStateNotRunning
	assert.False(t, seen.Runs("0.1.0"))
	seen.Nodes[1].State, seen.Nodes[2].Version = model.PluginStateRunning, "0.0.9"
	assert.False(t, seen.Runs("0.1.0"))
	assert.False(t, mattermost.Seen{}.Runs(""), "what is not there does not run")
}

func TestTheBundleThatIsNeededToRollBackIsLost(t *testing.T) {
	w := newWorld(t)
	before, b := w.bundle("0.1.0"), w.bundle("0.2.0")
	w.deployed(before)
	w.Break(plugin, "0.2.0", "it crashes")
	content := w.bundles[before.SHA256]
	delete(w.bundles, before.SHA256)
	_, err := w.deploy(b, mattermost.How{})
	require.ErrorContains(t, err, "what ran before could not be put back")
	require.ErrorContains(t, err, `"0.2.0" is installed there now and does not run`)
	assert.Equal(t, mattermost.NotRolledBack, mattermost.ReasonOf(err))
	w.bundles[before.SHA256] = content
	_, err = w.deploy(b, mattermost.How{})
	assert.Equal(t, mattermost.DidNotStart, mattermost.ReasonOf(err))
	w.runs(before)
}

func TestATokenIsReadAnewForEachCall(t *testing.T) {
	w := newWorld(t)
	current := "old"
	w.use(func() string { return current })
	b := w.bundle("0.1.0")
	_, err := w.deploy(b, mattermost.How{})
	assert.Equal(t, mattermost.TokenRefused, mattermost.ReasonOf(err))
	current = token
	w.deployed(b)
}

func TestOnlyOwnPluginsAreRemoved(t *testing.T) {
	w := newWorld(t)
	w.Put(plugin, "9.9.9")
	err := w.deployer().Remove(t.Context(), w.target, plugin)
	assert.Equal(t, mattermost.Foreign, mattermost.ReasonOf(err))
	require.ErrorContains(t, err, fmt.Sprintf("remove on ci-extensions, plugin %q", plugin))
	_, is := w.Installed(plugin)
	assert.True(t, is)
	require.NoError(t, w.deployer().Remove(t.Context(), w.target, "com.example.other"), "what is not there need not be removed")
}

func TestAnOutageIsToldAsOne(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Close())
	_, err := w.deploy(w.bundle("0.1.0"), mattermost.How{})
	var why *mattermost.Error
	require.ErrorAs(t, err, &why)
	_, is := why.Unavailable()
	assert.True(t, is)
	require.ErrorContains(t, err, "nothing listens there")
}
