package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ErrLeaseLost is what [Store.Write] fails with when the run that writes no longer
// has its key.
var ErrLeaseLost = errors.New("another run has or will get this key")

type lease struct{ key, owner string }

type leaseOf struct{}

// UnderLease returns a context in which [Store.Write] changes something only while
// owner has the work row of key: what a process knew before it was frozen must not
// overwrite what the run says that came after it.
func UnderLease(ctx context.Context, key, owner string) context.Context {
	return context.WithValue(ctx, leaseOf{}, lease{key: key, owner: owner})
}

// holdLease fails unless the lease of ctx is still there, and keeps it there until
// the transaction ends.
func (s *Store) holdLease(ctx context.Context, tx *sql.Tx) error {
	l, ok := ctx.Value(leaseOf{}).(lease)
	if !ok {
		return nil
	}
	var owner string
	err := tx.QueryRowContext(ctx, `SELECT owner FROM work WHERE key = $1 AND owner = $2`+s.lockRows(""), l.key, l.owner).Scan(&owner)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrLeaseLost
	}
	if err != nil {
		return fmt.Errorf("ask whether %s is still ours: %w", l.key, err)
	}
	return nil
}

// HoldsLease fails with ErrLeaseLost if the run that ctx is of has its key no more:
// a process that was frozen beyond its lease must not write anywhere.
func (s *Store) HoldsLease(ctx context.Context) error {
	l, ok := ctx.Value(leaseOf{}).(lease)
	if !ok {
		return nil
	}
	err := s.read.QueryRowContext(ctx, `SELECT 1 FROM work WHERE key = $1 AND owner = $2`, l.key, l.owner).Scan(new(int))
	if errors.Is(err, sql.ErrNoRows) {
		return ErrLeaseLost
	}
	if err != nil {
		return fmt.Errorf("ask whether %s is still ours: %w", l.key, err)
	}
	return nil
}

// lockRows ends a SELECT whose rows nobody else shall change before the transaction
// ends. SQLite's transactions take turns anyway, and know no such words.
func (s *Store) lockRows(how string) string {
	if s.shared == nil {
		return ""
	}
	return " FOR UPDATE " + how
}

// SkipLocked ends a SELECT that takes rows, without those that somebody else is
// just taking.
func (s *Store) SkipLocked() string { return s.lockRows("SKIP LOCKED") }
