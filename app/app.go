// Package app is the program: its configuration, its assembly and its HTTP
// routes.
package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/onboard-app/onboard/app/boilerplate"
	"github.com/onboard-app/onboard/app/chat"
	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/metrics"
	"github.com/onboard-app/onboard/app/queue"
	"github.com/onboard-app/onboard/app/reconcile"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/app/web"
	"github.com/onboard-app/onboard/app/web/signin"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/all"
	"github.com/onboard-app/onboard/checks/safehttp"
	"github.com/onboard-app/onboard/checks/startertemplate"
	"github.com/onboard-app/onboard/checks/template"
	"github.com/onboard-app/onboard/handlers"
)

// App is the assembled program, ready to run.
type App struct {
	config      Config
	log         zerolog.Logger
	now         func() time.Time
	store       *store.Store
	github      *ghapi.Clients
	queue       *queue.Queue
	looks       *reconcile.Reconciler
	template    *boilerplate.Keeper
	roles       *ghapi.Roles
	metrics     *metrics.Metrics
	brakes      brakes
	webhook     *rotating // the webhook secrets
	key         *rotating // the App's private key
	client      *rotating // the App's client secret
	cookies     *rotating // the keys of cookies
	hook        http.Handler
	grace       time.Duration   // of a stopping queue; 0 for its own
	recovers    bool            // see WithRecovery; one run at a time has it
	swept       bool            // housekeeping asked for deliveries; one run at a time has it
	pulls       bool            // see WithPull
	pulled      map[string]bool // deliveries that need not be read again, by GUID; one run at a time has it
	headsLogged time.Time       // when it last logged the heads of the audit logs
	public      net.Listener
	admin       net.Listener
	deployments *deploy.Deployments
	tokens      []*rotating              // of the servers that are deployed to
	chats       map[string]*chat.Channel // by target, "" being the channel of all; nil if this process says nothing
	digest      *chat.Digest             // nil: none
	deploying   chan struct{}            // holds one: a deployment is under way
	pace        time.Duration            // between two looks at a plugin that starts; 0 for the usual
	duties      []string                 // what this process does; see WithRoles
	pages       *web.Web
	signin      *signin.SignIn
	protection  *http.CrossOriginProtection // of what pages can change
	ownURL      bool                        // see WithOwnURL
}

// Option changes how an App is assembled.
type Option func(*App)

// WithClock makes the App live by another clock; GitHub's limits and the
// network live by the real one.
func WithClock(now func() time.Time) Option { return func(a *App) { a.now = now } }

// WithOwnURL has check runs link to where the App listens, as in a demo, where
// everybody is on this machine.
func WithOwnURL() Option { return func(a *App) { a.ownURL = true } }

