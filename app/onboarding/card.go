package onboarding

import (
	"strings"
	"time"
)

// Card is an onboarding at a glance, as a board shows it beside many others.
type Card struct {
	Round     int       `json:"round"`
	Issue     int       `json:"issue"` // number of the tracking issue
	Author    Person    `json:"author"`
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	Private   bool      `json:"private,omitempty"` // when it started
	Standing  string    `json:"standing"`          // held, paused, withdrawn or complete; "" while it is under way
	Why       Holding   `json:"why,omitempty"`     // it is held
	Next      Turn      `json:"next"`
	Since     time.Time `json:"since,omitzero"`  // when Next began; zero if it is not known
	Asked     []string  `json:"asked,omitempty"` // logins of those who are asked for it
	Stages    []Step    `json:"stages"`
	Gates     []Step    `json:"gates"`
	Nights    []Night   `json:"nights,omitempty"` // of the nightly build, oldest first
}

// Step is a stage or a gate on a card.
type Step struct {
	Name  string `json:"name"`
	State State  `json:"state"`
}

// Night is what a check saw outside the repository in one night.
type Night struct {
	Night   string  `json:"night"` // the day in UTC, "2026-12-03"
	Outcome Outcome `json:"outcome"`
}

// CardOf makes the card of an onboarding that stands like this. What a record
// does not tell is left to the caller: Since and Nights.
func CardOf(r Record, verdict Verdict) Card {
	card := Card{
		Round: r.Round, Issue: r.Issue, Author: r.Author, StartedAt: r.StartedAt, EndedAt: r.EndedAt, Private: r.Private,
		Standing: strings.TrimPrefix(r.StateLabel(), "onboarding:"), Next: verdict.Next,
	}
	if r.Held != nil {
		card.Why = r.Held.Why
	}
	if card.Standing != "" && card.Next.Party != Party(Admin) {
		card.Next = Turn{} // nobody is asked for anything
	}
	if card.Next.Party != Author {
		for _, request := range r.Asked[card.Next.Stage] {
			card.Asked = append(card.Asked, request.Person.Login)
		}
	}
	for _, s := range verdict.Standings {
		step := Step{Name: s.Name, State: s.State}
		if s.Kind == KindGate {
			card.Gates = append(card.Gates, step)
		} else {
			card.Stages = append(card.Stages, step)
		}
	}
	return card
}

// Column is under what a board shows the card: how the whole onboarding stands, or
// else the stage that somebody must act on, or that is being looked at; "" if it
// waits for nothing at present.
func (c Card) Column() string {
	if c.Standing != "" {
		return c.Standing
	}
	if c.Next.Stage != "" {
		return c.Next.Stage
	}
	for _, s := range c.Stages {
		if s.State == Running || s.State == Undecided {
			return s.Name
		}
	}
	return ""
}
