package handlers

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// pause holds the onboarding up until somebody says resume.
func pause(_ context.Context, r *request, args []string) error {
	if r.record.Paused != nil {
		r.confuse(texts.PausedAlready())
		return nil
	}
	reason := reasonOf(args)
	r.record.Paused, r.changed = &onboarding.Pause{By: r.act.By, At: r.act.Recorded, Reason: reason}, true
	return r.log(store.Entry{Kind: "pause", Reason: reason}, nil)
}

// mayResume: what the App paused, since the author did nothing, the author
// resumes, too.
func mayResume(ctx context.Context, r *request) (bool, error) {
	if p := r.record.Paused; p != nil && p.By.ID == 0 && r.act.By.ID == r.record.Author.ID {
		return true, nil
	}
	return decides(onboarding.PM, onboarding.Admin)(ctx, r)
}

// resume ends a pause. No clock ran meanwhile.
func resume(_ context.Context, r *request, _ []string) error {
	if r.record.Paused == nil {
		r.confuse(texts.NotPaused())
		return nil
	}
	r.record.Paused, r.record.ResumedAt, r.changed = nil, r.act.Recorded, true
	return r.log(store.Entry{Kind: "resume"}, nil)
}

// Bounds of reminders that people ask for (S17, S18).
const (
	maxDates   = 10 // under way at a time
	maxAhead   = 366 * 24 * time.Hour
	remindHour = 9 // of the day, in UTC
)

// remind has whoever is waited for reminded on a day.
func remind(_ context.Context, r *request, args []string) error {
	day, words, ok := parseDay(args, r.act.Recorded)
	switch {
	case !ok:
		r.confuse(texts.RemindWhen())
		return nil
	case !day.After(r.act.Recorded) || day.Sub(r.act.Recorded) > maxAhead:
		r.confuse(texts.NoDay(day.Format(time.DateOnly)))
		return nil
	case len(r.record.Dates) >= maxDates:
		r.confuse(texts.TooManyDates(maxDates))
		return nil
	}
	text := reasonOf(words)
	r.record.Dates, r.changed = append(r.record.Dates, onboarding.Date{At: day, By: r.act.By, Text: text}), true
	return r.log(store.Entry{Kind: "remind", Reason: text}, map[string]any{"at": day})
}

// span is how people say a time from now on: "2 weeks".
var span = regexp.MustCompile(`^(\d{1,3}) (day|week|month)s?$`)

// parseDay reads when a reminder is wanted: "2026-12-01", or "in 2 weeks" from
// now. The words after it are returned.
func parseDay(args []string, now time.Time) (day time.Time, rest []string, ok bool) {
	now = now.UTC()
	switch {
	case len(args) >= 3 && strings.EqualFold(args[0], "in"):
		match := span.FindStringSubmatch(strings.ToLower(args[1] + " " + args[2]))
		if match == nil {
			return time.Time{}, nil, false
		}
		n, _ := strconv.Atoi(match[1]) // up to three digits
		years, months, days := 0, 0, n
		switch match[2] {
		case "week":
			days = 7 * n
		case "month":
			months, days = n, 0
		}
		day, rest = now.AddDate(years, months, days), args[3:]
	case len(args) >= 1:
		var err error
		if day, err = time.Parse(time.DateOnly, args[0]); err != nil {
			return time.Time{}, nil, false
		}
		rest = args[1:]
	default:
		return time.Time{}, nil, false
	}
	return time.Date(day.Year(), day.Month(), day.Day(), remindHour, 0, 0, 0, time.UTC), rest, true
}

// reasonOf are the words after a command, as far as they are kept.
func reasonOf(words []string) string { return texts.Truncate(strings.Join(words, " "), maxReason) }
