package demo

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
)

// picture draws, as SVG, what people see on the tracking issue: the comments
// as they are, in GitHub's look.
func (s *Story) picture() string {
	d := drawing{y: 24}
	for _, comment := range s.Issue.Comments() {
		d.comment(comment.Author, rendered(comment.Body))
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-label="%[3]s">
<style>text{font:14px -apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}.b{font-weight:600}.g{fill:#59636e}.s{font-size:13px}</style>
<rect width="100%%" height="100%%" fill="#fff"/>
%[4]s</svg>
`, width, d.y, "A comment /onboard on an issue, and the status comment that answers it", d.body.String())
}

// Measures of the drawing, in pixels.
const (
	width      = 860
	lineHeight = 26
	cardTop    = 38
	gap        = 8 // around a table
)

type drawing struct {
	y    int
	body strings.Builder
}

// comment draws a card: who, and what.
func (d *drawing) comment(by string, lines []string) {
	height := cardTop + 14 + lineHeight*len(lines) + gap*turns(lines)
	fmt.Fprintf(&d.body, `<rect x="20" y="%d" width="%d" height="%d" rx="6" fill="#fff" stroke="#d1d9e0"/><path d="M20.5 %dh%d" stroke="#d1d9e0"/>`,
		d.y, width-40, height, d.y+cardTop, width-41)
	d.text(36, d.y+24, "s b", by)
	d.text(36+8*len(by)+10, d.y+24, "s g", "commented")
	for i, line := range lines {
		y := d.y + cardTop + 27 + i*lineHeight + gap*turns(lines[:i+1])
		if cells := strings.Split(line, "\t"); len(cells) == 3 {
			d.sign(38, y-13, cells[0])
			d.text(74, y, "", cells[1])
			d.text(300, y, "g", cells[2])
			continue
		}
		class := ""
		if i == 0 && len(lines) > 1 {
			class = "b"
		}
		d.text(36, y, class, line)
	}
	d.y += height + 20
}

// shapes are the signs of the table's first column, 16 by 16: not every viewer of
// pictures has a font for them.
var shapes = map[string]string{
	"✅": `<rect width="16" height="16" rx="3" fill="#1f883d"/><path d="M3.5 8.5l3 3 6-7" fill="none" stroke="#fff" stroke-width="2"/>`,
	"❌": `<path d="M2.5 2.5l11 11m0-11l-11 11" stroke="#cf222e" stroke-width="3"/>`,
	"👉": `<path d="M1 6h8V2l6 6-6 6v-4H1z" fill="#bf8700"/>`,
	"⚪": `<circle cx="8" cy="8" r="6.5" fill="#f6f8fa" stroke="#afb8c1"/>`,
}

// sign draws a sign with its top left corner there.
func (d *drawing) sign(x, y int, sign string) {
	shape, known := shapes[sign]
	if !known {
		d.text(x, y+13, "", sign)
		return
	}
	fmt.Fprintf(&d.body, `<g transform="translate(%d %d)">%s</g>`+"\n", x, y, shape)
}

// turns counts where text becomes a table, or a table text.
func turns(lines []string) int {
	n := 0
	for i := 1; i < len(lines); i++ {
		if strings.Contains(lines[i-1], "\t") != strings.Contains(lines[i], "\t") {
			n++
		}
	}
	return n
}

func (d *drawing) text(x, y int, class, text string) {
	fmt.Fprintf(&d.body, `<text x="%d" y="%d" class="%s">`, x, y, class)
	_ = xml.EscapeText(&d.body, []byte(text)) // a strings.Builder takes everything
	d.body.WriteString("</text>\n")
}

var (
	links   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	markers = strings.NewReplacer("**", "", "### ", "", "`", "", "&lt;", "<", "&gt;", ">", "&amp;", "&", "\u200b", "")
	escapes = regexp.MustCompile(`\\([[:punct:]])`)
)

// rendered reads our own simple Markdown as people see it: a table row becomes
// its cells with tabs between them.
func rendered(body string) []string {
	var lines []string
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "<!--") || strings.HasPrefix(line, "|---") || line == "| | stage | where it stands |" {
			continue
		}
		line = escapes.ReplaceAllString(markers.Replace(links.ReplaceAllString(line, "$1")), "$1")
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			line = strings.TrimSpace(cells[1]) + "\t" + strings.TrimSpace(cells[2]) + "\t" + strings.TrimSpace(cells[3])
		}
		lines = append(lines, line)
	}
	return lines
}
