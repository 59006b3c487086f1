package checks

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// look is how an outcome or a severity is shown on a terminal.
type look struct{ mark, colour string }

var (
	outcomeLooks = map[Outcome]look{
		Pass: {"✓", "\x1b[32m"}, Fail: {"✗", "\x1b[31m"}, Review: {"?", "\x1b[33m"}, Error: {"!", "\x1b[35m"},
	}
	noticeLook = look{"•", "\x1b[36m"}
)

const (
	bold  = "\x1b[1m"
	faint = "\x1b[2m"
	reset = "\x1b[0m"

	indent   = "    "
	widest   = 100 // columns that are read with ease
	narrowed = 40  // columns below which wrapping helps nobody
)

// WriteText writes the report for people: what has to be done comes first, what
// is alike stands together, and the last sentence is the next step. Lines are
// wrapped to a width in columns; 0 leaves them as they are. What is quoted from
// the plugin cannot control the terminal (S19).
func (r Report) WriteText(w io.Writer, colour bool, width int) error {
	p := page{colour: colour, width: max(min(width, widest), narrowed)}
	if width <= 0 {
		p.width = 0
	}
	results := slices.Clone(r.Checks)
	slices.SortStableFunc(results, func(a, b Result) int {
		return cmp.Compare(outcomesByWeight[b.Outcome], outcomesByWeight[a.Outcome])
	})
	for _, result := range results {
		p.names = max(p.names, len(result.Check))
	}
	for _, result := range results {
		p.result(result)
	}
	p.closing(r)
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// page is the text of a report as it grows.
type page struct {
	strings.Builder
	colour bool
	width  int // columns; 0: lines are not wrapped
	names  int // columns of the longest check's name
}

// paint puts a text in a style.
func (p *page) paint(style, text string) string {
	if !p.colour {
		return text
	}
	return style + text + reset
}

// printf writes on.
func (p *page) printf(format string, values ...any) { fmt.Fprintf(&p.Builder, format, values...) }

// result writes one check and its findings, the worst first.
func (p *page) result(r Result) {
	shown := outcomeLooks[r.Outcome]
	name := fmt.Sprintf("%-*s", p.names, r.Check)
	p.printf("%s %s  %s\n", p.paint(shown.colour, shown.mark), p.paint(bold, name), printable(r.Title))
	for _, alike := range grouped(r.Findings) {
		p.group(alike)
	}
	if len(r.Findings) > 0 {
		p.WriteByte('\n')
	}
}

// grouped puts findings of one rule that are mended alike together: failures
// first, notices last, and else in the order in which they come.
func grouped(findings []Finding) [][]Finding {
	var groups [][]Finding
	for _, f := range findings {
		i := slices.IndexFunc(groups, func(g []Finding) bool {
			return g[0].Rule == f.Rule && g[0].Severity == f.Severity && g[0].Fix == f.Fix
		})
		if i < 0 {
			groups = append(groups, []Finding{f})
			continue
		}
		groups[i] = append(groups[i], f)
	}
	slices.SortStableFunc(groups, func(a, b []Finding) int {
		return cmp.Compare(outcomesByWeight[b[0].Severity.Outcome()], outcomesByWeight[a[0].Severity.Outcome()])
	})
	return groups
}

// group writes findings that are mended alike: each message with its place, or
// with a list of its places, and the fix once.
func (p *page) group(alike []Finding) {
	shown := outcomeLooks[alike[0].Severity.Outcome()]
	if alike[0].Severity == Notice {
		shown = noticeLook
	}
	p.printf("\n  %s %s\n", p.paint(shown.colour, shown.mark), p.paint(faint, alike[0].Rule))
	said := map[string]bool{}
	for _, f := range alike {
		if !said[f.Message] {
			said[f.Message] = true
			p.message(f.Message, alike)
		}
	}
	p.fix(alike[0])
}

// message writes a message and where those of the findings are that say so.
func (p *page) message(message string, alike []Finding) {
	var places []string
	for _, f := range alike {
		if f.Message == message && f.Path != "" {
			places = append(places, place(f))
		}
	}
	if len(places) == 1 {
		p.WriteString(p.wrapped(indent, indent+"  ", places[0]+": "+printable(message)))
		return
	}
	p.WriteString(p.wrapped(indent, indent, printable(message)))
	for _, at := range places {
		p.printf("%s  %s\n", indent, at)
	}
}

// fix writes how to mend something: the sentence, and the example as it is.
func (p *page) fix(f Finding) {
	sentence, example := f.Advice()
	p.WriteString(p.wrapped(indent+"→ ", indent+"  ", printable(sentence)))
	if example == "" {
		return
	}
	p.WriteByte('\n')
	for line := range strings.Lines(example) {
		line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    ")
		p.WriteString(strings.TrimRight(indent+"  "+printable(line), " ") + "\n")
	}
}

// wrapped returns a text as lines of the page's width, each with its line end.
// A word that is longer, as URLs are, stays whole.
func (p *page) wrapped(first, next, text string) string {
	var b strings.Builder
	line := first
	for i, word := range strings.Split(text, " ") {
		switch {
		case i == 0:
			line += word
		case p.width > 0 && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > p.width:
			b.WriteString(line + "\n")
			line = next + word
		default:
			line += " " + word
		}
	}
	return b.String() + line + "\n"
}

// closing writes what all checks together mean, and the next step.
func (p *page) closing(r Report) {
	said := next(r)
	if !strings.HasSuffix(p.String(), "\n\n") {
		p.WriteByte('\n')
	}
	p.WriteString(p.paint(outcomeLooks[r.Outcome].colour, strings.TrimSuffix(p.wrapped("", "", said), "\n")) + "\n")
}

// next is the sentence at the end: where the plugin stands, and what to do now.
func next(r Report) string {
	count := map[Severity]int{}
	for _, result := range r.Checks {
		for _, f := range result.Findings {
			count[f.Severity]++
		}
	}
	switch {
	case r.Outcome == Fail:
		return fmt.Sprintf("Not yet: %s to fix. Next: fix what is marked %s, and run this again.", counted(count[Failure], "thing"), outcomeLooks[Fail].mark)
	case r.Outcome == Review:
		return fmt.Sprintf("Nearly: %s for a person to look at. Next: fix what is marked %s if you can; an admin decides about the rest during the onboarding.",
			counted(count[Warning], "thing"), outcomeLooks[Review].mark)
	case r.Outcome != Pass:
		return fmt.Sprintf("Undecided: what is marked %s could not be checked, and the log says why. Next: run this again.", outcomeLooks[Error].mark)
	case count[Notice] > 0:
		return fmt.Sprintf("Everything passes. What is marked %s is good to know; nothing of it stops the plugin.", noticeLook.mark)
	default:
		return "Everything passes."
	}
}

// counted writes a number with its noun.
func counted(n int, noun string) string {
	switch n {
	case 0:
		return "some " + noun + "s" // an outcome that no finding explains
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// place says where a finding is, in the form that editors and terminals link.
func place(f Finding) string {
	if f.Line == 0 {
		return printable(f.Path)
	}
	return printable(f.Path) + ":" + strconv.Itoa(f.Line)
}

// printable escapes what does not print as itself: control characters, escape
// sequences, invisible and direction-changing characters, broken UTF-8.
func printable(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return b.String()
}
