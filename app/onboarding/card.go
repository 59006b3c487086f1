package onboarding

import (
	"strings"
	"time"
)

// Card is an onboarding at a glance, as a board shows it beside many others.
type Card struct {
	Round     int       `json:"round"`              // from 1
	Issue     int       `json:"issue"`              // number of the tracking issue
	Author    Person    `json:"author"`             // of the plugin
	StartedAt time.Time `json:"started_at"`         // the round
	EndedAt   time.Time `json:"ended_at,omitzero"`  // complete or withdrawn
	Private   bool      `json:"private,omitempty"`  // when it started
	Standing  string    `json:"standing"`           // held, paused, withdrawn or complete; "" while it is under way
	Why       Holding   `json:"why,omitempty"`      // it is held
	Next      Turn      `json:"next"`               // who must act, on which stage
	Since     time.Time `json:"since,omitzero"`     // when Next began; zero if it is not known
	Asked     []string  `json:"asked,omitempty"`    // logins of those who are asked for it
	Requests  []Asking  `json:"requests,omitempty"` // all who are asked, for whatever stage
	Stages    []Step    `json:"stages"`             // in the pipeline's order
	Gates     []Step    `json:"gates"`              // in the pipeline's order
	Nights    []Night   `json:"nights,omitempty"`   // of the nightly build, oldest first
}

// Asking is that somebody is asked to decide a stage.
type Asking struct {
	Stage  string    `json:"stage"`  // that is to be decided
	Person Person    `json:"person"` // who is asked
	Since  time.Time `json:"since"`  // when they were asked
}

// Step is a stage or a gate on a card.
type Step struct {
	Name    string `json:"name"`              // of its check run, without onboarding/
	State   State  `json:"state"`             // where it stands
	Passing int    `json:"passing,omitempty"` // of a gate: how many of those that it needs are green
	Total   int    `json:"total,omitempty"`   // of a gate: how many it needs
}

// Night is what a check saw outside the repository in one night.
type Night struct {
	Night   string  `json:"night"`   // the day in UTC, "2026-12-03"
	Outcome Outcome `json:"outcome"` // "" if it is not known
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
		for _, request := range r.Asked[s.Name] {
			if !r.Ended() {
				card.Requests = append(card.Requests, Asking{Stage: s.Name, Person: request.Person, Since: request.At})
			}
		}
		step := Step{Name: s.Name, State: s.State, Passing: s.Passing, Total: s.Total}
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
