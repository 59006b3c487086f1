package nightlybuild

import (
	"strings"
	"time"

	"github.com/onboard-app/onboard/checks"
)

// build is what is kept of a build from one look to the next, in the facts and
// the findings of a result.
type build struct {
	id, version, sha256 string // as in bundle.Bundle
	bytes               int64
	revision            string // that Go's build info claims
	commit              string // that it is made of, as far as is known
	etag, lastModified  string
	hosts               []string // that it came from
	problems            []checks.Finding

	readAt           time.Time // when the file was read, the last time
	behindSince      time.Time // zero if it is not behind the default branch
	unreachableSince time.Time // zero if it could be read
}

// bundlePrefix is that of the rules about the bundle alone, which stay true as
// long as the file is the same.
const bundlePrefix = Name + "/bundle-"

// remember returns what the last look at the same URL saw.
func (l *look) remember() build {
	previous := l.subject.Nightly
	if previous == nil || previous.URL != l.subject.NightlyURL {
		return build{}
	}
	facts := previous.Result.Facts
	text := func(name string) string {
		value, _ := facts[name].(string)
		return value
	}
	moment := func(name string) time.Time {
		at, err := time.Parse(time.RFC3339, text(name))
		if err != nil || at.After(l.subject.Now) {
			return time.Time{}
		}
		return at
	}
	b := build{
		id: text("id"), version: text("version"), sha256: text("sha256"), bytes: whole(facts["bytes"]),
		revision: text("revision"), commit: text("commit"), etag: text("etag"), lastModified: text("last_modified"),
		hosts: strings.Fields(text("hosts")), readAt: moment("read_at"), behindSince: moment("behind_since"),
		unreachableSince: moment("unreachable_since"),
	}
	for _, f := range previous.Result.Findings {
		if strings.HasPrefix(f.Rule, bundlePrefix) {
			b.problems = append(b.problems, f)
		}
	}
	return b
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

// facts are the build as facts of a result.
func (b build) facts() map[string]any {
	facts := map[string]any{"id": b.id, "version": b.version, "sha256": b.sha256, "bytes": b.bytes, "commit": b.commit}
	for name, value := range map[string]string{
		"etag": b.etag, "last_modified": b.lastModified, "revision": b.revision, "hosts": strings.Join(b.hosts, " "),
		"read_at": stamp(b.readAt), "behind_since": stamp(b.behindSince), "unreachable_since": stamp(b.unreachableSince),
	} {
		if value != "" {
			facts[name] = value
		}
	}
	return facts
}

// unreachable are the facts of a look that could not read the file, though it
// may have read some of it. A sound build is remembered, so that the same
// costs no download when the server is back; one with problems is read anew.
func (b build) unreachable(since, readAt time.Time) map[string]any {
	if len(b.problems) > 0 {
		b = build{}
	}
	b.unreachableSince, b.readAt = since, readAt
	return b.facts()
}

// stamp writes a time, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
