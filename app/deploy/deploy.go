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

// Deployments brings servers to where they are wanted.
type Deployments struct {
	Store   *store.Store
	Targets map[string]Target // by name
	Bundles bundles.Folder
	Fetch   *safehttp.Client
	// DailyBytes is how much may be downloaded a day for the repositories of one
	// owner (S17).
	DailyBytes int64
	Now        func() time.Time
	GitHub     OnGitHub // nil: GitHub shows nothing of it
	Run        Run      // has the onboarding looked at of which something is to be told
	// Poll and Patience are mattermost.Deployer's.
	Poll, Patience time.Duration
}

// Target is a server, and when something may be deployed to it unasked.
type Target struct {
	Server  *mattermost.Server
	Off     bool          // nothing is deployed
	Windows []Window      // within which gates are followed; none: always
	Every   time.Duration // between two changes of one plugin that gates cause
}

// Pauses of what is tried again though nothing happens.
const (
	back   = 30 * time.Second // until a server is back: perhaps a broken plugin is on it
	setUp  = time.Hour        // until somebody mends the server's settings
	refill = 10 * time.Minute // until a bundle can be had
)

// Look brings a server to where it is wanted. Next is when to try again, zero for
// not until something else is wanted.
func (d *Deployments) Look(ctx context.Context, key string) (next time.Time, err error) {
	if key == Housekeeping {
		return d.Now().Add(time.Hour), d.Clean(ctx)
	}
	target, plugin, ok := parts(key)
	if !ok {
		return time.Time{}, fmt.Errorf("look at %q: no such key", key)
	}
	s, err := d.standing(ctx, target, plugin)
	if err != nil || s.Wish == 0 {
		return time.Time{}, err
	}
	if s.Wish > s.Settled {
		if next, err = d.work(ctx, s); err != nil || !next.IsZero() {
			return next, err
		}
		if s, err = d.standing(ctx, target, plugin); err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, d.tell(ctx, s)
}

func (d *Deployments) standing(ctx context.Context, target, plugin string) (Standing, error) {
	row, _, err := d.Store.Deployment(ctx, target, plugin)
	if err != nil {
		return Standing{}, err
	}
	return Read(row)
}

// work does what is wanted and not done yet.
func (d *Deployments) work(ctx context.Context, s Standing) (next time.Time, err error) {
	if s.Wanted.SHA256 == "" && !s.Wanted.Remove { // what is there stays
		r := s.Result
		r.Wish = s.Wish
		return time.Time{}, d.settle(ctx, s, r, true)
	}
	halted, err := d.halted(ctx, s)
	if err != nil {
		return time.Time{}, err
	}
	if halted != "" { // whoever ends that has the repository looked at, and the wish is renewed
		return time.Time{}, nil
	}
	return d.fulfil(ctx, s)
}

// halted says why nothing is deployed of an onboarding at this moment, whatever the
// last look wanted: a command may have come since.
func (d *Deployments) halted(ctx context.Context, s Standing) (why string, err error) {
	if s.Repository == 0 || s.Wanted.Remove {
		return "", nil
	}
	record, started, err := d.Store.Onboarding(ctx, s.Repository)
	if err != nil || !started {
		return "", err
	}
	return record.Halts(), nil
}

// fulfil does what is wanted, and puts on record what came of it.
func (d *Deployments) fulfil(ctx context.Context, s Standing) (next time.Time, err error) {
	target, configured := d.Targets[s.Target]
	r := Result{At: d.Now(), Wish: s.Wish, Changed: s.Result.Changed, Put: s.Result.Put, Shown: s.Result.Shown, Began: s.Result.Began, SHA256: s.Wanted.SHA256, Commit: s.Wanted.Commit}
	if !configured || target.Off {
		r.Outcome, r.Why, r.Next = Waits, "nothing is deployed to "+s.Target+" at present", "Look at targets."+s.Target+" in the configuration."
		return time.Time{}, d.settle(ctx, s, r, false)
	}
	if at := target.opens(s, d.Now()); at.After(d.Now()) {
		r.Outcome, r.Why = Waits, "it waits for its time, "+at.UTC().Format("2006-01-02 15:04 MST")
		return at, d.settle(ctx, s, r, false)
	}
	zerolog.Ctx(ctx).Info().Str("target", s.Target).Str("plugin", s.Plugin).Str("sha256", s.Wanted.SHA256).Bool("remove", s.Wanted.Remove).Msg("a deployment begins")
	if s.Wanted.Remove {
		return d.remove(ctx, target, s, r)
	}
	return d.deploy(ctx, target, s, r)
}

func (d *Deployments) deployer() *mattermost.Deployer {
	return &mattermost.Deployer{Records: Records{d.Store}, Bundles: d.Bundles, Poll: d.Poll, Patience: d.Patience}
}

func (d *Deployments) deploy(ctx context.Context, target Target, s Standing, r Result) (next time.Time, err error) {
	b, err := d.bundle(ctx, s)
	if err != nil {
		return d.unfetched(ctx, s, r, err)
	}
	r.Version = b.Version
	if err := d.begins(ctx, s, &r); err != nil {
		return time.Time{}, err
	}
	report, err := d.deployer().Deploy(ctx, target.Server, b, mattermost.How{TakeOver: s.Wanted.TakeOver, Again: s.Wanted.Again})
	r.Outcome, r.Before = report.Outcome, report.Before
	if report.Outcome == mattermost.Deployed || report.Outcome == mattermost.RolledBack {
		r.Changed = d.Now()
	}
	if report.Outcome == mattermost.Deployed || r.Put.IsZero() && report.Outcome == mattermost.Unchanged {
		r.Put = d.Now()
	}
	return d.conclude(ctx, s, r, err)
}

// DryRun says what would come of a bundle, without doing it.
func (d *Deployments) DryRun(ctx context.Context, target string, b mattermost.Bundle, how mattermost.How) (Result, error) {
	how.DryRun = true
	report, err := d.deployer().Deploy(ctx, d.Targets[target].Server, b, how)
	r := Result{At: d.Now(), Outcome: report.Outcome, Before: report.Before, Version: b.Version, SHA256: b.SHA256}
	if why := (*mattermost.Error)(nil); errors.As(err, &why) {
		r.Reason, r.Why, r.Next = why.Reason, why.Told(), why.Next()
		return r, nil
	}
	return r, err
}

// Kept reads a bundle that is kept.
func (d *Deployments) Kept(ctx context.Context, sha256 string) (mattermost.Bundle, error) {
	return kept(ctx, d.Bundles, sha256)
}

func (d *Deployments) remove(ctx context.Context, target Target, s Standing, r Result) (next time.Time, err error) {
	r.SHA256, r.Commit, r.Version, r.GitHub = s.Record.Good.SHA256, s.Result.Commit, s.Record.Good.Version, s.Result.GitHub
	err = d.deployer().Remove(ctx, target.Server, s.Plugin)
	if r.Outcome = mattermost.NotDone; err == nil {
		r.Outcome, r.Changed, r.Before = Removed, d.Now(), s.Record.Good.Version
	}
	return d.conclude(ctx, s, r, err)
}

// unfetched concludes about a bundle that could not be had.
func (d *Deployments) unfetched(ctx context.Context, s Standing, r Result, cause error) (next time.Time, err error) {
	var (
		refused   *safehttp.Error
		different *bundles.DifferentError
		full      *bundles.FullError
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

// Clean deletes the bundles that nothing needs any more.
func (d *Deployments) Clean(ctx context.Context) error {
	rows, err := d.Store.Deployments(ctx, 0)
	if err != nil {
		return err
	}
	var needed []string
	for _, row := range rows {
		s, err := Read(row)
		if err != nil {
			return err
		}
		needed = append(needed, s.Wanted.SHA256, s.Wanted.Offered, s.Record.Good.SHA256, s.Record.Tried.SHA256)
	}
	deleted, err := d.Bundles.Clean(needed, d.Now().Add(-keepUnneeded))
	if deleted > 0 {
		zerolog.Ctx(ctx).Info().Int("deleted", deleted).Msg("bundles that nothing needs were deleted")
	}
	return err
}

// keepUnneeded is how long a bundle is kept that nothing needs: it may be on its way.
const keepUnneeded = 24 * time.Hour
