package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// housekeeping is the queue's key of what is done once for all repositories:
// one row, so that one replica does it, without a leader or a cron.
const housekeeping = "housekeeping"

// look is what the queue runs for a key, after the key's deliveries.
func (a *App) look(ctx context.Context, key string) (next time.Time, err error) {
	if key == housekeeping {
		return a.housekeep(ctx)
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(key, "repo/"), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("look at %q: no such key: %w", key, err)
	}
	return a.looks.Look(ctx, id)
}

// housekeep asks GitHub to send again what did not reach us, at start and hourly.
func (a *App) housekeep(ctx context.Context) (next time.Time, err error) {
	now := a.now()
	asked, err := a.github.Redeliver(ctx, now)
	if err != nil {
		return time.Time{}, err
	}
	if asked > 0 {
		zerolog.Ctx(ctx).Info().Int("deliveries", asked).Msg("asked GitHub to send deliveries again")
	}
	return now.Add(time.Hour), nil
}
