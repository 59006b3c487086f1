package bundles_test

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/mattermost/bundles"
)

// store is an S3-compatible store with a bucket.
type store struct {
	*testing.T
	backend *s3mem.Backend
	url     string
	fails   atomic.Bool
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{T: t, backend: s3mem.New()}
	require.NoError(t, s.backend.CreateBucket("onboard"))
	serve := gofakes3.New(s.backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.fails.Load() {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		serve.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// machine is a folder of its own, beside the same bucket.
func (s *store) machine() bundles.Folder {
	s.Helper()
	bucket, err := bundles.NewS3(bundles.S3Options{
		URL: s.url, Region: "us-east-1", Bucket: "onboard", Prefix: "bundles/", AccessKey: "key", SecretKey: func() string { return "s3cret" },
	})
	require.NoError(s, err)
	return bundles.Folder{Path: filepath.Join(s.TempDir(), "bundles"), Most: 1000, S3: bucket}
}

// objects are what is in the bucket.
func (s *store) objects() (names []string) {
	s.Helper()
	list, err := s.backend.ListBucket("onboard", nil, gofakes3.ListBucketPage{})
	require.NoError(s, err)
	for _, object := range list.Contents {
		names = append(names, object.Key)
	}
	return names
}

// put puts an object there, of whatever content.
func (s *store) put(name, content string) {
	s.Helper()
	meta := map[string]string{"Last-Modified": time.Now().UTC().Format(http.TimeFormat)}
	_, err := s.backend.PutObject("onboard", name, meta, strings.NewReader(content), int64(len(content)), nil)
	require.NoError(s, err)
}

func (s *store) has(f bundles.Folder, sha256 string) bool {
	s.Helper()
	is, err := f.Has(s.Context(), sha256)
	require.NoError(s, err)
	return is
}

func (s *store) read(f bundles.Folder, sha256 string) string {
	s.Helper()
	file, err := f.Open(s.Context(), sha256)
	require.NoError(s, err)
	content, err := io.ReadAll(file)
	require.NoError(s, err)
	require.NoError(s, file.Close())
	return string(content)
}

func TestMachinesShareABucket(t *testing.T) {
	s := newStore(t)
	one, other := s.machine(), s.machine()
	assert.False(t, s.has(one, sum("a")))
	require.NoError(t, one.Keep(t.Context(), sum("a"), strings.NewReader("a")))
	assert.Equal(t, []string{"bundles/" + sum("a") + ".tar.gz"}, s.objects())
	assert.True(t, s.has(other, sum("a")))
	require.NoError(t, other.Keep(t.Context(), sum("a"), iotestFails{}), "it is there, so that it is not read")
	assert.Equal(t, "a", s.read(other, sum("a")))
	s.fails.Store(true)
	assert.Equal(t, "a", s.read(other, sum("a")), "from now on it has it")
	assert.True(t, s.has(other, sum("a")))
	_, err := other.Open(t.Context(), sum("b"))
	require.ErrorAs(t, err, new(*bundles.StoreError))
	s.fails.Store(false)
	_, err = other.Open(t.Context(), sum("b"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

type iotestFails struct{}

func (iotestFails) Read([]byte) (int, error) { return 0, os.ErrClosed }

func TestALargeBundleTravelsWhole(t *testing.T) {
	s := newStore(t)
	one, other := s.machine(), s.machine()
	one.Most, other.Most = 64<<20, 64<<20
	content := bytes.Repeat([]byte("0123456789abcdef"), 20<<20/16)
	require.NoError(t, one.Keep(t.Context(), sum(string(content)), bytes.NewReader(content)))
	assert.Len(t, s.read(other, sum(string(content))), len(content))
}

// TestAttackWhoeverWritesIntoTheBucketChangesNothingThatIsDeployed: what comes from
// there must have the sha256 that was checked (S6).
func TestAttackWhoeverWritesIntoTheBucketChangesNothingThatIsDeployed(t *testing.T) {
	s := newStore(t)
	f := s.machine()
	s.put("bundles/"+sum("a")+".tar.gz", "evil")
	_, err := f.Open(t.Context(), sum("a"))
	require.ErrorAs(t, err, new(*bundles.DifferentError))
	assert.Empty(t, files(t, f))
	s.put("bundles/"+sum("large")+".tar.gz", strings.Repeat("x", 2000))
	_, err = f.Open(t.Context(), sum("large"))
	require.ErrorAs(t, err, new(*bundles.FullError))
	for _, wrong := range []string{"", "../x", strings.Repeat("A", 64)} {
		_, err := f.Open(t.Context(), wrong)
		require.ErrorIs(t, err, fs.ErrNotExist)
		assert.False(t, s.has(f, wrong))
	}
}

func TestAStoreThatIsAwayHoldsUpTheUploadAndIsCaughtUpWith(t *testing.T) {
	s := newStore(t)
	f := s.machine()
	require.NoError(t, f.Keep(t.Context(), sum("a"), strings.NewReader("a")))
	s.fails.Store(true)
	_, err := f.Clean(t.Context(), nil, time.Now())
	require.ErrorAs(t, err, new(*bundles.StoreError))
	assert.NotContains(t, err.Error(), "s3cret")
	_, err = f.Has(t.Context(), sum("b"))
	require.ErrorAs(t, err, new(*bundles.StoreError))
	s.fails.Store(false)

	none := f
	none.S3 = nil
	require.NoError(t, none.Keep(t.Context(), sum("b"), strings.NewReader("b")), "as if the store had failed after that")
	deleted, err := f.Clean(t.Context(), []string{sum("a"), sum("b"), sum("nowhere"), ""}, time.Now().Add(time.Hour))
	require.NoError(t, err)
	assert.Zero(t, deleted)
	assert.ElementsMatch(t, []string{"bundles/" + sum("a") + ".tar.gz", "bundles/" + sum("b") + ".tar.gz"}, s.objects())
}

func TestWhatNobodyNeedsLeavesTheBucket(t *testing.T) {
	s := newStore(t)
	f := s.machine()
	for _, content := range []string{"a", "b"} {
		require.NoError(t, f.Keep(t.Context(), sum(content), strings.NewReader(content)))
	}
	s.put("bundles/notes.txt", "mine")
	s.put("elsewhere/"+sum("a")+".tar.gz", "a")
	deleted, err := f.Clean(t.Context(), []string{sum("a")}, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	assert.Zero(t, deleted, "b is new: it may be on its way")
	deleted, err = f.Clean(t.Context(), []string{sum("a")}, time.Now().Add(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, 2, deleted, "in the folder and in the bucket")
	assert.ElementsMatch(t, []string{"bundles/" + sum("a") + ".tar.gz", "bundles/notes.txt", "elsewhere/" + sum("a") + ".tar.gz"}, s.objects())
}
