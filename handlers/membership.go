package handlers

import "context"

// Membership forgets what is known of an organisation's teams when somebody came
// to one of them or left it: a role is lost at once.
type Membership struct{ Deps }

var _ Wide = &Membership{}

// Handles names the event.
func (*Membership) Handles() []string { return []string{"membership"} }

// Wide says that it is about no single repository.
func (*Membership) Wide() {}

// Concerns is true for organisations whose teams give roles.
func (h *Membership) Concerns(_ context.Context, payload []byte) (about Event, concerns bool, err error) {
	about, err = decode[Event](payload)
	return about, err == nil && h.givesRoles(about), err
}

// Handle forgets.
func (h *Membership) Handle(_ context.Context, _, _ string, payload []byte) error {
	return h.forgetTeams(payload)
}
