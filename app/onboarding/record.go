package onboarding

import "time"

// Person is somebody on GitHub. Decisions compare ID alone: a login can be
// given up and claimed by somebody else (S10).
type Person struct {
	ID    int64  `json:"id"`
	Login string `json:"login"` // as last seen, for people to read
}

// Record is what the database keeps of one round of one repository's
// onboarding: what GitHub cannot be trusted to keep, because plugin authors
// administer their repository.
type Record struct {
	Repository int64                `json:"repository"` // GitHub's id, which survives renames
	Round      int                  `json:"round"`      // from 1
	Issue      int                  `json:"issue"`      // the tracking issue's (or PR's) number
	Author     Person               `json:"author"`
	Starter    Person               `json:"starter"` // who said /onboard
	StartedAt  time.Time            `json:"started_at"`
	AcceptedAt time.Time            `json:"accepted_at,omitzero"`  // zero: no role holder accepted it yet
	Opened     map[string]time.Time `json:"opened,omitempty"`      // stages that opened: opening latches
	NightlyURL string               `json:"nightly_url,omitempty"` // where the latest build is; "" if it is found by itself
}

// Accepted tells whether a role holder accepted the start; until then no
// person is involved (design.md, "Start"; S18).
func (r Record) Accepted() bool { return !r.AcceptedAt.IsZero() }
