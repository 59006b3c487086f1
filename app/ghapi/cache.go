package ghapi

import (
	"sync"

	"github.com/hashicorp/golang-lru/simplelru"
)

// Bounds of the answers that are kept, in bytes.
const (
	maxAnswers = 64 << 20
	maxAnswer  = 1 << 20
)

// answers keeps GitHub's answers with their ETags, those used last, for all
// installations together: an answer that still holds is free of the rate limit
// (github-facts.md section 7).
type answers struct {
	mu    sync.Mutex
	lru   *simplelru.LRU
	bytes int
}

func newAnswers() *answers {
	a := &answers{}
	lru, err := simplelru.NewLRU(maxAnswers, func(_, value any) { a.bytes -= len(value.([]byte)) })
	if err != nil {
		panic(err) // only for a size below 1
	}
	a.lru = lru
	return a
}

// cacheOf is one client's part of the answers; it is an httpcache.Cache.
type cacheOf struct {
	*answers
	who string
}

// Get returns an answer.
func (c cacheOf) Get(key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer, ok := c.lru.Get(c.who + " " + key)
	if !ok {
		return nil, false
	}
	return answer.([]byte), true
}

// Set keeps an answer, unless it is large, and drops the oldest beyond the bound.
func (c cacheOf) Set(key string, answer []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Remove(c.who + " " + key)
	if len(answer) > maxAnswer {
		return
	}
	c.lru.Add(c.who+" "+key, answer)
	for c.bytes += len(answer); c.bytes > maxAnswers; {
		c.lru.RemoveOldest()
	}
}

// Delete drops an answer.
func (c cacheOf) Delete(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Remove(c.who + " " + key)
}
