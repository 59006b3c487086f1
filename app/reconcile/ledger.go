package reconcile

import (
	"context"
	"maps"
	"strings"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
)

// ledger keeps in the database what was published of one repository.
type ledger struct {
	store      *store.Store
	repository int64
	published  map[string]store.Published
}

var _ ghapi.Ledger = &ledger{}

func openLedger(ctx context.Context, s *store.Store, repository int64) (*ledger, error) {
	published, err := s.Published(ctx, repository)
	if err != nil {
		return nil, err
	}
	return &ledger{store: s, repository: repository, published: published}, nil
}

// Shown returns what was last published of a thing.
func (l *ledger) Shown(thing string) (ghapi.Shown, bool) {
	p, ok := l.published[thing]
	return ghapi.Shown(p), ok
}

// Note records what was just published.
func (l *ledger) Note(ctx context.Context, thing string, shown ghapi.Shown) error {
	l.published[thing] = store.Published(shown)
	return l.store.SavePublished(ctx, l.repository, thing, l.published[thing])
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

// forgetRuns drops the runs on commits that carry none any more.
func (l *ledger) forgetRuns(ctx context.Context, except string) error {
	for thing := range l.published {
		if strings.HasPrefix(thing, "run/") && !strings.HasPrefix(thing, "run/"+except+"/") {
			return l.store.ForgetRuns(ctx, l.repository, except)
		}
	}
	return nil
}
