package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// lostSoon is how long after a repository was first found to be out of reach it
// is tried again; after that it is each night. GitHub may be of two minds for a
// while, as when a repository moves.
const lostSoon = 10 * time.Minute

// hold derives from what was seen whether the onboarding is held, and puts it on
// record. No event is needed for that: lost ones converge (S16).
func (l *look) hold(ctx context.Context, head ghapi.Head) error {
	if l.record.OwnerID == 0 { // it was started before owners were kept
		l.record.OwnerID = head.OwnerID
		if err := l.saveRecord(ctx, "record the owner"); err != nil {
			return err
		}
	}
	return l.keepHold(ctx, l.record.Holds(onboarding.Sight{
		Archived: head.Archived, Private: head.Private, Owner: onboarding.Person{ID: head.OwnerID, Login: head.Owner},
	}, l.now))
}

func (l *look) keepHold(ctx context.Context, hold *onboarding.Hold) error {
	if onboarding.SameHold(l.record.Held, hold) {
		return nil
	}
	l.record.Held = hold
	why := onboarding.Holding("")
	if hold != nil {
		why = hold.Why
	}
	return l.Store.Write(ctx, "record whether the onboarding is held", func(ctx context.Context, tx *sql.Tx) error {
		if err := l.log(ctx, tx, "hold", "", map[string]any{"why": why}); err != nil {
			return err
		}
		return store.SaveOnboarding(ctx, tx, l.record, l.repository.OwnerID)
	})
}

// lose puts on record that the repository is out of reach, and returns when to
// try again: each night, and at once if another installation reaches it, as after
// the App was installed anew.
func (l *look) lose(ctx context.Context, lost *ghapi.LostError) (next time.Time, err error) {
	if lost.Why == onboarding.Removed && l.Installed != nil {
		found, ok, err := l.Installed(ctx, l.repository.Owner, l.repository.Name)
		if err != nil {
			return time.Time{}, err
		}
		if ok && found.ID == l.repository.ID && found.Installation != l.repository.Installation {
			l.repository.Installation = found.Installation
			return l.now, l.saveRepository(ctx)
		}
	}
	var started bool
	if l.record, started, err = l.Store.Onboarding(ctx, l.repository.ID); err != nil || !started {
		return time.Time{}, err
	}
	hold := l.record.Lost(lost.Why, l.now)
	again := lostSoon
	if onboarding.SameHold(l.record.Held, hold) {
		again = nightly
	}
	if err := l.keepHold(ctx, hold); err != nil {
		return time.Time{}, err
	}
	return l.now.Add(again), l.pageLost(ctx)
}

// pageLost keeps for the pages that the repository is out of reach.
func (l *look) pageLost(ctx context.Context) (err error) {
	if err := l.keepPipeline(ctx); err != nil {
		return err
	}
	if l.ledger, err = openLedger(ctx, l.Store, l.repository.ID, l.now); err != nil {
		return err
	}
	seen, err := l.recall(ctx)
	if err == nil {
		err = l.viewRecord(ctx, seen)
	}
	if err != nil {
		return err
	}
	return l.keepPage(ctx)
}

func (l *look) saveRepository(ctx context.Context) error {
	return l.Store.Write(ctx, fmt.Sprintf("record how to reach %s", l.repository.FullName()), func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveRepository(ctx, tx, l.repository)
	})
}
