package reviewpr

import (
	"path"
	"regexp"
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

// shipped are the folders that the bundle is made of; public and assets get into
// it as they are.
var shipped = []string{"public", "assets", "server", "webapp"}

// What no build runs, by its ending: an allow-list, for what is imported,
// compiled or run by an install script may lie in any folder.
var (
	images   = []string{".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico"}
	prose    = []string{".md", ".txt", ".rst", ".adoc", ".pdf"}
	testData = []string{".json", ".yaml", ".yml", ".toml", ".csv", ".xml", ".golden"}
)

// classOf is the class of a path.
func classOf(name string) Class {
	folded := strings.ToLower(name)
	base, ending := path.Base(folded), path.Ext(folded)
	folders := strings.Split(path.Dir(folded), "/")
	shown := slices.Contains(images, ending) || ending == ".md"
	written := shown || slices.Contains(prose, ending)
	switch {
	case runs(name), Excluded(name) != "", folders[0] == "public", folders[0] == "assets":
		return Code
	case strings.HasSuffix(base, "_test.go"):
		return Tests // Go itself leaves it out of what it builds
	case slices.Contains(folders, "testdata") && (written || slices.Contains(testData, ending) && base != "package.json"):
		return Tests
	case slices.Contains(shipped, folders[0]):
		return Code
	case testFile.MatchString(base):
		return Tests
	case shown, folders[0] == "docs" && written:
		return Docs
	default:
		return Code
	}
}

// testFile matches scripts that are tests by their name. Only the test runner
// knows that name: a bundler takes app.test.js like any other script once
// something imports it, which the name cannot tell. So they are tests only
// outside of the shipped folders, as in e2e/, and code beside the code.
var testFile = regexp.MustCompile(`^.+\.test\.(js|jsx|ts|tsx)$`)
