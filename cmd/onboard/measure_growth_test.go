package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/store/storetest"
)

// sizes are how many onboardings there are; more behind MEASURE_GROWTH, since
// 10,000 take long.
func sizes() []int {
	list := []int{10, 100, 1000}
	if most, err := strconv.Atoi(os.Getenv("MEASURE_GROWTH")); err == nil {
		for len(list) > 0 && list[len(list)-1] >= most {
			list = list[:len(list)-1]
		}
		list = append(list, most)
	}
	return list
}

// growth measures what a night costs, how large the database is and how long the
// board takes, with more and more onboardings, each of an owner and an installation
// of its own, and all of them waiting for their first review.
func (m *measuring) growth() {
	database := storetest.SQLite(m.t)
	w := m.timed(database, func(c *app.Config) {
		c.Start.Accept, c.Reviewers.MaxOpen, c.Queue.Debounce = app.AcceptNone, 0, time.Millisecond
		c.Writes.PostsPerHour = 1_000_000
	})
	// All start within an hour of the clock's here, and one night is as short; each
	// exchanges a token as the App, which may do so 5,000 times an hour.
	w.story.GitHub.SetAppRateLeft(w.story.App, 1_000_000, 1_000_000)
	var last grown
	for _, n := range sizes() {
		g := w.grow(last, n)
		g.kilobytes = sizeOf(m, database)
		m.reportGrowth(g, last)
		last = g
	}
}

// grown is what there is with some onboardings.
type grown struct {
	n            int
	start, night float64 // ms of each
	calls        float64 // of a night, of each
	kilobytes    float64 // of the database
	board        float64 // ms
	tokens       int     // exchanged so far
}

// grow starts onboardings until there are n, lets two nights pass and measures the second.
func (w *timed) grow(last grown, n int) grown {
	g := grown{n: n}
	began := time.Now()
	for i := last.n; i < n; i++ {
		s := w.story.Another(fmt.Sprintf("author%05d", i), "mattermost-plugin-hello")
		s.Plugin.Push(s.Alice, "Add the licence", map[string]*string{"LICENSE": &demo.MIT})
		s.Plugin.OpenIssue(s.Alice, "To the community server, please", "/onboard")
	}
	w.settle()
	g.start = time.Since(began).Seconds() * 1000 / float64(n-last.n)
	g.tokens = tokens(w.story.GitHub.Calls())
	w.later(soon)
	w.later(night)
	began = time.Now()
	reads, writes := ofInstallations(w.during(w.night))
	g.night = time.Since(began).Seconds() * 1000 / float64(n)
	g.calls = float64(reads+writes) / float64(n)
	var boards []float64
	for range 15 {
		boards = append(boards, milliseconds(func() {
			response, err := http.Get(w.app.URL() + "/")
			require.NoError(w.m.t, err)
			require.NoError(w.m.t, response.Body.Close())
			require.Equal(w.m.t, http.StatusOK, response.StatusCode)
		})())
	}
	g.board = median(boards)
	return g
}

// night lets the hours pass over which nightly looks are spread, a day and 10 % more or
// less after the last: so many are due at a time as are in life.
func (w *timed) night() {
	w.later(21 * time.Hour)
	for range 12 {
		w.later(30 * time.Minute)
	}
}

// reportGrowth compares what one more onboarding costs with what it cost when there
// were fewer: if it is more, that grows faster than linearly.
func (m *measuring) reportGrowth(g, last grown) {
	report := func(what, unit string, value, before float64) {
		name, limit := fmt.Sprintf("%d onboardings: %s", g.n, what), goal{}
		if last.n == 0 {
			m.count(name, unit, value, limit)
			return
		}
		m.add(name, unit, []float64{value}, fmt.Sprintf("with %d", last.n), []float64{before}, atMostOfFloor(1.2))
	}
	each := func(g grown, what float64) float64 { return what / float64(max(g.n, 1)) }
	report("to start each", "ms", g.start, last.start)
	report("a night, of each", "ms", g.night, last.night)
	report("calls of a night, of each", "", g.calls, last.calls)
	report("the board, of each", "µs", 1000*each(g, g.board), 1000*each(last, last.board))
	report("the database, of each", "KB", each(g, g.kilobytes), each(last, last.kilobytes))
	m.count(fmt.Sprintf("%d installations: tokens exchanged for each", g.n), "", each(g, float64(g.tokens)), goal{})
}

// sizeOf is the size of a SQLite database and its side files, in KB.
func sizeOf(m *measuring, database string) float64 {
	files, err := filepath.Glob(strings.TrimPrefix(database, "sqlite://") + "*")
	require.NoError(m.t, err)
	total := int64(0)
	for _, file := range files {
		about, err := os.Stat(file)
		require.NoError(m.t, err)
		total += about.Size()
	}
	return float64(total) / 1000
}
