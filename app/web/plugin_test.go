package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
	"github.com/onboard-app/onboard/app/web"
)

func TestAPluginsPageSaysFirstWhatIsNextAndForWhom(t *testing.T) {
	quinn := map[string][]onboarding.Request{"qa": {{Person: onboarding.Person{ID: 5, Login: "quinn"}}}}
	for name, test := range map[string]struct {
		change  func(*onboarding.Record)
		results map[string]onboarding.Result
		next    string
		turn    onboarding.Party
		present string
	}{
		"a check that fails is the author's turn": {accepted, fails, "please fix **[licence](/p/acme/hello/licence)**", onboarding.Author, "licence"},
		"a start that nobody accepted yet":        {nil, good(), "somebody of the reviewing team must accept the start", onboarding.RoleHolders, "basic-review"},
		"a review is that of its role":            {accepted, good(), "core committers must look at **[basic-review](/p/acme/hello/basic-review)**", onboarding.Party(onboarding.CoreCommitter), "basic-review"},
		"a change request is the author's":        {reviewed, good(), "asks for changes in **[complete-review]", onboarding.Author, "complete-review"},
		"while it is paused nobody has to act":    {func(r *onboarding.Record) { r.Asked, r.Paused = quinn, &onboarding.Pause{By: bob, At: noon} }, good(), "[bob](https://github.com/bob) paused the onboarding", onboarding.Nobody, ""},
		"a new owner is for an admin":             {func(r *onboarding.Record) { r.Held = &onboarding.Hold{Why: onboarding.NewOwner, At: noon, Owner: bob} }, good(), "belongs to [bob](https://github.com/bob) now", onboarding.Party(onboarding.Admin), ""},
		"what was withdrawn is over": {func(r *onboarding.Record) {
			r.Withdrawn, r.EndedAt = &onboarding.Withdrawal{By: alice, Reason: "No time."}, noon
		}, good(), "withdrew the onboarding on 2026-12-03: No time. `/onboard`", onboarding.Nobody, ""},
		"what is being looked at is nobody's turn": {accepted, map[string]onboarding.Result{"licence": {}}, "Onboard is looking", onboarding.Nobody, "licence"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.keep(plugin{id: 1, owner: "acme", name: "hello", change: test.change, results: test.results})
			var p web.Plugin
			w.read("", "/p/acme/hello.json", &p)
			assert.Contains(t, p.Next.Text, test.next)
			assert.Equal(t, test.turn, p.Next.Turn)
			var present []string
			for _, s := range p.Steps {
				if s.Present {
					present = append(present, s.Name)
				}
			}
			assert.Equal(t, test.present, strings.Join(present, ","))
			status, html := w.get("", "/p/acme/hello")
			assert.Equal(t, http.StatusOK, status)
			assert.Equal(t, min(1, len(present)), strings.Count(html, `aria-current="step"`))
			assert.Less(t, strings.Index(html, "<strong>Next:</strong>"), strings.Index(html, "<h2"), "it comes before all else")
		})
	}
}

func TestThePluginsWayHasItsGatesWhereTheyAreReached(t *testing.T) {
	w := newWorld(t, nil)
	w.rich()
	var p web.Plugin
	w.read("", "/p/acme/hello.json", &p)
	var names []string
	for _, s := range p.Steps {
		names = append(names, s.Name)
	}
	assert.Equal(t, "licence starter-template manifest nightly-build basic-review ci-extensions complete-review qa pm-ux release ci-extensions-release release-qa community",
		strings.Join(names, " "))
	require.Len(t, p.Gates, 3)
	assert.Equal(t, 5, p.Gates[0].Passing)
	assert.Equal(t, noon.Add(-50*time.Hour), p.Gates[0].ReachedAt)
	qa := p.Steps[7]
	assert.Equal(t, onboarding.Party(onboarding.QA), qa.Turn)
	assert.Equal(t, []string{"quinn"}, qa.Asked)
	assert.Equal(t, noon.Add(-50*time.Hour), qa.Since)
	assert.Empty(t, p.Steps[6].Asked, "while it is the author's turn, reviewers wait")
}

