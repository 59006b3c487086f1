package deploy

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/bundles"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/checks/safehttp"
)

// unfetched concludes about a bundle that could not be had.
func (d *Deployments) unfetched(ctx context.Context, s Standing, r Result, cause error) (next time.Time, err error) {
	var (
		refused   *safehttp.Error
		different *bundles.DifferentError
		full      *bundles.FullError
		store     *bundles.StoreError
		unsound   *UnsoundError
	)
	r.Outcome = mattermost.NotDone
	switch {
	case ctx.Err() != nil:
		return time.Time{}, cause
	case errors.Is(cause, errSpent):
		r.Why = "today's downloads for this owner are used up"
		return d.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour), d.settle(ctx, s, r, false)
	case errors.As(cause, &different):
		r.Why, r.Next = "its address has another bundle now than the one that was checked", "The next look takes the new one, if it passes."
	case errors.As(cause, &refused):
		r.Why, r.Next = "the bundle cannot be downloaded: "+refused.Message, "Publish it again at the same address."
		if refused.Retry {
			return d.Now().Add(refill), d.settle(ctx, s, r, false)
		}
	case errors.As(cause, &full):
		r.Why, r.Next = "there is no room for another bundle", "Raise bundles.max_mib, or wait until bundles that nobody needs are deleted."
		return d.Now().Add(refill), d.settle(ctx, s, r, false)
	case errors.As(cause, &store):
		zerolog.Ctx(ctx).Warn().Err(cause).Msg("a deployment waits for the store of bundles")
		r.Why, r.Next = "the store of bundles does not answer", "See the log, and bundles.s3 in the configuration."
		return d.Now().Add(back), d.settle(ctx, s, r, false)
	case errors.As(cause, &unsound):
		r.Why, r.Next = strings.TrimSuffix(unsound.Error(), "."), "Build it anew."
	case errors.Is(cause, errNotKept), errors.Is(cause, fs.ErrNotExist):
		r.Why, r.Next = "the bundle is not kept any more", "Deploy another build."
	default:
		return time.Time{}, cause
	}
	return time.Time{}, d.settle(ctx, s, r, true)
}

// conclude puts on record what came of a deployment. What somebody must mend on the
// server is tried again now and then; what is about the bundle is settled.
func (d *Deployments) conclude(ctx context.Context, s Standing, r Result, cause error) (next time.Time, err error) {
	if cause == nil {
		return time.Time{}, d.settle(ctx, s, r, true)
	}
	var why *mattermost.Error
	if !errors.As(cause, &why) {
		return time.Time{}, cause
	}
	r.Reason, r.Why, r.Next = why.Reason, why.Told(), why.Next()
	log := zerolog.Ctx(ctx).Warn().Err(cause)
	log.Msg("a deployment was not done")
	if at, away := why.Unavailable(); away {
		return later(at, d.Now().Add(back)), d.settle(ctx, s, r, false)
	}
	switch why.Reason {
	case mattermost.NoToken, mattermost.TokenRefused, mattermost.NotAllowed, mattermost.UploadsOff, mattermost.Moved,
		mattermost.Misunderstood, mattermost.NotRolledBack, mattermost.Refused:
		return d.Now().Add(setUp), d.settle(ctx, s, r, false)
	}
	return time.Time{}, d.settle(ctx, s, r, true)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// settle puts on record what came of a wish.
func (d *Deployments) settle(ctx context.Context, s Standing, r Result, settled bool) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write down what came of %q on %s: %w", s.Plugin, s.Target, err)
	}
	return d.Store.Write(ctx, fmt.Sprintf("record what came of %q on %s", s.Plugin, s.Target), func(ctx context.Context, tx *sql.Tx) error {
		if err := store.SaveDeploymentResult(ctx, tx, s.Target, s.Plugin, s.Wish, settled, string(text)); err != nil || !s.news(r) {
			return err
		}
		return d.Run(ctx, tx, fmt.Sprintf("repo/%d", s.Repository), d.Now()) // its check run says so
	})
}

// news tells whether a result is another one, for those who look at the onboarding.
func (s Standing) news(r Result) bool {
	before := s.Result
	return s.Repository != 0 && (r.Outcome != before.Outcome || r.Version != before.Version || r.SHA256 != before.SHA256 || r.Why != before.Why)
}

// count counts what was downloaded for an owner (S17).
func (d *Deployments) count(ctx context.Context, owner, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	return d.Store.Write(context.WithoutCancel(ctx), "count a download", func(ctx context.Context, tx *sql.Tx) error {
		return store.AddDownloaded(ctx, tx, owner, bytes, d.Now())
	})
}
