package web_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/web"
)

func person(id int64, login string) onboarding.Person { return onboarding.Person{ID: id, Login: login} }

func core(id int64, login string) onboarding.Candidate {
	return onboarding.Candidate{Person: person(id, login), Roles: []onboarding.Role{onboarding.CoreCommitter}}
}

// staff are bob and carol, who are here, and dan, who is away.
func staff() team {
	away := core(5, "dan")
	away.Away, away.AwayUntil = true, noon.Add(240*time.Hour)
	return team{list: []onboarding.Candidate{core(2, "bob"), core(4, "carol"), away}}
}

func TestReviewersTellsWhoIsAskedForWhatAndWhoIsNext(t *testing.T) {
	w := newWorld(t, nil, staffed(staff(), nil))
	w.keep(plugin{id: 1, owner: "acme", name: "young", change: asks("basic-review", person(2, "bob"), time.Hour)})
	w.keep(plugin{id: 2, owner: "acme", name: "old", change: asks("basic-review", person(2, "bob"), 50*time.Hour)})
	w.keep(plugin{id: 3, owner: "acme", name: "third", change: asks("complete-review", person(9, "erin"), 10*time.Hour)})
	w.keep(plugin{id: 4, owner: "acme", name: "over", change: func(r *onboarding.Record) {
		asks("basic-review", person(4, "carol"), time.Hour)(r)
		r.EndedAt = noon
		for i, took := range []time.Duration{time.Hour, 2 * time.Hour, 30 * time.Hour} {
			r.Decisions = append(r.Decisions, onboarding.Decision{
				ID: string(rune('a' + i)), Verb: onboarding.Approve, Stage: "basic-review", By: person(4, "carol"),
				At: noon.Add(-time.Hour), Asked: noon.Add(-time.Hour - took),
			})
		}
		long := onboarding.Decision{ID: "z", By: person(4, "carol"), At: noon.Add(-100 * 24 * time.Hour), Asked: noon.Add(-150 * 24 * time.Hour)}
		r.Decisions = append(r.Decisions, long, onboarding.Decision{ID: "unasked", By: person(4, "carol"), At: noon})
	}})

	var page web.Reviewers
	w.read("bob", "/reviewers.json", &page)
	require.Len(t, page.People, 4)
	bob, erin, carol, dan := page.People[0], page.People[1], page.People[2], page.People[3]
	assert.Equal(t, []string{"bob", "erin", "carol", "dan"}, []string{bob.Login, erin.Login, carol.Login, dan.Login}, "who is asked for most comes first")
	require.Len(t, bob.Open, 2)
	assert.Equal(t, web.Request{
		Repository: "acme/old", URL: "/p/acme/old/basic-review", Stage: "basic-review", Since: noon.Add(-50 * time.Hour),
	}, bob.Open[0], "the oldest first")
	assert.Empty(t, erin.Roles, "she has no role any more, and is asked all the same")
	assert.Empty(t, carol.Open, "nobody is asked for what is over")
	assert.Equal(t, 3, carol.Answers, "what she was not asked for is no answer, and what is long ago does not count")
	assert.Equal(t, int64(2*3600), carol.Median)
	assert.True(t, dan.Away)

	require.NotEmpty(t, page.Roles)
	assert.Contains(t, page.Roles, web.RoleLoad{
		Role: onboarding.CoreCommitter, People: 3, Away: 1, Busy: 1, Least: 0, Next: []string{"carol"},
	}, "bob is asked for as much as may be")

	status, html := w.get("bob", "/reviewers")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, html, `<a href="/p/acme/old/basic-review">acme/old</a>`)
	assert.Contains(t, html, `<a href="/reviewers" aria-current="page">Reviewers</a>`)
	assert.Contains(t, html, "2 hours")
	assert.NotContains(t, html, "does not tell at present")
}

func TestReviewersSaysThatGitHubDoesNotTellOfAll(t *testing.T) {
	some := staff()
	some.err = errors.New("the team cannot be read")
	w := newWorld(t, nil, staffed(some, nil))
	var page web.Reviewers
	w.read("bob", "/reviewers.json", &page)
	assert.True(t, page.Incomplete)
	assert.Len(t, page.People, 3)
	_, html := w.get("bob", "/reviewers")
	assert.Contains(t, html, "does not tell at present")
	assert.NotContains(t, html, "cannot be read", "the log says why")
}

