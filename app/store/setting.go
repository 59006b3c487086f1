package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// The names of settings.
const (
	paused    = "paused"
	pulled    = "pulled"
	swept     = "swept"
	sweep     = "sweep"
	recovered = "recovered"
)

// Pause is why nothing is published anywhere, and since when.
type Pause struct {
	Reason string
	At     time.Time
}

// PauseAll has all replicas publish nothing (S23). A pause that is in force keeps
// its time and takes the new reason.
func (s *Store) PauseAll(ctx context.Context, reason string, now time.Time) error {
	return s.Write(ctx, "pause all publishing", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO setting (name, content, at) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET content = excluded.content`, paused, reason, now.UnixMilli())
		return err
	})
}

// ResumeAll ends the pause; was is false if there was none.
func (s *Store) ResumeAll(ctx context.Context) (was bool, err error) {
	err = s.Write(ctx, "resume all publishing", func(ctx context.Context, tx *sql.Tx) error {
		deleted, err := tx.ExecContext(ctx, `DELETE FROM setting WHERE name = $1`, paused)
		if err != nil {
			return err
		}
		n, err := deleted.RowsAffected()
		was = n > 0
		return err
	})
	return was, err
}

// PausedAll tells whether and why nothing is published.
func (s *Store) PausedAll(ctx context.Context) (p Pause, is bool, err error) {
	p.Reason, p.At, is, err = s.setting(ctx, paused)
	return p, is, err
}

// Pulled is until when the App's deliveries were read from GitHub; zero if never.
func (s *Store) Pulled(ctx context.Context) (until time.Time, err error) {
	_, until, _, err = s.setting(ctx, pulled)
	return until, err
}

// SavePulled keeps until when the App's deliveries were read.
func (s *Store) SavePulled(ctx context.Context, until time.Time) error {
	return s.saveTime(ctx, "record until when deliveries were read", pulled, until)
}

// Swept is until when it was looked for deliveries that failed; zero if never.
func (s *Store) Swept(ctx context.Context) (until time.Time, err error) {
	_, until, _, err = s.setting(ctx, swept)
	return until, err
}

// SaveSwept keeps until when it was looked for deliveries that failed.
func (s *Store) SaveSwept(ctx context.Context, until time.Time) error {
	return s.saveTime(ctx, "record until when failed deliveries were looked for", swept, until)
}

// SweepBegan is when that was last begun, be it by another process or in vain.
func (s *Store) SweepBegan(ctx context.Context) (at time.Time, err error) {
	_, at, _, err = s.setting(ctx, sweep)
	return at, err
}

// BeginSweep keeps that it begins.
func (s *Store) BeginSweep(ctx context.Context, at time.Time) error {
	return s.saveTime(ctx, "record that failed deliveries are looked for", sweep, at)
}

func (s *Store) saveTime(ctx context.Context, what, name string, at time.Time) error {
	return s.Write(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO setting (name, content, at) VALUES ($1, '', $2)
			ON CONFLICT (name) DO UPDATE SET at = excluded.at`, name, at.UnixMilli())
		return err
	})
}

// Recovered is when GitHub was last asked for deliveries that did not arrive, and how
// many it was asked to send again then; zero if it never was.
func (s *Store) Recovered(ctx context.Context) (at time.Time, again int, err error) {
	content, at, is, err := s.setting(ctx, recovered)
	if err != nil || !is {
		return time.Time{}, 0, err
	}
	if again, err = strconv.Atoi(content); err != nil {
		return time.Time{}, 0, fmt.Errorf("read how many deliveries were sent again: %w", err)
	}
	return at, again, nil
}

// SaveRecovered keeps when GitHub was asked for deliveries, and how many were missing.
func (s *Store) SaveRecovered(ctx context.Context, at time.Time, again int) error {
	return s.Write(ctx, "record that deliveries were asked for", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO setting (name, content, at) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET content = excluded.content, at = excluded.at`, recovered, strconv.Itoa(again), at.UnixMilli())
		return err
	})
}

func (s *Store) setting(ctx context.Context, name string) (content string, at time.Time, is bool, err error) {
	var ms int64
	err = s.read.QueryRowContext(ctx, `SELECT content, at FROM setting WHERE name = $1`, name).Scan(&content, &ms)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, false, nil
	}
	if err != nil {
		return "", time.Time{}, false, fmt.Errorf("read setting %q: %w", name, err)
	}
	return content, time.UnixMilli(ms), true, nil
}
