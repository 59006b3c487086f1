//go:build unix

package checkout

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
)

// listing is every file below a folder with its content.
func listing(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files[path] = string(content)
		return err
	}))
	return files
}

func TestAttackNothingIsWrittenThroughSymbolicLinks(t *testing.T) {
	victim := t.TempDir()
	write(t, victim, map[string]string{"base": "precious", "heads/x": "precious"})
	for name, link := range map[string][2]string{
		"objects out":          {"objects", victim},
		"refs out":             {"refs", victim},
		"heads out":            {"refs/heads", victim},
		"our folder out":       {"refs/heads/onboarding", victim},
		"our branch out":       {"refs/heads/onboarding/base", victim + "/base"},
		"our branch to hooks":  {"refs/heads/onboarding/base", "../../../hooks/pre-push"},
		"our folder to hooks":  {"refs/heads/onboarding", "../../hooks"},
		"our branch's lock":    {"refs/heads/onboarding/base.lock", victim + "/base"},
		"a dangling lock":      {"refs/heads/onboarding/base.lock", victim + "/new"},
		"a branch to a commit": {"refs/heads/onboarding/base", "../main"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, some)
			head := run(t, dir, "rev-parse", "HEAD")
			git := filepath.Join(dir, ".git")
			require.NoError(t, os.MkdirAll(filepath.Join(git, "hooks"), 0o755))
			if name != "objects out" {
				require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(git, link[0])), 0o755))
			}
			require.NoError(t, os.RemoveAll(filepath.Join(git, link[0])))
			require.NoError(t, os.Symlink(link[1], filepath.Join(git, link[0])))
			before, hooks := listing(t, victim), listing(t, filepath.Join(git, "hooks"))
			main, _ := os.ReadFile(filepath.Join(git, "refs", "heads", "main"))

			c, err := Open(dir)
			require.NoError(t, err)
			_, failedObject := c.WriteBlob([]byte("something new"))
			failedBranch := c.SetBranch("onboarding/base", "", head)
			require.NoError(t, c.Close())
			assert.True(t, failedObject != nil || failedBranch != nil)
			assert.Equal(t, before, listing(t, victim), "nothing outside has changed")
			assert.Equal(t, hooks, listing(t, filepath.Join(git, "hooks")), "no hook was made")
			if len(main) > 0 && !strings.HasPrefix(name, "heads") && !strings.HasPrefix(name, "refs") {
				after, err := os.ReadFile(filepath.Join(git, "refs", "heads", "main"))
				require.NoError(t, err)
				assert.Equal(t, main, after)
			}
		})
	}
}

func TestAttackGitsFolderIsALink(t *testing.T) {
	victim := repository(t, some)
	for name, target := range map[string]string{"out": filepath.Join(victim, ".git"), "within": "elsewhere"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			run(t, dir, "clone", "--quiet", "--bare", victim, "elsewhere")
			require.NoError(t, os.Symlink(target, filepath.Join(dir, ".git")))
			_, err := Open(dir)
			assert.ErrorContains(t, err, "points elsewhere")
		})
	}
}

func TestAttackObjectsElsewhereAreNotRead(t *testing.T) {
	victim := repository(t, map[string]string{"secret": "what stands outside"})
	dir := filepath.Join(t.TempDir(), "shared")
	run(t, victim, "clone", "--quiet", "--shared", victim, dir)
	_, _, err := open(t, dir).Head()
	assert.ErrorIs(t, err, ErrAbsent)
}

