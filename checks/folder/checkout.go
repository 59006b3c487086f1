package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/internal/rootfs"
)

const (
	maxIndexBytes  = 64 << 20
	maxCommitBytes = 1 << 20
)

// checkout is what git knows about the folder. It is empty for a folder that is
// no checkout, and for a linked work tree or a submodule, whose .git is a file
// that points to a place outside.
type checkout struct {
	exists  bool
	root    *os.Root               // of the .git folder
	tracked map[string]checks.File // by path; only submodules have a hash
	folders map[string]bool        // that tracked files are in
}

// openCheckout reads the index of the folder's .git.
func openCheckout(root *os.Root) (*checkout, error) {
	c := &checkout{tracked: map[string]checks.File{}, folders: map[string]bool{}}
	info, err := root.Lstat(".git")
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at .git: %w", err)
	}
	if c.root, err = root.OpenRoot(".git"); err != nil {
		return nil, fmt.Errorf("open .git: %w", err)
	}
	c.exists = true
	if err := c.readIndex(); err != nil {
		return nil, errors.Join(fmt.Errorf("read git's index: %w", err), c.root.Close())
	}
	return c, nil
}

func (c *checkout) close() error {
	if c.root == nil {
		return nil
	}
	return c.root.Close()
}

// readIndex fills tracked and folders. A new repository has no index yet.
func (c *checkout) readIndex() (err error) {
	if _, err := c.root.Lstat("index"); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	file, err := rootfs.Open(c.root, "index")
	if err != nil {
		return err
	}
	defer file.Close() // only read
	defer rootfs.Recovered(&err)
	var idx index.Index
	if err := index.NewDecoder(io.LimitReader(file, maxIndexBytes)).Decode(&idx); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	for _, entry := range idx.Entries {
		name := entry.Name
		if !fs.ValidPath(strings.ToValidUTF8(name, "?")) || name == "." {
			return fmt.Errorf("it tracks %q, which is no path in the folder", name)
		}
		file := checks.File{Path: name}
		if entry.Mode == filemode.Submodule {
			file.Mode, file.SHA = checks.Submodule, entry.Hash.String()
		}
		c.tracked[name] = file
		for dir := path.Dir(name); dir != "." && !c.folders[dir]; dir = path.Dir(dir) {
			c.folders[dir] = true
		}
	}
	return nil
}

// commitOf returns the SHA of HEAD if its tree is the given one, else "". It is
// "" also if there is no commit yet, or if the commit is not in the folder.
func (c *checkout) commitOf(tree string) (sha string, err error) {
	if !c.exists {
		return "", nil
	}
	defer rootfs.Recovered(&err)
	storage := rootfs.Storage(c.root, maxCommitBytes)
	head, err := storer.ResolveReference(storage, plumbing.HEAD)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("resolve git's HEAD: %w", err)
	}
	size, err := storage.EncodedObjectSize(head.Hash())
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read git's commit %s: %w", head.Hash(), err)
	}
	if size > maxCommitBytes {
		return "", fmt.Errorf("git's commit %s is larger than %d KiB", head.Hash(), maxCommitBytes>>10)
	}
	commit, err := object.GetCommit(storage, head.Hash())
	if err != nil {
		return "", fmt.Errorf("read git's commit %s: %w", head.Hash(), err)
	}
	if commit.TreeHash.String() != tree {
		return "", nil
	}
	return commit.Hash.String(), nil
}
