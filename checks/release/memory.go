package release

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/blang/semver/v4"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/builds"
)

// memory is what is kept of a bundle from one look to the next.
type memory struct {
	builds.File
	assetID int64  // of the file
	digest  string // that GitHub gave for it

	// seen has the sha256 of the first sound bundle of each version. An entry
	// is never changed: who replaces a bundle twice has replaced it still.
	seen map[string]string
}

// maxSeen bounds the versions that are remembered: the highest ones.
const maxSeen = 100

// remember returns what the last look saw. What an older Onboard found by rules
// that are gone is not believed: the file is read again.
func remember(previous *checks.Previous, now time.Time) memory {
	if previous == nil {
		return memory{seen: map[string]string{}}
	}
	facts := builds.Facts(previous.Result.Facts)
	var m memory
	documented := rules()
	if !slices.ContainsFunc(previous.Result.Findings, func(f checks.Finding) bool {
		return !slices.ContainsFunc(documented, func(r checks.Rule) bool { return r.ID == f.Rule })
	}) {
		m.File = builds.Remember(previous.Result, Name, now)
		m.assetID, m.digest = facts.Whole("asset_id"), facts.Text("digest")
	}
	m.seen = map[string]string{}
	list, _ := facts["seen"].(map[string]any)
	for version, value := range list {
		if sha, ok := value.(string); ok {
			m.seen[version] = sha
		}
	}
	return m
}

// facts are the memory as facts of a result.
func (m memory) facts() map[string]any {
	seen := map[string]any{}
	for version, sha := range m.seen {
		seen[version] = sha
	}
	facts := m.Facts()
	facts["asset_id"], facts["seen"] = m.assetID, seen
	facts.Note("digest", m.digest)
	return facts
}

// note keeps the sha256 of a version's first bundle.
func (m *memory) note(version, sha string) {
	m.seen = maps.Clone(m.seen)
	m.seen[version] = sha
	if len(m.seen) > maxSeen {
		delete(m.seen, slices.MinFunc(slices.Collect(maps.Keys(m.seen)), byVersion))
	}
}

// byVersion orders versions; what is none comes first.
func byVersion(a, b string) int {
	x, errX := semver.Parse(a)
	y, errY := semver.Parse(b)
	switch {
	case errX != nil && errY != nil:
		return strings.Compare(a, b)
	case errX != nil:
		return -1
	case errY != nil:
		return 1
	default:
		return x.Compare(y)
	}
}
