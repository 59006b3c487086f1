// Package reviewpr plans the review PR: all of a plugin's code that is not the
// starter template's, as the difference between two trees (check-rules.md, "the
// review PR"). It decides from a tree and the template's index alone; writing
// commits is somebody else's work.
package reviewpr

import (
	"context"
	"slices"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// The branches of a review PR in an onboarding's first round: the parentless
// commit, and the commits that follow it.
const (
	BaseBranch = "onboarding/base"
	HeadBranch = "onboarding/review"
)

// Origin says whose a file is, as the PR shows it.
type Origin string

// The origins; every file has exactly one.
const (
	Own        Origin = "own"        // shown whole
	Modified   Origin = "modified"   // boilerplate, shown as what it differs by from the base
	Unmodified Origin = "unmodified" // boilerplate, the same in both trees, so not shown
	Late       Origin = "late"       // boilerplate that a standing base does not have: shown (S9)
	LeftOut    Origin = "left-out"   // in neither tree, see Excluded
)

// File is one file of the plugin.
type File struct {
	checks.File
	Origin Origin
	Base   *checks.File // what the base has at the path; nil if nothing
	Lines  int          // that the PR shows of it, more and missing ones together; 0 if they were not counted
}

// Plan is the two trees of a review PR and what is to say about them. Lists
// are sorted by path.
type Plan struct {
	Commit  string        // the plugin's commit; "" for a folder
	Base    []checks.File // the tree of the parentless commit; each file is a template's at its path
	Head    []checks.File // the tree of its child: the plugin's, less what is left out
	Files   []File        // each file of the plugin
	Deleted []string      // files of the nearest version that the plugin lacks; the PR does not show them
	Removed []string      // files of a standing base that the plugin has no more; the PR shows them as deleted
	Unseen  []Unseen      // what reviewers cannot see in the PR (S7)

	Nearest *template.Commit // the template's nearest version; nil if the plugin was not made from it
	First   *template.Commit // of the versions that fit as well as Nearest
	Last    *template.Commit
}

// New plans the first review commit. It reads the files that are not
// boilerplate, as far as GitHub shows them, and fails if one cannot be read.
func New(ctx context.Context, subject checks.Subject, index *template.Index) (Plan, error) {
	return plan(ctx, subject, index, nil, nil)
}

// On plans a later review commit on a base that stands. The base never moves,
// for PR diffs start at it and whatever it gains is hidden (S1): so a file that
// has become a template's since is shown as Late.
func On(ctx context.Context, subject checks.Subject, index *template.Index, base []checks.File) (Plan, error) {
	return plan(ctx, subject, index, &base, nil)
}

// Reader reads a file of a tree, as checks.Subject has it.
type Reader func(ctx context.Context, file checks.File, limit int64) ([]byte, error)

// Since plans a review commit that shows an update: the base is the plugin as it
// was accepted (see [Accepted]), and whatever differs from it is shown, be it the
// template's. Read reads the files of the base, as far as they differ.
func Since(ctx context.Context, subject checks.Subject, index *template.Index, accepted []checks.File, read Reader) (Plan, error) {
	return plan(ctx, subject, index, &accepted, read)
}

// Accepted are the files of the plugin's tree that an update's base has: all that
// is not left out.
func Accepted(tree []checks.File) []checks.File { return less(tree) }

// LeftOutSince lists the paths of files that a PR leaves out and that differ in
// two trees of the plugin: no PR shows that (S7).
func LeftOutSince(accepted, now []checks.File) []string {
	shown := func(file checks.File) bool { return Excluded(file.Path) == "" }
	accepted, now = slices.DeleteFunc(slices.Clone(accepted), shown), slices.DeleteFunc(slices.Clone(now), shown)
	var paths []string
	for _, trees := range [][2][]checks.File{{accepted, now}, {now, accepted}} {
		for _, file := range trees[0] {
			if !slices.Contains(trees[1], file) {
				paths = append(paths, file.Path)
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// plan makes a plan on the standing base, or on the one that it chooses; with read
// one of an update.
func plan(ctx context.Context, subject checks.Subject, index *template.Index, standing *[]checks.File, read Reader) (Plan, error) {
	compared, err := index.Compare(ctx, subject)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Commit: subject.Commit, Deleted: compared.Deleted}
	if standing != nil {
		p.Base = slices.SortedFunc(slices.Values(*standing), byPath)
	} else {
		p.Base = baseOf(compared.Matches)
	}
	if compared.Nearest >= 0 {
		commits := index.Commits()
		p.Nearest, p.First, p.Last = &commits[compared.Nearest], &commits[compared.First], &commits[compared.Last]
	}
	for _, m := range compared.Matches {
		file := File{File: m.File, Origin: LeftOut}
		if Excluded(m.File.Path) == "" {
			file.Base = find(p.Base, m.File.Path)
			if file.Origin = originOf(m, file.Base); read != nil {
				file.Origin = changeOf(m.File, file.Base)
			}
			p.Head = append(p.Head, m.File)
		}
		p.Files = append(p.Files, file)
	}
	for _, file := range p.Base {
		if find(p.Head, file.Path) == nil {
			p.Removed = append(p.Removed, file.Path)
		}
	}
	return p, p.look(ctx, subject, index, read)
}

// baseOf chooses the base: boilerplate as it is, and below modified boilerplate
// what it was made from, if that leaves less to read than the whole file.
// Nothing else: neither what the plugin deleted nor what has no lines, nor what
// has the same lines in another order, since how long that is to read is unknown.
func baseOf(matches []template.Match) []checks.File {
	var base []checks.File
	for _, m := range matches {
		file := m.File
		switch {
		case Excluded(file.Path) != "":
			continue
		case m.Class == template.Unmodified:
		case m.Class == template.Modified && 0 < m.Differing && m.Differing < m.Lines:
			file.SHA, file.Size = m.Base.SHA, m.Base.Size
		default:
			continue
		}
		base = append(base, file) // with the head's mode: the executable bit is no content
	}
	return base
}

// originOf says how the PR shows a file beside what the base has at its path.
func originOf(m template.Match, base *checks.File) Origin {
	switch {
	case base != nil && base.SHA == m.File.SHA && regular(*base) && regular(m.File):
		return Unmodified
	case m.Class == template.Unmodified:
		return Late
	case base != nil:
		return Modified
	default:
		return Own
	}
}

// changeOf says how an update shows a file: new ones as the plugin's own, changed
// ones as modified, whosever they are.
func changeOf(file checks.File, base *checks.File) Origin {
	switch {
	case base == nil:
		return Own
	case base.SHA == file.SHA && base.Mode == file.Mode:
		return Unmodified
	default:
		return Modified
	}
}

// Count returns how many files have the origin.
func (p Plan) Count(origin Origin) int {
	n := 0
	for _, file := range p.Files {
		if file.Origin == origin {
			n++
		}
	}
	return n
}

// ShowsAnything says whether the PR would have a diff: GitHub opens none without
// (github-facts.md section 5).
func (p Plan) ShowsAnything() bool {
	return len(p.Removed) > 0 || slices.ContainsFunc(p.Files, File.Shown)
}

// Uploads returns the template's blobs in the base that the plugin's tree has
// not at the same path, so that they may have to be written first.
func (p Plan) Uploads() []checks.File {
	var list []checks.File
	for _, file := range p.Base {
		if head := find(p.Head, file.Path); head == nil || head.SHA != file.SHA {
			list = append(list, file)
		}
	}
	return list
}

// Shown says whether the PR shows the file.
func (f File) Shown() bool {
	return f.Origin != LeftOut && (f.Base == nil || f.Base.SHA != f.SHA || f.Base.Mode != f.Mode)
}

// regular says whether an entry is a file with content of its own.
func regular(file checks.File) bool {
	return file.Mode == checks.Regular || file.Mode == checks.Executable
}

// find returns the file at a path of a sorted list; nil if there is none.
func find(files []checks.File, path string) *checks.File {
	file, ok := checks.Subject{Files: files}.Find(path)
	if !ok {
		return nil
	}
	return &file
}
