// Package bundles keeps plugin bundles in a folder, each under its SHA256, so that
// what is deployed, and what is put back, are the very bytes that were checked. A
// bucket of an S3-compatible store may have them, too.
package bundles

import (
	"context"
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
	// S3 has the bundles, too; nil if nothing else has.
	S3 *S3
}

// FullError says that a bundle does not fit any more.
type FullError struct{ Most int64 }

func (e *FullError) Error() string {
	return fmt.Sprintf("bundles.dir has no room: its bundles may have %d MiB together (bundles.max_mib)", e.Most>>20)
}

// StoreError says that the S3-compatible store failed.
type StoreError struct{ Err error }

func (e *StoreError) Error() string { return "use the store of bundles: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *StoreError) Unwrap() error { return e.Err }

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
func (f Folder) Has(ctx context.Context, sha256 string) (is bool, err error) {
	if !digest.MatchString(sha256) {
		return false, nil
	}
	if _, err := os.Stat(f.file(sha256)); err == nil || f.S3 == nil {
		return err == nil, nil
	}
	if is, err = f.S3.has(ctx, sha256); err != nil {
		return false, &StoreError{fmt.Errorf("look for the bundle %.12s…: %w", sha256, err)}
	}
	return is, nil
}

// Open opens a bundle that is kept. It fails with [fs.ErrNotExist] if it is not.
func (f Folder) Open(ctx context.Context, sha256 string) (io.ReadCloser, error) {
	if !digest.MatchString(sha256) {
		return nil, fmt.Errorf("open the bundle %q: %w", sha256, fs.ErrNotExist)
	}
	file, err := os.Open(f.file(sha256))
	if errors.Is(err, fs.ErrNotExist) && f.S3 != nil {
		if err = f.bring(ctx, sha256); err == nil {
			file, err = os.Open(f.file(sha256))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the bundle %.12s…: %w", sha256, withoutPath(err))
	}
	return file, nil
}

// bring brings a bundle from the store, if the bytes there are the right ones.
func (f Folder) bring(ctx context.Context, sha256 string) error {
	content, err := f.S3.get(ctx, sha256)
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		return &StoreError{fmt.Errorf("get it: %w", err)}
	}
	defer content.Close()
	return f.keep(sha256, content)
}

// share brings a bundle into the store.
func (f Folder) share(ctx context.Context, sha256 string) error {
	file, err := os.Open(f.file(sha256))
	if err != nil {
		return withoutPath(err)
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return withoutPath(err)
	}
	if err := f.S3.put(ctx, sha256, file, about.Size()); err != nil {
		return &StoreError{fmt.Errorf("bring the bundle %.12s…: %w", sha256, err)}
	}
	return nil
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
//
// One that cannot be brought into the store is kept all the same, though it fails:
// [Folder.Clean] brings it there.
func (f Folder) Keep(ctx context.Context, sha256 string, content io.Reader) error {
	if !digest.MatchString(sha256) {
		return fmt.Errorf("keep a bundle: %q is no SHA256", sha256)
	}
	is, err := f.Has(ctx, sha256)
	if err != nil || is {
		return err
	}
	if err := f.keep(sha256, content); err != nil {
		return fmt.Errorf("keep the bundle %.12s…: %w", sha256, err)
	}
	if f.S3 == nil {
		return nil
	}
	return f.share(ctx, sha256)
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
// Files that are no bundles are left alone. What is needed and not in the store is
// brought there.
func (f Folder) Clean(ctx context.Context, needed []string, before time.Time) (deleted int, err error) {
	if deleted, err = f.clean(needed, before); err != nil || f.S3 == nil {
		return deleted, err
	}
	all := map[string]bool{}
	for _, sha256 := range needed {
		if digest.MatchString(sha256) {
			all[sha256] = true
		}
	}
	more, err := f.S3.clean(ctx, f, all, before)
	return deleted + more, err
}

func (f Folder) clean(needed []string, before time.Time) (deleted int, err error) {
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
