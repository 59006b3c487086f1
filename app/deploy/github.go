package deploy

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/store"
)

// GitHub shows deployments.
type GitHub interface {
	ShowDeployment(ctx context.Context, d ghapi.Deployed, known int64) (id int64, err error)
}

var commit = regexp.MustCompile(`^[0-9a-f]{40}$`)

// state is what GitHub calls a result; "" for what it is not told.
func (r Result) state() string {
	switch {
	case r.Outcome == Removed:
		return "inactive"
	case slices.Contains([]mattermost.Outcome{mattermost.Deployed, mattermost.Unchanged}, r.Outcome):
		return "success"
	case r.Why != "" && r.Outcome != Waits:
		return "failure"
	}
	return ""
}

// begins shows that a deployment begins, once. That it cannot be shown holds up
// nothing. It is on record before that it is tried.
func (d *Deployments) begins(ctx context.Context, s Standing, r *Result) error {
	if !d.showable(s, *r) {
		return nil
	}
	before := s.Result
	if r.Began = before.Began; r.Began == r.SHA256 { // it was begun before
		r.GitHub = before.GitHub
		return nil
	}
	r.Began = r.SHA256
	trying := before
	trying.Began, trying.GitHub = r.Began, 0
	if err := d.settle(ctx, s, trying, false); err != nil {
		return err
	}
	var err error
	if r.GitHub, err = d.show(ctx, s, *r, "in_progress", "Onboard deploys it.", true); err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("GitHub does not show that a deployment begins")
	}
	return nil
}

// tell shows on GitHub what came of what was wanted, if it does not show it yet.
func (d *Deployments) tell(ctx context.Context, s Standing) error {
	r := s.Result
	state := r.state()
	shown := state + " " + r.SHA256
	if state == "" || r.Shown == shown || !d.showable(s, r) {
		return nil
	}
	id, err := d.show(ctx, s, r, state, r.sentence(), false)
	if braked := (*ghapi.BrakedError)(nil); errors.As(err, &braked) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Shown, r.GitHub = shown, id
	return d.settle(ctx, s, r, true)
}

// sentence is a result in one sentence.
func (r Result) sentence() string {
	switch r.state() {
	case "inactive":
		return "Taken off the server."
	case "failure":
		return fmt.Sprintf("Not deployed: %s.", r.public())
	}
	return fmt.Sprintf("%s runs, sha256 %.12s…", r.Version, r.SHA256)
}

// showable tells whether GitHub could show it: of a repository's bundle that is said
// to be made of a commit.
func (d *Deployments) showable(s Standing, r Result) bool {
	return d.GitHub != nil && s.Repository != 0 && r.SHA256 != "" && commit.MatchString(r.Commit)
}

// show shows a state; id is 0 if GitHub shows none.
func (d *Deployments) show(ctx context.Context, s Standing, r Result, state, sentence string, isNew bool) (id int64, err error) {
	repository, known, err := d.Store.Repository(ctx, s.Repository)
	if err != nil || !known {
		return 0, err
	}
	github, err := d.GitHub(repository)
	if err != nil {
		return 0, err
	}
	shown := ghapi.Deployed{Environment: s.Target, Commit: r.Commit, Digest: r.SHA256, State: state, Description: sentence, New: isNew}
	return github.ShowDeployment(ctx, shown, r.GitHub)
}

// OnGitHub gets at the repositories on GitHub.
type OnGitHub func(store.Repository) (GitHub, error)
