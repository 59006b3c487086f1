package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/store"
)

// Deployment is what an operator wants on a server.
type Deployment struct {
	Target string // as configured
	File   string // the bundle
	DryRun bool   // look, and change nothing

	TakeOver bool // replace a plugin that the App did not install there (S5)
	Again    bool // try a bundle that did not start before
}

// Deployed is what came of it.
type Deployed struct {
	Bundle mattermost.Bundle
	Result deploy.Result
}

// UndeployableError says why nothing is deployed: the bundle or the target is wrong.
type UndeployableError struct{ Err error }

func (e *UndeployableError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UndeployableError) Unwrap() error { return e.Err }

// Runs tells whether the bundle runs, or would be tried.
func (d Deployed) Runs() bool {
	return slices.Contains([]mattermost.Outcome{mattermost.Deployed, mattermost.Unchanged, mattermost.WouldBe}, d.Result.Outcome)
}

// Known tells whether it is known what is on the server.
func (d Deployed) Known() bool { return d.Result.Reason != mattermost.Unavailable }

// String says it to a terminal.
func (d Deployed) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q, sha256 %.12s…: ", d.Bundle.Plugin, d.Bundle.Version, d.Bundle.SHA256)
	switch d.Result.Outcome {
	case mattermost.Deployed:
		b.WriteString("deployed, and seen running.")
	case mattermost.Unchanged:
		b.WriteString("it runs there already.")
	case mattermost.WouldBe:
		b.WriteString("nothing speaks against it. Nothing was changed.")
	default:
		b.WriteString("not deployed: " + d.Result.Why + ".")
	}
	if d.Result.Before != "" && d.Result.Outcome != mattermost.Unchanged {
		fmt.Fprintf(&b, "\nThe version before is %q.", d.Result.Before)
	}
	if d.Result.Next != "" {
		b.WriteString("\n" + d.Result.Next)
	}
	return b.String() + "\n"
}

// Deploy deploys a bundle as an operator asks. It is put on record first, and done
// by the App's process that deploys, if one has the database, else right here. It
// returns when it is done or cannot be done; that a server is not available is not
// waited for.
func Deploy(ctx context.Context, config Config, log zerolog.Logger, order Deployment) (_ Deployed, err error) {
	b, err := config.examine(ctx, order)
	if err != nil {
		return Deployed{}, err
	}
	done := Deployed{Bundle: b}
	if order.DryRun {
		done.Result, err = config.dryRun(ctx, b, order)
		return done, err
	}
	if err := config.keep(ctx, b, order.File); err != nil {
		return done, err
	}
	ctx = log.WithContext(ctx)
	s, err := store.Open(ctx, config.Database.location())
	if errors.Is(err, store.ErrInUse) {
		done.Result, err = config.haveDeployed(ctx, b, order)
		return done, err
	}
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	wish, err := wantDeployed(ctx, s, b, order, time.Now())
	switch {
	case err != nil:
	case s.Shared():
		done.Result, err = awaitDeployed(ctx, s, order.Target, b.Plugin, wish)
	default:
		done.Result, err = config.deployHere(ctx, s, order.Target, b.Plugin)
	}
	return done, err
}

// examine reads the bundle, and refuses what cannot be deployed.
func (c Config) examine(ctx context.Context, order Deployment) (mattermost.Bundle, error) {
	target := c.Targets[order.Target]
	switch {
	case target == nil || target.URL == "":
		known := "there is none in the configuration: set targets.<gate>.url"
		if names := c.Targets.configured(); len(names) > 0 {
			known = "there are " + strings.Join(names, ", ")
		}
		return mattermost.Bundle{}, &UndeployableError{fmt.Errorf("%q is no target; %s", order.Target, known)}
	case target.Mode == DeployOff:
		return mattermost.Bundle{}, &UndeployableError{fmt.Errorf("targets.%s.mode is off", order.Target)}
	}
	file, err := os.Open(order.File)
	if err != nil {
		return mattermost.Bundle{}, fmt.Errorf("read the bundle: %w", err)
	}
	defer file.Close()
	b, err := deploy.Examine(ctx, file)
	if unsound := (*deploy.UnsoundError)(nil); errors.As(err, &unsound) {
		return mattermost.Bundle{}, &UndeployableError{err}
	}
	return b, err
}

// keep keeps the bundle's bytes, which are what is deployed.
func (c Config) keep(ctx context.Context, b mattermost.Bundle, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the bundle: %w", err)
	}
	defer file.Close()
	folder, _, err := c.Bundles.folder()
	if err != nil {
		return err
	}
	return folder.Keep(ctx, b.SHA256, file)
}

// dryRun asks the server, and says what would be done.
func (c Config) dryRun(ctx context.Context, b mattermost.Bundle, order Deployment) (r deploy.Result, err error) {
	s, err := store.OpenToRead(ctx, c.Database.location())
	if err != nil {
		return r, fmt.Errorf("%w\n  a dry run needs the database, which knows what is Onboard's on the server: start onboard once", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d, _, err := c.deployments(s, time.Now)
	if err != nil {
		return r, err
	}
	return d.DryRun(ctx, order.Target, b, mattermost.How{TakeOver: order.TakeOver, Again: order.Again})
}

// wantDeployed puts on record what an operator wants.
func wantDeployed(ctx context.Context, s *store.Store, b mattermost.Bundle, order Deployment, now time.Time) (wish int64, err error) {
	w := deploy.Wanted{SHA256: b.SHA256, By: "an operator", TakeOver: order.TakeOver, Again: order.Again}
	return deploy.Order(ctx, s, order.Target, b.Plugin, w, queue.Want, now)
}

// deployHere does what is on record, where no other process has the database.
func (c Config) deployHere(ctx context.Context, s *store.Store, target, plugin string) (deploy.Result, error) {
	d, _, err := c.deployments(s, time.Now)
	if err != nil {
		return deploy.Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, deployTimeout)
	defer cancel()
	if _, err := d.Look(ctx, deploy.Key(target, plugin)); err != nil {
		return deploy.Result{}, err
	}
	row, _, err := s.Deployment(ctx, target, plugin)
	if err != nil {
		return deploy.Result{}, err
	}
	standing, err := deploy.Read(row)
	return standing.Result, err
}
