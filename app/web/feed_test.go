package web_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/web"
)

// atomFeed is what a reader of feeds reads.
type atomFeed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string   `xml:"title"`
	ID      string   `xml:"id"`
	Updated string   `xml:"updated"`
	Entries []struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Link    struct {
			Href string `xml:"href,attr"`
		} `xml:"link"`
	} `xml:"entry"`
}

func (w *world) feed(who, path string) (f atomFeed) {
	w.t.Helper()
	status, body := w.get(who, path)
	require.Equal(w.t, http.StatusOK, status)
	require.NoError(w.t, xml.Unmarshal([]byte(body), &f), body)
	return f
}

// public has the pages reached at an address of their own.
func public(o *web.Options) { o.PublicURL = "https://onboard.example.com" }

func TestTheFeedTellsHowFarPluginsCame(t *testing.T) {
	w := newWorld(t, nil, public)
	w.keep(plugin{id: 1, owner: "acme", name: "hello"})
	w.keep(plugin{id: 2, owner: "acme", name: "calendar"})
	w.note(1, "start", "", 3*time.Hour)
	w.note(1, "approve", "basic-review", 150*time.Minute)
	w.note(1, "gate", "ci-extensions", 2*time.Hour)
	w.note(2, "end", "", time.Hour)
	feed := w.feed("", "/feed.atom")
	require.Len(t, feed.Entries, 3, "only how far they came")
	assert.Equal(t, "https://onboard.example.com/", feed.ID)
	assert.Equal(t, "acme/calendar: the onboarding was withdrawn", feed.Entries[0].Title, "the newest first")
	assert.Equal(t, "acme/hello: reached ci-extensions", feed.Entries[1].Title)
	assert.Equal(t, "https://onboard.example.com/p/acme/hello", feed.Entries[1].Link.Href)
	assert.Equal(t, noon.Add(-time.Hour).Format(time.RFC3339), feed.Updated)
	assert.Equal(t, feed.Updated, feed.Entries[0].Updated)
	assert.Regexp(t, `^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, feed.Entries[0].ID)
	ids := map[string]bool{}
	for _, e := range feed.Entries {
		ids[e.ID] = true
	}
	assert.Len(t, ids, 3)
	assert.Equal(t, feed, w.feed("", "/feed.atom"), "an entry keeps its id")

	one := w.feed("", "/p/ACME/hello/feed.atom")
	require.Len(t, one.Entries, 2)
	assert.Equal(t, feed.Entries[1], one.Entries[0], "it is the same entry in both feeds")
	response := w.ask("", "/feed.atom")
	require.NoError(t, response.Body.Close())
	assert.Equal(t, "public, max-age=300", response.Header.Get("Cache-Control"))
	_, board := w.get("", "/")
	assert.Contains(t, board, `href="/feed.atom"`)
}

func TestTheFeedHasFiftyEntries(t *testing.T) {
	w := newWorld(t, nil, public)
	w.keep(plugin{id: 1, owner: "acme", name: "hello"})
	for i := range 60 {
		w.note(1, "gate", fmt.Sprintf("gate-%d", i), time.Duration(i)*time.Minute)
	}
	feed := w.feed("", "/feed.atom")
	require.Len(t, feed.Entries, 50)
	assert.Equal(t, "acme/hello: reached gate-0", feed.Entries[0].Title)
	_, body := w.get("", "/feed.atom")
	assert.Less(t, len(body), 100_000)
}

func TestAttackFeedsAndBadgesShowNothingOfPrivateRepositories(t *testing.T) {
	w := newWorld(t, map[int64]int64{1: 1}, public)
	w.keep(plugin{id: 1, owner: "acme", name: "secret", private: true})
	w.note(1, "start", "", time.Hour)
	id := int64(1)
	for _, why := range []onboarding.Holding{onboarding.Private, onboarding.Removed, onboarding.Deleted, onboarding.Suspended} {
		id++
		w.keep(plugin{id: id, owner: "acme", name: "secret-" + string(why), change: func(r *onboarding.Record) { r.Held = &onboarding.Hold{Why: why, At: noon} }})
		w.note(id, "start", "", time.Hour)
	}
	for _, who := range []string{"", "oscar", "alice", "bob"} {
		_, body := w.get(who, "/feed.atom")
		assert.NotContains(t, body, "secret", "the feed of %q is the same for all", who)
	}
	_, none := w.get("", "/badge/acme/none.svg")
	for name := range map[string]bool{"secret": true, "secret-removed": true, "secret-deleted": true, "SECRET": true} {
		for _, who := range []string{"", "oscar"} {
			status, body := w.get(who, "/p/acme/"+name+"/feed.atom")
			assert.Equal(t, http.StatusNotFound, status)
			assert.NotContains(t, body, "started")
			_, nowhere := w.get(who, "/p/acme/none/feed.atom")
			assert.Equal(t, strings.ReplaceAll(nowhere, "/none/", "/"+name+"/"), body, "it is as if there were no such plugin")
		}
		for _, who := range []string{"", "oscar", "alice", "ada"} {
			response := w.ask(who, "/badge/acme/"+name+".svg")
			require.NoError(t, response.Body.Close())
			assert.Equal(t, http.StatusOK, response.StatusCode)
			_, badge := w.get(who, "/badge/acme/"+name+".svg")
			assert.Equal(t, none, badge, "its badge is that of one that is not there")
		}
	}
	assert.Len(t, w.feed("alice", "/p/acme/secret/feed.atom").Entries, 1, "who may read it reads the feed")
	response := w.ask("alice", "/p/acme/secret/feed.atom")
	require.NoError(t, response.Body.Close())
	assert.Equal(t, "private, no-cache", response.Header.Get("Cache-Control"), "no cache gives it to others")
}

func TestAttackAFeedLinksNowhereElse(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "hello"})
	w.note(1, "start", "", time.Hour)
	for host, link := range map[string]string{
		"onboard.example.com:8080": "http://onboard.example.com:8080/p/acme/hello",
		"[::1]:8080":               "http://[::1]:8080/p/acme/hello",
		"evil.example/x?":          "/p/acme/hello",
		"me@evil.example":          "/p/acme/hello",
		"a<b>":                     "/p/acme/hello",
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/feed.atom", nil)
		require.NoError(t, err)
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		if response.StatusCode == http.StatusBadRequest { // Go's server takes no such host
			require.NoError(t, response.Body.Close())
			continue
		}
		var feed atomFeed
		require.NoError(t, xml.NewDecoder(response.Body).Decode(&feed))
		require.NoError(t, response.Body.Close())
		assert.Equal(t, link, feed.Entries[0].Link.Href, host)
		assert.Equal(t, "private, no-cache", response.Header.Get("Cache-Control"), "no cache gives others an address that a visitor made up")
	}
}

func TestABadgeSaysHowFarAPluginCame(t *testing.T) {
	reach := func(gates ...string) func(*onboarding.Record) {
		return func(r *onboarding.Record) {
			r.AcceptedAt = r.StartedAt
			if slices.Contains(gates, "paused") {
				r.Paused = &onboarding.Pause{At: noon}
			}
			if slices.Contains(gates, "withdrawn") {
				r.EndedAt, r.Withdrawn = noon, &onboarding.Withdrawal{}
			}
		}
	}
	passes := map[string]onboarding.Result{"manifest": {Commit: strings.Repeat("a", 40), Outcome: onboarding.OutcomePass}}
	for name, test := range map[string]struct {
		plugin plugin
		says   string
		colour string
	}{
		"on its way":    {plugin{change: reach()}, "ci-extensions 0/5", "#0b4fc4"},
		"one passed":    {plugin{change: reach(), results: passes}, "ci-extensions 1/5", "#0b4fc4"},
		"something red": {plugin{change: reach(), results: fails}, "ci-extensions 0/5", "#c62828"},
		"paused":        {plugin{change: reach("paused")}, "ci-extensions 0/5, paused", "#545d6b"},
		"withdrawn":     {plugin{change: reach("withdrawn")}, "withdrawn", "#545d6b"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			test.plugin.id, test.plugin.owner, test.plugin.name = 1, "acme", "hello"
			w.keep(test.plugin)
			response := w.ask("", "/badge/acme/hello.svg")
			require.NoError(t, response.Body.Close())
			assert.Equal(t, "image/svg+xml; charset=utf-8", response.Header.Get("Content-Type"))
			assert.Equal(t, "public, max-age=300", response.Header.Get("Cache-Control"))
			assert.Empty(t, response.Header.Get("Vary"))
			_, badge := w.get("", "/badge/acme/hello.svg")
			require.NoError(t, xml.Unmarshal([]byte(badge), new(struct{})), badge)
			assert.Contains(t, badge, "<title>onboarding: "+test.says+"</title>")
			assert.Contains(t, badge, test.colour)
			assert.NotContains(t, badge, "style=")
		})
	}
	w := newWorld(t, nil)
	status, _ := w.get("", "/badge/acme/hello")
	assert.Equal(t, http.StatusNotFound, status, "it is a picture")
}

func TestAttackABadgeIsInert(t *testing.T) {
	for _, evil := range hostile {
		w := newWorld(t, nil)
		w.keep(plugin{id: 1, owner: "acme", name: "hello", change: func(r *onboarding.Record) { r.Pipeline.Gates[0].Name = evil }})
		_, badge := w.get("", "/badge/acme/hello.svg")
		decoder := xml.NewDecoder(strings.NewReader(badge))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, badge)
			if element, is := token.(xml.StartElement); is {
				assert.Contains(t, []string{"svg", "title", "clipPath", "rect", "g", "text"}, element.Name.Local)
				for _, a := range element.Attr {
					assert.NotContains(t, []string{"href", "style", "onload", "onmouseover"}, a.Name.Local)
				}
			}
		}
	}
}