// New assembles the App and opens its database and ports. It fails if a secret
// is missing, the database is in use by another process, or a port is taken.
// Run closes what New opened.
func New(ctx context.Context, config Config, log zerolog.Logger, options ...Option) (_ *App, err error) {
	if missing := config.Missing(); len(missing) > 0 {
		return nil, missing
	}
	a := &App{config: config, log: log, now: time.Now, pulled: map[string]bool{}, deploying: make(chan struct{}, 1), duties: allRoles()}
	identity := config.GitHub.App
	a.webhook = newRotating("github.app.webhook_secret", identity.WebhookSecretFile, identity.WebhookSecret, checkSecret)
	a.key = newRotating("github.app.private_key", identity.PrivateKeyFile, identity.PrivateKey, parseKeys)
	a.client = newRotating("github.oauth.client_secret", config.GitHub.OAuth.ClientSecretFile, config.GitHub.OAuth.ClientSecret, checkSecret)
	a.cookies = newRotating("server.cookie_keys", config.Server.CookieKeysFile, config.Server.CookieKeys, checkCookieKeys)
	for _, option := range options {
		option(a)
	}
	ctx = log.WithContext(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	checklist, err := checksOf(config, func(ctx context.Context) (*template.Index, error) { return a.template.Index(ctx) }, downloadTime)
	if err != nil {
		return nil, err
	}
	a.metrics = metrics.New(config.bounds(checklist))
	if a.store, err = store.Open(ctx, config.Database.location()); err != nil {
		return nil, err
	}
	if err = a.listen(ctx, config.Server); err != nil {
		return nil, err
	}
	if a.ownURL {
		config.Server.PublicURL = a.URL()
	}
	a.brakes = brakes{
		mode: config.Mode, store: a.store, now: a.now,
		ceiling: store.Ceiling{All: config.Writes.PostsPerHour, Repository: config.Writes.PostsPerRepositoryHour},
	}
	if a.github, err = ghapi.New(ghapi.Options{
		Config: config.githubapp(), UserAgent: userAgent(),
		Burst: config.Writes.Burst, PerSecond: config.Writes.PerSecond, Replicas: config.Replicas, Observer: a.metrics,
		Key: func() string { return a.key.get().Reveal() }, Brakes: a.brakes,
	}); err != nil {
		return nil, err
	}
	a.template = boilerplate.New(a.store, config.Template.Repository, a.templateOnGitHub, a.now)
	if err = config.Pipeline.Validate(config.Roles.names()); err != nil {
		return nil, err
	}
	if a.roles, err = ghapi.NewRoles(a.github, a.store, a.now, config.Roles.members()); err != nil {
		return nil, err
	}
	owners := a.roles.PluginOwners(config.PluginOwners.logins())
	a.looks = &reconcile.Reconciler{
		Roles: a.roles, Leads: config.Roles.leads(), Owners: owners,
		MaxOpen: config.Reviewers.MaxOpen, Away: config.Reviewers.away(), Calendar: config.Reviewers.calendar(),
		Store: a.store, Pipeline: config.Pipeline, Checks: checklist, WebURL: config.GitHub.WebURL, PagesURL: config.Server.PublicURL, Now: a.now, Judge: a.judge,
		DailyBytes: int64(config.SafeHTTP.DailyMiB) << 20, Boilerplate: a.template, KeepBranches: config.ReviewPR.KeepBranches,
		GitHub: func(r store.Repository) (reconcile.GitHub, error) {
			return a.github.Repo(r.Installation, r.Owner, r.Name)
		},
		AnswersOnly: config.Mode == ModeComment,
		Installed:   a.github.Installed, Checked: a.metrics.Checked,
	}
	if a.does(RoleDeploy) {
		if a.deployments, a.tokens, err = config.deployments(a.store, a.now); err != nil {
			return nil, err
		}
		a.deployments.Poll = a.pace
		a.deployments.GitHub = func(r store.Repository) (deploy.GitHub, error) { return a.github.Repo(r.Installation, r.Owner, r.Name) }
	}
	var deployed func(context.Context, int64, string) (map[string]texts.Server, error)
	if servers := config.Targets.deployedTo(); len(servers) > 0 {
		follower := &deploy.Follower{Store: a.store, Targets: servers, Halted: config.haltsDeployments(), Run: queue.Want, Now: a.now}
		a.looks.Deployments, deployed = follower, follower.Servers
	}
	if err = a.openChat(); err != nil {
		return nil, err
	}
	list := handlers.All(handlers.Deps{
		Store: a.store, GitHub: a.github, WebURL: config.GitHub.WebURL, AppID: config.GitHub.App.IntegrationID, Now: a.now,
		Checks: checkNames(checklist), Online: checkNames(online(checklist)), Pipeline: config.Pipeline,
		Poke:  func(ctx context.Context, key string) error { return a.queue.Poke(ctx, key) },
		Roles: a.roles, Block: config.Policy.Owners.Block, MustAccept: config.Start.Accept == AcceptRequired,
		OnlyRoles: config.Start.Who == StartRoles, ChecksPulls: config.Checks.PullRequests, Owners: owners,
		Servers: slices.Sorted(maps.Keys(config.Targets.deployedTo())), Deployed: deployed,
	})
	events := eventHandlers(list)
	only, except := a.keys()
	if a.queue, err = queue.New(a.store, queue.Options{
		Only: only, Except: except,
		Handlers: events, Route: noted(handlers.Route(list)), Look: a.look, Ended: a.metrics.Ran, Holder: a.holder, Abandoned: a.doubt,
		Workers: config.Queue.Workers, Lease: config.Queue.Lease, Debounce: config.Queue.Debounce, Now: a.now, Grace: a.grace,
	}); err != nil {
		return nil, err
	}
	a.metrics.Watch(metrics.Sources{Queue: a.queue, Record: a.store, GitHub: a.github, Now: a.now, Log: log})
	begin := []string{housekeeping, refreshment}
	if a.pulls {
		begin = append(begin, pulling)
	}
	if a.deployments != nil && len(a.deployments.Targets) > 0 {
		begin = append(begin, deploy.Housekeeping)
	}
	if a.digest != nil {
		begin = append(begin, chat.DigestKey)
	}
	for _, key := range begin {
		if err = a.queue.Poke(ctx, key); err != nil {
			return nil, err
		}
	}
	a.hook = newHook(a.webhook.get, a.queue)
	if a.protection, err = protectionOf(config.Server.PublicURL); err != nil {
		return nil, err
	}
	a.signin = a.newSignIn(config.Server.PublicURL)
	a.pages = a.newPages(config, checklist)
	return a, nil
}

// listen opens the ports.
func (a *App) listen(ctx context.Context, config Server) (err error) {
	var ports net.ListenConfig
	if a.public, err = ports.Listen(ctx, "tcp", config.Listen); err != nil {
		return fmt.Errorf("listen on server.listen %s: %w", config.Listen, err)
	}
	if a.admin, err = ports.Listen(ctx, "tcp", config.AdminListen); err != nil {
		return fmt.Errorf("listen on server.admin_listen %s: %w", config.AdminListen, err)
	}
	return nil
}

// downloadTime bounds a download of the App's. It is shorter than app/reconcile
// lets a check take, so that a slow server is found to be slow, and fails after
// some nights, before the check is ended without a reason.
const downloadTime = 100 * time.Second

// checksOf makes the checks that the configuration asks for. They compare with
// the template that index returns, nil being the built-in one, and download for
// the given time at most, 0 being safehttp's own bound.
func checksOf(config Config, index startertemplate.Source, download time.Duration) ([]checks.Check, error) {
	ranges, err := config.SafeHTTP.cidrs()
	if err != nil {
		return nil, err
	}
	return all.All(config.Policy.Policy, index, safehttp.New(config.safehttp(ranges, download)))
}

// UserAgent is how the App calls itself.
func UserAgent() string { return userAgent() }

func userAgent() string { return "onboard/" + version() }
func checkNames(list []checks.Check) []string {
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	return names
}

// checkDocs are what the checks say of themselves, for the pages.
func checkDocs(list []checks.Check) []web.CheckDoc {
	var docs []web.CheckDoc
	for _, c := range list {
		doc := web.CheckDoc{Name: c.Name, Doc: c.Doc}
		for _, rule := range c.Rules {
			fix, _, _ := strings.Cut(rule.Fix, "\n\n") // an example may follow
			doc.Rules = append(doc.Rules, web.RuleDoc{ID: rule.ID, Severity: string(rule.Severity), Summary: rule.Summary, Fix: fix})
		}
		docs = append(docs, doc)
	}
	return docs
}

// online are the checks that look outside the repository.
func online(list []checks.Check) []checks.Check {
	return slices.DeleteFunc(slices.Clone(list), func(c checks.Check) bool { return !c.Online })
}

func eventHandlers(list []handlers.Handler) []githubapp.EventHandler {
	var events []githubapp.EventHandler
	for _, h := range list {
		events = append(events, h)
	}
	return events
}

// githubapp is the configuration in go-githubapp's form.
func (c Config) githubapp() githubapp.Config {
	var g githubapp.Config
	g.WebURL, g.V3APIURL, g.V4APIURL = c.GitHub.WebURL, c.GitHub.V3APIURL, c.GitHub.V4APIURL
	g.App.IntegrationID = c.GitHub.App.IntegrationID
	g.App.WebhookSecret = c.GitHub.App.WebhookSecret.Reveal()
	g.App.PrivateKey = c.GitHub.App.PrivateKey.Reveal()
	return g
}

// version is this program's, as the Go toolchain noted it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	return info.Main.Version
}

