package nightlybuild

// Findings of review34: each test says what should hold, and fails.

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/bundle/bundletest"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// R35: the App bounds a check by 2 minutes, the client by 10: a server that is
// slow, but not too slow, is nobody's fault for ever and never the author's turn.
func TestReview34ASlowServerFailsAfterThreeNights(t *testing.T) {
	w := newWorld(t, func(out http.ResponseWriter, in *http.Request) {
		packed, _ := gzip.NewWriterLevel(out, gzip.NoCompression)
		archive := tar.NewWriter(packed)
		_ = archive.WriteHeader(&tar.Header{Name: "x/large", Size: 100 << 20, Mode: 0o644, Typeflag: tar.TypeReg})
		for in.Context().Err() == nil {
			_, _ = archive.Write(make([]byte, 4<<10))
			_ = packed.Flush()
			_ = http.NewResponseController(out).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	w.subject.Nightly = &checks.Previous{URL: w.url, At: now.Add(-24 * time.Hour), Result: checks.Result{
		Outcome: checks.Error, Facts: map[string]any{"unreachable_since": now.Add(-5 * 24 * time.Hour).Format(time.RFC3339)},
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // reconcile.checkTimeout
	defer cancel()
	result, cause := checks.Run(ctx, made(t, w.policy, safehttp.New(w.fetching)), w.subject)
	t.Log(result.Title, cause)
	assert.Equal(t, checks.Fail, result.Outcome)
	assert.NotEqual(t, "The check could not look", result.Title)
}

// R36: asked again within ten minutes after a file that was no bundle, the check
// repeats itself without a word that it did not look.
func TestReview34ABrokenFileThatWasMendedIsSaidNotToBeReadAgain(t *testing.T) {
	content := []byte("this is no bundle at all, though it is long enough to be read")
	w := newWorld(t, func(out http.ResponseWriter, in *http.Request) { _, _ = out.Write(content) })
	check := made(t, w.policy, safehttp.New(w.fetching))
	first, _ := checks.Run(t.Context(), check, w.subject)
	t.Log(first.Outcome, first.Title, first.Facts)
	content = bundletest.Make(t, "org.example.hello", "1.2.3+aaaaaaa")
	w.subject.Nightly = &checks.Previous{URL: w.url, At: now, Result: first}
	w.subject.Now = now.Add(3 * time.Minute)
	second, _ := checks.Run(t.Context(), check, w.subject)
	t.Log(second.Outcome, second.Title, found(second))
	assert.Contains(t, found(second), "read-recently")
}
