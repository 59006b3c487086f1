// Package bundletest makes bundles, and servers that checks download them from,
// for tests.
package bundletest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// Make makes a bundle of a web app with this id and version.
func Make(t testing.TB, id, version string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, file := range [][2]string{
		{"hello/webapp/main.js", "x"},
		{"hello/plugin.json", fmt.Sprintf(`{"id": %q, "version": %q, "min_server_version": "9.11.0", "webapp": {"bundle_path": "webapp/main.js"}}`, id, version)},
	} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: file[0], Typeflag: tar.TypeReg, Size: int64(len(file[1]))}))
		_, err := io.WriteString(w, file[1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return b.Bytes()
}

// Resolver is one of which every name is loopback, or that is broken.
type Resolver struct{ Err error }

// LookupNetIP returns the loopback address, and the error if there is one.
func (r Resolver) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, r.Err
}

// Serve serves a handler by TLS until the test ends. It returns the URL of the
// server's root at a host that its certificate names, such as a.example.com, and
// the policy under which a client gets there.
func Serve(t testing.TB, host string, handler http.Handler) (url string, policy safehttp.Policy) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	return "https://" + net.JoinHostPort(host, port) + "/",
		safehttp.Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RootCAs: roots, Resolver: Resolver{}}
}

// Answer answers a request with the content, which it counts before the client
// can have it, or with 304 if the request names this ETag, quotes aside.
func Answer(out http.ResponseWriter, in *http.Request, content []byte, etag string, read *atomic.Int32) {
	etag = `"` + etag + `"`
	out.Header().Set("ETag", etag)
	if in.Header.Get("If-None-Match") == etag {
		out.WriteHeader(http.StatusNotModified)
		return
	}
	read.Add(1)
	_, _ = out.Write(content)
}

// Stored returns a result as a store gives it back: it has been through JSON.
func Stored(t testing.TB, result checks.Result) checks.Result {
	t.Helper()
	text, err := json.Marshal(result)
	require.NoError(t, err)
	var stored checks.Result
	require.NoError(t, json.Unmarshal(text, &stored))
	return stored
}
