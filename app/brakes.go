package app

import (
	"context"
	"fmt"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
)

// pausedPause is how long a look waits while nothing is published, be it that
// operators paused all or that the database is a backup that nobody confirmed.
// Deliveries are taken and put on record meanwhile (S22, S23). With the queue's
// spread of 10 % it is below a minute.
const pausedPause = 50 * time.Second

// brakes are what operators have to stop the App with (S23). All that writes to a
// repository asks here first, in one place, below every client.
type brakes struct {
	mode    string
	ceiling store.Ceiling
	store   *store.Store
	now     func() time.Time
}

// May implements [ghapi.Brakes]. The pause is read at each write, since a look that
// is under way may last; and whether it still has its repository, since the process
// may have been frozen meanwhile: what it would write now is old.
func (b brakes) May(ctx context.Context, w ghapi.Write) error {
	switch {
	case b.mode == ModeObserve:
		return &ghapi.BrakedError{Why: "mode is observe"}
	case b.mode == ModeComment && w.Kind != ghapi.NewComment && w.Kind != ghapi.EditedComment && w.Kind != ghapi.Reaction:
		return &ghapi.BrakedError{Why: "mode is comment"}
	}
	pause, paused, err := b.store.PausedAll(ctx)
	if err == nil && paused {
		return &ghapi.UnavailableError{Err: fmt.Errorf("all is paused: %s", pause.Reason), RetryAt: b.now().Add(pausedPause)}
	}
	if err != nil {
		return err
	}
	return b.store.HoldsLease(ctx)
}

// Post implements [ghapi.Brakes].
func (b brakes) Post(ctx context.Context, w ghapi.Write) error {
	again, err := b.store.Post(ctx, w.Repository, b.ceiling, b.now())
	if err == nil && !again.IsZero() {
		return &ghapi.UnavailableError{Err: fmt.Errorf("no more posts to %s this hour", w.Repository), RetryAt: again}
	}
	return err
}

// rests tells whether nothing may be published, and looks wait.
func (b brakes) rests(ctx context.Context) (bool, error) {
	restored, err := b.store.Restored(ctx)
	if err != nil || restored {
		return restored, err
	}
	_, paused, err := b.store.PausedAll(ctx)
	return paused, err
}

// reasons is what of the brakes is on, for /readyz.
func (b brakes) reasons(ctx context.Context) (reasons []string, err error) {
	restored, err := b.store.Restored(ctx)
	if err != nil {
		return nil, err
	}
	if restored {
		reasons = append(reasons, "the database was restored from a backup: nothing is published until 'onboard restore --confirm'")
	}
	pause, paused, err := b.store.PausedAll(ctx)
	if err != nil {
		return nil, err
	}
	if paused {
		reasons = append(reasons, fmt.Sprintf("all is paused since %s, nothing is published until 'onboard resume --all': %s", pause.At.UTC().Format(time.RFC3339), pause.Reason))
	}
	if b.mode != ModeFull {
		reasons = append(reasons, "mode is "+b.mode+": not all is published")
	}
	all, most, err := b.store.Posts(ctx, b.now())
	if err != nil {
		return nil, err
	}
	if all >= b.ceiling.All {
		reasons = append(reasons, fmt.Sprintf("posts wait: %d went out within an hour (writes.posts_per_hour)", all))
	}
	if most >= b.ceiling.Repository { // which one it is, not everybody may know (S20)
		reasons = append(reasons, fmt.Sprintf("posts to a repository wait: %d went out within an hour (writes.posts_per_repository_hour)", most))
	}
	return reasons, nil
}
