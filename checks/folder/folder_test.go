package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/internal/rootfs"
)

// write writes files below dir; a content "-> x" makes a symbolic link to x.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			require.NoError(t, os.Symlink(target, path))
			continue
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(content, "#!") {
			mode = 0o755
		}
		require.NoError(t, os.WriteFile(path, []byte(content), mode))
	}
}

// commit makes a git repository of all files below dir and returns its HEAD.
func commit(t testing.TB, dir string) *object.Commit {
	t.Helper()
	repository, err := git.PlainInit(dir, false)
	require.NoError(t, err)
	work, err := repository.Worktree()
	require.NoError(t, err)
	require.NoError(t, work.AddWithOptions(&git.AddOptions{All: true}))
	hash, err := work.Commit("first", &git.CommitOptions{Author: &object.Signature{Name: "a", Email: "a@example.test", When: time.Unix(1, 0)}})
	require.NoError(t, err)
	head, err := repository.CommitObject(hash)
	require.NoError(t, err)
	return head
}

// open opens dir and closes it after the test.
func open(t testing.TB, dir string) checks.Subject {
	t.Helper()
	f, err := Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, f.Close()) })
	return f.Subject()
}

// paths lists the subject's files as "mode path".
func paths(s checks.Subject) []string {
	list := []string{}
	for _, f := range s.Files {
		list = append(list, string(f.Mode)+" "+f.Path)
	}
	return list
}

func TestAFolderThatIsNoCheckoutHasAllFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"b": "b", "a/x": "x", "a.b": "", "run.sh": "#!/bin/sh", "link": "-> a/x",
		".gitignore": "*.log\n# comment\n/dist\n", "x.log": "", "a/y.log": "", "dist/z": "", "a/dist": "",
		"n/.gitignore": "!keep.log\nsecret\n", "n/keep.log": "", "n/secret": "", "secret": "",
	})
	require.NoError(t, os.Mkdir(filepath.Join(dir, "empty"), 0o755))
	s := open(t, dir)
	assert.Equal(t, []string{
		"100644 .gitignore", "100644 a.b", "100644 a/dist", "100644 a/x", "100644 b", "120000 link",
		"100644 n/.gitignore", "100644 n/keep.log", "100755 run.sh", "100644 secret",
	}, paths(s))
	assert.Empty(t, s.Commit)
}

func TestHashesAreGits(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"README.md": "hello\n", "run.sh": "#!/bin/sh\n", "link": "-> README.md", "foo/x": "1", "foo.txt": "2", "foo-bar/deep/er/y": "3", "ümlaut": "4",
	})
	head := commit(t, dir)
	s := open(t, dir)
	assert.Equal(t, head.TreeHash.String(), s.Tree)
	assert.Equal(t, head.Hash.String(), s.Commit)
	readme, ok := s.Find("README.md")
	require.True(t, ok)
	assert.Equal(t, "ce013625030ba8dba906f756967f9e9ca394464a", readme.SHA)
	content, err := s.Read(t.Context(), readme, 6)
	require.NoError(t, err)
	assert.Equal(t, "hello\n", string(content))
	link, _ := s.Find("link")
	content, err = s.Read(t.Context(), link, 100)
	require.NoError(t, err)
	assert.Equal(t, "README.md", string(content))
	_, err = s.Read(t.Context(), readme, 5)
	assert.ErrorContains(t, err, `read "README.md": it has 6 bytes, more than 5`)
}

func TestAnEmptyFolderHasGitsEmptyTree(t *testing.T) {
	assert.Equal(t, "4b825dc642cb6eb9a060e54bf8d69288fbee4904", open(t, t.TempDir()).Tree)
}

func TestACheckoutHasTrackedAndUnignoredFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"tracked": "1", "ignored/tracked": "1", "deleted": "1"})
	commit(t, dir)
	require.NoError(t, os.Remove(filepath.Join(dir, "deleted")))
	write(t, dir, map[string]string{
		".gitignore": "ignored/\n", "ignored/new": "", "new": "", "nested/.git/HEAD": "ref: x", "nested/file": "",
		".git/info/exclude": "private\n", "private": "",
	})
	s := open(t, dir)
	assert.Equal(t, []string{"100644 .gitignore", "100644 ignored/tracked", "100644 new", "100644 tracked"}, paths(s))
	assert.Empty(t, s.Commit, "there are changes")
}

func TestASubmoduleIsOneEntry(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"file": "1"})
	commit(t, dir)
	write(t, dir, map[string]string{"sub/inside": "2"})
	inner := commit(t, filepath.Join(dir, "sub"))
	repository, err := git.PlainOpen(dir)
	require.NoError(t, err)
	idx, err := repository.Storer.Index()
	require.NoError(t, err)
	idx.Entries = append(idx.Entries, &index.Entry{Name: "sub", Mode: filemode.Submodule, Hash: inner.Hash})
	require.NoError(t, repository.Storer.SetIndex(idx))

	s := open(t, dir)
	assert.Equal(t, []string{"100644 file", "160000 sub"}, paths(s))
	assert.Equal(t, inner.Hash.String(), s.Files[1].SHA)
	assert.Empty(t, s.Commit, "the submodule is not committed yet")
	_, err = s.Read(t.Context(), s.Files[1], 100)
	assert.ErrorContains(t, err, "submodule")
}

func TestARepositoryWithoutCommitsHasNoCommit(t *testing.T) {
	dir := t.TempDir()
	_, err := git.PlainInit(dir, false)
	require.NoError(t, err)
	write(t, dir, map[string]string{"file": "1"})
	s := open(t, dir)
	assert.Empty(t, s.Commit)
	assert.Equal(t, []string{"100644 file"}, paths(s))
}

func TestAFileThatChangedSinceIsNotRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"file": "one"})
	s := open(t, dir)
	write(t, dir, map[string]string{"file": "two"})
	_, err := s.Read(t.Context(), s.Files[0], 100)
	assert.ErrorIs(t, err, rootfs.ErrChanged)
}

func TestAMissingFolderIsAnError(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "nothing"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAnUnreadableFileIsAnError(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads every file")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"file": "one"})
	require.NoError(t, os.Chmod(filepath.Join(dir, "file"), 0))
	_, err := Open(dir)
	assert.ErrorIs(t, err, os.ErrPermission)
}

// BenchmarkOpen is the cost of a plugin of 500 files of 4 KiB.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	for i := range 500 {
		write(b, dir, map[string]string{filepath.Join("d", string(rune('a'+i%26)), "f"+strings.Repeat("x", i/26)): strings.Repeat("x", 4096)})
	}
	commit(b, dir)
	for b.Loop() {
		f, err := Open(dir)
		require.NoError(b, err)
		require.NoError(b, f.Close())
	}
}
