package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// neighbour is another plugin of the demo, which stands somewhere on its climb when
// people look at the board.
type neighbour struct {
	author string
	plugin string
	start  int // day on which it begins, from 0
	every  int // days between what its people do
	acts   []func(*Story) error
	bad    func(day int) bool // nights in which no good build comes out; nil for none
	last   int                // day after which no more builds come; 0 for none
}

// days is how long the neighbours' story takes: the nights that a card shows.
const days = 15

// neighbours are a dozen plugins, each at another place.
func neighbours() []neighbour {
	type acts = []func(*Story) error
	with := func(before acts, more ...func(*Story) error) acts { return slices.Concat(before, more) }
	built := acts{begin, accept, addLicence, buildNightly}
	reviewed := with(built, approveFirst)
	released := with(reviewed, releaseAndReview, signOff)
	return []neighbour{
		{author: "nadia", plugin: "mattermost-plugin-standup", start: 13, every: 1, acts: acts{begin}},
		{author: "tom", plugin: "mattermost-plugin-polls", start: 8, every: 1, acts: acts{begin, accept}},
		{author: "ines", plugin: "mattermost-plugin-kudos", start: 9, every: 1, acts: acts{begin, accept, addLicence}},
		{author: "kofi", plugin: "mattermost-plugin-oncall", start: 5, every: 2, acts: built},
		{author: "mei", plugin: "mattermost-plugin-calendar", start: 0, every: 2, acts: reviewed},
		{
			author: "lars", plugin: "mattermost-plugin-retro", start: 1, every: 1, acts: with(reviewed, wantChanges),
			bad: func(day int) bool { return day%5 == 3 },
		},
		{author: "yara", plugin: "mattermost-plugin-translate", start: 0, every: 2, acts: with(reviewed, releaseAndReview)},
		{author: "ben", plugin: "mattermost-plugin-incidents", start: 0, every: 1, acts: released, bad: func(day int) bool { return day == 9 || day == 10 }},
		{author: "sofia", plugin: "mattermost-plugin-handbook", start: 0, every: 1, acts: with(released, finish)},
		{author: "omar", plugin: "mattermost-plugin-birthdays", start: 2, every: 2, acts: acts{begin, accept, rest}},
		{author: "zoe", plugin: "mattermost-plugin-dice", start: 3, every: 2, acts: acts{begin, withdraw}},
		{author: "ravi", plugin: "mattermost-plugin-maps", start: 1, every: 2, last: 10, acts: with(reviewed, archive)},
	}
}

// What people of a neighbour do.

func begin(s *Story) error {
	s.Issue = s.Plugin.OpenIssue(s.Alice, "To the community server, please", "/onboard")
	return nil
}

func accept(s *Story) error { return s.says(s.Ada, "/onboard accept") }

func addLicence(s *Story) error {
	repaired := fixed()
	s.Plugin.Push(s.Alice, "Add the licence", map[string]*string{"LICENSE": &MIT, "server/greeting.go": &repaired})
	return nil
}

func buildNightly(s *Story) error { return s.Publish("nightly", "0.1.0+"+s.Plugin.Head()[:7]) }

func approveFirst(s *Story) error { return s.reviews(fakegithub.Approved, "Short and clear.", s.Carol) }

func wantChanges(s *Story) error {
	return s.reviews(fakegithub.ChangesRequested, "Please check what comes from the settings before it is used.", s.Dave)
}

func releaseAndReview(s *Story) error {
	if err := s.Publish("v1.0.0", "1.0.0"); err != nil {
		return err
	}
	return s.reviews(fakegithub.Approved, "All of it reads well.", s.Bob, s.Dave)
}

func signOff(s *Story) error {
	return errors.Join(s.says(s.Quinn, "/onboard approve qa"), s.says(s.Pam, "/onboard approve pm-ux"))
}

func finish(s *Story) error { return s.says(s.Quinn, s.ShownCommand("release-qa")) }
func rest(s *Story) error   { return s.says(s.Pam, "/onboard pause Until their conference is over.") }
func withdraw(s *Story) error {
	return s.says(s.Alice, "/onboard withdraw Another plugin does it better.")
}

func archive(s *Story) error {
	s.Plugin.Archive(s.Alice)
	return nil
}

// says has somebody comment on the issue.
func (s *Story) says(by *fakegithub.User, text string) error {
	s.Issue.Comment(by, text)
	return nil
}

// reviews has people review the review PR.
func (s *Story) reviews(state, text string, people ...*fakegithub.User) error {
	pr := s.ReviewPR()
	if pr == nil {
		return fmt.Errorf("%s has no review pull request", s.Plugin.FullName())
	}
	for _, person := range people {
		pr.Review(person, state, text)
	}
	return nil
}

// settle fills the demo's board: it plays what a dozen neighbours do, day by day.
func settle(ctx context.Context, story *Story, onboard *app.App) error {
	var town []*Story
	list := neighbours()
	for _, n := range list {
		town = append(town, story.Another(n.author, n.plugin))
	}
	for day := range days {
		for i, n := range list {
			if err := n.live(town[i], day); err != nil {
				return fmt.Errorf("day %d of %s: %w", day, n.plugin, err)
			}
		}
		if err := quiet(ctx, story, onboard); err != nil {
			return fmt.Errorf("day %d of the neighbours: %w", day, err)
		}
		story.later.Add(int64(24 * time.Hour))
		onboard.Wake()
	}
	return quiet(ctx, story, onboard)
}

// live does what is to be done on a day: an act, or the build of the night.
func (n neighbour) live(s *Story, day int) error {
	step := (day - n.start) / n.every
	built := n.start + 3*n.every // when buildNightly is done
	switch {
	case day < n.start:
		return nil
	case (day-n.start)%n.every == 0 && step < len(n.acts):
		return n.acts[step](s)
	case day <= built || len(n.acts) < 4 || n.last > 0 && day > n.last:
		return nil
	case n.bad != nil && n.bad(day):
		return s.Publish("nightly", "broken")
	}
	return buildNightly(s)
}

// quiet waits until everything that happened has been dealt with.
func quiet(ctx context.Context, story *Story, onboard *app.App) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for range 2 { // the work causes deliveries, of the App's own acts
		if err := story.GitHub.Settled(ctx); err != nil {
			return err
		}
		if err := onboard.Idle(ctx); err != nil {
			return err
		}
	}
	return nil
}
