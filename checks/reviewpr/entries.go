package reviewpr

import (
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// Entry is one entry of a tree to be made, as GitHub's REST API takes it
// (POST git/trees): a file, or a whole folder that exists already.
type Entry struct {
	Path string
	Mode string // "040000" for a folder
	Type string // blob, tree or commit
	SHA  string
}

// Entries returns the fewest entries that make the tree of the wanted files,
// sorted by path: folders that are in the plugin's tree just so are one entry.
// Nothing is reused of a tree whose SHA is not that of its files, as with
// entries that git would not write.
func Entries(subject checks.Subject, wanted []checks.File) []Entry {
	have := folder(subject.Files)
	if have.sha == "" || have.sha != subject.Tree {
		have = &node{}
	}
	var entries []Entry
	folder(wanted).add("", have, &entries)
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return entries
}

// node is a folder.
type node struct {
	sha     string
	files   []checks.File // directly in it, by name
	folders map[string]*node
}

// folder makes a node of files, whose paths start at the folder.
func folder(files []checks.File) *node {
	n := &node{sha: checks.TreeSHA(files), folders: map[string]*node{}}
	inside := map[string][]checks.File{}
	for _, file := range files {
		name, rest, nested := strings.Cut(file.Path, "/")
		if !nested {
			n.files = append(n.files, file)
			continue
		}
		file.Path = rest
		inside[name] = append(inside[name], file)
	}
	for name, files := range inside {
		n.folders[name] = folder(files)
	}
	return n
}

// add adds the entries of the folder at prefix; have is the plugin's there.
func (n *node) add(prefix string, have *node, entries *[]Entry) {
	for _, file := range n.files {
		kind := "blob"
		if file.Mode == checks.Submodule {
			kind = "commit"
		}
		*entries = append(*entries, Entry{Path: prefix + file.Path, Mode: string(file.Mode), Type: kind, SHA: file.SHA})
	}
	for name, wanted := range n.folders {
		there := have.folders[name]
		if there == nil {
			there = &node{}
		}
		if there.sha != "" && there.sha == wanted.sha {
			*entries = append(*entries, Entry{Path: prefix + name, Mode: "040000", Type: "tree", SHA: wanted.sha})
			continue
		}
		wanted.add(prefix+name+"/", there, entries)
	}
}
