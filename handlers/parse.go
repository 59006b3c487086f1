package handlers

import "strings"

// Bounds of one text (S17).
const (
	maxCommands = 20
	maxWord     = 100 // runes of a word that are looked at
)

// Call is one command as somebody wrote it.
type Call struct {
	Name string   // in lower case; "start" for a bare /onboard
	Args []string // the other words of the line
}

// Parse finds the commands in a comment: lines that start with /onboard,
// outside code, quotes and HTML comments, as GitHub would render them.
// It returns at most maxCommands, and whether there were more.
func Parse(text string) (calls []Call, more bool) {
	var scan scanner
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if scan.hidden(line) {
			continue
		}
		call, ok := parseLine(line)
		if !ok {
			continue
		}
		if len(calls) == maxCommands {
			return calls, true
		}
		calls = append(calls, call)
	}
	return calls, false
}

// parseLine reads one line; phones write "/Onboard", so case does not matter.
func parseLine(line string) (Call, bool) {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	if len(indent) > 3 || strings.Contains(indent, "\t") { // Markdown shows it as code
		return Call{}, false
	}
	words := strings.Fields(line)
	if len(words) == 0 || !strings.EqualFold(words[0], "/onboard") {
		return Call{}, false
	}
	if len(words) == 1 {
		return Call{Name: "start"}, true
	}
	for i, word := range words {
		if runes := []rune(word); len(runes) > maxWord {
			words[i] = string(runes[:maxWord])
		}
	}
	return Call{Name: strings.ToLower(words[1]), Args: words[2:]}, true
}

// scanner knows while it walks a text's lines which of them GitHub shows as
// something other than the writer's own words.
type scanner struct {
	fence   string // the fence that is open, such as "```"
	quote   bool   // the last line was quoted, and the paragraph goes on
	comment bool   // inside <!-- -->
}

// hidden tells whether a line is code, quoted or not shown.
func (s *scanner) hidden(line string) bool {
	trimmed := strings.TrimLeft(line, " ")
	switch {
	case s.comment:
		s.comment = !strings.Contains(line, "-->")
		return true
	case s.fence != "":
		if closes(trimmed, s.fence) && len(line)-len(trimmed) <= 3 {
			s.fence = ""
		}
		return true
	case strings.HasPrefix(trimmed, ">"):
		s.quote = true
		return true
	case strings.TrimSpace(line) == "":
		s.quote = false
		return true
	}
	if f := fence(trimmed); f != "" && len(line)-len(trimmed) <= 3 {
		s.fence, s.quote = f, false
		return true
	}
	if open := strings.LastIndex(line, "<!--"); open >= 0 && !strings.Contains(line[open:], "-->") {
		s.comment = true // what stands before it on the line is shown
	}
	return s.quote // a quoted paragraph goes on until an empty line
}

// fence returns the fence that a line opens, "" if it opens none.
func fence(line string) string {
	for _, mark := range []string{"`", "~"} {
		n := len(line) - len(strings.TrimLeft(line, mark))
		// after backticks no backtick may follow, or it is inline code
		if n >= 3 && (mark == "~" || !strings.Contains(line[n:], mark)) {
			return line[:n]
		}
	}
	return ""
}

// closes tells whether a line closes a fence: the same mark, at least as long,
// and nothing behind it.
func closes(line, fence string) bool {
	rest := strings.TrimLeft(line, fence[:1])
	return len(line)-len(rest) >= len(fence) && strings.TrimSpace(rest) == ""
}
