package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

func TestAttackThePagesOfAPrivatePluginAreNotThereForOthers(t *testing.T) {
	w := newWorld(t, map[int64]int64{1: 1, 2: 1, 3: 1, 4: 1, 5: 1})
	w.keep(plugin{id: 1, owner: "acme", name: "secret", private: true, results: found})
	for why, id := range map[onboarding.Holding]int64{onboarding.Private: 2, onboarding.Removed: 3, onboarding.Deleted: 4, onboarding.Suspended: 5} {
		w.keep(plugin{id: id, owner: "acme", name: "secret-" + string(why), results: found, change: func(r *onboarding.Record) { r.Held = &onboarding.Hold{Why: why, At: noon} }})
	}
	_, nothing := w.get("", "/p/acme/nothing")
	_, nothingJSON := w.get("", "/p/acme/nothing.json")
	for _, name := range []string{"secret", "secret-private", "secret-removed", "secret-deleted", "secret-suspended"} {
		for _, page := range []string{"", ".json", "/licence", "/licence.json", "/levitation", "/community", "?before=3"} {
			path := "/p/acme/" + name + page
			for _, who := range []string{"", "oscar"} {
				status, body := w.get(who, path)
				assert.Equal(t, http.StatusNotFound, status, "%s asks for %s", who, path)
				assert.NotContains(t, strings.ReplaceAll(body, "/login?to="+path, ""), "secret", "%s asks for %s", who, path)
				if who == "" && page == "" {
					assert.Equal(t, strings.ReplaceAll(nothing, "nothing", name), body, "it is as if there were none")
				}
				if page == ".json" {
					assert.JSONEq(t, nothingJSON, body)
				}
			}
			want := http.StatusOK
			if page == "/levitation" {
				want = http.StatusNotFound
			}
			for _, who := range []string{"alice", "bob"} {
				status, _ := w.get(who, path)
				assert.Equal(t, want, status, "%s asks for %s", who, path)
			}
		}
	}
}

// hostile is what people may write to make a page do something.
var hostile = keepable([]string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	`javascript:alert(1)`,
	`[click](javascript:alert(1))`,
	`[a](data:text/html;base64,PHNjcmlwdD4=) ![b](javascript:alert(1)) <javascript:alert(1)>`,
	"[x]: javascript:alert(1)\n\n[x]",
	`</p></div></section></main></td></li><iframe src=//evil.example>`,
	`</title></style></textarea></code></pre><svg/onload=alert(1)>`,
	`<svg><animate xlink:href=#x attributeName=href values=javascript:alert(1) /><a id=x></svg>`,
	`<!--><script>alert(1)</script-->`,
	`{{.Record}} {{printf "%s" .}} ${alert(1)}`,
	"`</code><script>alert(1)</script>`",
	"```\n<script>alert(1)</script>\n~~~",
	"| a | b |\n|---|---|\n| <script>alert(1)</script> | **x** |",
	"left \u202e right \u2066 \u200b\u200d\ufeff zero \u0000 \u0007 \x1b[31m",
	"&lt;script&gt; &#x3C;script&#x3E; \\u003cscript\\u003e",
	"%3Cscript%3E%22%3E java\tscript:alert(1) \x01javascript:alert(1)",
	`<meta http-equiv=refresh content=0;url=//evil.example><base href=//evil.example><form action=//evil.example><input name=x>`,
	`<a href="javascript:alert(1)">x</a><a href="//evil.example" style="x" class="next" id="main">y</a>`,
	strings.Repeat("<b>huge", 3000),
})

// keepable leaves out what neither database takes.
func keepable(texts []string) []string {
	for i, text := range texts {
		texts[i] = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
	}
	return texts
}

