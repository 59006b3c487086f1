//go:build unix

package folder

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const secret = "what stands outside"

// outside makes a folder with a secret beside the one to open.
func outside(t testing.TB) (dir string) {
	t.Helper()
	base := t.TempDir()
	write(t, base, map[string]string{"secret": secret, "plugin/README.md": "hello"})
	return filepath.Join(base, "plugin")
}

func TestAttackSymbolicLinksAreNeverFollowed(t *testing.T) {
	dir := outside(t)
	write(t, dir, map[string]string{
		"LICENSE": "-> ../secret", "etc": "-> /etc", "loop": "-> loop", "up": "-> ..", "here": "-> .", "a": "-> b", "b": "-> a",
	})
	s := open(t, dir)
	assert.Equal(t, []string{
		"120000 LICENSE", "100644 README.md", "120000 a", "120000 b", "120000 etc", "120000 here", "120000 loop", "120000 up",
	}, paths(s))
	content, err := s.Read(t.Context(), s.Files[0], 100)
	require.NoError(t, err)
	assert.Equal(t, "../secret", string(content), "the target's path, not its content")
}

func TestAttackAFileReplacedByALinkIsNotFollowed(t *testing.T) {
	for name, target := range map[string]string{"out of the folder": "../secret", "within the folder": "other"} {
		t.Run(name, func(t *testing.T) {
			dir := outside(t)
			write(t, dir, map[string]string{"file": strings.Repeat("x", len(secret)), "other": secret})
			s := open(t, dir)
			require.NoError(t, os.Remove(filepath.Join(dir, "file")))
			require.NoError(t, os.Symlink(target, filepath.Join(dir, "file")))
			file, _ := s.Find("file")
			content, err := s.Read(t.Context(), file, 100)
			assert.Error(t, err)
			assert.Empty(t, content)
		})
	}
}

func TestAttackPipesAndSocketsDoNotBlock(t *testing.T) {
	dir := outside(t)
	for _, name := range []string{"pipe", ".gitignore", "LICENSE"} {
		require.NoError(t, syscall.Mkfifo(filepath.Join(dir, name), 0o644))
	}
	assert.Equal(t, []string{"100644 README.md"}, paths(open(t, dir)))
}

func TestAttackPipesInGitsFolderDoNotBlock(t *testing.T) {
	for _, name := range []string{"index", "HEAD", "packed-refs", "info/exclude"} {
		t.Run(name, func(t *testing.T) {
			dir := outside(t)
			commit(t, dir)
			path := filepath.Join(dir, ".git", name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.RemoveAll(path))
			require.NoError(t, syscall.Mkfifo(path, 0o644))
			f, err := Open(dir)
			if err == nil {
				require.NoError(t, f.Close())
			}
		})
	}
}

func TestAttackGitPointsOutside(t *testing.T) {
	victim := t.TempDir()
	write(t, victim, map[string]string{"stolen": secret})
	commit(t, victim)
	for name, git := range map[string]string{
		"by a .git file": "gitdir: " + victim + "/.git\n",
		"by a link":      "-> " + victim + "/.git",
	} {
		t.Run(name, func(t *testing.T) {
			dir := outside(t)
			write(t, dir, map[string]string{".git": git})
			s := open(t, dir)
			assert.Equal(t, []string{"100644 README.md"}, paths(s))
			assert.Empty(t, s.Commit)
		})
	}
	for _, name := range []string{"index", "HEAD", "objects", "refs"} {
		t.Run("by a link in .git to "+name, func(t *testing.T) {
			dir := outside(t)
			commit(t, dir)
			path := filepath.Join(dir, ".git", name)
			require.NoError(t, os.RemoveAll(path))
			require.NoError(t, os.Symlink(filepath.Join(victim, ".git", name), path))
			f, err := Open(dir)
			if err != nil {
				return // refused
			}
			assert.Empty(t, f.Subject().Commit)
			assert.Equal(t, []string{"100644 README.md"}, paths(f.Subject()))
			require.NoError(t, f.Close())
		})
	}
	t.Run("by alternates", func(t *testing.T) {
		dir := outside(t)
		head := commit(t, dir)
		objects := filepath.Join(dir, ".git", "objects")
		moved := t.TempDir()
		require.NoError(t, os.Rename(objects, filepath.Join(moved, "objects")))
		write(t, dir, map[string]string{".git/objects/info/alternates": filepath.Join(moved, "objects") + "\n"})
		s := open(t, dir)
		assert.Equal(t, head.TreeHash.String(), s.Tree)
		assert.Empty(t, s.Commit, "the commit is outside")
	})
}

