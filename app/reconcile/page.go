package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/nightlybuild"
)

// cardNights is how many nights a card shows.
const cardNights = 14

// keepPage keeps what this look came to, for the pages (app/web): also what could
// not be published, as while GitHub is away or in the mode that only observes.
func (l *look) keepPage(ctx context.Context) error {
	card := onboarding.CardOf(l.record, l.view.Verdict)
	card.Since = l.since[card.Next.Stage]
	var err error
	if card.Nights, err = l.nights(ctx); err != nil {
		return err
	}
	page := store.Page{}
	if page.Card, err = json.Marshal(card); err != nil {
		return fmt.Errorf("write the card of %s: %w", l.repository.FullName(), err)
	}
	if page.View, err = json.Marshal(l.view); err != nil {
		return fmt.Errorf("write the page of %s: %w", l.repository.FullName(), err)
	}
	return l.Store.SavePage(ctx, l.repository.ID, page)
}

// nights are what the nightly build was in the last nights, the oldest first.
func (l *look) nights(ctx context.Context) ([]onboarding.Night, error) {
	looks, err := l.Store.Looks(ctx, l.repository.ID, nightlybuild.Name)
	if err != nil {
		return nil, err
	}
	var nights []onboarding.Night
	for _, look := range looks[:min(len(looks), cardNights)] {
		var result struct {
			Outcome checks.Outcome `json:"outcome"`
		}
		if err := json.Unmarshal(look.Result, &result); err != nil {
			return nil, fmt.Errorf("read a look at the build of %s: %w", l.repository.FullName(), err)
		}
		nights = append(nights, onboarding.Night{Night: look.At.UTC().Format(time.DateOnly), Outcome: onboarding.Outcome(result.Outcome)})
	}
	slices.Reverse(nights)
	return nights, nil
}
