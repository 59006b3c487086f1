// Package demo plays the story of a plugin's onboarding: the real App against
// the simulated GitHub, over real HTTP, as in production.
package demo

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// Story is the cast on its stage: a GitHub with the App installed on the
// account of alice, who wrote a plugin.
type Story struct {
	GitHub  *fakegithub.GitHub
	App     *fakegithub.App
	URL     string // of the GitHub
	Alice   *fakegithub.User
	Bob     *fakegithub.User       // a friend, who may write to the plugin's repository; nil on a bare stage
	Carol   *fakegithub.User       // a core committer; nil on a bare stage
	Starter *fakegithub.Repository // the starter template; nil on a bare stage
	Plugin  *fakegithub.Repository // nil on a bare stage
	Issue   *fakegithub.Issue      // set by the first scene
}

// NewStory puts the cast on the stage; close its GitHub afterwards. The starter
// template is some months old, and the plugin is made from its second version.
func NewStory(options fakegithub.Options) (*Story, error) {
	var past atomic.Int64 // how far back things happen, in nanoseconds
	now := options.Now
	if now == nil {
		now = time.Now
	}
	if options.Wall == nil {
		options.Wall = now
	}
	options.Now = func() time.Time { return now().Add(-time.Duration(past.Load())) }
	s, err := NewStage(options)
	if err != nil {
		return nil, err
	}
	const day = 24 * time.Hour
	organization := s.GitHub.CreateOrganization("example")
	for i, files := range versions() {
		past.Store(int64(time.Duration(90-30*i) * day))
		if i == 0 {
			s.Starter = s.GitHub.CreateRepository(organization, "plugin-starter", files)
			continue
		}
		s.Starter.Push(organization, "Bring the template up to date", changes(files))
	}
	past.Store(int64(day))
	s.Plugin = s.GitHub.CreateRepository(s.Alice, "mattermost-plugin-hello", hello())
	past.Store(0)
	s.Bob, s.Carol = s.GitHub.CreateUser("bob"), s.GitHub.CreateUser("carol")
	s.Plugin.Allow(s.Bob, "write")
	return s, nil
}

// NewStage makes a GitHub with the App installed on the account of alice, who
// has no repository yet; close it afterwards.
func NewStage(options fakegithub.Options) (*Story, error) {
	s := &Story{GitHub: fakegithub.New(options)}
	url, err := s.GitHub.Start("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.URL = url
	s.App = s.GitHub.CreateApp("onboard")
	s.Alice = s.GitHub.CreateUser("alice")
	s.GitHub.Install(s.App, s.Alice)
	return s, nil
}

func changes(files map[string]string) map[string]*string {
	changed := map[string]*string{}
	for path, content := range files {
		changed[path] = &content
	}
	return changed
}

// Ready tells whether the App has fetched every version of the starter template,
// after which the first scene may begin.
func (s *Story) Ready() bool {
	fetched := map[string]bool{}
	for _, call := range s.GitHub.AllCalls() {
		if call.Download && strings.Contains(call.Path, "/"+s.Starter.FullName()+"/") {
			fetched[call.Path] = true
		}
	}
	return len(fetched) == len(versions())
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
