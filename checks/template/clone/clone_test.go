package clone

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/safehttp"
	"github.com/onboard-app/onboard/checks/template"
)

// repository is a git repository in a folder of its own.
type repository struct {
	*git.Repository
	dir string
}

func newRepository(t *testing.T, dir string) repository {
	t.Helper()
	r, err := git.PlainInit(dir, false)
	require.NoError(t, err)
	return repository{r, dir}
}

// commit commits files, besides those that are there, on top of parents or HEAD.
func (r repository) commit(t *testing.T, files map[string]string, parents ...plumbing.Hash) plumbing.Hash {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(r.dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	work, err := r.Worktree()
	require.NoError(t, err)
	require.NoError(t, work.AddWithOptions(&git.AddOptions{All: true}))
	hash, err := work.Commit("x", &git.CommitOptions{
		Author: &object.Signature{Name: "a", When: time.Unix(int64(len(parents)+1), 0)}, Parents: parents, AllowEmptyCommits: true,
	})
	require.NoError(t, err)
	return hash
}

// starter is a template of four commits, two of them side by side.
func starter(t *testing.T) (repository, []plumbing.Hash) {
	t.Helper()
	r := newRepository(t, t.TempDir())
	first := r.commit(t, map[string]string{"go.mod": "module github.com/me/starter\n", "build/a.mk": "one\n"})
	left := r.commit(t, map[string]string{"build/a.mk": "two\n"}, first)
	right := r.commit(t, map[string]string{"large.bin": string(make([]byte, 3<<20))}, first)
	return r, []plumbing.Hash{first, left, right, r.commit(t, map[string]string{"build/a.mk": "three\n"}, left, right)}
}

func open(t *testing.T, dir string) *template.Index {
	t.Helper()
	index, err := Open(t.Context(), safehttp.New(safehttp.Policy{}), dir)
	require.NoError(t, err)
	return index
}

// isStarter asserts that an index is that of starter.
func isStarter(t *testing.T, index *template.Index, commits []plumbing.Hash) {
	t.Helper()
	var place [4]int
	for i, commit := range index.Commits() {
		for j, hash := range commits {
			if commit.SHA == hash.String() {
				place[j] = i
			}
		}
	}
	assert.Equal(t, 0, place[0], "parents come before children")
	assert.Equal(t, 3, place[3])
	assert.ElementsMatch(t, []int{1, 2}, place[1:3])
	for _, content := range []string{"one\n", "two\n", "three\n"} {
		assert.True(t, index.Unmodified(checks.File{Path: "build/a.mk", Mode: checks.Regular, SHA: checks.BlobSHA([]byte(content))}), content)
	}
	assert.Equal(t, int64(3<<20), index.At("large.bin")[0].Size)
}

func TestACloneIsReadWholeWhateverItsAge(t *testing.T) {
	r, commits := starter(t)
	index := open(t, r.dir)
	isStarter(t, index, commits)
	assert.Equal(t, "me/starter", index.Repository(), "of go.mod")
	isStarter(t, open(t, filepath.Join(r.dir, ".git")), commits) // as a bare one is
}

func TestATemplateIsCalledAfterWhereItWasClonedFrom(t *testing.T) {
	for url, want := range map[string]string{
		"https://github.com/Acme/their.starter.git": "Acme/their.starter",
		"git@github.com:acme/starter.git":           "acme/starter",
		"ssh://git@github.com/acme/starter":         "acme/starter",
		"https://example.com/acme/starter":          "me/starter",
		"/tmp/elsewhere":                            "me/starter",
	} {
		r, _ := starter(t)
		_, err := r.CreateRemote(&config.RemoteConfig{Name: "origin", URLs: []string{url}})
		require.NoError(t, err)
		assert.Equal(t, want, open(t, r.dir).Repository(), url)
	}
	r := newRepository(t, t.TempDir())
	r.commit(t, map[string]string{"x": "y"})
	assert.Empty(t, open(t, r.dir).Repository(), "nothing says it")
}

func TestWhatIsNoWholeCloneIsRefused(t *testing.T) {
	shallow, commits := starter(t)
	require.NoError(t, os.WriteFile(filepath.Join(shallow.dir, ".git", "shallow"), []byte(commits[3].String()+"\n"), 0o600))
	linked := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(linked, ".git"), []byte("gitdir: /elsewhere\n"), 0o600))
	lacking, _ := starter(t)
	require.NoError(t, os.RemoveAll(filepath.Join(lacking.dir, ".git", "objects", commits[0].String()[:2])))
	for dir, want := range map[string]string{
		t.TempDir():                          "it is no clone",
		filepath.Join(t.TempDir(), "no"):     "no such file",
		newRepository(t, t.TempDir()).dir:    "resolve HEAD",
		shallow.dir:                          "--unshallow",
		linked:                               "must be a folder",
		lacking.dir:                          "object not found",
		"https://example.com/acme/starter":   "is no repository on GitHub",
		"http://github.com/acme/starter":     "is no repository on GitHub",
		"https://x@github.com/acme/starter":  "is no repository on GitHub",
		"https://github.com/acme/a/tree/b":   "is no repository on GitHub",
		"file:///etc":                        "is no repository on GitHub",
		"https://github.com/acme/../starter": "is no repository on GitHub",
	} {
		_, err := Open(t.Context(), safehttp.New(safehttp.Policy{}), dir)
		assert.ErrorContains(t, err, want, dir)
	}
}

