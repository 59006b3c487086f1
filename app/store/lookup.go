package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
)

// index keeps what of a round is looked up across all onboardings.
func index(ctx context.Context, tx *sql.Tx, record onboarding.Record) error {
	_, err := tx.ExecContext(ctx, `UPDATE onboarding SET plugin = $1 WHERE repository = $2 AND round = $3`, heldID(record), record.Repository, record.Round)
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM asked WHERE repository = $1`, record.Repository)
	}
	if err != nil || record.Ended() {
		return err
	}
	for stage, asked := range record.Asked {
		for _, r := range asked {
			_, err := tx.ExecContext(ctx, `INSERT INTO asked (repository, stage, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, record.Repository, stage, r.Person.ID)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// heldID is the plugin's id that nobody else may have. An onboarding that was withdrawn
// holds none, unless a round before it was complete: that plugin is out.
func heldID(record onboarding.Record) string {
	if record.Withdrawn != nil && record.Baseline == nil {
		return ""
	}
	return fold(record.PluginID)
}

// fold makes ids equal that differ in case only.
func fold(id string) string { return strings.ToLower(strings.ToUpper(id)) }

// indexOlder indexes the rounds that an onboard saved which did not yet.
func (s *Store) indexOlder(ctx context.Context) error {
	texts, err := column[string](ctx, s.Read(), `SELECT record FROM onboarding WHERE plugin IS NULL ORDER BY repository, round`)
	if err != nil || len(texts) == 0 {
		return err
	}
	return s.Write(ctx, "index the onboardings", func(ctx context.Context, tx *sql.Tx) error {
		for _, text := range texts { // of a repository's rounds the last one counts, which comes last
			var record onboarding.Record
			if err := json.Unmarshal([]byte(text), &record); err != nil {
				return err
			}
			if err := index(ctx, tx, record); err != nil {
				return err
			}
		}
		return nil
	})
}

// Asked returns how many decisions everybody is asked for at present, by their ids, a
// stage of one repository left out.
func (s *Store) Asked(ctx context.Context, repository int64, stage string) (map[int64]int, error) {
	rows, err := s.Read().QueryContext(ctx, `
		SELECT person, COUNT(*) FROM asked WHERE repository <> $1 OR stage <> $2 GROUP BY person`, repository, stage)
	if err != nil {
		return nil, fmt.Errorf("count who is asked: %w", err)
	}
	defer rows.Close()
	asked := map[int64]int{}
	for rows.Next() {
		var person int64
		var n int
		if err := rows.Scan(&person, &n); err != nil {
			return nil, fmt.Errorf("count who is asked: %w", err)
		}
		asked[person] = n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count who is asked: %w", err)
	}
	return asked, nil
}

// HoldsPlugin tells whether another repository's onboarding holds a plugin's id, upper
// and lower case being the same.
func (s *Store) HoldsPlugin(ctx context.Context, id string, but int64) (bool, error) {
	if id == "" {
		return false, nil
	}
	err := s.Read().QueryRowContext(ctx, `
		SELECT 1 FROM onboarding o WHERE o.plugin = $1 AND o.repository <> $2
			AND o.round = (SELECT MAX(latest.round) FROM onboarding latest WHERE latest.repository = o.repository) LIMIT 1`,
		fold(id), but).Scan(new(int))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find who has the plugin's id: %w", err)
	}
	return true, nil
}