// spoilt keeps a plugin of which all that people may write is that.
func (w *world) spoilt(id int64, evil string) (path string) {
	w.t.Helper()
	p := plugin{id: id, owner: evil, name: evil}
	who := onboarding.Person{ID: 1, Login: evil}
	other := onboarding.Person{ID: 2, Login: evil}
	p.results = good()
	finding := onboarding.Finding{Rule: evil, Severity: evil, Path: evil, Line: 1, Message: evil, Fix: evil + "\n\n" + evil}
	p.results["licence"] = onboarding.Result{
		Commit: sha("a"), Outcome: onboarding.OutcomeFail, Title: evil, Findings: []onboarding.Finding{finding, {Rule: "licence/missing", Severity: "failure", Path: "a/" + evil, Message: evil}},
		Measured: []onboarding.Measure{{Name: evil, Value: evil}},
	}
	p.change = func(r *onboarding.Record) {
		reviewed(r)
		r.Author, r.Starter, r.Former, r.PluginOwners, r.Heir = who, other, []onboarding.Person{who}, []onboarding.Person{other}, &other
		r.PluginID, r.NightlyURL, r.ReviewPR.URL = evil, evil, evil
		r.ReviewPR.BaseBranch, r.ReviewPR.HeadBranch, r.ReviewPR.Gaps = evil, evil, []string{evil}
		for i := range r.Decisions {
			r.Decisions[i].By.Login, r.Decisions[i].Reason, r.Decisions[i].URL = evil, evil, evil
		}
		r.Decisions = append(r.Decisions, onboarding.Decision{
			ID: "w", Verb: onboarding.Waive, Stage: "pm-ux", By: other, Roles: []onboarding.Role{onboarding.Admin}, At: noon, Reason: evil, URL: evil,
		})
		r.Appeals = []onboarding.Appeal{{Stage: "licence", Rule: evil, Reason: evil, By: who, At: noon, Bound: onboarding.Fingerprint(p.results["licence"])}}
		r.Asked["qa"] = []onboarding.Request{{Person: other}}
		r.NoReviewPR = &onboarding.NoReviewPR{Why: evil, At: noon, Unchanged: sha("a"), LeftOut: []string{evil}}
		r.Baseline = &onboarding.Baseline{Round: 1, Tag: evil, Source: sha("c"), At: noon}
	}
	p.shown = evil
	w.keep(p)
	round := func(change func(*onboarding.Record)) {
		p.change = func(r *onboarding.Record) {
			reviewed(r)
			r.Author = who
			change(r)
		}
	}
	switch id % 4 { // how it may stand besides
	case 1:
		round(func(r *onboarding.Record) {
			r.Round, r.Withdrawn, r.EndedAt = 2, &onboarding.Withdrawal{By: who, Reason: evil}, noon
			r.Baseline = &onboarding.Baseline{Round: 1, Tag: evil}
		})
		w.keep(p)
	case 2:
		round(func(r *onboarding.Record) {
			r.Round, r.Paused = 2, &onboarding.Pause{By: other, At: noon, Reason: evil}
		})
		w.keep(p)
	case 3:
		round(func(r *onboarding.Record) {
			r.Round, r.Held = 2, &onboarding.Hold{Why: onboarding.NewOwner, At: noon, Owner: other}
		})
		w.keep(p)
	}
	var entries []store.Entry
	for _, kind := range []string{
		"start", "accept", "approve", "request-changes", "retract", "override", "waive", "open", "close", "reopen", "end", "confirm", "adopt", "nightly", "decline",
		"assign", "unassign", "transfer", "take", "appeal", "pause", "resume", "remind", "plugin-owners", "levitate",
	} {
		text, err := json.Marshal(map[string]any{"rule": evil, "party": "qa", "commit": evil})
		require.NoError(w.t, err)
		cut := strings.ToValidUTF8(evil[:min(len(evil), 1000)], "")
		entries = append(entries, store.Entry{
			Kind: kind, Who: who, About: []onboarding.Person{other}, Source: "comment/" + cut, URL: evil, Stage: "qa", Version: cut, Reason: evil, Details: text,
		})
	}
	w.log(id, entries...)
	night, err := json.Marshal(map[string]any{"outcome": evil, "title": evil, "facts": map[string]any{"version": evil, "tag": evil, "commit": evil, "bytes": 5, "behind_since": evil}})
	require.NoError(w.t, err)
	w.looks(id, "nightly-build", evil, string(night))
	w.looks(id, "release", "https://example.com/"+evil, string(night), `{"facts": {"version": 7, "bytes": "many", "commit": []}}`)
	return "/p/" + url.PathEscape(evil) + "/" + url.PathEscape(evil)
}

