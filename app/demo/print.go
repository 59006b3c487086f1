package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// printer prints each change on GitHub as it happens.
type printer struct {
	out    io.Writer
	colour bool
	began  time.Time
}

func newPrinter(options Options, began time.Time) *printer {
	if options.JSON {
		return &printer{out: io.Discard}
	}
	return &printer{out: options.Out, colour: options.Colour, began: began}
}

// The colours of a terminal.
const (
	bold   = "1"
	grey   = "90"
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
)

func (p *printer) paint(colour, text string) string {
	if !p.colour || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// line prints one line; that a terminal is gone stops no story.
func (p *printer) line(format string, args ...any) { _, _ = fmt.Fprintf(p.out, format+"\n", args...) }

func (p *printer) opening(story *Story, onboard *app.App) {
	p.line("%s", p.paint(bold, "Onboard, against a simulated GitHub"))
	p.line("GitHub  %s", story.URL)
	p.line("Onboard %s", onboard.URL())
}

// calls tells what a scene cost.
func (p *printer) calls(n int) { p.line("%s", p.paint(grey, fmt.Sprintf("         %d API calls", n))) }

func (p *printer) scene(title string) { p.line("\n%s", p.paint(bold, title)) }

// change prints one change as a line: when, who, what.
func (p *printer) change(c fakegithub.Change) {
	what, colour := describe(c)
	if what == "" {
		return
	}
	who := strings.TrimSuffix(c.By, "[bot]")
	p.line("%s  %-8s %s", p.paint(grey, fmt.Sprintf("%5.1f s", c.At.Sub(p.began).Seconds())), who, p.paint(colour, what))
}

var reactions = map[string]string{"eyes": "👀", "rocket": "🚀", "confused": "😕"}

// describe says a change in a few words; "" if it is not worth a line.
func describe(c fakegithub.Change) (what, colour string) {
	switch c.Kind {
	case "push":
		return "pushes “" + c.Title + "”", blue
	case "issue":
		return fmt.Sprintf("opens #%d: %s", c.Issue, c.Title), blue
	case "comment":
		verb := map[string]string{"created": "comments", "edited": "updates its comment", "deleted": "deletes a comment"}[c.Action]
		return fmt.Sprintf("%s on #%d: %s", verb, c.Issue, gist(c.Body)), blue
	case "reaction":
		return "reacts with " + reactions[c.Name], ""
	case "label":
		if c.Issue == 0 {
			return "creates the label " + c.Name, grey
		}
		return fmt.Sprintf("%s label %s", map[string]string{"added": "puts on", "removed": "takes off"}[c.Action], c.Name), ""
	case "check_run":
		state := c.Conclusion
		if state == "" {
			state = c.Status
		}
		return fmt.Sprintf("%s %-32s %-16s %s", signs[state], c.Name, state, c.Title), colours[state]
	default:
		return "", ""
	}
}

var (
	signs   = map[string]string{"queued": "·", "in_progress": "…", "success": "✓", "failure": "✗", "action_required": "!", "timed_out": "!"}
	colours = map[string]string{"success": green, "failure": red, "action_required": yellow, "timed_out": yellow, "queued": grey, "in_progress": grey}
)

// gist is the line of a comment that says what it is about, as people see it.
func gist(body string) string {
	body = links.ReplaceAllString(body, "$1")
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "**Next:**") || strings.HasPrefix(line, "/onboard") {
			return line
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(body), "\n")
	return first
}

func (p *printer) closing(r Result, onboard *app.App, once bool) {
	p.line("\n%s", p.paint(bold, "What everybody sees now on "+r.Repository))
	for _, run := range r.CheckRuns {
		what, colour := describe(fakegithub.Change{Kind: "check_run", Name: run.Name, Status: run.Status, Conclusion: run.Conclusion, Title: run.Title})
		p.line("  %s", p.paint(colour, what))
	}
	p.line("\n%d API calls, %d comments, %.1f s.", r.APICalls, r.Comments, r.Seconds)
	if !once {
		p.line("Onboard keeps running at %s (try /readyz). Ctrl-C ends it.", onboard.URL())
	}
}
