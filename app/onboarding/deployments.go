package onboarding

import (
	"maps"
	"slices"
	"time"
)

// NightlyStage is the automatic stage whose bundle is deployed by gates before the
// release.
const NightlyStage = "nightly-build"

// Order is what an admin asked of a gate's server.
type Order struct {
	By     Person    `json:"by"`
	At     time.Time `json:"at"`
	Digest string    `json:"digest,omitempty"` // of the bundle to deploy, and of no other
	Remove bool      `json:"remove,omitempty"` // the plugin is to be taken away, until it is to be deployed again

	// Instead is the digest of the bundle in whose place Digest, which ran before it, is
	// put back; "" if nothing is. That lasts until the gate lets another bundle through
	// than Passed, what it let through then.
	Instead string `json:"instead,omitempty"`
	Passed  string `json:"passed,omitempty"`
	Commit  string `json:"commit,omitempty"` // that Digest is said to be made of, if it is put back
}

// lasts tells whether an order counts beyond its round: what was taken off, or back,
// stays so until an admin says otherwise.
func (o Order) lasts() bool { return o.Remove || o.Instead != "" }

// maxRefused bounds the bundles of a gate that are known to have been rolled back.
const maxRefused = 50

// Order puts on record what an admin asks of a gate's server. What is rolled back is
// refused from then on, until an admin asks for that very bundle.
func (r *Record) Order(gate string, o Order) {
	if r.Orders, r.Refused = maps.Clone(r.Orders), maps.Clone(r.Refused); r.Orders == nil {
		r.Orders = map[string]Order{}
	}
	r.Orders[gate] = o
	var refused []string
	for _, digest := range r.Refused[gate] {
		if digest != o.Digest && digest != o.Instead {
			refused = append(refused, digest)
		}
	}
	if o.Instead != "" {
		refused = append(refused, o.Instead)
	}
	if r.Refused == nil {
		r.Refused = map[string][]string{}
	}
	r.Refused[gate] = refused[max(0, len(refused)-maxRefused):]
}

// Deployment is what a gate lets onto its server.
type Deployment struct {
	Gate   string
	Stage  string // the automatic stage whose result says where the bundle is
	Digest string // of the bundle that may be deployed; "" if none may
	Why    string // why none may, in words; "" if one may
	Order  *Order // what an admin asked for last; nil for nothing

	Refused bool // an admin had it rolled back: it is not deployed unasked
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
		d.Refused = slices.Contains(r.Refused[gate.Name], d.Digest)
		list = append(list, d)
	}
	return list
}
