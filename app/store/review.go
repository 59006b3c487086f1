package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Review is what is kept of a review PR beside the record, in the words of
// those who made it.
type Review struct {
	Base  json.RawMessage // the base's files
	Tree  json.RawMessage // all files of the plugin's commit that is shown
	Shown json.RawMessage // what people are told
}

// Review returns what is kept of a repository's review PR; ok is false if
// nothing is.
func (s *Store) Review(ctx context.Context, repository int64) (review Review, ok bool, err error) {
	var base, tree, shown string
	err = s.Read().QueryRowContext(ctx, `SELECT base, tree, shown FROM review WHERE repository = $1`, repository).Scan(&base, &tree, &shown)
	if errors.Is(err, sql.ErrNoRows) {
		return Review{}, false, nil
	}
	if err != nil {
		return Review{}, false, fmt.Errorf("read the review of repository %d: %w", repository, err)
	}
	return Review{Base: json.RawMessage(base), Tree: json.RawMessage(tree), Shown: json.RawMessage(shown)}, true, nil
}

// SaveReview keeps what a review PR shows.
func SaveReview(ctx context.Context, tx *sql.Tx, repository int64, review Review) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO review (repository, base, tree, shown) VALUES ($1, $2, $3, $4)
		ON CONFLICT (repository) DO UPDATE SET base = excluded.base, tree = excluded.tree, shown = excluded.shown`,
		repository, string(review.Base), string(review.Tree), string(review.Shown))
	if err != nil {
		return fmt.Errorf("save the review of repository %d: %w", repository, err)
	}
	return nil
}

// LoginID returns the id to which a configured name was resolved: a login, or a
// team as "organisation/slug". ok is false if it was not yet.
func (s *Store) LoginID(ctx context.Context, login string) (id int64, ok bool, err error) {
	err = s.Read().QueryRowContext(ctx, `SELECT id FROM role_login WHERE login = $1`, strings.ToLower(login)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read the id of %s: %w", login, err)
	}
	return id, true, nil
}

// SaveLoginID keeps to which id a login or a team was resolved. The first one stays (S10).
func (s *Store) SaveLoginID(ctx context.Context, login string, id int64) error {
	return s.Write(ctx, "record the id of "+login, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO role_login (login, id) VALUES ($1, $2) ON CONFLICT (login) DO NOTHING`, strings.ToLower(login), id)
		return err
	})
}

// LoginHeld returns when GitHub last said that a login is still whose it was, and how
// it writes it; the zero time if that is not known, or in doubt.
func (s *Store) LoginHeld(ctx context.Context, login string) (spelt string, at time.Time, err error) {
	var held int64
	err = s.Read().QueryRowContext(ctx, `SELECT spelt, held_at FROM role_login WHERE login = $1`, strings.ToLower(login)).Scan(&spelt, &held)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, fmt.Errorf("read whose %s was last: %w", login, err)
	}
	return spelt, moment(held), nil
}

// SaveLoginHeld keeps when GitHub said so; the zero time puts it in doubt.
func (s *Store) SaveLoginHeld(ctx context.Context, login, spelt string, at time.Time) error {
	return s.Write(ctx, "record whose "+login+" is", func(ctx context.Context, tx *sql.Tx) error {
		held := int64(0)
		if !at.IsZero() {
			held = at.UnixMilli()
		}
		_, err := tx.ExecContext(ctx, `UPDATE role_login SET spelt = $2, held_at = $3 WHERE login = $1`, strings.ToLower(login), spelt, held)
		return err
	})
}
