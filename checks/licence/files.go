package licence

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

const (
	maxBytes  = 1 << 20 // of one licence file
	maxMain   = 10      // licence files at the root that are read
	maxOther  = 100     // other licence files that are read
	maxPlaces = 20      // places in one file that a rule names
	maxLinks  = 5       // symbolic links followed to one file
)

var (
	// mainName matches the files at the root that hold the plugin's licence.
	mainName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)(\.(txt|md|rst))?$`)
	// otherName matches other licence files, at the root and below.
	otherName = regexp.MustCompile(`(?i)^(licen[cs]es?|copying|unlicense)([._-].*)?$`)
	// noText matches what is named like a licence file but is code, data or a picture.
	noText = regexp.MustCompile(`(?i)\.(go|[cm]?[jt]sx?|py|rb|rs|c|h|cc|cpp|cs|java|kt|swift|php|sh|bash|ps1|bat|mk|json|ya?ml|toml|xml|csv|tsv|sql|s?css|less|snap|svg|png|jpe?g|gif|ico|webp|pdf|html?|tmpl|mod|sum|lock|map)$`)
	// vendored matches folders with other people's code.
	vendored = regexp.MustCompile(`(^|/)(vendor|node_modules|third[_-]?party|bower_components|Godeps|\.yarn)/`)
)

// candidates returns the files at the root that hold the plugin's licence, and
// the other licence files outside vendored code.
func candidates(subject checks.Subject) (main, other []checks.File) {
	for _, file := range subject.Files {
		name := path.Base(file.Path)
		atRoot := !strings.Contains(file.Path, "/")
		folder := strings.ToLower(path.Dir(file.Path))
		switch {
		case atRoot && mainName.MatchString(name):
			main = append(main, file)
		case vendored.MatchString(file.Path) || noText.MatchString(name):
		case folder == "licenses" || folder == "licences" || otherName.MatchString(name):
			other = append(other, file)
		}
	}
	return main, other
}

// document is a licence file's text, or why there is none.
type document struct {
	path    string // of the text itself, where symbolic links lead
	text    string
	problem error // what the author can mend; errDangling or another
}

// errDangling says that a symbolic link leads nowhere.
var errDangling = errors.New("the symbolic link leads to no file of the repository")

// open reads a licence file. Its error means that the file could not be looked
// at; what is wrong with the file itself is the document's problem.
func open(ctx context.Context, subject checks.Subject, file checks.File) (document, error) {
	target, err := follow(ctx, subject, file)
	if errors.Is(err, errDangling) {
		return document{path: file.Path, problem: err}, nil
	}
	if err != nil {
		return document{}, err
	}
	doc := document{path: target.Path}
	switch {
	case target.Mode == checks.Submodule:
		doc.problem = errors.New("it is a submodule")
	case target.Size > maxBytes:
		doc.problem = fmt.Errorf("it is larger than %d KiB", maxBytes>>10)
	default:
		content, err := subject.Read(ctx, target, maxBytes)
		if err != nil {
			return document{}, fmt.Errorf("read licence file %q: %w", target.Path, err)
		}
		doc.text, doc.problem = decode(content)
	}
	return doc, nil
}

// maxTarget bounds the path that a symbolic link holds, in bytes.
const maxTarget = 4096

// follow returns the file that symbolic links lead to, at most maxLinks of
// them, or errDangling. Folders on the way may be symbolic links too.
func follow(ctx context.Context, subject checks.Subject, file checks.File) (checks.File, error) {
	at := file.Path
	for range maxLinks + 1 {
		link, rest, ok := firstLink(subject, at)
		if !ok {
			return checks.File{}, errDangling
		}
		if link.Mode != checks.Symlink {
			return link, nil
		}
		if link.Size > maxTarget {
			return checks.File{}, errDangling
		}
		target, err := subject.Read(ctx, link, maxTarget)
		if err != nil {
			return checks.File{}, fmt.Errorf("read symbolic link %q: %w", link.Path, err)
		}
		if at, ok = resolve(path.Dir(link.Path), string(target), rest); !ok {
			return checks.File{}, errDangling
		}
	}
	return checks.File{}, errDangling
}

// firstLink returns the file at the path, or the first symbolic link on the way
// there with the rest of the path behind it.
func firstLink(subject checks.Subject, at string) (file checks.File, rest string, ok bool) {
	parts := strings.Split(at, "/")
	for i := 1; i < len(parts); i++ {
		if f, found := subject.Find(strings.Join(parts[:i], "/")); found && f.Mode == checks.Symlink {
			return f, strings.Join(parts[i:], "/"), true
		}
	}
	file, ok = subject.Find(at)
	return file, "", ok
}

// resolve applies a link's target, and the rest of the path behind it, to the
// folder of the link. It is false for a path out of the tree.
func resolve(folder, target, rest string) (string, bool) {
	if target == "" || path.IsAbs(target) || slices.Contains([]byte(target), 0) {
		return "", false
	}
	joined := path.Join(folder, target, rest)
	return joined, joined != "." && joined != ".." && !strings.HasPrefix(joined, "../")
}
