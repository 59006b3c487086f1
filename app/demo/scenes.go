package demo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

// Scene is one thing that people do, and what must become of it.
type Scene struct {
	Title string
	Play  func() error
	Done  func() bool // true for good once everything that follows from it is visible
}

// steps is how many check runs an onboarding shows: ten stages, three gates.
var steps = len(onboarding.Default().Stages) + len(onboarding.Default().Gates)

// Scenes are what happens, in order.
func (s *Story) Scenes() []Scene {
	var started, mistaken *fakegithub.Comment
	var merged *fakegithub.PullRequest
	return []Scene{
		{
			Title: "Alice made a plugin from the starter template and wants it on the community server",
			Play: func() error {
				s.Issue = s.Plugin.OpenIssue(s.Alice, "Bring this plugin to the community server", "It says hello. How do I start?")
				started = s.Issue.Comment(s.Alice, "/onboard")
				return nil
			},
			Done: func() bool {
				return s.ReviewPR() != nil && s.conclusion("licence") == "failure" && s.settled(started, "rocket")
			},
		},
		{
			Title: "She asks for something that Onboard does not know",
			Play: func() error {
				mistaken = s.Issue.Comment(s.Alice, "What now?\n\n/onboard halp")
				return nil
			},
			Done: func() bool { return s.settled(mistaken, "confused") },
		},
		{
			Title: "She adds the licence and mends a fault",
			Play: func() error {
				repaired := fixed()
				s.Plugin.Push(s.Alice, "Add the licence; greet with every greeting", map[string]*string{
					"LICENSE": &MIT, "server/greeting.go": &repaired,
				})
				return nil
			},
			Done: func() bool {
				return s.conclusion("licence") == "success" && s.statusSays(s.Plugin.Head()[:7]) && s.unlabelled("stage:licence") && s.asked("basic-review")
			},
		},
		{
			Title: "A friend merges the review pull request by mistake, and Alice publishes a nightly build",
			Play: func() error {
				merged = s.ReviewPR()
				if err := merged.Merge(s.Bob); err != nil {
					return err
				}
				return s.publishNightly()
			},
			Done: func() bool {
				return s.replaced(merged) && s.conclusion("nightly-build") == "success" &&
					s.unlabelled("stage:nightly-build") && s.statusSays("core committers must look") && s.asked("basic-review")
			},
		},
		{
			Title: "Carol, a core committer, approves",
			Play: func() error {
				s.ReviewPR().Review(s.Carol, fakegithub.Approved, "Nice and short.")
				return nil
			},
			Done: func() bool {
				return s.conclusion("ci-extensions") == "success" && s.unlabelled("stage:basic-review") && s.asked("complete-review")
			},
		},
	}
}

// publishNightly publishes a build as the workflow does that authors are given.
func (s *Story) publishNightly() error {
	bundle, err := build(hello()["plugin.json"], s.Plugin.Head())
	if err != nil {
		return err
	}
	s.Plugin.Publish(s.Alice, fakegithub.Release{
		Tag: "nightly", Prerelease: true, Assets: map[string][]byte{"com.example.hello-nightly.tar.gz": bundle},
	})
	return nil
}

// conclusion is that of a check run on the commit that carries them, once all
// check runs are there; "" before.
func (s *Story) conclusion(name string) string {
	runs := s.Plugin.CheckRuns(s.Carrier())
	if len(runs) < steps {
		return ""
	}
	for _, run := range runs {
		if run.Name == "onboarding/"+name {
			return run.Conclusion
		}
	}
	return ""
}

// settled tells whether the App reacted to a comment, which it does last.
func (s *Story) settled(comment *fakegithub.Comment, content string) bool {
	return slices.ContainsFunc(comment.Reactions(), func(r fakegithub.Reaction) bool { return r.Content == content })
}

// unlabelled tells whether neither the issue nor the review PR has a label.
func (s *Story) unlabelled(name string) bool {
	pr := s.ReviewPR()
	return pr != nil && !slices.Contains(pr.Labels(), name) && !slices.Contains(s.Issue.Labels(), name)
}

// replaced tells whether another review PR has taken the place of one, which
// the status comment and the old one say.
func (s *Story) replaced(old *fakegithub.PullRequest) bool {
	pr := s.ReviewPR()
	return pr != nil && pr.Number != old.Number && s.statusSays(fmt.Sprintf("/pull/%d)", pr.Number)) &&
		slices.Contains(pr.Labels(), "stage:basic-review") && slices.ContainsFunc(old.Comments(), func(c fakegithub.CommentView) bool { return fromApp(c) && strings.Contains(c.Body, "Please go on") })
}

// asked tells whether Carol is asked by name for a review stage, which the
// status comment says too.
func (s *Story) asked(stage string) bool {
	pr := s.ReviewPR()
	return pr != nil && s.statusSays("For "+stage+" [carol]") && slices.ContainsFunc(pr.Comments(), func(c fakegithub.CommentView) bool {
		return strings.HasPrefix(c.Body, "@carol, ") && strings.Contains(c.Body, stage)
	})
}

// statusSays tells whether the status comment contains a text.
func (s *Story) statusSays(text string) bool {
	return slices.ContainsFunc(s.Issue.Comments(), func(c fakegithub.CommentView) bool {
		return fromApp(c) && strings.Contains(c.Body, "<!-- onboard:status:1 -->") && strings.Contains(c.Body, text)
	})
}

func fromApp(c fakegithub.CommentView) bool { return strings.HasSuffix(c.Author, "[bot]") }
