package onboarding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verb is what somebody decided.
type Verb string

// The decisions (design.md, "Commands", "Reviews" and "Labels").
const (
	Accept         Verb = "accept"          // the start
	Approve        Verb = "approve"         // a review, a sign-off, or what a check wants a person to look at
	RequestChanges Verb = "request-changes" // of a review or a sign-off
	Retract        Verb = "retract"         // one's own act on the stage
	Override       Verb = "override"        // an admin: the change request of the ID Bound does not stand any more; of "", all on the stage
	Waive          Verb = "waive"           // an admin
	Open           Verb = "open"            // before its turn, by its label
	Close          Verb = "close"           // by taking off its label: it has not passed
	Reopen         Verb = "reopen"          // a stage that passed or was closed: what was decided before counts no more
)

// Decision is one act that counts. It is put on record when it arrives and never
// changed: what comes later are other decisions (S12).
type Decision struct {
	ID     string    `json:"id"` // of its source, as "comment/12/0" or "review/7": one that comes again counts once (S14)
	Verb   Verb      `json:"verb"`
	Stage  string    `json:"stage,omitempty"`
	By     Person    `json:"by"`
	Roles  []Role    `json:"roles,omitempty"` // that the person had when deciding
	At     time.Time `json:"at"`
	Asked  time.Time `json:"asked,omitzero"`  // since when the person was asked for it; zero if they were not
	Bound  string    `json:"bound,omitempty"` // what it was decided about, see Subject of a Standing (S4)
	Pull   int       `json:"pull,omitempty"`  // of a review: number of the review PR then; 0 if there was none, or it is not known
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"` // of a waiver; zero for no end
	URL    string    `json:"url,omitempty"`
}

// Has tells whether the person had a role when deciding.
func (d Decision) Has(role Role) bool { return slices.Contains(d.Roles, role) }

// Decide returns the decisions with one more, in order. One of the same source
// changes nothing.
func Decide(list []Decision, d Decision) []Decision {
	if slices.ContainsFunc(list, func(known Decision) bool { return known.ID == d.ID }) {
		return list
	}
	list = append(slices.Clone(list), d)
	slices.SortFunc(list, inOrder)
	return list
}

// inOrder orders decisions by when they were made, whatever order they came in.
func inOrder(a, b Decision) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) }

// Fingerprint names what is wrong in a result: a sha256 in hex over rule, path
// and message of all that fails or wants a person to look, without lines and
// commits, so that it dies when a finding changes. It is "" if nothing is wrong.
func Fingerprint(result Result) string {
	var lines []string
	for _, f := range result.Findings {
		if f.Severity != "notice" {
			lines = append(lines, fmt.Sprintf("%q %q %q\n", f.Rule, f.Path, f.Message))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:])
}

// Excluded tells whether a person is on the plugin's side and so decides nothing
// about it, whatever roles they have (S11).
func (r Record) Excluded(person Person) bool { return r.Side(person) != "" }
