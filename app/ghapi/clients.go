// Package ghapi is the only place that talks to GitHub: it reads facts and
// publishes check runs, the status comment, labels, answers and reactions.
//
// Every write looks first whether it was made before: a process may be killed
// between a write and the note that it was made.
package ghapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/gregjones/httpcache"
	lru "github.com/hashicorp/golang-lru"
	"github.com/palantir/go-githubapp/githubapp"
)

// Options say how to reach GitHub.
type Options struct {
	Config    githubapp.Config // v3_api_url, app id and key are used
	UserAgent string           // "onboard/1.2.3"
	Burst     int              // writes at once, per installation
	PerSecond float64          // writes a second after that, per installation
	Replicas  int              // processes that share these; 0 is 1
	Backoff   time.Duration    // before a GET is sent a second time; 0 is DefaultBackoff
	Observer  Observer         // nil: nobody
	Transport http.RoundTripper
	Key       func() string // the App's private key as it is now; nil: Config's, for ever
	Brakes    Brakes        // nil for none
}

// callTimeout bounds a call with all its tries. GitHub ends calls itself after
// 10 s (github-facts.md section 5).
const callTimeout = 30 * time.Second

// Clients makes clients of installations and keeps them, and with them their
// tokens, in memory only (S20).
type Clients struct {
	options  Options
	observer Observer
	path     string // of the API's own URL, without a slash at its end
	health   Health
	answers  *answers
	fresh    fresh
	clock    githubClock

	mu       sync.Mutex
	byID     *lru.Cache // installation id → *installation
	key      string     // that those of byID sign with
	appLogin string     // "onboard[bot]", once known
}

// New makes Clients; nothing is asked of GitHub yet.
func New(options Options) (*Clients, error) {
	cache, err := lru.New(maxInstallations)
	if err != nil {
		return nil, fmt.Errorf("make the cache of GitHub clients: %w", err)
	}
	api, err := url.Parse(options.Config.V3APIURL)
	if err != nil {
		return nil, fmt.Errorf("read the address of GitHub's API: %w", err)
	}
	if options.Transport == nil {
		options.Transport = http.DefaultTransport
	}
	options.Backoff = cmp.Or(options.Backoff, DefaultBackoff)
	c := &Clients{options: options, observer: options.Observer, path: strings.TrimSuffix(api.EscapedPath(), "/"), byID: cache, answers: newAnswers()}
	if c.observer == nil {
		c.observer = nobody{}
	}
	return c, nil
}

// Health tells how the last calls to GitHub went.
func (c *Clients) Health() *Health { return &c.health }

// creator makes go-githubapp's client creator with our manners around it; who
// tells apart the answers that are kept for different tokens.
func (c *Clients) creator(who string, manners ...githubapp.ClientMiddleware) githubapp.ClientCreator {
	cfg := c.config()
	return githubapp.NewClientCreator(cfg.V3APIURL, cfg.V4APIURL, cfg.App.IntegrationID, []byte(cfg.App.PrivateKey),
		githubapp.WithClientUserAgent(c.options.UserAgent),
		githubapp.WithClientTimeout(callTimeout),
		githubapp.WithTransport(alwaysAsk(closeRefusedTokens(c.transport()))),
		githubapp.WithClientMiddleware(append(manners, readToEnd)...),
		// true: always ask whether an answer still holds; false serves stale ones.
		githubapp.WithClientCaching(true, func() httpcache.Cache { return cacheOf{c.answers, who} }))
}

// config is the configuration with the key as it is now.
func (c *Clients) config() githubapp.Config {
	cfg := c.options.Config
	if c.options.Key != nil {
		cfg.App.PrivateKey = c.options.Key()
	}
	return cfg
}

// transport is what all calls to GitHub's API go through in the end.
func (c *Clients) transport() http.RoundTripper {
	return c.observed(c.health.watch(c.clocked(c.options.Transport)))
}

// Repo speaks with GitHub about one repository.
type Repo struct {
	clients      *Clients
	client       *github.Client
	installation int64
	Owner        string
	Name         string
}

// Repo returns a client for a repository of an installation. It fails, before
// any call is spent, if the installation's writes are used up, or GitHub wants to
// be left alone for a while.
func (c *Clients) Repo(installation int64, owner, name string) (*Repo, error) {
	if err := c.ready(installation); err != nil {
		return nil, err
	}
	client, err := c.installed(installation)
	if err != nil {
		return nil, err
	}
	return &Repo{clients: c, client: client, installation: installation, Owner: owner, Name: name}, nil
}

// learnLogin takes the App's name from a comment that it wrote.
func (c *Clients) learnLogin(comment *github.IssueComment) {
	if by := comment.GetUser(); by.GetType() == "Bot" && by.GetLogin() != "" {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.appLogin = by.GetLogin()
	}
}

// login is the name under which the App comments; asked once a process.
func (c *Clients) login(ctx context.Context) (string, error) {
	c.mu.Lock()
	login := c.appLogin
	c.mu.Unlock()
	if login != "" {
		return login, nil
	}
	client, err := c.app()
	if err != nil {
		return "", err
	}
	app, _, err := client.Apps.Get(ctx, "")
	if err != nil {
		return "", explain(err, "ask GitHub who this App is")
	}
	login = app.GetSlug() + "[bot]"
	c.mu.Lock()
	c.appLogin = login
	c.mu.Unlock()
	return login, nil
}
