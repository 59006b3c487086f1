package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/onboard-app/onboard/checks"
)

// writer writes JSON with gaps of any kind and remembers where everything is.
type writer struct {
	bytes.Buffer
	t     *rapid.T
	lines []string // "key line" and "kind line-end", in order
}

func (w *writer) gap() {
	w.WriteString(rapid.SampledFrom([]string{"", "", " ", "\n", "\r\n", "\t\n\n"}).Draw(w.t, "gap"))
}

func (w *writer) line() int { return strings.Count(w.String(), "\n") + 1 }

func (w *writer) text() string {
	encoded, err := json.Marshal(rapid.String().Draw(w.t, "text"))
	require.NoError(w.t, err)
	w.Write(encoded)
	return string(encoded)
}

// value writes a value of at most the given depth.
func (w *writer) value(depth int) {
	at := len(w.lines)
	start := w.line()
	var what kind
	w.lines = append(w.lines, "")
	switch choice := rapid.IntRange(0, 5).Draw(w.t, "kind"); {
	case choice == 0 && depth > 0, choice == 1 && depth > 0:
		what = object
		w.list("{", "}", func() {
			w.lines = append(w.lines, fmt.Sprintf("key %d", w.line()))
			w.text()
			w.gap()
			w.WriteByte(':')
			w.gap()
			w.value(depth - 1)
		})
	case choice == 2 && depth > 0:
		what = array
		w.list("[", "]", func() { w.value(depth - 1) })
	case choice == 3:
		what = number
		w.WriteString(rapid.SampledFrom([]string{"0", "-1.5e3", "12345678901234567890"}).Draw(w.t, "number"))
	case choice == 4:
		what = null
		w.WriteString("null")
	default:
		what = text
		w.text()
	}
	w.lines[at] = fmt.Sprintf("%s %d-%d", what, start, w.line())
}

func (w *writer) list(begin, end string, item func()) {
	w.WriteString(begin)
	w.gap()
	for i := range rapid.IntRange(0, 3).Draw(w.t, "items") {
		if i > 0 {
			w.WriteByte(',')
			w.gap()
		}
		item()
		w.gap()
	}
	w.WriteString(end)
}

// described tells of a value what writer remembers.
func described(v *value) []string {
	list := []string{fmt.Sprintf("%s %d-%d", v.kind, v.line, v.end)}
	for _, m := range v.members {
		list = append(list, fmt.Sprintf("key %d", m.line))
		list = append(list, described(m.value)...)
	}
	for _, item := range v.items {
		list = append(list, described(item)...)
	}
	return list
}

func TestPositionsAreThoseOfTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t}
		w.gap()
		w.value(4)
		w.gap()
		v, problem := parseJSON(w.Bytes())
		require.Nil(t, problem, "%s", w.String())
		assert.Equal(t, w.lines, described(v), "%s", w.String())
	})
}

func FuzzPositions(f *testing.F) {
	for _, seed := range []string{good, "{}", "[1,]", "{\"a\":{\"a\":[null,true]}}", "\ufeff{}", "", "{\n", "\"\\u00", strings.Repeat("[", 200), "{\"a\":1,\"A\":2}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		last := bytes.Count(content, []byte("\n")) + 1
		v, problem := parseJSON(content)
		if problem != nil {
			assert.Nil(t, v)
			assert.True(t, problem.line >= 1 && problem.line <= last, "line %d of %d", problem.line, last)
			assert.NotEmpty(t, checks.NewFinding(rules, problem.rule, "").Fix)
			return
		}
		require.True(t, json.Valid(content))
		within(t, content, v, last)
	})
}

// within asserts that each value stands where it says.
func within(t *testing.T, content []byte, v *value, last int) {
	require.True(t, 1 <= v.line && v.line <= v.end && v.end <= last, "lines %d to %d of %d", v.line, v.end, last)
	require.Equal(t, v.line, bytes.Count(content[:v.offset], []byte("\n"))+1)
	var there any
	require.NoError(t, json.NewDecoder(bytes.NewReader(content[v.offset:])).Decode(&there))
	if is, ok := there.(string); ok {
		require.Equal(t, is, v.text)
	}
	for _, m := range v.members {
		require.LessOrEqual(t, m.line, m.value.line)
		within(t, content, m.value, last)
	}
	for _, item := range v.items {
		within(t, content, item, last)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add("plugin.json", []byte(good))
	f.Add("plugin.yaml", []byte(yamlOf(good)))
	f.Add("plugin.json", []byte(`{"settings_schema":{"settings":[null],"sections":[{"settings":[null]}]}}`))
	f.Add("plugin.yml", []byte("settings_schema: {settings: [~, &a {options: [*a]}]}"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		if name != "plugin.json" {
			name = "plugin.yaml"
		}
		result := check(t, DefaultPolicy(), map[string]string{name: string(content), "README.md": string(content), "server/a.go": string(content)})
		for _, finding := range result.Findings {
			assert.LessOrEqual(t, finding.Line, bytes.Count(content, []byte("\n"))+1)
		}
	})
}
