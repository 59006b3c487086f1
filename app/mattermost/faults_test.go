package mattermost_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/standin"
)

// faults are what may happen to any call.
func faults() map[string]standin.Fault {
	return map[string]standin.Fault{
		"500":               {Status: 500, Body: `{"id": "store.sql.error", "message": "x", "detailed_error": "y", "status_code": 500}`},
		"502 and a page":    {Status: 502, Body: "<html>"},
		"429":               {Status: 429, Header: http.Header{"Retry-After": {"1"}}},
		"200 and a page":    {Status: 200, Body: "<html>"},
		"201 and a page":    {Status: 201, Body: "<html>"},
		"304":               {Status: 304},
		"cut before":        {Cut: standin.CutBefore},
		"done, answer lost": {Cut: standin.CutAfter},
	}
}

// upgrade is a deployment, and what must run in its end.
type upgrade struct {
	name   string
	broken bool // the new version does not start
	first  bool // there is none before
}

func upgrades() []upgrade {
	return []upgrade{
		{name: "an upgrade"}, {name: "a first version", first: true},
		{name: "an upgrade that does not start", broken: true}, {name: "a first version that does not start", broken: true, first: true},
	}
}

// arrange has a version run, and returns it and the next.
func (u upgrade) arrange(w *world) (before, next mattermost.Bundle) {
	before, next = w.bundle("0.1.0"), w.bundle("0.2.0")
	if !u.first {
		w.deployed(before)
	}
	if u.broken {
		w.Break(plugin, "0.2.0", "it crashes")
	}
	return before, next
}

// check tells that the server has what it should have in the end.
func (u upgrade) check(w *world, before, next mattermost.Bundle) {
	w.Helper()
	_, is := w.Installed(plugin)
	switch {
	case !u.broken:
		w.runs(next)
	case u.first:
		assert.False(w, is)
	default:
		w.runs(before)
	}
}

// calls counts the calls and the records of a deployment that nothing disturbs.
func (u upgrade) calls(t *testing.T) (calls, saves int) {
	w := newWorld(t)
	before, next := u.arrange(w)
	already, saved := len(w.Calls()), w.records.saves
	_, _ = w.deploy(next, mattermost.How{}) // what comes of it is checked below
	u.check(w, before, next)
	return len(w.Calls()) - already, w.records.saves - saved
}

// TestEveryCallMayFail has each call of a deployment fail once, in each way; the
// next tries, as the queue makes them, come to what was to be.
func TestEveryCallMayFail(t *testing.T) {
	for _, u := range upgrades() {
		calls, _ := u.calls(t)
		require.GreaterOrEqual(t, calls, 4)
		for call := range calls {
			for name, fault := range faults() {
				t.Run(fmt.Sprintf("%s, call %d: %s", u.name, call, name), func(t *testing.T) {
					w := newWorld(t)
					before, next := u.arrange(w)
					fault.Skip, fault.Times = call, 1
					defer w.Inject(fault)()
					for try := 0; ; try++ {
						_, err := w.deploy(next, mattermost.How{})
						if err == nil || mattermost.ReasonOf(err) == mattermost.DidNotStart {
							break
						}
						require.Less(t, try, 2, "it is still: %v", err)
					}
					u.check(w, before, next)
				})
			}
		}
	}
}

// TestKilledAtAnyStepTheNextProcessEndsIt kills the process before and after each
// call and each record of a deployment. The next process goes on from the record.
func TestKilledAtAnyStepTheNextProcessEndsIt(t *testing.T) {
	for _, u := range upgrades() {
		calls, saves := u.calls(t)
		for call := range calls {
			for _, cut := range []standin.Cut{standin.CutBefore, standin.CutAfter} {
				t.Run(fmt.Sprintf("%s, at call %d, %d", u.name, call, cut), func(t *testing.T) {
					w := newWorld(t)
					before, next := u.arrange(w)
					already := len(w.Calls())
					first := w.Inject(standin.Fault{Skip: call, Times: 1, Cut: cut})
					others := w.Inject(standin.Fault{Skip: call, Cut: standin.CutBefore})
					w.records.dies = func(int) bool { return len(w.Calls()) > already+call }
					_, err := w.deploy(next, mattermost.How{})
					require.Error(t, err)
					first()
					others()
					w.goesOn(u, before, next)
				})
			}
		}
		for save := range saves {
			t.Run(fmt.Sprintf("%s, at record %d", u.name, save), func(t *testing.T) {
				w := newWorld(t)
				before, next := u.arrange(w)
				saved := w.records.saves
				w.records.dies = func(n int) bool { return n >= saved+save }
				_, err := w.deploy(next, mattermost.How{})
				require.ErrorIs(t, err, errKilled)
				w.goesOn(u, before, next)
			})
		}
	}
}

// goesOn is the next process.
func (w *world) goesOn(u upgrade, before, next mattermost.Bundle) {
	w.Helper()
	w.records.dies = func(int) bool { return false }
	_, err := w.deploy(next, mattermost.How{})
	if u.broken {
		require.Equal(w, mattermost.DidNotStart, mattermost.ReasonOf(err), "%v", err)
	} else {
		require.NoError(w, err)
	}
	u.check(w, before, next)
	assert.Equal(w, mattermost.Bundle{}, w.record().Tried)
}
