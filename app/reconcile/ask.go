package reconcile

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
)

// Roles tells who has a role. On an error there may be more people: those
// returned are certain.
type Roles interface {
	// Configured tells whether there is such a role. A pipeline of before may name
	// one that is gone: then nobody has it.
	Configured(role onboarding.Role) bool
	Members(ctx context.Context, role onboarding.Role) ([]onboarding.Person, error)

	// Named returns whom a configured login named first; nobody if GitHub knows
	// no such person.
	Named(ctx context.Context, login string) (onboarding.Person, error)
}

// Away is somebody who is not asked to review for a time.
type Away struct {
	Login string    // as it is configured
	Back  time.Time // when they are asked again; zero if nobody knows
}

// How long after a failure it is asked again who has a role, soon if it was GitHub's
// own: that another organisation's installation cannot be used now holds nothing
// else up.
const (
	rolesSoon  = time.Minute
	rolesAgain = 15 * time.Minute
)

// ask asks people to decide what waits for a role: reviews are requested on the
// review PR, for all else, and where GitHub does not let the App request somebody,
// the next turn comment names them. What is asked in vain is taken back.
func (l *look) ask(ctx context.Context, verdict onboarding.Verdict) error {
	if l.Roles == nil || !l.record.Accepted() || l.record.Ended() || l.record.Paused != nil {
		return nil // S18: nobody is bothered before
	}
	l.refused = map[int64]bool{}
	for _, asked := range l.record.Asked {
		for _, r := range asked {
			l.refused[r.Person.ID] = l.refused[r.Person.ID] || r.ByName && r.Pull != 0
		}
	}
	var first onboarding.Person // who did the review before is asked again
	for _, stage := range l.pipeline.Stages {
		standing, _ := verdict.Standing(stage.Name)
		if stage.Kind != onboarding.Review {
			stage.Role = onboarding.Role(standing.Turn) // of an appeal, the admins
		} else if !l.reviewable() {
			continue
		}
		if err := l.askFor(ctx, stage, standing, first); err != nil {
			return err
		}
		if len(standing.Approvals) > 0 && stage.Kind == onboarding.Review {
			first = standing.Approvals[0].By
		}
	}
	return nil
}

// reviewable tells whether there is a review PR that counts and is up to date, or that needs none
// since nothing changed.
func (l *look) reviewable() bool {
	pr, no := l.record.ReviewPR, l.record.NoReviewPR
	if no != nil && no.Unchanged != "" {
		return true
	}
	return pr.Open() && len(pr.Gaps) == 0 && no == nil && pr.Last().Source == l.view.Facts.Commit
}

// asks tells whether a stage wants somebody to be asked.
func asks(s onboarding.Standing) bool {
	if s.Kind == onboarding.Review { // while one asks for changes, others can look
		return s.Open()
	}
	return s.State == onboarding.Waiting && s.Turn.IsRole()
}

// askFor asks for one stage; of one that wants nobody everything is taken back.
func (l *look) askFor(ctx context.Context, stage onboarding.Stage, standing onboarding.Standing, first onboarding.Person) error {
	number, before := 0, l.record.Asked[stage.Name]
	if pr := l.record.ReviewPR; stage.Kind == onboarding.Review && pr.Open() {
		number = pr.Number
	}
	var choice onboarding.Choice
	if asks(standing) {
		panel, known, err := l.panel(ctx, stage, standing, first)
		if err != nil {
			return err
		}
		if !known && len(before) > 0 && before[0].Pull == number {
			return nil // who lacks a role, and who only seems to?
		}
		choice = onboarding.Choose(panel, l.now)
		if known {
			l.lack(stage.Name, choice)
		}
	}
	var asked []onboarding.Request
	for _, pick := range choice.Ask {
		i := slices.IndexFunc(before, func(r onboarding.Request) bool { return r.Person.ID == pick.Person.ID && r.Pull == number })
		if i >= 0 {
			again := before[i]
			again.Person = pick.Person // with the present login
			asked = append(asked, again)
			continue
		}
		byName := number == 0 || l.refused[pick.Person.ID]
		if !byName {
			var err error
			if byName, err = l.github.RequestReview(ctx, number, pick.Person); err != nil {
				return err
			}
		}
		asked = append(asked, onboarding.Request{Person: pick.Person, Pull: number, At: l.now, ByName: byName})
	}
	if err := l.takeBack(ctx, stage.Name, standing, asked); err != nil {
		return err
	}
	if slices.Equal(asked, before) {
		return nil
	}
	if l.record.Asked == nil {
		l.record.Asked = map[string][]onboarding.Request{}
	}
	if l.record.Asked[stage.Name] = asked; len(asked) == 0 {
		delete(l.record.Asked, stage.Name)
	}
	return l.saveRecord(ctx, "record who is asked for "+stage.Name)
}

