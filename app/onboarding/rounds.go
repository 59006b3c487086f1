package onboarding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Baseline is what a completed round accepted: the next round shows what changed
// since (design.md, "Rounds").
type Baseline struct {
	Round int       `json:"round"`
	At    time.Time `json:"at"` // when the round was complete

	// What the last review accepted; "" if there is none.
	Source string `json:"source,omitempty"` // the plugin's commit
	Review string `json:"review,omitempty"` // the review commit that showed it
	Tree   string `json:"tree,omitempty"`   // the review commit's tree; "" of a PR that people made

	// The release that was accepted; "" if the pipeline asks for none.
	Tag    string `json:"tag,omitempty"`
	Commit string `json:"commit,omitempty"` // of the tag
	SHA256 string `json:"sha256,omitempty"` // of its bundle

	Passed map[string]int `json:"passed,omitempty"` // the reviews that carry over: in which round they passed
}

// Name is what people call it: the release, as it is written, or the round.
func (b *Baseline) Name() string { return cmp.Or(b.Tag, fmt.Sprintf("round %d", b.Round)) }

// Carries tells whether a review that passed counts as passed in the next round,
// too: a first one, after which the update is reviewed by another. Nothing else
// carries over.
func (p Pipeline) Carries(stage Stage) bool {
	return stage.Kind == Review && !stage.Sensitive &&
		slices.ContainsFunc(p.Stages, func(s Stage) bool { return s.Kind == Review && p.comesAfter(s, stage.Name) })
}

// Complete is what a round that ends with a verdict accepted.
func (r Record) Complete(p Pipeline, verdict Verdict, facts Facts, now time.Time) *Baseline {
	release := facts.Results[ReleaseStage]
	b := Baseline{Tag: release.Measure("tag"), Commit: release.Source, SHA256: release.Digest, Passed: map[string]int{}}
	if r.Baseline != nil { // it stands as long as nothing else is accepted
		b.Source, b.Review, b.Tree = r.Baseline.Source, r.Baseline.Review, r.Baseline.Tree
	}
	b.Round, b.At = r.Round, now
	var last Standing
	for _, stage := range p.Stages {
		s, _ := verdict.Standing(stage.Name)
		if stage.Kind == Review {
			last = s
		}
		if p.Carries(stage) && s.State == Passed {
			b.Passed[stage.Name] = cmp.Or(s.Carried, r.Round)
		}
	}
	if commit, ok := r.ReviewPR.accepted(last); ok {
		b.Source, b.Review, b.Tree = commit.Source, commit.SHA, commit.Tree
	}
	return &b
}

// accepted is the oldest review commit that an approval of a review which passed
// is about: whatever came after it, somebody has not seen.
func (p *ReviewPR) accepted(s Standing) (commit ReviewCommit, ok bool) {
	if p == nil || s.State != Passed {
		return ReviewCommit{}, false
	}
	oldest := len(p.Commits)
	for _, d := range s.Approvals {
		i := slices.IndexFunc(p.Commits, func(c ReviewCommit) bool { return c.SHA == d.Bound })
		if i < 0 {
			return ReviewCommit{}, false
		}
		oldest = min(oldest, i)
	}
	if oldest == len(p.Commits) {
		return ReviewCommit{}, false
	}
	return p.Commits[oldest], true
}

// Next begins the record of the round after this one, by a pipeline; of no round,
// that is the first. It inherits no decision, and whoever was on the plugin's side
// as its author or owner stays there (S11), as do bundles that an admin had rolled
// back, and plugins that are to stay off a server. What was accepted last is what the
// round begins from, also after rounds that were withdrawn; a review carries over
// only if this round is complete and asks no more of it.
func (r Record) Next(p Pipeline) Record {
	next := Record{
		Repository: r.Repository, Round: r.Round + 1, Pipeline: &p, NightlyURL: r.NightlyURL, PluginID: r.PluginID,
		Pairs: r.Pairs, // the names of branches go on
	}
	next.Former, next.PluginOwners, next.OwnersOf = r.Former, r.PluginOwners, r.OwnersOf
	next.Orders, next.Refused = maps.Clone(r.Orders), r.Refused
	maps.DeleteFunc(next.Orders, func(_ string, o Order) bool { return !o.lasts() })
	next.Leaves(r.Author)
	next.Leaves(r.Owner)
	next.Baseline = cmp.Or(r.NextBaseline, r.Baseline)
	if r.NextBaseline == nil || r.Withdrawn != nil {
		return next
	}
	for name, round := range r.NextBaseline.Passed {
		was, _ := r.JudgedBy(p).Stage(name)
		stage, ok := p.Stage(name)
		if !ok || !p.Carries(stage) || stage.Role != was.Role || stage.Approvals > was.Approvals || !slices.Equal(stage.Seats, was.Seats) {
			continue
		}
		if next.Carried == nil {
			next.Carried = map[string]int{}
		}
		next.Carried[name] = round
	}
	return next
}

// carried is the round in which a review passed whose passing carried over, 0 if
// none did or somebody who runs the stage opened it again.
func (e *evaluation) carried(stage Stage) int {
	for _, d := range e.acts(stage) {
		if d.Verb == Reopen && runs(stage, d) {
			return 0
		}
	}
	return e.record.Carried[stage.Name]
}

// unchanged is the plugin's commit if a review PR would show nothing of it; "" else.
func (e *evaluation) unchanged() string {
	if no := e.record.NoReviewPR; no != nil && no.Unchanged == e.facts.Commit {
		return no.Unchanged
	}
	return ""
}
