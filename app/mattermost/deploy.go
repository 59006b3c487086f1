package mattermost

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The pace of looking whether a plugin has started. One that starts takes 0.2 s.
const (
	defaultPoll     = time.Second
	defaultPatience = time.Minute
)

// Deployer puts bundles on servers. Of one plugin on one server there must be one
// deployment at a time.
type Deployer struct {
	Records Records
	Bundles Bundles
	// Poll is between two looks at a plugin that starts, and Patience how long it
	// may take; zero: 1 s and a minute.
	Poll, Patience time.Duration
}

// How is how a deployment is done, beside the usual.
type How struct {
	DryRun   bool // look, and change nothing
	TakeOver bool // replace a plugin that the App did not install: for admins (S5)
	Again    bool // try a bundle that did not start before
}

// Outcome is what a deployment came to.
type Outcome string

// The outcomes.
const (
	Unchanged  Outcome = "unchanged"   // it runs already
	Deployed   Outcome = "deployed"    // it runs now
	WouldBe    Outcome = "would-be"    // of a dry run: nothing speaks against it
	RolledBack Outcome = "rolled-back" // it does not start; what ran before runs again, or nothing is there as before
	NotDone    Outcome = "not-done"
)

// Report is what became of a deployment.
type Report struct {
	Outcome Outcome
	Before  string // the version that was there, "" if none
	Server  string // the server's own version, "" if it does not say
}

// Deploy has a bundle run on a server: it looks at what is there, uploads the
// bytes, enables the plugin and waits until it is seen running in the bundle's
// version. If it does not start, the last bundle that did is put back, or what was
// not there before is removed.
//
// It can be done any number of times, also after the process was killed in it, and
// does only what is still to do. The error is nil if and only if the bundle runs,
// or with a dry run would be tried; an [Error] says why not, and what is there now.
func (d *Deployer) Deploy(ctx context.Context, s *Server, b Bundle, how How) (Report, error) {
	j := &job{Deployer: d, server: s, bundle: b, how: how, report: Report{Outcome: NotDone}}
	err := j.run(ctx)
	var known *Error
	if errors.As(err, &known) {
		known.Plugin, known.Version = b.Plugin, b.Version
	}
	return j.report, err
}

// job is one deployment.
type job struct {
	*Deployer
	server *Server
	bundle Bundle
	how    How
	record Record
	seen   Seen // as of the last look
	report Report
}

func (j *job) run(ctx context.Context) (err error) {
	if j.record, err = j.Records.DeploymentRecord(ctx, j.server.Name(), j.bundle.Plugin); err != nil {
		return err
	}
	if j.seen, err = j.server.Look(ctx, j.bundle.Plugin); err != nil {
		return err
	}
	j.report.Before, j.report.Server = j.seen.Version(), j.seen.Server
	same := j.record.Good.SHA256 == j.bundle.SHA256 && (j.record.Tried == Bundle{} || j.record.Tried.SHA256 == j.bundle.SHA256)
	switch {
	case !j.how.TakeOver && !j.ours():
		return j.fault(Foreign)
	case same && j.seen.Runs(j.bundle.Version):
		return j.good(ctx, Unchanged)
	case j.record.Failed == j.bundle.SHA256 && !j.how.Again:
		if !j.how.DryRun {
			return j.fail(ctx)
		}
		return j.fault(DidNotStart)
	case j.seen.tooOld(j.bundle.MinServerVersion): // it would stop what runs there
		return j.fault(NeedsNewer)
	case j.how.DryRun:
		j.report.Outcome = WouldBe
		return nil
	}
	return j.deploy(ctx)
}

// ours tells whether what is there may be replaced: nothing, or what the App
// itself put there (S5).
func (j *job) ours() bool {
	if j.seen.Other != "" {
		return false
	}
	for _, node := range j.seen.Nodes {
		if !j.record.known(node.Version) {
			return false
		}
	}
	return true
}

// deploy uploads, enables and waits.
func (j *job) deploy(ctx context.Context) error {
	if j.how.TakeOver && !j.ours() {
		j.record.Found = j.seen.Version()
	}
	before := j.record
	j.record.Tried = j.bundle
	if err := j.save(ctx); err != nil {
		return err
	}
	err := j.upload(ctx, j.bundle)
	switch reason := ReasonOf(err); {
	case err == nil:
	case reason == "": // the bundle could not be read, or the process is stopping
		return err
	case reason == DidNotStart:
		return j.fail(ctx)
	case reason == OtherPlugin:
		return errors.Join(err, j.fail(ctx))
	case uncertain(reason): // it may have been installed, or still be
		return errors.Join(err, j.mend(ctx))
	default: // nothing happened
		j.record = before
		return errors.Join(err, j.save(ctx))
	}
	enabling := j.server.enable(ctx, j.bundle.Plugin) // 200 says nothing, and an error not much more: it is looked
	switch runs, err := j.settle(ctx, j.bundle.Version); {
	case err != nil:
		return err
	case runs:
		return j.good(ctx, Deployed)
	case uncertain(ReasonOf(enabling)): // the bundle is not to blame
		return errors.Join(enabling, j.back(ctx))
	}
	return j.fail(ctx)
}

// good notes that the bundle runs.
func (j *job) good(ctx context.Context, outcome Outcome) error {
	if was := j.record; was != (Record{Good: j.bundle}) {
		j.record = Record{Good: j.bundle}
		if err := j.save(ctx); err != nil {
			return err
		}
	}
	j.report.Outcome = outcome
	return nil
}

// settle waits until it is decided whether a version runs: it must be seen running
// twice, or broken once, or the patience ends. The error says that the server
// could not be asked.
func (j *job) settle(ctx context.Context, version string) (runs bool, err error) {
	poll, patience := j.Poll, j.Patience
	if poll <= 0 {
		poll = defaultPoll
	}
	if patience <= 0 {
		patience = defaultPatience
	}
	sightings := 0
	for waited := time.Duration(0); ; waited += poll {
		var seen Seen
		seen, err = j.server.Look(ctx, j.bundle.Plugin)
		switch {
		case err == nil:
			j.seen = seen
		case !uncertain(ReasonOf(err)):
			return false, err
		}
		switch {
		case err == nil && seen.broke(version):
			return false, nil
		case err == nil && seen.Runs(version):
			if sightings++; sightings == 2 {
				return true, nil
			}
		default:
			sightings = 0
		}
		if waited >= patience {
			return false, err
		}
		if err := pause(ctx, poll); err != nil {
			return false, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for the plugin to start: %w", ctx.Err())
	case <-timer.C:
		return nil
	}
}

func (j *job) upload(ctx context.Context, b Bundle) error {
	content, err := j.Bundles.Open(ctx, b.SHA256)
	if err != nil {
		return &Error{Reason: BundleLost, Op: "read the bundle to be put", Target: j.server.Name(), Cause: err}
	}
	defer content.Close()
	return j.server.upload(ctx, b, content)
}

func (j *job) save(ctx context.Context) error {
	return j.Records.SaveDeploymentRecord(ctx, j.server.Name(), j.bundle.Plugin, j.record)
}

func (j *job) fault(reason Reason) *Error {
	return &Error{Reason: reason, Op: "deploy", Target: j.server.Name(), Left: j.seen.words()}
}
