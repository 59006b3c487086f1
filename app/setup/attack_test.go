package setup_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/fakegithub"
)

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestAttackAPageOfAnotherNameThatLeadsHereGetsNothing(t *testing.T) {
	d := newDesk(t).start()
	at, err := url.Parse(d.address)
	require.NoError(t, err)
	for _, name := range []string{"evil.example", "evil.example:" + at.Port(), "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:" + at.Port(), "0.0.0.0:" + at.Port()} {
		got := d.ask("GET", d.address, nil, host(name))
		assert.Equal(t, http.StatusMisdirectedRequest, got.status, name)
		assert.NotContains(t, got.body, "manifest", name)
	}
	for _, name := range []string{"localhost:" + at.Port(), "LOCALHOST:" + at.Port(), "[::1]:" + at.Port(), at.Host} {
		assert.Equal(t, http.StatusOK, d.ask("GET", d.address, nil, host(name)).status, name)
	}
}

func TestAttackWhoDoesNotKnowTheAddressGetsNothing(t *testing.T) {
	d := newDesk(t).start()
	at, err := url.Parse(d.address)
	require.NoError(t, err)
	back := d.confirm()
	for _, path := range []string{"/", "/created", "/done", "/AAAAAAAAAAAAAAAAAAAAAAAAAA/", "/AAAAAAAAAAAAAAAAAAAAAAAAAA/created?" + strings.SplitN(back, "?", 2)[1], strings.ToLower(at.Path)} {
		got := d.get("http://" + at.Host + path)
		assert.Equal(t, http.StatusNotFound, got.status, path)
		assert.NotContains(t, got.body, strings.Trim(at.Path, "/"))
	}
	assert.NoFileExists(t, filepath.Join(d.options.Directory, ".env"))
}

func TestAttackAnotherSitesFormChangesNothing(t *testing.T) {
	d := newDesk(t).start()
	back := d.confirm()
	for _, address := range []string{d.address, d.address + "created", back, d.address + "done"} {
		for _, from := range []func(*http.Request){header("Sec-Fetch-Site", "cross-site"), header("Origin", "https://evil.example"), header("X-Nothing", "")} {
			got := d.ask("POST", address, url.Values{"code": {"x"}}, from)
			assert.Contains(t, []int{http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotFound}, got.status, address)
		}
	}
	assert.Equal(t, http.StatusMethodNotAllowed, d.ask("HEAD", back, nil).status, "what looks ahead does not use up the code")
	assert.NoFileExists(t, filepath.Join(d.options.Directory, ".env"))
	assert.Equal(t, http.StatusSeeOther, d.get(back).status, "GitHub's own way back is open")
}

// TestAttackACodeOfAnotherAppIsNotTaken is about an attacker who makes an App and
// has the browser come back with its code: whoever has its key could then speak for
// Onboard.
func TestAttackACodeOfAnotherAppIsNotTaken(t *testing.T) {
	d := newDesk(t).start()
	back, err := url.Parse(d.confirm())
	require.NoError(t, err)
	for _, state := range []string{"", "x", strings.ToLower(back.Query().Get("state")), back.Query().Get("state") + "x"} {
		query := url.Values{"code": {back.Query().Get("code")}, "state": {state}}
		got := d.get(d.address + "created?" + query.Encode())
		assert.Equal(t, http.StatusBadRequest, got.status)
		assert.Contains(t, got.text(), "does not belong to the set-up that is under way")
		assert.Contains(t, got.text(), "Start again from the address in the terminal")
	}
	assert.NoFileExists(t, filepath.Join(d.options.Directory, ".env"))
	for _, code := range []string{"", "../../app", "a/b", "a?b", strings.Repeat("a", 256), "a\r\nb"} {
		query := url.Values{"code": {code}, "state": {back.Query().Get("state")}}
		got := d.get(d.address + "created?" + query.Encode())
		assert.Equal(t, http.StatusBadRequest, got.status, code)
	}
	for _, call := range d.github.Calls() {
		t.Errorf("GitHub was called: %s %s", call.Method, call.Path)
	}
}

func TestAttackNobodyElseReadsTheFiles(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, os.WriteFile(filepath.Join(d.options.Directory, ".env"), []byte("A=1\n"), 0o666))
	d.start().finish()
	entries, err := os.ReadDir(d.options.Directory)
	require.NoError(t, err)
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode(), entry.Name())
	}
}

