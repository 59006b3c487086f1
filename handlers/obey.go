package handlers

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// Limits of one person (S18).
const (
	commandsAnHour = 10
	refusalsADay   = 1 // in words; after that a reaction says it
)

// obedience is a text with commands, to be followed.
type obedience struct {
	repository store.Repository
	opener     onboarding.Person
	onPull     bool
	button     bool
	onPage     bool // it was given on one of the App's pages, where nobody sees a reaction

	ownerIsUser bool
	act         store.Act
	calls       []Call
	more        bool // there were more than maxCommands
	edited      bool // somebody edited the text, so it is nobody's word
}

// obey walks a text's commands through the table and records, in one
// transaction, what they decided and how to answer.
func (d Deps) obey(ctx context.Context, o obedience) error {
	known, err := d.Store.HasAct(ctx, o.act.ID)
	if err != nil || known {
		return err // the delivery came again: its answer is on record
	}
	err = d.decide(ctx, o, false)
	if errors.Is(err, errFull) {
		err = d.decide(ctx, o, true)
	}
	return err
}

// decide follows the commands and records the outcome. It fails with errFull
// if one of them would start more onboardings than the owner may have.
func (d Deps) decide(ctx context.Context, o obedience, full bool) error {
	r, err := d.request(ctx, o.repository, o.act)
	if err != nil {
		return err
	}
	r.full, r.opener, r.onPull, r.button, r.onPage, r.ownerIsUser = full, o.opener, o.onPull, o.button, o.onPage, o.ownerIsUser
	if err := r.followAll(ctx, o); err != nil {
		return err
	}
	return d.record(ctx, r)
}

// followAll follows the commands, within the sender's limits. Those beyond
// the limit do not count, so that the hour ends.
func (r *request) followAll(ctx context.Context, o obedience) error {
	now := r.act.Recorded
	hour, err := r.deps.Store.SaidSince(ctx, r.act.By.ID, now.Add(-time.Hour))
	if err != nil {
		return err
	}
	for i, call := range o.calls {
		if hour.Commands+i >= commandsAnHour {
			again := now.Add(time.Hour)
			if hour.Commands > 0 {
				again = hour.First.Add(time.Hour)
			}
			r.refuse(texts.TooManyCommands(commandsAnHour, again))
			break
		}
		r.act.Commands = append(r.act.Commands, call.Name)
		if o.edited {
			r.refuse(texts.Edited())
			continue
		}
		r.calls = i
		if err := r.follow(ctx, call); err != nil {
			return err
		}
	}
	if o.more {
		r.confuse(texts.TooManyInOne(maxCommands))
	}
	if r.started && r.act.By.ID == r.record.Author.ID {
		r.record.ActedAt, r.changed = now, true
	}
	return r.sayRefusals(ctx, now)
}

// follow looks one command up in the table and does it.
func (r *request) follow(ctx context.Context, call Call) error {
	c, ok := find(call.Name)
	if !ok {
		r.confuse(texts.UnknownCommand(call.Name, nearest(call.Name, names())))
		return nil
	}
	switch {
	case (c.started || c.running) && !r.started:
		r.confuse(texts.NotStarted(r.deps.starters()))
		return nil
	// Its delivery was late. GitHub does not tell when a button was pressed, and to look
	// once more does no harm.
	case (c.started || c.running) && !r.button && r.act.At.Before(r.record.StartedAt):
		r.confuse(texts.FormerRound())
		return nil
	case c.running && r.record.Ended():
		r.confuse(texts.Ended())
		return nil
	}
	if c.may != nil {
		may, err := c.may(ctx, r)
		if err != nil {
			return err
		}
		if !may {
			r.refuse(texts.Refused(texts.PersonLink(r.deps.WebURL, r.act.By.Login), call.Name, r.deps.who(c.Command), r.unreadable))
			return nil
		}
	}
	if r.started && r.record.Held != nil && !c.held {
		r.confuse(texts.OnHold(call.Name))
		return nil
	}
	return c.do(ctx, r, call.Args)
}

// sayRefusals puts refusals into words once a person and day; the reaction
// says the others, so that nobody can make the App talk (S18).
func (r *request) sayRefusals(ctx context.Context, now time.Time) error {
	if len(r.refusals) == 0 {
		return nil
	}
	day, err := r.deps.Store.SaidSince(ctx, r.act.By.ID, now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	if day.Refusals < refusalsADay || r.onPage {
		r.act.Answers = append(r.act.Answers, r.refusals...)
		r.act.Refused = true
	}
	return nil
}

var (
	errKnown = errors.New("the act is on record")             // somebody else was faster
	errFull  = errors.New("the owner has enough onboardings") // see maxOpen
)

// record writes down what was decided.
func (d Deps) record(ctx context.Context, r *request) error {
	err := d.Store.Write(ctx, "record "+r.act.ID, func(ctx context.Context, tx *sql.Tx) error {
		added, err := store.AddAct(ctx, tx, r.act)
		if err != nil {
			return err
		}
		if !added {
			return errKnown
		}
		if r.starts {
			// counted here, since two workers may start two at once
			open, err := store.CountOnboardings(ctx, tx, r.repository.OwnerID)
			if err != nil {
				return err
			}
			if open >= maxOpen {
				return errFull
			}
		}
		if err := r.save(ctx, tx); err != nil {
			return err
		}
		slices.Sort(r.forget)
		for _, name := range slices.Compact(r.forget) {
			if err := errors.Join(store.StaleResult(ctx, tx, r.repository.ID, name), store.RenewRun(ctx, tx, r.repository.ID, name)); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errKnown) {
		return nil
	}
	return err
}
