package mattermost_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/standin"
)

// TestAttackATokenThatTheServerQuotesIsShownNowhere: a server that refuses a token
// quotes it in detailed_error, and a proxy may do so on a page (S20).
func TestAttackATokenThatTheServerQuotesIsShownNowhere(t *testing.T) {
	for name, fault := range map[string]standin.Fault{
		"a refusal":            {},
		"a page":               {Status: 502, Body: "<html>bad gateway for " + token},
		"in the names":         {Status: 400, Body: fmt.Sprintf(`{"id": "Token %[1]s", "request_id": "%[1]s!", "message": %[1]q, "detailed_error": %[1]q}`, token)},
		"as a list of plugins": {Status: 200, Body: fmt.Sprintf(`[{"plugin_id": 7, "error": %q}]`, token)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.bundle("0.1.0")
			w.SetToken("another")
			if fault.Status > 0 {
				w.Inject(fault)
			}
			_, err := w.deploy(b, mattermost.How{})
			require.Error(t, err)
			for ; err != nil; err = errors.Unwrap(err) {
				for _, form := range []string{"%v", "%+v", "%#v", "%q"} {
					assert.NotContains(t, fmt.Sprintf(form, err), token)
				}
			}
		})
	}
}

// TestAttackTheTokenIsSentOverPlainHTTPToNobody: only to this machine itself.
func TestAttackTheTokenIsSentOverPlainHTTPToNobody(t *testing.T) {
	for url, right := range map[string]bool{
		"https://ci-extensions.example.com":        true,
		"https://ci-extensions.example.com/chat":   true,
		"http://127.0.0.1:8065":                    true,
		"http://localhost:8065":                    true,
		"http://[::1]:8065":                        true,
		"http://ci-extensions.example.com":         false,
		"http://127.0.0.1.example.com":             false,
		"http://10.0.0.7:8065":                     false,
		"https://bot:" + token + "@ci.example.com": false,
		"https://ci.example.com?token=" + token:    false,
		"ftp://ci.example.com":                     false,
		"//ci.example.com":                         false,
		"":                                         false,
	} {
		_, err := mattermost.New(mattermost.Options{Name: "ci-extensions", URL: url})
		assert.Equal(t, right, err == nil, "%s: %v", url, err)
		if err != nil {
			assert.Equal(t, mattermost.Insecure, mattermost.ReasonOf(err))
			assert.NotContains(t, err.Error(), token)
		}
	}
}

// TestAttackTheTokenAndTheBundleFollowNoRedirect.
func TestAttackTheTokenAndTheBundleFollowNoRedirect(t *testing.T) {
	thief := newWorld(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		w := newWorld(t)
		w.Inject(standin.Fault{Status: status, Header: http.Header{"Location": {thief.URL() + "/api/v4/plugins/statuses"}}})
		_, err := w.deploy(w.bundle("0.1.0"), mattermost.How{})
		assert.Equal(t, mattermost.Moved, mattermost.ReasonOf(err))
	}
	assert.Empty(t, thief.Calls())
}

// TestAttackAPluginThatOthersInstalledIsNeverReplaced (S5).
func TestAttackAPluginThatOthersInstalledIsNeverReplaced(t *testing.T) {
	for name, arrange := range map[string]func(w *world){
		"one of that id":                         func(w *world) { w.Put(plugin, "1.0.0") },
		"one of that id and version":             func(w *world) { w.Put(plugin, "0.2.0") },
		"one whose id differs by its case":       func(w *world) { w.Put("com.Example.Hello", "1.0.0") },
		"another version put in place of ours":   func(w *world) { w.deployed(w.bundle("0.1.0")); w.Put(plugin, "1.0.0") },
		"one put where a version of ours failed": func(w *world) { fails(w); w.Put(plugin, "1.0.0") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.bundle("0.2.0")
			arrange(w)
			uploads := w.uploads()
			for _, how := range []mattermost.How{{}, {DryRun: true}, {Again: true}} {
				report, err := w.deploy(b, how)
				require.ErrorContains(t, err, "Onboard did not install the plugin that is there")
				assert.Equal(t, mattermost.Foreign, mattermost.ReasonOf(err))
				assert.Equal(t, mattermost.NotDone, report.Outcome)
			}
			assert.Equal(t, uploads, w.uploads())
		})
	}
}

// fails has a first version not start.
func fails(w *world) {
	w.Break(plugin, "0.2.0", "it crashes")
	_, err := w.deploy(w.bundle("0.2.0"), mattermost.How{})
	require.Error(w, err)
	w.Break(plugin, "0.2.0", "")
}

func TestAnAdminHasAPluginTakenOver(t *testing.T) {
	w := newWorld(t)
	w.Put(plugin, "1.0.0")
	broken, b := w.bundle("0.1.0"), w.bundle("0.2.0")
	w.Break(plugin, "0.1.0", "it crashes")
	_, err := w.deploy(broken, mattermost.How{TakeOver: true})
	require.ErrorContains(t, err, "others had installed what was there before")
	assert.Equal(t, mattermost.NotRolledBack, mattermost.ReasonOf(err), "there are no bytes to put back")

	report, err := w.deploy(b, mattermost.How{})
	require.NoError(t, err)
	assert.Equal(t, mattermost.Deployed, report.Outcome)
	w.runs(b)
	assert.Equal(t, mattermost.Record{Good: b}, w.record())
}

// TestAttackOtherBytesThanWereCheckedAreNotInstalled (S6): a file that changed, grew
// or shrank after it was checked.
func TestAttackOtherBytesThanWereCheckedAreNotInstalled(t *testing.T) {
	for name, change := range map[string]func(content []byte) []byte{
		"changed": func(content []byte) []byte { content[len(content)-1]++; return content },
		"longer":  func(content []byte) []byte { return append(content, 0) },
		"shorter": func(content []byte) []byte { return content[:len(content)-1] },
		"empty":   func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before, b := w.bundle("0.1.0"), w.bundle("0.2.0")
			w.deployed(before)
			w.bundles[b.SHA256] = change(w.bundles[b.SHA256])
			_, err := w.deploy(b, mattermost.How{})
			assert.Equal(t, mattermost.Changed, mattermost.ReasonOf(err), "%v", err)
			w.runs(before)
		})
	}
}

// TestAttackABundleThatTheServerReadsOtherwise: two programs may disagree on what
// is in an archive.
func TestAttackABundleThatTheServerReadsOtherwise(t *testing.T) {
	w := newWorld(t)
	before := w.bundle("0.1.0")
	w.deployed(before)
	b := w.bundle("0.2.0")
	b.Version = "0.3.0" // as the checks read it
	_, err := w.deploy(b, mattermost.How{})
	require.ErrorContains(t, err, "the server reads something else in the bundle than was checked")
	w.runs(before)
}
