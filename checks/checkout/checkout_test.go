package checkout

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
)

// run runs git in a folder and returns what it prints.
func run(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.test",
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.test", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-03T03:04:05+02:00")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %s: %s", strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}

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
		require.NoError(t, os.WriteFile(path, []byte(content), 0o755))
	}
}

// repository makes a git repository with one commit of files.
func repository(t testing.TB, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	run(t, dir, "init", "--quiet", "--initial-branch=main")
	write(t, dir, files)
	run(t, dir, "add", "--all")
	run(t, dir, "commit", "--quiet", "--message=first")
	return dir
}

// open opens a repository and closes it after the test.
func open(t testing.TB, dir string) *Checkout {
	t.Helper()
	c, err := Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c
}

var some = map[string]string{"README.md": "hello\n", "a/b/c.go": "package c\n", "a/d": "d", "link": "-> README.md", "large": strings.Repeat("a large file\n", 200_000)}

func TestACommitIsReadAsGitWroteIt(t *testing.T) {
	for name, pack := range map[string]bool{"loose": false, "packed": true} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, some)
			if pack {
				run(t, dir, "gc", "--quiet")
			}
			c := open(t, dir)
			branch, head, err := c.Head()
			require.NoError(t, err)
			assert.Equal(t, "main", branch)
			assert.Equal(t, run(t, dir, "rev-parse", "HEAD"), head.SHA)
			assert.Equal(t, "first\n", head.Message)
			assert.Equal(t, time.Date(2026, 1, 3, 1, 4, 5, 0, time.UTC), head.Time.UTC())
			assert.Empty(t, head.Parents)
			subject, err := c.Subject(head)
			require.NoError(t, err)
			assert.Equal(t, run(t, dir, "rev-parse", "HEAD^{tree}"), checks.TreeSHA(subject.Files))
			assert.Equal(t, subject.Tree, checks.TreeSHA(subject.Files))
			file, ok := subject.Find("a/b/c.go")
			require.True(t, ok)
			assert.Equal(t, checks.File{Path: "a/b/c.go", Mode: checks.Executable, SHA: checks.BlobSHA([]byte("package c\n")), Size: 10}, file)
			content, err := subject.Read(t.Context(), file, 10)
			require.NoError(t, err)
			assert.Equal(t, "package c\n", string(content))
			_, err = subject.Read(t.Context(), file, 9)
			assert.ErrorContains(t, err, "it has 10 bytes, more than 9")
			file, _ = subject.Find("large")
			content, err = subject.Read(t.Context(), file, 10<<20)
			require.NoError(t, err)
			assert.Equal(t, some["large"], string(content))
		})
	}
}

func TestABareCloneIsReadToo(t *testing.T) {
	dir := repository(t, some)
	bare := filepath.Join(t.TempDir(), "bare")
	run(t, dir, "clone", "--quiet", "--bare", dir, bare)
	c := open(t, bare)
	assert.True(t, c.Bare())
	_, head, err := c.Head()
	require.NoError(t, err)
	assert.Equal(t, run(t, dir, "rev-parse", "HEAD"), head.SHA)
}

func TestADetachedHeadHasNoBranch(t *testing.T) {
	dir := repository(t, some)
	run(t, dir, "checkout", "--quiet", "--detach")
	branch, _, err := open(t, dir).Head()
	require.NoError(t, err)
	assert.Empty(t, branch)
}

func TestWhatIsNoCheckoutIsRefused(t *testing.T) {
	_, err := Open(t.TempDir())
	assert.ErrorContains(t, err, "is no git checkout")
	_, err = Open(filepath.Join(t.TempDir(), "nothing"))
	assert.ErrorIs(t, err, os.ErrNotExist)

	dir := repository(t, some)
	linked := filepath.Join(t.TempDir(), "linked")
	run(t, dir, "worktree", "add", "--quiet", linked)
	_, err = Open(linked)
	assert.ErrorContains(t, err, "name the main checkout instead")

	empty := t.TempDir()
	run(t, empty, "init", "--quiet")
	_, _, err = open(t, empty).Head()
	assert.ErrorContains(t, err, "has no commit yet")
}

