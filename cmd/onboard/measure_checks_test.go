package main

import (
	"archive/tar"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/all"
	"github.com/onboard-app/onboard/checks/bundle"
	"github.com/onboard-app/onboard/checks/folder"
	"github.com/onboard-app/onboard/checks/safehttp"
)

const checkRounds = 7

// checks measures what the checks take for a plugin of 300 files, in turns with
// programs that do less with the same files.
func (m *measuring) checks() {
	dir := m.t.TempDir()
	writePlugin(m.t, dir)
	list, err := all.All(app.Default().Policy.Policy, nil, safehttp.New(safehttp.Policy{}))
	require.NoError(m.t, err)
	f, err := folder.Open(dir)
	require.NoError(m.t, err)
	defer func() { require.NoError(m.t, f.Close()) }()
	bundled := m.bundle()

	things := []func() float64{
		m.runs("git", "-C", dir, "diff-tree", "-r", "--numstat", "--root", "HEAD"),
		m.runs("gzip", "-t", bundled),
		m.runs(m.program, "check", dir),
		milliseconds(func() {
			opened, err := folder.Open(dir)
			require.NoError(m.t, err)
			require.NoError(m.t, opened.Close())
		}),
		milliseconds(func() {
			file, err := os.Open(bundled)
			require.NoError(m.t, err)
			_, problems, err := bundle.Read(m.t.Context(), file, bundle.DefaultLimits())
			require.NoError(m.t, err)
			require.Empty(m.t, problems)
			require.NoError(m.t, file.Close())
		}),
	}
	var names []string
	for _, check := range list {
		if check.Online {
			continue
		}
		names = append(names, check.Name)
		things = append(things, milliseconds(func() {
			_, err := checks.Run(m.t.Context(), check, f.Subject())
			require.NoError(m.t, err)
		}))
	}
	took := rounds(checkRounds, things...)
	const diffTree = "git diff-tree --root"
	m.add("`onboard check`, its start included", "ms", took[2], diffTree, took[0], atMost(250))
	m.add("a folder read and hashed", "ms", took[3], diffTree, took[0], goal{})
	for i, name := range names {
		m.add("the check "+name, "ms", took[5+i], diffTree, took[0], goal{})
	}
	m.add("a bundle read", "ms", took[4], "gzip -t", took[1], atMostOfFloor(1))
}

// runs measures how long a program runs.
func (m *measuring) runs(name string, args ...string) func() float64 {
	return milliseconds(func() {
		said, err := exec.CommandContext(m.t.Context(), name, args...).CombinedOutput()
		require.NoError(m.t, err, string(said))
	})
}

// milliseconds measures how long something takes.
func milliseconds(do func()) func() float64 {
	return func() float64 {
		began := time.Now()
		do()
		return time.Since(began).Seconds() * 1000
	}
}

// bundle writes a bundle with three programs, as much as a real one has.
func (m *measuring) bundle() (path string) {
	m.t.Helper()
	program, err := os.ReadFile(m.program)
	require.NoError(m.t, err)
	path = filepath.Join(m.t.TempDir(), "bundle.tar.gz")
	file, err := os.Create(path)
	require.NoError(m.t, err)
	packed := gzip.NewWriter(file)
	archive := tar.NewWriter(packed)
	add := func(name string, content []byte) {
		require.NoError(m.t, archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}))
		_, err := archive.Write(content)
		require.NoError(m.t, err)
	}
	for _, platform := range []string{"linux-amd64", "second", "third"} {
		add("hello/server/dist/plugin-"+platform, program)
	}
	add("hello/plugin.json", []byte(`{"id":"com.example.hello","name":"Hello","version":"1.0.0","min_server_version":"10.0.0",
		"server":{"executables":{"linux-amd64":"server/dist/plugin-linux-amd64"}}}`))
	require.NoError(m.t, archive.Close())
	require.NoError(m.t, packed.Close())
	require.NoError(m.t, file.Close())
	return path
}
