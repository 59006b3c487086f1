package fakegithub

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // git names its objects so
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// File is a file with its git mode.
type File struct {
	Content string // of a symbolic link its target, of a submodule the commit's SHA
	Mode    string // "" = ModeFile
}

// The modes that git knows for the entries of a tree.
const (
	ModeFile       = "100644"
	ModeExecutable = "100755"
	ModeSymlink    = "120000"
	ModeSubmodule  = "160000"
	modeTree       = "40000" // as git writes it inside a tree; GitHub shows 040000
)

// gitObject is a blob, tree or commit, stored under the SHA-1 that git gives it.
type gitObject struct {
	kind string
	data []byte
}

// objects is a repository's object database.
type objects map[string]gitObject

// entry is one entry of a tree, or of a whole tree made flat (path → entry).
type entry struct {
	mode, name, sha string
}

// commit is a parsed commit object. Times are whole seconds, UTC.
type commit struct {
	sha, tree         string
	parents           []string
	author, committer signature
	message           string
}

type signature struct {
	name, email string
	at          time.Time
}

func (s signature) String() string {
	return fmt.Sprintf("%s <%s> %d +0000", s.name, s.email, s.at.Unix())
}

// put stores an object and returns its SHA: SHA-1 over "kind length\0data".
func (o objects) put(kind string, data []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", kind, len(data)), data...)) //nolint:gosec // git names its objects so
	sha := hex.EncodeToString(sum[:])
	o[sha] = gitObject{kind, data}
	return sha
}

// get returns an object's data if it is of that kind.
func (o objects) get(kind, sha string) ([]byte, bool) {
	found, ok := o[sha]
	return found.data, ok && found.kind == kind
}

// putFile stores a file's content and returns its entry. A submodule stores nothing.
func (o objects) putFile(file File) entry {
	mode := file.Mode
	if mode == "" {
		mode = ModeFile
	}
	if mode == ModeSubmodule {
		return entry{mode: mode, sha: file.Content}
	}
	return entry{mode: mode, sha: o.put("blob", []byte(file.Content))}
}

// putTree stores the trees of a flat list of files and returns the root's SHA.
func (o objects) putTree(files map[string]entry) string {
	folders := map[string]map[string]entry{}
	var entries []entry
	for name, file := range files {
		folder, rest, nested := strings.Cut(name, "/")
		if !nested {
			entries = append(entries, entry{file.mode, name, file.sha})
			continue
		}
		if folders[folder] == nil {
			folders[folder] = map[string]entry{}
		}
		folders[folder][rest] = file
	}
	for name, files := range folders {
		entries = append(entries, entry{modeTree, name, o.putTree(files)})
	}
	// git compares names as if those of trees ended in a slash.
	key := func(e entry) string {
		if e.mode == modeTree {
			return e.name + "/"
		}
		return e.name
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(key(a), key(b)) })
	var data bytes.Buffer
	for _, e := range entries {
		sha, _ := hex.DecodeString(e.sha)
		fmt.Fprintf(&data, "%s %s\x00%s", e.mode, e.name, sha)
	}
	return o.put("tree", data.Bytes())
}

// entries reads one tree, in git's order.
func (o objects) entries(tree string) []entry {
	data, _ := o.get("tree", tree)
	var entries []entry
	for len(data) > 0 {
		head, rest, _ := bytes.Cut(data, []byte{0})
		mode, name, _ := strings.Cut(string(head), " ")
		entries = append(entries, entry{mode, name, hex.EncodeToString(rest[:sha1.Size])})
		data = rest[sha1.Size:]
	}
	return entries
}

// walk reads a tree and those in it: each folder before what it holds, names
// being paths from the root.
func (o objects) walk(tree, prefix string) []entry {
	var all []entry
	for _, e := range o.entries(tree) {
		e.name = path.Join(prefix, e.name)
		all = append(all, e)
		if e.mode == modeTree {
			all = append(all, o.walk(e.sha, e.name)...)
		}
	}
	return all
}

// files reads a tree as a flat list without the folders.
func (o objects) files(tree string) map[string]entry {
	files := map[string]entry{}
	for _, e := range o.walk(tree, "") {
		if e.mode != modeTree {
			files[e.name] = e
		}
	}
	return files
}

// change applies changes to a flat list: nil deletes; a file replaces a folder
// of its name, and the other way round.
func (o objects) change(files map[string]entry, changes map[string]*File) {
	for name := range changes {
		delete(files, name)
	}
	for name, file := range changes {
		if file == nil {
			continue
		}
		maps.DeleteFunc(files, func(other string, _ entry) bool {
			return strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/")
		})
		files[name] = o.putFile(*file)
	}
}

func (o objects) putCommit(c commit) string {
	var data bytes.Buffer
	fmt.Fprintf(&data, "tree %s\n", c.tree)
	for _, parent := range c.parents {
		fmt.Fprintf(&data, "parent %s\n", parent)
	}
	fmt.Fprintf(&data, "author %s\ncommitter %s\n\n%s", c.author, c.committer, c.message)
	return o.put("commit", data.Bytes())
}

// commit reads a commit; ok is false if there is none of that SHA.
func (o objects) commit(sha string) (c commit, ok bool) {
	data, ok := o.get("commit", sha)
	if !ok {
		return commit{}, false
	}
	c.sha = sha
	header, message, _ := strings.Cut(string(data), "\n\n")
	c.message = message
	for line := range strings.SplitSeq(header, "\n") {
		name, value, _ := strings.Cut(line, " ")
		switch name {
		case "tree":
			c.tree = value
		case "parent":
			c.parents = append(c.parents, value)
		case "author":
			c.author = parseSignature(value)
		case "committer":
			c.committer = parseSignature(value)
		}
	}
	return c, true
}

// parseSignature reads "name <email> seconds +0000".
func parseSignature(text string) signature {
	name, rest, _ := strings.Cut(text, " <")
	email, when, _ := strings.Cut(rest, "> ")
	seconds, _, _ := strings.Cut(when, " ")
	unix, _ := strconv.ParseInt(seconds, 10, 64) // written by putCommit
	return signature{name, email, time.Unix(unix, 0).UTC()}
}
