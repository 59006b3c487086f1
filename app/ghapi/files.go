package ghapi

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/onboard-app/onboard/checks"
)

// Bounds of reading a tree's files (S17).
const (
	maxArchive  = 256 << 20 // bytes of the archive, unpacked
	maxKept     = 64 << 20  // bytes of its files that are kept
	maxKeptFile = 4 << 20   // bytes of one of them
	maxPacked   = 128 << 20 // bytes of the archive, packed
)

// files reads the files of one tree. All come in one archive: one call instead of
// hundreds.
type files struct {
	repo *Repo
	head Head

	mu      sync.Mutex
	content map[string][]byte // by blob SHA, once the archive was read
}

// read reads one file of the tree, as checks.Subject has it.
func (f *files) read(ctx context.Context, file checks.File, limit int64) ([]byte, error) {
	if file.Size > limit {
		return nil, fmt.Errorf("read %s of %s/%s: it has %d bytes, more than %d", file.Path, f.repo.Owner, f.repo.Name, file.Size, limit)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.content == nil {
		if _, err := f.load(ctx); err != nil {
			return nil, err
		}
	}
	if content, ok := f.content[file.SHA]; ok {
		return content, nil
	}
	// The archive leaves files out or changes them where .gitattributes says
	// so (export-ignore, export-subst), so what it lacks is read as a blob (S9).
	return f.repo.blob(ctx, file)
}

// blob reads one file by itself.
func (r *Repo) blob(ctx context.Context, file checks.File) ([]byte, error) {
	blob, _, err := r.client.Git.GetBlob(ctx, r.Owner, r.Name, file.SHA)
	if err != nil {
		return nil, explain(err, "read %s of %s/%s", file.Path, r.Owner, r.Name)
	}
	// JSON holds the content in base64, broken into lines
	content, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(blob.GetContent(), "\n", ""))
	if err != nil {
		return nil, fmt.Errorf("decode %s of %s/%s: %w", file.Path, r.Owner, r.Name, err)
	}
	return content, nil
}

// load reads the archive of the head and keeps its files by their blob SHA,
// computed from what they hold: whatever the archive calls them, a file counts
// only as what the tree says it is (S9). list are all of them if they make up
// just that tree, else nil: then the tree has to be asked for.
func (f *files) load(ctx context.Context) (list []checks.File, err error) {
	packed, err := f.repo.archive(ctx, f.head.Commit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = packed.Close() }() // it was only read
	limited := &io.LimitedReader{R: packed, N: maxPacked}
	all, err := unpack(limited)
	if err != nil && limited.N > 0 { // what is beyond the bound is read as blobs
		return nil, &UnavailableError{Err: fmt.Errorf("download the archive of %s/%s at %s: %w", f.repo.Owner, f.repo.Name, f.head.Commit, err)}
	}
	f.content = all.content
	if all.entries > maxEntries || checks.TreeSHA(all.list) != f.head.Tree {
		return nil, nil
	}
	return all.list, nil
}

// archive opens the .tar.gz of a commit. GitHub answers with the address of
// another host, which must not see our token.
func (r *Repo) archive(ctx context.Context, commit string) (io.ReadCloser, error) {
	path := fmt.Sprintf("repos/%s/%s/tarball/%s", url.PathEscape(r.Owner), url.PathEscape(r.Name), commit)
	request, err := r.client.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the archive of %s/%s: %w", r.Owner, r.Name, err)
	}
	asking := r.client.Client()
	asking.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := asking.Do(request.WithContext(ctx))
	if err != nil {
		return nil, explain(err, "ask for the archive of %s/%s at %s", r.Owner, r.Name, commit)
	}
	if err := response.Body.Close(); err != nil {
		return nil, explain(err, "ask for the archive of %s/%s at %s", r.Owner, r.Name, commit)
	}
	if response.StatusCode != http.StatusFound {
		return nil, explain(statusError(response), "ask for the archive of %s/%s at %s", r.Owner, r.Name, commit)
	}
	download, err := http.NewRequestWithContext(ctx, http.MethodGet, response.Header.Get("Location"), nil)
	if err != nil {
		return nil, fmt.Errorf("download the archive of %s/%s: %w", r.Owner, r.Name, err)
	}
	plain := &http.Client{Transport: r.clients.options.Transport, Timeout: callTimeout}
	answer, err := plain.Do(download)
	if err != nil {
		return nil, explain(err, "download the archive of %s/%s at %s", r.Owner, r.Name, commit)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, errors.Join(explain(statusError(answer), "download the archive of %s/%s at %s", r.Owner, r.Name, commit), answer.Body.Close())
	}
	return answer.Body, nil
}

// unpack reads an archive. With an error comes what was read before it.
func unpack(packed io.Reader) (unpacked, error) {
	u := unpacked{content: map[string][]byte{}}
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return u, fmt.Errorf("open the archive: %w", err)
	}
	limited := &io.LimitedReader{R: unzipped, N: maxArchive}
	archive := tar.NewReader(limited)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) || limited.N == 0 {
			return u, nil
		}
		if err == nil {
			err = u.add(header, archive)
		}
		if err != nil {
			return u, fmt.Errorf("read the archive: %w", err)
		}
	}
}

// unpacked is what an archive holds.
type unpacked struct {
	content map[string][]byte // of the files that are kept, by the SHA that git gives it
	list    []checks.File     // all of them, as far as they are bounded
	entries int               // folders included
	kept    int               // bytes
}

// add adds an entry: a file or a symbolic link below the archive's top folder.
func (u *unpacked) add(header *tar.Header, archive io.Reader) error {
	_, path, _ := strings.Cut(header.Name, "/")
	u.entries++
	file := checks.File{Path: path, Size: header.Size}
	switch {
	case header.Typeflag == tar.TypeSymlink:
		file.Mode, file.Size, file.SHA = checks.Symlink, int64(len(header.Linkname)), checks.BlobSHA([]byte(header.Linkname))
	case header.Typeflag != tar.TypeReg:
		return nil
	case header.Mode&0o100 != 0:
		file.Mode = checks.Executable
	default:
		file.Mode = checks.Regular
	}
	if file.Mode != checks.Symlink {
		content, sha, err := u.read(header, archive)
		if err != nil {
			return fmt.Errorf("%q: %w", header.Name, err)
		}
		if file.SHA = sha; content != nil {
			u.content[sha] = content
			u.kept += len(content)
		}
	}
	if u.entries <= maxEntries {
		u.list = append(u.list, file)
	}
	return nil
}

// read reads a file and returns its SHA and, unless it is too large to be kept,
// what it holds.
func (u *unpacked) read(header *tar.Header, archive io.Reader) (content []byte, sha string, err error) {
	if header.Size > maxKeptFile || u.kept > maxKept {
		sha, err = checks.BlobSHAOf(archive, header.Size)
		return nil, sha, err //nolint:wrapcheck // the caller says of what
	}
	content, err = io.ReadAll(archive)
	return content, checks.BlobSHA(content), err //nolint:wrapcheck // the caller says of what
}
