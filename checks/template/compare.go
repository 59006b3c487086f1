package template

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// Class says whose a file is.
type Class string

// The classes of check-rules.md; every file has exactly one.
const (
	Unmodified Class = "unmodified" // the content of a template version at the same path
	Modified   Class = "modified"   // similar to what a template version has at the same path
	Own        Class = "own"        // everything else, so also what could not be compared
)

// Derived says whether a plugin was made from the template.
type Derived string

// Yes means that a telling file is still as in the template, Weak that one of
// the build's files is only similar, No that the plugin has a different origin.
const (
	Yes  Derived = "yes"
	Weak Derived = "weak"
	No   Derived = "no"
)

// Thresholds of check-rules.md.
const (
	minSimilar = 0.6 // of modified boilerplate
	minWeak    = 0.8 // of a file of the build, to be derived at all
	minTelling = 200 // bytes of an unmodified file, to be derived at all
)

// Match is one file of a plugin beside the template.
type Match struct {
	File       checks.File
	Class      Class
	Base       *Blob   // the nearest template blob; nil for own files
	Similarity float64 // to the nearest blob of the path; 0 if not compared, 1 if unmodified
	Differing  int     // lines by which a modified file differs from Base, more and missing ones together
	Lines      int     // of the file; 0 if not compared
	TooLarge   bool    // not compared because it is larger than MaxBytes
}

// Comparison is a plugin beside the template.
type Comparison struct {
	Derived Derived
	Matches []Match // one for each file, in the order given
	Nearest int     // index in Commits of the nearest version; -1 if not derived
	First   int     // of the versions that fit as well as Nearest does
	Last    int
	Deleted []string // paths of the nearest version that the plugin lacks, sorted
	Missed  []Missed // later versions that changed the plugin's boilerplate, oldest first
}

// Missed is a version of the template with changes that a plugin lacks.
type Missed struct {
	Version int      // index in Commits
	Paths   []string // that it changed, sorted
}

// Count returns how many files have the class.
func (c Comparison) Count(class Class) int {
	n := 0
	for _, m := range c.Matches {
		if m.Class == class {
			n++
		}
	}
	return n
}

// candidate is a file whose content must be compared.
type candidate struct {
	match   *Match
	blobs   []Blob // of its path that are text
	lines   known
	similar []float64 // to each of blobs
}

// Compare holds a plugin's files, sorted by path, against all versions. It reads
// only files that differ from the template's at the same path, at most MaxBytes
// each, and fails if one of them cannot be read.
func (x *Index) Compare(ctx context.Context, subject checks.Subject) (Comparison, error) {
	c := Comparison{Derived: No, Nearest: -1, First: -1, Last: -1, Matches: make([]Match, len(subject.Files))}
	var candidates []candidate
	for i, file := range subject.Files {
		m := &c.Matches[i]
		*m = Match{File: file, Class: Own}
		blobs := x.at(file.Path)
		if len(blobs) == 0 || !regular(file.Mode) {
			continue
		}
		if j := slices.IndexFunc(blobs, func(b Blob) bool { return b.SHA == file.SHA && regular(b.Mode) }); j >= 0 {
			m.Class, m.Base, m.Similarity = Unmodified, &blobs[j], 1
			continue
		}
		if m.TooLarge = file.Size > MaxBytes; m.TooLarge {
			continue
		}
		read, ok, err := x.read(ctx, subject, m, blobs)
		if err != nil {
			return Comparison{}, err
		}
		if ok {
			candidates = append(candidates, read)
		}
	}
	c.Derived = derived(c.Matches)
	if c.Derived != No {
		x.place(&c, subject.Files, candidates)
	}
	for _, file := range candidates {
		file.choose(x, c.Nearest)
	}
	if c.Derived != No {
		c.Missed = x.missed(c.Matches)
	}
	return c, nil
}

// read compares one file with all blobs of its path. It is false for a file
// that is no text.
func (x *Index) read(ctx context.Context, subject checks.Subject, m *Match, blobs []Blob) (candidate, bool, error) {
	content, err := subject.Read(ctx, m.File, MaxBytes)
	if err != nil {
		return candidate{}, false, fmt.Errorf("read %q to compare it with the template: %w", m.File.Path, err)
	}
	if !IsText(content) {
		return candidate{}, false, nil
	}
	c := candidate{match: m, lines: x.look(ReadLines(content))}
	m.Lines = c.lines.total
	for _, blob := range blobs {
		if !blob.Text {
			continue
		}
		similarity := x.similarity(c.lines, blob)
		c.blobs, c.similar = append(c.blobs, blob), append(c.similar, similarity)
		m.Similarity = max(m.Similarity, similarity)
	}
	if m.Similarity >= minSimilar {
		m.Class = Modified
	}
	return c, len(c.blobs) > 0, nil
}