func TestAttackHooksAndConfigurationAreNotRun(t *testing.T) {
	dir := outside(t)
	commit(t, dir)
	ran := filepath.Join(t.TempDir(), "ran")
	script := "#!/bin/sh\ntouch " + ran + "\n"
	write(t, dir, map[string]string{
		".git/hooks/post-index-change": script, ".git/hooks/post-checkout": script, "evil.sh": script,
		".gitattributes": "* filter=evil diff=evil\n",
		".git/config":    "[core]\n fsmonitor = ./evil.sh\n sshCommand = ./evil.sh\n[filter \"evil\"]\n clean = ./evil.sh\n[include]\n path = ../evil.sh\n",
	})
	open(t, dir)
	assert.NoFileExists(t, ran)
}

func TestAttackBrokenIndex(t *testing.T) {
	for name, content := range map[string]string{
		"is empty":           "",
		"is no index":        "hello",
		"is cut":             "DIRC\x00\x00\x00\x02\x00\x00\x00\x01",
		"has 4 billion":      "DIRC\x00\x00\x00\x02\xff\xff\xff\xff",
		"is of version 99":   "DIRC\x00\x00\x00\x63\x00\x00\x00\x00",
		"has a broken sum":   "DIRC\x00\x00\x00\x02\x00\x00\x00\x00" + strings.Repeat("x", 20),
		"breaks version 4's": "DIRC\x00\x00\x00\x04\x00\x00\x00\x01" + strings.Repeat("\xff", 80),
	} {
		t.Run("an index that "+name+" is refused", func(t *testing.T) {
			dir := outside(t)
			write(t, dir, map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/index": content})
			_, err := Open(dir)
			assert.ErrorContains(t, err, "read git's index")
		})
	}
}

func TestAttackStrangeNames(t *testing.T) {
	dir := t.TempDir()
	names := []string{"new\nline", "escape\x1b[31m", "not\xffutf8", " space ", "-rf", "ünïcode", "\u202egnp.exe", `back\slash`}
	for _, name := range names {
		write(t, dir, map[string]string{name: "x"})
	}
	s := open(t, dir)
	for _, name := range names {
		file, ok := s.Find(name)
		require.True(t, ok, "%q", name)
		content, err := s.Read(t.Context(), file, 1)
		require.NoError(t, err)
		assert.Equal(t, "x", string(content))
	}
}

func TestAttackTooManyFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range MaxFiles + 1 {
		file, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
	_, err := Open(dir)
	assert.ErrorContains(t, err, "there are more than 20000 files that .gitignore does not exclude")
	write(t, dir, map[string]string{".gitignore": "/0\n/1\n"})
	_, err = Open(dir)
	assert.NoError(t, err)
}

func TestAttackHugeFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"huge": ""})
	require.NoError(t, os.Truncate(filepath.Join(dir, "huge"), 1<<40))
	_, err := Open(dir)
	assert.ErrorContains(t, err, `the file "huge" is larger than 100 MiB, which GitHub does not take`)
}

func TestAttackIgnoreFiles(t *testing.T) {
	t.Run("a huge one is refused", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, map[string]string{".gitignore": strings.Repeat("x", maxIgnoreBytes+1)})
		_, err := Open(dir)
		assert.ErrorContains(t, err, `".gitignore" is larger than 64 KiB`)
	})
	t.Run("too many patterns are refused", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, map[string]string{".gitignore": strings.Repeat("x\n", maxPatterns+1)})
		_, err := Open(dir)
		assert.ErrorContains(t, err, "the .gitignore files have more than 5000 patterns")
	})
	t.Run("broken patterns exclude nothing", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, map[string]string{".gitignore": "[\n[a-\n!\n/\n**\n***\n\\\n", "file": ""})
		open(t, dir)
	})
}

// FuzzIndex asserts that no index, however broken, makes Open crash or read
// what is not below the folder.
func FuzzIndex(f *testing.F) {
	seed := outside(f)
	commit(f, seed)
	index, err := os.ReadFile(filepath.Join(seed, ".git", "index"))
	require.NoError(f, err)
	f.Add(index)
	f.Add([]byte("DIRC"))
	dir := outside(f)
	write(f, dir, map[string]string{".git/HEAD": "ref: refs/heads/main\n"})
	f.Fuzz(func(t *testing.T, index []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".git", "index"), index, 0o644))
		folder, err := Open(dir)
		if err != nil {
			return
		}
		require.Equal(t, []string{"100644 README.md"}, paths(folder.Subject()))
		require.NoError(t, folder.Close())
	})
}
