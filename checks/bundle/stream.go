package bundle

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/gzip"
)

// source is the packed file: counted, bounded and hashed while it is read.
type source struct {
	ctx   context.Context //nolint:containedctx // an io.Reader has no argument for it
	from  io.Reader
	hash  hash.Hash
	limit int64
	read  int64
	err   error // why it could not be read on; not io.EOF
}

func newSource(ctx context.Context, from io.Reader, limit int64) *source {
	return &source{ctx: ctx, from: from, hash: sha256.New(), limit: limit}
}

// Read reads on. Its errors are kept, to tell them from those of the archive.
func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := 0, error(nil)
	for tries := 0; n == 0 && err == nil; tries++ {
		if tries == 100 {
			err = io.ErrNoProgress
			break
		}
		n, err = s.from.Read(p)
	}
	s.hash.Write(p[:n])
	s.read += int64(n)
	if s.read > s.limit {
		err = problem(tooLarge, "", "The bundle is larger than %s.", size(s.limit))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// size shows a number of bytes in MiB if it is a round one.
func size(bytes int64) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// inflated is the tar archive in the packed file, counted and bounded.
type inflated struct {
	gzip   *gzip.Reader
	source *source
	limits Limits
	read   int64
}

// freeBytes may unpack from as little as one likes.
const freeBytes = 16 << 20

// Read reads on.
func (i *inflated) Read(p []byte) (int, error) {
	n, err := i.gzip.Read(p)
	i.read += int64(n)
	if i.read > i.limits.Unpacked {
		return n, problem(tooLarge, "", "The bundle is larger than %s when it is unpacked.", size(i.limits.Unpacked))
	}
	if i.read > freeBytes && i.read > i.limits.Ratio*i.source.read {
		return n, problem(bomb, "", "The bundle unpacks to more than %d times its size.", i.limits.Ratio)
	}
	return n, err //nolint:wrapcheck // told apart by explain
}

// sniff refuses what is no gzip file by what it is instead.
func sniff(r *bufio.Reader) error {
	head, err := r.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the bundle's first bytes: %w", err)
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n"))
	switch {
	case len(head) == 0:
		return problem(empty, "", "The bundle is empty.")
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return nil
	case bytes.HasPrefix(text, []byte("<")):
		return problem(html, "", "The file is a web page or XML, not a bundle.")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return problem(notGzip, "", "The file is a ZIP file, not a .tar.gz.")
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return problem(notGzip, "", "The file is a .tar that is not packed by gzip.")
	default:
		return problem(notGzip, "", "The file is not packed by gzip.")
	}
}

// explain makes a *Problem of an error from reading the archive. An error of
// the source is returned as it is: it is not the archive's fault.
func (s *source) explain(err error) error {
	if s.err != nil {
		return s.err
	}
	var known *Problem
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return problem(truncated, "", "The bundle ends in the middle.")
	default: // bad checksum, code or length
		return problem(corrupt, "", "The bundle is damaged, so it cannot be unpacked.")
	}
}
