package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

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

	mu        sync.Mutex // guards all below: changes come from whoever made them
	scenes    int
	runs      []fakegithub.Change          // not told yet, the latest of each
	labels    []fakegithub.Change          // not told yet
	reactions []fakegithub.Change          // not told yet, all the same
	told      map[string]fakegithub.Change // by name of the check run
	pulls     map[int]map[string]string    // blobs by path, as told of each pull request
	next      string                       // whose turn it is, as told
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

// pass tells that the story goes on some minutes later.
func (p *printer) pass() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flush()
	p.line("%s", p.paint(grey, strings.Repeat(" ", 9)+"… ten minutes later"))
}

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
	p.line("%s", p.paint(bold, "Onboard takes a Mattermost plugin from “I wrote it” to “it runs on the community server”."))
	p.line("This is the real App at work. Only GitHub and Mattermost are simulated; nothing leaves this machine.\n")
	p.line("  GitHub    %s", p.story.URL)
	p.line("  Onboard   %s", onboard.URL())
	if p.story.Server != nil {
		p.line("  server    %s, a Mattermost server behind the gate %s", p.story.Server.URL(), target)
	}
}

// ready tells that the starter template was read.
func (p *printer) ready() {
	calls := 0
	for _, call := range p.story.GitHub.Calls() {
		if strings.Contains(call.Path, p.story.Starter.FullName()) {
			calls++
		}
	}
	p.line("  template  %s, from which plugins are made: %d versions, read with %s",
		p.story.Starter.FullName(), len(versions()), counted(calls, "API call"))
}

func (p *printer) scene(title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scenes++
	p.line("\n%s", p.paint(bold, strings.Join(wrap(fmt.Sprintf("%d. %s", p.scenes, title), columns), "\n   ")))
}

// end ends a scene with what it cost.
func (p *printer) end(calls int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flush()
	p.line("%s", p.paint(grey, strings.Repeat(" ", margin)+counted(calls, "API call")))
}

// closing shows how everything stands.
func (p *printer) closing(r Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line("\n%s", p.paint(bold, "What everybody sees now on "+r.Repository))
	var later []fakegithub.Change
	for _, run := range r.CheckRuns {
		c := fakegithub.Change{Name: run.Name, Status: run.Status, Conclusion: run.Conclusion, Title: run.Title}
		if c.Status == "queued" {
			later = append(later, c)
		} else {
			p.line("  %s", p.row(c))
		}
	}
	p.later(2, later)
	p.line("  %s", p.next)
	if runs := p.story.onServer(); runs != "" {
		p.line("  %s", strings.Join(wrap(runs, columns-2), "\n  "))
	}
	p.line("\n%s, %s, %.1f s.", counted(r.APICalls, "API call"), counted(r.Comments, "comment"), r.Seconds)
}

// town says what is going on while the board is filled.
func (p *printer) town() {
	p.line("\n%s", p.paint(bold, "Meanwhile a dozen other plugins climb, day by day …"))
}

// open says where to look.
func (p *printer) open(onboard *app.App) {
	p.line("\nOnboard keeps running. Open %s in a browser; Ctrl-C ends it.", p.paint(bold, onboard.URL()))
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
	margin  = 19
	columns = 100
)

// tell prints one change: when, who, what.
func (p *printer) tell(c fakegithub.Change, colour, what string) {
	at := fmt.Sprintf("%5.1f s", time.Since(p.began).Seconds())
	for i, text := range wrap(what, columns-margin) {
		if i == 0 {
			p.line("%s  %-8s  %s", p.paint(grey, at), strings.TrimSuffix(c.By, "[bot]"), p.paint(colour, text))
		} else {
			p.more(p.paint(colour, text))
		}
	}
}

// more prints a line that belongs to the one before.
func (p *printer) more(text string) { p.line("%s%s", strings.Repeat(" ", margin+2), text) }

// block prints words after a head, in as many lines as they need.
func (p *printer) block(indent int, colour, head string, words []string) {
	if len(words) == 0 {
		return
	}
	size := utf8.RuneCountInString(head)
	for _, text := range wrap(strings.Join(words, ", "), columns-indent-size) {
		p.line("%s%s", strings.Repeat(" ", indent), p.paint(colour, head+text))
		head = strings.Repeat(" ", size)
	}
}

// wrap breaks a text between its words into lines of at most this many characters.
func wrap(text string, size int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line+" "+word) > size {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