// choose gives a modified file the most similar blob as its base: of several,
// that of the nearest version, else the latest.
func (c candidate) choose(x *Index, nearest int) {
	if c.match.Class != Modified {
		return
	}
	var base *Blob
	for i := range c.blobs {
		blob := &c.blobs[i]
		if c.similar[i] == c.match.Similarity && (base == nil || blob.In(nearest) || !base.In(nearest) && blob.Last > base.Last) {
			base = blob
		}
	}
	c.match.Base, c.match.Differing = base, x.differing(c.lines, *base)
}

var (
	vendored = regexp.MustCompile(`(^|/)(vendor|node_modules)/`)
	licence  = regexp.MustCompile(`(?i)(^|/)(licen[cs]e|copying|notice)[^/]*$`)
)

// IsLock says whether a path is that of a lock file. Tools write them: they are
// large, and similar whoever's they are.
func IsLock(name string) bool {
	switch path.Base(name) {
	case "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "go.sum", "Gopkg.lock":
		return true
	}
	return false
}

// buildFiles are so special that similarity shows where they are from.
var buildFiles = []string{"Makefile", "build/setup.mk", "build/manifest/main.go", "build/pluginctl/main.go", "build/deploy/main.go"}

// derived decides whether a plugin was made from the template. A small file, a
// licence and other people's code prove nothing.
func derived(matches []Match) Derived {
	d := No
	for _, m := range matches {
		switch {
		case m.Class == Unmodified && m.File.Size >= minTelling && !licence.MatchString(m.File.Path) && !vendored.MatchString(m.File.Path):
			return Yes
		case m.Similarity >= minWeak && slices.Contains(buildFiles, path.Clean(m.File.Path)):
			d = Weak
		}
	}
	return d
}

// place finds the nearest version: most files shared, then fewest differing
// lines outside lock files, then fewest missing files, then the latest.
func (x *Index) place(c *Comparison, files []checks.File, candidates []candidate) {
	ties, _ := x.Nearest(files)
	if len(ties) == 0 { // a weak one: only similar files
		for version := range x.stored.Commits {
			ties = append(ties, version)
		}
	}
	has := make(map[string]bool, len(files))
	for _, file := range files {
		has[file.Path] = true
	}
	type rank struct{ version, lines, missing int }
	missing := x.missingCounts(has)
	ranks := make([]rank, len(ties))
	for i, version := range ties {
		ranks[i] = rank{version, x.distance(candidates, version), missing[version]}
	}
	best := slices.MinFunc(ranks, func(a, b rank) int {
		return cmp.Or(cmp.Compare(a.lines, b.lines), cmp.Compare(a.missing, b.missing), cmp.Compare(b.version, a.version))
	})
	c.Nearest, c.First, c.Last = best.version, ties[0], ties[len(ties)-1]
	c.Deleted = x.missing(best.version, has)
}

// distance counts the lines by which the candidates differ from a version. All
// lines of a file that the version lacks differ.
func (x *Index) distance(candidates []candidate, version int) int {
	total := 0
	for _, c := range candidates {
		if IsLock(c.match.File.Path) {
			continue
		}
		lines := c.lines.total
		for _, blob := range c.blobs {
			if blob.In(version) {
				lines = x.differing(c.lines, blob)
			}
		}
		total += lines
	}
	return total
}

// missed lists the versions that changed boilerplate after the plugin took it.
func (x *Index) missed(matches []Match) []Missed {
	paths := map[int][]string{}
	for _, m := range matches {
		if m.Base == nil || IsLock(m.File.Path) {
			continue
		}
		for _, blob := range x.at(m.File.Path) {
			for _, s := range blob.spans {
				if s.First > m.Base.Last {
					paths[s.First] = append(paths[s.First], m.File.Path)
				}
			}
		}
	}
	var list []Missed
	for version, changed := range paths {
		slices.SortFunc(changed, strings.Compare)
		list = append(list, Missed{Version: version, Paths: slices.Compact(changed)})
	}
	slices.SortFunc(list, func(a, b Missed) int { return cmp.Compare(a.Version, b.Version) })
	return list
}
