package fakegithub

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	defaultLimit   = 5000 // calls an hour (facts 7)
	anonymousLimit = 60   // without credentials, all together: GitHub counts by address
)

// allowance counts calls in windows of an hour from the first one.
type allowance struct {
	limit, used int
	reset       time.Time
}

func (a *allowance) exhausted(now time.Time) bool {
	if !now.Before(a.reset) {
		a.used, a.reset = 0, now.Add(time.Hour)
	}
	return a.used >= a.limit
}

func (a *allowance) toJSON() object {
	return object{"limit": a.limit, "remaining": max(0, a.limit-a.used), "used": a.used, "reset": a.reset.Unix()}
}

// SetRateLimit allows so many calls an hour and forgets those made; further ones
// are answered 403 with x-ratelimit-remaining 0.
func (i *Installation) SetRateLimit(limit int) {
	defer i.github.lock()()
	i.limit = allowance{limit: limit}
}

// SetRateLeft is SetRateLimit in an hour that has just begun, and of which only so
// many calls are left.
func (i *Installation) SetRateLeft(limit, left int) {
	defer i.github.lock()()
	i.limit = allowance{limit: limit, used: limit - left, reset: i.github.wall().Add(time.Hour)}
}

// SetAppRateLeft is SetRateLeft of the App's own calls, with its JWT.
func (g *GitHub) SetAppRateLeft(app *App, limit, left int) {
	defer g.lock()()
	app.limit = allowance{limit: limit, used: limit - left, reset: g.wall().Add(time.Hour)}
}

// SetAnonymousLimit is SetRateLimit for calls without credentials.
func (g *GitHub) SetAnonymousLimit(limit int) {
	defer g.lock()()
	g.anonymous = allowance{limit: limit}
}

// limit is the caller's allowance, nil if nobody was recognised.
func (q *request) limit() *allowance {
	switch {
	case q.user != nil:
		return &q.user.limit
	case q.installation != nil:
		return &q.installation.limit
	case q.app != nil:
		return &q.app.limit
	case q.anonymous:
		return &q.github.anonymous
	}
	return nil
}

// actor names the caller for Call and messages.
func (q *request) actor() string {
	switch {
	case q.user != nil:
		return "user/" + q.user.user.Login
	case q.installation != nil:
		return fmt.Sprintf("installation/%d", q.installation.ID)
	case q.app != nil:
		return "app"
	case q.anonymous:
		return "anonymous"
	}
	return ""
}

// spend counts the call, unless it is free (304, rate_limit, refused), and tells what is left.
func (q *request) spend(to route, a *answer) {
	limit := q.limit()
	if limit == nil {
		return
	}
	limit.exhausted(q.github.wall())                           // a suspended installation's window may not have begun
	free := a.status == http.StatusNotModified && !q.anonymous // with credentials only
	if !free && to.name() != "/rate_limit" && a.header.Get(faultHeader) == "" {
		limit.used++
	}
	a.header.Set("X-RateLimit-Limit", strconv.Itoa(limit.limit))
	a.header.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, limit.limit-limit.used)))
	a.header.Set("X-RateLimit-Used", strconv.Itoa(limit.used))
	a.header.Set("X-RateLimit-Reset", strconv.FormatInt(limit.reset.Unix(), 10))
	a.header.Set("X-RateLimit-Resource", "core")
}

func (q *request) getRateLimit() (answer, error) {
	limit := q.limit()
	limit.exhausted(q.github.wall())
	full := object{"limit": 0, "remaining": 0, "used": 0, "reset": limit.reset.Unix()}
	return reply(http.StatusOK, object{
		"resources": object{"core": limit.toJSON(), "search": full, "graphql": full}, "rate": limit.toJSON(),
	}), nil
}
