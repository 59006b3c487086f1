package handlers

import (
	"strings"
	"testing"

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
		"not quoted":                          {"> /onboard help", nil},
		"not quoted twice":                    {"> > /onboard help", nil},
		"not in the paragraph of a quote":     {"> somebody said\n/onboard help", nil},
		"after a quote and an empty line":     {"> /onboard status\n\n/onboard help", call("help")},
		"not in an HTML comment":              {"<!-- say\n/onboard help\n-->", nil},
		"after an HTML comment":               {"<!-- a --> <!-- b\n-->\n/onboard help", call("help")},
		"a comment that closes hides nothing": {"<!-- a -->\n/onboard help", call("help")},
		"nothing":                             {"", nil},
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
	assert.Equal(t, strings.Repeat("é", maxWord), calls[0].Name)
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
			require.LessOrEqual(t, len([]rune(call.Name)), maxWord)
		}
		quoted, _ := Parse("> " + strings.ReplaceAll(strings.ReplaceAll(text, "\r", " "), "\n", "\n> "))
		require.Empty(t, quoted, "whatever is quoted is no command")
		indented, _ := Parse("    " + strings.ReplaceAll(strings.ReplaceAll(text, "\r", " "), "\n", "\n    "))
		require.Empty(t, indented, "whatever is indented as code is no command")
	})
}

func TestNearest(t *testing.T) {
	known := []string{"start", "status", "recheck", "help"}
	assert.Equal(t, "recheck", nearest("rechek", known))
	assert.Equal(t, "status", nearest("statsu", known))
	assert.Equal(t, "help", nearest("halp", known))
	assert.Empty(t, nearest("deploy", known), "a guess that is far off helps nobody")
}
