package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/boilerplate"
	"github.com/onboard-app/onboard/app/chat"
	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/store"
)

// housekeeping is the queue's key of what is done once for all repositories:
// one row, so that one replica does it, without a leader or a cron.
const housekeeping = "housekeeping"

// refreshment is the key of reading what is new in the starter template: a row
// of its own, so that it holds up nothing else.
const refreshment = "template"

// lookTimeout bounds a look, so that nothing holds a worker for ever.
const lookTimeout = 5 * time.Minute

// look is what the queue runs for a key, after the key's deliveries.
func (a *App) look(ctx context.Context, key string) (next time.Time, err error) {
	most := lookTimeout
	if strings.HasPrefix(key, deploy.Prefix) {
		most = deployTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	if strings.HasPrefix(key, deploy.Prefix) {
		return a.deploy(ctx, key)
	}
	if strings.HasPrefix(key, chat.Prefix) {
		return a.say(ctx, key)
	}
	switch key {
	case housekeeping:
		return a.housekeep(ctx)
	case refreshment:
		return a.refresh(ctx)
	case pulling:
		return a.pull(ctx)
	}
	if strings.HasPrefix(key, installationKey) { // its handlers did all there is to do
		return time.Time{}, nil
	}
	id, ok := idOf(key, repositoryKey)
	if !ok {
		return time.Time{}, fmt.Errorf("look at %q: no such key", key)
	}
	if rests, err := a.brakes.rests(ctx); err != nil || rests {
		return a.now().Add(pausedPause), err
	}
	if wait, err := a.saving(ctx, id); err != nil || wait > 0 {
		return a.now().Add(wait), err
	}
	return a.looks.Look(ctx, id)
}

// doubt has the next look at a repository compare what GitHub shows with what is on
// record: a run of it ended without a word.
func (a *App) doubt(ctx context.Context, key string) error {
	id, ok := idOf(key, repositoryKey)
	if !ok {
		return nil
	}
	return a.store.SavePublished(ctx, id, store.Doubt, store.Published{At: a.now()})
}

// repositoryKey begins the key of a repository; GitHub's id follows.
const repositoryKey = "repo/"

// installationKey begins the key of what concerns a whole installation.
const installationKey = "installation/"

// housekeep does hourly what keeps the App honest whatever was lost.
func (a *App) housekeep(ctx context.Context) (next time.Time, err error) {
	now := a.now()
	if next, err = a.sweep(ctx, now); err != nil {
		return time.Time{}, err
	}
	if err := a.logHeads(ctx, now); err != nil {
		return time.Time{}, err
	}
	return next, a.lookAtWaited(ctx, now)
}

// idOf is GitHub's id in a key that begins so.
func idOf(key, prefix string) (id int64, ok bool) {
	text, ok := strings.CutPrefix(key, prefix)
	id, err := strconv.ParseInt(text, 10, 64)
	return id, ok && err == nil
}

// headsEvery is how often the heads of the audit logs are logged.
const headsEvery = 24 * time.Hour

// logHeads writes the head of each repository's audit log into the log, where
// whoever can change the database perhaps cannot (S22). `onboard audit verify
// --heads` reads such lines.
func (a *App) logHeads(ctx context.Context, now time.Time) error {
	if now.Sub(a.headsLogged) < headsEvery {
		return nil
	}
	heads, err := a.store.AuditHeads(ctx)
	if err != nil {
		return err
	}
	for repository, head := range heads {
		zerolog.Ctx(ctx).Info().Str("head", fmt.Sprintf("%d %s", repository, head)).Msg("the head of an audit log")
	}
	a.headsLogged = now
	return nil
}

// refresh brings the starter template's index up to date. Once an index is
// ready that was not, all repositories are looked at: their checks waited.
func (a *App) refresh(ctx context.Context) (next time.Time, err error) {
	next, ready, err := a.template.Refresh(ctx)
	if err != nil || !ready {
		return next, err
	}
	ids, err := a.store.Repositories(ctx)
	if err != nil {
		return time.Time{}, err
	}
	for _, id := range ids {
		if err := a.queue.Poke(ctx, repositoryKey+strconv.FormatInt(id, 10)); err != nil {
			return time.Time{}, err
		}
	}
	return next, nil
}

// templateOnGitHub is the configured template's repository.
func (a *App) templateOnGitHub(ctx context.Context) (boilerplate.GitHub, error) {
	owner, name, _ := strings.Cut(a.config.Template.Repository, "/")
	return a.github.Template(ctx, owner, name)
}
