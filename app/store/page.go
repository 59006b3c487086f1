package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Page is what the last look at a repository came to, in the words of those who
// looked: a page shows it without asking GitHub or deciding anything anew.
type Page struct {
	Card json.RawMessage // an onboarding.Card
	View json.RawMessage // a texts.View
}

// SavePage keeps what a look came to.
func (s *Store) SavePage(ctx context.Context, repository int64, page Page) error {
	var card, view string
	err := s.Read().QueryRowContext(ctx, `SELECT card, view FROM page WHERE repository = $1`, repository).Scan(&card, &view)
	if err == nil && card == string(page.Card) && view == string(page.View) {
		return nil // most looks find nothing new, and need not wait for the disk
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the page of repository %d: %w", repository, err)
	}
	return s.Write(ctx, fmt.Sprintf("save the page of repository %d", repository), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO page (repository, card, view) VALUES ($1, $2, $3)
			ON CONFLICT (repository) DO UPDATE SET card = excluded.card, view = excluded.view`, repository, string(page.Card), string(page.View))
		return err
	})
}

// View returns what the last look at a repository came to, as a texts.View in
// JSON; ok is false if nobody looked yet.
func (s *Store) View(ctx context.Context, repository int64) (view json.RawMessage, ok bool, err error) {
	var text string
	err = s.Read().QueryRowContext(ctx, `SELECT view FROM page WHERE repository = $1`, repository).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the page of repository %d: %w", repository, err)
	}
	return json.RawMessage(text), true, nil
}

// Card returns the card of a repository's onboarding; ok is false if nobody looked
// yet.
func (s *Store) Card(ctx context.Context, repository int64) (card onboarding.Card, ok bool, err error) {
	var text []byte
	err = s.Read().QueryRowContext(ctx, `SELECT card FROM page WHERE repository = $1`, repository).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return onboarding.Card{}, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &card)
	}
	if err != nil {
		return onboarding.Card{}, false, fmt.Errorf("read the card of repository %d: %w", repository, err)
	}
	return card, true, nil
}

// Carded is a repository with its card.
type Carded struct {
	Repository Repository
	Card       onboarding.Card
}

// Cards returns the cards of all onboardings that were looked at, by repository.
func (s *Store) Cards(ctx context.Context) ([]Carded, error) {
	cards, err := s.cards(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the cards: %w", err)
	}
	return cards, nil
}

func (s *Store) cards(ctx context.Context) ([]Carded, error) {
	rows, err := s.Read().QueryContext(ctx, `
		SELECT r.id, r.installation, r.owner_id, r.owner, r.name, r.private, p.card
		FROM page p JOIN repository r ON r.id = p.repository ORDER BY r.id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var cards []Carded
	for rows.Next() {
		var c Carded
		var card []byte
		r := &c.Repository
		if err := rows.Scan(&r.ID, &r.Installation, &r.OwnerID, &r.Owner, &r.Name, &r.Private, &card); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(card, &c.Card); err != nil {
			return nil, fmt.Errorf("of repository %d: %w", r.ID, err)
		}
		cards = append(cards, c)
	}
	return cards, rows.Err()
}

// RepositoryNamed returns the repository that has a name, upper and lower case
// being the same, and an onboarding; ok is false if there is none. Of several that
// had it one after the other it is the one that was made last.
func (s *Store) RepositoryNamed(ctx context.Context, owner, name string) (r Repository, ok bool, err error) {
	err = s.Read().QueryRowContext(ctx, `
		SELECT id FROM repository WHERE lower(owner) = lower($1) AND lower(name) = lower($2)
			AND EXISTS (SELECT 1 FROM onboarding WHERE onboarding.repository = repository.id)
		ORDER BY id DESC LIMIT 1`, owner, name).Scan(&r.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return Repository{}, false, nil
	}
	if err != nil {
		return Repository{}, false, fmt.Errorf("find the repository of that name: %w", err)
	}
	return s.Repository(ctx, r.ID)
}
