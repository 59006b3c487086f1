// Package checkstest makes subjects for the tests of checks.
package checkstest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// Subject makes a subject of files; a content "-> x" is a symbolic link to x.
func Subject(files map[string]string) checks.Subject {
	s := checks.Subject{Tree: strings.Repeat("0", 40)}
	contents := map[string]string{}
	for path, content := range files {
		file := checks.File{Path: path, Mode: checks.Regular}
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			file.Mode, content = checks.Symlink, target
		}
		file.Size = int64(len(content))
		contents[path] = content
		s.Files = append(s.Files, file)
	}
	slices.SortFunc(s.Files, func(a, b checks.File) int { return strings.Compare(a.Path, b.Path) })
	s.Read = func(_ context.Context, file checks.File, limit int64) ([]byte, error) {
		if content := contents[file.Path]; int64(len(content)) <= limit {
			return []byte(content), nil
		}
		return nil, errors.New("too large")
	}
	return s
}
