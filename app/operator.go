package app

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/palantir/go-githubapp/githubapp"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/web"
	"github.com/onboard-app/onboard/handlers"
)

// operator is the App as operators see it and act on it: at server.admin_listen,
// and on the page /ops.
type operator struct{ *App }

var _ web.Operator = operator{}

// Retry has a key run now, and its deliveries; known is false if there is none.
func (o operator) Retry(ctx context.Context, key string) (known bool, err error) {
	return o.queue.Retry(ctx, key)
}

// PauseAll has nothing published anywhere, until ResumeAll (S23).
func (o operator) PauseAll(ctx context.Context, reason string) error {
	return o.store.PauseAll(ctx, reason, o.now())
}

// ResumeAll ends what PauseAll began.
func (o operator) ResumeAll(ctx context.Context) error {
	_, err := o.store.ResumeAll(ctx)
	return err
}

// Say puts a command into the queue that somebody gives on a page about a repository.
func (o operator) Say(ctx context.Context, repository store.Repository, by onboarding.Person, command string, args ...string) error {
	payload, err := handlers.Said(repository, by, o.now(), handlers.Call{Name: command, Args: args})
	if err != nil {
		return err
	}
	return o.queue.Schedule(ctx, githubapp.Dispatch{EventType: handlers.PageEvent, DeliveryID: "page-" + strings.ToLower(rand.Text()), Payload: payload})
}

// Ops tells how the App does.
func (o operator) Ops(ctx context.Context) (ops web.Ops, err error) {
	ops = web.Ops{
		Mode: o.config.Mode, Replicas: o.config.Replicas, Reasons: o.readiness(ctx).Reasons,
		Parked: []web.Trouble{}, Trying: []web.Trouble{}, GivenUp: []web.GivenUp{}, Held: []web.Held{}, Budgets: []web.Budget{},
	}
	stats, err := o.queue.Stats(ctx)
	if err != nil {
		return web.Ops{}, err
	}
	ops.Keys = map[string]int{
		"idle": stats.Idle, "waiting": stats.Waiting, "running": stats.Running, "retrying": stats.Retrying, "parked": stats.Parked,
	}
	ops.Oldest, ops.Waiting = stats.OldestWaiting.Seconds(), stats.Unhandled-stats.ParkedDeliveries
	if ops.Posts, _, err = o.store.Posts(ctx, o.now()); err != nil {
		return web.Ops{}, err
	}
	if pause, is, err := o.store.PausedAll(ctx); err != nil {
		return web.Ops{}, err
	} else if is {
		ops.Paused = &web.Stopped{Reason: pause.Reason, At: pause.At.UTC()}
	}
	if ops.Recovery, err = o.recovery(ctx); err != nil {
		return web.Ops{}, err
	}
	for _, b := range o.github.Budgets() {
		ops.Budgets = append(ops.Budgets, web.Budget(b))
	}
	return ops, o.troubles(ctx, &ops)
}

// recovery is what became of deliveries that did not arrive.
func (o operator) recovery(ctx context.Context) (r web.Recovery, err error) {
	if r = (web.Recovery{Pulls: o.pulls, Recover: o.recovers}); r.Pulls {
		r.At, err = o.store.Pulled(ctx)
	} else {
		r.At, r.Again, err = o.store.Recovered(ctx)
	}
	if !r.At.IsZero() {
		r.At = r.At.UTC()
	}
	return r, err
}

// troubles lists what does not come on.
func (o operator) troubles(ctx context.Context, ops *web.Ops) error {
	given, err := o.queue.GivenUps(ctx)
	if err != nil {
		return err
	}
	for _, g := range given {
		ops.GivenUp = append(ops.GivenUp, web.GivenUp(g))
	}
	troubles, err := o.queue.Troubles(ctx)
	if err != nil {
		return err
	}
	for _, t := range troubles {
		installation, account, name, err := o.about(ctx, t.Key)
		if err != nil {
			return err
		}
		shown := web.Trouble{
			Key: t.Key, Repository: name, State: t.State, Attempts: t.Attempts, Held: t.Held, DueAt: t.DueAt, LastError: t.LastError,
		}
		switch {
		case t.State == "parked":
			ops.Parked = append(ops.Parked, shown)
		case t.Held > 0:
			hold(ops, t, installation, account)
		default:
			ops.Trying = append(ops.Trying, shown)
		}
	}
	return nil
}

// hold adds a key that GitHub's unavailability holds to its installation.
func hold(ops *web.Ops, t queue.Trouble, installation int64, account string) {
	for i := range ops.Held {
		if h := &ops.Held[i]; h.Installation == installation {
			h.Keys, h.LastError = append(h.Keys, t.Key), t.LastError
			return
		}
	}
	ops.Held = append(ops.Held, web.Held{Installation: installation, Account: account, Keys: []string{t.Key}, LastError: t.LastError})
}

// about is what a key is about: an installation, 0 if it is about none, the account
// that has it and the repository, as far as they are on record.
func (o operator) about(ctx context.Context, key string) (installation int64, account, name string, err error) {
	if id, ok := idOf(key, installationKey); ok {
		return id, "", "", nil
	}
	id, ok := idOf(key, repositoryKey)
	if !ok {
		return 0, "", "", nil
	}
	r, known, err := o.store.Repository(ctx, id)
	if err != nil || !known {
		return 0, "", "", err
	}
	return r.Installation, r.Owner, r.FullName(), nil
}
