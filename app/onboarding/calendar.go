package onboarding

import (
	"slices"
	"time"
)

// Calendar knows the business days: Monday to Friday, in UTC. The zero value has
// no holidays.
type Calendar struct {
	Holidays []time.Time // any time of the day, in UTC
}

// Open tells whether a time is on a business day.
func (c Calendar) Open(at time.Time) bool {
	at = at.UTC()
	if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		return false
	}
	return !slices.ContainsFunc(c.Holidays, func(day time.Time) bool { return midnight(day).Equal(midnight(at)) })
}

// AddBusinessDays returns the time n business days later, n from 0, at the same
// time of the day. What begins on a day off begins with the next business day.
func (c Calendar) AddBusinessDays(from time.Time, n int) time.Time {
	at := c.begin(from)
	for range n {
		at = c.next(at)
	}
	return at
}

// BusinessDays is how many whole business days passed between two times; 0 if
// the second is not later. It is the most that can be added to the first
// (AddBusinessDays) without getting beyond the second.
func (c Calendar) BusinessDays(from, to time.Time) int {
	days := 0
	for at := c.next(c.begin(from)); !at.After(to); at = c.next(at) {
		days++
	}
	return days
}

// begin is the first moment from a time on that is on a business day.
func (c Calendar) begin(at time.Time) time.Time {
	at = at.UTC()
	if c.Open(at) {
		return at
	}
	return c.next(midnight(at))
}

// next is the same time of the day on the next business day.
func (c Calendar) next(at time.Time) time.Time {
	at = at.AddDate(0, 0, 1)
	for !c.Open(at) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

// midnight is when the day of a time began, in UTC.
func midnight(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }
