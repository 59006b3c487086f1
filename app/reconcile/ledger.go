package reconcile

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
)

// ledger keeps in the database what was published of one repository.
type ledger struct {
	store      *store.Store
	repository int64
	now        time.Time
	published  map[string]store.Published
	runs       int // that were noted
}

var _ ghapi.Ledger = &ledger{}

func openLedger(ctx context.Context, s *store.Store, repository int64, now time.Time) (*ledger, error) {
	published, err := s.Published(ctx, repository)
	if err != nil {
		return nil, err
	}
	l := &ledger{store: s, repository: repository, now: now, published: published}
	if _, in := published[store.Doubt]; in {
		l.doubt()
	}
	return l, nil
}

// lateWrites is how long after its process was killed a write may still reach GitHub,
// which ends calls after 10 s (github-facts.md section 5).
const lateWrites = 15 * time.Second

// doubt lets nothing pass for shown that somebody may have written over: where GitHub
// cannot be asked cheaply what it shows, that is written again.
func (l *ledger) doubt() {
	for thing, p := range l.published {
		switch kind, _, _ := strings.Cut(thing, "/"); kind {
		case "run":
			p.Digest, p.State = "", ""
		case "status", "labels", "pull":
			p.Digest = ""
		case "labels-read":
			p.At = time.Time{}
		}
		l.published[thing] = p
	}
}

// believe ends the doubt after a look that published all, if nothing can come late
// any more, and returns when to look again otherwise; zero for not.
func (l *ledger) believe(ctx context.Context) (again time.Time, err error) {
	since, in := l.published[store.Doubt]
	switch {
	case !in:
		return time.Time{}, nil
	case l.now.Sub(since.At) < lateWrites:
		return since.At.Add(lateWrites), nil
	}
	return time.Time{}, l.forget(ctx, store.Doubt)
}

// Shown returns what was last published of a thing.
func (l *ledger) Shown(thing string) (ghapi.Shown, bool) {
	p, ok := l.published[thing]
	return ghapi.Shown(p), ok
}

// Note records what was just published.
func (l *ledger) Note(ctx context.Context, thing string, shown ghapi.Shown) error {
	l.published[thing] = store.Published(shown)
	if strings.HasPrefix(thing, "run/") {
		l.runs++
	}
	return l.store.SavePublished(ctx, l.repository, thing, l.published[thing])
}

// Audited holds everything if GitHub shows a head of the audit log that the log
// does not hold: the database is older than GitHub's record (S22).
func (l *ledger) Audited(ctx context.Context, shown string) error {
	head, ok := store.ParseHead(shown)
	if !ok { // not as we write it
		return nil
	}
	holds, err := l.store.HoldsHead(ctx, l.repository, head)
	if err != nil || holds {
		return err
	}
	err = l.store.Write(ctx, "hold the database, which is older than GitHub's record", func(ctx context.Context, tx *sql.Tx) error {
		return store.NoteBehind(ctx, tx, l.repository, head, l.now)
	})
	return errors.Join(&ghapi.HeldError{Head: shown}, err)
}

// forget drops the notes of things that begin with a prefix.
func (l *ledger) forget(ctx context.Context, prefix string) error {
	before := len(l.published)
	maps.DeleteFunc(l.published, func(thing string, _ store.Published) bool { return strings.HasPrefix(thing, prefix) })
	if len(l.published) == before {
		return nil
	}
	return l.store.ForgetPublished(ctx, l.repository, prefix)
}

// hasRuns tells whether a commit carries runs.
func (l *ledger) hasRuns(commit string) bool {
	for thing := range l.published {
		if strings.HasPrefix(thing, "run/"+commit+"/") {
			return true
		}
	}
	return false
}

// run returns the newest run of a name, on whatever commit.
func (l *ledger) run(name string) (newest store.Published, ok bool) {
	for thing, p := range l.published {
		if strings.HasPrefix(thing, "run/") && strings.HasSuffix(thing, "/"+name) && p.ID > newest.ID {
			newest, ok = p, true
		}
	}
	return newest, ok
}

// forgetRuns drops the runs on commits that carry none any more.
func (l *ledger) forgetRuns(ctx context.Context, except string) error {
	for thing := range l.published {
		if strings.HasPrefix(thing, "run/") && !strings.HasPrefix(thing, "run/"+except+"/") {
			return l.store.ForgetRuns(ctx, l.repository, except)
		}
	}
	return nil
}
