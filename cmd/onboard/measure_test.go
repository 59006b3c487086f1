package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/store/storetest"
)

// TestMeasure measures the real program and writes the figures into the file that
// MEASURE names. Times on shared machines are noise: a time stands beside a floor
// that was measured in the same run, in turns with it, or the figure is a count. No
// figure fails the test. docs/performance.md says how it is measured; `make bench`
// runs it, with PostgreSQL if its programs are there.
func TestMeasure(t *testing.T) {
	file := os.Getenv("MEASURE")
	if file == "" {
		t.Skip("it takes minutes: make bench")
	}
	m := &measuring{t: t, began: time.Now(), program: filepath.Join(t.TempDir(), "onboard")}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", m.program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	said, err := build.CombinedOutput()
	require.NoError(t, err, string(said))
	wanted := regexp.MustCompile(os.Getenv("MEASURE_ONLY")) // parts of the measurement
	for _, part := range []struct {
		name    string
		measure func()
	}{
		{"process", m.processes}, {"ingest", m.ingest}, {"latency", m.latency}, {"calls", m.calls},
		{"visible", m.visible}, {"checks", m.checks}, {"growth", m.growth},
	} {
		if m.part = part.name; wanted.MatchString(part.name) {
			part.measure()
			t.Logf("%s measured after %.0f s", part.name, time.Since(m.began).Seconds())
		}
	}
	m.addBenchmarks(os.Getenv("MEASURE_BENCHMARKS"))
	m.write(file)
}

// measuring is one measurement and what it found so far.
type measuring struct {
	t       *testing.T
	began   time.Time
	program string // onboard, built as it is for people
	part    string // that is being measured
	figures []figure
}

// database is an engine to measure, which makes new databases.
type database struct {
	name string
	make func() (url string)
}

// databases are SQLite and, if there is a server, PostgreSQL.
func (m *measuring) databases() []database {
	list := []database{{"SQLite", func() string { return storetest.SQLite(m.t) }}}
	if storetest.OnPostgres() {
		list = append(list, database{"PostgreSQL", func() string { return storetest.Postgres(m.t) }})
	}
	return list
}
