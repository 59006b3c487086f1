package release

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/blang/semver/v4"

	"github.com/onboard-app/onboard/checks"
)

// memory is what is kept of a bundle from one look to the next, in the facts
// and the findings of a result.
type memory struct {
	id, version, sha256 string // as in bundle.Bundle
	bytes               int64
	revision            string // that Go's build info claims
	assetID             int64  // of the file
	digest              string // that GitHub gave for it
	etag, lastModified  string
	readAt              time.Time // when the file was read
	problems            []checks.Finding

	// seen has the sha256 of the first sound bundle of each version. An entry
	// is never changed: who replaces a bundle twice has replaced it still.
	seen map[string]string
}

// bundlePrefix is that of the rules about the bundle alone, which stay true as
// long as the file is the same.
const bundlePrefix = Name + "/bundle-"

// maxSeen bounds the versions that are remembered: the highest ones.
const maxSeen = 100

// remember returns what the last look saw. What an older Onboard found by rules
// that are gone is not believed: the file is read again.
func remember(previous *checks.Previous, now time.Time) memory {
	if previous == nil {
		return memory{seen: map[string]string{}}
	}
	facts := previous.Result.Facts
	text := func(name string) string {
		value, _ := facts[name].(string)
		return value
	}
	m := memory{
		id: text("id"), version: text("version"), sha256: text("sha256"), bytes: whole(facts["bytes"]), revision: text("revision"),
		assetID: whole(facts["asset_id"]), digest: text("digest"), etag: text("etag"), lastModified: text("last_modified"),
	}
	if at, err := time.Parse(time.RFC3339, text("read_at")); err == nil && !at.After(now) {
		m.readAt = at
	}
	documented := rules()
	for _, f := range previous.Result.Findings {
		if !slices.ContainsFunc(documented, func(r checks.Rule) bool { return r.ID == f.Rule }) {
			m = memory{}
			break
		}
		if strings.HasPrefix(f.Rule, bundlePrefix) {
			m.problems = append(m.problems, f)
		}
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

// whole returns a number that may have been through JSON.
func whole(value any) int64 {
	switch n := value.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	default:
		return 0
	}
}

// facts are the memory as facts of a result.
func (m memory) facts() map[string]any {
	seen := map[string]any{}
	for version, sha := range m.seen {
		seen[version] = sha
	}
	facts := map[string]any{"id": m.id, "version": m.version, "sha256": m.sha256, "bytes": m.bytes, "asset_id": m.assetID, "seen": seen}
	for name, value := range map[string]string{
		"revision": m.revision, "digest": m.digest, "etag": m.etag, "last_modified": m.lastModified, "read_at": stamp(m.readAt),
	} {
		if value != "" {
			facts[name] = value
		}
	}
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

// stamp writes a time, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
