package handlers

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	call := func(name string, args ...string) []Call {
		return []Call{{Name: name, Args: append([]string{}, args...)}}
	}
	tests := map[string]struct {
		text string
		want []Call
	}{
		"a bare /onboard starts":                        {"/onboard", []Call{{Name: "start"}}},
		"words follow the command":                      {"/onboard recheck licence", call("recheck", "licence")},
		"case does not matter, phones write capitals":   {"/Onboard HELP Recheck", call("help", "Recheck")},
		"spaces and tabs between words fold":            {"/onboard  \t help ", call("help")},
		"Windows line ends are no part of a word":       {"hello\r\n/onboard help\r\nbye\r\n", call("help")},
		"up to three spaces before it are a line start": {"   /onboard help", call("help")},
		"four spaces are code":                          {"    /onboard help", nil},
		"a tab is code":                                 {"\t/onboard help", nil},
		"not in the middle of a line":                   {"please /onboard help", nil},
		"not another word that begins the same":         {"/onboarding help", nil},
		"not in a list item":                            {"- /onboard help", nil},
		"several commands": {"/onboard help\ntext\n/onboard status", []Call{
			{Name: "help", Args: []string{}}, {Name: "status", Args: []string{}},
		}},
		"not in a code fence":                          {"```\n/onboard help\n```", nil},
		"after a closed fence again":                   {"```sh\nx\n```\n/onboard help", call("help")},
		"a shorter fence does not close a longer one":  {"````\n```\n/onboard help\n````", nil},
		"a fence of tildes is not closed by backticks": {"~~~\n```\n/onboard help\n~~~", nil},
		"a fence is not closed by one with words":      {"```\n``` sh\n/onboard help", nil},
		"an open fence goes on to the end":             {"```\n/onboard help", nil},
		"three backticks around a word are no fence":   {"```x```\n/onboard help", call("help")},
		"not quoted":                                {"> /onboard help", nil},
		"not quoted twice":                          {"> > /onboard help", nil},
		"not in the paragraph of a quote":           {"> somebody said\n/onboard help", nil},
		"after a quote and an empty line":           {"> /onboard status\n\n/onboard help", call("help")},
		"not in an HTML comment":                    {"<!-- say\n/onboard help\n-->", nil},
		"after an HTML comment":                     {"<!-- a --> <!-- b\n-->\n/onboard help", call("help")},
		"a comment that closes hides nothing":       {"<!-- a -->\n/onboard help", call("help")},
		"not in a fence in a list":                  {"- ```\n  /onboard help\n  ```", nil},
		"not in a quote in a list":                  {"- > quote\n/onboard help", nil},
		"not in preformatted HTML":                  {"<pre>\n/onboard help\n</pre>", nil},
		"not in code that spans lines":              {"a `b\n/onboard help\nc`", nil},
		"not in an inline comment that spans lines": {"a <!-- b\n/onboard help\n-->", nil},
		"after a comment's sign in code":            {"use `<!--` to hide\n\n/onboard help", call("help")},
		"after a quoted fence":                      {"> ```\n> code\n\n/onboard help", call("help")},
		"after a quote and a rule":                  {"> quote\n***\n/onboard help", call("help")},
		"under a list, where GitHub shows it":       {"- item\n/onboard help", call("help")},
		"over a line of dashes":                     {"/onboard help\n---\nbye", call("help")},
		"nothing":                                   {"", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			calls, more := Parse(test.text)
			assert.Equal(t, test.want, calls)
			assert.False(t, more)
		})
	}
}

func TestParseTakesTwentyCommandsOfOneText(t *testing.T) {
	calls, more := Parse(strings.Repeat("/onboard help\n", 20))
	assert.Len(t, calls, 20)
	assert.False(t, more)
	calls, more = Parse(strings.Repeat("/onboard help\n", 21))
	assert.Len(t, calls, 20)
	assert.True(t, more)
}

func TestParseShortensWordsNobodyMeans(t *testing.T) {
	calls, _ := Parse("/onboard " + strings.Repeat("é", 1000))
	require.Len(t, calls, 1)
	assert.Equal(t, strings.Repeat("é", maxName), calls[0].Name)
	calls, _ = Parse("/onboard nightly " + strings.Repeat("é", 3000))
	require.Len(t, calls, 1)
	assert.LessOrEqual(t, len([]rune(calls[0].Args[0])), maxWord)
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"/onboard", "> /onboard\n\n/onboard help", "```\n/onboard\n```", "<!--\n/onboard\n-->", "\r\n\t~~~ /onboard", "```\n> /onboard\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		calls, _ := Parse(text)
		require.LessOrEqual(t, len(calls), maxCommands)
		for _, call := range calls {
			require.NotEmpty(t, call.Name)
			require.NotContains(t, call.Name, " ")
			require.LessOrEqual(t, len([]rune(call.Name)), maxName)
		}
		oneLine := strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
		for _, hidden := range []string{"> /onboard " + oneLine, "    /onboard " + oneLine, "x /onboard " + oneLine} {
			calls, _ := Parse(hidden)
			require.Empty(t, calls, hidden)
		}
	})
}

func TestNearest(t *testing.T) {
	known := []string{"start", "status", "recheck", "help"}
	assert.Equal(t, "recheck", nearest("rechek", known))
	assert.Equal(t, "status", nearest("statsu", known))
	assert.Equal(t, "help", nearest("halp", known))
	assert.Empty(t, nearest("deploy", known), "a guess that is far off helps nobody")
}

func TestAttackACommentMadeToBeSlowIsParsedInTime(t *testing.T) {
	const size = 65_000 // GitHub takes no more
	for name, text := range map[string]string{
		"quotes":     strings.Repeat(">", size),
		"lists":      strings.Repeat("- ", size/2),
		"backticks":  strings.Repeat("`", size),
		"code spans": strings.Repeat("`a``b", size/5),
		"comments":   strings.Repeat("<!-- ", size/5),
		"tags":       strings.Repeat("<a ", size/3),
		"lines":      strings.Repeat("/x\n", size/3),
		"nested":     strings.Repeat("> - ", size/4),
		"steps":      steps(size),
	} {
		began := time.Now()
		Parse(text + "\n\n/onboard help")
		assert.Less(t, time.Since(began), 10*time.Second, name) // milliseconds, without the race detector
		t.Logf("%s: %s", name, time.Since(began))
	}
}

// steps is a list that goes ever deeper.
func steps(size int) string {
	var b strings.Builder
	for depth := 0; b.Len() < size; depth += 2 {
		b.WriteString(strings.Repeat(" ", depth) + "- x\n")
	}
	return b.String()
}
