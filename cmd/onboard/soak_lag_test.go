package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// lag has GitHub not find at first what was made a moment ago, as it sometimes does.
type lag struct {
	hidden atomic.Int64 // answers

	mu     sync.Mutex
	random *rand.Rand           // nil: everything is found
	until  map[string]time.Time // by path: before it nothing is there
}

const (
	lagEvery = 5 // things that are made, about, one is not found
	lagLasts = time.Second
)

// disturb has things not be found from now on; nil ends it.
func (l *lag) disturb(random *rand.Rand) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.random, l.until = random, map[string]time.Time{}
}

func (l *lag) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet && l.hides(r.URL.Path):
			l.hidden.Add(1)
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.Header().Set("X-Fake-Fault", "lag")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}`))
			return
		case r.Method != http.MethodPost:
			next.ServeHTTP(w, r)
			return
		}
		recorded := httptest.NewRecorder()
		next.ServeHTTP(recorded, r)
		if recorded.Code == http.StatusCreated {
			l.made(recorded.Body.Bytes())
		}
		for name, values := range recorded.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorded.Code)
		_, _ = bytes.NewReader(recorded.Body.Bytes()).WriteTo(w)
	})
}

// made draws whether a thing that was made is not found for a while.
func (l *lag) made(answer []byte) {
	var thing struct{ URL string }
	if json.Unmarshal(answer, &thing) != nil { // cut half way
		return
	}
	address, err := url.Parse(thing.URL)
	if err != nil || !strings.Contains(address.Path, "/repos/") {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.random != nil && l.random.IntN(lagEvery) == 0 {
		l.until[address.Path] = time.Now().Add(time.Duration(l.random.Int64N(int64(lagLasts))))
	}
}

func (l *lag) hides(path string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for hidden, until := range l.until {
		if time.Now().After(until) {
			delete(l.until, hidden)
			continue
		}
		if path == hidden || strings.HasPrefix(path, hidden+"/") {
			return true
		}
	}
	return false
}
