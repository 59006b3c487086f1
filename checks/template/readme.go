package template

import (
	"bytes"
	"regexp"
	"strings"
)

// Passage is a piece of a README without its markup.
type Passage struct {
	Text string
	Line int // from 1
}

var (
	image    = regexp.MustCompile(`!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])?`)
	link     = regexp.MustCompile(`\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])`)
	tag      = regexp.MustCompile(`<[^>]*>`)
	heading  = regexp.MustCompile(`^ {0,3}#{1,6}(\s|$)`)
	htmlHead = regexp.MustCompile(`(?i)<h[1-6][^>]*>`)
	rule     = regexp.MustCompile(`^ {0,3}(=+|-+)\s*$`)
	fence    = regexp.MustCompile("^ {0,3}(```|~~~)")
)

// Readme returns the first heading of a Markdown text, and the first sentence
// of each paragraph. Badges, links, emphasis and code blocks are taken away.
func Readme(content []byte) (first Passage, sentences []Passage) {
	lines := strings.Split(strings.ReplaceAll(string(bytes.TrimPrefix(content, bom)), "\r\n", "\n"), "\n")
	var paragraph []string
	start, fenced := 0, false
	end := func() {
		if sentence := firstSentence(paragraph); sentence != "" {
			sentences = append(sentences, Passage{Text: sentence, Line: start})
		}
		paragraph = nil
	}
	title := func(text string, line int) {
		if text = plain(text); first.Line == 0 && text != "" {
			first = Passage{Text: text, Line: line}
		}
	}
	for i, line := range lines {
		switch {
		case fence.MatchString(line):
			end()
			fenced = !fenced
		case fenced:
		case heading.MatchString(line):
			end()
			title(strings.Trim(strings.TrimSpace(line), "#"), i+1)
		case htmlHead.MatchString(line):
			end()
			title(line, i+1)
		case rule.MatchString(line) && len(paragraph) == 1: // a heading that is underlined
			title(paragraph[0], i)
			paragraph = nil
		case plain(line) == "": // an empty line, or badges only
			end()
		default:
			if len(paragraph) == 0 {
				start = i + 1
			}
			paragraph = append(paragraph, line)
		}
	}
	end()
	return first, sentences
}

// firstSentence returns what stands before the first full stop of a paragraph.
func firstSentence(paragraph []string) string {
	text := plain(strings.Join(paragraph, " "))
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i]
	}
	return strings.TrimRight(text, ".")
}

// plain takes the markup from a text.
func plain(text string) string {
	text = image.ReplaceAllString(text, "")
	text = link.ReplaceAllString(text, "$1")
	text = tag.ReplaceAllString(text, "")
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(text), "*_`>"))
}
