package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Turn is how long a stage of a round was one party's turn.
type Turn struct {
	Stage string
	Party onboarding.Party
	Spent time.Duration // in the turns that passed
	Since time.Time     // when the present turn began; zero if it is not theirs
}

// Total is how long it was their turn until now, the present turn included.
func (t Turn) Total(now time.Time) time.Duration {
	if t.Since.IsZero() {
		return t.Spent
	}
	return t.Spent + max(0, now.Sub(t.Since))
}

// SaveTurn records whose turn a stage is, and since when. Whose turn it was till
// then has passed; onboarding.Nobody only ends it. To save the same turn again
// changes nothing, so that every look may. A time before the last change counts
// as that: no two parties have one moment.
func SaveTurn(ctx context.Context, tx *sql.Tx, repository int64, round int, stage string, party onboarding.Party, since time.Time) error {
	if err := saveTurn(ctx, tx, repository, round, stage, party, since.UnixMilli()); err != nil {
		return fmt.Errorf("save whose turn %s of repository %d is: %w", stage, repository, err)
	}
	return nil
}

func saveTurn(ctx context.Context, tx *sql.Tx, repository int64, round int, stage string, party onboarding.Party, since int64) error {
	var same int
	var last int64 // change
	err := tx.QueryRowContext(ctx, `
		SELECT COALESCE(SUM(CASE WHEN party = $4 AND since IS NOT NULL THEN 1 ELSE 0 END), 0), COALESCE(MAX(COALESCE(since, until)), 0)
		FROM turn WHERE repository = $1 AND round = $2 AND stage = $3`, repository, round, stage, string(party)).Scan(&same, &last)
	if err != nil || same > 0 {
		return err
	}
	since = max(since, last)
	_, err = tx.ExecContext(ctx, `
		UPDATE turn SET spent = spent + CAST($4 AS BIGINT) - since, since = NULL, until = $4
		WHERE repository = $1 AND round = $2 AND stage = $3 AND since IS NOT NULL`, repository, round, stage, since)
	if err != nil || party == onboarding.Nobody {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO turn (repository, round, stage, party, spent, since, until) VALUES ($1, $2, $3, $4, 0, $5, 0)
		ON CONFLICT (repository, round, stage, party) DO UPDATE SET since = excluded.since`, repository, round, stage, string(party), since)
	return err
}

// Turns returns how long the stages of a round were whose turn, in the order of
// stage and party.
func (s *Store) Turns(ctx context.Context, repository int64, round int) ([]Turn, error) {
	turns, err := s.turns(ctx, repository, round)
	if err != nil {
		return nil, fmt.Errorf("read the turns of repository %d: %w", repository, err)
	}
	return turns, nil
}

func (s *Store) turns(ctx context.Context, repository int64, round int) ([]Turn, error) {
	rows, err := s.Read().QueryContext(ctx, `
		SELECT stage, party, spent, since FROM turn WHERE repository = $1 AND round = $2 ORDER BY stage, party`, repository, round)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var turns []Turn
	for rows.Next() {
		var t Turn
		var spent int64
		var since sql.NullInt64
		if err := rows.Scan(&t.Stage, &t.Party, &spent, &since); err != nil {
			return nil, err
		}
		t.Spent = time.Duration(spent) * time.Millisecond
		if since.Valid {
			t.Since = time.UnixMilli(since.Int64)
		}
		turns = append(turns, t)
	}
	return turns, rows.Err()
}
