package ghapi

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Budget is what GitHub still answers an installation until its limit is reset,
// by the last answer (github-facts.md section 7).
type Budget struct {
	Installation int64  // 0: the App itself
	Resource     string // "core", and what else was used
	Limit        int    // calls an hour
	Remaining    int    // calls until Reset
	Reset        time.Time
}

// Low tells whether less than a tenth is left.
func (b Budget) Low(now time.Time) bool { return now.Before(b.Reset) && b.Remaining*10 < b.Limit }

// core is the resource that nearly all calls are counted for.
const core = "core"

// spent takes the budget from an answer. GitHub's answers may overtake each
// other: of one hour the lowest count is the newest.
func (l *limits) spent(header http.Header) {
	limit, err := strconv.Atoi(header.Get("X-RateLimit-Limit"))
	if err != nil {
		return
	}
	remaining, err := strconv.Atoi(header.Get("X-RateLimit-Remaining"))
	if err != nil {
		return
	}
	reset, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return
	}
	now := Budget{
		Installation: l.installation, Resource: cmp.Or(header.Get("X-RateLimit-Resource"), core),
		Limit: limit, Remaining: remaining, Reset: time.Unix(reset, 0),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	before, ok := l.budgets[now.Resource]
	switch {
	case ok && before.Reset.After(now.Reset):
		return
	case ok && before.Reset.Equal(now.Reset) && before.Limit == now.Limit:
		now.Remaining = min(now.Remaining, before.Remaining)
	case !ok && len(l.budgets) >= maxResources:
		return
	case l.budgets == nil:
		l.budgets = map[string]Budget{}
	}
	l.budgets[now.Resource] = now
}

// maxResources bounds the resources: GitHub has about a dozen.
const maxResources = 20

// Budgets returns the budgets of the installations that GitHub answered in the
// present hour, those with the least left first.
func (c *Clients) Budgets() []Budget {
	c.mu.Lock()
	var kept []*installation
	for _, id := range c.byID.Keys() {
		if i, ok := c.byID.Peek(id); ok {
			kept = append(kept, i.(*installation))
		}
	}
	c.mu.Unlock()
	var budgets []Budget
	for _, i := range kept {
		budgets = append(budgets, i.limits.present(time.Now())...)
	}
	slices.SortFunc(budgets, func(a, b Budget) int {
		return cmp.Or(cmp.Compare(a.Remaining, b.Remaining), cmp.Compare(a.Installation, b.Installation), cmp.Compare(a.Resource, b.Resource))
	})
	return budgets
}

// present are the budgets that were not reset yet.
func (l *limits) present(now time.Time) (budgets []Budget) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.budgets {
		if now.Before(b.Reset) {
			budgets = append(budgets, b)
		}
	}
	return budgets
}

// Saving tells how long an installation's calls are to be left to what people
// wait for, because few are left of this hour's; 0 for not.
func (c *Clients) Saving(installation int64) time.Duration {
	c.mu.Lock()
	i := c.kept(installation)
	c.mu.Unlock()
	now := time.Now()
	for _, b := range i.limits.present(now) {
		if b.Resource == core && b.Low(now) {
			return b.Reset.Sub(now)
		}
	}
	return 0
}
