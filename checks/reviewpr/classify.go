package reviewpr

import (
	"path"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// Class says what kind of file a change touches (design.md, "Reviews"): what
// an approval survives hangs on it.
type Class string

// The classes. Whatever is none of the first three is code.
const (
	Docs        Class = "docs"
	Tests       Class = "tests"
	Boilerplate Class = "boilerplate"
	Code        Class = "code"
)

// Classify returns the classes of the whole difference between two trees of the
// plugin (S8), each with its paths, sorted; nothing if they are the same. The
// trees are whole: what the PR leaves out counts, too.
func Classify(index *template.Index, before, after []checks.File) map[Class][]string {
	before, after = slices.SortedFunc(slices.Values(before), byPath), slices.SortedFunc(slices.Values(after), byPath)
	changed := map[Class][]string{}
	add := func(class Class, path string) { changed[class] = append(changed[class], path) }
	for _, file := range after {
		switch old := find(before, file.Path); {
		case old != nil && old.SHA == file.SHA && old.Mode == file.Mode:
		case old != nil && !regular(*old) || !regular(file):
			add(Code, file.Path) // what was or is a link or another repository
		case index.Unmodified(file) && !runs(file.Path):
			add(Boilerplate, file.Path)
		default:
			add(classOf(file.Path), file.Path)
		}
	}
	for _, file := range before {
		if find(after, file.Path) == nil {
			add(classOf(file.Path), file.Path)
		}
	}
	for _, paths := range changed {
		slices.Sort(paths)
	}
	return changed
}

// runs tells whether the file at a path runs where the plugin is built.
func runs(name string) bool {
	folded := strings.ToLower(name)
	return folded == "makefile" || strings.HasPrefix(folded, "build/") || Excluded(name) == Workflow
}

// shipped are the folders whose files get into the bundle, whatever they are.
var shipped = []string{"public", "assets", "server", "webapp"}

// images are the endings of pictures.
var images = []string{".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico"}

// classOf is the class of a path.
func classOf(name string) Class {
	folded := strings.ToLower(name)
	base, folder := path.Base(folded), path.Dir(folded)
	top, _, _ := strings.Cut(folded, "/")
	switch {
	case runs(name), Excluded(name) != "":
		return Code
	case strings.HasSuffix(base, "_test.go"), slices.Contains(strings.Split(folder, "/"), "testdata"), testFile(base):
		return Tests
	case slices.Contains(shipped, top) && top != folded:
		return Code
	case strings.HasSuffix(base, ".md"), top == "docs" && top != folded, slices.Contains(images, path.Ext(base)):
		return Docs
	default:
		return Code
	}
}

// testFile matches *.test.*, as in app.test.tsx.
func testFile(base string) bool {
	name, rest, ok := strings.Cut(base, ".test.")
	return ok && name != "" && rest != ""
}
