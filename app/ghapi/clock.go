package ghapi

import (
	"net/http"
	"sync"
	"time"
)

// clockJump is more than what two answers that came soon can differ in, since they
// tell seconds only: then our clock was set.
const (
	clockJump = 3 * time.Second
	soonCame  = clockJump / 2
)

// githubClock is how far GitHub's clock is ahead of ours, by its answers. Ours may be wrong,
// and what GitHub dates can be compared with its own clock only.
type githubClock struct {
	mu    sync.Mutex
	known bool
	ahead time.Duration
}

// Now is the time by GitHub's clock, as far as its answers told.
func (r *Repo) Now() time.Time { return r.clients.clock.at(time.Now()) }

func (c *githubClock) at(ours time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ours.Add(c.ahead)
}

// note takes GitHub's time from an answer that just arrived. Each one is late, so
// the latest of the times that they tell is the nearest to the true one.
func (c *githubClock) note(response *http.Response, asked, ours time.Time) {
	date, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil { // it is not said
		return
	}
	ahead := date.Sub(ours)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known || ahead > c.ahead || c.ahead-ahead > clockJump && ours.Sub(asked) < soonCame {
		c.known, c.ahead = true, ahead
	}
}

// clocked is the middleware that takes GitHub's time from each answer.
func (c *Clients) clocked(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		asked := time.Now()
		response, err := next.RoundTrip(r)
		if err == nil {
			c.clock.note(response, asked, time.Now())
		}
		return response, err
	})
}
