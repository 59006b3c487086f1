package texts

import (
	"fmt"
	"strings"
)

// Listing is a list as a text shows it: whole items as far as there is room for
// them, and how many there are more.
type Listing struct {
	Count string // what is listed: "3 workflows"
	Why   string // why it is listed; "" if the text says so
	Items []string
	More  int
}

// listing shows the first of n Markdown items that fit into a number of bytes,
// and returns how many are left of those.
func listing(n int, item func(int) string, room int) (list Listing, left int) {
	for i := range n {
		text := item(i)
		if room -= len("- ") + len(text) + len("\n"); room < 0 {
			break
		}
		list.Items, left = append(list.Items, text), room
	}
	list.More = n - len(list.Items)
	return list, left
}

// counted is "1 file" or "2 files".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// maxPath bounds the runes that are shown of a path. Both ends are: the name is
// at the end.
const maxPath = 200

func shortPath(path string) string {
	runes := []rune(path)
	if len(runes) <= maxPath {
		return path
	}
	return string(runes[:maxPath/2]) + "…" + string(runes[len(runes)-maxPath/2:])
}

// maxURL bounds the bytes of a link in a list: a longer one would take the place
// of many files.
const maxURL = 1000

// sourceLink names a file with a link to it at the commit that the PR shows.
func (v View) sourceLink(path string) string {
	name, page := Code(shortPath(path)), v.fileAt(v.Pull.Source, path)
	if len(page) > maxURL {
		return name
	}
	return "[" + name + "](" + page + ")"
}

// clip is the last resort for a text that GitHub would refuse: it cuts at the
// end of a line, closes the code block and the folded parts that it cut, and
// says where the rest is. Lists are bounded before, item by item.
func clip(s, rest string) string {
	if len(s) <= maxOutput {
		return s
	}
	end, folded, fence := 0, 0, ""
	for line := range strings.Lines(s) {
		if end+len(line) > maxOutput {
			break
		}
		end += len(line)
		mark := strings.TrimSpace(line)
		ticks := mark[:len(mark)-len(strings.TrimLeft(mark, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence == "":
			folded += strings.Count(line, "<details>") - strings.Count(line, "</details>")
		case mark == ticks && len(ticks) >= len(fence):
			fence = ""
		}
	}
	s = s[:end]
	if fence != "" {
		s += "  " + fence + "\n" // as fenced indents it
	}
	return s + strings.Repeat("\n</details>\n", max(0, folded)) + "\nThe rest is cut: GitHub shows no longer text here. " + rest + "\n"
}
