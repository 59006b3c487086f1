package deploy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// thursday is a Thursday, in the morning.
var thursday = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

func TestWhenWindowsAreOpen(t *testing.T) {
	for _, row := range []struct {
		window string
		now    time.Time
		want   time.Time
	}{
		{"08:00-17:00", thursday, thursday},
		{"10:00-17:00", thursday, thursday},
		{"08:00-10:00", thursday, thursday.Add(22 * time.Hour)},
		{"11:30-12:00", thursday, thursday.Add(90 * time.Minute)},
		{"22:00-04:00", thursday, thursday.Add(12 * time.Hour)},
		{"22:00-04:00", thursday.Add(17 * time.Hour), thursday.Add(17 * time.Hour)},
		{"20:00-24:00", thursday, thursday.Add(10 * time.Hour)},
		{"Mon-Fri 08:00-17:00", thursday.Add(48 * time.Hour), time.Date(2026, 12, 7, 8, 0, 0, 0, time.UTC)},
		{"Sat 22:00-04:00", time.Date(2026, 12, 6, 3, 0, 0, 0, time.UTC), time.Date(2026, 12, 6, 3, 0, 0, 0, time.UTC)},
		{"Sat-Mon 08:00-17:00", thursday, time.Date(2026, 12, 5, 8, 0, 0, 0, time.UTC)},
		{"Thu 08:00-09:00", thursday, time.Date(2026, 12, 10, 8, 0, 0, 0, time.UTC)},
	} {
		w, err := ParseWindow(row.window)
		require.NoError(t, err)
		assert.Equal(t, row.want, w.next(row.now), "%s at %s", row.window, row.now)
	}
}

func TestWhatIsNoWindow(t *testing.T) {
	for _, text := range []string{"", "always", "8-17", "08:00", "08:00-08:00", "25:00-26:00", "08:60-09:00", "24:00-02:00", "Mo 08:00-17:00", "Mon-Frid 08:00-17:00", "Mon Fri 08:00-17:00"} {
		_, err := ParseWindow(text)
		assert.Error(t, err, text)
	}
}

// TestAWindowIsOpenWhenItSaysSo: at what next returns it is open, and not before.
func TestAWindowIsOpenWhenItSaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minute := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, name)) * time.Minute
		}
		w := Window{from: minute("from"), to: minute("to")}
		if w.from == w.to {
			t.Skip("no window")
		}
		w.days[rapid.IntRange(0, 6).Draw(t, "day")] = true
		w.days[rapid.IntRange(0, 6).Draw(t, "other")] = true
		now := thursday.Add(time.Duration(rapid.Int64Range(0, int64(14*24*time.Hour)).Draw(t, "now")))
		at := w.next(now)
		assert.False(t, at.Before(now))
		assert.Equal(t, at, w.next(at), "it is open then")
		if between := now.Add(at.Sub(now) / 2); between.Before(at) {
			assert.Equal(t, at, w.next(between), "and not before")
		}
	})
}

func TestOnlyWhatGatesWantWaitsForItsTime(t *testing.T) {
	w, err := ParseWindow("22:00-04:00")
	require.NoError(t, err)
	target := Target{Windows: []Window{w}, Every: 24 * time.Hour}
	assert.Equal(t, thursday.Add(12*time.Hour), target.opens(Standing{}, thursday))
	assert.Equal(t, thursday, target.opens(Standing{Wanted: Wanted{By: "@ann"}}, thursday))
	assert.Equal(t, thursday, target.opens(Standing{Wanted: Wanted{Remove: true}}, thursday))
	changed := Standing{Result: Result{Changed: thursday.Add(-6 * time.Hour)}} // at 04:00
	assert.Equal(t, thursday.Add(36*time.Hour), target.opens(changed, thursday), "it may be at 04:00 again, when the window has closed")
	assert.Equal(t, thursday.Add(18*time.Hour), Target{Every: 24 * time.Hour}.opens(changed, thursday))
	assert.Equal(t, thursday, Target{}.opens(changed, thursday))
}
