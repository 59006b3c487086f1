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
	ShowDeployment(ctx context.Context, d ghapi.Deployed) (ok bool, err error)
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

// begins shows that a deployment begins. That it cannot be shown holds up nothing.
func (d *Deployments) begins(ctx context.Context, s Standing, r Result) {
	if _, err := d.show(ctx, s, r, "in_progress", "Onboard deploys it."); err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("GitHub does not show that a deployment begins")
	}
}

// tell shows on GitHub what came of what was wanted, if it does not show it yet.
func (d *Deployments) tell(ctx context.Context, s Standing) error {
	r := s.Result
	state := r.state()
	shown := state + " " + r.SHA256
	if state == "" || r.Shown == shown {
		return nil
	}
	told, err := d.show(ctx, s, r, state, r.sentence())
	if braked := (*ghapi.BrakedError)(nil); errors.As(err, &braked) {
		return nil
	}
	if err != nil || !told {
		return err
	}
	r.Shown = shown
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

func (d *Deployments) show(ctx context.Context, s Standing, r Result, state, sentence string) (told bool, err error) {
	if d.GitHub == nil || s.Repository == 0 || r.SHA256 == "" || !commit.MatchString(r.Commit) {
		return false, nil
	}
	repository, known, err := d.Store.Repository(ctx, s.Repository)
	if err != nil || !known {
		return false, err
	}
	github, err := d.GitHub(repository)
	if err != nil {
		return false, err
	}
	_, err = github.ShowDeployment(ctx, ghapi.Deployed{Environment: s.Target, Commit: r.Commit, Digest: r.SHA256, State: state, Description: sentence})
	return err == nil, err
}

// OnGitHub gets at the repositories on GitHub.
type OnGitHub func(store.Repository) (GitHub, error)