func TestAPluginsPageSaysWhatIsOnTheServersBehindTheGates(t *testing.T) {
	w := newWorld(t, nil)
	w.rich()
	var p web.Plugin
	w.read("", "/p/acme/hello.json", &p)
	assert.Equal(t, []*web.Server{
		{Version: "0.1.0", SHA256: digest("1"), Since: noon.Add(-30 * time.Hour), Trouble: "the plugin did not start", Earlier: "0.0.9"},
		{},
		{Offered: digest("2"), Command: "/onboard deploy community 222222222222"},
	}, []*web.Server{p.Gates[0].Server, p.Gates[1].Server, p.Gates[2].Server})
	_, page := w.get("", "/p/acme/hello")
	assert.Contains(t, page, "On its server: <strong>0.1.0</strong> since")
	assert.Contains(t, page, "the plugin did not start")
	assert.Contains(t, page, "On its server: nothing of this plugin.")
	assert.Contains(t, page, "<code>/onboard deploy community 222222222222</code>")
	assert.Contains(t, page, "Before that, 0.0.9 ran there.")
	assert.NotContains(t, page, "<button")
}

func TestAdminsRollBackByAButtonAndNobodyElseDoes(t *testing.T) {
	o := &operator{ops: calm()}
	w := newWorld(t, nil, staffed(staff(), o))
	w.rich()
	for _, path := range []string{"/p/acme/hello", "/p/acme/hello/ci-extensions"} {
		_, page := w.get("ada", path)
		assert.Contains(t, page, `<form method="post" action="/p/acme/hello/rollback"><input type="hidden" name="gate" value="ci-extensions"><input type="hidden" name="runs" value="`+digest("1")+`"><button aria-label="Put 0.0.9 back onto ci-extensions">`)
		_, page = w.get("bob", path)
		assert.NotContains(t, page, "/rollback")
	}
	same := http.Header{"Sec-Fetch-Site": {"same-origin"}}
	form := url.Values{"gate": {"ci-extensions"}, "runs": {digest("1")}}
	for _, who := range []string{"", "oscar", "alice", "bob"} {
		assert.Equal(t, http.StatusForbidden, w.post(who, "/p/acme/hello/rollback", form, same).StatusCode)
	}
	for _, wrong := range []url.Values{{"gate": {"nowhere"}, "runs": form["runs"]}, {"gate": form["gate"], "runs": {"x\n/onboard waive licence"}}, {"gate": form["gate"]}} {
		assert.Equal(t, http.StatusNotFound, w.post("ada", "/p/acme/hello/rollback", wrong, same).StatusCode, "%v", wrong)
	}
	assert.Equal(t, http.StatusNotFound, w.post("ada", "/p/acme/none/rollback", form, same).StatusCode)
	assert.Empty(t, o.done())
	response := w.post("ada", "/p/acme/hello/rollback", form, same)
	assert.Equal(t, "/p/acme/hello?done=passed-on", response.Header.Get("Location"))
	assert.Equal(t, []string{"ada says in acme/hello: rollback [ci-extensions " + digest("1") + "]"}, o.done())
	_, page := w.get("ada", response.Header.Get("Location"))
	assert.Contains(t, page, "Onboard has been told, and answers in the tracking issue.")
	_, page = w.get("", "/p/acme/hello?done=paused")
	assert.NotContains(t, page, "All is paused", "a link says nothing that was not done")
}

func TestAttackAnAdminOnThePluginsSideHasNoButton(t *testing.T) {
	o := &operator{ops: calm()}
	w := newWorld(t, nil, staffed(staff(), o))
	w.keep(plugin{
		id: 9, owner: "acme", name: "own", servers: map[string]texts.Server{"ci-extensions": {Version: "2", SHA256: digest("2"), Earlier: texts.Bundle{Version: "1", SHA256: digest("1")}}},
		change: func(r *onboarding.Record) { r.Author = cast["ada"].Person },
	})
	_, page := w.get("ada", "/p/acme/own")
	assert.Contains(t, page, "Before that, 1 ran there.")
	assert.NotContains(t, page, "/rollback")
	response := w.post("ada", "/p/acme/own/rollback", url.Values{"gate": {"ci-extensions"}, "runs": {digest("2")}}, http.Header{"Sec-Fetch-Site": {"same-origin"}})
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	assert.Empty(t, o.done())
}

