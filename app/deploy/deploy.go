package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/bundles"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
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
	if s.Repository == 0 || s.Wanted.Remove || s.Wanted.Instead != "" { // an admin makes the server safe
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
	r := Result{
		At: d.Now(), Wish: s.Wish, Changed: s.Result.Changed, Put: s.Result.Put, Shown: s.Result.Shown, Began: s.Result.Began,
		Running: s.Result.Running, Earlier: s.Result.Earlier, SHA256: s.Wanted.SHA256, Commit: s.Wanted.Commit,
	}
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
	if err == nil {
		r.runs(s.Wanted, s.Record.Good)
	}
	return d.conclude(ctx, s, r, err)
}

// runs notes which bundle was seen running, and which one ran before: of one that was
// put back, that is none, as what ran meanwhile is not to run again. A process that was
// killed may have noted less than was good when this run began.
func (r *Result) runs(w Wanted, good mattermost.Bundle) {
	was := r.Running
	if good.SHA256 != "" && good.SHA256 != r.SHA256 && good.SHA256 != was.SHA256 {
		was = texts.Bundle{Version: good.Version, SHA256: good.SHA256}
	}
	if was.SHA256 == r.SHA256 {
		return
	}
	if r.Earlier = was; w.Instead != "" {
		r.Earlier = texts.Bundle{}
	}
	r.Running = texts.Bundle{Version: r.Version, SHA256: r.SHA256, Commit: r.Commit}
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
		r.Running, r.Earlier = texts.Bundle{}, texts.Bundle{}
	}
	return d.conclude(ctx, s, r, err)
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
		needed = append(needed, s.Wanted.SHA256, s.Wanted.Offered, s.Record.Good.SHA256, s.Record.Tried.SHA256, s.Result.Running.SHA256, s.Result.Earlier.SHA256)
	}
	deleted, err := d.Bundles.Clean(ctx, needed, d.Now().Add(-keepUnneeded))
	if deleted > 0 {
		zerolog.Ctx(ctx).Info().Int("deleted", deleted).Msg("bundles that nothing needs were deleted")
	}
	return err
}

// keepUnneeded is how long a bundle is kept that nothing needs: it may be on its way.
const keepUnneeded = 24 * time.Hour
