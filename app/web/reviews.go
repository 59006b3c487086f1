package web

import (
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

// ReviewedCommit is a commit of the review pull request, and what people said of it.
type ReviewedCommit struct {
	SHA       string            `json:"sha"`              // 40 hex digits
	URL       string            `json:"url"`              // on GitHub
	Source    string            `json:"source"`           // the plugin's commit that it shows
	SourceURL string            `json:"source_url"`       // of the plugin's commit that it shows
	Change    onboarding.Change `json:"change,omitempty"` // beside the commit before it: docs, tests, boilerplate or code
	At        time.Time         `json:"at"`               // when it was first reviewed
	Reviews   []Said            `json:"reviews"`          // in their order
}

// Said is one word of a reviewer about a commit.
type Said struct {
	Who    string          `json:"who"`           // login
	Verb   onboarding.Verb `json:"verb"`          // what was decided
	Stage  string          `json:"stage"`         // that it is about
	At     time.Time       `json:"at"`            // when it was said
	URL    string          `json:"url,omitempty"` // of the review on GitHub
	Weight Weight          `json:"weight"`        // what became of it
}

// Weight says whether what somebody said of a commit still counts.
type Weight string

// The weights.
const (
	Counts   Weight = "counts"
	Void     Weight = "void"     // code changed since, or it was given in a former review pull request
	Replaced Weight = "replaced" // they said something else later, or the stage was opened again
)

// Bounds of the list of reviews.
const (
	maxCommits = 20
	maxSaid    = 20 // of one commit
)

// reviews are the commits of the review pull request, the newest first, with what
// people said of each.
func (a *about) reviews() []ReviewedCommit {
	list := []ReviewedCommit{}
	if a.record.ReviewPR == nil {
		return list
	}
	for _, c := range slices.Backward(a.record.ReviewPR.Commits) {
		if len(list) == maxCommits {
			break
		}
		list = append(list, ReviewedCommit{
			SHA: c.SHA, URL: a.view.URL() + "/commit/" + c.SHA, Source: c.Source, SourceURL: a.view.URL() + "/commit/" + c.Source,
			Change: c.Change, At: c.At.UTC(), Reviews: a.saidOf(c),
		})
	}
	return list
}

// saidOf is what people said of a review commit, or of the plugin's commit that it
// shows, as what was imported is.
func (a *about) saidOf(c onboarding.ReviewCommit) []Said {
	list := []Said{}
	for _, d := range slices.Backward(a.record.Decisions) {
		stage, _ := a.pipeline.Stage(d.Stage)
		about := d.Bound != "" && (d.Bound == c.SHA || d.Bound == c.Source)
		if stage.Kind != onboarding.Review || !about || d.Verb != onboarding.Approve && d.Verb != onboarding.RequestChanges || len(list) == maxSaid {
			continue
		}
		list = append(list, Said{
			Who: texts.Line(d.By.Login), Verb: d.Verb, Stage: d.Stage, At: d.At.UTC(), URL: onWeb(d.URL), Weight: a.weigh(d),
		})
	}
	return list
}

// weigh tells whether a decision about a review counts.
func (a *about) weigh(d onboarding.Decision) Weight {
	s, _ := a.view.Verdict.Standing(d.Stage)
	same := func(other onboarding.Decision) bool { return other.ID == d.ID }
	switch {
	case slices.ContainsFunc(s.Approvals, same), s.Objection != nil && same(*s.Objection):
		return Counts
	case slices.ContainsFunc(s.Void, same):
		return Void
	default:
		return Replaced
	}
}
