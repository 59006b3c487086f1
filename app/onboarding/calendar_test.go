package onboarding_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/app/onboarding"
)

// christmas has two holidays, on a Friday and on a Saturday.
var christmas = onboarding.Calendar{Holidays: []time.Time{december(25, 0), december(26, 0)}}

// december is an hour of a day of December 2026, of which the 3rd is a Thursday.
func december(day, hour int) time.Time { return time.Date(2026, 12, day, hour, 0, 0, 0, time.UTC) }

func TestBusinessDays(t *testing.T) {
	tests := map[string]struct {
		from time.Time
		n    int
		want time.Time
	}{
		"no day later is the same time":                      {december(3, 15), 0, december(3, 15)},
		"the next day":                                       {december(3, 15), 1, december(4, 15)},
		"a weekend is in between":                            {december(4, 15), 1, december(7, 15)},
		"five of them are a week":                            {december(3, 15), 5, december(10, 15)},
		"what begins on a Saturday begins on Monday morning": {december(5, 15), 0, december(7, 0)},
		"and is over a day later":                            {december(5, 15), 1, december(8, 0)},
		"a holiday is no business day":                       {december(24, 9), 1, december(28, 9)},
		"what begins on a holiday begins when that is over":  {december(25, 9), 1, december(29, 0)},
		"days are those of UTC": {
			time.Date(2026, 12, 4, 20, 0, 0, 0, time.FixedZone("west", -8*3600)), 1, december(8, 0), // there it is Friday still
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := christmas.AddBusinessDays(test.from, test.n)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.n, christmas.BusinessDays(test.from, got))
			assert.Equal(t, max(test.n-1, 0), christmas.BusinessDays(test.from, got.Add(-time.Second)))
		})
	}
	assert.Equal(t, 0, christmas.BusinessDays(december(10, 0), december(3, 0)), "backwards there is none")
}

// anyTime is a time of four years, and anyCalendar one with holidays in them.
func anyTime(t *rapid.T, label string) time.Time {
	return december(1, 0).Add(time.Duration(rapid.Int64Range(0, 4*365*24*3600).Draw(t, label)) * time.Second)
}

func anyCalendar(t *rapid.T) onboarding.Calendar {
	var c onboarding.Calendar
	for range rapid.IntRange(0, 20).Draw(t, "holidays") {
		c.Holidays = append(c.Holidays, anyTime(t, "holiday"))
	}
	return c
}

func TestPropertyCountingBusinessDaysUndoesAddingThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, from, n := anyCalendar(t), anyTime(t, "from"), rapid.IntRange(0, 60).Draw(t, "n")
		to := c.AddBusinessDays(from, n)
		assert.Equal(t, n, c.BusinessDays(from, to))

		other := anyTime(t, "to")
		whole := c.BusinessDays(from, other)
		assert.True(t, whole == 0 || !c.AddBusinessDays(from, whole).After(other), "not more than passed")
		assert.True(t, c.AddBusinessDays(from, whole+1).After(other), "and not fewer")
	})
}

func TestPropertyDaysOffNeverCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, from := anyCalendar(t), anyTime(t, "from")
		to := c.AddBusinessDays(from, rapid.IntRange(0, 60).Draw(t, "n"))
		assert.NotContains(t, []time.Weekday{time.Saturday, time.Sunday}, to.Weekday())
		for _, holiday := range c.Holidays {
			assert.NotEqual(t, holiday.Format(time.DateOnly), to.Format(time.DateOnly))
		}
		end := from.AddDate(0, 0, (6-int(from.Weekday())+7)%7).Truncate(24 * time.Hour) // of a week
		if end.After(from) {
			assert.Equal(t, c.BusinessDays(from, end), c.BusinessDays(from, end.Add(48*time.Hour-time.Second)), "nothing passes on a weekend")
		}
	})
}

func TestPropertyBusinessDaysAreMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, a, b, n := anyCalendar(t), anyTime(t, "a"), anyTime(t, "b"), rapid.IntRange(0, 20).Draw(t, "n")
		if b.Before(a) {
			a, b = b, a
		}
		assert.False(t, c.AddBusinessDays(b, n).Before(c.AddBusinessDays(a, n)), "what begins later is not due earlier")
		assert.True(t, c.AddBusinessDays(a, n+1).After(c.AddBusinessDays(a, n)))
		from := anyTime(t, "from")
		assert.LessOrEqual(t, c.BusinessDays(from, a), c.BusinessDays(from, b))
		assert.GreaterOrEqual(t, c.BusinessDays(a, from), c.BusinessDays(b, from))
	})
}
