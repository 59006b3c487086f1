package reconcile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// publish makes GitHub show the view. What fails does not hold up the rest, except
// that the database is older than what GitHub shows: then nothing is said (S22).
func (l *look) publish(ctx context.Context, review *reviewing) error {
	var runs error
	if l.view.RunsAt != "" { // an empty repository has no commit to show them on
		runs = l.publishRuns(ctx, review.head.Commit)
	}
	if runs == nil { // whatever becomes of the rest: people decide about what they see
		runs = l.noteShown(ctx, l.view.Verdict)
	}
	var behind *ghapi.HeldError
	if isAway(runs) || errors.As(runs, &behind) {
		return runs
	}
	asked := l.ask(ctx, l.view.Verdict)
	if isAway(asked) {
		return asked
	}
	l.view.Record = l.record
	comment := l.publishStatus(ctx)
	labels := l.labels(ctx, review.pull)
	return errors.Join(runs, asked, comment, labels, review.tellFormer(ctx), l.tellTurned(ctx), l.turns(ctx, l.view.Verdict))
}

// listed are the check runs on a commit that are listed ahead.
type listed struct {
	get func() (ghapi.Runs, error)
	sha string
	at  time.Time // when that began
}

// listRuns lists the check runs to be kept. What was listed ahead counts if it is new:
// a process that was killed just before may have made one since.
func (l *look) listRuns(ctx context.Context) (ghapi.Runs, error) {
	if l.runs.get != nil && l.runs.sha == l.view.RunsAt && l.Now().Sub(l.runs.at) < believed {
		if runs, err := l.runs.get(); err == nil {
			return runs, nil
		}
	}
	return l.github.Runs(ctx, l.view.RunsAt)
}

// publishRuns keeps the check runs. Those of gates carry the head of the audit log,
// which is noted when any was published: it shows later that nothing was cut (S22).
func (l *look) publishRuns(ctx context.Context, head string) (err error) {
	var audit store.Head
	if audit.Length, audit.Hash, err = l.Store.AuditHead(ctx, l.repository.ID); err != nil {
		return err
	}
	l.view.AuditHead = audit.String()
	l.view.RunURLs, err = l.github.PublishRuns(ctx, l.view, func() (ghapi.Runs, error) { return l.listRuns(ctx) }, l.ledger, l.now)
	var behind *ghapi.HeldError
	if isAway(err) || errors.As(err, &behind) {
		return err
	}
	if err == nil && l.ledger.runs > 0 {
		err = l.Store.Write(ctx, "note the published head of the audit log", func(ctx context.Context, tx *sql.Tx) error {
			return store.NoteHead(ctx, tx, l.repository.ID, audit)
		})
	}
	return errors.Join(err, l.leaveRuns(ctx, head))
}

// publishStatus keeps the status comment.
func (l *look) publishStatus(ctx context.Context) (err error) {
	l.status, err = l.github.PublishComment(ctx, fmt.Sprintf("status/%d", l.record.Round), ghapi.Comment{
		Issue: l.record.Issue, Body: texts.StatusComment(l.view),
		Marker: fmt.Sprintf("onboard:status:%d", l.record.Round), Since: l.record.StartedAt, New: l.fresh(l.record.StartedAt),
	}, l.ledger, l.now)
	return err
}

// freshFor is how long what happened is known from this database alone: of what
// is older, a backup that was restored may not know all (S22).
const freshFor = 15 * time.Minute

// fresh tells whether GitHub cannot show any answer yet to what happened at a
// time, unless this database knows of it: that was just now, and this process did
// not sleep meanwhile, while another one did the same.
func (l *look) fresh(at time.Time) bool {
	return l.now.Sub(at) < freshFor && l.Now().Sub(l.now) < believed
}

// turnedEvery is how often at most the author is told that a build turned bad.
const turnedEvery = 20 * time.Hour

// leaveRuns forgets the runs on commits that carry none any more. Those of before
// the review PR, on the default branch's head, are said to have moved there, once.
func (l *look) leaveRuns(ctx context.Context, head string) error {
	if head != l.view.RunsAt && l.ledger.hasRuns(head) {
		if _, err := l.github.PublishRuns(ctx, l.view.MovedFrom(head), nil, l.ledger, l.now); err != nil {
			return err
		}
	}
	return l.ledger.forgetRuns(ctx, l.view.RunsAt)
}

// tellTurned tells the author once that a build which was good is bad now:
// nobody looks at check runs every morning.
func (l *look) tellTurned(ctx context.Context) error {
	for _, c := range l.checks {
		result := l.view.Facts.Results[c.Name]
		if !c.Online || result.Outcome != onboarding.OutcomeFail || result.Turned.IsZero() {
			continue
		}
		thing := "turned/" + c.Name
		told := ghapi.Shown{Digest: strconv.FormatInt(result.Turned.Unix(), 10), At: l.now}
		if shown, _ := l.ledger.Shown(thing); shown.Digest == told.Digest || l.now.Sub(shown.At) < turnedEvery {
			continue
		}
		err := l.github.Say(ctx, ghapi.Comment{
			Issue: l.record.Issue, Body: texts.Turned(l.view, c.Name),
			Marker: "onboard:turned:" + c.Name + ":" + told.Digest, Since: result.Turned,
		})
		if err == nil {
			err = l.ledger.Note(ctx, thing, told)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
