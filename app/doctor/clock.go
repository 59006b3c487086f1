package doctor

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Clock compares GitHub's clock with ours by the answers that pass through it.
type Clock struct {
	Next http.RoundTripper
	Now  func() time.Time

	mu    sync.Mutex
	ahead time.Duration // of GitHub's, ours
	known bool
}

// RoundTrip passes a request on and notes the time of its answer. The nearest
// answer counts: others waited on the way.
func (c *Clock) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.Next.RoundTrip(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // as the transport says it
	}
	if theirs, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		// A Date is cut to whole seconds: half a one is what it lacks on average.
		ahead := c.Now().Sub(theirs) - time.Second/2
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.known || ahead.Abs() < c.ahead.Abs() {
			c.ahead, c.known = ahead, true
		}
	}
	return response, nil
}

// By how much clocks may differ. The App's JWTs are issued 30 s back and end after
// two minutes (github-facts.md section 7), so that GitHub refuses them beyond that.
const (
	doubtful = 10 * time.Second
	useless  = 30 * time.Second
)

// clock tells how far ours is off.
func (p Patient) clock(r *Report) {
	p.Clock.mu.Lock()
	ahead, known := p.Clock.ahead, p.Clock.known
	p.Clock.mu.Unlock()
	const fix = "have this machine's clock set over the network (NTP)"
	off := ahead.Abs().Round(time.Second)
	way := "behind"
	if ahead > 0 {
		way = "ahead of"
	}
	switch {
	case !known:
		r.Add("clock", Warn, "it was not compared: GitHub did not answer", "")
	case off > useless:
		r.Add("clock", Fail, fmt.Sprintf("it is %s %s GitHub's, which refuses our credentials for that", off, way), fix)
	case off > doubtful:
		r.Add("clock", Warn, fmt.Sprintf("it is %s %s GitHub's", off, way), fix)
	default:
		r.ok("clock", "it agrees with GitHub's")
	}
}
