// Package rootfs reads files below an os.Root that somebody hostile may have
// filled (S21).
package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// ErrChanged says that a file is not what it was before.
var ErrChanged = errors.New("it changed while the folder was being looked at")

// Open opens a regular file to read it. It never waits for a pipe's writer and
// never follows a symbolic link that took the file's place.
func Open(root *os.Root, path string) (*os.File, error) {
	before, err := root.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("look at %q: %w", path, err)
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("open %q: it is no regular file", path)
	}
	file, err := root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	after, err := file.Stat()
	if err == nil && !os.SameFile(before, after) {
		err = ErrChanged
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %q: %w", path, err), file.Close())
	}
	return file, nil
}

// Recovered turns a panic into an error: the parsers of go-git were not written
// for hostile files. It is to be deferred.
func Recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("git's files are broken: %v", p)
	}
}

// Storage reads a git directory with go-git, and nothing outside of it: it does
// not look for objects elsewhere (objects/info/alternates), nor write. Objects
// of more bytes than large are read in pieces. Its parsers may panic on a hostile
// directory: see Recovered.
func Storage(git *os.Root, large int64) *filesystem.Storage {
	files := New(git)
	return filesystem.NewStorageWithOptions(files, cache.NewObjectLRUDefault(),
		filesystem.Options{AlternatesFS: files, LargeObjectThreshold: large})
}

// FS lets go-git read the files below Root, and nothing else.
type FS struct{ root *os.Root }

// New returns the files below root.
func New(root *os.Root) FS { return FS{root} }

var _ billy.Filesystem = FS{}

// file is an open file of an FS.
type file struct {
	*os.File
	name string
}

// Name returns the path below the root, where go-git opens packs again.
func (f file) Name() string { return f.name }

func (file) Lock() error   { return billy.ErrReadOnly }
func (file) Unlock() error { return billy.ErrReadOnly }

// local makes a path relative to the root.
func local(name string) string {
	return path.Join(".", strings.TrimLeft(name, "/"))
}

// Open opens a regular file to read it.
func (f FS) Open(name string) (billy.File, error) {
	open, err := Open(f.root, local(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist // go-git looks for it unwrapped
	}
	if err != nil {
		return nil, err
	}
	return file{open, local(name)}, nil
}

// OpenFile opens a regular file; it fails for every other flag than reading.
func (f FS) OpenFile(name string, flag int, _ os.FileMode) (billy.File, error) {
	if flag != os.O_RDONLY {
		return nil, billy.ErrReadOnly
	}
	return f.Open(name)
}

// Stat describes a file; like Lstat, it follows no symbolic link.
func (f FS) Stat(name string) (os.FileInfo, error) { return f.root.Lstat(local(name)) }

// Lstat describes a file or symbolic link.
func (f FS) Lstat(name string) (os.FileInfo, error) { return f.root.Lstat(local(name)) }

// ReadDir lists a folder, sorted by name.
func (f FS) ReadDir(name string) ([]os.FileInfo, error) {
	entries, err := fs.ReadDir(f.root.FS(), local(name))
	if err != nil {
		return nil, err
	}
	infos := make([]os.FileInfo, 0, len(entries))
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// Readlink returns a symbolic link's target.
func (f FS) Readlink(name string) (string, error) { return f.root.Readlink(local(name)) }

// Join joins path elements.
func (FS) Join(elem ...string) string { return path.Join(elem...) }

// Root returns the only folder there is.
func (FS) Root() string { return "/" }

// Chroot fails: go-git asks for it to look for objects elsewhere.
func (FS) Chroot(string) (billy.Filesystem, error) { return nil, billy.ErrNotSupported }

// Create and what follows fail: nothing is ever written.
func (FS) Create(string) (billy.File, error) { return nil, billy.ErrReadOnly }

// Rename fails.
func (FS) Rename(string, string) error { return billy.ErrReadOnly }

// Remove fails.
func (FS) Remove(string) error { return billy.ErrReadOnly }

// TempFile fails.
func (FS) TempFile(string, string) (billy.File, error) { return nil, billy.ErrReadOnly }

// MkdirAll fails.
func (FS) MkdirAll(string, os.FileMode) error { return billy.ErrReadOnly }

// Symlink fails.
func (FS) Symlink(string, string) error { return billy.ErrReadOnly }
