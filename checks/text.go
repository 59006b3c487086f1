package checks

import (
	"fmt"
	"io"
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
	outcomeWords = map[Outcome]string{
		Pass: "Everything passes.", Fail: "Something has to be fixed.",
		Review: "A person must look at something.", Error: "Something could not be checked.",
	}
)

const (
	bold  = "\x1b[1m"
	faint = "\x1b[2m"
	reset = "\x1b[0m"
)

// WriteText writes the report for people: a line for each check, its findings
// below. What is quoted from the plugin cannot control the terminal (S19).
func (r Report) WriteText(w io.Writer, colour bool) error {
	paint := func(style, text string) string {
		if !colour {
			return text
		}
		return style + text + reset
	}
	width := 0
	for _, result := range r.Checks {
		width = max(width, len(result.Check))
	}
	var b strings.Builder
	for _, result := range r.Checks {
		shown := outcomeLooks[result.Outcome]
		fmt.Fprintf(&b, "%s %s  %s\n", paint(shown.colour, shown.mark), paint(bold, fmt.Sprintf("%-*s", width, result.Check)), printable(result.Title))
		for _, f := range result.Findings {
			shown := outcomeLooks[f.Severity.Outcome()]
			fmt.Fprintf(&b, "\n    %s%s\n", paint(shown.colour, place(f)), paint(faint, "  "+f.Rule))
			fmt.Fprintf(&b, "    %s\n", printable(f.Message))
			fmt.Fprintf(&b, "    → %s\n", printable(f.Fix))
		}
		if len(result.Findings) > 0 {
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "%s\n", paint(outcomeLooks[r.Outcome].colour, outcomeWords[r.Outcome]))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// place says where a finding is, in the form that editors and terminals link.
func place(f Finding) string {
	switch {
	case f.Path == "":
		return "(the whole plugin)"
	case f.Line == 0:
		return printable(f.Path)
	default:
		return printable(f.Path) + ":" + strconv.Itoa(f.Line)
	}
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
