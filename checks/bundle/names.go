package bundle

import (
	"hash/maphash"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanName returns an entry's path without "./" and doubled slashes, "." for
// the archive's root, or refuses it.
func cleanName(name string, limits Limits) (string, *Problem) {
	switch {
	case len(name) > limits.Name:
		return "", problem(longName, name, "The path %s in the bundle is longer than %d bytes.", limits.Name)
	case name == "":
		return "", problem(badName, "", "The bundle has a file without a name.")
	case strings.ContainsFunc(name, hidden) || !utf8.ValidString(name):
		return "", problem(badName, name, "The path %s in the bundle has characters that do not belong into a path.")
	case strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':':
		return "", problem(absolutePath, name, "The bundle has the absolute path %s.")
	}
	parts := strings.Split(name, "/")
	for _, part := range parts {
		if part == ".." {
			return "", problem(parentPath, name, "The path %s leads out of a folder of the bundle.")
		}
		if len(part) > 255 {
			return "", problem(longName, name, "The path %s in the bundle has a name longer than 255 bytes.")
		}
	}
	clean := path.Clean(name)
	if strings.Count(clean, "/") >= limits.Depth {
		return "", problem(longName, name, "The path %s in the bundle is more than %d names deep.", limits.Depth)
	}
	return clean, nil
}

// hidden reports characters that do not show or that other systems read as
// separators.
func hidden(r rune) bool {
	return r == '\\' || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// names knows which paths an archive has. It keeps hashes only, so that long
// paths cost nothing; the seed is random, so that nobody can make two alike.
type names struct {
	seed  maphash.Seed
	limit int
	seen  map[uint64]node // by the hash of the path in small letters
}

// node is one path.
type node struct {
	exact   uint64 // hash of the path as it is written
	folder  bool
	program *program // nil if it is none
	size    int64
}

func newNames(limit int) *names {
	return &names{seed: maphash.MakeSeed(), limit: limit, seen: map[uint64]node{}}
}

// add notes a path and the folders above it, or refuses it.
func (n *names) add(name string, folder bool) *Problem {
	for i := range len(name) {
		if name[i] == '/' {
			if p := n.put(name[:i], name, node{folder: true}); p != nil {
				return p
			}
		}
	}
	return n.put(name, name, node{folder: folder})
}

// put notes one path, on behalf of an entry.
func (n *names) put(name, entry string, added node) *Problem {
	added.exact = maphash.String(n.seed, name)
	key := n.key(name)
	old, known := n.seen[key]
	switch {
	case !known && len(n.seen) == n.limit:
		return problem(tooManyEntries, "", "The bundle has more than %d files and folders.", n.limit)
	case !known:
		n.seen[key] = added
		return nil
	case old.exact != added.exact:
		return problem(caseDuplicate, entry, "The path %s differs from another one in the bundle by capital letters only.")
	case old.folder && added.folder:
		return nil
	case isManifest(name):
		return problem(duplicateManifest, entry, "The manifest %s is in the bundle twice.")
	default:
		return problem(duplicateFile, entry, "The path %s is in the bundle twice.")
	}
}

// find returns the file at a path.
func (n *names) find(name string) (node, bool) {
	found, ok := n.seen[n.key(name)]
	return found, ok && !found.folder && found.exact == maphash.String(n.seed, name)
}

// note keeps what was seen in a file that was added.
func (n *names) note(name string, size int64, p *program) {
	key := n.key(name)
	found := n.seen[key]
	found.size, found.program = size, p
	n.seen[key] = found
}

func (n *names) key(name string) uint64 {
	return maphash.String(n.seed, strings.ToLower(strings.ToUpper(name)))
}

// isManifest reports whether the path is one where a manifest may be: at the
// root or in a folder there.
func isManifest(name string) bool {
	base := path.Base(name)
	return strings.Count(name, "/") <= 1 && (base == "plugin.json" || base == "plugin.yaml" || base == "plugin.yml")
}
