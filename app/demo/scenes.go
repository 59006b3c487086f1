package demo

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

// Scene is one thing that people do, and what must become of it.
type Scene struct {
	Title string
	Play  func() error
	Done  func() bool // true for good once everything that follows from it is visible
	Told  func() bool // the same, some minutes later, when those who are waited for are told; nil if nobody is
}

// steps is how many check runs an onboarding shows: ten stages, three gates.
var steps = len(onboarding.Default().Stages) + len(onboarding.Default().Gates)

// pause is how far GitHub's clock goes on before each scene: people read what
// they approve, and GitHub tells seconds only.
const pause = 2 * time.Second

// Scenes are what happens, in order.
func (s *Story) Scenes() []Scene {
	scenes := append(append(s.start(), s.firstReview()...), s.release()...)
	for i, scene := range scenes {
		scenes[i].Play = func() error {
			s.ahead.Add(int64(pause))
			return scene.Play()
		}
	}
	return scenes
}

// start is how an onboarding begins.
func (s *Story) start() []Scene {
	var started, mistaken, accepted *fakegithub.Comment
	return []Scene{
		{
			Title: "Alice made a plugin from the starter template and wants it on the community server",
			Play: func() error {
				s.GitHub.Install(s.App, s.Alice)
				s.Issue = s.Plugin.OpenIssue(s.Alice, "Bring this plugin to the community server", "It says hello. How do I start?")
				started = s.Issue.Comment(s.Alice, "/onboard")
				return nil
			},
			Done: func() bool { return s.Conclusion("licence") == "failure" && s.settled(started, "rocket") },
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
			Title: "Ada, an admin of the reviewing team, accepts: from now on people may be asked",
			Play: func() error {
				accepted = s.Issue.Comment(s.Ada, "/onboard accept")
				return nil
			},
			Done: func() bool { return s.ReviewPR() != nil && s.settled(accepted, "rocket") },
		},
		{
			Title: "Alice adds the licence and mends a fault",
			Play: func() error {
				repaired := fixed()
				s.Plugin.Push(s.Alice, "Add the licence; greet with every greeting", map[string]*string{
					"LICENSE": &MIT, "server/greeting.go": &repaired,
				})
				return nil
			},
			Done: func() bool {
				return s.Conclusion("licence") == "success" && s.statusSays(s.Plugin.Head()[:7]) && s.unlabelled("stage:licence") && s.asked("basic-review", s.Carol)
			},
			Told: func() bool { return s.mentioned(s.Carol) },
		},
	}
}

// firstReview is the way to the first gate.
func (s *Story) firstReview() []Scene {
	var merged *fakegithub.PullRequest
	var refused *fakegithub.Comment
	return []Scene{
		{
			Title: "Bob, a core committer, merges the review pull request by mistake, and Alice publishes a nightly build",
			Play: func() error {
				merged = s.ReviewPR()
				if err := merged.Merge(s.Bob); err != nil {
					return err
				}
				return s.Publish("nightly", "0.1.0+"+s.Plugin.Head()[:7])
			},
			Done: func() bool {
				return s.Replaced(merged) && s.Conclusion("nightly-build") == "success" &&
					s.unlabelled("stage:nightly-build") && s.statusSays("core committers must look") && s.asked("basic-review", s.Carol)
			},
		},
		{
			Title: "Carol, a core committer, approves; so does Oscar, whom nobody knows",
			Play: func() error {
				s.ReviewPR().Review(s.Carol, fakegithub.Approved, "Nice and short.")
				s.ReviewPR().Review(s.Oscar, fakegithub.Approved, "Looks good to me!")
				refused = s.Issue.Comment(s.Oscar, "I tried it, too.\n\n/onboard approve qa")
				return nil
			},
			Done: func() bool {
				return s.Conclusion("ci-extensions") == "success" && s.unlabelled("stage:basic-review") &&
					s.asked("complete-review", s.Carol, s.Dave) && s.settled(refused, "confused")
			},
			Told: func() bool { return s.mentioned(s.Dave, s.Quinn, s.Pam) },
		},
	}
}

