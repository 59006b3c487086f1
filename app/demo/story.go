// Package demo plays the story of a plugin's onboarding: the real App against
// the simulated GitHub, over real HTTP, as in production.
package demo

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/mattermost/standin"
	"github.com/onboard-app/onboard/app/onboarding"
)

// Story is the cast on its stage: a GitHub on which alice has a plugin.
type Story struct {
	GitHub  *fakegithub.GitHub
	App     *fakegithub.App
	URL     string // of the GitHub
	Alice   *fakegithub.User
	Cast                           // the others; nobody on a bare stage
	Starter *fakegithub.Repository // the starter template; nil on a bare stage
	Plugin  *fakegithub.Repository // nil on a bare stage
	Issue   *fakegithub.Issue      // set by the first scene
	Server  *standin.Server        // behind the last gate; nil if there is none

	ahead *atomic.Int64 // how far GitHub's clock is ahead of the App's, in nanoseconds
	later atomic.Int64  // how far both are ahead of ours
}

// Cast are the people of the story beside Alice.
type Cast struct {
	Bob   *fakegithub.User // a core committer, who may write to the plugin's repository
	Carol *fakegithub.User // another one
	Dave  *fakegithub.User // a core committer who is in the security team, too
	Quinn *fakegithub.User // QA
	Pam   *fakegithub.User // PM
	Ada   *fakegithub.User // an admin
	Oscar *fakegithub.User // an outsider
}

// NewStory puts the cast on the stage; close its GitHub afterwards. The starter
// template is some months old, and the plugin is made from its second version.
func NewStory(options fakegithub.Options) (*Story, error) {
	s := new(Story)
	var ahead atomic.Int64
	now := options.Now
	if now == nil {
		now, options.Wall = s.Now, time.Now // credentials expire by the clock of everybody
	}
	if options.Wall == nil {
		options.Wall = now
	}
	options.Now = func() time.Time { return now().Add(time.Duration(ahead.Load())) }
	if err := s.begin(options); err != nil {
		return nil, err
	}
	const day = 24 * time.Hour
	organization := s.GitHub.CreateOrganization("example")
	for i, files := range versions() {
		ahead.Store(-int64(time.Duration(90-30*i) * day))
		if i == 0 {
			s.Starter = s.GitHub.CreateRepository(organization, "plugin-starter", files)
			continue
		}
		s.Starter.Push(organization, "Bring the template up to date", changes(files))
	}
	ahead.Store(-int64(day))
	s.Plugin = s.GitHub.CreateRepository(s.Alice, "mattermost-plugin-hello", hello())
	ahead.Store(0)
	s.ahead, s.Cast = &ahead, newCast(s.GitHub)
	s.Plugin.Allow(s.Bob, "write")
	return s, nil
}

// Another is a story of the same people on the same stage but for the author,
// whose App is installed: one of many plugins that are onboarded at a time.
func (s *Story) Another(author, name string) *Story {
	another := &Story{GitHub: s.GitHub, App: s.App, URL: s.URL, Alice: s.GitHub.CreateUser(author), Cast: s.Cast, Starter: s.Starter, ahead: s.ahead}
	s.ahead.Store(-int64(24 * time.Hour))
	files := hello()
	for path, content := range files {
		content = strings.ReplaceAll(content, pluginID, another.pluginID())
		files[path] = strings.ReplaceAll(content, "/alice/", "/"+author+"/")
	}
	another.Plugin = s.GitHub.CreateRepository(another.Alice, name, files)
	s.ahead.Store(0)
	another.Plugin.Allow(s.Bob, "write")
	s.GitHub.Install(s.App, another.Alice)
	return another
}

// pluginID is the id of Alice's plugin, by its manifest.
const pluginID = "com.example.hello"

// pluginID is the id of the story's plugin: each author's has its own.
func (s *Story) pluginID() string {
	if s.Alice.Login == "alice" {
		return pluginID
	}
	return "com.example." + s.Alice.Login
}

// Now is the time in the story: ours, and what was passed over.
func (s *Story) Now() time.Time { return time.Now().Add(time.Duration(s.later.Load())) }

// roles says who decides.
func (c Cast) roles() map[onboarding.Role][]*fakegithub.User {
	return map[onboarding.Role][]*fakegithub.User{
		onboarding.CoreCommitter: {c.Bob, c.Carol, c.Dave}, onboarding.Security: {c.Dave},
		onboarding.QA: {c.Quinn}, onboarding.PM: {c.Pam}, onboarding.Admin: {c.Ada},
	}
}

func newCast(github *fakegithub.GitHub) Cast {
	return Cast{
		Bob: github.CreateUser("bob"), Carol: github.CreateUser("carol"), Dave: github.CreateUser("dave"), Quinn: github.CreateUser("quinn"),
		Pam: github.CreateUser("pam"), Ada: github.CreateUser("ada"), Oscar: github.CreateUser("oscar"),
	}
}

// NewStage makes a GitHub with the App installed on the account of alice, who
// has no repository yet; close it afterwards.
func NewStage(options fakegithub.Options) (*Story, error) {
	s := new(Story)
	if err := s.begin(options); err != nil {
		return nil, err
	}
	s.GitHub.Install(s.App, s.Alice)
	return s, nil
}

// begin is NewStage without the installation.
func (s *Story) begin(options fakegithub.Options) (err error) {
	s.GitHub = fakegithub.New(options)
	if s.URL, err = s.GitHub.Start("127.0.0.1:0"); err != nil {
		return err
	}
	s.App = s.GitHub.CreateApp("onboard")
	s.Alice = s.GitHub.CreateUser("alice")
	return nil
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

// lastPR is the App's newest pull request in a repository, open or not; nil if
// there is none.
func lastPR(repository *fakegithub.Repository) (last *fakegithub.PullRequest) {
	for _, pr := range repository.PullRequests() {
		if strings.HasSuffix(pr.Author(), "[bot]") {
			last = pr
		}
	}
	return last
}

// Carrier is the commit that carries the check runs: the review PR's head, also
// after the end, and the default branch's while there is no review PR.
func (s *Story) Carrier() string { return Carrier(s.Plugin) }

// Carrier is the commit of a repository that carries the check runs.
func Carrier(repository *fakegithub.Repository) string {
	if pr := lastPR(repository); pr != nil {
		return pr.HeadSHA()
	}
	return repository.Head()
}
