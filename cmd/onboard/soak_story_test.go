package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// plugin is one of the many that are onboarded at a time, with the people around it.
type plugin struct {
	*demo.Story
	world                  *soakWorld
	name                   string
	ada, quinn, pam, oscar *fakegithub.User
	others                 []*fakegithub.User // outsiders who have said no command yet
	acts                   []act
	labelled               bool
	last                   *fakegithub.PullRequest // the review PR that an act is about
}

// act is one thing that somebody does. Nothing goes on until it has become of it
// what must; what nobody waits for may come at any time, and changes nothing of
// what others see in the end.
type act struct {
	title string
	do    func() error
	done  func() bool // nil: nobody waits
}

// read is how long people read before they approve: GitHub tells seconds only, and a
// sign-off is about what was shown before it.
const read = 2 * time.Second

// treeChecks is how many checks look at other pull requests than the review PR.
const treeChecks = 3

// write makes the plugin's story, of about so many acts, by lot.
//
// The end state must not hang on the order in which the App handles what arrives:
// commands whose outcome depends on one another wait for each other, each person
// is refused one thing at the most (who is refused twice is told the first only),
// and what the checks are about to look at is pushed before it matters.
func (p *plugin) write(random *rand.Rand, length int) {
	way := p.way(random)
	ends := []int{len(way), len(way), len(way), 5, 4, 3} // after how many scenes the story ends
	way = way[:min(len(way), ends[random.IntN(len(ends))])]
	acts := 0
	for _, scene := range way {
		acts += len(scene)
	}
	each := max(1, (length-acts)/len(way)) // of what happens beside, after each scene
	for i, scene := range way {
		p.acts = append(p.acts, scene...)
		for range each {
			p.acts = append(p.acts, p.beside(random, i))
		}
	}
	switch random.IntN(6) {
	case 0:
		p.acts = append(p.acts, p.command("withdraws", p.Alice, "/onboard withdraw We go on later", "rocket", "confused"))
	case 1:
		p.acts = append(p.acts, p.command("pauses", p.pam, "/onboard pause Holidays", "rocket", "confused"))
	}
}

// way is an onboarding from its start to its end, scene by scene.
func (p *plugin) way(random *rand.Rand) [][]act {
	return [][]act{p.start(random), {p.accept(), p.licence()}, p.mishap(random), {p.nightly()}, p.basicReview(random), p.release(random)}
}

func (p *plugin) start(random *rand.Rand) []act {
	if random.IntN(2) == 0 {
		return []act{{"opens an issue with the command", func() error {
			p.Issue = p.Plugin.OpenIssue(p.Alice, "Onboard this plugin", "It says hello.\n\n/onboard")
			return nil
		}, func() bool { return has(p.Issue.Reactions(), "rocket") && p.Conclusion("licence") == "failure" }}}
	}
	return []act{
		{"opens an issue", func() error { p.Issue = p.Plugin.OpenIssue(p.Alice, "Onboard this plugin", "How?"); return nil }, nil},
		p.command("starts", p.Alice, "/onboard", "rocket"),
	}
}

func (p *plugin) accept() act {
	a := p.command("accepts", p.ada, "Welcome!\n\n/onboard accept", "rocket")
	reacted := a.done
	a.done = func() bool { return reacted() && p.ReviewPR() != nil }
	return a
}

func (p *plugin) licence() act {
	return act{"pushes the licence", func() error {
		p.Plugin.Push(p.Alice, "Add the licence", map[string]*string{"LICENSE": &demo.MIT})
		return nil
	},
		func() bool { return p.Conclusion("licence") == "success" && p.shows(p.Plugin.Head()) }}
}

// shows tells whether the review PR shows a commit of the plugin.
func (p *plugin) shows(commit string) bool {
	pr := p.ReviewPR()
	return pr != nil && strings.Contains(pr.Body(), commit[:7])
}

// mishap is what happens to the review PR.
func (p *plugin) mishap(random *rand.Rand) []act {
	remember := func(do func() error) func() error {
		return func() error {
			p.last = p.ReviewPR()
			return do()
		}
	}
	replaced := func() bool { return p.Replaced(p.last) }
	switch random.IntN(4) {
	case 0:
		return []act{{"merges the review PR by mistake", remember(func() error { return p.last.Merge(p.Bob) }), replaced}}
	case 1:
		return []act{{"deletes the review branch", remember(func() error {
			branch, _ := p.last.Head()
			return p.Plugin.DeleteBranch(p.Bob, branch)
		}), replaced}}
	case 2:
		return []act{{"closes the review PR", remember(func() error { p.last.Close(p.Bob); return nil }), func() bool { return p.last.State() == "open" }}}
	}
	return []act{{"is away for a while", func() error { return nil }, nil}}
}

