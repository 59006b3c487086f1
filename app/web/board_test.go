package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/web"
)

var fails = map[string]onboarding.Result{
	"licence": {Commit: strings.Repeat("a", 40), Outcome: onboarding.OutcomeFail, Title: "There is no licence file"},
}

func accepted(r *onboarding.Record) { r.AcceptedAt = noon }

// names are the repositories of a column, in their order.
func names(board web.Board, column string) []string {
	var list []string
	for _, c := range board.Columns {
		if c.Name == column {
			for _, card := range c.Cards {
				list = append(list, card.Repository)
			}
		}
	}
	return list
}

func TestTheBoardHasAColumnForWhereSomebodyMustAct(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "young", results: fails, since: time.Hour})
	w.keep(plugin{id: 2, owner: "acme", name: "old", results: fails, since: 50 * time.Hour})
	w.keep(plugin{id: 3, owner: "acme", name: "paused", change: func(r *onboarding.Record) { r.Paused = &onboarding.Pause{At: noon} }})
	w.keep(plugin{id: 4, owner: "acme", name: "held", change: func(r *onboarding.Record) { r.Held = &onboarding.Hold{Why: onboarding.Archived, At: noon} }})

	var board web.Board
	w.read("", "/board.json", &board)
	assert.Equal(t, 4, board.Total)
	assert.Equal(t, []string{"acme/old", "acme/young"}, names(board, "licence"), "who waits for longest comes first")
	assert.Equal(t, []string{"acme/paused"}, names(board, "paused"))
	assert.Equal(t, []string{"acme/held"}, names(board, "held"))

	status, page := w.get("", "/")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, `<a href="/p/acme/old">old</a>`)
	assert.Contains(t, page, "the author", "it says whose turn it is")
	assert.Contains(t, page, "2 days")
	assert.Less(t, strings.Index(page, ">licence</a>"), strings.Index(page, ">Paused</a>"))
}

func TestTheBoardsFilterIsInItsURL(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "hello", results: fails})
	w.keep(plugin{id: 2, owner: "other", name: "calendar", change: accepted})
	for name, test := range map[string]struct {
		query string
		want  int
	}{
		"nothing lets all through":         {"", 2},
		"part of a name":                   {"?q=CALEN", 1},
		"an owner":                         {"?q=acme/", 1},
		"the author":                       {"?q=alice", 2},
		"whose turn it is":                 {"?turn=author", 1},
		"a column":                         {"?stage=licence", 1},
		"a column and a name":              {"?stage=licence&q=calendar", 0},
		"what is no column lets none pass": {"?stage=%3Cscript%3E", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var board web.Board
			w.read("", "/board.json"+test.query, &board)
			assert.Equal(t, test.want, board.Matches)
			status, page := w.get("", "/"+test.query)
			assert.Equal(t, http.StatusOK, status)
			assert.NotContains(t, page, "<script")
			assert.Equal(t, test.want, strings.Count(page, `class="card"`))
		})
	}
}

func TestAttackTheBoardShowsNothingOfPrivateRepositoriesToOthers(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "secret", private: true})
	for why, id := range map[onboarding.Holding]int64{onboarding.Private: 2, onboarding.Removed: 3, onboarding.Deleted: 4, onboarding.Suspended: 5} {
		w.keep(plugin{id: id, owner: "acme", name: "secret-" + string(why), change: func(r *onboarding.Record) { r.Held = &onboarding.Hold{Why: why, At: noon} }})
	}
	for _, who := range []string{"", "oscar"} {
		for _, path := range []string{"/", "/board.json", "/?q=secret", "/?stage=held"} {
			status, page := w.get(who, path)
			assert.Equal(t, http.StatusOK, status)
			assert.NotContains(t, strings.ReplaceAll(page, `"q": "secret"`, ""), "secret-", "%s sees %s", who, path)
			assert.NotContains(t, page, "acme", "%s sees %s", who, path)
		}
	}
	for who, why := range map[string]string{"alice": "the author", "bob": "who has a role"} {
		var board web.Board
		w.read(who, "/board.json", &board)
		assert.Equal(t, 5, board.Total, why)
	}
}

func TestAThousandOnboardingsAreOneSmallPage(t *testing.T) {
	w := newWorld(t, nil)
	w.many(1000)
	_, page := w.get("", "/")
	assert.Less(t, len(page), 200_000)
	assert.Contains(t, page, "985 more")
	_, alone := w.get("", "/?stage=licence")
	assert.Less(t, len(alone), 200_000)
	assert.Contains(t, alone, "800 more")
}

func TestPagesLoadAndRunNothingOfOthers(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/", "/board.json", "/none", "/static/style.css"} {
		response := w.ask("", path)
		require.NoError(t, response.Body.Close())
		assert.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'none'", path)
		assert.NotContains(t, response.Header.Get("Content-Security-Policy"), "unsafe", path)
		assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"), path)
	}
	status, page := w.get("", "/none")
	assert.Equal(t, http.StatusNotFound, status)
	assert.Contains(t, page, "There is no such page")
}

func BenchmarkBoard(b *testing.B) {
	w := newWorld(b, nil)
	w.many(1000)
	b.ResetTimer()
	for b.Loop() {
		w.get("", "/")
	}
}
