package template

import (
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// maxEncoded bounds an encoded index, unpacked, in bytes.
const maxEncoded = 64 << 20

// stored is an index as it is written. Lines are 4 bytes each in Lines, and the
// runs of a blob are varints: the gap since the last run, its length, its count.
type stored struct {
	Repository string       `json:"repository"`
	Commits    []Commit     `json:"commits"`
	Files      []storedFile `json:"files"`
	Blobs      []storedBlob `json:"blobs"`
	Lines      []byte       `json:"lines"`
	Identity   identity     `json:"identity"`
}

type storedFile struct {
	Path  string      `json:"p"`
	Mode  checks.Mode `json:"m"`
	Blob  int         `json:"b"` // index in Blobs
	Spans []span      `json:"v"`
}

type storedBlob struct {
	SHA   string `json:"s"`
	Size  int64  `json:"z"`
	Text  bool   `json:"t,omitempty"`
	Total int    `json:"n,omitempty"` // lines
	Runs  []byte `json:"r,omitempty"`
}

// Encode writes the index in the form that Decode reads: JSON, gzipped. It fails
// if the index is larger than Decode would take.
func (x *Index) Encode(w io.Writer) error {
	content, err := json.Marshal(x.stored)
	if err != nil {
		return fmt.Errorf("write the template's index: %w", err)
	}
	if len(content) > maxEncoded {
		return fmt.Errorf("write the template's index: it is larger than %d MiB", maxEncoded>>20)
	}
	packed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("write the template's index: %w", err)
	}
	_, err = packed.Write(append(content, '\n'))
	if err = errors.Join(err, packed.Close()); err != nil {
		return fmt.Errorf("write the template's index: %w", err)
	}
	return nil
}

// Decode reads an index. It fails for anything that Encode would not write.
func Decode(r io.Reader) (*Index, error) {
	plain, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("read the template's index: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(plain, maxEncoded+1))
	if err != nil {
		return nil, fmt.Errorf("read the template's index: %w", err)
	}
	if len(content) > maxEncoded {
		return nil, fmt.Errorf("read the template's index: it is larger than %d MiB", maxEncoded>>20)
	}
	var s stored
	if err := json.Unmarshal(content, &s); err != nil {
		return nil, fmt.Errorf("read the template's index: %w", err)
	}
	x, err := newIndex(s)
	if err != nil {
		return nil, fmt.Errorf("read the template's index: %w", err)
	}
	return x, nil
}

// newIndex makes the tables for looking up. It fails if the parts contradict
// each other.
func newIndex(s stored) (*Index, error) {
	if len(s.Lines)%4 != 0 {
		return nil, errors.New("half a line hash")
	}
	x := &Index{stored: s, paths: map[string][2]int{}, ids: make(map[uint32]uint32, len(s.Lines)/4)}
	for i := 0; i < len(s.Lines); i += 4 {
		x.ids[binary.BigEndian.Uint32(s.Lines[i:])] = uint32(i / 4)
	}
	for _, blob := range s.Blobs {
		t, err := decodeRuns(blob, len(s.Lines)/4)
		if err != nil {
			return nil, fmt.Errorf("blob %s: %w", blob.SHA, err)
		}
		x.blobs = append(x.blobs, t)
	}
	for _, file := range s.Files {
		blob, err := file.blob(s)
		if err != nil {
			return nil, fmt.Errorf("file %q: %w", file.Path, err)
		}
		x.files = append(x.files, blob)
	}
	slices.SortFunc(x.files, func(a, b Blob) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.First, b.First), cmp.Compare(a.SHA, b.SHA), cmp.Compare(a.Mode, b.Mode))
	})
	for i, file := range x.files {
		r, ok := x.paths[file.Path]
		if !ok {
			r[0] = i
		}
		x.paths[file.Path] = [2]int{r[0], i + 1}
	}
	return x, nil
}

// blob checks a stored file and completes it.
func (f storedFile) blob(s stored) (Blob, error) {
	if f.Blob < 0 || f.Blob >= len(s.Blobs) {
		return Blob{}, errors.New("its blob is unknown")
	}
	if len(f.Spans) == 0 {
		return Blob{}, errors.New("no version has it")
	}
	next := 0
	for _, span := range f.Spans {
		if span.First < next || span.Last < span.First || span.Last >= len(s.Commits) {
			return Blob{}, errors.New("its versions are not in order")
		}
		next = span.Last + 1
	}
	content := s.Blobs[f.Blob]
	return Blob{
		Path: f.Path, Mode: f.Mode, SHA: content.SHA, Size: content.Size, Text: content.Text && regular(f.Mode),
		First: f.Spans[0].First, Last: f.Spans[len(f.Spans)-1].Last, number: f.Blob, spans: f.Spans,
	}, nil
}

// errRuns says that a blob's lines are not those of an encoded index.
var errRuns = errors.New("its lines are not in order")

// decodeRuns reads the lines of a blob.
func decodeRuns(blob storedBlob, lines int) (text, error) {
	t := text{total: blob.Total}
	next, sum := uint64(0), uint64(0)
	rest := blob.Runs
	for len(rest) > 0 {
		var numbers [3]uint64
		for i := range numbers {
			value, n := binary.Uvarint(rest)
			if n <= 0 || value > maxEncoded {
				return text{}, errRuns
			}
			numbers[i], rest = value, rest[n:]
		}
		first := next + numbers[0]
		next = first + numbers[1]
		if sum += numbers[1] * numbers[2]; numbers[1] == 0 || numbers[2] == 0 || next > uint64(lines) || sum > maxEncoded { //nolint:gosec // G115: a length
			return text{}, errRuns
		}
		t.runs = append(t.runs, run{first: uint32(first), n: uint32(numbers[1]), count: uint32(numbers[2])}) //nolint:gosec // G115: at most maxEncoded
	}
	if blob.Total < 0 || uint64(blob.Total) != sum {
		return text{}, errRuns
	}
	return t, nil
}

// encodeRuns writes the lines of a blob.
func encodeRuns(t text) []byte {
	var out []byte
	next := uint32(0)
	for _, r := range t.runs {
		out = binary.AppendUvarint(out, uint64(r.first-next))
		out = binary.AppendUvarint(out, uint64(r.n))
		out = binary.AppendUvarint(out, uint64(r.count))
		next = r.first + r.n
	}
	return out
}

// clone copies what a builder changes.
func (s stored) clone() stored {
	s.Commits, s.Blobs, s.Lines = slices.Clone(s.Commits), slices.Clone(s.Blobs), slices.Clone(s.Lines)
	s.Files = slices.Clone(s.Files)
	for i := range s.Files {
		s.Files[i].Spans = slices.Clone(s.Files[i].Spans)
	}
	s.Identity = s.Identity.clone()
	return s
}

// isSHA says whether a text is a full SHA-1.
func isSHA(text string) bool {
	return len(text) == 40 && strings.Trim(text, "0123456789abcdef") == ""
}