// TestAttackAFolderCannotPassForARepository: --template acme/starter is given
// inside a plugin's folder, which has a folder of that name.
func TestAttackAFolderCannotPassForARepository(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "acme"), 0o750))
	newRepository(t, filepath.Join(dir, "acme", "starter")).commit(t, map[string]string{"x": "y"})
	t.Chdir(dir)
	client := safehttp.New(safehttp.Policy{Resolver: nowhere{}})
	_, err := Open(t.Context(), client, "acme/starter")
	require.ErrorContains(t, err, "download the template https://github.com/acme/starter: The name github.com has no address")
	assert.ErrorContains(t, err, "./acme/starter")
	_, err = Open(t.Context(), client, "./acme/starter")
	assert.NoError(t, err)
}

// TestAttackATreeOfTrees is a few objects that stand for a million files.
func TestAttackATreeOfTrees(t *testing.T) {
	r := newRepository(t, t.TempDir())
	r.commit(t, map[string]string{"x": "y"})
	blob := plumbing.NewHash(checks.BlobSHA([]byte("y")))
	below, mode := blob, filemode.Regular
	for range 6 {
		var tree object.Tree
		for name := range 10 {
			tree.Entries = append(tree.Entries, object.TreeEntry{Name: string(rune('0' + name)), Mode: mode, Hash: below})
		}
		below, mode = r.store(t, &tree), filemode.Dir
	}
	r.point(t, below)
	_, err := Open(t.Context(), safehttp.New(safehttp.Policy{}), r.dir)
	assert.ErrorContains(t, err, "more than 20000 files")
}

func TestAttackFoldersNestedWithoutEnd(t *testing.T) {
	r := newRepository(t, t.TempDir())
	r.commit(t, map[string]string{"x": "y"})
	below, mode := plumbing.NewHash(checks.BlobSHA([]byte("y"))), filemode.Regular
	for range maxDepth + 2 {
		below = r.store(t, &object.Tree{Entries: []object.TreeEntry{{Name: "d", Mode: mode, Hash: below}}})
		mode = filemode.Dir
	}
	r.point(t, below)
	_, err := Open(t.Context(), safehttp.New(safehttp.Policy{}), r.dir)
	assert.ErrorContains(t, err, "nested more than")
}

func TestAttackAGitDirectoryThatLeadsOutside(t *testing.T) {
	outside, _ := starter(t)
	dir := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(outside.dir, ".git"), filepath.Join(dir, ".git")))
	_, err := Open(t.Context(), safehttp.New(safehttp.Policy{}), dir)
	assert.ErrorContains(t, err, "escapes")
}

// store writes a tree or a commit as an object.
func (r repository) store(t *testing.T, thing interface {
	Encode(plumbing.EncodedObject) error
}) plumbing.Hash {
	t.Helper()
	o := r.Storer.NewEncodedObject()
	require.NoError(t, thing.Encode(o))
	hash, err := r.Storer.SetEncodedObject(o)
	require.NoError(t, err)
	return hash
}

// point makes HEAD a commit of a tree.
func (r repository) point(t *testing.T, tree plumbing.Hash) {
	t.Helper()
	who := object.Signature{Name: "a", When: time.Unix(1, 0)}
	hash := r.store(t, &object.Commit{Author: who, Committer: who, TreeHash: tree})
	require.NoError(t, r.Storer.SetReference(plumbing.NewHashReference(plumbing.HEAD, hash)))
}
