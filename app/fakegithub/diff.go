package fakegithub

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// difference is one file that is not the same in two commits. old and file have
// no SHA where there is none.
type difference struct {
	path      string
	previous  string // where a renamed file was, else ""
	old, file entry
}

// differences lists the files that differ between two commits ("" has none), by
// path. It knows no renames.
func (r *Repository) differences(from, to string) []difference {
	before, after := r.filesAt(from), r.filesAt(to)
	paths := maps.Clone(before)
	maps.Copy(paths, after)
	var found []difference
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		old, file := before[name], after[name]
		if old.sha != file.sha || old.mode != file.mode {
			found = append(found, difference{path: name, old: old, file: file})
		}
	}
	return found
}

func (d difference) status() string {
	switch {
	case d.previous != "":
		return "renamed"
	case d.old.sha == "":
		return "added"
	case d.file.sha == "":
		return "removed"
	}
	return "modified"
}

// renames joins what was removed with what was added with the same content, of
// several the one that kept its name. git also finds renamed files that were
// changed a little; this does not.
func renames(all []difference) []difference {
	removed := map[string][]int{} // by blob
	for i, d := range all {
		if d.status() == "removed" && d.old.mode != ModeSubmodule {
			removed[d.old.sha] = append(removed[d.old.sha], i)
		}
	}
	gone := map[int]bool{}
	for i, d := range all {
		candidates := removed[d.file.sha]
		if d.status() != "added" || len(candidates) == 0 {
			continue
		}
		best := max(0, slices.IndexFunc(candidates, func(c int) bool { return path.Base(all[c].path) == path.Base(d.path) }))
		from := candidates[best]
		removed[d.file.sha] = slices.Delete(candidates, best, best+1)
		all[i].previous, all[i].old, gone[from] = all[from].path, all[from].old, true
	}
	var kept []difference
	for i, d := range all {
		if !gone[i] {
			kept = append(kept, d)
		}
	}
	return kept
}

// diff lists the files that differ between two commits, as GitHub's diff-entry.
func (g *GitHub) diff(r *Repository, from, sha string) (rows []object, additions, deletions int) {
	rows = []object{}
	for _, d := range renames(r.differences(from, sha)) {
		row, added, deleted := g.diffEntry(r, d, sha)
		rows, additions, deletions = append(rows, row), additions+added, deletions+deleted
	}
	return rows, additions, deletions
}

// What is larger has no patch: github.com's limits for one file's diff.
const (
	patchLines = 20_000
	patchBytes = 500 << 10
)

func (g *GitHub) diffEntry(r *Repository, d difference, sha string) (row object, added, deleted int) {
	blob := d.file.sha
	if blob == "" {
		blob = d.old.sha
	}
	row = object{"sha": blob, "filename": d.path, "status": d.status()}
	old, data := r.objects[d.old.sha].data, r.objects[d.file.sha].data
	if !binary(old) && !binary(data) {
		var text string
		text, added, deleted = patch(old, data)
		if text != "" && added+deleted <= patchLines && len(text) <= patchBytes {
			row["patch"] = text
		}
	}
	if d.previous != "" {
		row["previous_filename"] = d.previous
	}
	at := r.fullName()
	row["additions"], row["deletions"], row["changes"] = added, deleted, added+deleted
	row["blob_url"] = g.html("/%s/blob/%s/%s", at, sha, escaped(d.path))
	row["raw_url"] = g.html("/%s/raw/%s/%s", at, sha, escaped(d.path))
	row["contents_url"] = g.api("/repos/%s/contents/%s?ref=%s", at, escaped(d.path), sha)
	return row, added, deleted
}

// binary tells as git does: a NUL near the beginning.
func binary(data []byte) bool { return bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0 }

// contextLines is how much around a change a patch shows.
const contextLines = 3

// patch is the change as one hunk, from the first to the last line that differs,
// and counts those lines. git's own diff may find less.
func patch(old, data []byte) (text string, added, deleted int) {
	a, b := lines(old), lines(data)
	top := 0
	for top < len(a) && top < len(b) && a[top] == b[top] {
		top++
	}
	bottom := 0
	for bottom < len(a)-top && bottom < len(b)-top && a[len(a)-1-bottom] == b[len(b)-1-bottom] {
		bottom++
	}
	added, deleted = len(b)-top-bottom, len(a)-top-bottom
	if added+deleted == 0 {
		return "", 0, 0
	}
	above, below := min(top, contextLines), min(bottom, contextLines)
	var hunk strings.Builder
	span := func(count int) string {
		begin := top - above + 1
		switch count {
		case 0:
			begin-- // after which line
		case 1:
			return strconv.Itoa(begin)
		}
		return fmt.Sprintf("%d,%d", begin, count)
	}
	fmt.Fprintf(&hunk, "@@ -%s +%s @@", span(above+deleted+below), span(above+added+below))
	write := func(sign string, shown []string) {
		for _, line := range shown {
			text, whole := strings.CutSuffix(line, "\n")
			hunk.WriteString("\n" + sign + text)
			if !whole {
				hunk.WriteString("\n\\ No newline at end of file")
			}
		}
	}
	write(" ", a[top-above:top])
	write("-", a[top:len(a)-bottom])
	write("+", b[top:len(b)-bottom])
	write(" ", b[len(b)-bottom:len(b)-bottom+below])
	return hunk.String(), added, deleted
}

// lines splits a text; each line keeps its end.
func lines(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	all := strings.SplitAfter(string(data), "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}
