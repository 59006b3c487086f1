package template

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/onboard-app/onboard/checks"
)

// MinAge is how old a commit of the template must be before its files count as
// boilerplate (S9): somebody who gets bad code into the template's default
// branch must not hide it from reviewers at once.
const MinAge = 7 * 24 * time.Hour

// Version is a commit of the template with all its files.
type Version struct {
	Commit
	Files []checks.File
}

// Reader returns the content of a file of a version. It is asked once for each
// blob that is text, perhaps, and at most MaxBytes, and for what names the
// template: plugin.json, README.md and go.mod.
type Reader func(file checks.File) ([]byte, error)

// Build makes an index of a template's versions, the oldest first, parents
// before children. Repository is its "owner/name" on GitHub, or "". It fails if
// a file cannot be read or is not what its SHA says, and if a version's files
// are not what its tree says.
func Build(repository string, versions []Version, read Reader) (*Index, error) {
	start := stored{Repository: repository}
	if name, ok := repositoryIn(repository); ok {
		start.Identity.Repositories = []string{name}
	}
	return start.add(versions, read)
}

// Extend returns an index that knows later versions, too. Versions that it
// knows already are left out, and so are those younger than MinAge, with all
// that follow them: come again later. The caller gives only commits that were
// on the template's default branch themselves, not on a branch merged into it,
// and, since a commit's date can be made up, that it has seen there for MinAge
// (S9).
func (x *Index) Extend(versions []Version, now time.Time, read Reader) (*Index, error) {
	var later []Version
	for _, version := range versions {
		if slices.ContainsFunc(x.stored.Commits, func(c Commit) bool { return c.SHA == version.SHA }) {
			continue
		}
		if now.Sub(version.Date) < MinAge {
			break
		}
		later = append(later, version)
	}
	if len(later) == 0 {
		return x, nil
	}
	return x.stored.clone().add(later, read)
}

// builder adds versions to an index.
type builder struct {
	stored
	lines dictionary
	blobs map[string]int // by SHA
	files map[entryKey]int
	read  Reader
	texts map[string][]byte // of the files that name the template, by SHA
}

type entryKey struct {
	path string
	mode checks.Mode
	sha  string
}

// add adds versions and makes the index.
func (s stored) add(versions []Version, read Reader) (*Index, error) {
	b := builder{stored: s, blobs: map[string]int{}, files: map[entryKey]int{}, read: read, texts: map[string][]byte{}}
	b.lines.ids = map[uint32]uint32{}
	for i := 0; i+4 <= len(s.Lines); i += 4 {
		hash := binary.BigEndian.Uint32(s.Lines[i:])
		b.lines.ids[hash] = uint32(i / 4)
		b.lines.hashes = append(b.lines.hashes, hash)
	}
	for i, blob := range s.Blobs {
		b.blobs[blob.SHA] = i
	}
	for i, file := range s.Files {
		b.files[entryKey{file.Path, file.Mode, s.Blobs[file.Blob].SHA}] = i
	}
	for _, version := range versions {
		if err := b.version(version); err != nil {
			return nil, fmt.Errorf("add commit %s of the template: %w", version.SHA, err)
		}
	}
	b.Lines = nil
	for _, hash := range b.lines.hashes {
		b.Lines = binary.BigEndian.AppendUint32(b.Lines, hash)
	}
	return newIndex(b.stored)
}

// version adds one version.
func (b *builder) version(v Version) error {
	if !isSHA(v.SHA) {
		return errors.New("its name is no SHA-1")
	}
	if got := checks.TreeSHA(v.Files); got != v.Tree {
		return fmt.Errorf("its files are those of tree %s, not of %s", got, v.Tree)
	}
	number := len(b.Commits)
	b.Commits = append(b.Commits, v.Commit)
	files := slices.SortedFunc(slices.Values(v.Files), func(x, y checks.File) int { return cmp.Compare(x.Path, y.Path) })
	for _, file := range files {
		if err := b.file(file, number); err != nil {
			return err
		}
	}
	return b.Identity.learn(func(path string) (string, []byte, error) {
		i := slices.IndexFunc(files, func(f checks.File) bool { return f.Path == path })
		if i < 0 || !regular(files[i].Mode) {
			return "", nil, nil
		}
		text, err := b.named(files[i])
		return files[i].SHA, text, err
	})
}

// file notes that a version has a file.
func (b *builder) file(file checks.File, version int) error {
	key := entryKey{file.Path, file.Mode, file.SHA}
	if i, ok := b.files[key]; ok {
		spans := b.Files[i].Spans
		if last := &spans[len(spans)-1]; last.Last == version-1 {
			last.Last = version
			return nil
		}
		b.Files[i].Spans = append(spans, span{version, version})
		return nil
	}
	blob, ok := b.blobs[file.SHA]
	if !ok {
		var err error
		if blob, err = b.blob(file); err != nil {
			return err
		}
	}
	b.files[key] = len(b.Files)
	b.Files = append(b.Files, storedFile{Path: file.Path, Mode: file.Mode, Blob: blob, Spans: []span{{version, version}}})
	return nil
}

// blob adds a blob, with its lines if it is a text that is not too large.
func (b *builder) blob(file checks.File) (int, error) {
	added := storedBlob{SHA: file.SHA, Size: file.Size}
	if regular(file.Mode) && file.Size <= MaxBytes {
		content, err := b.content(file)
		if err != nil {
			return 0, err
		}
		if IsText(content) {
			lines := b.lines.add(content)
			added.Text, added.Total, added.Runs = true, lines.total, encodeRuns(lines)
		}
		if name := path.Base(file.Path); name == "plugin.json" || name == "README.md" || name == "go.mod" {
			b.texts[file.SHA] = content
		}
	}
	number := len(b.Blobs)
	b.blobs[file.SHA] = number
	b.Blobs = append(b.Blobs, added)
	return number, nil
}

// named returns the content of a file that names the template.
func (b *builder) named(file checks.File) ([]byte, error) {
	if content, ok := b.texts[file.SHA]; ok {
		return content, nil
	}
	if file.Size > MaxBytes {
		return nil, nil
	}
	content, err := b.content(file)
	if err == nil {
		b.texts[file.SHA] = content
	}
	return content, err
}

// content reads a file and holds it against its SHA (S9).
func (b *builder) content(file checks.File) ([]byte, error) {
	content, err := b.read(file)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", file.Path, err)
	}
	if checks.BlobSHA(content) != file.SHA {
		return nil, fmt.Errorf("read %q: its content is not that of blob %s", file.Path, file.SHA)
	}
	return content, nil
}
