package bundle

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Read reads a bundle to its end and judges it. A problem that makes the rest
// unsafe to read, or senseless, is the only one returned. The error says that
// the bundle could not be read: the context's, or that of r.
func Read(ctx context.Context, r io.Reader, limits Limits) (Bundle, []Problem, error) {
	a := &archive{
		limits: limits, source: newSource(ctx, r, limits.Packed), names: newNames(limits.Entries),
		manifests: map[string][]byte{}, buffer: make([]byte, 64<<10),
	}
	err := a.read()
	a.bundle.Bytes = a.source.read
	if err != nil {
		var fatal *Problem
		if err = a.source.explain(err); errors.As(err, &fatal) {
			return a.bundle, []Problem{*fatal}, nil
		}
		return Bundle{}, nil, fmt.Errorf("read the bundle: %w", err)
	}
	a.bundle.SHA256 = hex.EncodeToString(a.source.hash.Sum(nil))
	a.judge()
	return a.bundle, a.problems, nil
}

// archive is one reading of one bundle.
type archive struct {
	limits   Limits
	source   *source
	names    *names
	buffer   []byte // for the contents
	bundle   Bundle
	problems []Problem

	top       string            // the first name at the root
	tops      int               // names at the root, up to 2
	rootFiles bool              // there are files at the root
	manifests map[string][]byte // by path; nil if too large. At the root and in top only.
	links     int
}

// read reads to the end of the file, and looks at every entry.
func (a *archive) read() error {
	packed := bufio.NewReaderSize(a.source, 64<<10)
	if err := sniff(packed); err != nil {
		return err
	}
	unpacked := &inflated{source: a.source, limits: a.limits}
	var err error
	if unpacked.gzip, err = gzip.NewReader(packed); err != nil {
		return fmt.Errorf("read the gzip header: %w", err)
	}
	unpacked.gzip.Multistream(false) // what follows may be read by some programs and not by others
	if err = a.readTar(unpacked); err != nil {
		return err
	}
	a.bundle.Unpacked = unpacked.read
	switch _, err = packed.Peek(1); {
	case err == nil:
		return problem(trailingData, "", "The bundle has something behind its end.")
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read behind the gzip file: %w", err)
	}
	return nil
}

// readTar reads the tar archive and the zeros behind it.
func (a *archive) readTar(unpacked *inflated) error {
	reader := tar.NewReader(unpacked)
	for {
		header, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return a.readPadding(unpacked)
		case errors.Is(err, tar.ErrHeader) && a.bundle.Entries == 0 && unpacked.read <= 512:
			return problem(notTar, "", "The file is packed by gzip, but what is in it is not a tar archive.")
		case errors.Is(err, tar.ErrHeader) || errors.Is(err, tar.ErrFieldTooLong):
			return problem(badHeader, "", "The archive has a header that is not valid.")
		case err != nil:
			return fmt.Errorf("read the next header: %w", err)
		}
		if a.bundle.Entries++; a.bundle.Entries > a.limits.Entries {
			return problem(tooManyEntries, "", "The bundle has more than %d files and folders.", a.limits.Entries)
		}
		if err := a.entry(header, reader, unpacked); err != nil {
			return err
		}
	}
}

