package nightlybuild

import (
	"strings"
	"time"

	"github.com/onboard-app/onboard/checks/builds"
)

// build is what is kept of a build from one look to the next.
type build struct {
	builds.File
	commit string   // that it is made of, as far as is known
	hosts  []string // that it came from

	behindSince      time.Time // zero if it is not behind the default branch
	unreachableSince time.Time // zero if it could be read
}

// remember returns what the last look at the same URL saw.
func (l *look) remember() build {
	previous := l.subject.Nightly
	if previous == nil || previous.URL != l.subject.NightlyURL {
		return build{}
	}
	facts := builds.Facts(previous.Result.Facts)
	return build{
		File:             builds.Remember(previous.Result, Name, l.subject.Now),
		commit:           facts.Text("commit"),
		hosts:            strings.Fields(facts.Text("hosts")),
		behindSince:      facts.Moment("behind_since", l.subject.Now),
		unreachableSince: facts.Moment("unreachable_since", l.subject.Now),
	}
}

// facts are the build as facts of a result.
func (b build) facts() map[string]any {
	facts := b.Facts()
	facts["commit"] = b.commit
	facts.Note("hosts", strings.Join(b.hosts, " "))
	facts.Note("behind_since", builds.Stamp(b.behindSince))
	facts.Note("unreachable_since", builds.Stamp(b.unreachableSince))
	return facts
}

// unreachable are the facts of a look that could not read the file, though it
// may have read some of it. A sound build is remembered, so that the same
// costs no download when the server is back; one with problems is read anew.
func (b build) unreachable(since, readAt time.Time) map[string]any {
	if len(b.Problems) > 0 {
		b = build{}
	}
	b.unreachableSince, b.ReadAt = since, readAt
	return b.facts()
}
