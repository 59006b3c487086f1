// Package ghapi is the only place that talks to GitHub: it reads facts and
// publishes check runs, the status comment, labels, answers and reactions.
//
// Every write looks first whether it was made before: a process may be killed
// between a write and the note that it was made.
package ghapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/gregjones/httpcache"
	lru "github.com/hashicorp/golang-lru"
	"github.com/palantir/go-githubapp/githubapp"
	"golang.org/x/time/rate"
)

// Options say how to reach GitHub.
type Options struct {
	Config    githubapp.Config // v3_api_url, app id and key are used
	UserAgent string           // "onboard/1.2.3"
	Burst     int              // writes at once, per installation
	PerSecond float64          // writes a second after that, per installation
	Transport http.RoundTripper
}

const (
	maxClients  = 4096             // go-githubapp's own 64 would mint tokens anew for each of many installations
	callTimeout = 30 * time.Second // GitHub ends calls itself after 10 s (github-facts.md section 5)
)

// Clients makes clients of installations and keeps them, and with them their
// tokens, in memory only (S20).
type Clients struct {
	options Options
	health  Health
	answers *answers

	mu       sync.Mutex
	byID     *lru.Cache // installation id → installation
	appLogin string     // "onboard[bot]", once known
}

// New makes Clients; nothing is asked of GitHub yet.
func New(options Options) (*Clients, error) {
	cache, err := lru.New(maxClients)
	if err != nil {
		return nil, fmt.Errorf("make the cache of GitHub clients: %w", err)
	}
	if options.Transport == nil {
		options.Transport = http.DefaultTransport
	}
	return &Clients{options: options, byID: cache, answers: newAnswers()}, nil
}

// Health tells how the last calls to GitHub went.
func (c *Clients) Health() *Health { return &c.health }

// creator makes go-githubapp's client creator with our manners around it; who
// tells apart the answers that are kept for different tokens.
func (c *Clients) creator(who string, manners ...githubapp.ClientMiddleware) githubapp.ClientCreator {
	cfg := c.options.Config
	return githubapp.NewClientCreator(cfg.V3APIURL, cfg.V4APIURL, cfg.App.IntegrationID, []byte(cfg.App.PrivateKey),
		githubapp.WithClientUserAgent(c.options.UserAgent),
		githubapp.WithClientTimeout(callTimeout),
		githubapp.WithTransport(alwaysAsk(closeRefusedTokens(c.health.watch(c.options.Transport)))),
		githubapp.WithClientMiddleware(append(manners, readToEnd)...),
		// true: always ask whether an answer still holds; false serves stale ones.
		githubapp.WithClientCaching(true, func() httpcache.Cache { return cacheOf{c.answers, who} }))
}

// app is a client that acts as the App itself, not as an installation.
func (c *Clients) app() (*github.Client, error) {
	client, err := c.creator("app", refuseMovedWrites).NewAppClient()
	if err != nil {
		return nil, fmt.Errorf("make a GitHub client for the App: %w", err)
	}
	return client, nil
}

// installation is what is kept of an installation: one client, so that its
// token is minted once an hour, and one pace for its writes.
type installation struct {
	client *github.Client
	pace   pace
}

func (c *Clients) installation(id int64) (installation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.byID.Get(id); ok {
		return kept.(installation), nil
	}
	i := installation{pace: pace{rate.NewLimiter(rate.Limit(c.options.PerSecond), c.options.Burst)}}
	var err error
	i.client, err = c.creator(strconv.FormatInt(id, 10), i.pace.writes, refuseMovedWrites, c.forgetRefused(id)).NewInstallationClient(id)
	if err != nil {
		return installation{}, fmt.Errorf("make a GitHub client for installation %d: %w", id, err)
	}
	c.byID.Add(id, i)
	return i, nil
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
// any call is spent, if the installation's writes are used up.
func (c *Clients) Repo(installation int64, owner, name string) (*Repo, error) {
	i, err := c.installation(installation)
	if err != nil {
		return nil, err
	}
	if err := i.pace.ready(); err != nil {
		return nil, err
	}
	return &Repo{clients: c, client: i.client, installation: installation, Owner: owner, Name: name}, nil
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
