package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Answers returns the decisions that people were asked for and made since a time,
// of all onboardings and their rounds.
func (s *Store) Answers(ctx context.Context, since time.Time) ([]onboarding.Decision, error) {
	answers, err := s.answers(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("read what people answered: %w", err)
	}
	return answers, nil
}

func (s *Store) answers(ctx context.Context, since time.Time) ([]onboarding.Decision, error) {
	rows, err := s.Read().QueryContext(ctx, `SELECT record FROM onboarding ORDER BY repository, round`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var answers []onboarding.Decision
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		var record struct { // all else need not be read
			Decisions []onboarding.Decision `json:"decisions"`
		}
		if err := json.Unmarshal(text, &record); err != nil {
			return nil, err
		}
		for _, d := range record.Decisions {
			if !d.Asked.IsZero() && !d.At.Before(since) {
				answers = append(answers, d)
			}
		}
	}
	return answers, rows.Err()
}
