package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// StageTime is how long a stage of all onboardings together was one party's turn.
type StageTime struct {
	Stage string
	Party onboarding.Party
	Spent time.Duration // the present turns included
}

// StageTimes sums whose turn the stages were until now, over all onboardings and
// their rounds.
func (s *Store) StageTimes(ctx context.Context, now time.Time) ([]StageTime, error) {
	rows, err := s.Read().QueryContext(ctx, `
		SELECT stage, party, CAST(SUM(spent + CASE WHEN since < CAST($1 AS BIGINT) THEN CAST($1 AS BIGINT) - since ELSE 0 END) AS BIGINT)
		FROM turn GROUP BY stage, party ORDER BY stage, party`, now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("sum the turns: %w", err)
	}
	defer rows.Close()
	var times []StageTime
	for rows.Next() {
		var t StageTime
		var spent int64
		if err := rows.Scan(&t.Stage, &t.Party, &spent); err != nil {
			return nil, fmt.Errorf("sum the turns: %w", err)
		}
		t.Spent = time.Duration(spent) * time.Millisecond
		times = append(times, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sum the turns: %w", err)
	}
	return times, nil
}

// OnboardingStates are all states that [Store.Onboardings] counts by.
var OnboardingStates = []string{"started", "accepted", "held", "paused", "withdrawn", "complete"}

// Onboardings counts the latest rounds of all repositories by their state:
// started, accepted, held, paused, withdrawn or complete.
func (s *Store) Onboardings(ctx context.Context) (map[string]int, error) {
	rows, err := s.Read().QueryContext(ctx, `
		SELECT o.record FROM onboarding o
		WHERE o.round = (SELECT MAX(latest.round) FROM onboarding latest WHERE latest.repository = o.repository)`)
	if err != nil {
		return nil, fmt.Errorf("count the onboardings: %w", err)
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var text []byte
		var record stateful
		err := rows.Scan(&text)
		if err == nil {
			err = json.Unmarshal(text, &record)
		}
		if err != nil {
			return nil, fmt.Errorf("count the onboardings: %w", err)
		}
		counts[record.state()]++
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count the onboardings: %w", err)
	}
	return counts, nil
}

// stateful is the part of an [onboarding.Record] that makes its state: all else
// need not be read.
type stateful struct {
	AcceptedAt time.Time        `json:"accepted_at"`
	EndedAt    time.Time        `json:"ended_at"`
	Paused     *json.RawMessage `json:"paused"`
	Held       *json.RawMessage `json:"held"`
	Withdrawn  *json.RawMessage `json:"withdrawn"`
}

func (r stateful) state() string {
	switch {
	case r.Withdrawn != nil:
		return "withdrawn"
	case !r.EndedAt.IsZero():
		return "complete"
	case r.Held != nil:
		return "held"
	case r.Paused != nil:
		return "paused"
	case !r.AcceptedAt.IsZero():
		return "accepted"
	}
	return "started"
}