// judge names what a check's results depend on beside the plugin: this program,
// the policy and, for the check that compares with it, the template's index.
func (a *App) judge(ctx context.Context, check string) (string, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %+v", version(), a.config.Policy.Policy))
	name := hex.EncodeToString(sum[:8])
	if check != startertemplate.Name {
		return name, nil
	}
	index, err := a.template.ID(ctx)
	return name + "/" + index, err
}

// URL is where the App answers: http://host:port.
func (a *App) URL() string { return "http://" + a.public.Addr().String() }

// AdminURL is where operators look.
func (a *App) AdminURL() string { return "http://" + a.admin.Addr().String() }

// Idle waits until nothing is due or running.
func (a *App) Idle(ctx context.Context) error { return a.queue.Idle(ctx) }

// Wake has the App look at once what is due, after the clock that [WithClock] gave
// was moved.
func (a *App) Wake() { a.queue.Wake() }

// Run serves until ctx ends, then stops: no new work is begun, running work
// finishes or is handed back, and everything is closed.
func (a *App) Run(ctx context.Context) error {
	ctx = a.log.WithContext(ctx)
	group, ctx := errgroup.WithContext(ctx)
	for _, server := range []struct {
		listener net.Listener
		routes   http.Handler
	}{{a.public, a.routes()}, {a.admin, a.adminRoutes()}} {
		group.Go(func() error { return serve(ctx, server.listener, server.routes) })
	}
	group.Go(func() error { return a.queue.Run(ctx) })
	a.log.Info().Str("url", a.URL()).Str("admin", a.AdminURL()).Str("database", store.Redacted(a.config.Database.URL)).Msg("onboard is ready")
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, a.close())
}

// close closes what New opened.
func (a *App) close() error {
	var errs []error
	for _, l := range []net.Listener{a.public, a.admin} {
		if l != nil {
			if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}

// Timeouts of the servers. GitHub gives up on a delivery after 10 s.
const (
	headerTimeout  = 5 * time.Second
	requestTimeout = 30 * time.Second
	stopTimeout    = 5 * time.Second
)

// serve serves until ctx ends, and lets requests that are under way finish.
func serve(ctx context.Context, listener net.Listener, routes http.Handler) error {
	server := &http.Server{
		Handler: routes, ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout, WriteTimeout: requestTimeout, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		stopped <- server.Shutdown(patience)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	}
	return <-stopped
}
