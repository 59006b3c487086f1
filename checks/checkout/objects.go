package checkout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/internal/rootfs"
)

// maxEntries bounds the files and folders of a tree (S17).
const maxEntries = 20_000

// ErrAbsent says that an object is not in the folder.
var ErrAbsent = errors.New("it is not in the folder (shallow, partial and shared clones keep it elsewhere)")

// Subject returns the tree of a commit. Its Read fails after Close.
func (c *Checkout) Subject(commit Commit) (checks.Subject, error) {
	files, err := c.Files(commit.Tree)
	if err != nil {
		return checks.Subject{}, err
	}
	return checks.Subject{Commit: commit.SHA, Tree: commit.Tree, Files: files, Read: c.read}, nil
}

// Files lists the files of a tree, sorted by path.
func (c *Checkout) Files(tree string) ([]checks.File, error) {
	l := lister{checkout: c}
	if err := l.folder(tree, ""); err != nil {
		return nil, err
	}
	slices.SortFunc(l.files, func(a, b checks.File) int { return strings.Compare(a.Path, b.Path) })
	return l.files, nil
}

// lister collects the files of a tree.
type lister struct {
	checkout *Checkout
	files    []checks.File
	visited  int
}

// folder lists one folder; its path ends in a slash, that of the root is "".
func (l *lister) folder(sha, path string) error {
	raw, err := l.checkout.object(plumbing.TreeObject, sha, maxTree)
	if err != nil {
		return err
	}
	tree, err := decodeTree(raw)
	if err != nil {
		return fmt.Errorf("read git's tree %s of %q: %w", sha, l.checkout.dir, err)
	}
	for _, entry := range tree.Entries {
		if l.visited++; l.visited > maxEntries {
			return fmt.Errorf("the commit has more than %d files and folders", maxEntries)
		}
		if entry.Name == "" || entry.Name == "." || entry.Name == ".." || strings.EqualFold(entry.Name, ".git") || strings.ContainsAny(entry.Name, "/\x00") {
			return fmt.Errorf("git's tree %s of %q has the entry %q, which git does not write", sha, l.checkout.dir, entry.Name)
		}
		if err := l.entry(entry, path+entry.Name); err != nil {
			return err
		}
	}
	return nil
}

// entry takes one entry of a folder.
func (l *lister) entry(entry object.TreeEntry, path string) error {
	file := checks.File{Path: path, SHA: entry.Hash.String()}
	switch entry.Mode {
	case filemode.Dir:
		return l.folder(file.SHA, path+"/")
	case filemode.Submodule:
		file.Mode = checks.Submodule
		l.files = append(l.files, file)
		return nil
	case filemode.Symlink:
		file.Mode = checks.Symlink
	case filemode.Executable:
		file.Mode = checks.Executable
	default: // among them 0100664, which git wrote once
		file.Mode = checks.Regular
	}
	var err error
	if file.Size, err = l.checkout.size(file.SHA); err != nil {
		return fmt.Errorf("look at %q: %w", path, err)
	}
	l.files = append(l.files, file)
	return nil
}

func decodeTree(raw plumbing.EncodedObject) (tree *object.Tree, err error) {
	defer rootfs.Recovered(&err)
	tree = new(object.Tree)
	return tree, tree.Decode(raw)
}

// read is a subject's Read.
func (c *Checkout) read(ctx context.Context, file checks.File, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if file.Mode == checks.Submodule {
		return nil, fmt.Errorf("read %q: it is a submodule", file.Path)
	}
	content, err := c.Blob(file.SHA, limit)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", file.Path, err)
	}
	return content, nil
}

// Blob returns the content of a blob of at most limit bytes. Its error wraps
// ErrAbsent if the folder does not have it.
func (c *Checkout) Blob(sha string, limit int64) ([]byte, error) {
	raw, err := c.object(plumbing.BlobObject, sha, limit)
	if err != nil {
		return nil, err
	}
	reader, err := raw.Reader()
	if err != nil {
		return nil, fmt.Errorf("read git's blob %s of %q: %w", sha, c.dir, err)
	}
	content, err := io.ReadAll(reader)
	if err = errors.Join(err, reader.Close()); err != nil {
		return nil, fmt.Errorf("read git's blob %s of %q: %w", sha, c.dir, err)
	}
	return content, nil
}

// size returns the size of an object, in bytes.
func (c *Checkout) size(sha string) (size int64, err error) {
	defer rootfs.Recovered(&err)
	size, err = c.storage.EncodedObjectSize(plumbing.NewHash(sha))
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		err = ErrAbsent
	}
	if err != nil {
		return 0, fmt.Errorf("read git's object %s of %q: %w", sha, c.dir, err)
	}
	return size, nil
}

// object reads an object of at most limit bytes and holds it against its name:
// go-git takes what a file is called for what it holds.
func (c *Checkout) object(kind plumbing.ObjectType, sha string, limit int64) (raw plumbing.EncodedObject, err error) {
	defer rootfs.Recovered(&err)
	size, err := c.size(sha)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (plumbing.EncodedObject, error) {
		return nil, fmt.Errorf("read git's %s %s of %q: %w", kind, sha, c.dir, err)
	}
	if size > limit {
		return fail(fmt.Errorf("it has %d bytes, more than %d", size, limit))
	}
	stored, err := c.storage.EncodedObject(kind, plumbing.NewHash(sha))
	if err != nil {
		return fail(err)
	}
	reader, err := stored.Reader()
	if err != nil {
		return fail(err)
	}
	content, err := io.ReadAll(io.LimitReader(reader, limit+1))
	if err = errors.Join(err, reader.Close()); err != nil {
		return fail(err)
	}
	if plumbing.ComputeHash(kind, content).String() != sha {
		return fail(errors.New("it is broken: its content does not have this hash"))
	}
	memory := new(plumbing.MemoryObject)
	memory.SetType(kind)
	if _, err := memory.Write(content); err != nil {
		return fail(err)
	}
	return memory, nil
}
