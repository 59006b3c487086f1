package onboarding

import (
	"fmt"
	"slices"
	"time"
)

// ReviewPR is what is on record of a round's review PR (S1): GitHub shows what
// it is now, and the plugin's people may change that.
type ReviewPR struct {
	Number     int               `json:"number,omitempty"` // 0 until it is open
	URL        string            `json:"url,omitempty"`
	BaseBranch string            `json:"base_branch"`
	HeadBranch string            `json:"head_branch"`
	BaseSHA    string            `json:"base_sha"`
	Commits    []ReviewCommit    `json:"commits"`            // the head branch's, oldest first
	Changes    map[string]Change `json:"changes,omitempty"`  // since a review commit, the whole difference (S8)
	Update     bool              `json:"update,omitempty"`   // its base is what the rounds before accepted, and not the template's
	Adopted    bool              `json:"adopted,omitempty"`  // people opened it
	Gaps       []string          `json:"gaps,omitempty"`     // why an adopted one does not count, path by path (S2)
	Broken     Replacement       `json:"broken,omitempty"`   // what others did to it, as events told: it is to be replaced, be it that they undid it
	Why        Replacement       `json:"why,omitempty"`      // why it took the place of the one before
	Former     []int             `json:"former,omitempty"`   // numbers of those before it, oldest first
	Replaced   []time.Time       `json:"replaced,omitempty"` // when, lately
	Closed     bool              `json:"closed,omitempty"`   // by the App, at the end
}

// ReviewCommit is one commit that reviewers see.
type ReviewCommit struct {
	SHA    string    `json:"sha"`
	Tree   string    `json:"tree"`
	Source string    `json:"source"` // the default branch's commit that it shows
	Change Change    `json:"change"` // beside the review commit before it
	At     time.Time `json:"at"`
}

// Replacement says why a review PR took another one's place.
type Replacement string

// The reasons (S1). After each, approvals of the former PR count for nothing.
const (
	NotReplaced   Replacement = ""
	BranchMoved   Replacement = "moved"   // somebody pushed to a branch of the App's
	BranchDeleted Replacement = "deleted" // somebody deleted one
	Retargeted    Replacement = "retargeted"
	Merged        Replacement = "merged"
	Superseded    Replacement = "superseded" // by one that people opened and that was adopted
	NotReopened   Replacement = "closed"     // and GitHub does not open it again
)

// Change is the class of what a push changed (design.md, "Reviews"; S8).
type Change string

// The classes, from the most harmless.
const (
	NoChange          Change = ""
	DocsChange        Change = "docs"
	TestsChange       Change = "tests"
	BoilerplateChange Change = "boilerplate"
	CodeChange        Change = "code"
)

// Worse returns the class of two changes together: one line of code makes it code.
func (c Change) Worse(other Change) Change {
	order := []Change{NoChange, DocsChange, TestsChange, BoilerplateChange, CodeChange}
	i, j := slices.Index(order, c), slices.Index(order, other)
	if i < 0 || j < 0 {
		return CodeChange // unknown: fail closed
	}
	return order[max(i, j)]
}

// Last is the newest review commit; zero if there is none.
func (p *ReviewPR) Last() ReviewCommit {
	if p == nil || len(p.Commits) == 0 {
		return ReviewCommit{}
	}
	return p.Commits[len(p.Commits)-1]
}

// Has tells whether a commit is one of the review commits.
func (p *ReviewPR) Has(sha string) bool {
	return p != nil && slices.ContainsFunc(p.Commits, func(c ReviewCommit) bool { return c.SHA == sha })
}

// Find returns the newest review commit that is this commit, or shows this
// commit of the plugin's; ok is false if there is none.
func (p *ReviewPR) Find(sha string) (c ReviewCommit, ok bool) {
	if p == nil || sha == "" {
		return ReviewCommit{}, false
	}
	for _, c := range slices.Backward(p.Commits) {
		if c.SHA == sha || c.Source == sha {
			return c, true
		}
	}
	return ReviewCommit{}, false
}

