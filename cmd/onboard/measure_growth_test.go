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
	before := 0
	var last grown
	for _, n := range sizes() {
		g := w.grow(before, n)
		g.bytes = sizeOf(m, database)
		m.reportGrowth(n, before, g, last)
		before, last = n, g
	}
}

// grown is what some onboardings cost, each of them.
type grown struct {
	start, night float64 // ms
	calls        float64 // of a night, counted
	bytes        float64 // of the database, in KB
	board        float64 // ms, as a whole
	tokens, most int     // exchanged for all onboardings, at most for one installation
}

// grow starts onboardings until there are n, lets two nights pass and measures the second.
func (w *timed) grow(from, n int) (g grown) {
	began := time.Now()
	for i := from; i < n; i++ {
		s := w.story.Another(fmt.Sprintf("author%05d", i), "mattermost-plugin-hello")
		s.Plugin.Push(s.Alice, "Add the licence", map[string]*string{"LICENSE": &demo.MIT})
		s.Plugin.OpenIssue(s.Alice, "To the community server, please", "/onboard")
	}
	w.settle()
	g.start = time.Since(began).Seconds() * 1000 / float64(n-from)
	w.later(soon)
	w.later(night)
	began = time.Now()
	calls := w.during(func() { w.later(night) })
	g.night = time.Since(began).Seconds() * 1000 / float64(n)
	reads, writes := ofInstallations(calls)
	g.calls = float64(reads+writes) / float64(n)
	g.tokens, g.most = tokens(w.story.GitHub.Calls())
	var boards []float64
	for range 7 {
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

func (m *measuring) reportGrowth(n, before int, g, last grown) {
	of := fmt.Sprintf("with %d", before)
	against := func(value float64) ([]float64, goal) {
		if before == 0 {
			return nil, goal{}
		}
		return []float64{value}, atMostOfFloor(1.2)
	}
	report := func(what, unit string, value, earlier float64) {
		floor, limit := against(earlier)
		m.add(fmt.Sprintf("%d onboardings: %s", n, what), unit, []float64{value}, of, floor, limit)
	}
	report("start of one more", "ms", g.start, last.start)
	report("a night, for each", "ms", g.night, last.night)
	report("counted calls of a night, for each", "", g.calls, last.calls)
	report("database, for each", "KB", g.bytes/float64(n), last.bytes/float64(max(before, 1)))
	report("board, for each", "ms", g.board/float64(n), last.board/float64(max(before, 1)))
	m.count(fmt.Sprintf("%d onboardings: the board", n), "ms", g.board, goal{})
	m.count(fmt.Sprintf("%d installations: most tokens exchanged for one in an hour", n), "", float64(g.most), goal{})
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
