package licence

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
)

// span is a range of lines of a licence file, from 1.
type span struct {
	line, end int
	text      string // what stands there, or why it matters
}

// reading is what one text says.
type reading struct {
	ids        []string // licences found, sorted
	at         map[string]span
	headerOnly bool   // Apache-2.0 is only referred to
	extra      []span // words that belong to no licence
	copyright  []span // copyright statements that say more than they should
	hidden     []span // characters that nobody sees
}

// clean reports whether the text is nothing but licences.
func (r reading) clean() bool {
	return !r.headerOnly && len(r.extra)+len(r.copyright)+len(r.hidden) == 0
}

// apacheBytes is what the full Apache-2.0 text exceeds and its header does not.
const apacheBytes = 5 << 10

// read analyses a text. Refused licences are looked for only if there is more,
// or less, in it than accepted ones. It fails if their patterns are broken.
func (s *scanner) read(text string) (reading, error) {
	lines := newLines(text)
	accepted, err := s.accepted()
	if err != nil {
		return reading{}, err
	}
	r := accepted.read(text, lines)
	if len(r.ids) > 0 && r.clean() {
		return r, nil
	}
	refused, err := s.refused()
	if err != nil {
		return reading{}, err
	}
	r.add(refused.scan(text), lines)
	return r, nil
}

// read analyses a text of the library's licences.
func (l *library) read(text string, lines lines) reading {
	r := reading{at: map[string]span{}}
	matches := l.scan(text)
	r.add(matches, lines)
	apache := 0
	for _, m := range matches {
		if m.id == "Apache-2.0" {
			apache = max(apache, m.end-m.start)
		}
		r.extra = append(r.extra, l.inside(text, m, lines)...)
	}
	r.headerOnly = apache > 0 && apache <= apacheBytes
	r.outside(lines.outside(matches))
	r.hidden = hidden(text, lines)
	slices.SortStableFunc(r.extra, func(a, b span) int { return a.line - b.line })
	return r
}

// add adds licences found, each once, with the place where it stands first.
func (r *reading) add(matches []match, lines lines) {
	for _, m := range matches {
		if _, seen := r.at[m.id]; !seen {
			r.ids = append(r.ids, m.id)
			r.at[m.id] = span{lines.number(m.start), lines.number(m.end - 1), m.id}
		}
	}
	slices.Sort(r.ids)
}

// tag matches what the library skips as an HTML tag, but plain text shows.
var tag = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)

// maxTagWords is enough for `<name of the copyright owner>`.
const maxTagWords = 6

// inside returns the restrictions hidden within a match: in the open slots of
// the licence (names of holders) and in what the library takes for HTML tags.
func (l *library) inside(text string, m match, lines lines) []span {
	var found []span
	plain := 0
	for _, w := range l.foreign(text, m) {
		if isPlain(w.text) {
			plain++
		}
		if restricting[strings.ToLower(w.text)] || mixedScripts(w.text) || plain > maxPlainWords {
			found = append(found, lines.whole(w.at))
		}
	}
	for _, at := range tag.FindAllStringIndex(text[m.start:m.end], -1) {
		if len(wordsOf(address.ReplaceAllString(text[m.start+at[0]:m.start+at[1]], " x "))) > maxTagWords {
			found = append(found, lines.whole(m.start+at[0]))
		}
	}
	for _, statement := range lines.statements(m.start, m.end) {
		if _, bad := suspicious(statement.text); bad {
			found = append(found, statement)
		}
	}
	return slices.CompactFunc(found, func(a, b span) bool { return a.line == b.line })
}

// outside sorts the pieces of text outside all matches into titles, copyright
// statements and extra words. A copyright statement goes on until a blank line,
// extra words until something else follows.
func (r *reading) outside(pieces []span) {
	var statements []span
	var open *[]span // what the piece before belongs to
	for _, piece := range pieces {
		piece.end, piece.text = piece.line, strings.TrimSpace(piece.text)
		switch {
		case copyrightStart.MatchString(piece.text):
			statements, open = append(statements, piece), &statements
		case isTitle(piece.text):
			open = nil
		case open == &statements && piece.line <= statements[len(statements)-1].end+1, open == &r.extra:
			last := &(*open)[len(*open)-1]
			last.end, last.text = piece.line, last.text+" "+piece.text
		default:
			r.extra, open = append(r.extra, piece), &r.extra
		}
	}
	for _, statement := range statements {
		if _, bad := suspicious(statement.text); bad {
			r.copyright = append(r.copyright, statement)
		}
	}
}

// hidden returns the lines with control characters or invisible ones, such as
// those that change the direction of the text: people and programs read
// something else there.
func hidden(text string, lines lines) []span {
	var found []span
	for at, r := range text {
		bad := unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\f\v", r)
		if !bad {
			continue
		}
		if s := lines.whole(at); len(found) == 0 || found[len(found)-1].line != s.line {
			found = append(found, s)
		}
	}
	return found
}

// lines knows where the lines of a text start.
type lines struct {
	text   string
	starts []int
}

func newLines(text string) lines {
	l := lines{text, []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// number returns the number of the line, from 1, that the byte belongs to.
func (l lines) number(at int) int {
	return max(1, sort.SearchInts(l.starts, at+1))
}

// bounds returns where the numbered line starts and ends, without its newline.
func (l lines) bounds(number int) (start, end int) {
	start, end = l.starts[number-1], len(l.text)
	if number < len(l.starts) {
		end = l.starts[number] - 1
	}
	return start, end
}

// whole returns the line that the byte belongs to.
func (l lines) whole(at int) span {
	number := l.number(at)
	start, end := l.bounds(number)
	return span{number, number, strings.TrimSpace(l.text[start:end])}
}

// outside returns the pieces of lines outside all matches that have words.
func (l lines) outside(matches []match) []span {
	var pieces []span
	for number := 1; number <= len(l.starts); number++ {
		at, end := l.bounds(number)
		for len(matches) > 0 && matches[0].end <= at {
			matches = matches[1:]
		}
		for _, m := range matches {
			if m.start >= end {
				break
			}
			pieces = l.piece(pieces, number, at, min(m.start, end))
			at = max(at, min(m.end, end))
		}
		pieces = l.piece(pieces, number, at, end)
	}
	return pieces
}

// piece appends text[at:end] to the pieces if there is a word in it.
func (l lines) piece(pieces []span, number, at, end int) []span {
	if at < end && len(wordsOf(l.text[at:end])) > 0 {
		return append(pieces, span{number, number, l.text[at:end]})
	}
	return pieces
}

// holderLine matches a line within a licence's text that names a holder: it has
// a year, or the brackets for one, after the word.
var holderLine = regexp.MustCompile(`(?i)^\W*copyright\W+((c|©)\W+)?[\[{<(]?(\d{4}|yyyy|year)`)

// statements returns the lines of text[start:end] that name a holder.
func (l lines) statements(start, end int) []span {
	var found []span
	for number := l.number(start); number <= l.number(end-1); number++ {
		from, to := l.bounds(number)
		if line := l.text[max(from, start):min(to, end)]; holderLine.MatchString(line) {
			found = append(found, span{number, number, strings.TrimSpace(line)})
		}
	}
	return found
}
