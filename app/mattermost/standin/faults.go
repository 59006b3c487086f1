package standin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Cut says whether, and when, a fault cuts the connection instead of answering.
type Cut int

// What a fault does to the connection.
const (
	NoCut     Cut = iota
	CutBefore     // nothing is done
	CutAfter      // it is done, the answer is lost
)

// Fault makes calls fail. With neither Status nor Cut it only delays.
type Fault struct {
	Method string // "" = any
	Path   string // how the path begins; "" = any
	Skip   int    // let this many calls through first
	Times  int    // then fail this many; 0 = for ever
	Status int    // what to answer, nothing being done
	Header http.Header
	Body   string
	Delay  time.Duration // before doing anything, or with CutAfter behind it; it ends when the caller hangs up
	Cut    Cut
}

type fault struct {
	Fault
	seen int
}

// Inject makes calls fail from now on until removed.
func (s *Server) Inject(f Fault) (remove func()) {
	defer s.lock()()
	entry := &fault{Fault: f}
	s.faults = append(s.faults, entry)
	return func() {
		defer s.lock()()
		s.faults = slices.DeleteFunc(s.faults, func(other *fault) bool { return other == entry })
	}
}

func (s *Server) faultFor(r *http.Request) (due Fault) {
	defer s.lock()()
	found := false
	for _, f := range s.faults {
		if f.Method != "" && f.Method != r.Method || !strings.HasPrefix(r.URL.Path, f.Path) {
			continue
		}
		f.seen++
		if n := f.seen - f.Skip; !found && n > 0 && (f.Times == 0 || n <= f.Times) {
			due, found = f.Fault, true
		}
	}
	return due
}

// faulty answers with faults, and notes all calls.
func (s *Server) faulty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := s.faultFor(r)
		noted := &statusWriter{ResponseWriter: w}
		defer s.changed(func() {
			s.calls = append(s.calls, Call{Method: r.Method, Path: r.URL.Path, Status: noted.status})
		})
		if f.Cut == CutAfter {
			next.ServeHTTP(lostWriter{header: http.Header{}}, r)
		}
		if f.Delay > 0 {
			s.hold(r, f.Delay)
		}
		switch {
		case f.Cut != NoCut:
			panic(http.ErrAbortHandler)
		case f.Status > 0:
			for name, values := range f.Header {
				noted.Header()[name] = values
			}
			noted.WriteHeader(f.Status)
			_, _ = noted.Write([]byte(f.Body))
		default:
			next.ServeHTTP(noted, r)
		}
	})
}

// hold keeps a call waiting.
func (s *Server) hold(r *http.Request, d time.Duration) {
	s.changed(func() { s.holding++ })
	defer s.changed(func() { s.holding-- })
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}

// Holding is how many calls are kept waiting by a fault.
func (s *Server) Holding() int {
	defer s.lock()()
	return s.holding
}

// Wait waits until something is true, which is asked again after each call.
func (s *Server) Wait(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		news := s.news
		s.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("wait for a Mattermost stand-in: %w", ctx.Err())
		}
	}
}

// changed changes something, and has those who wait look again.
func (s *Server) changed(do func()) {
	defer s.lock()()
	do()
	close(s.news)
	s.news = make(chan struct{})
}

// statusWriter notes the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// lostWriter loses what is written.
type lostWriter struct{ header http.Header }

func (w lostWriter) Header() http.Header         { return w.header }
func (w lostWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w lostWriter) WriteHeader(int)             {}
