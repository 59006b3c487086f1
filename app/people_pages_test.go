package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/web"
	"github.com/onboard-app/onboard/handlers"
)

// twin reads a page's JSON.
func (w *world) twin(path string, into any) {
	w.t.Helper()
	status, body := w.get(path)
	require.Equal(w.t, http.StatusOK, status, path)
	require.NoError(w.t, json.Unmarshal([]byte(body), into))
}

func TestThePagesTellWhoIsAskedAndHowLongTheyTook(t *testing.T) {
	w, person := reviewersOf(t, func(c *app.Config) {
		c.Reviewers.Away = []app.Away{{Login: "bob", Until: "2100-01-01"}, {Login: "sec", Until: "2000-01-01"}}
	})
	w.Plugin.Allow(person["ann"], "write")
	w.say(person["quentin"], "/onboard")
	var board web.Board
	w.twin("/board.json", &board)
	var asked []onboarding.Asking
	for _, column := range board.Columns {
		for _, card := range column.Cards {
			asked = append(asked, card.Requests...)
		}
	}
	require.Len(t, asked, 1)
	assert.Equal(t, "basic-review", asked[0].Stage)

	w.later(2 * time.Hour)
	w.ReviewPR().Review(person[asked[0].Person.Login], fakegithub.Approved, "")
	w.settle()
	decisions := w.record().Decisions
	require.NotEmpty(t, decisions)
	last := decisions[len(decisions)-1]
	assert.Equal(t, asked[0].Since.UnixMilli(), last.Asked.UnixMilli())
	assert.InDelta(t, 2, last.At.Sub(last.Asked).Hours(), 0.1)

	team, err := w.app.Team().Candidates(t.Context())
	require.NoError(t, err)
	away := map[string]bool{}
	for _, c := range team {
		away[c.Person.Login] = c.Away
		if c.Person.Login == "sec" {
			assert.Equal(t, []onboarding.Role{onboarding.CoreCommitter, onboarding.Security}, c.Roles)
		}
	}
	assert.Equal(t, map[string]bool{"alice": false, "ann": false, "bob": true, "sec": false, "quentin": false}, away, "sec is back")

	_, feed := w.get("/feed.atom")
	assert.Contains(t, feed, ": an onboarding started")
	status, badge := w.get("/badge/" + w.Plugin.FullName() + ".svg")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, badge, "ci-extensions")
}

func TestThePagesTellTheConfiguredPolicyAndAllCommands(t *testing.T) {
	w := newWorld(t, func(c *app.Config) { c.Start.Who = app.StartRoles })
	var policy web.Policy
	w.twin("/policy.json", &policy)
	assert.Equal(t, onboarding.Default(), policy.Pipeline)
	assert.True(t, policy.Start.OnlyRoles)
	assert.Contains(t, policy.Licences.Recommended, "MIT")
	assert.InDelta(t, 48, policy.Nightly.LagHours, 0)
	var names []string
	for _, check := range policy.Checks {
		names = append(names, check.Name)
		assert.NotEmpty(t, check.Rules, check.Name)
	}
	assert.Equal(t, []string{"licence", "starter-template", "manifest", "nightly-build", "release"}, names)
	_, page := w.get("/policy")
	assert.Contains(t, page, `id="licence/missing"`)
	assert.Less(t, len(page), 100_000)
	_, page = w.get("/commands")
	for _, command := range handlers.Commands() {
		assert.Contains(t, page, `<h2 id="`+command.Name+`">`)
	}
	assert.Less(t, len(page), 100_000)
}

func TestAttackOperationsAreForThoseWhoHaveARoleAndFromTheAppsOwnPages(t *testing.T) {
	var log bytes.Buffer
	w := newStage(t)
	w.config.Roles[onboarding.CoreCommitter].Users, w.config.Roles[onboarding.Admin].Users = []string{"rita"}, []string{"ada"}
	w.log, w.with = zerolog.SyncWriter(&log), append(w.with, app.WithOwnURL())
	w.start()
	w.say(w.Alice, "/onboard")
	ada, rita := w.signedIn(w.GitHub.CreateUser("ada")), w.signedIn(w.GitHub.CreateUser("rita"))
	outsiders := []*browser{w.browser(), w.signedIn(w.Alice)}
	same := []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}
	for _, path := range []string{"/reviewers", "/reviewers.json", "/ops", "/ops.json"} {
		for _, b := range outsiders {
			answer, _ := b.send(http.MethodGet, path, nil)
			assert.Equal(t, http.StatusForbidden, answer.StatusCode, path)
		}
		for _, b := range []*browser{ada, rita} {
			answer, _ := b.send(http.MethodGet, path, nil)
			assert.Equal(t, http.StatusOK, answer.StatusCode, path)
		}
	}
	form := url.Values{"reason": {"we move"}, "key": {w.key()}}.Encode()
	for _, path := range []string{"/ops/pause", "/ops/resume", "/ops/retry"} {
		for _, b := range append(outsiders, rita) {
			answer, _ := b.send(http.MethodPost, path, strings.NewReader(form), same...)
			assert.Equal(t, http.StatusForbidden, answer.StatusCode, path)
		}
		for _, from := range [][]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
		} {
			answer, _ := ada.send(http.MethodPost, path, strings.NewReader(form), append(from, same[:2]...)...)
			assert.Equal(t, http.StatusForbidden, answer.StatusCode, "%s from %s", path, from[1])
		}
		answer, _ := ada.send(http.MethodGet, path+"?"+form, nil)
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, "a link does nothing")
	}
	assert.NotContains(t, w.reasons(), "paused")

	answer, page := ada.send(http.MethodPost, "/ops/pause", strings.NewReader(form), same...)
	assert.Equal(t, w.app.URL()+"/ops?done=paused", answer.Request.URL.String())
	assert.Contains(t, page, "we move")
	assert.Contains(t, w.reasons(), "we move")
	_, page = ada.send(http.MethodPost, "/ops/resume", strings.NewReader(form), same...)
	assert.Contains(t, page, "All goes on")
	assert.NotContains(t, w.reasons(), "paused")
	_, page = ada.send(http.MethodPost, "/ops/retry", strings.NewReader(form), same...)
	assert.Contains(t, page, "It is tried again now.")
	w.stop()
	for _, did := range []string{"all is paused, as an admin asked: we move", "all is resumed, as an admin asked", "tried again, as an admin asked: " + w.key()} {
		assert.Regexp(t, `(?m)^.*"login":"ada".*`+regexp.QuoteMeta(did), log.String(), "the log says who did it")
	}
	assert.NotContains(t, log.String(), `"login":"rita"`)
}

func TestOpsTellsOfAPauseOfWhatWasMissedAndOfGitHubsLimits(t *testing.T) {
	w := newWorld(t)
	w.say(w.Alice, "/onboard")
	w.settle()
	require.Equal(t, http.StatusNoContent, w.operate("/ops/pause", url.Values{"reason": {"we move"}}, nil))
	ops, err := w.app.Operator().Ops(t.Context())
	require.NoError(t, err)
	require.NotNil(t, ops.Paused)
	assert.Equal(t, "we move", ops.Paused.Reason)
	assert.False(t, ops.Recovery.At.IsZero(), "GitHub was asked at start")
	require.NotEmpty(t, ops.Budgets)
	assert.Positive(t, ops.Budgets[0].Remaining)
	require.NoError(t, w.app.Operator().ResumeAll(t.Context()))
	ops, err = w.app.Operator().Ops(t.Context())
	require.NoError(t, err)
	assert.Nil(t, ops.Paused)
}
