package handlers

import "context"

// InstallationRepositories looks again at plugins that an installation was given
// or that were taken from it.
type InstallationRepositories struct{ Deps }

var _ Wide = &InstallationRepositories{}

// Handles names the event, which comes without being subscribed to
// (github-facts.md section 6).
func (*InstallationRepositories) Handles() []string { return []string{"installation_repositories"} }

// Wide says that it is about no single repository.
func (*InstallationRepositories) Wide() {}

// Concerns is true if one of the repositories is known.
func (h *InstallationRepositories) Concerns(ctx context.Context, payload []byte) (about Event, concerns bool, err error) {
	p, err := decode[installation](payload)
	if err != nil || p.Installation.Account.ID == 0 {
		return about, false, err
	}
	about.Installation.ID = p.Installation.ID
	concerns, err = h.knowsAny(ctx, append(p.Added, p.Removed...))
	return about, concerns, err
}

// Handle keeps which installation reaches those that were added, and has all of
// them looked at. Those that were taken away may be another one's by now.
func (h *InstallationRepositories) Handle(ctx context.Context, _, _ string, payload []byte) error {
	p, err := decode[installation](payload)
	if err != nil || p.Installation.Account.ID == 0 {
		return err
	}
	if err := h.reach(ctx, p, p.Added); err != nil {
		return err
	}
	for _, r := range p.Removed {
		known, err := h.knowsAny(ctx, []installed{r})
		if err == nil && known {
			err = h.Poke(ctx, Key(r.ID))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
