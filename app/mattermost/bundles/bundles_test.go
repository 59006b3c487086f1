package bundles_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/mattermost/bundles"
)

func sum(content string) string {
	s := sha256.Sum256([]byte(content))
	return hex.EncodeToString(s[:])
}

func folder(t *testing.T) bundles.Folder {
	return bundles.Folder{Path: filepath.Join(t.TempDir(), "made", "when needed"), Most: 100}
}

func has(t *testing.T, f bundles.Folder, sha256 string) bool {
	t.Helper()
	is, err := f.Has(t.Context(), sha256)
	require.NoError(t, err)
	return is
}

func files(t *testing.T, f bundles.Folder) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(f.Path)
	if !errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestWhatIsKeptIsReadAsItWas(t *testing.T) {
	f := folder(t)
	assert.False(t, has(t, f, sum("a bundle")))
	_, err := f.Open(t.Context(), sum("a bundle"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, f.Keep(t.Context(), sum("a bundle"), strings.NewReader("a bundle")))
	assert.True(t, has(t, f, sum("a bundle")))
	require.NoError(t, f.Keep(t.Context(), sum("a bundle"), iotest.ErrReader(errors.New("read again"))), "what is kept is not read again")
	content, err := f.Open(t.Context(), sum("a bundle"))
	require.NoError(t, err)
	defer content.Close()
	text, err := io.ReadAll(content)
	require.NoError(t, err)
	assert.Equal(t, "a bundle", string(text))
}

func TestOnlyWholeAndRightBundlesAreKept(t *testing.T) {
	for name, content := range map[string]io.Reader{
		"others":      strings.NewReader("another bundle"),
		"a part":      io.MultiReader(strings.NewReader("a bun"), iotest.ErrReader(io.ErrUnexpectedEOF)),
		"nothing":     strings.NewReader(""),
		"too many":    strings.NewReader(strings.Repeat("x", 101)),
		"without end": endless{},
	} {
		t.Run(name, func(t *testing.T) {
			f := folder(t)
			require.Error(t, f.Keep(t.Context(), sum("a bundle"), content))
			assert.Empty(t, files(t, f))
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestAttackANameThatIsNoDigestLeadsNowhere: digests come from the database, and
// from an operator's request.
func TestAttackANameThatIsNoDigestLeadsNowhere(t *testing.T) {
	f := folder(t)
	for _, name := range []string{"", "../../etc/passwd", strings.Repeat("A", 64), sum("x") + "/..", sum("x")[:63]} {
		assert.False(t, has(t, f, name))
		_, err := f.Open(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.Error(t, f.Keep(t.Context(), name, strings.NewReader("x")))
	}
	assert.Empty(t, files(t, f))
}

func TestTheFolderIsBoundedAndCleanedUp(t *testing.T) {
	f := folder(t)
	old, needed, young := strings.Repeat("o", 40), strings.Repeat("n", 40), strings.Repeat("y", 40)
	require.NoError(t, f.Keep(t.Context(), sum(old), strings.NewReader(old)))
	require.NoError(t, f.Keep(t.Context(), sum(needed), strings.NewReader(needed)))
	var full *bundles.FullError
	require.ErrorAs(t, f.Keep(t.Context(), sum(young), strings.NewReader(young)), &full)
	require.NoError(t, os.WriteFile(filepath.Join(f.Path, "README"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(f.Path, "0123-1.part"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(f.Path, "0123-2.part"), nil, 0o600))
	yesterday := time.Now().Add(-24 * time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(f.Path, "0123-1.part"), yesterday, yesterday))

	deleted, err := f.Clean(t.Context(), []string{sum(needed)}, yesterday)
	require.NoError(t, err)
	assert.Equal(t, 1, deleted, "what is young may be about to be needed")
	deleted, err = f.Clean(t.Context(), []string{sum(needed)}, time.Now().Add(time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 1, deleted)
	require.NoError(t, f.Keep(t.Context(), sum(young), strings.NewReader(young)))
	assert.ElementsMatch(t, []string{sum(needed) + ".tar.gz", sum(young) + ".tar.gz", "README", "0123-2.part"}, files(t, f))

	deleted, err = bundles.Folder{Path: filepath.Join(t.TempDir(), "none")}.Clean(t.Context(), nil, time.Now())
	require.NoError(t, err)
	assert.Zero(t, deleted)
}

func TestTwoMayKeepTheSameAtATime(t *testing.T) {
	f := folder(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { assert.NoError(t, f.Keep(t.Context(), sum("a bundle"), strings.NewReader("a bundle"))) })
	}
	all.Wait()
	assert.Equal(t, []string{sum("a bundle") + ".tar.gz"}, files(t, f))
}
