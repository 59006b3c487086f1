package mattermost

import (
	"context"
	"errors"
)

// fail notes that the bundle does not start, and puts back what ran before. It
// returns the error that says so.
func (j *job) fail(ctx context.Context) error {
	j.record.Failed = j.bundle.SHA256
	if err := j.save(ctx); err != nil {
		return err
	}
	if err := j.back(ctx); err != nil {
		if seen, err := j.server.Look(ctx, j.bundle.Plugin); err == nil { // what is there now is told as well as it is known
			j.seen = seen
		}
		fault := j.fault(NotRolledBack)
		fault.Cause = err
		return fault
	}
	j.report.Outcome = RolledBack
	return j.fault(DidNotStart)
}

// mend puts back what ran before if the server shows that the bundle is there and
// broken. Otherwise what is there is left to the next try, which knows more.
func (j *job) mend(ctx context.Context) error {
	seen, err := j.server.Look(ctx, j.bundle.Plugin)
	if uncertain(ReasonOf(err)) { // told already
		return nil
	}
	if err != nil {
		return err
	}
	if j.seen = seen; seen.broke(j.bundle.Version) {
		return j.back(ctx)
	}
	return nil
}

// errTaken is why nothing can be put back.
var errTaken = errors.New("others had installed what was there before, and Onboard does not have it")

// errSame is why nothing can be put back.
var errSame = errors.New("it is the very bundle that ran before")

// back has the server as it was when it was last good. Where it cannot be told
// apart by its version, it is done anyway.
func (j *job) back(ctx context.Context) (err error) {
	good := j.record.Good
	clean := j.record.Tried == Bundle{}
	switch {
	case good == Bundle{} && j.record.Found != "":
		return errTaken
	case good == Bundle{}:
		if err := j.takeAway(ctx); err != nil {
			return err
		}
	case clean && j.seen.Runs(good.Version):
		return nil
	case good.SHA256 == j.bundle.SHA256:
		return errSame
	default:
		if err := j.putBack(ctx, good); err != nil {
			return err
		}
	}
	j.record.Tried = Bundle{}
	return j.save(ctx)
}

// putBack installs the last good bundle, and waits until it runs.
func (j *job) putBack(ctx context.Context, good Bundle) error {
	j.record.Tried = j.bundle // so that a killed process does not take the server for clean
	if err := j.save(ctx); err != nil {
		return err
	}
	if err := j.upload(ctx, good); err != nil {
		return err
	}
	enabling := j.server.enable(ctx, good.Plugin)
	switch runs, err := j.settle(ctx, good.Version); {
	case err != nil:
		return err
	case !runs && enabling != nil:
		return enabling
	case !runs:
		return errors.New("it does not start any more either")
	}
	return nil
}

// takeAway removes what was not there before.
func (j *job) takeAway(ctx context.Context) error {
	if err := j.server.remove(ctx, j.bundle.Plugin); err != nil && ReasonOf(err) != NotInstalled {
		return err
	}
	seen, err := j.server.Look(ctx, j.bundle.Plugin)
	if err != nil {
		return err
	}
	if j.seen = seen; len(seen.Nodes) > 0 {
		return errors.New("it is still there though the server says that it was removed")
	}
	return nil
}

// Remove removes a plugin that the App installed, and forgets it. One that is not
// there any more is fine.
func (d *Deployer) Remove(ctx context.Context, s *Server, plugin string) error {
	j := &job{Deployer: d, server: s, bundle: Bundle{Plugin: plugin}}
	err := j.takeDown(ctx)
	var known *Error
	if errors.As(err, &known) {
		known.Plugin = plugin
	}
	return err
}

func (j *job) takeDown(ctx context.Context) (err error) {
	if j.record, err = j.Records.DeploymentRecord(ctx, j.server.Name(), j.bundle.Plugin); err != nil {
		return err
	}
	if j.seen, err = j.server.Look(ctx, j.bundle.Plugin); err != nil {
		return err
	}
	if !j.ours() {
		fault := j.fault(Foreign)
		fault.Op = "remove"
		return fault
	}
	if len(j.seen.Nodes) > 0 {
		if err := j.takeAway(ctx); err != nil {
			return err
		}
	}
	j.record = Record{}
	return j.save(ctx)
}
