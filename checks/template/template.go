// Package template knows every version of the starter template: which file had
// which content when. It holds numbers only (SHAs, sizes, hashes of lines), so
// it needs neither git nor the network to tell a plugin's boilerplate from its
// own files (check-rules.md, "starter-template").
package template

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/onboard-app/onboard/checks"
)

// MaxBytes is the size up to which a file is compared line by line (S17).
const MaxBytes = 256 << 10

// Commit is one version of the template.
type Commit struct {
	SHA  string    `json:"sha"`  // 40 hex digits
	Date time.Time `json:"date"` // of the committer
	Tree string    `json:"tree"` // git tree SHA-1
}

// Blob is one content that a path of the template had.
type Blob struct {
	Path   string
	Mode   checks.Mode
	SHA    string // git blob SHA-1
	Size   int64  // bytes
	Text   bool   // its lines are known: no binary, at most MaxBytes, no link
	First  int    // index in Commits of the first version with it
	Last   int    // index of the last one; between them it may be missing
	number int    // index in stored.Blobs
	spans  []span
}

// In says whether the version with this index in Commits has the blob.
func (b Blob) In(version int) bool {
	return slices.ContainsFunc(b.spans, func(s span) bool { return s.First <= version && version <= s.Last })
}

// span is a range of versions, both ends included.
type span struct {
	First int `json:"f"`
	Last  int `json:"l"`
}

// Index is what is known of a template. It never changes and may be used by
// several goroutines; Extend makes a new one.
type Index struct {
	stored stored
	files  []Blob            // sorted by path, then by first version
	paths  map[string][2]int // range of files that have the path
	blobs  []text
	ids    map[uint32]uint32 // line hash to its index in the dictionary
}

// Repository returns the template's "owner/name" on GitHub, "" if it has none.
func (x *Index) Repository() string { return x.stored.Repository }

// ID is the same for indexes of the same versions, and differs for others.
func (x *Index) ID() string {
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, x.stored.Repository) // a hash takes everything
	for _, commit := range x.stored.Commits {
		_, _ = fmt.Fprintln(sum, commit.SHA)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// Commits returns the versions from the oldest to the newest, in an order in
// which parents come before their children.
func (x *Index) Commits() []Commit { return slices.Clone(x.stored.Commits) }

// Files returns every blob at every path that there ever was.
func (x *Index) Files() []Blob { return slices.Clone(x.files) }

// At returns the blobs that a path ever had, oldest first.
func (x *Index) At(path string) []Blob { return slices.Clone(x.at(path)) }

// at is At for callers that change nothing.
func (x *Index) at(path string) []Blob {
	r := x.paths[path]
	return x.files[r[0]:r[1]]
}

// Unmodified says whether a file is boilerplate of any version: same path and
// same content. The executable bit does not count; symbolic links and
// submodules never match, although their hash can be that of a file.
func (x *Index) Unmodified(file checks.File) bool {
	return len(x.versions(file)) > 0
}

// versions returns the spans of the versions that have the file as it is.
func (x *Index) versions(file checks.File) []span {
	if !regular(file.Mode) {
		return nil
	}
	for _, blob := range x.at(file.Path) {
		if blob.SHA == file.SHA && regular(blob.Mode) {
			return blob.spans
		}
	}
	return nil
}

// regular says whether an entry is a file with content of its own.
func regular(mode checks.Mode) bool {
	return mode == checks.Regular || mode == checks.Executable
}

// Nearest returns the indexes in Commits of the versions that share the most
// files with a tree, and the number of those files; nothing if they share none.
// Only SHAs are compared.
func (x *Index) Nearest(files []checks.File) (ties []int, shared int) {
	steps := make([]int, len(x.stored.Commits)+1)
	for _, file := range files {
		for _, s := range x.versions(file) {
			steps[s.First]++
			steps[s.Last+1]--
		}
	}
	have := 0
	for version := range x.stored.Commits {
		if have += steps[version]; have > shared {
			shared, ties = have, ties[:0]
		}
		if have == shared && shared > 0 {
			ties = append(ties, version)
		}
	}
	return ties, shared
}

// missingCounts counts for each version its files that the tree does not have.
func (x *Index) missingCounts(has map[string]bool) []int {
	counts := make([]int, len(x.stored.Commits)+1)
	for _, blob := range x.files {
		if has[blob.Path] {
			continue
		}
		for _, s := range blob.spans {
			counts[s.First]++
			counts[s.Last+1]--
		}
	}
	for i := 1; i < len(counts); i++ {
		counts[i] += counts[i-1]
	}
	return counts
}

// missing returns the paths of a version that the tree does not have, sorted.
func (x *Index) missing(version int, has map[string]bool) []string {
	var paths []string
	for _, blob := range x.files {
		if !has[blob.Path] && blob.In(version) {
			paths = append(paths, blob.Path)
		}
	}
	return paths
}
