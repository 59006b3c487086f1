package checkout

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/objfile"

	"github.com/onboard-app/onboard/checks"
)

// WriteBlob adds a blob and returns its SHA.
func (c *Checkout) WriteBlob(content []byte) (string, error) {
	return c.write(plumbing.BlobObject, content)
}

// WriteTree adds the tree of files, with all its folders, and returns its SHA.
// The blobs have to be there.
func (c *Checkout) WriteTree(files []checks.File) (string, error) {
	return checks.Trees(files, func(content []byte) error {
		_, err := c.write(plumbing.TreeObject, content)
		return err
	})
}

// WriteCommit adds a commit and returns its SHA. The same commit has the same
// SHA wherever it is written.
func (c *Checkout) WriteCommit(commit Commit) (string, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %s\n", commit.Tree)
	for _, parent := range commit.Parents {
		fmt.Fprintf(&b, "parent %s\n", parent)
	}
	who := fmt.Sprintf("%s <%s> %d +0000", commit.Name, commit.Email, commit.Time.Unix())
	fmt.Fprintf(&b, "author %s\ncommitter %s\n\n%s", who, who, commit.Message)
	return c.write(plumbing.CommitObject, b.Bytes())
}

// write adds an object that is not there yet, as a loose one.
func (c *Checkout) write(kind plumbing.ObjectType, content []byte) (string, error) {
	sha := plumbing.ComputeHash(kind, content).String()
	if _, err := c.size(sha); err == nil {
		return sha, nil
	} else if !errors.Is(err, ErrAbsent) {
		return "", err
	}
	folder := "objects/" + sha[:2]
	if err := c.folder(folder); err != nil {
		return "", err
	}
	name := folder + "/tmp_obj_" + rand.Text()
	file, err := c.git.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err == nil {
		err = errors.Join(encode(file, kind, content), file.Close())
		if err == nil {
			err = c.git.Rename(name, folder+"/"+sha[2:])
		}
		if err != nil {
			err = errors.Join(err, c.git.Remove(name))
		}
	}
	if err != nil {
		return "", fmt.Errorf("write git's %s %s into %q: %w", kind, sha, c.dir, err)
	}
	return sha, nil
}

// encode writes an object as git stores it.
func encode(file *os.File, kind plumbing.ObjectType, content []byte) error {
	w := objfile.NewWriter(file)
	if err := w.WriteHeader(kind, int64(len(content))); err != nil {
		return err
	}
	_, err := w.Write(content)
	return errors.Join(err, w.Close())
}

// folder makes a folder below .git, unless it is there. No part of its path may
// be a symbolic link: git makes none, and it could lead to git's hooks.
func (c *Checkout) folder(name string) error {
	done := ""
	for part := range strings.SplitSeq(name, "/") {
		done = path.Join(done, part)
		info, err := c.git.Lstat(done)
		if errors.Is(err, fs.ErrNotExist) {
			if err = c.git.Mkdir(done, 0o755); err == nil || errors.Is(err, fs.ErrExist) {
				info, err = c.git.Lstat(done)
			}
		}
		if err == nil && !info.IsDir() {
			err = errors.New("it is no folder")
		}
		if err != nil {
			return fmt.Errorf("make git's folder %s in %q: %w", done, c.dir, err)
		}
	}
	return nil
}

// SetBranch points a branch to a commit, as git does: under the reference's
// lock, and only if it still points to old; "" means that it does not exist.
func (c *Checkout) SetBranch(name, old, commit string) error {
	ref := plumbing.NewBranchReferenceName(name).String()
	for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
		sha, err := c.Branch(parent)
		if err != nil {
			return err
		}
		if sha != "" {
			return fmt.Errorf("make the branch %s: git allows none of this name while there is a branch %s", name, parent)
		}
	}
	if err := c.folder(path.Dir(ref)); err != nil {
		return err
	}
	lock, err := c.git.OpenFile(ref+".lock", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("set the branch %s: another program changes it; if there is none, remove %s.lock from the .git of %q", name, ref, c.dir)
	}
	if err != nil {
		return fmt.Errorf("set the branch %s of %q: %w", name, c.dir, err)
	}
	_, err = lock.WriteString(commit + "\n")
	err = errors.Join(err, lock.Close())
	if err == nil {
		err = c.compareAndSwap(name, ref, old)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("set the branch %s of %q: %w", name, c.dir, err), c.git.Remove(ref+".lock"))
	}
	return nil
}

// compareAndSwap puts the lock in a reference's place if that is still old.
func (c *Checkout) compareAndSwap(branch, ref, old string) error {
	now, err := c.Branch(branch)
	if err != nil {
		return err
	}
	if now != old {
		return errors.New("somebody else changed it meanwhile: try again")
	}
	return c.git.Rename(ref+".lock", ref)
}