func (p *plugin) nightly() act {
	return act{"publishes a nightly build", func() error { return p.Publish("nightly", "0.1.0+"+p.Plugin.Head()[:7]) },
		func() bool { return p.Conclusion("nightly-build") == "success" }}
}

func (p *plugin) basicReview(random *rand.Rand) []act {
	passed := func() bool { return p.Conclusion("ci-extensions") == "success" }
	if random.IntN(3) > 0 {
		return []act{p.reviews("approves", p.Carol, "Nice and short.", passed)}
	}
	var asked *fakegithub.Review
	acts := []act{{"asks for changes", func() error {
		asked = p.ReviewPR().Review(p.Carol, fakegithub.ChangesRequested, "Please say more.")
		return nil
	}, func() bool { return p.says("asks for changes in") }}}
	if random.IntN(2) == 0 {
		acts = append(acts, act{"dismisses the review, which changes nothing", func() error { return p.ReviewPR().Dismiss(p.Bob, asked) }, nil})
	}
	return append(acts, p.reviews("approves after all", p.Carol, "Well.", passed))
}

// says tells whether the status comment contains a text.
func (p *plugin) says(text string) bool {
	return slices.ContainsFunc(p.Issue.Comments(), func(c fakegithub.CommentView) bool {
		return strings.Contains(c.Body, "<!-- onboard:status:") && strings.Contains(c.Body, text)
	})
}

// reviews is somebody's approval of what the review PR shows.
func (p *plugin) reviews(title string, by *fakegithub.User, text string, done func() bool) act {
	return act{title, func() error {
		time.Sleep(read)
		p.ReviewPR().Review(by, fakegithub.Approved, text)
		return nil
	}, done}
}

func (p *plugin) release(random *rand.Rand) []act {
	stages := []act{
		{"publishes a release", func() error { return p.Publish("v1.0.0", "1.0.0") }, func() bool { return p.Conclusion("release") == "success" }},
		p.reviews("approves for security", p.Dave, "Nothing to exploit.", nil),
		p.reviews("approves all of it", p.Carol, "All of it reads well.", nil),
		p.signsOff("signs off for QA", p.quinn, "qa"),
		p.signsOff("signs off for PM", p.pam, "pm-ux"),
	}
	random.Shuffle(len(stages), func(i, j int) { stages[i], stages[j] = stages[j], stages[i] })
	done := stages[len(stages)-1].done
	stages[len(stages)-1].done = func() bool { return (done == nil || done()) && p.Conclusion("ci-extensions-release") == "success" }
	last := p.signsOff("signs the bundle off", p.quinn, "release-qa")
	signed := last.done
	last.done = func() bool { return signed() && p.Conclusion("community") == "success" }
	return append(stages, last)
}

// command is somebody's comment, to which the App reacts in one of these ways. Who is
// told otherwise says it again: something may have held the onboarding for a moment.
func (p *plugin) command(title string, by *fakegithub.User, text string, reactions ...string) act {
	return p.insists(title, by, func() string { return text }, reactions...)
}

// signsOff is a sign-off of what is shown, said again if it came too early or late:
// the App may have been killed between showing something and putting that on record.
func (p *plugin) signsOff(title string, by *fakegithub.User, stage string) act {
	return p.insists(title, by, func() string { return p.ShownCommand(stage) }, "rocket")
}

// insists is a command in the words of the moment, said up to four times.
func (p *plugin) insists(title string, by *fakegithub.User, words func() string, reactions ...string) act {
	var said *fakegithub.Comment
	say := func() error {
		time.Sleep(read)
		said = p.Issue.Comment(by, words())
		return nil
	}
	again := 0
	return act{title, say, func() bool {
		reacted := said.Reactions() // read once: another may come meanwhile
		if has(reacted, "confused") && reactions[0] != "confused" && again < 3 {
			again++
			_ = say()
			return false
		}
		return slices.ContainsFunc(reactions, func(r string) bool { return has(reacted, r) })
	}}
}

