package checks

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // G505: git's object names are SHA-1
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// TreeSHA returns the git tree SHA-1 of files, as git computes it, or "" if a
// hash is none. The files' order does not matter.
func TreeSHA(files []File) string {
	sha, err := Trees(files, func([]byte) error { return nil })
	if err != nil {
		return ""
	}
	return sha
}

// Trees calls write with the content of git's tree object of files and of each
// folder in them, the innermost first, and returns the SHA-1 of the outermost.
// It fails if write does, or if a hash is none.
func Trees(files []File, write func(content []byte) error) (string, error) {
	type entry struct{ name, mode, sha string }
	var entries []entry
	folders := map[string][]File{}
	for _, file := range files {
		if folder, rest, nested := strings.Cut(file.Path, "/"); nested {
			file.Path = rest
			folders[folder] = append(folders[folder], file)
			continue
		}
		entries = append(entries, entry{file.Path, string(file.Mode), file.SHA})
	}
	for name, inside := range folders {
		sha, err := Trees(inside, write)
		if err != nil {
			return "", err
		}
		entries = append(entries, entry{name + "/", "40000", sha}) // git sorts folders as if they ended so
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	var content []byte
	for _, e := range entries {
		raw, err := hex.DecodeString(e.sha)
		if err != nil || len(raw) != sha1.Size {
			return "", fmt.Errorf("make a tree with %q: %q is no SHA-1", e.name, e.sha)
		}
		content = append(content, e.mode+" "+strings.TrimSuffix(e.name, "/")+"\x00"...)
		content = append(content, raw...)
	}
	return objectSHA("tree", content), write(content)
}

// BlobSHA returns the git blob SHA-1 of a content.
func BlobSHA(content []byte) string { return objectSHA("blob", content) }

// BlobSHAOf is BlobSHA of a content of that many bytes, which is read and not
// kept. It fails if reading does.
func BlobSHAOf(content io.Reader, size int64) (string, error) {
	hash := sha1.New()                            //nolint:gosec // G401: git's object names are SHA-1
	_, _ = fmt.Fprintf(hash, "blob %d\x00", size) // a hash takes everything
	if _, err := io.Copy(hash, content); err != nil {
		return "", fmt.Errorf("hash a file: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// objectSHA returns the name that git gives an object.
func objectSHA(kind string, content []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", kind, len(content)), content...)) //nolint:gosec // G401: git's object names are SHA-1
	return hex.EncodeToString(sum[:])
}
