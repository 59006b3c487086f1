package web_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

func init() {
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "write the golden files anew")
	}
}

// golden compares with a file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "run go test ./app/web -update if this is how it should look")
}

var (
	alice     = onboarding.Person{ID: 1, Login: "alice"}
	bob       = onboarding.Person{ID: 2, Login: "bob"}
	forgotten = onboarding.Person{ID: 3}
)

// sha is a commit that is easy to tell from others.
func sha(digit string) string { return strings.Repeat(digit, 40) }

// log puts entries into the audit log of a repository, ten minutes apart, the last
// one ten minutes ago. What an entry does not say is made up.
func (w *world) log(repository int64, entries ...store.Entry) {
	w.t.Helper()
	require.NoError(w.t, w.store.Write(w.t.Context(), "log", func(ctx context.Context, tx *sql.Tx) error {
		for i, e := range entries {
			e.Repository = repository
			if e.At.IsZero() {
				e.At = noon.Add(time.Duration(i-len(entries)) * 10 * time.Minute)
			}
			if e.Source == "" {
				e.Source = fmt.Sprintf("look/%d", i)
			}
			if _, err := store.Append(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	}))
}

// details are those of an entry.
func details(text string) json.RawMessage { return json.RawMessage(text) }

// looks puts what a check saw outside the repository on record, one result for each
// night, the last one being last night's.
func (w *world) looks(repository int64, check, address string, results ...string) {
	w.t.Helper()
	for i, result := range results {
		at := noon.Add(time.Duration(i-len(results)) * 24 * time.Hour)
		require.NoError(w.t, w.store.Write(w.t.Context(), "look", func(ctx context.Context, tx *sql.Tx) error {
			return store.SaveLook(ctx, tx, repository, check, store.Look{URL: address, At: at, Facts: true, Result: json.RawMessage(result)})
		}))
	}
}

// turn notes whose turn a stage is since some time ago.
func (w *world) turn(repository int64, stage string, party onboarding.Party, ago time.Duration) {
	w.t.Helper()
	require.NoError(w.t, w.store.Write(w.t.Context(), "turn", func(ctx context.Context, tx *sql.Tx) error {
		return store.SaveTurn(ctx, tx, repository, 1, stage, party, noon.Add(-ago))
	}))
}

// good are results of the checks of a plugin that only people still look at.
func good() map[string]onboarding.Result {
	results := map[string]onboarding.Result{}
	for name, title := range map[string]string{
		"licence": "Apache-2.0", "starter-template": "Template of 2026-09-27: 6 unmodified, 7 own files", "manifest": "com.acme.hello", "nightly-build": "com.acme.hello 0.1.0",
	} {
		results[name] = onboarding.Result{Commit: sha("a"), Outcome: onboarding.OutcomePass, Title: title}
	}
	return results
}

// reviewed is a record of a plugin in its complete review: bob approved twice, of
// which code that was pushed later voided the second, and carol asks for changes.
func reviewed(r *onboarding.Record) {
	core := []onboarding.Role{onboarding.CoreCommitter}
	at := func(hours int) time.Time { return noon.Add(-time.Duration(hours) * time.Hour) }
	r.AcceptedAt, r.PluginID = at(70), "com.acme.hello"
	r.ReviewPR = &onboarding.ReviewPR{
		Number: 7, URL: "https://github.com/acme/hello/pull/7", BaseSHA: sha("0"),
		Commits: []onboarding.ReviewCommit{
			{SHA: sha("b"), Source: sha("c"), Change: onboarding.CodeChange, At: at(60)},
			{SHA: sha("d"), Source: sha("a"), Change: onboarding.CodeChange, At: at(20)},
		},
		Changes: map[string]onboarding.Change{sha("b"): onboarding.CodeChange},
	}
	review := func(id, stage, bound string, verb onboarding.Verb, by onboarding.Person, hours int) onboarding.Decision {
		return onboarding.Decision{
			ID: "review/" + id + "/0", Verb: verb, Stage: stage, By: by, Roles: core, At: at(hours), Bound: bound, Pull: 7,
			URL: "https://github.com/acme/hello/pull/7#pullrequestreview-" + id,
		}
	}
	r.Decisions = []onboarding.Decision{
		review("1", "basic-review", sha("b"), onboarding.Approve, bob, 50),
		review("2", "complete-review", sha("b"), onboarding.Approve, bob, 45),
		review("3", "complete-review", sha("d"), onboarding.RequestChanges, onboarding.Person{ID: 4, Login: "carol"}, 10),
	}
	r.Opened = map[string]time.Time{}
	for stage, hours := range map[string]int{"licence": 72, "starter-template": 72, "manifest": 72, "nightly-build": 72, "basic-review": 70, "complete-review": 50, "qa": 50, "pm-ux": 50, "release": 50} {
		r.Opened[stage] = at(hours)
	}
	r.Reached = map[string]time.Time{"ci-extensions": at(50)}
	r.Asked = map[string][]onboarding.Request{"qa": {{Person: onboarding.Person{ID: 5, Login: "quinn"}, At: at(50)}}}
}

// digest is the sha256 of a bundle.
func digest(letter string) string { return strings.Repeat(letter, 64) }

// rich keeps a plugin about which there is something of everything.
func (w *world) rich() {
	w.t.Helper()
	results := good()
	results["release"] = onboarding.Result{Commit: sha("a"), Outcome: onboarding.OutcomeFail, Asks: true, Title: "No release yet"}
	w.keep(plugin{id: 7, owner: "acme", name: "hello", change: reviewed, results: results, servers: map[string]texts.Server{
		"ci-extensions":         {Version: "0.1.0", SHA256: digest("1"), Since: noon.Add(-30 * time.Hour), Trouble: "the plugin did not start", Earlier: texts.Bundle{Version: "0.0.9", SHA256: digest("3")}},
		"ci-extensions-release": {},
		"community":             {Offered: digest("2")},
	}})
	w.turn(7, "licence", onboarding.Author, 72*time.Hour)
	w.turn(7, "licence", onboarding.Nobody, 71*time.Hour)
	w.turn(7, "complete-review", onboarding.Party(onboarding.CoreCommitter), 50*time.Hour)
	w.turn(7, "complete-review", onboarding.Author, 10*time.Hour)
	w.turn(7, "qa", onboarding.Party(onboarding.QA), 50*time.Hour)
	w.looks(7, "nightly-build", "https://example.com/latest.tar.gz",
		`{"outcome": "fail", "title": "No URL of the latest build yet", "facts": {}}`,
		`{"outcome": "pass", "title": "com.acme.hello 0.1.0", "facts": {"version": "0.1.0", "bytes": 4200000, "commit": "`+sha("c")+`", "behind_since": "2026-12-01T12:00:00Z"}}`,
		`{"outcome": "pass", "title": "com.acme.hello 0.1.1", "facts": {"version": "0.1.1", "bytes": 950000, "commit": "`+sha("a")+`"}}`)
	w.looks(7, "release", "", `{"outcome": "review", "title": "v1.0.0, sha256 1f1f1f1f1f1f: a person must look", "facts": {"tag": "v1.0.0", "version": "1.0.0", "bytes": 950000, "commit": "`+sha("a")+`"}}`)
	w.log(7,
		store.Entry{Kind: "start", Who: alice, Source: "issue/900/0", Details: details(`{"round": 1, "issue": 1}`)},
		store.Entry{Kind: "accept", Who: bob, Source: "comment/901/0", Details: details(`{"roles": ["core-committer"]}`)},
		store.Entry{Kind: "turn", Stage: "complete-review", Details: details(`{"party": "core-committer"}`)},
		store.Entry{Kind: "approve", Who: bob, Source: "review/1/0", Stage: "basic-review", Version: sha("b"), URL: "https://github.com/acme/hello/pull/7#pullrequestreview-1", Details: details(`{"roles": ["core-committer"]}`)},
		store.Entry{Kind: "gate", Stage: "ci-extensions", Details: details(`{"commit": "` + sha("c") + `"}`)},
		store.Entry{Kind: "assign", Who: forgotten, Source: "comment/902/0", Stage: "qa", About: []onboarding.Person{{ID: 5, Login: "quinn"}}, Details: details(`{}`)},
		store.Entry{Kind: "open", Who: bob, Source: "label/7/3/qa/labeled/1", Stage: "qa"},
	)
	require.NoError(w.t, w.store.Write(w.t.Context(), "say", func(ctx context.Context, tx *sql.Tx) error {
		_, err := store.AddAct(ctx, tx, store.Act{ID: "comment/901", Repository: 7, Issue: 1, Comment: 901, By: bob, Recorded: noon})
		return err
	}))
}

// crowd keeps a plugin about which there is too much of everything.
func (w *world) crowd() {
	w.t.Helper()
	result := onboarding.Result{Commit: sha("a"), Outcome: onboarding.OutcomeFail, Title: strings.Repeat("many ", 16)}
	for i := range 500 {
		result.Findings = append(result.Findings, onboarding.Finding{
			Rule: "manifest/unknown-key", Severity: "failure", Path: fmt.Sprintf("server/%s/file%d.go", strings.Repeat("deep/", 30), i), Line: i + 1,
			Message: fmt.Sprintf("Finding %d: %s", i, strings.Repeat("<word> ", 60)), Fix: strings.Repeat("Do this. ", 30) + "\n\n" + strings.Repeat("a line & more\n", 40),
		})
	}
	w.keep(plugin{id: 8, owner: "acme", name: "crowd", results: map[string]onboarding.Result{"manifest": result}, change: func(r *onboarding.Record) {
		accepted(r)
		r.ReviewPR = &onboarding.ReviewPR{Number: 7}
		for i := range 200 {
			r.ReviewPR.Commits = append(r.ReviewPR.Commits, onboarding.ReviewCommit{SHA: fmt.Sprintf("%040x", i), Source: sha("a"), At: noon})
			for j := range 5 {
				r.Decisions = append(r.Decisions, onboarding.Decision{
					ID: fmt.Sprintf("review/%d/%d", i, j), Verb: onboarding.Approve, Stage: "basic-review", By: bob, At: noon, Bound: fmt.Sprintf("%040x", i),
					URL: "https://github.com/acme/crowd/pull/7#pullrequestreview-" + strings.Repeat("1", 20),
				})
			}
		}
	}})
	var entries []store.Entry
	for i := range 1000 {
		entries = append(entries, store.Entry{
			Kind: "waive", Stage: "manifest", Who: bob, Source: fmt.Sprintf("comment/%d/0", i), Reason: fmt.Sprintf("Reason %d: %s", i, strings.Repeat("<why> ", 100)),
		})
	}
	w.log(8, entries...)
	results := make([]string, 30)
	for i := range results {
		results[i] = `{"outcome": "fail", "title": "` + strings.Repeat("t", 80) + `", "facts": {"version": "` + strings.Repeat("9", 5000) + `"}}`
	}
	for _, check := range []string{"nightly-build", "release"} {
		w.looks(8, check, "https://example.com/"+strings.Repeat("u", 5000), results...)
	}
}
