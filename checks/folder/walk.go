package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/internal/rootfs"
)

const (
	maxIgnoreBytes = 64 << 10 // of one .gitignore
	maxPatterns    = 5_000    // of all of them
)

// walker collects the files of a folder.
type walker struct {
	root     *os.Root
	git      *checkout
	files    []checks.File
	visited  int
	patterns int
}

// walk returns the files of the folder, without their hashes, in no order.
func walk(root *os.Root, git *checkout) ([]checks.File, error) {
	w := &walker{root: root, git: git}
	patterns, err := w.ignoreFile(".git/info/exclude", nil, nil)
	if err != nil {
		return nil, err
	}
	if err := w.folder("", patterns, false); err != nil {
		return nil, err
	}
	return w.files, nil
}

// folder walks one folder. Below an ignored folder only tracked files count.
func (w *walker) folder(dir string, patterns []gitignore.Pattern, ignored bool) error {
	patterns, err := w.ignoreFile(join(dir, ".gitignore"), split(dir), patterns)
	if err != nil {
		return err
	}
	entries, err := readDir(w.root, dir, maxVisited-w.visited)
	if err != nil {
		return err
	}
	if w.visited += len(entries); w.visited >= maxVisited {
		return fmt.Errorf("there are more than %d entries, ignored ones included", maxVisited)
	}
	matcher := gitignore.NewMatcher(patterns)
	for _, entry := range entries {
		path := join(dir, entry.Name())
		if strings.EqualFold(entry.Name(), ".git") {
			continue // git never tracks anything with this name
		}
		skip := ignored || matcher.Match(split(path), entry.IsDir())
		if err := w.entry(path, entry, patterns, skip); err != nil {
			return err
		}
	}
	return nil
}

// entry takes one entry of a folder, unless it is ignored and not tracked.
func (w *walker) entry(path string, entry fs.DirEntry, patterns []gitignore.Pattern, ignored bool) error {
	tracked, isTracked := w.git.tracked[path]
	switch {
	case entry.IsDir() && isTracked && tracked.Mode == checks.Submodule:
		return w.take(tracked)
	case entry.IsDir():
		// git takes a repository in the repository for a submodule, not for files
		foreign := w.git.exists && isRepository(w.root, path)
		if (ignored || foreign) && !w.git.folders[path] {
			return nil
		}
		return w.folder(path, patterns, ignored || foreign)
	case ignored && !isTracked:
		return nil
	}
	info, err := w.root.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at %q: %w", path, err)
	}
	file := checks.File{Path: path, Mode: checks.Regular, Size: info.Size()}
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		target, err := w.root.Readlink(path)
		if err != nil {
			return fmt.Errorf("read the symbolic link %q: %w", path, err)
		}
		file.Mode, file.Size = checks.Symlink, int64(len(target))
	case !mode.IsRegular():
		return nil // pipes, sockets and devices: git does not see them either
	case mode&0o100 != 0:
		file.Mode = checks.Executable
	}
	if file.Size > MaxFileBytes {
		return fmt.Errorf("the file %q is larger than %d MiB, which GitHub does not take", path, MaxFileBytes>>20)
	}
	return w.take(file)
}

// take adds a file, unless there are too many.
func (w *walker) take(file checks.File) error {
	if len(w.files) == MaxFiles {
		return fmt.Errorf("there are more than %d files that .gitignore does not exclude", MaxFiles)
	}
	w.files = append(w.files, file)
	return nil
}

// ignoreFile returns the patterns with those of an ignore file, if there is
// one, added. Like git it does not follow a symbolic link.
func (w *walker) ignoreFile(path string, domain []string, patterns []gitignore.Pattern) ([]gitignore.Pattern, error) {
	info, err := w.root.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return patterns, nil // none here, or none that counts
	}
	file, err := rootfs.Open(w.root, path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read
	content, err := io.ReadAll(io.LimitReader(file, maxIgnoreBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	if len(content) > maxIgnoreBytes {
		return nil, fmt.Errorf("%q is larger than %d KiB", path, maxIgnoreBytes>>10)
	}
	patterns = patterns[:len(patterns):len(patterns)] // siblings share what came before
	for line := range strings.Lines(strings.TrimPrefix(string(content), "\uFEFF")) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		patterns = append(patterns, gitignore.ParsePattern(line, domain))
		if w.patterns++; w.patterns > maxPatterns {
			return nil, fmt.Errorf("the .gitignore files have more than %d patterns", maxPatterns)
		}
	}
	return patterns, nil
}

// readDir returns at most limit entries of a folder.
func readDir(root *os.Root, dir string, limit int) ([]fs.DirEntry, error) {
	folder, err := root.Open(join(dir, "."))
	if err != nil {
		return nil, fmt.Errorf("open the folder %q: %w", dir, err)
	}
	defer folder.Close() // only read
	entries, err := folder.ReadDir(max(1, limit))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("list the folder %q: %w", dir, err)
	}
	return entries, nil
}

// isRepository reports whether a folder has a .git of its own.
func isRepository(root *os.Root, dir string) bool {
	_, err := root.Lstat(join(dir, ".git"))
	return err == nil
}

// join joins a folder, "" for the root, and a name.
func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// split splits a path into its names; the root has none.
func split(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}
