package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/web"
)

func TestTheTimelineSaysWhoDidWhatAndWhereTheySaidIt(t *testing.T) {
	w := newWorld(t, nil)
	w.rich()
	var p web.Plugin
	w.read("", "/p/acme/hello.json", &p)
	require.Len(t, p.Timeline.Entries, 7)
	assert.EqualValues(t, 7, p.Timeline.Length)
	assert.Equal(t, p.Timeline.Entries[0].Hash, p.Timeline.Head)
	for i, want := range []struct{ kind, by, who, url string }{
		{"open", "person", "bob", "https://github.com/acme/hello/issues/3"},
		{"assign", "forgotten", "", ""},
		{"gate", "onboard", "", ""},
		{"approve", "person", "bob", "https://github.com/acme/hello/pull/7#pullrequestreview-1"},
		{"turn", "onboard", "", ""},
		{"accept", "person", "bob", "https://github.com/acme/hello/issues/1#issuecomment-901"},
		{"start", "person", "alice", ""}, // the act is not on record
	} {
		e := p.Timeline.Entries[i]
		assert.Equal(t, want, struct{ kind, by, who, url string }{e.Kind, e.By, e.Who, e.URL})
	}
	_, html := w.get("", "/p/acme/hello")
	assert.Contains(t, html, "Somebody who was forgotten had")
	assert.Contains(t, html, "The gate <strong>")
}

func TestWhoIsForgottenLeavesThePage(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "hello"})
	w.log(1, store.Entry{Kind: "decline", Who: onboarding.Person{ID: 6, Login: "zelda"}, Source: "comment/1/0", Stage: "qa", Reason: "I am ill", URL: "https://github.com/acme/hello/issues/1#issuecomment-1"})
	_, html := w.get("", "/p/acme/hello")
	assert.Contains(t, html, "zelda")
	require.NoError(t, w.store.Forget(t.Context(), 6, noon))
	for _, path := range []string{"/p/acme/hello", "/p/acme/hello.json", "/p/acme/hello/qa", "/p/acme/hello/qa.json"} {
		_, body := w.get("", path)
		for _, gone := range []string{"zelda", "I am ill", "issuecomment"} {
			assert.NotContains(t, body, gone, path)
		}
	}
	_, html = w.get("", "/p/acme/hello")
	assert.Contains(t, html, "Somebody who was forgotten cannot look at")
	assert.Contains(t, html, "Somebody was forgotten")
}

func TestTheTimelineIsReadPageByPage(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "hello"})
	var entries []store.Entry
	for i := range 100 {
		entries = append(entries, store.Entry{Kind: "remind", Who: bob, Source: fmt.Sprintf("comment/%d/0", i), Stage: []string{"qa", "pm-ux"}[i%2]})
	}
	w.log(1, entries...)
	for path, want := range map[string]int{"/p/acme/hello": 100, "/p/acme/hello/qa": 50} {
		seen, pages, before := 0, 0, int64(0)
		for before > 0 || pages == 0 {
			var p struct{ Timeline web.Timeline }
			w.read("", fmt.Sprintf("%s.json?before=%d", path, before), &p)
			for _, e := range p.Timeline.Entries {
				assert.True(t, before == 0 || e.Seq < before, "the newest first, each once")
				before = e.Seq
			}
			seen, pages, before = seen+len(p.Timeline.Entries), pages+1, p.Timeline.Before
		}
		assert.Equal(t, want, seen, path)
		assert.Greater(t, pages, 1)
	}
	_, html := w.get("", "/p/acme/hello")
	assert.Contains(t, html, `href="/p/acme/hello?before=61#timeline"`)
	assert.NotContains(t, html, "To the newest")
	_, html = w.get("", "/p/acme/hello?before=61")
	assert.Contains(t, html, "To the newest")
	status, _ := w.get("", "/p/acme/hello?before=no%20number")
	assert.Equal(t, http.StatusOK, status)
}

func TestPagesAboutAPluginStaySmallWhateverThereIs(t *testing.T) {
	w := newWorld(t, nil)
	w.crowd()
	for _, path := range []string{"/p/acme/crowd", "/p/acme/crowd?before=500", "/p/acme/crowd/manifest", "/p/acme/crowd/manifest?after=100", "/p/acme/crowd/basic-review", "/p/acme/crowd/community"} {
		status, html := w.get("", path)
		assert.Equal(t, http.StatusOK, status)
		assert.Less(t, len(html), 100_000, path)
		assert.Contains(t, html, "</html>")
	}
	_, html := w.get("", "/p/acme/crowd")
	assert.Contains(t, html, "?before=", "what is cut has a link")
	assert.NotContains(t, html, strings.Repeat("u", 1000), "a long address is not shown")
}
