package chat

import (
	"context"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// DigestKey is the key of the daily digest.
const DigestKey = Prefix + "digest"

// Digest says once a business day what waits for whom.
type Digest struct {
	*Keeper
	At       time.Duration     // of the day, in UTC
	Names    map[string]string // names on Mattermost, by login on GitHub
	WebURL   string
	Calendar onboarding.Calendar
}

// Look says today's digest if it is time, and returns when the next one is due.
func (d *Digest) Look(ctx context.Context) (next time.Time, err error) {
	now := d.Now().UTC()
	today := now.Truncate(24 * time.Hour)
	due := today.Add(d.At)
	if now.Before(due) {
		return due, nil
	}
	next = due.Add(24 * time.Hour)
	if !d.Calendar.Open(now) {
		return next, nil
	}
	entries, err := d.entries(ctx)
	if err != nil {
		return time.Time{}, err
	}
	text := texts.Digest(entries, d.Names, d.WebURL)
	if text == "" {
		return next, nil
	}
	return next, d.Keep(ctx, 0, "", []store.Notice{{Name: "digest/" + today.Format(time.DateOnly), At: now, Text: text}})
}

// entries are what waits for people of a role, the longest first.
func (d *Digest) entries(ctx context.Context) (list []texts.DigestEntry, err error) {
	ids, err := d.Store.Repositories(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		of, err := d.entriesOf(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, of...)
	}
	slices.SortStableFunc(list, func(a, b texts.DigestEntry) int { return a.Since.Compare(b.Since) })
	return list, nil
}

func (d *Digest) entriesOf(ctx context.Context, id int64) (list []texts.DigestEntry, err error) {
	record, started, err := d.Store.Onboarding(ctx, id)
	if err != nil || !started || !record.Accepted() || record.Rests() || record.Ended() {
		return nil, err
	}
	repository, _, err := d.Store.Repository(ctx, id)
	if err != nil {
		return nil, err
	}
	turns, err := d.Store.Turns(ctx, id, record.Round)
	if err != nil {
		return nil, err
	}
	for _, turn := range turns {
		if turn.Since.IsZero() || !turn.Party.IsRole() {
			continue
		}
		e := texts.DigestEntry{Repository: repository.FullName(), Issue: record.Issue, Stage: turn.Stage, Party: turn.Party, Since: turn.Since}
		for _, q := range record.Asked[turn.Stage] {
			e.Logins = append(e.Logins, q.Person.Login)
		}
		list = append(list, e)
	}
	return list, nil
}
