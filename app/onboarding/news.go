package onboarding

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Event is a kind of news.
type Event string

// The events that are told in chat.
const (
	EventStarted   Event = "started"     // and accepted: nobody hears of a start before (S18)
	EventBuild     Event = "build-ready" // the nightly build passed: it can be pulled every night
	EventWanted    Event = "wanted"      // somebody's review or sign-off
	EventGate      Event = "gate"        // was reached
	EventTurnedBad Event = "turned-bad"  // the nightly build
	EventStuck     Event = "stuck"       // a role is late
	EventWithdrawn Event = "withdrawn"
)

// News is something that happened in an onboarding and is told once.
type News struct {
	Event  Event
	Key    string // names it among all news of the repository
	At     time.Time
	Stage  string // or gate; "" if it is about none
	Party  Party  // EventWanted, EventStuck: who is wanted
	People []Person
}

// NewsOf is what there is to tell of a round by now, in order. The same record has
// the same news, by their keys: whoever tells them remembers which were told. Since
// is when the turn on each stage began.
func NewsOf(r Record, v Verdict, f Facts, since map[string]time.Time) []News {
	if !r.Accepted() {
		return nil
	}
	var list []News
	add := func(n News, parts ...string) {
		n.Key = fmt.Sprintf("%d/%s", r.Round, strings.Join(append([]string{string(n.Event)}, parts...), "/"))
		list = append(list, n)
	}
	add(News{Event: EventStarted, At: r.AcceptedAt})
	if build := f.Results[NightlyStage]; build.Outcome == OutcomePass && build.Measure("url") != "" {
		add(News{Event: EventBuild, At: build.At, Stage: NightlyStage}, build.Measure("url"))
	} else if !build.Turned.IsZero() {
		add(News{Event: EventTurnedBad, At: build.Turned, Stage: NightlyStage}, stamp(build.Turned))
	}
	if !r.Rests() && !r.Ended() {
		for _, s := range v.Standings {
			at := since[s.Name]
			if !s.Open() || !s.Turn.IsRole() || at.IsZero() {
				continue
			}
			n := News{Event: EventWanted, At: at, Stage: s.Name, Party: s.Turn}
			parts := []string{s.Name, stamp(at)}
			for _, q := range r.Asked[s.Name] {
				n.People = append(n.People, q.Person)
				parts = append(parts, q.Person.Login)
			}
			slices.Sort(parts[2:])
			add(n, parts...)
		}
	}
	for _, s := range v.Standings {
		if at, was := r.Reached[s.Name]; was && s.Kind == KindGate {
			add(News{Event: EventGate, At: at, Stage: s.Name}, s.Name)
		}
	}
	for _, said := range r.Said.Last {
		if said.Reminder == Escalate {
			s, _ := v.Standing(said.Stage)
			add(News{Event: EventStuck, At: said.At, Stage: said.Stage, Party: s.Turn}, said.Stage, stamp(said.At))
		}
	}
	if r.Withdrawn != nil {
		add(News{Event: EventWithdrawn, At: r.EndedAt})
	}
	slices.SortStableFunc(list, func(a, b News) int { return a.At.Compare(b.At) })
	return list
}

func stamp(t time.Time) string { return fmt.Sprint(t.Unix()) }
