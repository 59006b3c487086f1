package ghapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// lag is how long GitHub's reads may be behind our writes.
	lag = 10 * time.Second
	// maxMade bounds what is remembered of that time.
	maxMade = 256
	// maxAnswerRead bounds what is read of an answer to learn what was made, in bytes.
	maxAnswerRead = 1 << 20
)

// fresh is what we made on GitHub a moment ago: a read of it may find nothing yet
// (github-facts.md section 12, trap 9). Other reads that find nothing are right.
type fresh struct {
	mu   sync.Mutex
	list []made
}

// made is a thing and when it was made.
type made struct {
	path string // of the API
	at   time.Time
}

// note remembers what a write made, by the address that GitHub gives it.
func (f *fresh) note(r *http.Request, response *http.Response) {
	if r.Method != http.MethodPost || response.StatusCode != http.StatusCreated {
		return
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerRead))
	rest := io.Reader(response.Body)
	if err != nil {
		rest = failing{err}
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(content), rest), response.Body}
	var thing struct{ URL string }
	if json.Unmarshal(content, &thing) != nil { // cut off, or of another shape: whoever reads it will tell
		return
	}
	address, err := url.Parse(thing.URL)
	if err != nil || address.Path == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.list = slices.DeleteFunc(f.list, func(m made) bool { return now.Sub(m.at) > lag })
	for _, path := range alsoAt(address.Path) {
		f.list = append(f.list, made{path, now})
	}
	f.list = f.list[max(0, len(f.list)-maxMade):]
}

// failing is the rest of an answer that could not be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// alsoAt are the paths under which a thing can be read.
func alsoAt(path string) []string {
	paths := []string{path}
	for from, to := range map[string]string{"/git/refs/heads/": "/branches/", "/git/refs/": "/git/ref/", "/git/commits/": "/commits/"} {
		if before, after, ok := strings.Cut(path, from); ok {
			paths = append(paths, before+to+after)
		}
	}
	return paths
}

// made tells whether a path leads to something that was made a moment ago, or to
// what belongs to it.
func (f *fresh) made(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.list, func(m made) bool {
		return time.Since(m.at) <= lag && (path == m.path || strings.HasPrefix(path, m.path+"/"))
	})
}
