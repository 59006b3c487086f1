package handlers

import "context"

// Team forgets what is known of an organisation's teams when one of them changed.
type Team struct{ Deps }

var _ Wide = &Team{}

// Handles names the event.
func (*Team) Handles() []string { return []string{"team"} }

// Wide says that it is about no single repository, though it may name one.
func (*Team) Wide() {}

// Concerns is true for organisations whose teams give roles.
func (h *Team) Concerns(_ context.Context, payload []byte) (about Event, concerns bool, err error) {
	about, err = decode[Event](payload)
	return about, err == nil && h.givesRoles(about), err
}

// Handle forgets.
func (h *Team) Handle(_ context.Context, _, _ string, payload []byte) error {
	return h.forgetTeams(payload)
}

// givesRoles tells whether an event's organisation has teams that give roles.
func (d Deps) givesRoles(event Event) bool {
	return d.Roles != nil && event.Organization.Login != "" && d.Roles.Reads(event.Organization.Login)
}

// forgetTeams forgets what is known of the teams of an event's organisation: who
// has a role is asked anew when it next matters (S10).
func (d Deps) forgetTeams(payload []byte) error {
	event, err := decode[Event](payload)
	if err == nil && d.givesRoles(event) {
		d.Roles.Forget(event.Organization.Login)
	}
	return err
}