func TestAPluginsPageSaysWhoApprovedWhatAndWhetherItCounts(t *testing.T) {
	w := newWorld(t, nil)
	w.rich()
	var p web.Plugin
	w.read("", "/p/acme/hello.json", &p)
	require.Len(t, p.Reviews, 2)
	newest, oldest := p.Reviews[0], p.Reviews[1]
	assert.Equal(t, sha("d"), newest.SHA)
	assert.Equal(t, sha("a"), newest.Source)
	require.Len(t, newest.Reviews, 1)
	assert.Equal(t, web.Said{
		Who: "carol", Verb: onboarding.RequestChanges, Stage: "complete-review", At: noon.Add(-10 * time.Hour),
		URL: "https://github.com/acme/hello/pull/7#pullrequestreview-3", Weight: web.Counts,
	}, newest.Reviews[0])
	require.Len(t, oldest.Reviews, 2)
	assert.Equal(t, web.Void, oldest.Reviews[0].Weight, "code was pushed after the complete review's approval")
	assert.Equal(t, web.Counts, oldest.Reviews[1].Weight, "the basic review stays passed")
}

func TestAPluginsPageHasItsBuildsAndHowLongWhoWasWaitedFor(t *testing.T) {
	w := newWorld(t, nil)
	w.rich()
	var p web.Plugin
	w.read("", "/p/acme/hello.json", &p)
	require.Len(t, p.Builds, 2)
	nights := p.Builds[0].Nights
	require.Len(t, nights, 3)
	assert.Equal(t, "2026-12-02", nights[0].Night, "the newest first")
	assert.Equal(t, "up to date", nights[0].Lag())
	assert.Equal(t, "950 kB", nights[0].Size())
	assert.Equal(t, "behind for just now", nights[1].Lag())
	assert.Equal(t, "4.2 MB", nights[1].Size())
	assert.Equal(t, "https://example.com/latest.tar.gz", nights[1].URL)
	assert.Equal(t, "v1.0.0", p.Builds[1].Nights[0].Tag)
	assert.Equal(t, []web.Spent{
		{Stage: "licence", Party: onboarding.Author, Seconds: 3600},
		{Stage: "complete-review", Party: onboarding.Author, Seconds: 10 * 3600, Present: true},
		{Stage: "complete-review", Party: onboarding.Party(onboarding.CoreCommitter), Seconds: 40 * 3600},
		{Stage: "qa", Party: onboarding.Party(onboarding.QA), Seconds: 50 * 3600, Present: true},
	}, p.Turns)
}

// hashes are other ones each time: what is personal in the log is salted.
var hashes = regexp.MustCompile(`\b[0-9a-f]{12}\b`)

func TestAPluginsPage(t *testing.T) {
	w := newWorld(t, nil)
	w.rich()
	status, html := w.get("", "/p/acme/hello")
	require.Equal(t, http.StatusOK, status)
	golden(t, "plugin.html", hashes.ReplaceAllString(html, "(hash)"))
}

func TestThePathOfAPluginsPageIsItsRepositorys(t *testing.T) {
	w := newWorld(t, map[int64]int64{4: 1})
	w.keep(plugin{id: 1, owner: "acme", name: "hello"})
	w.keep(plugin{id: 2, owner: "acme", name: "data.json"})
	w.keep(plugin{id: 3, owner: "acme", name: "data"})
	w.keep(plugin{id: 4, owner: "acme", name: "hello.json", private: true})
	isJSON := func(body string) bool { return strings.HasPrefix(body, "{") }
	for name, test := range map[string]struct {
		who, path  string
		status     int
		json       bool
		repository string
	}{
		"as it is written":                                  {"", "/p/acme/hello", 200, false, "acme/hello"},
		"in whatever case":                                  {"", "/p/ACME/Hello", 200, false, "acme/hello"},
		"with .json it is the twin":                         {"", "/p/acme/hello.json", 200, true, "acme/hello"},
		"but the page of a repository named like that wins": {"", "/p/acme/data.json", 200, false, "acme/data.json"},
		"which has a twin, too":                             {"", "/p/acme/data.json.json", 200, true, "acme/data.json"},
		"one that the visitor may not see is not there":     {"oscar", "/p/acme/hello.json", 200, true, "acme/hello"},
		"one that they may see is":                          {"alice", "/p/acme/hello.json", 200, false, "acme/hello.json"},
		"a stage's page":                                    {"", "/p/acme/data.json/licence", 200, false, "acme/data.json"},
		"a stage's twin":                                    {"", "/p/acme/data.json/licence.json", 200, true, "acme/data.json"},
		"none":                                              {"", "/p/acme/other", 404, false, "no such page"},
		"none as JSON":                                      {"", "/p/acme/other.json", 404, true, "no such page"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := w.get(test.who, test.path)
			assert.Equal(t, test.status, status)
			assert.Equal(t, test.json, isJSON(body))
			assert.Contains(t, body, test.repository)
		})
	}
	_, html := w.get("", "/p/acme/data.json")
	assert.Contains(t, html, `href="/p/acme/data.json.json"`, "the page links to its twin")
}

