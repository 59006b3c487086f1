package onboarding

import (
	"slices"
	"time"
)

// Reminder is something that is said because time went by, and not because
// somebody asked; RemindByDate is the exception.
type Reminder string

// The reminders (design.md, "What people see").
const (
	TellTurn          Reminder = "turn"                // somebody new is waited for
	RemindAuthor      Reminder = "remind-author"       // 5 days of the author's turn
	RemindAuthorAgain Reminder = "remind-author-again" // 30 days of it
	PauseRound        Reminder = "pause"               // 60 days without an act of the author
	Escalate          Reminder = "escalate"            // to a role's lead: 5 business days of the role's turn
	RemindByDate      Reminder = "remind"              // the date somebody gave with /onboard remind
)

// When reminders are due.
const (
	authorAfter      = 5 * 24 * time.Hour
	authorAgainAfter = 30 * 24 * time.Hour
	pauseAfter       = 60 * 24 * time.Hour
	escalateAfter    = 5 // business days
	gatherFor        = 10 * time.Minute
	unaskedPerDay    = 2 // comments
)

// Waited is somebody whose turn it is.
type Waited struct {
	Turn   Turn      `json:"turn"`
	Since  time.Time `json:"since"`            // when that turn began; of zero, no clock runs
	People []Person  `json:"people,omitempty"` // who of the party is asked; none for all of it
	Wanted bool      `json:"wanted,omitempty"` // of the author: a person asks for changes, and no check alone
}

// Outstanding is who is waited for in an onboarding, and what they know.
type Outstanding struct {
	Turns   []Waited    // one for each stage that waits for somebody, that of Verdict.Next first
	Acted   time.Time   // the author's last act; zero for none
	Resumed time.Time   // when the onboarding was accepted, or last resumed: no clock ran before
	Quiet   bool        // not accepted (S18), paused, held or ended: nothing is said
	Dates   []time.Time // given with /onboard remind
	Said    Said
}

// Said is the memory of what was said. It is put on record and does not grow.
type Said struct {
	Last   []Saying    `json:"last,omitempty"`
	Told   []Waited    `json:"told,omitempty"`    // who was waited for at the last TellTurn
	ToldAt time.Time   `json:"told_at,omitzero"`  //
	News   time.Time   `json:"news,omitzero"`     // when somebody was first seen waited for who was not told
	Posted []time.Time `json:"unasked,omitempty"` // the last unasked comments
}

// Saying is when one reminder was last said, of Escalate for that stage.
type Saying struct {
	Reminder Reminder  `json:"reminder"`
	Stage    string    `json:"stage,omitempty"`
	At       time.Time `json:"at"`
}

// Due is one thing to be said. What is due at one look goes into one comment.
type Due struct {
	Reminder Reminder
	Turn     Turn      // who it is for; of RemindByDate, when nobody is waited for, whoever gave the date
	People   []Person  // of TellTurn: who of the party is new; none for all of it
	For      time.Time // when it was due
	Since    time.Time // when the turn began; zero of TellTurn and RemindByDate
}

// Agenda is what is to be said now, and when to look again; zero for not before
// something happens.
type Agenda struct {
	Due  []Due
	Next time.Time
}

// Due tells what is to be said at a time, and to whom: only ever to those who
// are waited for, at most two comments in 24 hours, dates that people gave not
// counted. Its answer is meant to be followed by Say.
func (c Calendar) Due(o Outstanding, now time.Time) Agenda {
	var a Agenda
	if o.Quiet {
		return a
	}
	o.dates(&a, now)
	o.news(&a, now)
	o.author(&a, now)
	for _, w := range o.Turns {
		since := o.since(w)
		if !w.Turn.Party.IsRole() || since.IsZero() || !o.Said.last(Escalate, w.Turn.Stage).Before(since) {
			continue
		}
		o.unasked(&a, Due{Reminder: Escalate, Turn: w.Turn, For: c.AddBusinessDays(since, escalateAfter), Since: since}, now)
	}
	return a
}

// Say returns the memory after these things were said, none included: it
// remembers also since when there is something to tell.
func (o Outstanding) Say(due []Due, now time.Time) Said {
	said := o.Said
	said.Last, said.Posted = slices.Clone(said.Last), slices.Clone(said.Posted)
	unasked := false
	for _, d := range due {
		unasked = unasked || d.Reminder != RemindByDate
		if d.Reminder == TellTurn {
			said.Told, said.ToldAt = slices.Clone(o.Turns), now
			continue
		}
		saying := Saying{Reminder: d.Reminder, At: now}
		if d.Reminder == Escalate {
			saying.Stage = d.Turn.Stage
		}
		said.Last = slices.DeleteFunc(said.Last, func(s Saying) bool { return s.Reminder == saying.Reminder && s.Stage == saying.Stage })
		said.Last = append(said.Last, saying)
	}
	if unasked {
		said.Posted = append(said.Posted, now)
		said.Posted = said.Posted[max(0, len(said.Posted)-unaskedPerDay):]
	}
	o.Said = said
	switch news := o.untold(); {
	case o.Quiet || len(news) == 0:
		said.News = time.Time{}
	case said.News.IsZero():
		said.News = now
	}
	return said
}

