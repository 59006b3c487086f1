package ghapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/onboarding"
)

// account is who has a login now; the zero one is nobody.
type account struct {
	id     int64
	login  string
	person bool
}

// isConfigured tells whether a person is the one whom a configured login named
// when it was first resolved, and whom it still names (S10).
func (r *Roles) isConfigured(ctx context.Context, person onboarding.Person, login string) (bool, error) {
	pinned, err := r.pinned(ctx, login)
	if err != nil || (pinned != person.ID && !strings.EqualFold(login, person.Login)) {
		return false, err
	}
	if pinned != person.ID { // somebody else has the name: who had it before is to lose it at once
		r.accounts.forget(func(key string) bool { return key == login })
		if err := r.pins.SaveLoginHeld(ctx, login, "", time.Time{}); err != nil {
			return false, err
		}
	}
	now, err := r.holder(ctx, login, pinned)
	if err != nil {
		return false, err
	}
	return r.judge(login, pinned, now) && pinned == person.ID, nil
}

// counts returns who has a role by a configured login; nobody if the login
// does not count.
func (r *Roles) counts(ctx context.Context, login string) (account, error) {
	pinned, err := r.pinned(ctx, login)
	if err != nil {
		return account{}, err
	}
	now, err := r.holder(ctx, login, pinned)
	if err != nil || !r.judge(login, pinned, now) {
		return account{}, err
	}
	if now.id == 0 { // they keep the role, but what are they called?
		return account{}, &RoleError{Name: "the configured login " + login, Why: "its owner has another login now"}
	}
	return now, nil
}

// judge tells whether a login counts, and notes why it does not. Whoever has a
// name that was given up never counts; nor does then who had it before, since
// nobody knows whom of the two the configuration means. One who merely took
// another name keeps the role.
func (r *Roles) judge(login string, pinned int64, now account) bool {
	problem := ""
	switch {
	case pinned == 0 && now.id == 0:
		problem = "GitHub knows nobody of this name"
	case now.id == 0:
		problem = "its owner has another login now: write that one"
	case !now.person:
		problem = "it is no person's"
	case now.id != pinned:
		problem = "it belongs to somebody else than it did when it was first used; it counts for nobody"
	}
	if problem != "" {
		problem = fmt.Sprintf("the configured login %s: %s", login, problem)
	}
	r.note(login, problem)
	return pinned != 0 && (now.id == 0 || now.id == pinned && now.person)
}

// pinned returns the id to which a login was resolved first; it resolves it now
// if it was not. 0: GitHub knows no person of that name.
func (r *Roles) pinned(ctx context.Context, login string) (int64, error) {
	id, ok, err := r.pins.LoginID(ctx, login)
	if err != nil || ok {
		return id, err
	}
	now, err := r.holder(ctx, login, 0)
	if err != nil || now.id == 0 || !now.person {
		if err == nil {
			r.judge(login, 0, now)
		}
		return 0, err
	}
	r.note(login, "")
	if id, err = r.pin(ctx, login, now.id); err == nil && id == now.id {
		err = r.pins.SaveLoginHeld(ctx, login, now.login, r.accounts.now())
	}
	return id, err
}

// pin keeps an id for a name, unless there is one already, and returns the one
// that is kept.
func (r *Roles) pin(ctx context.Context, name string, id int64) (int64, error) {
	if err := r.pins.SaveLoginID(ctx, name, id); err != nil {
		return 0, err
	}
	id, _, err := r.pins.LoginID(ctx, name)
	return id, err
}

// holder returns who has a login now. An answer that is against the expected one is
// asked for again sooner.
func (r *Roles) holder(ctx context.Context, login string, expected int64) (account, error) {
	var asked time.Time // by us, and not by others who ask at the same time
	ask := func(ctx context.Context) (account, error) {
		asked = r.accounts.now()
		return r.ask(ctx, login)
	}
	if expected != 0 && !r.accounts.has(login, keepLogin) { // another process may have asked
		spelt, at, err := r.pins.LoginHeld(ctx, login)
		if err != nil {
			return account{}, err
		}
		if !at.IsZero() {
			r.accounts.learn(login, account{id: expected, login: spelt, person: true}, at)
		}
	}
	now, err := r.accounts.get(ctx, login, keepLogin, ask)
	if err == nil && (now.id == 0 || now.id != expected) {
		now, err = r.accounts.get(ctx, login, keepNo, ask)
	}
	if err == nil && !asked.IsZero() && now.id == expected && now.person {
		err = r.pins.SaveLoginHeld(ctx, login, now.login, asked)
	}
	return now, err
}

func (r *Roles) ask(ctx context.Context, login string) (account, error) {
	client, err := r.anybody(ctx)
	if err != nil {
		return account{}, err
	}
	user, _, err := client.Users.Get(ctx, login)
	switch {
	case hasStatus(err, http.StatusNotFound, http.StatusMovedPermanently):
		return account{}, nil
	case err != nil:
		r.orgs.forget(func(string) bool { return true }) // the installation may be another one by now
		err = explain(err, "ask who %s is", login)
		if is := (*LostError)(nil); errors.As(err, &is) { // the next try asks another one
			err = &UnavailableError{Err: err}
		}
		return account{}, err
	case user.GetID() == 0 || !strings.EqualFold(user.GetLogin(), login):
		return account{}, fmt.Errorf("ask who %s is: %w", login, errIncomplete)
	}
	return account{id: user.GetID(), login: user.GetLogin(), person: user.GetType() == "User"}, nil
}

// anybody returns a client that may ask who a login is, which every installation
// may: one of the configured organisations', if there is one, so that plugin
// authors do not use up its calls.
func (r *Roles) anybody(ctx context.Context) (*github.Client, error) {
	for _, role := range r.all() {
		for _, team := range r.members[role].teams {
			if client, err := r.org(ctx, team.org); err == nil { // else: the team's own reading reports it
				return client, nil
			}
		}
	}
	return r.orgs.get(ctx, "", keepYes, r.oldest)
}

// oldest is the App's oldest installation, which may read what is public.
func (r *Roles) oldest(ctx context.Context) (*github.Client, error) {
	app, err := r.clients.app()
	if err != nil {
		return nil, err
	}
	list, _, err := app.Apps.ListInstallations(ctx, &github.ListOptions{PerPage: 100})
	if err != nil {
		return nil, explain(err, "list where the App is installed")
	}
	best := int64(0)
	for _, i := range list {
		if i.SuspendedAt == nil && i.GetID() != 0 && (best == 0 || i.GetID() < best) {
			best = i.GetID()
		}
	}
	if best == 0 {
		return nil, &RoleError{Name: "the configured logins", Why: "the App is installed nowhere"}
	}
	return r.clients.reader(best, toReadPublic)
}
