package handlers

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// labelling is a label that somebody put on or took off.
type labelling struct {
	Event
	Sender user
	Label  string // "" if the label itself was deleted: then nobody decided anything
	Number int    // of the issue or PR
	At     time.Time
}

// labelled puts on record what a label decides: put on by somebody who runs the
// stage it opens the stage early, or again; taken off by them it closes it. What
// anybody else does to labels decides nothing, and the look puts them back
// (design.md, "Labels").
func (d Deps) labelled(ctx context.Context, l labelling) error {
	record, _, err := d.Store.Onboarding(ctx, l.Repository.ID)
	if err != nil {
		return err
	}
	stage, known := record.JudgedBy(d.Pipeline).StageByLabel(l.Label)
	if !known || l.Sender.Type != "User" {
		return d.keep(ctx, l.repository())
	}
	r, err := d.request(ctx, l.repository(), store.Act{
		// Label events have no id of their own; the issue's time of change is signed
		// (S14), and in seconds: other repositories have an issue of this number.
		ID:         fmt.Sprintf("label/%d/%d/%s/%s/%d", l.Repository.ID, l.Number, stage.Name, l.Action, l.At.UnixMilli()),
		Repository: l.Repository.ID, Issue: l.Number,
		By: l.Sender.person(), At: l.At,
	})
	if err != nil || !r.started {
		return err
	}
	if err := r.label(ctx, stage, l.Action == "labeled"); err != nil {
		return err
	}
	return d.Store.Write(ctx, "record "+r.act.ID, func(ctx context.Context, tx *sql.Tx) error {
		if len(r.act.Answers) > 0 {
			if _, err := store.AddAct(ctx, tx, r.act); err != nil {
				return err
			}
		}
		return r.save(ctx, tx)
	})
}

// labelsLately is how often the sender decided something by a label in the hour
// before: labels have the limit of commands, for each repository (S17, S18).
func (r *request) labelsLately() (n int) {
	for _, d := range r.record.Decisions {
		if d.By.ID == r.act.By.ID && strings.HasPrefix(d.ID, "label/") && d.At.After(r.act.At.Add(-time.Hour)) {
			n++
		}
	}
	return n
}

// label decides what a stage's label means.
func (r *request) label(ctx context.Context, stage onboarding.Stage, on bool) error {
	runs := append(stage.Deciders(), onboarding.PM, onboarding.Admin)
	may, err := decides(runs...)(ctx, r)
	if err != nil {
		return err
	}
	if !may {
		if !r.record.LabelsExplained && r.unreadable == "" { // once a round: people try it, and bots do it all day
			r.record.LabelsExplained, r.changed = true, true
			r.answer(texts.LabelRefused(r.link(r.act.By), stage.LabelName(), texts.Deciders(runs)))
		}
		return nil
	}
	if r.record.Held != nil { // whoever may is told nothing: the check runs say that it is held
		return nil
	}
	if r.labelsLately() >= commandsAnHour { // the look puts it back
		return nil
	}
	verdict, err := r.stands(ctx)
	if err != nil {
		return err
	}
	standing, _ := verdict.Standing(stage.Name)
	verb := onboarding.Close
	switch {
	case on && standing.State == onboarding.Later, on && standing.State == onboarding.Closed:
		verb = onboarding.Open
	case on && standing.Holds():
		verb = onboarding.Reopen
	case on || !standing.Open():
		return nil // it is as it should be
	default:
		r.answer(texts.ClosedByLabel(r.link(r.act.By), stage.Name))
	}
	return r.decide(ctx, onboarding.Decision{Verb: verb, Stage: stage.Name})
}