// takeBack takes back on GitHub the requests of those who are asked no more.
func (l *look) takeBack(ctx context.Context, stage string, standing onboarding.Standing, asked []onboarding.Request) error {
	pr := l.record.ReviewPR
	for _, r := range l.record.Asked[stage] {
		stays := slices.ContainsFunc(asked, func(other onboarding.Request) bool { return other.Person.ID == r.Person.ID })
		// GitHub itself takes back the request of who has reviewed
		reviewed := slices.ContainsFunc(standing.Approvals, func(d onboarding.Decision) bool { return d.By.ID == r.Person.ID }) ||
			standing.Objection != nil && standing.Objection.By.ID == r.Person.ID
		if stays || reviewed || r.ByName || pr == nil || r.Pull != pr.Number || l.askedElsewhere(stage, r) {
			continue
		}
		if err := l.github.TakeReviewBack(ctx, r.Pull, r.Person); err != nil {
			return err
		}
	}
	return nil
}

// askedElsewhere tells whether a person is asked for another stage, too: GitHub
// knows one request of a person and PR.
func (l *look) askedElsewhere(stage string, r onboarding.Request) bool {
	for name, asked := range l.record.Asked {
		if name != stage && slices.ContainsFunc(asked, func(o onboarding.Request) bool { return o.Person.ID == r.Person.ID && o.Pull == r.Pull }) {
			return true
		}
	}
	return false
}

// panel is all that counts when people are chosen for a stage. Unless known is
// true, more people may have the roles.
func (l *look) panel(ctx context.Context, stage onboarding.Stage, standing onboarding.Standing, first onboarding.Person) (panel onboarding.Panel, known bool, err error) {
	panel = onboarding.Panel{Record: l.record, Stage: stage, Decided: standing.Approvals, First: first, MaxOpen: l.MaxOpen}
	panel.Declined, panel.Assigned, panel.Unassigned = l.record.Declined[stage.Name], l.record.Assigned[stage.Name], l.record.Unassigned[stage.Name]
	if o := standing.Objection; o != nil && standing.Turn == onboarding.Author {
		panel.Decided = append(slices.Clone(panel.Decided), *o)
	} else if o != nil { // there are changes: who asked for them is to look
		panel.First = o.By
	}
	for _, r := range l.record.Asked[stage.Name] {
		panel.Asked = append(panel.Asked, r.Person)
		if r.ByName {
			panel.Refused = append(panel.Refused, r.Person)
		}
	}
	load, err := l.Store.Asked(ctx, l.repository.ID, stage.Name)
	if err != nil {
		return panel, false, err
	}
	away, err := l.away(ctx)
	known = l.isKnown(ctx, err)
	for _, role := range stage.Deciders() {
		people, err := l.Roles.Members(ctx, role)
		known = l.isKnown(ctx, err) && known
		for _, person := range people {
			i := slices.IndexFunc(panel.Candidates, func(c onboarding.Candidate) bool { return c.Person.ID == person.ID })
			if i < 0 {
				i = len(panel.Candidates)
				back, isAway := away[person.ID]
				panel.Candidates = append(panel.Candidates, onboarding.Candidate{
					Person: person, OpenReviews: load[person.ID], Away: isAway, AwayUntil: back,
				})
			}
			panel.Candidates[i].Roles = append(panel.Candidates[i].Roles, role)
		}
	}
	return panel, known, nil
}

// isKnown tells whether nothing hid who can be asked. If something did it is
// asked again after a while, or when an operator has mended it: /readyz tells.
func (l *look) isKnown(ctx context.Context, err error) bool {
	if err != nil && !ghapi.OnlyRoles(err) {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("who has a role cannot be read, so nobody new is asked for a while")
		again := rolesAgain
		if lost := (*ghapi.LostError)(nil); isAway(err) && !errors.As(err, &lost) {
			again = rolesSoon
		}
		l.askAgainAt(l.now.Add(again))
	}
	return err == nil
}

// askAgainAt has people asked again at a time; the earliest one counts.
func (l *look) askAgainAt(at time.Time) {
	if l.askAgain.IsZero() || at.Before(l.askAgain) {
		l.askAgain = at
	}
}

// away returns who is away, by their ids, and until when; zero if nobody knows.
func (l *look) away(ctx context.Context) (map[int64]time.Time, error) {
	away := map[int64]time.Time{}
	var unknown []error
	for _, a := range l.Away {
		person, err := l.Roles.Named(ctx, a.Login)
		unknown = append(unknown, err)
		away[person.ID] = a.Back
	}
	delete(away, 0) // logins that GitHub does not know
	return away, errors.Join(unknown...)
}

// lack has the status comment say whom a stage lacks, and looks again when
// somebody is back.
func (l *look) lack(stage string, choice onboarding.Choice) {
	if len(choice.Missing) == 0 {
		return
	}
	if l.view.Lacking == nil {
		l.view.Lacking = map[string]onboarding.Choice{}
	}
	l.view.Lacking[stage] = choice
	if !choice.Next.IsZero() {
		l.askAgainAt(choice.Next)
	}
}
