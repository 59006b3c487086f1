// Package bundles keeps plugin bundles in a folder, each under its SHA256, so that
// what is deployed, and what is put back, are the very bytes that were checked.
package bundles

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Folder is a folder of bundles. Processes may share one: a bundle appears whole
// or not at all, and never changes. The folder is made when it is needed.
type Folder struct {
	// Path is where it is.
	Path string
	// Most is how many bytes all bundles may have together.
	Most int64
}

// FullError says that a bundle does not fit any more.
type FullError struct{ Most int64 }

func (e *FullError) Error() string {
	return fmt.Sprintf("bundles.dir has no room: its bundles may have %d MiB together (bundles.max_mib)", e.Most>>20)
}

// DifferentError says that the bytes that came are others than were expected.
type DifferentError struct{ Want, Got string }

func (e *DifferentError) Error() string {
	return fmt.Sprintf("its sha256 is %.12s… and should be %.12s…", e.Got, e.Want)
}

const (
	suffix    = ".tar.gz"
	unwritten = ".part"
	// abandoned is when a file that was not written to its end is of a process that
	// does not live any more.
	abandoned = time.Hour
)

var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (f Folder) file(sha256 string) string { return filepath.Join(f.Path, sha256+suffix) }

// Has tells whether a bundle is kept.
func (f Folder) Has(sha256 string) bool {
	if !digest.MatchString(sha256) {
		return false
	}
	_, err := os.Stat(f.file(sha256))
	return err == nil
}

// Open opens a bundle that is kept. It fails with [fs.ErrNotExist] if it is not.
func (f Folder) Open(sha256 string) (io.ReadCloser, error) {
	if !digest.MatchString(sha256) {
		return nil, fmt.Errorf("open the bundle %q: %w", sha256, fs.ErrNotExist)
	}
	file, err := os.Open(f.file(sha256))
	if err != nil {
		return nil, fmt.Errorf("open the bundle %.12s…: %w", sha256, withoutPath(err))
	}
	return file, nil
}

// withoutPath is the error without the path, which is the operator's affair.
func withoutPath(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Keep keeps the bytes that come, which must have this SHA256: else it fails with
// a [DifferentError], and keeps nothing. One that is kept already is not read. It
// fails with a [FullError] if there is no room; then [Folder.Clean] may make some.
func (f Folder) Keep(sha256 string, content io.Reader) error {
	if !digest.MatchString(sha256) {
		return fmt.Errorf("keep a bundle: %q is no SHA256", sha256)
	}
	if f.Has(sha256) {
		return nil
	}
	if err := f.keep(sha256, content); err != nil {
		return fmt.Errorf("keep the bundle %.12s…: %w", sha256, err)
	}
	return nil
}

func (f Folder) keep(want string, content io.Reader) (err error) {
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return err
	}
	kept, err := f.list()
	if err != nil {
		return err
	}
	room := f.Most
	for _, b := range kept {
		room -= b.size
	}
	file, err := os.CreateTemp(f.Path, want[:12]+"-*"+unwritten)
	if err != nil {
		return err
	}
	defer func() {
		_ = file.Close() // again, if all went well
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, hash), io.LimitReader(content, room+1))
	switch {
	case err != nil:
		return err
	case n > room:
		return &FullError{f.Most}
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		return &DifferentError{Want: want, Got: got}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), f.file(want))
}

// kept is one file of the folder.
type kept struct {
	sha256 string // "" of one that was not written to its end
	name   string
	size   int64
	at     time.Time
}

func (f Folder) list() (list []kept, err error) {
	entries, err := os.ReadDir(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) { // another process cleans up
			continue
		}
		if err != nil {
			return nil, err
		}
		sha256, is := strings.CutSuffix(entry.Name(), suffix)
		switch {
		case is && digest.MatchString(sha256) && info.Mode().IsRegular():
			list = append(list, kept{sha256: sha256, name: entry.Name(), size: info.Size(), at: info.ModTime()})
		case strings.HasSuffix(entry.Name(), unwritten) && info.Mode().IsRegular():
			list = append(list, kept{name: entry.Name(), size: info.Size(), at: info.ModTime()})
		}
	}
	return list, nil
}

// Clean deletes what nobody needs: bundles that are not among the needed and came
// before the given time, the oldest first, and what was not written to its end.
// Files that are no bundles are left alone.
func (f Folder) Clean(needed []string, before time.Time) (deleted int, err error) {
	list, err := f.list()
	if err != nil {
		return 0, fmt.Errorf("clean up bundles.dir: %w", err)
	}
	slices.SortFunc(list, func(a, b kept) int { return a.at.Compare(b.at) })
	for _, b := range list {
		switch {
		case b.sha256 == "" && time.Since(b.at) < abandoned: // perhaps it is being written
			continue
		case b.sha256 != "" && (slices.Contains(needed, b.sha256) || !b.at.Before(before)):
			continue
		}
		if err := os.Remove(filepath.Join(f.Path, b.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return deleted, fmt.Errorf("clean up bundles.dir: %w", err)
		}
		deleted++
	}
	return deleted, nil
}