// plan puts on the agenda what is to be said at a time, and tells whether that is now.
func (a *Agenda) plan(d Due, at, now time.Time) bool {
	if at.After(now) {
		a.Next = sooner(a.Next, at)
		return false
	}
	a.Due = append(a.Due, d)
	return true
}

// unasked plans what nobody asked for: not before the day has room for it.
func (o Outstanding) unasked(a *Agenda, d Due, now time.Time) bool {
	at := d.For
	if n := len(o.Said.Posted); n >= unaskedPerDay {
		at = later(at, o.Said.Posted[n-unaskedPerDay].Add(24*time.Hour))
	}
	return a.plan(d, at, now)
}

// dates plans the dates that people gave, for whoever's turn it is then.
func (o Outstanding) dates(a *Agenda, now time.Time) {
	var turn Turn
	if len(o.Turns) > 0 {
		turn = o.Turns[0].Turn
	}
	dates := slices.Clone(o.Dates)
	slices.SortFunc(dates, time.Time.Compare)
	for _, date := range slices.CompactFunc(dates, time.Time.Equal) {
		if o.Said.last(RemindByDate, "").Before(date) {
			a.plan(Due{Reminder: RemindByDate, Turn: turn, For: date}, date, now)
		}
	}
}

// news plans to tell people that it is their turn, gathered over ten minutes
// from when the first of them was seen.
func (o Outstanding) news(a *Agenda, now time.Time) {
	seen := o.Said.News
	if seen.IsZero() {
		seen = now
	}
	for _, w := range o.untold() {
		o.unasked(a, Due{Reminder: TellTurn, Turn: w.Turn, People: w.People, For: seen.Add(gatherFor)}, now)
	}
}

// author plans what the author is told. Whoever acted within five days is not
// reminded, and what is due together, after an outage perhaps, is said once: the
// most pressing of it.
func (o Outstanding) author(a *Agenda, now time.Time) {
	var turn Turn
	var since time.Time
	for _, w := range o.Turns {
		if s := o.since(w); w.Turn.Party == Author && !s.IsZero() && (since.IsZero() || s.Before(since)) {
			turn, since = w.Turn, s
		}
	}
	if since.IsZero() {
		return
	}
	quiet := later(since, o.Acted)
	for _, step := range []struct {
		reminder Reminder
		at       time.Time
		from     time.Time // said since then, it and all before it is said
	}{
		{PauseRound, quiet.Add(pauseAfter), quiet},
		{RemindAuthorAgain, later(since.Add(authorAgainAfter), quiet.Add(authorAfter)), since},
		{RemindAuthor, quiet.Add(authorAfter), since},
	} {
		said := !o.Said.last(step.reminder, "").Before(step.from)
		if said || o.unasked(a, Due{Reminder: step.reminder, Turn: turn, For: step.at, Since: since}, now) {
			return
		}
	}
}

// since is when somebody's turn began, or went on after a rest.
func (o Outstanding) since(w Waited) time.Time {
	if w.Since.IsZero() {
		return w.Since
	}
	return later(w.Since, o.Resumed)
}

// untold are those who were not told that they are waited for, each with the
// people who are new.
func (o Outstanding) untold() []Waited {
	var untold []Waited
	for _, w := range o.Turns {
		if w.Turn.Party == Nobody {
			continue
		}
		people, known := slices.Clone(w.People), false
		for _, t := range o.Said.Told {
			if o.same(w, t) {
				known = true
				people = slices.DeleteFunc(people, func(p Person) bool { return among(t.People, p) })
			}
		}
		if !known || len(people) > 0 {
			w.People = people
			untold = append(untold, w)
		}
	}
	return untold
}

// same tells whether somebody is waited for as they were told. The author needs
// no second comment for another check, or after a push that did not help: the
// check runs say it. What people want of the author, and of a role each turn on
// each stage, is told.
func (o Outstanding) same(w, told Waited) bool {
	if w.Turn.Party != told.Turn.Party {
		return false
	}
	return w.Turn.Party == Author && !w.Wanted || w.Turn.Stage == told.Turn.Stage && !o.Said.ToldAt.Before(o.since(w))
}

// last is when a reminder was last said; zero for never.
func (s Said) last(reminder Reminder, stage string) time.Time {
	for _, saying := range s.Last {
		if saying.Reminder == reminder && saying.Stage == stage {
			return saying.At
		}
	}
	return time.Time{}
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
