package app

import (
	"context"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
)

// looking sees to whom configured names were resolved first (S10), and resolves
// others for itself alone: looking is no recording.
type looking struct {
	record   *store.Store // nil if there is no database yet
	resolved map[string]int64
}

var _ ghapi.Pins = (*looking)(nil)

// LoginID implements [ghapi.Pins].
func (l *looking) LoginID(ctx context.Context, name string) (id int64, ok bool, err error) {
	if l.record != nil {
		if id, ok, err = l.record.LoginID(ctx, name); err != nil || ok {
			return id, ok, err
		}
	}
	id, ok = l.resolved[strings.ToLower(name)]
	return id, ok, nil
}

// SaveLoginID implements [ghapi.Pins].
func (l *looking) SaveLoginID(_ context.Context, name string, id int64) error {
	l.resolved[strings.ToLower(name)] = id
	return nil
}

// LoginHeld implements [ghapi.Pins]: whoever looks asks GitHub.
func (l *looking) LoginHeld(context.Context, string) (spelt string, at time.Time, err error) {
	return "", time.Time{}, nil
}

// SaveLoginHeld implements [ghapi.Pins].
func (l *looking) SaveLoginHeld(context.Context, string, string, time.Time) error { return nil }