func TestAttackWhatPeopleWriteDoesNothingOnPagesAboutTheirPlugin(t *testing.T) {
	w := newWorld(t, nil)
	for i, evil := range hostile {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			path := w.spoilt(int64(i+1), evil)
			for _, page := range []string{"", "/licence", "/basic-review", "/complete-review", "/qa", "/pm-ux", "/nightly-build", "/release", "/community", "/" + url.PathEscape(evil)} {
				status, body := w.get("", path+page)
				if len(evil) < 100 && !strings.Contains(page, url.PathEscape(evil)) {
					assert.Equal(t, http.StatusOK, status, page)
				}
				assert.Less(t, status, 500, page)
				inert(t, body, "role")
				status, text := w.get("", path+page+".json")
				assert.Less(t, status, 500, page)
				assert.True(t, json.Valid([]byte(text)))
				assert.NotContains(t, text, "<", "JSON is inert, too, if a browser takes it for a page")
			}
		})
	}
}

// Elements and attributes that our pages are made of, and no others.
var (
	elements = strings.Fields(`html head meta title link body a header nav form span button main h1 h2 h3 section div p strong em del small code pre ol ul li i time table thead tbody
		tr th td dl dt dd details summary br footer`)
	attributes = strings.Fields(`lang charset name content rel href type class aria-label aria-labelledby aria-hidden aria-current id scope datetime tabindex start method action`)
)

// unseen is what nobody could see, but for what our own escaping puts there.
var unseen = regexp.MustCompile("[\u202a-\u202e\u2066-\u2069\u200d\ufeff\\x00-\\x08\\x0b\\x0e-\\x1f]")

// inert tells that a page does something, or sends people where no links may lead.
// Some pages have more elements and attributes than others.
func inert(t *testing.T, page string, more ...string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	mains, ids := 0, map[string]bool{}
	for n := range root.Descendants() {
		switch {
		case n.Type == html.CommentNode:
			t.Errorf("a comment: %s", n.Data)
		case n.Type == html.TextNode && unseen.MatchString(n.Data):
			t.Errorf("what cannot be seen is in %q", n.Data)
		case n.Type == html.ElementNode && !slices.Contains(append(elements, more...), n.Data):
			t.Errorf("an element <%s>", n.Data)
		case n.Data == "main":
			mains++
		}
		for _, a := range n.Attr {
			if !slices.Contains(append(attributes, more...), a.Key) || a.Key == "id" && ids[a.Val] {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
			switch a.Key {
			case "href", "action":
				to, err := url.Parse(a.Val)
				local := err == nil && to.Scheme == "" && to.Host == ""
				if err != nil || !local && (n.Data != "a" || to.Scheme != "https" && to.Scheme != "http") {
					t.Errorf("<%s> leads to %q", n.Data, a.Val)
				}
			case "id":
				ids[a.Val] = true
			}
		}
	}
	assert.Equal(t, 1, mains, "nothing ends the page before its end")
	assert.True(t, strings.HasSuffix(strings.TrimSpace(page), "</html>"))
}

func TestAttackWhatIsNotInertIsFound(t *testing.T) {
	for _, bad := range []string{
		`<script>`, `<a onclick=x>`, `<a href="javascript:x">`, `<a href="//evil.example">`, `<a href="data:x">`, `<iframe src=x>`, `<!--x-->`, "\u202e", `<svg>`, `<link href="https://evil.example">`,
		`<p id=x><p id=x>`, `<p style=x>`,
	} {
		found := &testing.T{}
		inert(found, "<main>"+bad+"</main></html>")
		assert.True(t, found.Failed(), bad)
	}
}
