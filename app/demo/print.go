package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
)

// printer tells each change on GitHub as it happens. Check runs and labels come
// in crowds and are told together, when something else happens or nothing more.
type printer struct {
	out    io.Writer
	colour bool
	story  *Story
	began  time.Time

	mu     sync.Mutex // guards all below: changes come from whoever made them
	scenes int
	runs   []fakegithub.Change          // not told yet, the latest of each
	labels []fakegithub.Change          // not told yet
	told   map[string]fakegithub.Change // by name of the check run
	pulls  map[int]map[string]string    // blobs by path, as told of each pull request
	next   string                       // whose turn it is, as told
}

func newPrinter(options Options, story *Story, began time.Time) *printer {
	p := &printer{
		out: options.Out, colour: options.Colour, story: story, began: began,
		told: map[string]fakegithub.Change{}, pulls: map[int]map[string]string{},
	}
	if options.JSON {
		p.out = io.Discard
	}
	return p
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

// opening says what will be seen, and where.
func (p *printer) opening(onboard *app.App) {
	p.line("%s\n", p.paint(bold, "From “I wrote a plugin” to “it runs on the community server”"))
	p.line("You see the real Onboard at work; only GitHub is simulated. Nothing leaves this machine.\n")
	p.line("  GitHub    %s", p.story.URL)
	p.line("  Onboard   %s", onboard.URL())
}

// ready tells that the starter template was read.
func (p *printer) ready(calls int) {
	p.line("  template  %s, from which plugins are made: %d versions, read with %s",
		p.story.Starter.FullName(), len(versions()), counted(calls, "API call"))
}

func (p *printer) scene(title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scenes++
	p.line("\n%s", p.paint(bold, fmt.Sprintf("%d. %s", p.scenes, title)))
}

// end ends a scene with what it cost.
func (p *printer) end(calls int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flush()
	p.line("%s", p.paint(grey, strings.Repeat(" ", margin)+counted(calls, "API call")))
}

// closing shows how everything stands.
func (p *printer) closing(r Result, onboard *app.App, once bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line("\n%s", p.paint(bold, "What everybody sees now on "+r.Repository))
	var later []string
	for _, run := range r.CheckRuns {
		if run.Status == "queued" {
			later = append(later, called(run.Name))
			continue
		}
		p.line("  %s", p.row(fakegithub.Change{Name: run.Name, Status: run.Status, Conclusion: run.Conclusion, Title: run.Title}))
	}
	p.block(2, grey, "· later              ", later)
	p.line("  %s", p.next)
	p.line("\n%s, %s, %.1f s.", counted(r.APICalls, "API call"), counted(r.Comments, "comment"), r.Seconds)
	if !once {
		p.line("Onboard keeps running at %s (try /readyz). Ctrl-C ends it.", onboard.URL())
	}
}

// counted writes a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// The layout: a margin for the time and who, and lines of this width.
const (
	margin = 19
	width  = 100
)

// tell prints one change: when, who, what.
func (p *printer) tell(c fakegithub.Change, colour, what string) {
	at := fmt.Sprintf("%5.1f s", c.At.Sub(p.began).Seconds())
	p.line("%s  %-8s  %s", p.paint(grey, at), strings.TrimSuffix(c.By, "[bot]"), p.paint(colour, what))
}

// more prints a line that belongs to the one before.
func (p *printer) more(text string) { p.line("%s%s", strings.Repeat(" ", margin+2), text) }

// block prints words with commas after a head, in as many lines as they need.
func (p *printer) block(indent int, colour, head string, words []string) {
	line := head
	for i, word := range words {
		if i < len(words)-1 {
			word += ","
		}
		if len([]rune(line))+1+len(word) > width-indent && strings.TrimSpace(line) != "" {
			p.line("%s%s", strings.Repeat(" ", indent), p.paint(colour, line))
			line = strings.Repeat(" ", len([]rune(head)))
		}
		if i > 0 && strings.TrimSpace(line) != "" {
			line += " "
		}
		line += word
	}
	if len(words) > 0 {
		p.line("%s%s", strings.Repeat(" ", indent), p.paint(colour, line))
	}
}