func TestAttackReviewersAndOperationsAreForThoseWhoHaveARole(t *testing.T) {
	w := newWorld(t, nil, staffed(staff(), &operator{ops: calm()}))
	w.keep(plugin{id: 1, owner: "acme", name: "secret", private: true, change: asks("basic-review", person(2, "bob"), time.Hour)})
	for _, path := range []string{"/reviewers", "/reviewers.json", "/ops", "/ops.json"} {
		for who, says := range map[string]string{"": "Sign in with GitHub", "oscar": "signed in as oscar", "alice": "signed in as alice"} {
			status, body := w.get(who, path)
			assert.Equal(t, http.StatusForbidden, status, "%s sees %s", who, path)
			assert.NotContains(t, body, "acme")
			assert.NotContains(t, body, "carol")
			if path == "/reviewers" || path == "/ops" {
				assert.Contains(t, body, says)
				assert.NotContains(t, body, ">Operations</a>", "what they may not see is not offered")
			}
		}
		status, _ := w.get("bob", path)
		assert.Equal(t, http.StatusOK, status)
	}
}

func TestTheBoardTellsWhatWaitsForYou(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "hello", change: asks("basic-review", person(2, "bob"), time.Hour)})
	w.keep(plugin{id: 2, owner: "acme", name: "resting", change: func(r *onboarding.Record) {
		asks("basic-review", person(2, "bob"), time.Hour)(r)
		r.Paused = &onboarding.Pause{At: noon}
	}})
	var board web.Board
	w.read("bob", "/board.json", &board)
	require.Len(t, board.Yours, 1, "nobody is waited for while it is paused")
	assert.Equal(t, "/p/acme/hello/basic-review", board.Yours[0].URL)
	_, html := w.get("bob", "/")
	assert.Contains(t, html, "Waiting for you")
	assert.Contains(t, html, `<a href="/p/acme/hello/basic-review">acme/hello</a>`)
	for _, who := range []string{"", "ada", "oscar"} {
		_, html := w.get(who, "/")
		assert.NotContains(t, html, "Waiting for you", who)
	}
}

func TestAttackWhatWaitsForYouShowsNothingOfPrivateRepositories(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "secret", private: true, change: func(r *onboarding.Record) {
		r.Author = person(7, "grace")
		asks("basic-review", person(8, "oscar"), time.Hour)(r) // who has lost the role since
		asks("basic-review", person(0, ""), time.Hour)(r)
	}})
	for _, who := range []string{"", "oscar"} {
		for _, path := range []string{"/", "/board.json"} {
			_, body := w.get(who, path)
			assert.NotContains(t, body, "secret", "%s sees %s", who, path)
		}
	}
}

func TestAttackNamesOnTheReviewersPageAreInert(t *testing.T) {
	for i, evil := range hostile {
		w := newWorld(t, nil, staffed(team{list: []onboarding.Candidate{core(20, evil)}}, nil))
		w.keep(plugin{id: int64(i + 1), owner: "acme", name: evil, change: asks(evil, person(20, evil), time.Hour)})
		w.keep(plugin{id: int64(i + 100), owner: "acme", name: evil, change: asks("basic-review", person(2, evil), time.Hour)})
		for _, path := range []string{"/reviewers", "/"} {
			_, html := w.get("bob", path)
			inert(t, html, "button", "form", "input", "label", "select", "option", "section", "small", "i", "role", "value", "title", "type")
		}
	}
}

func TestReviewersIsASmallPageHoweverManyThereAre(t *testing.T) {
	var many team
	for i := range int64(1000) {
		many.list = append(many.list, core(1000+i, "somebody-with-a-long-name"))
	}
	w := newWorld(t, nil, staffed(many, nil))
	for i := range int64(200) {
		w.keep(plugin{id: i + 1, owner: "acme", name: "mattermost-plugin-of-some-length", change: asks("basic-review", many.list[i/2].Person, time.Hour)})
	}
	_, html := w.get("bob", "/reviewers")
	assert.Less(t, len(html), 100_000)
	assert.Contains(t, html, "1000 in all")
}