func TestWhatIsWrittenGitReads(t *testing.T) {
	dir := repository(t, some)
	c := open(t, dir)
	_, head, err := c.Head()
	require.NoError(t, err)
	files, err := c.Files(head.Tree)
	require.NoError(t, err)
	sha, err := c.WriteBlob([]byte("new\n"))
	require.NoError(t, err)
	files = append(files, checks.File{Path: "a/b.x/new", Mode: checks.Regular, SHA: sha})
	tree, err := c.WriteTree(files)
	require.NoError(t, err)
	commit := Commit{Tree: tree, Parents: []string{head.SHA}, Name: "Onboard", Email: "onboard@example.test", Time: head.Time, Message: "second\n\nA text.\n"}
	second, err := c.WriteCommit(commit)
	require.NoError(t, err)
	require.NoError(t, c.SetBranch("onboarding/review", "", second))

	run(t, dir, "fsck", "--strict", "--no-dangling")
	assert.Equal(t, second, run(t, dir, "rev-parse", "onboarding/review"))
	assert.Equal(t, "new", run(t, dir, "show", "onboarding/review:a/b.x/new"))
	assert.Equal(t, "Onboard onboard@example.test 1767402245 second", run(t, dir, "log", "-1", "--format=%an %ae %ct %s", "onboarding/review"))
	assert.Empty(t, run(t, dir, "status", "--porcelain"))

	again, err := c.WriteCommit(commit)
	require.NoError(t, err)
	assert.Equal(t, second, again)
	read, err := c.Commit(second)
	require.NoError(t, err)
	assert.Equal(t, []string{head.SHA}, read.Parents)
	assert.Equal(t, commit.Message, read.Message)
}

func TestTheEmptyTreeCanBeWritten(t *testing.T) {
	sha, err := open(t, repository(t, some)).WriteTree(nil)
	require.NoError(t, err)
	assert.Equal(t, "4b825dc642cb6eb9a060e54bf8d69288fbee4904", sha)
}

func TestABranchMovesOnlyFromWhereItWas(t *testing.T) {
	dir := repository(t, some)
	c := open(t, dir)
	_, head, err := c.Head()
	require.NoError(t, err)
	require.NoError(t, c.SetBranch("onboarding/base", "", head.SHA))
	run(t, dir, "pack-refs", "--all")
	sha, err := c.Branch("onboarding/base")
	require.NoError(t, err)
	assert.Equal(t, head.SHA, sha)
	assert.ErrorContains(t, c.SetBranch("onboarding/base", "", head.SHA), "somebody else changed it meanwhile")
	assert.NoError(t, c.SetBranch("onboarding/base", head.SHA, head.SHA))

	write(t, dir, map[string]string{".git/refs/heads/onboarding/base.lock": ""})
	assert.ErrorContains(t, c.SetBranch("onboarding/base", head.SHA, head.SHA), "another program changes it")

	run(t, dir, "branch", "other")
	assert.ErrorContains(t, c.SetBranch("other/base", "", head.SHA), "while there is a branch other")
}

func TestTheRemoteIsWhatTheConfigurationSays(t *testing.T) {
	dir := repository(t, some)
	c := open(t, dir)
	address, err := c.Remote("origin")
	require.NoError(t, err)
	assert.Empty(t, address)
	run(t, dir, "remote", "add", "origin", "git@github.com:example/plugin.git")
	address, err = c.Remote("origin")
	require.NoError(t, err)
	assert.Equal(t, "git@github.com:example/plugin.git", address)
	write(t, dir, map[string]string{".git/config": "[[[\n"})
	_, err = c.Remote("origin")
	assert.ErrorContains(t, err, "read git's configuration")
}
