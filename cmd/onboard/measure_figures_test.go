package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
)

// figure is one line of the table.
type figure struct {
	Part  string  `json:"part"`
	What  string  `json:"what"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`           // the median of the rounds
	Low   float64 `json:"low,omitempty"`   // the lowest round
	High  float64 `json:"high,omitempty"`  // the highest round
	Floor float64 `json:"floor,omitempty"` // in the same unit
	Of    string  `json:"floor_of,omitempty"`
	Ratio float64 `json:"ratio,omitempty"` // of value to floor
	Goal  string  `json:"goal,omitempty"`
	Met   *bool   `json:"met,omitempty"`
}

// goal is what a figure should be; the zero goal is none.
type goal struct {
	given   bool
	limit   float64
	atLeast bool // else at most
	ofFloor bool // the ratio is meant, not the value
}

func atMost(limit float64) goal        { return goal{given: true, limit: limit} }
func atMostOfFloor(limit float64) goal { return goal{given: true, limit: limit, ofFloor: true} }
func atLeastOfFloor(limit float64) goal {
	return goal{given: true, limit: limit, ofFloor: true, atLeast: true}
}

func (g goal) String() string {
	words := "≤ "
	if g.atLeast {
		words = "≥ "
	}
	words += short(g.limit)
	if g.ofFloor {
		words += " × floor"
	}
	return words
}

// add notes a figure: the values of its rounds, those of its floor (nil for none), and the goal.
func (m *measuring) add(what, unit string, values []float64, of string, floor []float64, g goal) {
	f := figure{Part: m.part, What: what, Unit: unit, Value: median(values)}
	if len(values) > 1 {
		f.Low, f.High = slices.Min(values), slices.Max(values)
	}
	if floor != nil {
		f.Of, f.Floor = of, median(floor)
		f.Ratio = f.Value / f.Floor
	}
	if g.given {
		compared := f.Value
		if g.ofFloor {
			compared = f.Ratio
		}
		met := compared <= g.limit
		if g.atLeast {
			met = compared >= g.limit
		}
		f.Goal, f.Met = g.String(), &met
	}
	m.figures = append(m.figures, f)
}

// count notes a figure that is no time.
func (m *measuring) count(what, unit string, value float64, g goal) {
	m.add(what, unit, []float64{value}, "", nil, g)
}

// rounds measures several things in turns, so often, so that what else the machine
// does meets them all. It returns the values of each.
func rounds(n int, things ...func() float64) [][]float64 {
	values := make([][]float64, len(things))
	for range n {
		for i, measure := range things {
			values[i] = append(values[i], measure())
		}
	}
	return values
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile is the value below which that part of the values is.
func quantile(values []float64, part float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}

// addBenchmarks adds those figures of `go test -bench` that have a target beside them.
func (m *measuring) addBenchmarks(file string) {
	if file == "" {
		return
	}
	m.part = "benchmarks"
	output, err := os.Open(file)
	require.NoError(m.t, err)
	defer output.Close()
	in := ""
	for lines := bufio.NewScanner(output); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && fields[0] == "pkg:" {
			in = strings.TrimPrefix(fields[1], "github.com/onboard-app/onboard/")
		}
		if len(fields) == 0 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		values := map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			values[fields[i+1]], err = strconv.ParseFloat(fields[i], 64)
			require.NoError(m.t, err)
		}
		for unit, value := range values {
			if target, ok := values[unit+"-target"]; ok {
				name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-")
				m.count(in+" "+name, unit, value, atMost(target))
			}
		}
	}
}

// write prints the table and writes all figures as JSON.
func (m *measuring) write(file string) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	part := ""
	for _, f := range m.figures {
		if f.Part != part {
			part = f.Part
			_, _ = fmt.Fprintf(table, "\n%s\tvalue\trounds\tfloor\tof floor\tgoal\t\n", strings.ToUpper(part))
		}
		_, _ = fmt.Fprintln(table, f) // Flush says what went wrong
	}
	require.NoError(m.t, table.Flush())
	content, err := json.MarshalIndent(map[string]any{
		"at": m.began.UTC().Format(time.RFC3339), "seconds": math.Round(time.Since(m.began).Seconds()), "go": runtime.Version(),
		"processors": runtime.NumCPU(), "figures": m.figures,
	}, "", "  ")
	require.NoError(m.t, err)
	require.NoError(m.t, os.WriteFile(file, append(content, '\n'), 0o600))
}

// String is the figure as a line of the table.
func (f figure) String() string {
	between, floor, ratio, met := "", "", "", ""
	if f.High != 0 {
		between = short(f.Low) + "–" + short(f.High)
	}
	if f.Of != "" {
		floor, ratio = short(f.Floor)+" "+f.Of, short(f.Ratio)
	}
	if f.Met != nil {
		met = map[bool]string{true: "✓", false: "✗"}[*f.Met]
	}
	return strings.Join([]string{f.What, short(f.Value) + " " + f.Unit, between, floor, ratio, f.Goal, met}, "\t")
}

// short writes a number with three digits that count.
func short(x float64) string {
	digits := 0
	if x != 0 && math.Abs(x) < 100 && x != math.Trunc(x) {
		digits = max(0, 2-int(math.Floor(math.Log10(math.Abs(x)))))
	}
	return strconv.FormatFloat(x, 'f', digits, 64)
}
