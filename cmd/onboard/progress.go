package main

import (
	"io"
	"os"

	"github.com/rs/zerolog"
)

// progress is a line on a terminal that says what is being done. It is written
// anew in its place, and is gone when the work is done.
type progress struct {
	w     io.Writer // nil: nothing is shown
	width int       // columns
	shown string
}

// newProgress shows progress on w if that is a terminal that can erase a line.
func newProgress(w io.Writer) *progress {
	if !isTerminal(w) || os.Getenv("TERM") == "dumb" {
		return &progress{}
	}
	width := columns(w)
	if width == 0 {
		width = 80 // a terminal that does not say
	}
	return &progress{w: w, width: width}
}

// eraseLine goes back to the first column and clears what follows.
const eraseLine = "\r\x1b[K"

// show shows what is being done instead of what was. A terminal that takes
// nothing more is no reason to stop the work.
func (p *progress) show(doing string) {
	doing += "…"
	if p.w == nil || doing == p.shown {
		return
	}
	p.shown = doing
	if runes := []rune(doing); len(runes) >= p.width {
		doing = string(runes[:max(0, p.width-1)]) // a full line would wrap, and its beginning stay
	}
	_, _ = io.WriteString(p.w, eraseLine+doing)
}

// erase takes the line away, for something else to be written there.
func (p *progress) erase() {
	if p.shown != "" {
		p.shown = ""
		_, _ = io.WriteString(p.w, eraseLine)
	}
}

// Run erases the line before a log line is written, as a hook of the logger.
func (p *progress) Run(*zerolog.Event, zerolog.Level, string) { p.erase() }