// Since tells what kind of change there was since each review commit, as far as
// it is on record, and since the plugin's commit that it shows: an imported
// approval is about that one. What changed since any other commit is not known.
func (p *ReviewPR) Since() map[string]Change {
	if p == nil {
		return nil
	}
	since := map[string]Change{}
	for sha, change := range p.Changes {
		since[sha] = change
	}
	if last := p.Last().SHA; last != "" {
		since[last] = NoChange
	}
	for _, c := range p.Commits {
		if change, known := since[c.SHA]; known && c.Source != "" {
			since[c.Source] = change
		}
	}
	return since
}

// Between tells what kind of change there is between what a review commit shows
// and a commit of the plugin's, whichever is older: no less than that of the
// whole difference (S8), since it is the worst of all steps between them. It is
// not known if no review commit shows that one.
func (p *ReviewPR) Between(sha, source string) (change Change, known bool) {
	if p == nil || source == "" {
		return "", false
	}
	from := slices.IndexFunc(p.Commits, func(c ReviewCommit) bool { return c.SHA == sha || c.Source == sha })
	to := slices.IndexFunc(p.Commits, func(c ReviewCommit) bool { return c.Source == source })
	if from < 0 || to < 0 {
		return "", false
	}
	for _, c := range p.Commits[min(from, to)+1 : max(from, to)+1] {
		change = change.Worse(c.Change)
	}
	return change, true
}

// Open tells whether reviewers can look at it: then its head carries the check
// runs (design.md, "Where").
func (p *ReviewPR) Open() bool { return p != nil && p.Number != 0 && !p.Closed }

// Counts tells whether a review that comes in now counts: there is a review PR that
// stands as is on record, as far as was seen, and shows everything (S1, S2).
func (r Record) Counts() bool {
	return r.ReviewPR.Open() && len(r.ReviewPR.Gaps) == 0 && r.NoReviewPR == nil
}

// counts tells whether an approval may count that was given in the review PR there
// is now, and not in one whose foundation others moved, maybe to hide code (S1).
func (r Record) counts(d Decision) bool {
	return d.Pull == 0 || r.ReviewPR != nil && r.ReviewPR.Number == d.Pull && r.NoReviewPR == nil
}

// maxReplacements is how often a day a review PR is replaced: somebody who goes
// on breaking it gets no more (S15, S18).
const maxReplacements = 3

// MayReplace tells whether the PR may be replaced once more.
func (p *ReviewPR) MayReplace(now time.Time) bool {
	recent := 0
	for _, at := range p.Replaced {
		if now.Sub(at) < 24*time.Hour {
			recent++
		}
	}
	return recent < maxReplacements
}

// Replace is the record of the PR that takes the place of this one: it shows
// the same commits on branches of other names.
func (p *ReviewPR) Replace(why Replacement, pair int, now time.Time) *ReviewPR {
	next := &ReviewPR{BaseSHA: p.BaseSHA, Update: p.Update, Commits: slices.Clone(p.Commits), Why: why, Former: slices.Clone(p.Former)}
	if p.Number != 0 {
		next.Former = append(next.Former, p.Number)
	}
	for _, at := range append(slices.Clone(p.Replaced), now) {
		if now.Sub(at) < 24*time.Hour {
			next.Replaced = append(next.Replaced, at)
		}
	}
	next.BaseBranch, next.HeadBranch = ReviewBranches(pair)
	return next
}

// BranchPrefix begins the names of the App's branches.
const BranchPrefix = "onboarding/"

// ReviewBranches are the names of the n-th pair of branches of a repository,
// from 1.
func ReviewBranches(n int) (base, head string) {
	suffix := ""
	if n > 1 {
		suffix = fmt.Sprintf("-%d", n)
	}
	return BranchPrefix + "base" + suffix, BranchPrefix + "review" + suffix
}

// NoReviewPR says why there is no review PR.
type NoReviewPR struct {
	Why      string    `json:"why"`                // the end of "There is no review PR: …"
	At       time.Time `json:"at"`                 // when it was tried last
	Hopeless bool      `json:"hopeless,omitempty"` // nobody can make it by hand

	// Unchanged is, in an update, the plugin's commit of which a PR would show
	// nothing: people approve by command, and it is what they decide about.
	Unchanged string   `json:"unchanged,omitempty"`
	LeftOut   []string `json:"left_out,omitempty"` // paths of what changed all the same, and that no PR shows (S7)
}
