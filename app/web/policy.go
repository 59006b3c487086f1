package web

import (
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// Commands documents the commands.
type Commands struct {
	Commands []texts.Command `json:"commands"` // in the order of help
}

func (w *Web) commands(*visit) (page, error) {
	return page{name: "commands", title: "Commands", model: Commands{Commands: w.Commands}}, nil
}

// Policy is what plugins are checked for, by whom, and why.
type Policy struct {
	Pipeline onboarding.Pipeline `json:"pipeline"` // of rounds that start from now on
	Start    StartPolicy         `json:"start"`    // how onboardings start
	Licences LicencePolicy       `json:"licences"` // as SPDX ids
	Nightly  NightlyPolicy       `json:"nightly"`  // what nightly builds must be like
	Checks   []CheckDoc          `json:"checks"`   // that are made by themselves
}

// StartPolicy is how onboardings start.
type StartPolicy struct {
	OnlyRoles  bool `json:"only_roles"`  // only those who have a role may start one; else also whoever may write to the repository
	MustAccept bool `json:"must_accept"` // somebody who has a role must accept it before anybody is asked for anything
}

// LicencePolicy is which licences plugins may have, as SPDX ids.
type LicencePolicy struct {
	Recommended []string `json:"recommended"` // they pass
	Allowed     []string `json:"allowed"`     // they pass, with a note
	Forbidden   []string `json:"forbidden"`   // they fail; so does what stands in no list
}

// NightlyPolicy is what nightly builds must be like.
type NightlyPolicy struct {
	LagHours float64  `json:"lag_hours"` // how long a build may be behind the default branch
	Hosts    []string `json:"hosts"`     // that builds may come from, beside the repository's own releases
	Nights   int      `json:"nights"`    // after so many nights without an answer the check fails
}

// Lag is how long a build may be behind the default branch.
func (p NightlyPolicy) Lag() time.Duration { return time.Duration(p.LagHours * float64(time.Hour)) }

// severities say what each severity means.
var severities = []struct{ Name, Words string }{
	{"failure", "The check fails until this is fixed."},
	{"warning", "A person must look; an admin can approve it."},
	{"notice", "Good to know; the check passes all the same."},
}

func (w *Web) policy(*visit) (page, error) {
	model := w.Policy
	model.Pipeline, model.Checks = w.Pipeline, w.Checks
	return page{name: "policy", title: "Policy", model: model}, nil
}
