package mattermost_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/standin"
)

const (
	plugin = "com.example.hello"
	token  = "s3cr3t0fth3s3rv3r"
)

// world is a server, what is kept of it, and bundles.
type world struct {
	*testing.T
	*standin.Server
	target  *mattermost.Server
	bundles kept
	records *records
}

// kept are bundles by their SHA256.
type kept map[string][]byte

func (k kept) Open(_ context.Context, sha256 string) (io.ReadCloser, error) {
	content, ok := k[sha256]
	if !ok {
		return nil, errors.New("no such bundle")
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

// records keep records in memory. Once dies says so, nothing is kept any more, as
// if the process had been killed.
type records struct {
	kept  map[string]mattermost.Record
	saves int
	dies  func(save int) bool
}

var errKilled = errors.New("killed")

func (r *records) DeploymentRecord(_ context.Context, target, plugin string) (mattermost.Record, error) {
	return r.kept[target+" "+plugin], nil
}

func (r *records) SaveDeploymentRecord(_ context.Context, target, plugin string, record mattermost.Record) error {
	if r.saves++; r.dies(r.saves - 1) {
		return errKilled
	}
	r.kept[target+" "+plugin] = record
	return nil
}

func newWorld(t *testing.T, options ...func(*standin.Options)) *world {
	t.Helper()
	o := standin.Options{Token: token, Weak: "weak"}
	for _, option := range options {
		option(&o)
	}
	server, err := standin.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	w := &world{T: t, Server: server, bundles: kept{}}
	w.records = &records{kept: map[string]mattermost.Record{}, dies: func(int) bool { return false }}
	w.use(func() string { return token })
	return w
}

// use talks to the server with a token.
func (w *world) use(token func() string) {
	w.Helper()
	var err error
	w.target, err = mattermost.New(mattermost.Options{
		Name: "ci-extensions", URL: w.URL(), Token: token, UserAgent: "onboard/test", CallTime: 5 * time.Second, UploadTime: 5 * time.Second,
	})
	require.NoError(w, err)
}

// bundle makes a bundle, and keeps it.
func (w *world) bundle(version string) mattermost.Bundle {
	w.Helper()
	return w.bundleOf(plugin, version, "6.2.1", nil)
}

func (w *world) bundleOf(id, version, needs string, filling []byte) mattermost.Bundle {
	w.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	archive := tar.NewWriter(z)
	for _, file := range []struct {
		name    string
		content []byte
	}{
		{"plugin.json", fmt.Appendf(nil, `{"id": %q, "version": %q, "min_server_version": %q}`, id, version, needs)},
		{"webapp/main.js", filling},
	} {
		require.NoError(w, archive.WriteHeader(&tar.Header{Name: id + "/" + file.name, Typeflag: tar.TypeReg, Size: int64(len(file.content))}))
		_, err := archive.Write(file.content)
		require.NoError(w, err)
	}
	require.NoError(w, archive.Close())
	require.NoError(w, z.Close())
	return w.keep(b.Bytes(), id, version, needs)
}

// keep keeps bytes, whatever they are, as the bundle of a version.
func (w *world) keep(content []byte, id, version, needs string) mattermost.Bundle {
	sum := sha256.Sum256(content)
	b := mattermost.Bundle{SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(content)), Plugin: id, Version: version, MinServerVersion: needs}
	w.bundles[b.SHA256] = content
	return b
}

func (w *world) deploy(b mattermost.Bundle, how mattermost.How) (mattermost.Report, error) {
	w.Helper()
	return w.deployer().Deploy(w.Context(), w.target, b, how)
}

func (w *world) deployer() *mattermost.Deployer {
	return &mattermost.Deployer{Records: w.records, Bundles: w.bundles, Poll: time.Millisecond, Patience: 20 * time.Millisecond}
}

// deployed deploys what must succeed.
func (w *world) deployed(b mattermost.Bundle) {
	w.Helper()
	report, err := w.deploy(b, mattermost.How{})
	require.NoError(w, err)
	require.Equal(w, mattermost.Deployed, report.Outcome)
	w.runs(b)
}

// runs tells that the very bytes of a bundle run.
func (w *world) runs(b mattermost.Bundle) {
	w.Helper()
	p, is := w.Installed(b.Plugin)
	require.True(w, is, "%s is not installed", b.Plugin)
	assert.Equal(w, b.SHA256, p.SHA256, "version %s is there", p.Manifest.Version)
	assert.Equal(w, model.PluginStateRunning, p.State)
}

func (w *world) record() mattermost.Record { return w.records.kept["ci-extensions "+plugin] }
