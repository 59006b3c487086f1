package handlers

import (
	"context"
	"strings"
)

// Installation looks again at the plugins of an account on which the App was
// installed, suspended, uninstalled or given other permissions. What that means
// for each of them, its look finds out: an onboarding may be held (S16).
type Installation struct{ Deps }

var _ Wide = &Installation{}

// Handles names the event, which comes without being subscribed to
// (github-facts.md section 6).
func (*Installation) Handles() []string { return []string{"installation"} }

// Wide says that it is about no single repository.
func (*Installation) Wide() {}

// installation is what is read of the payloads of this event and of
// installation_repositories.
type installation struct {
	Event
	Installation struct {
		ID      int64 `json:"id"`
		Account struct {
			ID    int64  `json:"id"`
			Login string `json:"login"`
		} `json:"account"`
	} `json:"installation"`
	Repositories []installed `json:"repositories"`
	Added        []installed `json:"repositories_added"`
	Removed      []installed `json:"repositories_removed"`
}

// installed is a repository in a list of theirs.
type installed struct {
	ID       int64  `json:"id"`
	FullName string `json:"full_name"`
}

// Concerns is true if the installation reaches, or reached, a repository that is
// known, or its account's teams give roles. Other events that carry the name of
// this one say nothing of its account (S14).
func (h *Installation) Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error) {
	p, err := decode[installation](payload)
	if err != nil || p.Installation.Account.ID == 0 {
		return about, false, err
	}
	about.Installation.ID = p.Installation.ID
	if h.Roles != nil && h.Roles.Reads(p.Installation.Account.Login) {
		return about, true, nil
	}
	list, err := h.Store.RepositoriesOf(ctx, p.Installation.ID)
	if err != nil || len(list) > 0 {
		return about, len(list) > 0, err
	}
	concerns, err = h.knowsAny(ctx, p.Repositories)
	return about, concerns, err
}

// knowsAny tells whether one of the repositories is known.
func (d Deps) knowsAny(ctx context.Context, list []installed) (bool, error) {
	for _, r := range list {
		if _, known, err := d.Store.Repository(ctx, r.ID); err != nil || known {
			return known, err
		}
	}
	return false, nil
}

// Handle has the repositories looked at. An installation that comes back has
// another id, which is kept for those that are known.
func (h *Installation) Handle(ctx context.Context, _, _ string, payload []byte) error {
	p, err := decode[installation](payload)
	if err != nil || p.Installation.Account.ID == 0 {
		return err
	}
	if p.Action == "created" {
		return h.reach(ctx, p, p.Repositories)
	}
	h.forget(p) // what it may do is another thing now
	list, err := h.Store.RepositoriesOf(ctx, p.Installation.ID)
	if err != nil {
		return err
	}
	for _, repository := range list {
		if err := h.Poke(ctx, Key(repository.ID)); err != nil {
			return err
		}
	}
	return nil
}

// forget drops what is known of an installation and of its account's teams.
func (d Deps) forget(p installation) {
	if d.GitHub != nil {
		d.GitHub.Forget(p.Installation.ID)
	}
	if d.Roles != nil {
		d.Roles.Forget(p.Installation.Account.Login)
	}
}

// reach keeps for repositories that are known which installation reaches them, and
// has them looked at.
func (d Deps) reach(ctx context.Context, p installation, list []installed) error {
	d.forget(p)
	for _, r := range list {
		repository, known, err := d.Store.Repository(ctx, r.ID)
		if err != nil {
			return err
		}
		owner, name, ok := strings.Cut(r.FullName, "/")
		if !known || !ok {
			continue
		}
		repository.Installation, repository.OwnerID, repository.Owner, repository.Name = p.Installation.ID, p.Installation.Account.ID, owner, name
		if err := d.keep(ctx, repository); err != nil {
			return err
		}
		if err := d.Poke(ctx, Key(r.ID)); err != nil {
			return err
		}
	}
	return nil
}
