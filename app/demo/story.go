// Package demo plays the story of a plugin's onboarding: the real App against
// the simulated GitHub, over real HTTP, as in production.
package demo

import (
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

// Story is the cast on its stage: a GitHub with the App installed on the
// account of alice, who wrote a plugin.
type Story struct {
	GitHub *fakegithub.GitHub
	App    *fakegithub.App
	URL    string // of the GitHub
	Alice  *fakegithub.User
	Plugin *fakegithub.Repository
	Issue  *fakegithub.Issue // set by the first scene
}

// Scene is one thing that people do, and what must become of it.
type Scene struct {
	Title string
	Play  func()
	Done  func() bool // true for good once everything that follows from it is visible
}

// steps is how many check runs an onboarding shows: ten stages, three gates.
var steps = len(onboarding.Default().Stages) + len(onboarding.Default().Gates)

// NewStory puts the cast on the stage; close its GitHub afterwards.
func NewStory(options fakegithub.Options) (*Story, error) {
	s := &Story{GitHub: fakegithub.New(options)}
	url, err := s.GitHub.Start("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.URL = url
	s.App = s.GitHub.CreateApp("onboard")
	s.Alice = s.GitHub.CreateUser("alice")
	s.GitHub.Install(s.App, s.Alice)
	s.Plugin = s.GitHub.CreateRepository(s.Alice, "mattermost-plugin-hello", plugin)
	return s, nil
}

// Scenes are what happens, in order.
func (s *Story) Scenes() []Scene {
	var started, mistaken *fakegithub.Comment
	return []Scene{
		{
			Title: "Alice wrote a plugin and wants it on the community server",
			Play: func() {
				s.Issue = s.Plugin.OpenIssue(s.Alice, "Bring this plugin to the community server", "It says hello. How do I start?")
				started = s.Issue.Comment(s.Alice, "/onboard")
			},
			Done: func() bool { return s.conclusion("licence") == "failure" && s.settled(started, "rocket") },
		},
		{
			Title: "She asks for something that Onboard does not know",
			Play:  func() { mistaken = s.Issue.Comment(s.Alice, "What now?\n\n/onboard halp") },
			Done:  func() bool { return s.settled(mistaken, "confused") },
		},
		{
			Title: "She reads what the licence check says, adds the file and pushes",
			Play:  func() { s.Plugin.Push(s.Alice, "Add the licence", map[string]*string{"LICENSE": &MIT}) },
			Done: func() bool {
				return s.conclusion("licence") == "success" && s.statusSays(s.Plugin.Head()[:7]) && !slices.Contains(s.Issue.Labels(), "stage:licence")
			},
		},
	}
}

// ReviewPR is the open pull request of the App; nil if there is none.
func (s *Story) ReviewPR() *fakegithub.PullRequest { return ReviewPR(s.Plugin) }

// ReviewPR is the App's open pull request in a repository; nil if there is none.
func ReviewPR(repository *fakegithub.Repository) *fakegithub.PullRequest {
	for _, pr := range repository.PullRequests() {
		if pr.State() == "open" && strings.HasSuffix(pr.Author(), "[bot]") {
			return pr
		}
	}
	return nil
}

// Carrier is the commit that carries the check runs: the review PR's head, and
// the default branch's while there is no review PR.
func (s *Story) Carrier() string { return Carrier(s.Plugin) }

// Carrier is the commit of a repository that carries the check runs.
func Carrier(repository *fakegithub.Repository) string {
	if pr := ReviewPR(repository); pr != nil {
		return pr.HeadSHA()
	}
	return repository.Head()
}

// conclusion is that of a check run at the head of the default branch, once
// all check runs are there; "" before.
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

// statusSays tells whether the status comment contains a text.
func (s *Story) statusSays(text string) bool {
	return slices.ContainsFunc(s.Issue.Comments(), func(c fakegithub.CommentView) bool {
		return strings.HasSuffix(c.Author, "[bot]") && strings.Contains(c.Body, "<!-- onboard:status:1 -->") && strings.Contains(c.Body, text)
	})
}