func TestAttackObjectsThatAreNotWhatTheyAreCalled(t *testing.T) {
	dir := repository(t, some)
	loose := func(sha string) string { return filepath.Join(dir, ".git", "objects", sha[:2], sha[2:]) }
	for name, what := range map[string]string{"a blob": "HEAD:README.md", "a tree": "HEAD^{tree}", "a commit": "HEAD"} {
		t.Run(name, func(t *testing.T) {
			sha := run(t, dir, "rev-parse", what)
			good, err := os.ReadFile(loose(sha))
			require.NoError(t, err)
			other := run(t, dir, "rev-parse", map[string]string{"a blob": "HEAD:a/d", "a tree": "HEAD:a", "a commit": "HEAD:a/d"}[name])
			bad, err := os.ReadFile(loose(other))
			require.NoError(t, err)
			require.NoError(t, os.Remove(loose(sha)))
			require.NoError(t, os.WriteFile(loose(sha), bad, 0o600))
			defer func() {
				require.NoError(t, os.Remove(loose(sha)))
				require.NoError(t, os.WriteFile(loose(sha), good, 0o600))
			}()
			c := open(t, dir)
			_, head, err := c.Head()
			if err == nil {
				var subject checks.Subject
				if subject, err = c.Subject(head); err == nil {
					file, _ := subject.Find("README.md")
					_, err = subject.Read(t.Context(), file, 100)
				}
			}
			assert.Error(t, err)
		})
	}
}

func TestAttackPipesAndBrokenFilesInGitsFolder(t *testing.T) {
	for _, name := range []string{"HEAD", "packed-refs", "refs/heads/main", "config", "objects/info/alternates", "objects/pack/pack-1.idx"} {
		t.Run(name, func(t *testing.T) {
			for _, make := range []func(path string) error{
				func(path string) error { return syscall.Mkfifo(path, 0o600) },
				func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("\xff", 5000)), 0o600) },
				func(path string) error { return os.WriteFile(path, []byte("ref: refs/heads/../../../x\n"), 0o600) },
				func(path string) error { return os.Mkdir(path, 0o700) },
			} {
				dir := repository(t, some)
				want := run(t, dir, "rev-parse", "HEAD")
				path := filepath.Join(dir, ".git", name)
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.RemoveAll(path))
				require.NoError(t, make(path))
				c := open(t, dir)
				_, head, err := c.Head() // no crash, no wait
				assert.True(t, err != nil || head.SHA == want)
				_, _ = c.Remote("origin")
				_, _ = c.Branch("main")
			}
		})
	}
}

func TestAttackReferencesThatLeadOn(t *testing.T) {
	dir := repository(t, some)
	run(t, dir, "symbolic-ref", "refs/heads/onboarding/base", "refs/heads/main")
	c := open(t, dir)
	_, err := c.Branch("onboarding/base")
	assert.ErrorContains(t, err, "leads to another one")
	assert.Error(t, c.SetBranch("onboarding/base", "", strings.Repeat("1", 40)))
	assert.Equal(t, run(t, dir, "rev-parse", "HEAD"), run(t, dir, "rev-parse", "main"))
}

func TestAttackTreesWithoutEnd(t *testing.T) {
	dir := repository(t, some)
	c := open(t, dir)
	blob, err := c.WriteBlob([]byte("x"))
	require.NoError(t, err)
	tree, err := c.WriteTree([]checks.File{{Path: "x", Mode: checks.Regular, SHA: blob}})
	require.NoError(t, err)
	for range 20 { // a million files in twenty objects
		tree, err = c.WriteTree([]checks.File{{Path: "a", Mode: "40000", SHA: tree}, {Path: "b", Mode: "40000", SHA: tree}})
		require.NoError(t, err)
	}
	_, err = c.Files(tree)
	assert.ErrorContains(t, err, "more than 20000 files and folders")
}

func TestAttackEntriesThatGitDoesNotWrite(t *testing.T) {
	dir := repository(t, some)
	c := open(t, dir)
	blob, err := c.WriteBlob([]byte("x"))
	require.NoError(t, err)
	for _, name := range []string{"..", ".", ".git", ".GIT"} {
		tree, err := c.WriteTree([]checks.File{{Path: name, Mode: checks.Regular, SHA: blob}})
		require.NoError(t, err)
		_, err = c.Files(tree)
		assert.Error(t, err, name)
	}
}
