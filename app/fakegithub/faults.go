package fakegithub

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Cut says whether, and when, a fault cuts the connection instead of answering.
type Cut int

// What a fault does to the connection.
const (
	NoCut     Cut = iota // an answer is given
	CutBefore            // nothing is done
	CutAfter             // it is done, the answer is lost
	CutHalf              // it is done, half of the answer's body arrives
)

// Fault makes API calls and downloads fail. An answer that a fault made carries the header
// X-Fake-Fault. With neither Status nor Cut it only delays.
//
// Note that Go's HTTP client repeats a GET by itself when a connection it had
// used before is cut; each repetition counts.
type Fault struct {
	Method string        // "" = any
	Route  string        // as Call.Route; "" = any
	Skip   int           // let this many calls through first
	Times  int           // then fail this many; 0 = for ever
	Status int           // what to answer, nothing being done
	Header http.Header   // of the answer, e.g. Retry-After
	Body   string        // of the answer; "" = a message in GitHub's shape
	Delay  time.Duration // before doing anything
	Cut    Cut
}

type fault struct {
	Fault
	seen int
}

// Inject makes calls fail from now on until removed. Of several faults that fit
// a call the first injected one that is due acts.
func (g *GitHub) Inject(f Fault) (remove func()) {
	defer g.lock()()
	entry := &fault{Fault: f}
	g.faults = append(g.faults, entry)
	return func() {
		defer g.lock()()
		g.faults = slices.DeleteFunc(g.faults, func(other *fault) bool { return other == entry })
	}
}

// SetLatency makes each API call take at least this long.
func (g *GitHub) SetLatency(d time.Duration) {
	defer g.lock()()
	g.latency = d
}

// faultFor finds the fault for a call, and how long the call has to wait. Every
// fault that fits counts the call, whether it acts or not.
func (g *GitHub) faultFor(method, route string) (Fault, time.Duration) {
	defer g.lock()()
	var due Fault
	found := false
	for _, f := range g.faults {
		if (f.Method != "" && f.Method != method) || (f.Route != "" && f.Route != route) {
			continue
		}
		f.seen++
		if n := f.seen - f.Skip; !found && n > 0 && (f.Times == 0 || n <= f.Times) {
			due, found = f.Fault, true
		}
	}
	return due, g.latency + due.Delay
}

// answer is what a fault with a Status says instead of GitHub.
func (f Fault) answer() answer {
	a := failure(f.Status, http.StatusText(f.Status)).answer()
	if f.Body != "" {
		a.body, a.raw = nil, []byte(f.Body)
	}
	for name, values := range f.Header {
		a.header[http.CanonicalHeaderKey(name)] = values
	}
	a.header.Set(faultHeader, "injected")
	return a
}

// cut closes the connection instead of giving the whole answer.
func (a answer) cut(w http.ResponseWriter, where Cut) {
	if where != CutHalf {
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	w.Header().Set(faultHeader, "cut")
	w.Header().Set("Content-Length", strconv.Itoa(len(a.raw))) // the server hangs up when less is written
	a.raw = a.raw[:len(a.raw)/2]
	a.write(w)
}

// pause waits, or until the caller hung up.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
