// Package checkout reads the commits of a git repository in a local folder, and
// adds commits and branches to it, for `onboard review-branch`.
//
// The folder may be hostile (S21). Git is never run, so no hook, filter or
// configuration of the folder is; every access goes through an os.Root, and
// what is written follows no symbolic link at all. What is read counts only if
// its hash is its name.
package checkout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/onboard-app/onboard/checks/internal/rootfs"
)

// Bounds of git's own files, in bytes (S17).
const (
	maxCommit = 1 << 20
	maxTree   = 8 << 20
	maxRef    = 4 << 10
	maxConfig = 1 << 20
)

// Checkout is an open git repository.
type Checkout struct {
	dir     string   // as the caller named it, for messages
	git     *os.Root // of the .git folder
	bare    bool
	storage *filesystem.Storage
}

// Commit is one commit.
type Commit struct {
	SHA     string // 40 hex digits; computed by Commit, ignored by WriteCommit
	Tree    string
	Parents []string
	Name    string // of author and committer
	Email   string
	Time    time.Time // of the committer, in seconds
	Message string
}

// Open opens the repository of a folder: its .git folder, or the folder itself
// if it is a bare clone. It fails for a linked work tree and a submodule, whose
// .git is a file that points elsewhere.
func Open(dir string) (*Checkout, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder %q: %w", dir, err)
	}
	c := &Checkout{dir: dir}
	info, err := root.Lstat(".git")
	switch {
	case errors.Is(err, fs.ErrNotExist) && isGit(root):
		c.git, c.bare = root, true
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.Join(fmt.Errorf("the folder %q is no git checkout", dir), root.Close())
	case err == nil && !info.IsDir():
		return nil, errors.Join(fmt.Errorf("the .git of %q is no folder but points elsewhere, as in linked work trees: name the main checkout instead", dir), root.Close())
	default:
		c.git, err = root.OpenRoot(".git")
		if err = errors.Join(err, root.Close()); err != nil {
			return nil, fmt.Errorf("open the .git of %q: %w", dir, err)
		}
	}
	c.storage = rootfs.Storage(c.git, maxCommit)
	return c, nil
}

// isGit says whether a folder is itself a repository.
func isGit(root *os.Root) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := root.Lstat(name); err != nil {
			return false
		}
	}
	return true
}

// Bare says whether the repository has no working tree.
func (c *Checkout) Bare() bool { return c.bare }

// Close ends the access to the repository.
func (c *Checkout) Close() error { return errors.Join(c.storage.Close(), c.git.Close()) }

// Head returns the commit that is checked out, and the branch; "" for none.
func (c *Checkout) Head() (branch string, commit Commit, err error) {
	defer rootfs.Recovered(&err)
	head, err := c.reference(plumbing.HEAD)
	if err != nil {
		return "", Commit{}, err
	}
	sha := ""
	if head != nil && head.Type() == plumbing.HashReference {
		sha = head.Hash().String()
	} else if head != nil {
		branch = head.Target().Short()
		if sha, err = c.ref(head.Target()); err != nil {
			return "", Commit{}, err
		}
	}
	if sha == "" {
		return "", Commit{}, fmt.Errorf("the git checkout %q has no commit yet, or keeps its branches in a form that Onboard does not read", c.dir)
	}
	commit, err = c.Commit(sha)
	return branch, commit, err
}

// Branch returns the SHA of a branch's commit, "" if there is no such branch.
func (c *Checkout) Branch(name string) (sha string, err error) {
	defer rootfs.Recovered(&err)
	return c.ref(plumbing.NewBranchReferenceName(name))
}

// RemoteBranch returns what a branch of a remote was when it was last fetched
// or pushed, "" if that is not known.
func (c *Checkout) RemoteBranch(remote, name string) (sha string, err error) {
	defer rootfs.Recovered(&err)
	return c.ref(plumbing.NewRemoteReferenceName(remote, name))
}

// ref returns what a reference points to, "" if it does not exist. One that
// leads on to another is none of ours.
func (c *Checkout) ref(name plumbing.ReferenceName) (string, error) {
	ref, err := c.reference(name)
	if err != nil || ref == nil {
		return "", err
	}
	if ref.Type() != plumbing.HashReference {
		return "", fmt.Errorf("the reference %s of %q leads to another one: delete it", name, c.dir)
	}
	return ref.Hash().String(), nil
}

// reference reads a reference; nil if it does not exist. go-git takes a loose
// one that it cannot read for none at all.
func (c *Checkout) reference(name plumbing.ReferenceName) (*plumbing.Reference, error) {
	if strings.ContainsFunc(name.String(), func(r rune) bool { return r < ' ' || r == '\\' }) || path.Clean(name.String()) != name.String() {
		return nil, fmt.Errorf("git's reference %q of %q has a name that git does not write", name, c.dir)
	}
	info, err := c.git.Lstat(name.String())
	if err == nil && !info.IsDir() && (!info.Mode().IsRegular() || info.Size() > maxRef) {
		return nil, fmt.Errorf("git's file %s of %q is not as git writes it", name, c.dir)
	}
	ref, err := c.storage.Reference(name)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return nil, nil //nolint:nilnil // none is an answer here
	}
	if err != nil {
		return nil, fmt.Errorf("read git's reference %s of %q: %w", name, c.dir, err)
	}
	return ref, nil
}

// Commit reads a commit.
func (c *Checkout) Commit(sha string) (Commit, error) {
	raw, err := c.object(plumbing.CommitObject, sha, maxCommit)
	if err != nil {
		return Commit{}, err
	}
	commit, err := decodeCommit(raw)
	if err != nil {
		return Commit{}, fmt.Errorf("read git's commit %s of %q: %w", sha, c.dir, err)
	}
	read := Commit{
		SHA: sha, Tree: commit.TreeHash.String(), Name: commit.Author.Name, Email: commit.Author.Email,
		Time: commit.Committer.When, Message: commit.Message,
	}
	for _, parent := range commit.ParentHashes {
		read.Parents = append(read.Parents, parent.String())
	}
	return read, nil
}

func decodeCommit(raw plumbing.EncodedObject) (commit *object.Commit, err error) {
	defer rootfs.Recovered(&err)
	commit = new(object.Commit)
	return commit, commit.Decode(raw)
}