// readPadding reads what follows the end of the tar archive: zeros.
func (a *archive) readPadding(unpacked *inflated) error {
	for {
		n, err := unpacked.Read(a.buffer)
		for _, b := range a.buffer[:n] {
			if b != 0 {
				return problem(trailingData, "", "The bundle has something behind the end of its archive.")
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// entry looks at one entry.
func (a *archive) entry(header *tar.Header, content io.Reader, unpacked *inflated) error {
	if header.Typeflag == tar.TypeXGlobalHeader {
		return globalHeader(header)
	}
	name, refused := cleanName(header.Name, a.limits)
	if refused != nil {
		return refused
	}
	if err := a.shape(header, name, unpacked); err != nil {
		return err
	}
	folder := header.Typeflag == tar.TypeDir
	if name == "." {
		if folder {
			return nil
		}
		return problem(badName, header.Name, "The path %s in the bundle is none of a file.")
	}
	if refused := a.names.add(name, folder); refused != nil {
		return refused
	}
	a.root(name, folder)
	if header.Typeflag != tar.TypeReg {
		return nil
	}
	return a.file(name, header.Size, content)
}

// shape refuses entries that are neither file nor folder, links that lead out,
// and sizes that cannot be.
func (a *archive) shape(header *tar.Header, name string, unpacked *inflated) error {
	for key := range header.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return problem(sparse, header.Name, "The file %s in the bundle is sparse.")
		}
	}
	switch header.Typeflag {
	case tar.TypeReg:
		if header.Size > a.limits.Unpacked-unpacked.read {
			return problem(tooLarge, header.Name, "The bundle is larger than %[2]s when it is unpacked; %[1]s does not fit.", size(a.limits.Unpacked))
		}
	case tar.TypeDir:
		if header.Size != 0 {
			return problem(badHeader, header.Name, "The folder %s in the bundle claims to have a content.")
		}
	case tar.TypeSymlink, tar.TypeLink:
		return a.link(header, name)
	case tar.TypeGNUSparse:
		return problem(sparse, header.Name, "The file %s in the bundle is sparse.")
	default:
		return problem(specialFile, header.Name, "The path %s in the bundle is neither a file nor a folder.")
	}
	return nil
}

// link refuses a link that leads out of the bundle. Servers leave out the
// others.
func (a *archive) link(header *tar.Header, name string) error {
	target := header.Linkname
	out := target == "" || path.IsAbs(target) || strings.ContainsFunc(target, hidden) || len(target) > 1 && target[1] == ':'
	if header.Typeflag == tar.TypeSymlink {
		target = path.Join(path.Dir(name), target) //nolint:gosec // to refuse it; nothing is written
	} else {
		target = path.Clean(target)
	}
	if out || target == ".." || strings.HasPrefix(target, "../") {
		return problem(linkOut, header.Name, "The link %s leads out of the bundle.")
	}
	if a.links++; a.links == 1 {
		a.problems = append(a.problems, *problem(link, header.Name, "The path %s in the bundle is a link, which servers leave out."))
	}
	return nil
}

// globalHeader refuses headers for all entries that say more than a comment
// (git archive writes one with the commit): programs differ in what they do.
func globalHeader(header *tar.Header) error {
	for key := range header.PAXRecords {
		if key != "comment" {
			return problem(badHeader, "", "The archive has a header that changes all its files.")
		}
	}
	return nil
}

// root keeps what lies at the root of the archive.
func (a *archive) root(name string, folder bool) {
	top, _, below := strings.Cut(name, "/")
	if !folder && !below {
		a.rootFiles = true
	}
	if a.tops == 0 {
		a.top, a.tops = top, 1
	} else if top != a.top {
		a.tops = 2
	}
}

// file reads one file: it keeps a manifest, and looks into programs.
func (a *archive) file(name string, size int64, content io.Reader) error {
	if isManifest(name) && (!strings.Contains(name, "/") || strings.HasPrefix(name, a.top+"/")) {
		return a.manifest(name, size, content)
	}
	n, err := io.ReadFull(content, a.buffer[:min(int64(len(a.buffer)), size)])
	if err != nil {
		return fmt.Errorf("read %q: %w", name, err)
	}
	var found *program
	if what := kind(a.buffer[:n]); what != "" {
		scanner := infoScanner{program: program{kind: what}}
		for left := size - int64(n); ; left -= int64(n) {
			scanner.write(a.buffer[:n])
			if left == 0 {
				break
			}
			if n, err = io.ReadFull(content, a.buffer[:min(int64(len(a.buffer)), left)]); err != nil {
				return fmt.Errorf("read %q: %w", name, err)
			}
		}
		found = &scanner.program
	}
	a.names.note(name, size, found)
	return nil
}

// manifest keeps a manifest, unless it is too large.
func (a *archive) manifest(name string, size int64, content io.Reader) error {
	a.names.note(name, size, nil)
	a.manifests[name] = nil
	if size > a.limits.Manifest {
		return nil
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(content, text); err != nil {
		return fmt.Errorf("read %q: %w", name, err)
	}
	a.manifests[name] = text
	return nil
}
