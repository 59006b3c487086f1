// Package templatetest makes small templates and plugins for tests.
package templatetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// Repository is the template's name on GitHub.
const Repository = "example/starter-template"

// Start is the date of the first version; each later one is a year younger.
var Start = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)

// Files are paths with contents. A content "-> x" is a symbolic link to x,
// "=> x" a submodule at commit x, and "+x " before a content makes it executable.
type Files map[string]string

// List returns the files as git sees them, sorted by path, and their contents.
func (f Files) List() (files []checks.File, contents map[string]string) {
	contents = map[string]string{}
	for path, content := range f {
		file := checks.File{Path: path, Mode: checks.Regular}
		if rest, ok := strings.CutPrefix(content, "+x "); ok {
			file.Mode, content = checks.Executable, rest
		} else if rest, ok := strings.CutPrefix(content, "-> "); ok {
			file.Mode, content = checks.Symlink, rest
		} else if commit, ok := strings.CutPrefix(content, "=> "); ok {
			file.Mode, file.SHA = checks.Submodule, commit
		}
		if file.Mode != checks.Submodule {
			file.SHA, file.Size = checks.BlobSHA([]byte(content)), int64(len(content))
		}
		contents[path] = content
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b checks.File) int { return strings.Compare(a.Path, b.Path) })
	return files, contents
}

// Subject makes a plugin. It notes the paths that are read in *read, if given.
func (f Files) Subject(read *[]string) checks.Subject {
	files, contents := f.List()
	return checks.Subject{
		Tree: checks.TreeSHA(files), Files: files,
		Read: func(ctx context.Context, file checks.File, limit int64) ([]byte, error) {
			if read != nil {
				*read = append(*read, file.Path)
			}
			if file.Size > limit {
				return nil, fmt.Errorf("%q is larger than %d bytes", file.Path, limit)
			}
			return []byte(contents[file.Path]), ctx.Err()
		},
	}
}

// Versions makes commits of a template and a reader of their files.
func Versions(list ...Files) ([]template.Version, template.Reader) {
	bySHA := map[string]string{}
	var versions []template.Version
	for i, one := range list {
		files, contents := one.List()
		for _, file := range files {
			bySHA[file.SHA] = contents[file.Path]
		}
		versions = append(versions, template.Version{
			Commit: template.Commit{SHA: fmt.Sprintf("%040x", i+1), Date: Start.AddDate(i, 0, 0), Tree: checks.TreeSHA(files)},
			Files:  files,
		})
	}
	return versions, func(file checks.File) ([]byte, error) { return []byte(bySHA[file.SHA]), nil }
}

// Index makes an index of a template's versions.
func Index(t testing.TB, list ...Files) *template.Index {
	t.Helper()
	versions, read := Versions(list...)
	index, err := template.Build(Repository, versions, read)
	if err != nil {
		t.Fatalf("build the template's index: %v", err)
	}
	return index
}

// Text returns n different lines that begin alike.
func Text(name string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d of %s\n", i, name)
	}
	return b.String()
}
