// Package bundle reads plugin bundles (.tar.gz) as a stream, in constant
// memory, and says what is wrong with them: the rules of check-rules.md,
// "nightly-build". A bundle comes from a stranger, so it is hostile until read.
package bundle

import (
	"slices"

	"github.com/onboard-app/onboard/checks"
)

// Limits bound what is read. The zero value of a field allows nothing; start
// with DefaultLimits.
type Limits struct {
	Packed   int64 // bytes of the file
	Unpacked int64 // bytes of the tar archive in it
	Entries  int   // files and folders, those included that paths only imply
	Manifest int64 // bytes of the manifest
	Ratio    int64 // unpacked to packed, from the first 16 MiB on
	Name     int   // bytes of a path
	Depth    int   // names in a path
}

// DefaultLimits returns the limits of check-rules.md and S17. Real bundles are
// far from them: 65 MB packed, 134 MB unpacked, twice to ten times smaller.
func DefaultLimits() Limits {
	return Limits{Packed: 256 << 20, Unpacked: 1 << 30, Entries: 20000, Manifest: 1 << 20, Ratio: 100, Name: 1024, Depth: 32}
}

// Bundle is what was read. After a fatal problem it is what was read so far,
// without a SHA256.
type Bundle struct {
	SHA256   string // of the file, 64 hex digits; "" if it was not read to its end
	Bytes    int64  // of the file
	Unpacked int64  // bytes of the tar archive
	Entries  int    // of the tar archive

	ManifestPath     string // in the archive
	Manifest         []byte
	ID               string // as it stands in the manifest
	Version          string
	MinServerVersion string
	Executables      []Executable // of the manifest that are there, sorted by platform
	WebappPath       string       // in the archive; "" if there is none

	// Revision is the commit that Go's build info in the program for
	// linux-amd64 names, "" if none. Like the version it is a claim, no proof
	// (S3). Modified says that there were changes on top.
	Revision string
	Modified bool
}

// Executable is one server program of a bundle.
type Executable struct {
	Platform string // as the manifest names it, e.g. "linux-amd64"
	Path     string // in the archive
	Kind     string // what it really is, e.g. "ELF amd64"; "" if it is no program
	Bytes    int64
	Revision string // the commit that Go's build info names; "" if none
}

// Problem is one thing that is wrong with a bundle.
type Problem struct {
	Rule    string // one of Rules, e.g. "bundle/absolute-path"
	Path    string // in the archive; "" if about none
	Message string // one sentence
}

// Error returns the sentence.
func (p *Problem) Error() string { return p.Message }

// Finding returns the problem as a finding of the check that read the bundle.
// The path stands in the message only: it is none of the repository's.
func (p *Problem) Finding(check string) checks.Finding {
	all := Rules()
	rule := all[slices.IndexFunc(all, func(r checks.Rule) bool { return r.ID == p.Rule })].Under(check)
	return checks.Finding{Rule: rule.ID, Severity: rule.Severity, Message: p.Message, Fix: rule.Fix}
}
