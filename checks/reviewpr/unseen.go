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
func (p *Plan) look(ctx context.Context, subject checks.Subject, index *template.Index) error {
	called, err := generated(ctx, subject)
	if err != nil {
		return err
	}
	shown, total := 0, int64(0)
	for i := range p.Files {
		file := &p.Files[i]
		kind := Excluded(file.Path)
		if kind == "" && !file.Shown() {
			continue
		}
		if kind == "" {
			shown++
			if kind, err = file.look(ctx, subject, index, &total); err != nil {
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

// look reads a file that the PR shows and counts its lines. It says what of the
// content GitHub does not show. Total are the bytes read so far.
func (f *File) look(ctx context.Context, subject checks.Subject, index *template.Index, total *int64) (Kind, error) {
	switch {
	case f.Mode == checks.Submodule:
		return Submodule, nil
	case f.Mode == checks.Symlink:
		return Symlink, nil
	case f.Size > MaxFileBytes:
		return Large, nil
	case *total+f.Size > maxTotal:
		return Unread, nil
	}
	*total += f.Size
	content, err := subject.Read(ctx, f.File, MaxFileBytes)
	if err != nil {
		return "", fmt.Errorf("read %q for the review PR: %w", f.Path, err)
	}
	if !template.IsText(content) {
		return Binary, nil
	}
	switch most := f.count(content, index); {
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

// count counts the lines that the PR shows of a text, and returns how many they
// can be at most: the template's lines are known in no order, so that those which
// only changed places are not counted, as long as there are others.
func (f *File) count(content []byte, index *template.Index) (most int) {
	lines := template.ReadLines(content)
	blob, ok := f.template(index)
	switch {
	case !ok:
		f.Lines = lines.Total
		return lines.Total
	case blob.SHA == f.SHA:
		return 0 // its mode has changed
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
