// Package folder makes a Subject of a local folder, for `onboard check`.
//
// The folder may be hostile (S21): every access goes through an os.Root, so
// nothing outside is read whatever symbolic links say; git itself is never run,
// and no hook, filter or configuration of the folder is used.
package folder

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/internal/rootfs"
)

// Bounds (S17). A folder beyond them is refused.
const (
	MaxFiles     = 20_000
	MaxFileBytes = 100 << 20 // what GitHub takes
	MaxBytes     = 4 << 30   // of all files together
	maxVisited   = 200_000   // entries looked at, ignored ones included
)

// Folder is an open folder.
type Folder struct {
	root    *os.Root
	subject checks.Subject
}

// Open reads the folder: of a git checkout the tracked and the unignored files,
// as they are in the working tree; of another folder all files that its
// .gitignore files do not exclude. It fails if the folder cannot be read whole,
// is larger than the bounds, or has an index or HEAD that cannot be understood.
func Open(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder %q: %w", dir, err)
	}
	f := &Folder{root: root}
	if err := f.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("read the folder %q: %w", dir, err), root.Close())
	}
	return f, nil
}

// Subject returns what the folder held when it was opened. Its Read fails for a
// file that has changed since, and after Close.
func (f *Folder) Subject() checks.Subject {
	return f.subject
}

// Close ends the access to the folder.
func (f *Folder) Close() error {
	return f.root.Close()
}

// load lists and hashes the files.
func (f *Folder) load() (err error) {
	git, err := openCheckout(f.root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, git.close()) }()
	files, err := walk(f.root, git)
	if err != nil {
		return err
	}
	var total int64
	for i := range files {
		file := &files[i]
		if file.Mode == checks.Submodule {
			continue // its hash is the index's
		}
		if total += file.Size; total > MaxBytes {
			return fmt.Errorf("the files together are larger than %d GiB", MaxBytes>>30)
		}
		if file.SHA, err = f.hash(*file); err != nil {
			return err
		}
	}
	slices.SortFunc(files, func(a, b checks.File) int { return cmp.Compare(a.Path, b.Path) })
	f.subject = checks.Subject{Tree: checks.TreeSHA(files), Files: files, Read: f.read}
	f.subject.Commit, err = git.commitOf(f.subject.Tree)
	return err
}

// read is the subject's Read.
func (f *Folder) read(ctx context.Context, file checks.File, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if file.Size > limit {
		return nil, fmt.Errorf("read %q: it has %d bytes, more than %d", file.Path, file.Size, limit)
	}
	source, err := f.content(file)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(source, file.Size+1))
	if err = errors.Join(err, source.Close()); err != nil {
		return nil, fmt.Errorf("read %q: %w", file.Path, err)
	}
	if checks.BlobSHA(content) != file.SHA {
		return nil, fmt.Errorf("read %q: %w", file.Path, rootfs.ErrChanged)
	}
	return content, nil
}

// hash returns the git blob SHA of a file.
func (f *Folder) hash(file checks.File) (string, error) {
	source, err := f.content(file)
	if err != nil {
		return "", err
	}
	sha, n, err := streamSHA(io.LimitReader(source, file.Size+1), file.Size)
	if err = errors.Join(err, source.Close()); err != nil {
		return "", fmt.Errorf("read %q: %w", file.Path, err)
	}
	if n != file.Size {
		return "", fmt.Errorf("read %q: %w", file.Path, rootfs.ErrChanged)
	}
	return sha, nil
}

// content opens a file, or the target path of a symbolic link.
func (f *Folder) content(file checks.File) (io.ReadCloser, error) {
	switch file.Mode {
	case checks.Submodule:
		return nil, fmt.Errorf("read %q: it is a submodule", file.Path)
	case checks.Symlink:
		target, err := f.root.Readlink(file.Path)
		if err != nil {
			return nil, fmt.Errorf("read the symbolic link %q: %w", file.Path, err)
		}
		return io.NopCloser(bytes.NewReader([]byte(target))), nil
	default:
		return rootfs.Open(f.root, file.Path)
	}
}
