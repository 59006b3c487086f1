package bundle

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks/checkstest"
)

// self is this test's own program: what real bundles consist of.
var self = sync.OnceValues(func() ([]byte, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// largeFile makes a bundle with some copies of a program; four are as much as a
// real one has.
func largeFile(t testing.TB, copies int) (path string, unpacked int64) {
	t.Helper()
	program, err := self()
	require.NoError(t, err)
	entries := good("hello/")
	for i := range copies {
		entries = append(entries, file(fmt.Sprintf("hello/server/dist/other-%d", i), string(program)))
	}
	archive := archiveOf(t, entries)
	path = filepath.Join(t.TempDir(), "bundle.tar.gz")
	require.NoError(t, os.WriteFile(path, packed(t, archive), 0o600))
	return path, int64(len(archive))
}

func TestALargeBundleIsReadInConstantMemory(t *testing.T) {
	path, unpacked := largeFile(t, 1)
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	memory := watch(t, f, 64<<10)
	b, problems, err := Read(t.Context(), memory, DefaultLimits())
	require.NoError(t, err)
	assert.Empty(t, problems)
	assert.Equal(t, unpacked, b.Unpacked)
	assert.Less(t, memory.peak(), int64(maxMemory), "bytes over idle")
	t.Logf("%d MiB packed, %d MiB unpacked, %d KiB over idle", b.Bytes>>20, b.Unpacked>>20, memory.peak()>>10)
}

// BenchmarkRead reads a bundle of the size of a real one. It is to be at least
// as fast as `gzip -t`, which checks nothing but the packing, in little memory.
func BenchmarkRead(b *testing.B) {
	path, unpacked := largeFile(b, 4)
	read := func(wrap func(io.Reader) io.Reader) {
		f, err := os.Open(path)
		require.NoError(b, err)
		_, problems, err := Read(b.Context(), wrap(f), DefaultLimits())
		require.NoError(b, err)
		require.Empty(b, problems)
		require.NoError(b, f.Close())
	}
	b.SetBytes(unpacked)
	for b.Loop() {
		read(func(f io.Reader) io.Reader { return f })
	}
	if gzip, err := exec.LookPath("gzip"); err == nil {
		ours, theirs := time.Hour, time.Hour
		for range 5 { // in turns, and the fastest of each: other programs run here too
			ours = min(ours, took(func() { read(func(f io.Reader) io.Reader { return f }) }))
			theirs = min(theirs, took(func() { require.NoError(b, exec.CommandContext(b.Context(), gzip, "-t", path).Run()) }))
		}
		checkstest.AtMost(b, ours.Seconds()/theirs.Seconds(), 1, "of-gzip-time")
	}
	var memory *watched
	read(func(f io.Reader) io.Reader { memory = watch(b, f, 64<<10); return memory })
	checkstest.AtMost(b, float64(memory.peak())/(1<<20), maxMemory>>20, "MiB-over-idle")
}

// took measures how long f takes.
func took(f func()) time.Duration {
	begin := time.Now()
	f()
	return time.Since(begin)
}
