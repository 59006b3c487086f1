package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// turns keeps whose turn each stage is, and since when, and tells those who are
// waited for in one comment: what is new to them, and what is due by the calendar.
func (l *look) turns(ctx context.Context, verdict onboarding.Verdict) error {
	var err error
	if l.since, err = l.noteTurns(ctx, verdict); err != nil {
		return err
	}
	waiting := l.outstanding(verdict, l.since)
	agenda := l.Calendar.Due(waiting, l.now)
	if len(agenda.Due) > 0 {
		if err := l.tell(ctx, agenda.Due); err != nil {
			return err
		}
	}
	l.remind = agenda.Next
	return l.noteSaid(ctx, waiting.Say(agenda.Due, l.now), agenda.Due)
}

// noteTurns puts on record, with the audit log (S22), whose turn it is on each
// stage, and returns since when, by stage.
func (l *look) noteTurns(ctx context.Context, verdict onboarding.Verdict) (since map[string]time.Time, err error) {
	turns, err := l.Store.Turns(ctx, l.repository.ID, l.record.Round)
	if err != nil {
		return nil, err
	}
	present := map[string]store.Turn{}
	for _, t := range turns {
		if !t.Since.IsZero() {
			present[t.Stage] = t
		}
	}
	since = map[string]time.Time{}
	var passed []onboarding.Turn
	for _, s := range verdict.Standings {
		party := onboarding.Nobody
		if s.Open() && !l.record.Ended() && !l.record.Rests() { // no clock runs meanwhile
			party = s.Turn
		}
		if party == present[s.Name].Party {
			since[s.Name] = present[s.Name].Since
			continue
		}
		since[s.Name] = l.now
		passed = append(passed, onboarding.Turn{Party: party, Stage: s.Name})
	}
	if len(passed) == 0 {
		return since, nil
	}
	return since, l.Store.Write(ctx, "record whose turn it is", func(ctx context.Context, tx *sql.Tx) error {
		for _, turn := range passed {
			if err := store.SaveTurn(ctx, tx, l.repository.ID, l.record.Round, turn.Stage, turn.Party, l.now); err != nil {
				return err
			}
			if err := l.log(ctx, tx, "turn", turn.Stage, map[string]any{"party": turn.Party}); err != nil {
				return err
			}
		}
		return nil
	})
}

// log has something that a look found, and nobody did, into the audit log (S22).
func (l *look) log(ctx context.Context, tx *sql.Tx, kind, stage string, details map[string]any) error {
	text, err := json.Marshal(details)
	if err != nil {
		return fmt.Errorf("log %s of %s: %w", kind, stage, err)
	}
	_, err = store.Append(ctx, tx, store.Entry{
		Repository: l.repository.ID, At: l.now, Kind: kind, Stage: stage, Details: text, Source: fmt.Sprintf("look/%d", l.now.UnixMilli()),
	})
	return err
}

// outstanding is who is waited for, that of the verdict's next turn first, and
// what they know.
func (l *look) outstanding(verdict onboarding.Verdict, since map[string]time.Time) onboarding.Outstanding {
	o := onboarding.Outstanding{
		Acted: l.record.ActedAt, Resumed: l.record.ResumedAt, Said: l.record.Said,
		Quiet: !l.record.Accepted() || l.record.Rests() || l.record.Ended(),
	}
	if o.Resumed.Before(l.record.AcceptedAt) {
		o.Resumed = l.record.AcceptedAt
	}
	for _, date := range l.record.Dates {
		o.Dates = append(o.Dates, date.At)
	}
	for _, s := range verdict.Standings {
		if !s.Open() || s.Turn == onboarding.Nobody {
			continue
		}
		waited := onboarding.Waited{Turn: onboarding.Turn{Party: s.Turn, Stage: s.Name}, Since: since[s.Name]}
		waited.Wanted = s.Turn == onboarding.Author && s.Objection != nil
		if s.Turn.IsRole() {
			for _, r := range l.record.Asked[s.Name] {
				waited.People = append(waited.People, r.Person)
			}
		}
		o.Turns = append(o.Turns, waited)
	}
	first := slices.IndexFunc(o.Turns, func(w onboarding.Waited) bool { return w.Turn == verdict.Next })
	if first > 0 {
		next := o.Turns[first]
		o.Turns = slices.Insert(slices.Delete(o.Turns, first, first+1), 0, next)
	}
	if o.Said.ToldAt.IsZero() { // the status comment tells the author of the first turn
		o.Said.ToldAt = l.now
		o.Said.Told = slices.DeleteFunc(slices.Clone(o.Turns), func(w onboarding.Waited) bool { return w.Turn.Party != onboarding.Author })
	}
	return o
}

// tell says in one comment what is due. Its marker names just that, so that it
// is said once.
func (l *look) tell(ctx context.Context, due []onboarding.Due) error {
	begun := due[0].For
	for _, d := range due {
		if d.For.Before(begun) {
			begun = d.For
		}
	}
	mark := ghapi.Digest(due)
	_, tried := l.ledger.Shown(telling + mark)
	if !tried {
		if err := l.ledger.Note(ctx, telling+mark, ghapi.Shown{At: l.now}); err != nil {
			return err
		}
	}
	err := l.github.Say(ctx, ghapi.Comment{
		Issue: l.record.Issue, Body: l.view.Turns(due, l.now), New: !tried && l.fresh(begun),
		Marker: fmt.Sprintf("onboard:turn:%d:%s", l.record.Round, mark), Since: begun,
	})
	if err != nil {
		return err
	}
	return l.ledger.forget(ctx, telling+mark)
}

// telling begins the ledger's notes of what is being told.
const telling = "telling/"

// noteSaid keeps what was said, and pauses the onboarding if that was said.
func (l *look) noteSaid(ctx context.Context, said onboarding.Said, due []onboarding.Due) error {
	dates := slices.DeleteFunc(slices.Clone(l.record.Dates), func(d onboarding.Date) bool { return !d.At.After(l.now) })
	pauses := slices.ContainsFunc(due, func(d onboarding.Due) bool { return d.Reminder == onboarding.PauseRound })
	if !pauses && reflect.DeepEqual(said, l.record.Said) && len(dates) == len(l.record.Dates) {
		return nil
	}
	l.record.Said, l.record.Dates = said, dates
	if pauses {
		l.record.Paused = &onboarding.Pause{At: l.now}
		l.remind = l.now // the status comment has to say so
	}
	return l.Store.Write(ctx, "record what was said", func(ctx context.Context, tx *sql.Tx) error {
		if pauses {
			if err := l.log(ctx, tx, "pause", "", nil); err != nil {
				return err
			}
		}
		return store.SaveOnboarding(ctx, tx, l.record, l.repository.OwnerID)
	})
}
