package reconcile_test

import (
	"net/http"
	"testing"

	"github.com/onboard-app/onboard/checks/bundle/bundletest"
	"github.com/onboard-app/onboard/checks/safehttp"
)

func serveBytes(t *testing.T, n int) (string, safehttp.Policy) {
	t.Helper()
	return bundletest.Serve(t, "builds.example.com", http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		_, _ = out.Write(make([]byte, n))
	}))
}