func TestWhatNobodyLookedAtYetSaysSo(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "hello", unseen: true})
	status, html := w.get("", "/p/acme/hello")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, html, "has not looked at this plugin yet")
	assert.NotContains(t, html, `class="steps"`)
	var p web.Plugin
	w.read("", "/p/acme/hello.json", &p)
	assert.False(t, p.Looked)
	assert.Empty(t, p.Steps)
	status, html = w.get("", "/p/acme/hello/licence")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, html, "has not looked at this plugin yet")
}

func TestFormerRoundsAreListed(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "hello", change: func(r *onboarding.Record) {
		r.EndedAt, r.NextBaseline = noon.Add(-48*time.Hour), &onboarding.Baseline{Round: 1, Tag: "v1.0.0", Source: sha("c")}
	}})
	w.keep(plugin{id: 1, owner: "acme", name: "hello", change: func(r *onboarding.Record) {
		r.Round, r.EndedAt, r.Withdrawn = 2, noon.Add(-24*time.Hour), &onboarding.Withdrawal{By: alice}
	}})
	w.keep(plugin{id: 1, owner: "acme", name: "hello", change: func(r *onboarding.Record) { r.Round, r.Issue = 3, 9 }})
	var p web.Plugin
	w.read("", "/p/acme/hello.json", &p)
	assert.Equal(t, 3, p.Round)
	require.Len(t, p.Rounds, 2)
	assert.Equal(t, "withdrawn", p.Rounds[0].Outcome)
	assert.Equal(t, web.FormerRound{
		Round: 1, StartedAt: noon.Add(-72 * time.Hour), EndedAt: noon.Add(-48 * time.Hour), Outcome: "complete", Accepted: "v1.0.0", Commit: sha("c"),
		IssueURL: "https://github.com/acme/hello/issues/1",
	}, p.Rounds[1])
}

func TestPagesAboutAPluginAreWholeForThoseWhoDoNotSeeThem(t *testing.T) {
	w := newWorld(t, nil)
	w.rich()
	w.keep(plugin{id: 1, owner: "acme", name: "found", results: found})
	for _, path := range []string{"/p/acme/hello", "/p/acme/hello/complete-review", "/p/acme/hello/ci-extensions", "/p/acme/found", "/p/acme/found/licence"} {
		_, page := w.get("", path)
		root, err := html.Parse(strings.NewReader(page))
		require.NoError(t, err)
		level, ids, labels := 0, map[string]bool{}, []string{}
		for n := range root.Descendants() {
			attr := map[string]string{}
			for _, a := range n.Attr {
				attr[a.Key] = a.Val
			}
			if attr["id"] != "" {
				ids[attr["id"]] = true
			}
			switch n.Data {
			case "h1", "h2", "h3":
				next := int(n.Data[1] - '0')
				assert.LessOrEqual(t, next, level+1, "%s: no heading is left out before %s", path, attr["id"])
				level = next
			case "th":
				assert.Contains(t, []string{"row", "col"}, attr["scope"], "%s: a heading is of a row or a column", path)
			case "section":
				assert.NotEmpty(t, attr["aria-label"]+attr["aria-labelledby"], "%s: each region has a name", path)
				if attr["aria-labelledby"] != "" {
					labels = append(labels, attr["aria-labelledby"])
				}
			case "i":
				assert.Equal(t, "true", attr["aria-hidden"], "%s: what a colour says stands beside it", path)
			}
		}
		for _, label := range labels {
			assert.True(t, ids[label], "%s: %s is there", path, label)
		}
	}
}

func BenchmarkPlugin(b *testing.B) {
	w := newWorld(b, nil)
	w.crowd()
	w.rich()
	for _, path := range []string{"hello", "hello/licence", "crowd", "crowd/manifest"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				w.get("", "/p/acme/"+path)
			}
		})
	}
}
