package handlers

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Bounds of one text (S17).
const (
	maxCommands = 20
	maxWord     = 2000 // runes of a word that are looked at: a URL may be long
	maxName     = 100  // runes of a command's name
	maxLine     = 4000 // bytes of a line that are looked at: deep nesting takes its square in time
)

// Call is one command as somebody wrote it.
type Call struct {
	Name string   // in lower case; "start" for a bare /onboard
	Args []string // the other words of the line
}

// markdown knows what is a paragraph, code, quoted or hidden. It has the
// parsers for that and no others: links and emphasis change nothing here.
var markdown = parser.NewParser(
	parser.WithBlockParsers(parser.DefaultBlockParsers()...),
	parser.WithInlineParsers(util.Prioritized(parser.NewCodeSpanParser(), 100), util.Prioritized(parser.NewRawHTMLParser(), 200)),
)

// Parse finds the commands in a comment: lines that start with /onboard and
// that GitHub shows as the writer's own words, not as code, quoted or hidden.
// It returns at most maxCommands, and whether there were more.
func Parse(comment string) (calls []Call, more bool) {
	if !mentionsCommand([]byte(comment)) {
		return nil, false
	}
	source := shorten(comment)
	// Walk fails only if the function does.
	_ = ast.Walk(markdown.Parse(text.NewReader(source)), func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || node.Type() == ast.TypeInline {
			return ast.WalkSkipChildren, nil
		}
		switch node.(type) {
		case *ast.Blockquote:
			return ast.WalkSkipChildren, nil
		case *ast.Paragraph, *ast.TextBlock, *ast.Heading:
			for _, line := range ownLines(node, source) {
				call, ok := parseLine(line)
				if ok && len(calls) == maxCommands {
					more = true
					return ast.WalkStop, nil
				}
				if ok {
					calls = append(calls, call)
				}
			}
		}
		return ast.WalkContinue, nil
	})
	return calls, more
}

// mentionsCommand tells whether a text, or the payload that it is in, has the word
// that each command begins with.
func mentionsCommand(text []byte) bool {
	for {
		slash := bytes.IndexByte(text, '/')
		if slash < 0 {
			return false
		}
		text = text[slash+1:]
		if word := "onboard"; len(text) >= len(word) && strings.EqualFold(string(text[:len(word)]), word) {
			return true
		}
	}
}

// shorten cuts lines that nobody writes.
func shorten(comment string) []byte {
	var source []byte
	for line := range strings.Lines(comment) {
		if len(line) > maxLine {
			line = strings.ToValidUTF8(line[:maxLine], "") + "\n"
		}
		source = append(source, line...)
	}
	return source
}

// ownLines are the whole source lines of a block, without those that begin
// inside a code span or an HTML comment that spans lines.
func ownLines(block ast.Node, source []byte) []string {
	var lines []string
	inline := inlineSpans(block)
	for i := range block.Lines().Len() {
		segment := block.Lines().At(i)
		for len(inline) > 0 && inline[0].Stop <= segment.Start {
			inline = inline[1:]
		}
		if len(inline) > 0 && inline[0].Start <= segment.Start { // what begins with the line has its own sign before
			continue
		}
		begin := bytes.LastIndexByte(source[:segment.Start], '\n') + 1
		lines = append(lines, string(source[begin:segment.Stop]))
	}
	return lines
}

// inlineSpans are where a block has code and HTML within its lines, in order.
func inlineSpans(block ast.Node) []text.Segment {
	var spans []text.Segment
	for child := block.FirstChild(); child != nil; child = child.NextSibling() {
		switch inline := child.(type) {
		case *ast.RawHTML:
			spans = append(spans, text.NewSegment(inline.Segments.At(0).Start, inline.Segments.At(inline.Segments.Len()-1).Stop))
		case *ast.CodeSpan:
			first, isText := inline.FirstChild().(*ast.Text)
			last, isText2 := inline.LastChild().(*ast.Text)
			if isText && isText2 {
				spans = append(spans, text.NewSegment(first.Segment.Start, last.Segment.Stop))
			}
		}
	}
	return spans
}

// parseLine reads one line; phones write "/Onboard", so case does not matter.
func parseLine(line string) (Call, bool) {
	if word := strings.TrimSpace(line); len(word) < len("/onboard") || !strings.EqualFold(word[:len("/onboard")], "/onboard") {
		return Call{}, false // most lines of a comment, and long ones
	}
	words := strings.Fields(line)
	if !strings.EqualFold(words[0], "/onboard") {
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
	name := []rune(strings.ToLower(words[1]))
	return Call{Name: string(name[:min(len(name), maxName)]), Args: words[2:]}, true
}
