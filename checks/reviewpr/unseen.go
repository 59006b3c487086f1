package reviewpr

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// What GitHub shows of a PR, by its documentation ("Repository limits") and its
// REST API (github-facts.md section 5).
const (
	MaxFiles     = 3_000   // files listed in a PR
	MaxFileBytes = 500_000 // of one file's diff
	MaxFileLines = 20_000  // of one file's diff
)

// Bounds of what is read (S17).
const (
	maxPointer = 1024      // bytes of an LFS pointer, by its specification
	maxTotal   = 128 << 20 // bytes of all files together
)

// Unseen is a file that reviewers cannot see in the PR, or not whole (S7).
type Unseen struct {
	Path        string
	Kind        Kind
	SHA         string // git blob SHA; of a submodule, its commit
	Boilerplate bool   // the content is a template's at this path
}

// Fingerprint names what reviewers cannot see: a sha256 in hex over kind, path
// and SHA of each file. What is a template's as it stands needs no look. It is
// "" if there is nothing to look at.
func (p Plan) Fingerprint() string {
	var lines []string
	for _, u := range p.Unseen {
		if !u.Boilerplate {
			lines = append(lines, fmt.Sprintf("%s %q %s\n", u.Kind, u.Path, u.SHA))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		sum.Write([]byte(line))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// look fills in the lines and Unseen.
func (p *Plan) look(ctx context.Context, subject checks.Subject, index *template.Index, accepted Reader) error {
	called, err := generated(ctx, subject)
	if err != nil {
		return err
	}
	shown, r := 0, reading{read: subject.Read, accepted: accepted, index: index}
	for i := range p.Files {
		file := &p.Files[i]
		kind := Excluded(file.Path)
		if kind == "" && !file.Shown() {
			continue
		}
		if kind == "" {
			shown++
			if kind, err = r.look(ctx, file); err != nil {
				return err
			}
			before, _ := slices.BinarySearch(p.Removed, file.Path) // GitHub lists these, too
			kind = cmp.Or(kind, called(file.Path), beyond(shown+before))
		}
		if kind != "" {
			p.Unseen = append(p.Unseen, Unseen{Path: file.Path, Kind: kind, SHA: file.SHA, Boilerplate: index.Unmodified(file.File)})
		}
	}
	return nil
}

// beyond says whether GitHub lists the nth file of a PR.
func beyond(n int) Kind {
	if n > MaxFiles {
		return Beyond
	}
	return ""
}

// reading reads the files that a PR shows.
type reading struct {
	read     Reader
	accepted Reader // of an update: reads the files of the base; else nil, for those are a template's
	index    *template.Index
	total    int64 // bytes read so far
}

// look reads a file that the PR shows and counts its lines. It says what of the
// content GitHub does not show.
func (r *reading) look(ctx context.Context, f *File) (Kind, error) {
	before := r.before(f)
	switch {
	case f.Mode == checks.Submodule:
		return Submodule, nil
	case f.Mode == checks.Symlink:
		return Symlink, nil
	case f.Size > MaxFileBytes, before != nil && before.Size > MaxFileBytes:
		return Large, nil
	case r.total+f.Size > maxTotal, before != nil && r.total+f.Size+before.Size > maxTotal:
		return Unread, nil
	}
	content, err := r.content(ctx, r.read, f.File)
	if err != nil {
		return "", err
	}
	lines, old := template.ReadLines(content), []byte(nil)
	most := f.count(lines, r.index)
	if before != nil {
		if old, err = r.content(ctx, r.accepted, *before); err != nil {
			return "", err
		}
		was := template.ReadLines(old)
		f.Lines, most = max(1, lines.Differing(was)), lines.Total+was.Total
	}
	switch {
	case !template.IsText(content), !template.IsText(old): // GitHub shows neither as text then
		f.Lines = 0
		return Binary, nil
	case isPointer(content):
		return LFS, nil
	case most > MaxFileLines:
		return Large, nil
	case looksGenerated(f.Path, content):
		return Generated, nil
	default:
		return "", nil
	}
}

// before is the accepted file that an update changes, nil if there is none with
// content of its own, or it has the same content.
func (r *reading) before(f *File) *checks.File {
	if r.accepted == nil || f.Base == nil || !regular(*f.Base) || f.Base.SHA == f.SHA {
		return nil
	}
	return f.Base
}

func (r *reading) content(ctx context.Context, read Reader, file checks.File) ([]byte, error) {
	r.total += file.Size
	content, err := read(ctx, file, MaxFileBytes)
	if err != nil {
		return nil, fmt.Errorf("read %q for the review PR: %w", file.Path, err)
	}
	return content, nil
}

// count counts the lines that the PR shows of a text, and returns how many they
// can be at most: the template's lines are known in no order, so that those which
// only changed places are not counted, as long as there are others.
func (f *File) count(lines template.Lines, index *template.Index) (most int) {
	blob, ok := f.template(index)
	switch {
	case f.Base != nil && f.Base.SHA == f.SHA:
		return 0 // its mode has changed
	case !ok:
		f.Lines = lines.Total
		return lines.Total
	default:
		f.Lines = max(1, index.Differing(lines, blob))
		return lines.Total + index.Differing(template.Lines{}, blob)
	}
}

// template returns the template's blob that the base has at the file's path.
func (f *File) template(index *template.Index) (template.Blob, bool) {
	if f.Base == nil {
		return template.Blob{}, false
	}
	blobs := index.At(f.Path)
	i := slices.IndexFunc(blobs, func(b template.Blob) bool { return b.SHA == f.Base.SHA })
	if i < 0 {
		return template.Blob{}, false
	}
	return blobs[i], true
}

// isPointer says whether a content stands for another one that Git LFS keeps.
func isPointer(content []byte) bool {
	return len(content) <= maxPointer && (bytes.HasPrefix(content, []byte("version https://git-lfs.github.com/spec/")) ||
		bytes.HasPrefix(content, []byte("version https://hawser.github.com/spec/"))) // its name before 2015, which LFS still reads
}
