package clone

import (
	"context"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"testing"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks/safehttp"
)

// nowhere resolves no name; here each to loopback.
type (
	nowhere struct{}
	here    struct{}
)

func (nowhere) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return nil, nil }
func (here) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// hub is a server with a git repository at /acme/starter, and the client that
// may dial it.
func hub(t *testing.T, dir string, change func(*safehttp.Policy)) (client *safehttp.Client, url string) {
	t.Helper()
	session := func(w http.ResponseWriter) transport.UploadPackSession {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		loader := server.NewFilesystemLoader(osfs.New(dir))
		s, err := server.NewServer(loader).NewUploadPackSession(&transport.Endpoint{Path: "/.git"}, nil)
		assert.NoError(t, err)
		return s
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /acme/starter/info/refs", func(w http.ResponseWriter, r *http.Request) {
		offer, err := session(w).AdvertisedReferencesContext(r.Context())
		assert.NoError(t, err)
		offer.Prefix = [][]byte{[]byte("# service=git-upload-pack"), pktline.Flush}
		assert.NoError(t, offer.Encode(w))
	})
	mux.HandleFunc("POST /acme/starter/git-upload-pack", func(w http.ResponseWriter, r *http.Request) {
		request := packp.NewUploadPackRequest()
		assert.NoError(t, request.Decode(r.Body))
		answer, err := session(w).UploadPack(r.Context(), request)
		assert.NoError(t, err)
		_ = answer.Encode(w) // the client may hang up
	})
	mux.Handle("GET /acme/moved/info/refs", http.RedirectHandler("/acme/starter/info/refs?service=git-upload-pack", http.StatusMovedPermanently))
	mux.Handle("GET /acme/plain/info/refs", http.RedirectHandler("http://127.0.0.1/", http.StatusFound))
	mux.HandleFunc("GET /acme/broken/info/refs", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })

	s := httptest.NewUnstartedServer(mux)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	policy := safehttp.Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RootCAs: roots, Resolver: here{}}
	if change != nil {
		change(&policy)
	}
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	return safehttp.New(policy), "https://example.com:" + port + "/"
}

func TestARepositoryIsDownloadedAndNotKept(t *testing.T) {
	r, commits := starter(t)
	t.Setenv("TMPDIR", t.TempDir())
	received := 0
	ctx := safehttp.Metered(t.Context(), func(n int) { received += n })
	client, url := hub(t, r.dir, nil)
	for _, name := range []string{"acme/starter", "acme/moved"} {
		index, err := download(ctx, client, url, name)
		require.NoError(t, err)
		isStarter(t, index, commits)
		assert.Equal(t, name, index.Repository())
	}
	assert.Positive(t, received)
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestFaultWhatCannotBeDownloadedSaysWhyAndWhatToDo(t *testing.T) {
	r, _ := starter(t)
	client, url := hub(t, r.dir, nil)
	for name, want := range map[string]string{
		"acme/none":   "there is no public repository of this name",
		"acme/broken": "ask for its branches",
		"acme/plain":  "https://",
	} {
		_, err := download(t.Context(), client, url, name)
		require.ErrorContains(t, err, want, name)
		assert.ErrorContains(t, err, "clone it with git", name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := download(ctx, client, url, "acme/starter")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestAttackATemplateOnAPrivateNetwork(t *testing.T) {
	r, _ := starter(t)
	client, url := hub(t, r.dir, func(p *safehttp.Policy) { p.AllowCIDRs = nil })
	_, err := download(t.Context(), client, url, "acme/starter")
	var refused *safehttp.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "url/not-public", refused.Rule)
}

func TestAttackATemplateWithoutEnd(t *testing.T) {
	r, _ := starter(t)
	client, at := hub(t, r.dir, func(p *safehttp.Policy) { p.MaxBytes = 1 << 10 })
	_, err := download(t.Context(), client, at, "acme/starter")
	assert.ErrorContains(t, err, "larger than")
}
