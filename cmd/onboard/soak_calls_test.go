package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// callLog notes who calls GitHub about which repository, and when. A token is
// one process's: no two of them share any.
type callLog struct {
	all, faults atomic.Int64

	mu     sync.Mutex
	frozen []span // when a process was, and shortly after: its lease had run out
	calls  map[string][]soakCall
}

type span struct{ from, to time.Time }

type soakCall struct {
	span
	token, method, path string
	said                string // of a write
}

func (c soakCall) String() string {
	return fmt.Sprintf("%s %s, %s to %s by …%s", c.method, c.path, c.from.Format(time.StampMilli), c.to.Format(time.StampMilli), c.token[len(c.token)-6:])
}

// of lists the calls about an owner's plugin, and what was said in them.
func (l *callLog) of(owner string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, c := range l.calls[owner] {
		fmt.Fprintf(&b, "%v %s\n", c, c.said)
	}
	return b.String()
}

func newCallLog() *callLog { return &callLog{calls: map[string][]soakCall{}} }

var ofRepository = regexp.MustCompile(`/repos/([^/]+)/|/repositories/(\d+)`)

// wrap is put around the simulated GitHub.
func (l *callLog) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		l.all.Add(1)
		said := ""
		if r.Method != http.MethodGet {
			content, err := io.ReadAll(r.Body)
			if err != nil {
				return // the caller is no more
			}
			said, r.Body = string(content[:min(len(content), 300)]), io.NopCloser(bytes.NewReader(content))
		}
		defer func() {
			cut := recover()
			if cut != nil || w.Header().Get("X-Fake-Fault") != "" {
				l.faults.Add(1)
			}
			if r.Context().Err() == nil { // who was killed is no more
				l.note(r, began, said)
			}
			if cut != nil {
				panic(cut)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// note keeps a call of the App's about a plugin, under its owner: who asks for
// others' accounts or the template does so for all.
func (l *callLog) note(r *http.Request, began time.Time, said string) {
	match := ofRepository.FindStringSubmatch(r.URL.Path)
	token := r.Header.Get("Authorization")
	if match == nil || !strings.HasPrefix(token, "token ") || !strings.HasPrefix(match[1], "author") {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls[match[1]] = append(l.calls[match[1]], soakCall{span{began, time.Now()}, token, r.Method, r.URL.Path, said})
}

// killed notes that a process was, which GitHub learns late: it goes on with what
// it was asked for.
func (l *callLog) killed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = append(l.frozen, span{time.Now(), time.Now()})
}

// froze notes that a process stood still.
func (l *callLog) froze(from, to time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = append(l.frozen, span{from, to.Add(soakLease)})
}

// overlaps are the calls that two processes made about one repository at the same
// time, or by turns within less than the queue's debounce: two runs at once. What
// a process does just after it was frozen is let be, until it learns that its
// lease has run out.
func (l *callLog) overlaps() (found [][2]soakCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, calls := range l.calls {
		slices.SortFunc(calls, func(a, b soakCall) int { return a.from.Compare(b.from) })
		for i, a := range calls {
			for _, b := range calls[i+1:] {
				if b.from.After(a.to) {
					break
				}
				if a.token != b.token && !l.thawed(a) && !l.thawed(b) {
					found = append(found, [2]soakCall{a, b})
				}
			}
			if i >= 2 {
				x, y := calls[i-2], calls[i-1]
				if x.token == a.token && y.token != a.token && a.from.Sub(x.to) < 200*time.Millisecond && !l.thawed(a) {
					found = append(found, [2]soakCall{y, a})
				}
			}
		}
	}
	return found
}

func (l *callLog) thawed(c soakCall) bool {
	for _, f := range l.frozen {
		if c.to.After(f.from) && c.from.Before(f.to) {
			return true
		}
	}
	return false
}