// beside is something that happens after a scene and decides nothing.
func (p *plugin) beside(random *rand.Rand, scene int) act {
	n := random.IntN(1000)
	issue := func() *fakegithub.Issue { return p.Issue }
	all := []func() act{
		func() act {
			return act{"chats", func() error { issue().Comment(p.oscar, fmt.Sprintf("I tried it %d times.", n)); return nil }, nil}
		},
		func() act {
			return act{"edits a comment", func() error {
				issue().Comment(p.Alice, "Thanks").Edit(p.Alice, fmt.Sprintf("Thanks, %d!", n))
				return nil
			}, nil}
		},
		func() act {
			return act{"deletes a comment", func() error { issue().Comment(p.Bob, "No.").Delete(p.Bob); return nil }, nil}
		},
		func() act {
			return act{"opens another issue", func() error { p.Plugin.OpenIssue(p.oscar, fmt.Sprintf("It fails %d", n), "Sometimes."); return nil }, nil}
		},
		func() act { return p.refused("an outsider approves", "/onboard approve qa") },
		func() act { return p.refused("an outsider mistypes", "/onboard halp") },
		func() act { return p.refused("an outsider wants to end it", "Enough!\n\n/onboard withdraw") },
		func() act {
			_, name, _ := strings.Cut(p.Plugin.FullName(), "/") // which the manifest names
			return p.rests("renames the repository", func() { p.Plugin.Rename(p.Alice, fmt.Sprintf("mattermost-plugin-%d", n)) }, func() { p.Plugin.Rename(p.Alice, name) })
		},
		func() act {
			return p.rests("archives the repository", func() { p.Plugin.Archive(p.Alice) }, func() { p.Plugin.Unarchive(p.Alice) })
		},
		func() act {
			return p.rests("makes it private", func() { p.Plugin.SetPrivate(p.Alice, true) }, func() { p.Plugin.SetPrivate(p.Alice, false) })
		},
		func() act {
			i := p.GitHub.InstallationOf(p.App, p.Alice)
			return p.rests("suspends the App", func() { i.Suspend(p.Alice) }, func() { i.Unsuspend(p.Alice) })
		},
		func() act {
			i := p.GitHub.InstallationOf(p.App, p.Alice)
			return p.rests("takes the repository from the App", func() { i.TakeAway(p.Alice, p.Plugin) }, func() { i.Give(p.Alice, p.Plugin) })
		},
		func() act { return p.label() },
		func() act {
			var pull *fakegithub.PullRequest
			return act{"opens a pull request", func() error {
				branch := fmt.Sprintf("feature-%d-%d", scene, n)
				word := fmt.Sprintf("feature %d", n)
				p.Plugin.PushBranch(p.Alice, branch, "A feature", map[string]*string{"server/feature.txt": &word})
				pull = p.Plugin.OpenPullRequest(p.Alice, "A feature", "", branch, "main")
				return nil
			}, func() bool { return len(p.Plugin.CheckRuns(pull.HeadSHA())) == treeChecks }}
		},
		func() act {
			return act{"re-runs a check", func() error {
				runs := p.Plugin.CheckRuns(p.Carrier())
				if len(runs) == 0 {
					return nil
				}
				return p.Plugin.Rerequest(p.Alice, runs[0].ID)
			}, nil}
		},
	}
	if scene < 2 { // before reviewers look at it
		all = append(all, func() act {
			text := fmt.Sprintf("# Notes\n\n%d\n", n)
			return act{"pushes a note", func() error {
				p.Plugin.Push(p.Alice, "A note", map[string]*string{"docs/notes.md": &text})
				return nil
			}, nil}
		})
	}
	return all[random.IntN(len(all))]()
}

// rests is something that holds an onboarding for a moment. Who says a command before
// the App knows that it is over, is told so.
func (p *plugin) rests(what string, hold, free func()) act {
	return act{what + ", and thinks better of it", func() error {
		hold()
		time.Sleep(read / 4)
		free()
		return nil
	}, p.goesOn}
}

// refused is a command of somebody who may not, and has not said one before.
func (p *plugin) refused(title, text string) act {
	if len(p.others) == 0 {
		return act{"chats on", func() error { p.Issue.Comment(p.oscar, "Well."); return nil }, nil}
	}
	by := p.others[0]
	p.others = p.others[1:]
	return p.command(title, by, text, "confused")
}

// label puts a label on that only some may, once: the App takes it off three times a day.
func (p *plugin) label() act {
	if p.labelled {
		return act{"chats away", func() error { p.Issue.Comment(p.oscar, "Hm."); return nil }, nil}
	}
	p.labelled = true
	return act{"puts a label on", func() error { p.Issue.AddLabel(p.oscar, "stage:release-qa"); return nil }, nil}
}

func has(reactions []fakegithub.Reaction, content string) bool {
	return slices.ContainsFunc(reactions, func(r fakegithub.Reaction) bool { return r.Content == content })
}
