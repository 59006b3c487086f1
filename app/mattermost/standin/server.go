// Package standin is a Mattermost server for tests and the demo: it keeps plugins
// and posts in memory, and answers over HTTP as real servers were recorded to
// (testdata/exchanges.jsonl).
package standin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// Options say what the server is like. The zero value takes uploads, as few real
// ones do, and knows no token.
type Options struct {
	Token   string // the access token of an account that may manage plugins
	Weak    string // that of one that may not
	Version string // "" is 7.6.0
	// NoUploads refuses uploads, as servers do unless they are told otherwise.
	NoUploads bool
	// Nodes is how many the server has, at least one.
	Nodes int
	// Channels are the ids of the channels in which the account may post.
	Channels []string
	// Fetch gets what install_from_url names; nil: nothing is there.
	Fetch func(url string) ([]byte, error)
}

// Server is a running stand-in. Its methods are safe for concurrent use.
type Server struct {
	o      Options
	url    string
	server *http.Server
	port   net.Listener

	mu      sync.Mutex
	plugins map[string]*Plugin
	broken  map[string]string // why a version does not start, by id and version
	faults  []*fault
	calls   []Call
	serial  int
	hooks   []Hook
	posts   []Post
	uploads []string      // SHA256 of all bundles that were installed, or that did not start
	holding int           // calls that a fault keeps waiting
	news    chan struct{} // closed, and replaced, at the end of each call
}

// Plugin is one that is installed.
type Plugin struct {
	Manifest model.Manifest
	SHA256   string // of the bundle it came from; "" if it was put there without one
	Enabled  bool
	State    int    // as model.PluginState…
	Error    string // why it does not run
}

// Call is one request that was answered.
type Call struct {
	Method, Path string
	Status       int // 0 if the connection was cut
}

// New starts a server on a free port of this machine.
func New(o Options) (*Server, error) {
	if o.Version == "" {
		o.Version = "7.6.0"
	}
	o.Nodes = max(o.Nodes, 1)
	var ports net.ListenConfig
	listener, err := ports.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a Mattermost stand-in: %w", err)
	}
	s := &Server{o: o, url: "http://" + listener.Addr().String(), port: listener, plugins: map[string]*Plugin{}, broken: map[string]string{}, news: make(chan struct{})}
	s.server = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }() // it ends with Close
	return s, nil
}

// URL is where it answers, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Close stops the server at once.
func (s *Server) Close() error {
	err := s.server.Close()
	if again := s.port.Close(); err == nil && !errors.Is(again, net.ErrClosed) { // it may not have begun to serve
		err = again
	}
	if err != nil {
		return fmt.Errorf("stop a Mattermost stand-in: %w", err)
	}
	return nil
}

func (s *Server) lock() (unlock func()) {
	s.mu.Lock()
	return s.mu.Unlock
}

// Installed is a plugin as it is now.
func (s *Server) Installed(id string) (p Plugin, is bool) {
	defer s.lock()()
	if found := s.plugins[id]; found != nil {
		return *found, true
	}
	return Plugin{}, false
}

// Put has a plugin installed and running, as if somebody else had done it.
func (s *Server) Put(id, version string) {
	defer s.lock()()
	s.plugins[id] = &Plugin{Manifest: model.Manifest{Id: id, Version: version}, Enabled: true, State: model.PluginStateRunning}
}

// Crash has a plugin fail that runs.
func (s *Server) Crash(id string) {
	defer s.lock()()
	p := s.plugins[id]
	p.State, p.Error = model.PluginStateFailedToStayRunning, "plugin exited"
}

// Break has a version not start from now on, for that reason; "" mends it.
func (s *Server) Break(id, version, why string) {
	defer s.lock()()
	s.broken[id+" "+version] = why
}

// SetToken changes the token that is accepted.
func (s *Server) SetToken(token string) {
	defer s.lock()()
	s.o.Token = token
}

// Calls are the calls so far, in the order of their end.
func (s *Server) Calls() []Call {
	defer s.lock()()
	return slices.Clone(s.calls)
}

// Uploads are the SHA256 of all bundles that were put there, in order.
func (s *Server) Uploads() []string {
	defer s.lock()()
	return slices.Clone(s.uploads)
}

// Count counts the calls so far of a method to a path that begins so.
func (s *Server) Count(method, path string) int {
	n := 0
	for _, c := range s.Calls() {
		if c.Method == method && strings.HasPrefix(c.Path, path) {
			n++
		}
	}
	return n
}

// Disable has a plugin disabled, as if somebody had done it by hand.
func (s *Server) Disable(id string) {
	defer s.lock()()
	p := s.plugins[id]
	p.Enabled, p.State, p.Error = false, model.PluginStateNotRunning, ""
}
