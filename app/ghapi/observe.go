package ghapi

import (
	"net/http"
	"strings"
	"time"
)

// Observer is told what is asked of GitHub, and what is not. Its methods are
// called concurrently.
type Observer interface {
	// Called is told each call that was sent: its endpoint as GitHub's description
	// writes it, see [Endpoint]; the answer's status, 0 for none; how long it took.
	Called(endpoint string, status int, took time.Duration)
	// Retried is told that a GET is sent again, and why: server, network or not_yet.
	Retried(why string)
	// Waited is told that work was given back before a call: limit or pace.
	Waited(why string)
	// Exchanged is told how an exchange for a token went: minted, refused or failed.
	Exchanged(outcome string)
}

// The reasons of Waited.
const (
	waitedForLimit = "limit"
	waitedForPace  = "pace"
)

// nobody is the Observer of those who want none.
type nobody struct{}

func (nobody) Called(string, int, time.Duration) {}
func (nobody) Retried(string)                    {}
func (nobody) Waited(string)                     {}
func (nobody) Exchanged(string)                  {}

// observed is the middleware that tells the observer of each call.
func (c *Clients) observed(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		began := time.Now()
		response, err := next.RoundTrip(r)
		status := 0
		if err == nil {
			status = response.StatusCode
		}
		endpoint := Endpoint(r.Method, strings.TrimPrefix(r.URL.EscapedPath(), c.path))
		c.observer.Called(endpoint, status, time.Since(began))
		if strings.HasSuffix(endpoint, accessTokens) {
			switch {
			case status/100 == 2:
				c.observer.Exchanged("minted")
			case status == 0, status >= http.StatusInternalServerError:
				c.observer.Exchanged("failed")
			default:
				c.observer.Exchanged("refused")
			}
		}
		return response, err
	})
}
