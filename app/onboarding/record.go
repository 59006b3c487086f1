package onboarding

import (
	"regexp"
	"slices"
	"time"
)

// Person is somebody on GitHub. Decisions compare ID alone: a login can be
// given up and claimed by somebody else (S10).
type Person struct {
	ID    int64  `json:"id"`    // GitHub's, which stays
	Login string `json:"login"` // as last seen, for people to read
}

// login is GitHub's rule; those of Enterprise Managed Users end in an underscore and
// a short code.
var login = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,38}(_[A-Za-z0-9]{3,8})?$`)

// IsLogin tells whether somebody on GitHub may be called like that.
func IsLogin(name string) bool { return login.MatchString(name) }

// Record is what the database keeps of one round of one repository's
// onboarding: what GitHub cannot be trusted to keep, because plugin authors
// administer their repository.
type Record struct {
	Repository int64 `json:"repository"` // GitHub's id, which survives renames
	Round      int   `json:"round"`      // from 1

	// Pipeline is what the round started with and is judged by to its end; nil in
	// a round that began before pipelines were kept. The database keeps it apart,
	// once for all rounds (app/store).
	Pipeline *Pipeline `json:"-"`

	Issue        int      `json:"issue"`             // the tracking issue's (or PR's) number
	Owner        Person   `json:"owner"`             // of the repository; an organisation excludes nobody
	OwnerID      int64    `json:"owner_id"`          // of the account that the repository may belong to, be it an organisation
	Private      bool     `json:"private,omitempty"` // the repository was private when it started
	Author       Person   `json:"author"`
	Starter      Person   `json:"starter"`                 // who said /onboard
	PluginOwners []Person `json:"plugin_owners,omitempty"` // as configured; they decide nothing about it (S11)
	OwnersOf     string   `json:"owners_of,omitempty"`     // the repository's name under which they are configured
	Former       []Person `json:"former,omitempty"`        // authors and owners before, who stay on the plugin's side (S11)
	Heir         *Person  `json:"heir,omitempty"`          // whom the author wants to take the plugin over

	StartedAt       time.Time            `json:"started_at"`
	AcceptedAt      time.Time            `json:"accepted_at,omitzero"` // zero: no role holder accepted it yet
	Opened          map[string]time.Time `json:"opened,omitempty"`     // stages that opened: opening latches
	Reached         map[string]time.Time `json:"reached,omitempty"`    // gates that were green once
	Decisions       []Decision           `json:"decisions,omitempty"`  // in the order in which they were made
	Shown           map[string]Shown     `json:"shown,omitempty"`      // by stage: what its check run says that a decision is about
	Declined        map[string][]Person  `json:"declined,omitempty"`   // by review stage: who was asked and does not
	Asked           map[string][]Request `json:"asked,omitempty"`      // by stage: who is asked at present
	Assigned        map[string][]Person  `json:"assigned,omitempty"`   // by stage: who is to be asked before all others
	Unassigned      map[string][]Person  `json:"unassigned,omitempty"` // by stage: who is not to be asked
	Appeals         []Appeal             `json:"appeals,omitempty"`    // in the order in which they were made
	Orders          map[string]Order     `json:"orders,omitempty"`     // by gate: what an admin last asked of its server
	Refused         map[string][]string  `json:"refused,omitempty"`    // by gate: the bundles that an admin had rolled back
	Paused          *Pause               `json:"paused,omitempty"`
	Held            *Hold                `json:"held,omitempty"`             // what it waits for that is not the pipeline's; nil for nothing
	ResumedAt       time.Time            `json:"resumed_at,omitzero"`        // when a pause last ended
	ActedAt         time.Time            `json:"acted_at,omitzero"`          // when the author last did something
	LabelsExplained bool                 `json:"labels_explained,omitempty"` // to somebody whose label counted for nothing
	Dates           []Date               `json:"dates,omitempty"`            // at which somebody wants a reminder
	Said            Said                 `json:"said,omitzero"`              // to those who are waited for
	PluginID        string               `json:"plugin_id,omitempty"`        // pinned when the manifest first passed in an accepted round (S5)
	NightlyURL      string               `json:"nightly_url,omitempty"`      // where the latest build is; "" if it is found by itself

	ReviewPR   *ReviewPR   `json:"review_pr,omitempty"`    // nil: none yet
	NoReviewPR *NoReviewPR `json:"no_review_pr,omitempty"` // why not
	Pairs      int         `json:"pairs,omitempty"`        // pairs of review branches that were used, in all rounds
	Adopt      int         `json:"adopt,omitempty"`        // number of a PR that somebody asked to take for the review PR

	Baseline *Baseline      `json:"baseline,omitempty"` // what the rounds before accepted; nil: the whole plugin is to be reviewed
	Carried  map[string]int `json:"carried,omitempty"`  // reviews that count as passed: in which round they did

	EndedAt      time.Time   `json:"ended_at,omitzero"` // complete or withdrawn
	Withdrawn    *Withdrawal `json:"withdrawn,omitempty"`
	NextBaseline *Baseline   `json:"next_baseline,omitempty"` // once complete: what this round accepted
}

// Request is that somebody is asked to decide a stage.
type Request struct {
	Person Person    `json:"person"`
	Pull   int       `json:"pull,omitempty"` // number of the PR they are requested on; 0 if the stage is no review
	At     time.Time `json:"at"`
	ByName bool      `json:"by_name,omitempty"` // GitHub requests nobody for that, or not them: a comment names them
}

// Appeal is the author's word that a check is wrong. It is for the admins to
// answer, and about just what was wrong then (see Fingerprint).
type Appeal struct {
	ID     string    `json:"id"` // of its source, as of a Decision
	Stage  string    `json:"stage"`
	Rule   string    `json:"rule"`
	Reason string    `json:"reason"`
	By     Person    `json:"by"`
	At     time.Time `json:"at"`
	Bound  string    `json:"bound"`
}

// Date is a day on which somebody wants whoever is waited for to be reminded.
type Date struct {
	At   time.Time `json:"at"`
	By   Person    `json:"by"`
	Text string    `json:"text,omitempty"` // what they want to be said
}

// Shown is what a stage's check run says that a decision is about, since when,
// and what it said before (S4).
type Shown struct {
	Subject string    `json:"subject"`
	Since   time.Time `json:"since"`
	Before  string    `json:"before,omitempty"`
}

// Pause holds an onboarding up: nothing is published or reminded.
type Pause struct {
	By     Person    `json:"by"` // zero: the App, since the author did nothing for 60 days
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// Show returns what check runs say that decisions are about, brought up to date
// with a verdict, and whether that changed anything.
func (r Record) Show(verdict Verdict, now time.Time) (shown map[string]Shown, changed bool) {
	shown = map[string]Shown{}
	for _, s := range verdict.Standings {
		last, known := r.Shown[s.Name]
		switch {
		case s.Subject == last.Subject && known:
			shown[s.Name] = last
		case s.Subject != "" || known:
			shown[s.Name], changed = Shown{Subject: s.Subject, Since: now, Before: last.Subject}, true
		}
	}
	return shown, changed
}

// Withdrawal is the end of an onboarding before its last gate.
type Withdrawal struct {
	By     Person `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// JudgedBy is the pipeline that the round started with, else the configured one
// (design.md, "The pipeline").
func (r Record) JudgedBy(configured Pipeline) Pipeline {
	if r.Pipeline == nil {
		return configured
	}
	return *r.Pipeline
}

// ReachedWith returns when a gate that needs a stage was reached, the last if
// there are several; ok is false if none was.
func (r Record) ReachedWith(p Pipeline, stage string) (at time.Time, ok bool) {
	for _, gate := range p.Gates {
		reached, is := r.Reached[gate.Name]
		if is && slices.Contains(gate.Needs, stage) && (!ok || reached.After(at)) {
			at, ok = reached, true
		}
	}
	return at, ok
}

// AskedSince is since when a person is asked to decide a stage; zero if they are not.
func (r Record) AskedSince(stage string, person Person) time.Time {
	for _, request := range r.Asked[stage] {
		if request.Person.ID == person.ID {
			return request.At
		}
	}
	return time.Time{}
}

// Ended tells whether the round is over: complete or withdrawn.
func (r Record) Ended() bool { return !r.EndedAt.IsZero() }

// Accepted tells whether a role holder accepted the start; until then no
// person is involved (design.md, "Start"; S18).
func (r Record) Accepted() bool { return !r.AcceptedAt.IsZero() }
