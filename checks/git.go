package checks

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // G505: git's object names are SHA-1
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// TreeSHA returns the git tree SHA-1 of files, as git computes it, or "" if a
// hash is none. The files' order does not matter.
func TreeSHA(files []File) string {
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
		entries = append(entries, entry{name + "/", "40000", TreeSHA(inside)}) // git sorts folders as if they ended so
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	var content []byte
	for _, e := range entries {
		raw, err := hex.DecodeString(e.sha)
		if err != nil || len(raw) != sha1.Size {
			return ""
		}
		content = append(content, e.mode+" "+strings.TrimSuffix(e.name, "/")+"\x00"...)
		content = append(content, raw...)
	}
	return objectSHA("tree", content)
}

// BlobSHA returns the git blob SHA-1 of a content.
func BlobSHA(content []byte) string { return objectSHA("blob", content) }

// objectSHA returns the name that git gives an object.
func objectSHA(kind string, content []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", kind, len(content)), content...)) //nolint:gosec // G401: git's object names are SHA-1
	return hex.EncodeToString(sum[:])
}
