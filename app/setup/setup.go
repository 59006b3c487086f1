// Package setup creates the GitHub App that Onboard runs as: `onboard setup`. It
// serves a page on this machine alone, from which the browser takes the App's
// manifest to GitHub, and keeps what GitHub makes of it where `onboard serve` reads
// it.
package setup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
)

// Options say which App is made, and where its secrets go.
type Options struct {
	Listen       string   // host:port of the page; the host is this machine's own
	WebURL       string   // GitHub for people
	V3APIURL     string   // GitHub's REST API, used exactly as given
	V4APIURL     string   // GitHub's GraphQL API
	Organization string   // whose App it is; "" is the person's in the browser
	PublicURL    string   // where GitHub reaches Onboard, https://…; "" is nowhere
	HookPath     string   // where Onboard takes deliveries there
	CallbackPath string   // where GitHub sends people back to who sign in there
	Directory    string   // of .env and the key; `onboard serve` is to run there
	Replace      bool     // what .env holds of an App may be replaced
	Environ      []string // the process's, which wins over .env
	UserAgent    string
	Out          io.Writer // for the person who started it; gets no secret
}

// ErrNoApp is that the set-up ended before there was an App.
var ErrNoApp = errors.New("no App was set up")

// lifetime is how long the page is there. The whole flow may take an hour
// (github-facts.md section 8).
const lifetime = time.Hour

// goodbye is how long the browser has to fetch the last page.
const goodbye = 10 * time.Second

// Run serves the page until the App is set up, which returns nil, or until ctx or an
// hour ends, which is [ErrNoApp]. It fails before anything is made if the folder
// holds an App already, or cannot be written to.
func Run(ctx context.Context, o Options) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	o.PublicURL = strings.TrimSuffix(o.PublicURL, "/")
	folder, err := openFolder(o.Directory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.root.Close()) }()
	if err := folder.ready(o); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", o.Listen, err)
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() { // a localhost of other people's making
		return errors.Join(fmt.Errorf("listen on %s: that is not this machine alone", o.Listen), listener.Close())
	}
	s := &site{
		options: o, folder: folder, origin: "http://" + listener.Addr().String(), token: rand.Text(), state: rand.Text(), finished: make(chan struct{}),
	}
	if _, err := fmt.Fprintf(o.Out, "Open this page in a browser on this machine; it creates the App:\n\n    %s\n\nIt is for you alone, and there for an hour. Ctrl-C ends it.\n", s.url("")); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := s.serve(ctx, listener); err != nil {
		return err
	}
	if !s.isDone() {
		return ErrNoApp
	}
	_, err = io.WriteString(o.Out, s.saved.text(o))
	return err
}

// serve serves until the App is set up and its last page was fetched, or time is up.
// A request under way ends first: with it GitHub's only answer would be lost.
func (s *site) serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithTimeout(ctx, lifetime)
	defer cancel()
	server := &http.Server{
		Handler: s.handler(listener.Addr()), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the page: %w", err)
	case <-ctx.Done():
	case <-s.finished:
	}
	patience, stop := context.WithTimeout(context.WithoutCancel(ctx), convertTimeout+goodbye)
	defer stop()
	err := server.Shutdown(patience)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// validate refuses what cannot be meant.
func (o Options) validate() error {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("--listen %q must be host:port, as 127.0.0.1:0", o.Listen)
	}
	if address, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !address.IsLoopback()) {
		return fmt.Errorf("--listen %s: the page is for this machine alone; use 127.0.0.1", o.Listen)
	}
	if o.Organization != "" && !onboarding.IsLogin(o.Organization) {
		return fmt.Errorf("--org %q is no organisation on GitHub", o.Organization)
	}
	if o.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(o.PublicURL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("--public-url %q must be https:// and a host that GitHub reaches", o.PublicURL)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip.IsLoopback() || ip.IsUnspecified() {
		return fmt.Errorf("--public-url %s: GitHub does not reach this machine by that name; leave it out and run 'onboard serve --pull'", o.PublicURL)
	}
	return nil
}

// url is an address of the page's.
func (s *site) url(path string) string { return s.origin + "/" + s.token + "/" + path }

// nowhere is the webhook's host for an App whose deliveries are read: GitHub keeps
// none without an active webhook, and no host can ever have this name (RFC 2606).
const nowhere = "https://onboard.invalid"

// hookURL is where GitHub shall deliver.
func (o Options) hookURL() string {
	if o.PublicURL == "" {
		return nowhere + o.HookPath
	}
	return o.PublicURL + o.HookPath
}

// convert exchanges the code that the browser brought.
func (o Options) convert(ctx context.Context, code string) (ghapi.NewApp, error) {
	return ghapi.ConvertManifest(ctx, o.V3APIURL, o.UserAgent, code)
}
