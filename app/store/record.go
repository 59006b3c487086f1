package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Repository is what is known of a repository: how to reach it now.
type Repository struct {
	ID           int64 // GitHub's, which survives renames
	Installation int64
	OwnerID      int64
	Owner        string
	Name         string
	Private      bool // as GitHub said last
}

// FullName is "owner/name".
func (r Repository) FullName() string { return r.Owner + "/" + r.Name }

// Repository returns what is known of a repository; ok is false if nothing is.
func (s *Store) Repository(ctx context.Context, id int64) (r Repository, ok bool, err error) {
	r.ID = id
	err = s.Read().QueryRowContext(ctx, `SELECT installation, owner_id, owner, name, private FROM repository WHERE id = $1`, id).
		Scan(&r.Installation, &r.OwnerID, &r.Owner, &r.Name, &r.Private)
	if errors.Is(err, sql.ErrNoRows) {
		return Repository{}, false, nil
	}
	if err != nil {
		return Repository{}, false, fmt.Errorf("read repository %d: %w", id, err)
	}
	return r, true, nil
}

// RepositoriesOf lists the repositories that an installation reaches, as far as
// they are known.
func (s *Store) RepositoriesOf(ctx context.Context, installation int64) (list []Repository, err error) {
	rows, err := s.Read().QueryContext(ctx, `SELECT id, installation, owner_id, owner, name, private FROM repository WHERE installation = $1 ORDER BY id`, installation)
	if err != nil {
		return nil, fmt.Errorf("list the repositories of installation %d: %w", installation, err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Repository
		if err := rows.Scan(&r.ID, &r.Installation, &r.OwnerID, &r.Owner, &r.Name, &r.Private); err != nil {
			return nil, fmt.Errorf("list the repositories of installation %d: %w", installation, err)
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the repositories of installation %d: %w", installation, err)
	}
	return list, nil
}

// SaveRepository keeps how to reach a repository.
func SaveRepository(ctx context.Context, tx *sql.Tx, r Repository) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO repository (id, installation, owner_id, owner, name, private) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET installation = excluded.installation, owner_id = excluded.owner_id,
			owner = excluded.owner, name = excluded.name, private = excluded.private`,
		r.ID, r.Installation, r.OwnerID, r.Owner, r.Name, flag(r.Private))
	if err != nil {
		return fmt.Errorf("save repository %s: %w", r.FullName(), err)
	}
	return nil
}

// flag is a yes or no as both engines keep it.
func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Onboarding returns the latest round of a repository's onboarding; ok is
// false if there was none.
func (s *Store) Onboarding(ctx context.Context, repository int64) (record onboarding.Record, ok bool, err error) {
	var text string
	var pipeline sql.NullString
	err = s.Read().QueryRowContext(ctx, `
		SELECT o.record, p.content FROM onboarding o LEFT JOIN pipeline p ON p.version = o.pipeline
		WHERE o.repository = $1 ORDER BY o.round DESC LIMIT 1`, repository).Scan(&text, &pipeline)
	if errors.Is(err, sql.ErrNoRows) {
		return onboarding.Record{}, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &record)
	}
	if err == nil && pipeline.Valid {
		err = json.Unmarshal([]byte(pipeline.String), &record.Pipeline)
	}
	if err != nil {
		return onboarding.Record{}, false, fmt.Errorf("read the onboarding of repository %d: %w", repository, err)
	}
	return record, true, nil
}

// FormerRounds returns the rounds of a repository before one, the newest first and at
// most limit of them, without the pipelines by which they were judged.
func (s *Store) FormerRounds(ctx context.Context, repository int64, before, limit int) (rounds []onboarding.Record, err error) {
	texts, err := column[string](ctx, s.Read(), `
		SELECT record FROM onboarding WHERE repository = $1 AND round < $2 ORDER BY round DESC LIMIT $3`, repository, before, limit)
	for _, text := range texts {
		var record onboarding.Record
		if err == nil {
			err = json.Unmarshal([]byte(text), &record)
		}
		rounds = append(rounds, record)
	}
	if err != nil {
		return nil, fmt.Errorf("read the former rounds of repository %d: %w", repository, err)
	}
	return rounds, nil
}

// SaveOnboarding keeps a round's record and its pipeline; ownerID is the
// repository's owner.
func SaveOnboarding(ctx context.Context, tx *sql.Tx, record onboarding.Record, ownerID int64) error {
	version, err := savePipeline(ctx, tx, record.Pipeline)
	if err != nil {
		return fmt.Errorf("save the pipeline of repository %d: %w", record.Repository, err)
	}
	text, err := json.Marshal(record)
	if err == nil {
		_, err = tx.ExecContext(ctx, `
			INSERT INTO onboarding (repository, round, owner_id, record, ended, pipeline) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (repository, round) DO UPDATE SET record = excluded.record, ended = excluded.ended, pipeline = excluded.pipeline`,
			record.Repository, record.Round, ownerID, string(text), flag(record.Ended()), version)
	}
	if err == nil {
		err = index(ctx, tx, record)
	}
	if err != nil {
		return fmt.Errorf("save the onboarding of repository %d: %w", record.Repository, err)
	}
	return nil
}

// savePipeline keeps a pipeline, once, and returns its version; "" for none.
func savePipeline(ctx context.Context, tx *sql.Tx, p *onboarding.Pipeline) (version string, err error) {
	if p == nil {
		return "", nil
	}
	text, err := json.Marshal(p)
	if err == nil {
		version = p.Version()
		_, err = tx.ExecContext(ctx, `INSERT INTO pipeline (version, content) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING`, version, string(text))
	}
	return version, err
}

// CountOnboardings counts the onboardings of an owner's repositories that are
// under way (S18). Whoever counts them next waits for the transaction's end, if
// there are any.
func CountOnboardings(ctx context.Context, tx *sql.Tx, ownerID int64) (n int, err error) {
	_, err = tx.ExecContext(ctx, `UPDATE onboarding SET owner_id = owner_id WHERE owner_id = $1 AND ended = 0`, ownerID)
	if err != nil {
		return 0, fmt.Errorf("lock the onboardings of owner %d: %w", ownerID, err)
	}
	err = tx.QueryRowContext(ctx,
		`SELECT COUNT(DISTINCT repository) FROM onboarding WHERE owner_id = $1 AND ended = 0`, ownerID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the onboardings of owner %d: %w", ownerID, err)
	}
	return n, nil
}

// Results returns the last result of each check of a repository, by name.
func (s *Store) Results(ctx context.Context, repository int64) (map[string]onboarding.Result, error) {
	results := map[string]onboarding.Result{}
	rows, err := s.Read().QueryContext(ctx, `SELECT name, result FROM result WHERE repository = $1`, repository)
	if err != nil {
		return nil, fmt.Errorf("read the results of repository %d: %w", repository, err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, text string
		var result onboarding.Result
		if err := rows.Scan(&name, &text); err != nil {
			return nil, fmt.Errorf("read the results of repository %d: %w", repository, err)
		}
		if err := json.Unmarshal([]byte(text), &result); err != nil {
			return nil, fmt.Errorf("read the result %s of repository %d: %w", name, repository, err)
		}
		results[name] = result
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the results of repository %d: %w", repository, err)
	}
	return results, nil
}

// SaveResult keeps the last result of a check.
func SaveResult(ctx context.Context, tx *sql.Tx, repository int64, name string, result onboarding.Result) error {
	text, err := json.Marshal(result)
	if err == nil {
		_, err = tx.ExecContext(ctx, `
			INSERT INTO result (repository, name, result) VALUES ($1, $2, $3)
			ON CONFLICT (repository, name) DO UPDATE SET result = excluded.result`, repository, name, string(text))
	}
	if err != nil {
		return fmt.Errorf("save the result %s of repository %d: %w", name, repository, err)
	}
	return nil
}

// StaleResult makes a check look again at the next look.
func StaleResult(ctx context.Context, tx *sql.Tx, repository int64, name string) error {
	var text string
	err := tx.QueryRowContext(ctx, `SELECT result FROM result WHERE repository = $1 AND name = $2`, repository, name).Scan(&text)
	var result onboarding.Result
	switch {
	case errors.Is(err, sql.ErrNoRows): // it has not looked yet, so it will
		err = nil
	case err == nil:
		if err = json.Unmarshal([]byte(text), &result); err == nil {
			result.Stale = true
			err = SaveResult(ctx, tx, repository, name, result)
		}
	}
	if err != nil {
		return fmt.Errorf("have %s of repository %d look again: %w", name, repository, err)
	}
	return nil
}

// RenewRun has what a check says published anew even if it is the same: GitHub
// resets a check suite that somebody runs again, but not its runs
// (github-facts.md section 1).
func RenewRun(ctx context.Context, tx *sql.Tx, repository int64, name string) error {
	_, err := tx.ExecContext(ctx, `UPDATE published SET digest = '' WHERE repository = $1 AND thing LIKE 'run/%/' || $2`, repository, name)
	if err != nil {
		return fmt.Errorf("have the check run of %s of repository %d renewed: %w", name, repository, err)
	}
	return nil
}
