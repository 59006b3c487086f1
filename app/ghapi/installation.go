package ghapi

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/go-github/v60/github"
	"github.com/palantir/go-githubapp/githubapp"
	"golang.org/x/time/rate"
)

// maxInstallations bounds the installations that are kept. Beyond it those used
// longest ago are forgotten, which costs them a new token. Each takes some 9 KB.
const maxInstallations = 16384

// theApp stands for the App itself among the installations.
const theApp = 0

// purpose is what a client's token is good for: each is minted with the least
// permissions (S20), and so by itself.
type purpose string

const (
	toWork        purpose = "work"         // all that the App was granted
	toReadMembers purpose = "members"      // those of organisations
	toReadPublic  purpose = "public facts" // what everybody sees
)

// installation is what is kept of an installation: one client for each purpose,
// so that a token is minted once an hour, and its pace and limits, which they
// share. Of the database nothing of it is in (S20).
type installation struct {
	pace   pace
	limits *limits

	clients map[purpose]*github.Client // guarded by Clients.mu
}

// kept is what is kept of an installation; c.mu is held.
func (c *Clients) kept(id int64) *installation {
	if i, ok := c.byID.Get(id); ok {
		return i.(*installation)
	}
	replicas := max(1, c.options.Replicas)
	i := &installation{
		pace:    pace{rate.NewLimiter(rate.Limit(c.options.PerSecond/float64(replicas)), max(1, c.options.Burst/replicas))},
		limits:  &limits{installation: id},
		clients: map[purpose]*github.Client{},
	}
	c.byID.Add(id, i)
	return i
}

// client returns the client of an installation for a purpose, and makes it if
// there is none.
func (c *Clients) client(id int64, why purpose, create func(*installation) (*github.Client, error)) (*github.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgetOldKey()
	i := c.kept(id)
	if client := i.clients[why]; client != nil {
		return client, nil
	}
	client, err := create(i)
	if err != nil {
		return nil, fmt.Errorf("make a GitHub client of installation %d for %s: %w", id, why, err)
	}
	i.clients[why] = client
	return client, nil
}

// app is a client that acts as the App itself, not as an installation.
func (c *Clients) app() (*github.Client, error) {
	return c.client(theApp, toWork, func(i *installation) (*github.Client, error) {
		return c.creator("app", c.retries(), i.limits.obey(c), refuseMovedWrites).NewAppClient() //nolint:wrapcheck // client does
	})
}

// installed returns the client of an installation, which may do all that the App
// was granted there.
func (c *Clients) installed(id int64) (*github.Client, error) {
	return c.client(id, toWork, func(i *installation) (*github.Client, error) {
		manners := []githubapp.ClientMiddleware{
			braked(c.may), c.retries(), i.limits.obey(c), i.pace.writes(c), braked(c.post), refuseMovedWrites, c.forgetRefused(id),
		}
		return c.creator(strconv.FormatInt(id, 10), manners...).NewInstallationClient(id) //nolint:wrapcheck // client does
	})
}

// ready fails, before any call is spent, if the writes of an installation are
// used up, or GitHub said to wait.
func (c *Clients) ready(id int64) error {
	c.mu.Lock()
	i := c.kept(id)
	c.mu.Unlock()
	if err := i.limits.ready(); err != nil {
		c.observer.Waited(waitedForLimit)
		return err
	}
	if err := i.pace.ready(); err != nil {
		c.observer.Waited(waitedForPace)
		return err
	}
	return nil
}

// Forget drops the tokens of an installation, after an event about what it may
// do. Its pace and what GitHub said of its limits stay.
func (c *Clients) Forget(installation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.kept(installation).clients)
}

// forgetOldKey drops the clients that sign with a key that another one took the
// place of, so that they are made anew; c.mu is held.
func (c *Clients) forgetOldKey() {
	key := c.config().App.PrivateKey
	if key == c.key {
		return
	}
	for _, id := range c.byID.Keys() {
		if i, ok := c.byID.Peek(id); ok {
			clear(i.(*installation).clients)
		}
	}
	c.key = key
}

// forgetRefused drops the token that GitHub does not know any more, as after the
// App was uninstalled: the next call mints another one, or is told why not.
func (c *Clients) forgetRefused(installation int64) githubapp.ClientMiddleware {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if err == nil && response.StatusCode == http.StatusUnauthorized {
				c.Forget(installation)
			}
			return response, err
		})
	}
}
