package fakegithub

import (
	"context"
	"slices"
	"time"
)

// Change is one thing that became different on GitHub, for printers and tests.
// Fields that a kind does not have are empty.
type Change struct {
	Seq        int       // 1, 2, 3 … without gaps
	At         time.Time // when
	Kind       string    // app, repository, push, release, issue, pull_request, review, comment, reaction, label, check_run, installation, organization, team, membership
	Action     string    // created, edited, deleted, added, removed, updated, …
	Repository string    // owner/name
	By         string    // login of who did it
	Issue      int       // number of the issue or pull request
	Comment    int64     // id of the comment
	Name       string    // of the check run, the label or the tag; the reaction's content
	SHA        string    // the commit, of a push and a check run
	Status     string    // of a check run
	Conclusion string    // of a check run
	Title      string    // of a check run, an issue, a pull request; first line of a commit's message
	Body       string    // of a comment, an issue, a pull request, a review
	Text       string    // all of it as one line for people
}

// Call is one call of the REST API, or one download beside it.
type Call struct {
	At          time.Time
	Method      string
	Route       string // as GitHub's description writes it: "/repos/{owner}/{repo}/check-runs"; "" if there is none; of a download its path here
	Path        string // as sent, without /api/v3
	Status      int    // 0 if the connection was cut
	Download    bool   // of a tarball, a release's asset or a page: no API call, costs no rate limit, is in AllCalls only
	Actor       string // "app", "installation/<id>", "user/<login>", "anonymous", or "" if the credentials were not accepted
	Write       bool   // changes, or would change, a repository; minting tokens and asking for redeliveries do not count
	NotModified bool   // answered 304, which costs no rate limit with credentials
}

type observers struct {
	seq      int
	pending  []Change
	watchers []*func(Change)
	flushing bool
	dirty    bool
	woken    chan struct{} // closed and renewed at each change
}

// Watch calls the function for each change from now on: in order, one after
// another and never under a lock, so that it may read and even change GitHub.
func (g *GitHub) Watch(watcher func(Change)) (stop func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	entry := &watcher
	g.observers.watchers = append(g.observers.watchers, entry)
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		// A new slice: flush may be reading the old one.
		g.observers.watchers = slices.DeleteFunc(slices.Clone(g.observers.watchers), func(w *func(Change)) bool { return w == entry })
	}
}

// Wait returns nil as soon as the condition holds. It is evaluated at once and
// after each change, API call and delivery; it may call the reading methods.
// The error is the context's.
func (g *GitHub) Wait(ctx context.Context, condition func() bool) error {
	for {
		g.mu.Lock()
		woken := g.observers.woken // taken before looking: what happens in between wakes us
		g.mu.Unlock()
		if condition() {
			return nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Calls returns the calls of the REST API so far, in order of their answers.
func (g *GitHub) Calls() []Call {
	return slices.DeleteFunc(g.AllCalls(), func(c Call) bool { return c.Download })
}

// AllCalls is Calls together with the downloads.
func (g *GitHub) AllCalls() []Call {
	defer g.lock()()
	return slices.Clone(g.calls)
}

// changed records a change. The lock is held.
func (g *GitHub) changed(change Change) {
	g.observers.seq++
	change.Seq, change.At = g.observers.seq, g.now()
	g.observers.pending = append(g.observers.pending, change)
	g.observers.dirty = true
}

// touch wakes those who wait without recording a change. The lock is held.
func (g *GitHub) touch() { g.observers.dirty = true }

// unlock releases the lock, wakes those who Wait, and tells the watchers unless
// somebody is doing so already (who then tells these changes too, in order).
func (g *GitHub) unlock() {
	o := &g.observers
	if o.dirty {
		o.dirty = false
		close(o.woken)
		o.woken = make(chan struct{})
	}
	if o.flushing {
		g.mu.Unlock()
		return
	}
	o.flushing = true
	for len(o.pending) > 0 {
		change, watchers := o.pending[0], o.watchers
		o.pending = o.pending[1:]
		g.mu.Unlock()
		for _, watcher := range watchers {
			(*watcher)(change)
		}
		g.mu.Lock()
	}
	o.flushing = false
	g.mu.Unlock()
}