func TestAttackASymbolicLinkIsNotFollowed(t *testing.T) {
	for name, set := range map[string]func(dir, target string) error{
		"a file elsewhere":         func(dir, target string) error { return os.Symlink(target, filepath.Join(dir, ".env")) },
		"a file that is not there": func(dir, target string) error { return os.Symlink(target+"2", filepath.Join(dir, ".env")) },
		"a file beside it": func(dir, _ string) error {
			return os.Symlink("other", filepath.Join(dir, ".env"))
		},
	} {
		t.Run("before, "+name, func(t *testing.T) {
			d, target := newDesk(t), filepath.Join(t.TempDir(), "target")
			require.NoError(t, os.WriteFile(target, []byte("A=1\n"), 0o600))
			require.NoError(t, set(d.options.Directory, target))
			ended := make(chan error, 1)
			go func() { ended <- runAt(d) }()
			select {
			case err := <-ended:
				require.ErrorContains(t, err, "a symbolic link")
			case <-time.After(10 * time.Second):
				t.Fatal("it began")
			}
		})
		t.Run("meanwhile, "+name, func(t *testing.T) {
			d, target := newDesk(t), filepath.Join(t.TempDir(), "target")
			require.NoError(t, os.WriteFile(target, []byte("A=1\n"), 0o600))
			back := d.start().confirm()
			require.NoError(t, set(d.options.Directory, target))
			last := d.get(d.get(back).location())
			require.NoError(t, d.end())
			content, err := os.ReadFile(target)
			require.NoError(t, err)
			assert.Equal(t, "A=1\n", string(content))
			assert.NoFileExists(t, target+"2")
			assert.NoFileExists(t, filepath.Join(d.options.Directory, "other"))
			beside, err := filepath.Glob(filepath.Join(d.options.Directory, "onboard-*.env"))
			require.NoError(t, err)
			require.Len(t, beside, 1, "the secrets, which GitHub tells once, are not lost")
			assert.Contains(t, last.text(), "into .env yourself")
			assert.Contains(t, d.shown(), filepath.Base(beside[0]))
		})
	}
}

// secret is what must be seen nowhere.
func secrets(app *fakegithub.App) []string {
	return []string{app.WebhookSecret, app.ClientSecret, strings.Split(app.PrivateKeyPEM, "\n")[1], "PRIVATE KEY---"}
}

func TestAttackNoSecretIsShown(t *testing.T) {
	d := newDesk(t)
	back := d.start().confirm()
	code := regexp.MustCompile(`code=(\w+)`).FindStringSubmatch(back)[1]
	sent := d.get(back)
	shown := []string{sent.body, sent.location()}
	last := d.get(sent.location())
	require.NoError(t, d.end())
	app, _ := d.app()
	shown = append(shown, last.body, d.shown())
	for _, text := range shown {
		for _, secret := range append(secrets(app), code) {
			assert.NotContains(t, text, secret)
		}
	}
}

func TestAttackThePageRunsNothingAndTellsNobody(t *testing.T) {
	d := newDesk(t).start()
	for _, address := range []string{d.address, d.address + "created", "http://" + strings.Split(d.address, "/")[2] + "/x"} {
		got := d.get(address)
		policy := got.header.Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'")
		assert.Contains(t, policy, "frame-ancestors 'none'")
		assert.NotContains(t, policy, "unsafe")
		assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
		assert.Equal(t, "no-referrer", got.header.Get("Referrer-Policy"))
		assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
		style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(got.body)
		require.NotNil(t, style)
		sum := sha256.Sum256([]byte(style[1]))
		assert.Contains(t, policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", "browsers take the style")
		assert.NotContains(t, got.body, "<script")
	}
}

// TestAttackAGitHubThatLiesCannotWriteMore is about a server that is no GitHub:
// what it sends becomes no other variable, file or link.
func TestAttackAGitHubThatLiesCannotWriteMore(t *testing.T) {
	d := newDesk(t)
	right := d.github.CreateApp("right")
	for name, change := range map[string]map[string]any{
		"a second line in a secret": {"webhook_secret": "x\nONBOARD_SAFEHTTP_ALLOW_HTTP=true"},
		"a secret that is expanded": {"client_secret": "$HOME"},
		"a name with a line":        {"slug": "x\nA=1"},
		"no key":                    {"pem": "hello"},
		"a broken key":              {"pem": "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"},
		"two keys":                  {"pem": right.PrivateKeyPEM + right.PrivateKeyPEM},
		"no id":                     {"id": 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			answer := map[string]any{
				"id": 7, "slug": "onboard", "client_id": "c", "client_secret": "s", "webhook_secret": "w", "pem": right.PrivateKeyPEM, "html_url": "javascript:alert(1)",
			}
			for field, value := range change {
				answer[field] = value
			}
			liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusCreated)
				assert.NoError(t, json.NewEncoder(w).Encode(answer))
			}))
			defer liar.Close()
			d.options.V3APIURL = liar.URL
			got := d.get(d.start().confirm())
			assert.Equal(t, http.StatusBadGateway, got.status)
			assert.NoFileExists(t, filepath.Join(d.options.Directory, ".env"))
			assert.NotContains(t, got.body, "ALLOW_HTTP")
			d.stop()
			require.Error(t, d.end())
		})
	}
}
