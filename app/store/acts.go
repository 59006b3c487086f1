package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Act is one text in which somebody gave commands, and what became of them.
// It is written in one transaction with what it changed; reactions and
// answers are published afterwards, so that a crash in between loses neither.
type Act struct {
	ID         string            `json:"-"` // "comment/123": what the payload's signature covers (S14)
	Repository int64             `json:"-"`
	Issue      int               `json:"-"` // number of the issue or PR
	Comment    int64             `json:"-"` // id of the comment
	By         onboarding.Person `json:"-"`
	At         time.Time         `json:"at"`                 // when it was said
	Recorded   time.Time         `json:"-"`                  // when it reached us, which limits count by
	Seen       bool              `json:"-"`                  // its first reaction is on GitHub
	Commands   []string          `json:"commands"`           // names, in order; those beyond the limit left out
	Confused   bool              `json:"confused"`           // one of them was unknown or refused
	Refused    bool              `json:"-"`                  // one of them was refused in words (S18)
	Answers    []string          `json:"answers"`            // Markdown
	OnIssue    bool              `json:"on_issue,omitempty"` // it was said in the issue's first text
	Status     bool              `json:"status"`             // answer with where the onboarding stands
}

// AddAct records an act; added is false if it was on record before.
func AddAct(ctx context.Context, tx *sql.Tx, act Act) (added bool, err error) {
	content, err := json.Marshal(act)
	if err != nil {
		return false, fmt.Errorf("record act %s: %w", act.ID, err)
	}
	refused := 0
	if act.Refused {
		refused = 1
	}
	result, err := tx.ExecContext(ctx, `
		INSERT INTO act (id, repository, issue, comment, sender, login, recorded_at, commands, refused, content)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`,
		act.ID, act.Repository, act.Issue, act.Comment, act.By.ID, act.By.Login, act.Recorded.UnixMilli(), len(act.Commands), refused, string(content))
	if err != nil {
		return false, fmt.Errorf("record act %s: %w", act.ID, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("record act %s: %w", act.ID, err)
	}
	return n > 0, nil
}

// SaveAnswers keeps what is to be answered to an act that is on record.
func SaveAnswers(ctx context.Context, tx *sql.Tx, act Act) error {
	content, err := json.Marshal(act)
	if err == nil {
		_, err = tx.ExecContext(ctx, `UPDATE act SET content = $1 WHERE id = $2 AND answered_at IS NULL`, string(content), act.ID)
	}
	if err != nil {
		return fmt.Errorf("record the answers to act %s: %w", act.ID, err)
	}
	return nil
}

// HasAct tells whether an act is on record.
func (s *Store) HasAct(ctx context.Context, id string) (bool, error) {
	var n int
	if err := s.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM act WHERE id = $1`, id).Scan(&n); err != nil {
		return false, fmt.Errorf("look for act %s: %w", id, err)
	}
	return n > 0, nil
}

// IssueOf returns the number of the issue or PR in which an act was said; ok is false
// if the act is not on record.
func (s *Store) IssueOf(ctx context.Context, id string) (issue int, ok bool, err error) {
	err = s.Read().QueryRowContext(ctx, `SELECT issue FROM act WHERE id = $1`, id).Scan(&issue)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("look for the issue of act %s: %w", id, err)
	}
	return issue, true, nil
}

// Unanswered returns a repository's acts that have no answer on GitHub yet,
// the oldest first.
func (s *Store) Unanswered(ctx context.Context, repository int64) ([]Act, error) {
	rows, err := s.Read().QueryContext(ctx, `
		SELECT id, issue, comment, sender, login, recorded_at, seen, content FROM act
		WHERE repository = $1 AND answered_at IS NULL ORDER BY recorded_at, id`, repository)
	if err != nil {
		return nil, fmt.Errorf("read unanswered acts of repository %d: %w", repository, err)
	}
	defer rows.Close()
	var acts []Act
	for rows.Next() {
		act := Act{Repository: repository}
		var recorded, seen int64
		var content string
		err := rows.Scan(&act.ID, &act.Issue, &act.Comment, &act.By.ID, &act.By.Login, &recorded, &seen, &content)
		if err == nil {
			err = json.Unmarshal([]byte(content), &act)
		}
		if err != nil {
			return nil, fmt.Errorf("read unanswered acts of repository %d: %w", repository, err)
		}
		act.Recorded, act.Seen = time.UnixMilli(recorded), seen > 0
		acts = append(acts, act)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read unanswered acts of repository %d: %w", repository, err)
	}
	return acts, nil
}

// MarkSeen records that an act's first reaction is on GitHub.
func (s *Store) MarkSeen(ctx context.Context, id string) error {
	return s.Write(ctx, "mark act "+id+" seen", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE act SET seen = 1 WHERE id = $1`, id)
		return err
	})
}

// MarkAnswered records that an act's reaction and answer are on GitHub.
func (s *Store) MarkAnswered(ctx context.Context, id string, now time.Time) error {
	return s.Write(ctx, "mark act "+id+" answered", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE act SET answered_at = $1 WHERE id = $2`, now.UnixMilli(), id)
		return err
	})
}

// Said is what one person said lately.
type Said struct {
	Commands int       // in how many commands
	First    time.Time // when the first of them was
	Refusals int       // in how many texts something was refused in words
}

// SaidSince counts what a person said since a time (S18).
func (s *Store) SaidSince(ctx context.Context, person int64, since time.Time) (said Said, err error) {
	var first int64
	err = s.Read().QueryRowContext(ctx, `
		SELECT COALESCE(SUM(commands), 0), COALESCE(MIN(CASE WHEN commands > 0 THEN recorded_at END), 0), COALESCE(SUM(refused), 0)
		FROM act WHERE sender = $1 AND recorded_at >= $2`, person, since.UnixMilli()).Scan(&said.Commands, &first, &said.Refusals)
	if err != nil {
		return Said{}, fmt.Errorf("count what person %d said: %w", person, err)
	}
	said.First = time.UnixMilli(first)
	return said, nil
}
