package onboarding

import "time"

// NightlyStage is the automatic stage whose bundle is deployed by gates before the
// release.
const NightlyStage = "nightly-build"

// Order is what an admin asked of a gate's server.
type Order struct {
	By     Person    `json:"by"`
	At     time.Time `json:"at"`
	Digest string    `json:"digest,omitempty"` // of the bundle to deploy, and of no other
	Remove bool      `json:"remove,omitempty"` // the plugin is to be taken away, until it is to be deployed again

	// Instead is the digest of the bundle in whose place the one before is put back. It
	// is not deployed any more, until the gate lets another one through or an admin asks
	// for it; "" if nothing is put back.
	Instead string `json:"instead,omitempty"`
	Commit  string `json:"commit,omitempty"` // that the one before is said to be made of
}

// Deployment is what a gate lets onto its server.
type Deployment struct {
	Gate   string
	Stage  string // the automatic stage whose result says where the bundle is
	Digest string // of the bundle that may be deployed; "" if none may
	Why    string // why none may, in words; "" if one may
	Order  *Order // what an admin asked for last; nil for nothing
}

// Deployments says what each gate lets onto its server: while it is green the bundle
// of the release, or of the nightly build if it is before the release. A sign-off is
// about the release's very bundle, so that a gate behind one lets just that through.
// A gate that is not green takes nothing down (design.md, "Opening latches").
func Deployments(p Pipeline, r Record, v Verdict, f Facts) []Deployment {
	var list []Deployment
	for _, gate := range p.Gates {
		d := Deployment{Gate: gate.Name, Stage: NightlyStage}
		if p.comesAfter(Stage{OpensAfter: gate.Needs}, ReleaseStage) {
			d.Stage = ReleaseStage
		}
		if order, given := r.Orders[gate.Name]; given {
			d.Order = &order
		}
		standing, _ := v.Standing(gate.Name)
		build, _ := v.Standing(d.Stage)
		switch d.Digest = f.Results[d.Stage].Digest; {
		case r.Halts() != "":
			d.Why = r.Halts()
		case standing.State != Passed:
			d.Why = "the gate is not green"
		case !build.Holds() || d.Digest == "":
			d.Why = "there is no bundle that passed"
		}
		if d.Why != "" {
			d.Digest = ""
		}
		list = append(list, d)
	}
	return list
}
