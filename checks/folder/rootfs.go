package folder

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/go-git/go-billy/v5"
)

// rootFS lets go-git read the files below an os.Root, and nothing else.
type rootFS struct{ root *os.Root }

var _ billy.Filesystem = rootFS{}

// file is an open file of a rootFS.
type file struct {
	*os.File
	name string
}

// Name is the name that the file was opened by: go-git opens it again by that,
// to read larger objects.
func (f file) Name() string { return f.name }
func (file) Lock() error    { return billy.ErrReadOnly }
func (file) Unlock() error  { return billy.ErrReadOnly }

// local makes a path relative to the root.
func local(name string) string {
	return path.Join(".", strings.TrimLeft(name, "/"))
}

// Open opens a regular file to read it.
func (f rootFS) Open(name string) (billy.File, error) {
	open, err := openRegular(f.root, local(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist // go-git looks for it unwrapped
	}
	if err != nil {
		return nil, err
	}
	return file{open, name}, nil
}

// OpenFile opens a regular file; it fails for every other flag than reading.
func (f rootFS) OpenFile(name string, flag int, _ os.FileMode) (billy.File, error) {
	if flag != os.O_RDONLY {
		return nil, billy.ErrReadOnly
	}
	return f.Open(name)
}

// Stat describes a file; like Lstat, it follows no symbolic link.
func (f rootFS) Stat(name string) (os.FileInfo, error) { return f.root.Lstat(local(name)) }

// Lstat describes a file or symbolic link.
func (f rootFS) Lstat(name string) (os.FileInfo, error) { return f.root.Lstat(local(name)) }

// ReadDir lists a folder, sorted by name.
func (f rootFS) ReadDir(name string) ([]os.FileInfo, error) {
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
func (f rootFS) Readlink(name string) (string, error) { return f.root.Readlink(local(name)) }

// Join joins path elements.
func (rootFS) Join(elem ...string) string { return path.Join(elem...) }

// Root returns the only folder there is.
func (rootFS) Root() string { return "/" }

// Chroot fails: go-git asks for it to look for objects elsewhere.
func (rootFS) Chroot(string) (billy.Filesystem, error) { return nil, billy.ErrNotSupported }

// Create and what follows fail: nothing is ever written.
func (rootFS) Create(string) (billy.File, error) { return nil, billy.ErrReadOnly }

// Rename fails.
func (rootFS) Rename(string, string) error { return billy.ErrReadOnly }

// Remove fails.
func (rootFS) Remove(string) error { return billy.ErrReadOnly }

// TempFile fails.
func (rootFS) TempFile(string, string) (billy.File, error) { return nil, billy.ErrReadOnly }

// MkdirAll fails.
func (rootFS) MkdirAll(string, os.FileMode) error { return billy.ErrReadOnly }

// Symlink fails.
func (rootFS) Symlink(string, string) error { return billy.ErrReadOnly }
