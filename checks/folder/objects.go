package folder

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/onboard-app/onboard/checks"
)

// blobSHA returns the SHA that git gives to a file's content.
func blobSHA(content []byte) string {
	return plumbing.ComputeHash(plumbing.BlobObject, content).String()
}

// streamSHA returns the blob SHA of a content of the given size, and how many
// bytes there really were.
func streamSHA(content io.Reader, size int64) (string, int64, error) {
	hasher := plumbing.NewHasher(plumbing.BlobObject, size)
	n, err := io.Copy(hasher, content)
	return hasher.Sum().String(), n, err
}

// treeSHA returns the SHA of the git tree of the files.
func treeSHA(files []checks.File) string {
	type entry struct{ order, mode, name, sha string }
	folders := map[string][]entry{"": nil}
	// A folder joins its parent's entries when its first file is seen; its own
	// SHA is known only after all its folders', so the longest paths come first.
	for _, file := range files {
		dir, name := parent(file.Path)
		folders[dir] = append(folders[dir], entry{name, string(file.Mode), name, file.SHA})
		for ; dir != ""; dir, _ = parent(dir) {
			up, _ := parent(dir)
			if _, known := folders[up]; known {
				break
			}
			folders[up] = nil
		}
	}
	dirs := make([]string, 0, len(folders))
	for dir := range folders {
		dirs = append(dirs, dir)
	}
	slices.SortFunc(dirs, func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	dirs = append(slices.DeleteFunc(dirs, func(dir string) bool { return dir == "" }), "")
	for _, dir := range dirs {
		entries := folders[dir]
		// git sorts a folder as if its name ended with a slash
		slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.order, b.order) })
		var tree bytes.Buffer
		for _, e := range entries {
			raw, _ := hex.DecodeString(e.sha) // ours, or the index's: always hexadecimal
			fmt.Fprintf(&tree, "%s %s\x00%s", e.mode, e.name, raw)
		}
		sha := plumbing.ComputeHash(plumbing.TreeObject, tree.Bytes()).String()
		if dir == "" {
			return sha
		}
		up, name := parent(dir)
		folders[up] = append(folders[up], entry{name + "/", "40000", name, sha})
	}
	return ""
}

// parent splits a path into the folder, "" for the root, and the name.
func parent(p string) (dir, name string) {
	dir, name = path.Split(p)
	return strings.TrimSuffix(dir, "/"), name
}
