package deploy

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Window is a span of the day, on some days of the week, in UTC.
type Window struct {
	days     [7]bool // by time.Weekday: of its beginning
	from, to time.Duration
}

var windows = regexp.MustCompile(`^(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))? )?(\d\d):(\d\d)-(\d\d):(\d\d)$`)

var weekdays = []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// ParseWindow reads "02:00-04:00", "Mon-Fri 22:00-04:00" or "Sat 08:00-12:00": times
// are UTC, and one that ends before it begins ends on the next day.
func ParseWindow(text string) (w Window, err error) {
	m := windows.FindStringSubmatch(text)
	if m == nil {
		return Window{}, fmt.Errorf("%q must be as in Mon-Fri 08:00-17:00", text)
	}
	clock := func(hour, minute string) (time.Duration, bool) {
		d, err := time.ParseDuration(hour + "h" + minute + "m")
		return d, err == nil && minute < "60" && d <= 24*time.Hour
	}
	var from, to bool
	w.from, from = clock(m[3], m[4])
	w.to, to = clock(m[5], m[6])
	if !from || !to || w.from == w.to || w.from == 24*time.Hour {
		return Window{}, fmt.Errorf("%q must have two times of the day, as in 08:00-17:00", text)
	}
	first, last := slices.Index(weekdays, m[1]), slices.Index(weekdays, m[2])
	switch {
	case first < 0:
		first, last = 0, 6
	case last < 0:
		last = first
	}
	for day := first; ; day = (day + 1) % 7 {
		w.days[day] = true
		if day == last {
			return w, nil
		}
	}
}

// next is when the window is open at or after a time.
func (w Window) next(at time.Time) time.Time {
	midnight := at.UTC().Truncate(24 * time.Hour)
	for day := -1; day <= 7; day++ {
		start := midnight.AddDate(0, 0, day)
		begins, ends := start.Add(w.from), start.Add(w.to)
		if w.to < w.from {
			ends = ends.Add(24 * time.Hour)
		}
		switch {
		case !w.days[start.Weekday()] || !ends.After(at):
		case begins.Before(at):
			return at
		default:
			return begins
		}
	}
	return at // not reached: some day of the week has it
}

// opens is when what a gate wants may be done: not sooner than a while after the
// last change, and within a window. What somebody asked for is done at once.
func (t Target) opens(s Standing, now time.Time) time.Time {
	if s.Wanted.By != "" || s.Wanted.Remove {
		return now
	}
	at := now
	if after := s.Result.Changed.Add(t.Every); !s.Result.Changed.IsZero() && after.After(at) {
		at = after
	}
	if len(t.Windows) == 0 {
		return at
	}
	first := t.Windows[0].next(at)
	for _, w := range t.Windows[1:] {
		if next := w.next(at); next.Before(first) {
			first = next
		}
	}
	return first
}
