package web

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// Team tells who may be asked to decide.
type Team interface {
	// Candidates are all who have a role, and whether they are away; how much they
	// have to do is not told. On an error there may be more: those returned are
	// certain.
	Candidates(ctx context.Context) ([]onboarding.Candidate, error)
}

// Reviewers is who is asked to decide something, and who could be.
type Reviewers struct {
	Incomplete bool       `json:"incomplete"` // GitHub does not tell at present of all who has a role
	MaxOpen    int        `json:"max_open"`   // who is asked for so much is asked for nothing more; 0 for no limit
	Roles      []RoleLoad `json:"roles"`      // that decide stages
	People     []Reviewer `json:"people"`     // who is asked for most comes first
}

// RoleLoad is who of a role could be asked next.
type RoleLoad struct {
	Role   onboarding.Role `json:"role"`   // as it is configured
	People int             `json:"people"` // who have the role
	Away   int             `json:"away"`   // of these, as they say
	Busy   int             `json:"busy"`   // of these, who are here and asked for as much as may be
	Least  int             `json:"least"`  // for how much those are asked who are asked for least
	Next   []string        `json:"next"`   // logins of those, of whom the next is picked if nothing speaks against it
}

// Reviewer is somebody who has a role or is asked to decide something.
type Reviewer struct {
	Login     string            `json:"login"`               // on GitHub
	Roles     []onboarding.Role `json:"roles"`               // none: whoever asked them did so when they had one
	Away      bool              `json:"away"`                // and not asked for a while
	AwayUntil time.Time         `json:"away_until,omitzero"` // when they are asked again; none if they are not away, or nobody knows
	Open      []Request         `json:"open"`                // what they are asked for, the oldest first
	Answers   int               `json:"answers"`             // that they gave in the last 90 days
	Median    int64             `json:"median_seconds"`      // how long they took for half of these at most; 0 if there are none

	id int64
}

// Request is a stage of a plugin that somebody is asked to decide.
type Request struct {
	Repository string    `json:"repository"` // owner/name
	URL        string    `json:"url"`        // path of the stage's page
	Stage      string    `json:"stage"`      // that they are asked to decide
	Since      time.Time `json:"since"`      // when they were asked
	Standing   string    `json:"standing"`   // paused or held, if it waits for something else before; else ""
}

// answersFor is for how long answers count in the median.
const answersFor = 90 * 24 * time.Hour

// teamTimeout bounds how long GitHub is asked who has a role.
const teamTimeout = 5 * time.Second

func (w *Web) reviewers(v *visit) (page, error) {
	cards, err := w.Store.Cards(v.ctx)
	if err != nil {
		return page{}, err
	}
	answers, err := w.Store.Answers(v.ctx, w.Now().Add(-answersFor))
	if err != nil {
		return page{}, err
	}
	candidates, known := w.candidates(v.ctx)
	model := Reviewers{Incomplete: !known, MaxOpen: w.MaxOpen, Roles: []RoleLoad{}, People: peopleOf(candidates, cards, answers)}
	for _, role := range w.Pipeline.Roles() {
		model.Roles = append(model.Roles, loadOf(role, model.People, w.MaxOpen))
	}
	return page{name: "reviewers", title: "Reviewers", model: model}, nil
}

// candidates are who has a role; known is false if that is not all.
func (w *Web) candidates(ctx context.Context) (candidates []onboarding.Candidate, known bool) {
	ctx, cancel := context.WithTimeout(ctx, teamTimeout)
	defer cancel()
	candidates, err := w.Team.Candidates(ctx)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("who has a role cannot be read, so a page shows only some of them")
	}
	return candidates, err == nil
}

// peopleOf is everybody who has a role or is asked for something.
func peopleOf(candidates []onboarding.Candidate, cards []store.Carded, answers []onboarding.Decision) []Reviewer {
	people := []Reviewer{}
	index := map[int64]int{}
	add := func(p onboarding.Person) *Reviewer {
		i, ok := index[p.ID]
		if !ok {
			i = len(people)
			index[p.ID], people = i, append(people, Reviewer{id: p.ID, Login: p.Login, Roles: []onboarding.Role{}, Open: []Request{}})
		}
		return &people[i]
	}
	for _, c := range candidates {
		r := add(c.Person)
		r.Roles, r.Away, r.AwayUntil = c.Roles, c.Away, c.AwayUntil
	}
	for _, c := range cards {
		for _, asked := range c.Card.Requests {
			r := add(asked.Person)
			r.Open = append(r.Open, requestOf(c, asked))
		}
	}
	for i := range people {
		slices.SortStableFunc(people[i].Open, func(a, b Request) int { return a.Since.Compare(b.Since) })
		people[i].Answers, people[i].Median = median(answers, people[i].id)
	}
	slices.SortFunc(people, func(a, b Reviewer) int {
		return cmp.Or(cmp.Compare(len(b.Open), len(a.Open)), strings.Compare(strings.ToLower(a.Login), strings.ToLower(b.Login)), cmp.Compare(a.id, b.id))
	})
	return people
}

func requestOf(c store.Carded, asked onboarding.Asking) Request {
	return Request{
		Repository: c.Repository.FullName(), URL: pluginURL(c.Repository) + "/" + asked.Stage, Stage: asked.Stage,
		Since: asked.Since, Standing: c.Card.Standing,
	}
}

// median is how many answers a person gave, and how long they took for half of
// these at most, in seconds.
func median(answers []onboarding.Decision, person int64) (n int, seconds int64) {
	var took []int64
	for _, d := range answers {
		if d.By.ID == person {
			took = append(took, int64(max(0, d.At.Sub(d.Asked)).Seconds()))
		}
	}
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return len(took), took[(len(took)-1)/2]
}

// loadOf is who of a role could be asked next, as far as it does not depend on the
// plugin.
func loadOf(role onboarding.Role, people []Reviewer, most int) RoleLoad {
	load := RoleLoad{Role: role, Next: []string{}}
	for _, p := range people {
		if !slices.Contains(p.Roles, role) {
			continue
		}
		load.People++
		switch {
		case p.Away:
			load.Away++
		case most > 0 && len(p.Open) >= most:
			load.Busy++
		case len(load.Next) == 0 || len(p.Open) < load.Least:
			load.Least, load.Next = len(p.Open), []string{p.Login}
		case len(p.Open) == load.Least:
			load.Next = append(load.Next, p.Login)
		}
	}
	return load
}

// yours are what the visitor is asked for, the oldest first: of what rests and of
// what they may not see, nothing.
func yours(visitor Visitor, cards []store.Carded) []Request {
	list := []Request{}
	for _, c := range cards {
		for _, asked := range c.Card.Requests {
			if visitor.SignedIn() && asked.Person.ID == visitor.Person.ID && c.Card.Standing == "" && seesCard(visitor, c) {
				list = append(list, requestOf(c, asked))
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Request) int { return a.Since.Compare(b.Since) })
	return list
}