// release is the way to the community server.
func (s *Story) release() []Scene {
	var qa, pm, released *fakegithub.Comment
	return []Scene{
		{
			Title: "Alice publishes version 1.0.0; Carol, and Dave for security, review all of it; Quinn of QA and Pam, a product manager, try it",
			Play: func() error {
				if err := s.Publish("v1.0.0", "1.0.0"); err != nil {
					return err
				}
				s.ReviewPR().Review(s.Carol, fakegithub.Approved, "All of it reads well.")
				s.ReviewPR().Review(s.Dave, fakegithub.Approved, "Nothing to exploit.")
				qa = s.Issue.Comment(s.Quinn, "It greets as it says.\n\n/onboard approve qa")
				pm = s.Issue.Comment(s.Pam, "Lovely.\n\n/onboard approve pm-ux")
				return nil
			},
			Done: func() bool {
				return s.Conclusion("ci-extensions-release") == "success" && s.unlabelled("stage:release") && s.unlabelled("stage:qa") &&
					s.settled(qa, "rocket") && s.settled(pm, "rocket") && s.statusSays("QA must look at **[release-qa]")
			},
		},
		{
			Title: "Quinn tries the very bundle that is to be deployed",
			Play: func() error {
				released = s.Issue.Comment(s.Quinn, s.ShownCommand("release-qa"))
				return nil
			},
			Done: func() bool {
				return s.Conclusion("community") == "success" && s.settled(released, "rocket") && s.ReviewPR() == nil && s.statusSays("🎉")
			},
		},
	}
}

// Publish publishes a build of the default branch's head as the workflows do that
// authors are given.
func (s *Story) Publish(tag, version string) error {
	bundle, err := build(strings.ReplaceAll(hello()["plugin.json"], pluginID, s.pluginID()), version)
	if err != nil {
		return err
	}
	s.Plugin.Publish(s.Alice, fakegithub.Release{
		Tag: tag, Prerelease: tag == "nightly", Assets: map[string][]byte{s.pluginID() + "-" + strings.TrimPrefix(tag, "v") + ".tar.gz": bundle},
	})
	return nil
}

var command = regexp.MustCompile("`(/onboard approve [^`]*)`")

// ShownCommand is the command by which a stage's check run says that it is approved.
func (s *Story) ShownCommand(stage string) string {
	for _, run := range s.Plugin.CheckRuns(s.Carrier()) {
		if match := command.FindStringSubmatch(run.Summary); match != nil && run.Name == onboarding.RunPrefix+stage {
			return match[1]
		}
	}
	return ""
}

// Conclusion is that of a check run on the commit that carries them, once all
// check runs are there; "" before.
func (s *Story) Conclusion(name string) string {
	runs := s.Plugin.CheckRuns(s.Carrier())
	if len(runs) < steps {
		return ""
	}
	for _, run := range runs {
		if run.Name == onboarding.RunPrefix+name {
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
	pr := lastPR(s.Plugin)
	return pr != nil && !slices.Contains(pr.Labels(), name) && !slices.Contains(s.Issue.Labels(), name)
}

// Replaced tells whether another review PR has taken the place of one, which
// the status comment and the old one say.
func (s *Story) Replaced(old *fakegithub.PullRequest) bool {
	pr := s.ReviewPR()
	return pr != nil && pr.Number != old.Number && s.statusSays(fmt.Sprintf("/pull/%d)", pr.Number)) &&
		slices.Contains(pr.Labels(), "stage:basic-review") && slices.ContainsFunc(old.Comments(), func(c fakegithub.CommentView) bool { return fromApp(c) && strings.Contains(c.Body, "Please go on") })
}

// asked tells whether people are asked to review for a stage, as the status
// comment says.
func (s *Story) asked(stage string, people ...*fakegithub.User) bool {
	for _, c := range s.Issue.Comments() {
		_, after, says := strings.Cut(c.Body, "For "+stage+" ")
		names, _, _ := strings.Cut(after, " asked.")
		if fromApp(c) && says {
			return !slices.ContainsFunc(people, func(p *fakegithub.User) bool { return !strings.Contains(names, "["+p.Login+"]") })
		}
	}
	return false
}

// mentioned tells whether the App told these people that they are waited for.
func (s *Story) mentioned(people ...*fakegithub.User) bool {
	return slices.ContainsFunc(s.Issue.Comments(), func(c fakegithub.CommentView) bool {
		return fromApp(c) && !slices.ContainsFunc(people, func(u *fakegithub.User) bool { return !strings.Contains(c.Body, "@"+u.Login) })
	})
}

// statusSays tells whether the status comment contains a text.
func (s *Story) statusSays(text string) bool {
	return slices.ContainsFunc(s.Issue.Comments(), func(c fakegithub.CommentView) bool {
		return fromApp(c) && strings.Contains(c.Body, "<!-- onboard:status:1 -->") && strings.Contains(c.Body, text)
	})
}

func fromApp(c fakegithub.CommentView) bool { return strings.HasSuffix(c.Author, "[bot]") }
