package texts

import (
	"regexp"
	"strings"
	"unicode"
)

// Code shows what somebody wrote as inline code, in a fence longer than any
// run of backticks in it, so that nothing in it has an effect (S19).
func Code(s string) string {
	s = Line(s)
	if s == "" {
		return "` `"
	}
	s = strings.ReplaceAll(s, "<!--", "<"+breaker+"!--") // no marker, not even one that is shown
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) == "" {
		s = " " + s + " "
	}
	return fence + s + fence
}

// fenced shows a text of several lines as a code block inside a list item, in a
// fence longer than any run of backticks in it, so that nothing in it has an
// effect (S19).
func fenced(s string) string {
	s = strings.TrimRight(s, "\n")
	fence := strings.Repeat("`", max(3, longestRun(s, '`')+1))
	var b strings.Builder
	b.WriteString("  " + fence + "\n")
	for line := range strings.SplitSeq(Lines(s), "\n") {
		line = strings.ReplaceAll(line, "<!--", "<"+breaker+"!--") // no marker, as in Code
		b.WriteString(strings.TrimRight("  "+line, " ") + "\n")
	}
	return b.String() + "  " + fence
}

// Lines is Line for a text of several lines, whose spaces it keeps.
func Lines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = visible(strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", "    "))
	}
	return strings.Join(lines, "\n")
}

// cell is Code for a table, where a bar would begin the next cell.
func cell(s string) string {
	return strings.ReplaceAll(Code(s), "|", `\|`)
}

// breaker is put where GitHub would see a mention, a reference or a link. It
// cannot be seen. (A backslash does not help: GitHub looks for mentions in the
// rendered text, github-facts.md section 10.)
const breaker = "\u200b"

var plainer = strings.NewReplacer(
	"@", "@"+breaker, "#", "#"+breaker, "://", ":"+breaker+"//",
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "{", `\{`, "}", `\}`, "[", `\[`, "]", `\]`,
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "~", `\~`, "!", `\!`, "$", `\$`,
)

// references finds what GitHub links without a sign that plainer breaks.
var references = regexp.MustCompile(`(?i)\b(www|gh)([.-])`)

// Plain shows what somebody wrote as plain text inside a Markdown line.
func Plain(s string) string {
	s = references.ReplaceAllString(Line(s), "${1}"+breaker+"${2}")
	s = plainer.Replace(s)
	if s == "" {
		return s
	}
	// what begins a list, a rule or a command at the start of a line
	if strings.ContainsRune("+-=/", rune(s[0])) {
		return `\` + s
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) }); i > 0 && (s[i] == '.' || s[i] == ')') {
		return s[:i] + `\` + s[i:]
	}
	return s
}

// clause is Plain for what a full stop of ours follows.
func clause(s string) string { return Plain(strings.TrimRight(Line(s), ".")) }

// Line makes one line of s that is shown as it is, without Markdown: white space becomes a space, and characters
// that cannot be seen or that change the reading order become U+FFFD (S7).
func Line(s string) string {
	return strings.TrimSpace(visible(s))
}

// visible is Line with the spaces around the text kept.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		default:
			return unicode.ReplacementChar
		}
	}, s)
}

// longestRun is the length of the longest run of c in s.
func longestRun(s string, c rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if r == c {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// Truncate shortens s to at most limit runes and says so.
func Truncate(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}
