package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// nights is how many nights of looks are kept of each check of a repository.
const nights = 30

// Look is what a check saw outside the repository, at one time.
type Look struct {
	URL    string // what was looked at, "" if there was nothing
	At     time.Time
	Facts  bool            // the result has facts: the next look compares with them
	Result json.RawMessage // of the check
}

// SaveLook keeps a look as its night's. One without facts replaces none that
// has some: a look that failed must not make the App forget what it knew.
func SaveLook(ctx context.Context, tx *sql.Tx, repository int64, name string, look Look) error {
	night := look.At.UTC().Format(time.DateOnly)
	_, err := tx.ExecContext(ctx, `
		INSERT INTO look (repository, name, night, at, url, facts, result) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (repository, name, night) DO UPDATE SET at = excluded.at, url = excluded.url, facts = excluded.facts, result = excluded.result
		WHERE excluded.facts >= look.facts`,
		repository, name, night, look.At.UnixMilli(), look.URL, flag(look.Facts), string(look.Result))
	if err == nil {
		_, err = tx.ExecContext(ctx, `
			DELETE FROM look WHERE repository = $1 AND name = $2 AND night NOT IN (
				SELECT night FROM look WHERE repository = $1 AND name = $2 ORDER BY night DESC LIMIT $3)
			AND night <> (SELECT MAX(night) FROM look WHERE repository = $1 AND name = $2 AND facts = 1)`,
			repository, name, nights)
	}
	if err != nil {
		return fmt.Errorf("save a look of %s at repository %d: %w", name, repository, err)
	}
	return nil
}

// LastLook returns the last look of a check that has facts; ok is false if
// there was none.
func (s *Store) LastLook(ctx context.Context, repository int64, name string) (look Look, ok bool, err error) {
	var at int64
	var result string
	err = s.Read().QueryRowContext(ctx, `
		SELECT at, url, result FROM look WHERE repository = $1 AND name = $2 AND facts = 1 ORDER BY night DESC LIMIT 1`, repository, name).
		Scan(&at, &look.URL, &result)
	if errors.Is(err, sql.ErrNoRows) {
		return Look{}, false, nil
	}
	if err != nil {
		return Look{}, false, fmt.Errorf("read the last look of %s at repository %d: %w", name, repository, err)
	}
	look.At, look.Facts, look.Result = time.UnixMilli(at), true, json.RawMessage(result)
	return look, true, nil
}

// Looks returns the looks of a check by night, the newest first: at most 30, and
// the last one with facts.
func (s *Store) Looks(ctx context.Context, repository int64, name string) ([]Look, error) {
	rows, err := s.Read().QueryContext(ctx,
		`SELECT at, url, facts, result FROM look WHERE repository = $1 AND name = $2 ORDER BY night DESC`, repository, name)
	if err != nil {
		return nil, fmt.Errorf("read the looks of %s at repository %d: %w", name, repository, err)
	}
	defer rows.Close()
	var looks []Look
	for rows.Next() {
		var look Look
		var at int64
		var result string
		if err := rows.Scan(&at, &look.URL, &look.Facts, &result); err != nil {
			return nil, fmt.Errorf("read the looks of %s at repository %d: %w", name, repository, err)
		}
		look.At, look.Result = time.UnixMilli(at), json.RawMessage(result)
		looks = append(looks, look)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the looks of %s at repository %d: %w", name, repository, err)
	}
	return looks, nil
}

// Seen is what was last seen of a repository's default branch, in the words of
// those who looked.
type Seen struct {
	Head  json.RawMessage
	Files json.RawMessage
}

// Seen returns what was last seen; ok is false if nothing was.
func (s *Store) Seen(ctx context.Context, repository int64) (seen Seen, ok bool, err error) {
	var head, files string
	err = s.Read().QueryRowContext(ctx, `SELECT head, files FROM seen WHERE repository = $1`, repository).Scan(&head, &files)
	if errors.Is(err, sql.ErrNoRows) {
		return Seen{}, false, nil
	}
	if err != nil {
		return Seen{}, false, fmt.Errorf("read what was seen of repository %d: %w", repository, err)
	}
	return Seen{Head: json.RawMessage(head), Files: json.RawMessage(files)}, true, nil
}

// SaveSeen keeps what was just seen.
func SaveSeen(ctx context.Context, tx *sql.Tx, repository int64, seen Seen) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO seen (repository, head, files) VALUES ($1, $2, $3)
		ON CONFLICT (repository) DO UPDATE SET head = excluded.head, files = excluded.files`,
		repository, string(seen.Head), string(seen.Files))
	if err != nil {
		return fmt.Errorf("save what was seen of repository %d: %w", repository, err)
	}
	return nil
}

// Downloaded returns how many bytes were downloaded for an owner's repositories
// on the day of a time, in UTC (S17).
func (s *Store) Downloaded(ctx context.Context, ownerID int64, at time.Time) (bytes int64, err error) {
	err = s.Read().QueryRowContext(ctx, `SELECT COALESCE(SUM(bytes), 0) FROM download WHERE owner_id = $1 AND day = $2`,
		ownerID, at.UTC().Format(time.DateOnly)).Scan(&bytes)
	if err != nil {
		return 0, fmt.Errorf("read how much was downloaded for owner %d: %w", ownerID, err)
	}
	return bytes, nil
}

// AddDownloaded counts bytes that were downloaded, and forgets the days before.
func AddDownloaded(ctx context.Context, tx *sql.Tx, ownerID, bytes int64, at time.Time) error {
	if bytes == 0 {
		return nil
	}
	day := at.UTC().Format(time.DateOnly)
	_, err := tx.ExecContext(ctx, `DELETE FROM download WHERE day < $1`, day)
	if err == nil {
		_, err = tx.ExecContext(ctx, `
			INSERT INTO download (owner_id, day, bytes) VALUES ($1, $2, $3)
			ON CONFLICT (owner_id, day) DO UPDATE SET bytes = download.bytes + excluded.bytes`, ownerID, day, bytes)
	}
	if err != nil {
		return fmt.Errorf("count what was downloaded for owner %d: %w", ownerID, err)
	}
	return nil
}
