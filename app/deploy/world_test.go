package deploy_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"net/http"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/bundles"
	"github.com/onboard-app/onboard/app/mattermost/standin"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/store/storetest"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
	"github.com/onboard-app/onboard/checks/safehttp"
)

const (
	target     = "ci-extensions"
	plugin     = "com.example.hello"
	repository = 7
)

// thursday is a Thursday, in the morning.
var thursday = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

// world is a server, an author's web server, and the record.
type world struct {
	*testing.T
	*deploy.Deployments
	Mattermost *standin.Server
	site       string            // of the author
	files      map[string][]byte // that it has, by path
	now        time.Time
	told       int // how often the onboarding was to be looked at
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, now: thursday, files: map[string][]byte{}}
	s, err := store.Open(t.Context(), storetest.URL(t))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	w.Mattermost, err = standin.New(standin.Options{Token: "right", Version: "10.0.0"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.Mattermost.Close()) })
	server, err := mattermost.New(mattermost.Options{Name: target, URL: w.Mattermost.URL(), Token: func() string { return "right" }})
	require.NoError(t, err)
	url, policy := bundletest.Serve(t, "a.example.com", http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		content, is := w.files[in.URL.Path]
		if !is {
			http.NotFound(out, in)
			return
		}
		_, _ = out.Write(content)
	}))
	policy.AllowCIDRs = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	w.site = url
	w.Deployments = &deploy.Deployments{
		Store: s, Targets: map[string]deploy.Target{target: {Server: server}}, Fetch: safehttp.New(policy),
		Bundles: bundles.Folder{Path: filepath.Join(t.TempDir(), "bundles"), Most: 1 << 20}, DailyBytes: 1 << 20,
		Now: func() time.Time { return w.now }, Run: func(context.Context, *sql.Tx, string, time.Time) error { w.told++; return nil }, Poll: time.Millisecond, Patience: 20 * time.Millisecond,
	}
	require.NoError(t, s.Write(t.Context(), "a repository", func(ctx context.Context, tx *sql.Tx) error {
		if err := store.SaveRepository(ctx, tx, store.Repository{ID: repository, Installation: 1, OwnerID: 9, Owner: "octo", Name: "hello"}); err != nil {
			return err
		}
		return store.SaveOnboarding(ctx, tx, onboarding.Record{Repository: repository, Round: 1}, 9)
	}))
	return w
}

// publish has the author publish a bundle, and returns its SHA256 and URL.
func (w *world) publish(version string) (digest, url string) {
	w.Helper()
	return w.serve(version+".tar.gz", bundletest.Make(w, plugin, version))
}

func (w *world) serve(name string, content []byte) (digest, url string) {
	w.files["/"+name] = content
	return sum(content), w.site + name
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

// want puts on record what is wanted.
func (w *world) want(wanted deploy.Wanted) {
	w.Helper()
	require.NoError(w, w.Store.Write(w.Context(), "want", func(ctx context.Context, tx *sql.Tx) error {
		_, _, err := deploy.Want(ctx, tx, target, plugin, repository, wanted, false)
		return err
	}))
}

// look runs the key, and returns when to do so again.
func (w *world) look() time.Time {
	w.Helper()
	next, err := w.Look(w.Context(), deploy.Key(target, plugin))
	require.NoError(w, err)
	return next
}

func (w *world) standing() deploy.Standing {
	w.Helper()
	row, _, err := w.Store.Deployment(w.Context(), target, plugin)
	require.NoError(w, err)
	s, err := deploy.Read(row)
	require.NoError(w, err)
	return s
}

// settled tells that all was done that can be done.
func (w *world) settled() deploy.Result {
	w.Helper()
	s := w.standing()
	assert.Equal(w, s.Wish, s.Settled)
	assert.Equal(w, s.Wish, s.Result.Wish)
	return s.Result
}

// open tells that something is still to be done.
func (w *world) open() deploy.Result {
	w.Helper()
	s := w.standing()
	assert.Less(w, s.Settled, s.Wish)
	return s.Result
}

func (w *world) runs(digest string) {
	w.Helper()
	p, is := w.Mattermost.Installed(plugin)
	require.True(w, is)
	assert.Equal(w, digest, p.SHA256)
	assert.Equal(w, model.PluginStateRunning, p.State)
}

func (w *world) keep(content []byte) string {
	w.Helper()
	require.NoError(w, w.Bundles.Keep(w.Context(), sum(content), bytes.NewReader(content)))
	return sum(content)
}

func (w *world) kept(digest string) bool {
	w.Helper()
	is, err := w.Bundles.Has(w.Context(), digest)
	require.NoError(w, err)
	return is
}
