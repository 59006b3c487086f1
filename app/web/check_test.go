package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/web"
)

var found = map[string]onboarding.Result{
	"licence": {
		Commit: sha("a"), Outcome: onboarding.OutcomeFail, Title: "There is no licence file",
		Findings: []onboarding.Finding{
			{Rule: "licence/missing", Severity: "failure", Message: "There is no licence file.", Fix: "Add a file `LICENSE`.\n\nMIT License\n\n  Copyright"},
			{Rule: "licence/extra-words", Severity: "warning", Path: "docs/a (b)/NOTICE", Line: 3, EndLine: 5, Message: "This says more."},
		},
		Measured: []onboarding.Measure{{Name: "files", Value: "NOTICE"}},
	},
}

func TestAStagesPageSaysWhatIsWrongWhyAndWhatToDo(t *testing.T) {
	w := newWorld(t, nil)
	w.keep(plugin{id: 1, owner: "acme", name: "hello", results: found, change: accepted})
	status, html := w.get("", "/p/acme/hello/licence")
	assert.Equal(t, http.StatusOK, status)
	for _, want := range []string{
		`<span class="state failed">failed</span>`,
		"There is no licence file",
		"push it to the default branch",   // what the check run says
		"/onboard appeal licence licence", // with the rule
		`<a href="https://github.com/acme/hello/blob/` + sha("a") + `/docs/a%20%28b%29/NOTICE#L3-L5"><code>docs/a (b)/NOTICE:3</code></a>`,
		"Add a file <code>LICENSE</code>.",
		"MIT License\n\n  Copyright</code></pre>",
		"The rule: There is a licence file at the root.",
		"The plugin has a licence.", // the check's own words
		"/onboard waive licence &lt;reason&gt;",
		"two admins have to agree",
	} {
		assert.Contains(t, html, want)
	}
	var p web.StagePage
	w.read("", "/p/acme/hello/licence.json", &p)
	assert.Equal(t, 2, p.Found)
	assert.Equal(t, "Add a file `LICENSE`.", p.Findings[0].Fix)
	assert.Equal(t, "There is a licence file at the root.", p.Findings[0].Wants)
	assert.Equal(t, []web.Measure{{Name: "files", Value: "NOTICE"}}, p.Measured)
	assert.Equal(t, onboarding.Author, p.Turn)
}

func TestAStagesPageSaysWhoDecidesItAndHow(t *testing.T) {
	w := newWorld(t, nil)
	w.rich()
	for stage, want := range map[string][]string{
		"licence":         {"What it leaves to a person is decided by admins"},
		"basic-review":    {"core committers must approve it, 1 at least", "Approved by bob", "/onboard approve basic-review", "<dd>core committers</dd>", "It opens after licence, starter-template, manifest"},
		"complete-review": {"core committers must approve it, 2 at least, one of them also of security", "code that is pushed later needs a new approval", "carol", "does not count any more: code changed since"},
		"qa":              {"One person of QA tries the plugin", "/onboard request-changes qa &lt;reason&gt;", "<dd>QA</dd>", "quinn"},
		"ci-extensions":   {"A gate is open once all that it needs has passed", "Reached on <time", `href="/p/acme/hello/nightly-build"`},
	} {
		status, html := w.get("", "/p/acme/hello/"+stage)
		assert.Equal(t, http.StatusOK, status)
		for _, text := range want {
			assert.Contains(t, html, text, stage)
		}
	}
}

func TestAnUnknownStageLeadsToThePluginsPage(t *testing.T) {
	w := newWorld(t, nil)
	w.rich()
	for _, path := range []string{"/p/acme/hello/levitation", "/p/acme/hello/%3Cscript%3E", "/p/acme/hello/licence%2F.."} {
		status, html := w.get("", path)
		assert.Equal(t, http.StatusNotFound, status)
		assert.Contains(t, html, `<a href="/p/acme/hello">To the plugin&#39;s page</a>`)
		assert.NotContains(t, html, "<script")
	}
	status, body := w.get("", "/p/acme/hello/levitation.json")
	assert.Equal(t, http.StatusNotFound, status)
	assert.Contains(t, body, `"link": "/p/acme/hello"`)
}

func TestManyFindingsAreReadPageByPage(t *testing.T) {
	w := newWorld(t, nil)
	w.crowd()
	seen, after := map[string]bool{}, 0
	for pages := 0; pages == 0 || after > 0; pages++ {
		var p web.StagePage
		w.read("", fmt.Sprintf("/p/acme/crowd/manifest.json?after=%d", after), &p)
		require.NotEmpty(t, p.Findings)
		for _, f := range p.Findings {
			seen[f.Message[:12]+f.URL] = true
		}
		after = p.After
	}
	assert.Len(t, seen, 500)
	_, html := w.get("", "/p/acme/crowd/manifest")
	assert.Contains(t, html, `<a href="/p/acme/crowd/manifest?after=`)
	_, html = w.get("", "/p/acme/crowd/manifest?after=490")
	assert.Contains(t, html, `<ol class="findings" start="491">`)
}
