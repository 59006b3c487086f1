package reviewpr

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/onboard-app/onboard/checks"
)

// Bounds of what .gitattributes may say (S17). Beyond them every file counts as
// hidden by it.
const (
	maxAttributes = 256 << 10 // bytes of one file
	maxPatterns   = 500       // that hide files, together
)

// generated returns what tells the files whose diff GitHub collapses because
// some .gitattributes says so. Neither the order of patterns nor that one takes
// back another counts: rather too many files are listed than too few.
func generated(ctx context.Context, subject checks.Subject) (func(path string) Kind, error) {
	a := attributes{hiding: []string{"linguist-generated", "linguist-generated=true", "binary", "-diff"}}
	for _, file := range subject.Files {
		if path.Base(file.Path) != ".gitattributes" || !regular(file) {
			continue // git follows no symbolic link here
		}
		if a.all = a.all || file.Size > maxAttributes; a.all {
			break
		}
		content, err := subject.Read(ctx, file, maxAttributes)
		if err != nil {
			return nil, fmt.Errorf("read %q for the review PR: %w", file.Path, err)
		}
		a.read(string(content), path.Dir(file.Path))
	}
	return a.kind, nil
}

// attributes are the patterns of files whose diff is collapsed.
type attributes struct {
	hiding   []string // the attributes that do it, and macros with one of them
	patterns []gitignore.Pattern
	all      bool // there is too much to read
}

// read adds the patterns of one .gitattributes.
func (a *attributes) read(content, folder string) {
	var domain []string
	if folder != "." {
		domain = strings.Split(folder, "/")
	}
	for line := range strings.Lines(content) {
		pattern, names := splitLine(line)
		if !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(a.hiding, name) }) {
			continue
		}
		if macro, ok := strings.CutPrefix(pattern, "[attr]"); ok {
			a.hiding = append(a.hiding, macro)
			continue
		}
		a.patterns = append(a.patterns, gitignore.ParsePattern(strings.TrimPrefix(pattern, "!"), domain))
		if a.all = len(a.patterns)+len(a.hiding) > maxPatterns; a.all {
			return
		}
	}
}

// splitLine splits a line into its pattern and its attributes.
func splitLine(line string) (pattern string, names []string) {
	line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
	if quoted, err := strconv.QuotedPrefix(line); err == nil && strings.HasPrefix(line, `"`) {
		pattern, err = strconv.Unquote(quoted)
		if err == nil && pattern != "" {
			return pattern, strings.Fields(line[len(quoted):])
		}
	}
	fields := strings.Fields(line)
	if len(fields) == 0 || strings.HasPrefix(line, "#") {
		return "", nil
	}
	return fields[0], fields[1:]
}

// kind is Generated for a file that a pattern hides.
func (a *attributes) kind(path string) Kind {
	parts := strings.Split(path, "/")
	if a.all || slices.ContainsFunc(a.patterns, func(p gitignore.Pattern) bool { return p.Match(parts, false) != gitignore.NoMatch }) {
		return Generated
	}
	return ""
}
