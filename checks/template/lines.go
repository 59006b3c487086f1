package template

import (
	"bytes"
	"cmp"
	"slices"
)

// text is the lines of a blob as a multiset: runs of neighbouring dictionary
// ids that occur equally often.
type text struct {
	total int // lines
	runs  []run
}

// run is n lines of the dictionary from first on, each occurring count times.
type run struct{ first, n, count uint32 }

// Lines is the lines of one file, ready to be compared with template blobs.
type Lines struct {
	Total  int               // lines
	counts map[uint32]uint32 // by line hash
}

// ReadLines counts the lines of a file. CRLF is folded to LF, and the last line
// counts with or without a line end.
func ReadLines(content []byte) Lines {
	lines := Lines{counts: make(map[uint32]uint32, 64)}
	eachLine(content, func(hash uint32) {
		lines.Total++
		lines.counts[hash]++
	})
	return lines
}

// eachLine calls yield with the 32-bit FNV-1a hash of each line.
func eachLine(content []byte, yield func(hash uint32)) {
	for len(content) > 0 {
		line, rest, _ := bytes.Cut(content, []byte{'\n'})
		if n := len(line); n > 0 && line[n-1] == '\r' && len(line) < len(content) {
			line = line[:n-1]
		}
		hash := uint32(2166136261)
		for _, b := range line {
			hash = (hash ^ uint32(b)) * 16777619
		}
		yield(hash)
		content = rest
	}
}

// IsText says whether git would take the content for text: no NUL byte in the
// first 8000 bytes.
func IsText(content []byte) bool {
	return bytes.IndexByte(content[:min(len(content), 8000)], 0) < 0
}

// known is the lines of a file that the template knows, by dictionary id.
type known struct {
	total  int
	counts map[uint32]uint32
}

// look translates lines for comparisons with this index.
func (x *Index) look(lines Lines) known {
	k := known{total: lines.Total, counts: make(map[uint32]uint32, len(lines.counts))}
	for hash, count := range lines.counts {
		if id, ok := x.ids[hash]; ok {
			k.counts[id] = count
		}
	}
	return k
}

// common counts the lines that a file has in common with a blob.
func (x *Index) common(k known, blob Blob) int {
	total := uint32(0)
	for _, r := range x.blobs[blob.number].runs {
		for id := r.first; id < r.first+r.n; id++ {
			total += min(k.counts[id], r.count)
		}
	}
	return int(total)
}

// Differing counts the lines by which two files differ, those that are more and
// those that are missing together, wherever they stand.
func (l Lines) Differing(other Lines) int {
	common := 0
	for hash, count := range l.counts {
		common += int(min(count, other.counts[hash]))
	}
	return l.Total + other.Total - 2*common
}

// Similarity returns 2 x common lines / (lines of a + lines of b), as multisets:
// 1 for the same lines in any order, 0 for nothing in common and for a blob
// whose lines are not known. The lines' 32-bit hashes are compared: somebody who
// wants to can make lines that look common, so a decision to hide lines from
// reviewers needs the real texts.
func (x *Index) Similarity(lines Lines, blob Blob) float64 {
	if !blob.Text {
		return 0
	}
	return x.similarity(x.look(lines), blob)
}

func (x *Index) similarity(k known, blob Blob) float64 {
	sum := k.total + x.blobs[blob.number].total
	if sum == 0 {
		return 1
	}
	return 2 * float64(x.common(k, blob)) / float64(sum)
}

// Differing counts the lines by which a file differs from a blob, those that are
// more and those that are missing together; all of the file's if the blob's
// lines are not known. What Similarity says of hashes holds here, too.
func (x *Index) Differing(lines Lines, blob Blob) int {
	if !blob.Text {
		return lines.Total
	}
	return x.differing(x.look(lines), blob)
}

// differing counts the lines by which a file differs from a blob, those that are
// more and those that are missing together.
func (x *Index) differing(k known, blob Blob) int {
	return k.total + x.blobs[blob.number].total - 2*x.common(k, blob)
}

// dictionary gives each different line of a template an id.
type dictionary struct {
	hashes []uint32
	ids    map[uint32]uint32
}

// add returns the content's lines, new ones added to the dictionary.
func (d *dictionary) add(content []byte) text {
	var t text
	counts := map[uint32]uint32{}
	eachLine(content, func(hash uint32) {
		id, ok := d.ids[hash]
		if !ok {
			id = uint32(len(d.hashes)) //nolint:gosec // G115: bounded by maxLines in Decode and by memory here
			d.ids[hash] = id
			d.hashes = append(d.hashes, hash)
		}
		counts[id]++
		t.total++
	})
	for id, count := range counts {
		t.runs = append(t.runs, run{first: id, n: 1, count: count})
	}
	slices.SortFunc(t.runs, func(a, b run) int { return cmp.Compare(a.first, b.first) })
	joined := t.runs[:0]
	for _, r := range t.runs {
		if last := len(joined) - 1; last >= 0 && joined[last].first+joined[last].n == r.first && joined[last].count == r.count {
			joined[last].n++
			continue
		}
		joined = append(joined, r)
	}
	t.runs = joined
	return t
}
