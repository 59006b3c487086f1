package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/fakegithub/conformance"
)

// TestFromNothingToARealApp goes the whole way of an operator with the real
// program: set up in the browser, install, ask the doctor, serve, take a delivery.
func TestFromNothingToARealApp(t *testing.T) {
	for name, org := range map[string]string{"of a person": "", "of an organisation": "octo-org"} {
		t.Run(name, func(t *testing.T) {
			github := fakegithub.New(fakegithub.Options{Wrap: conformance.Check(t)})
			address, err := github.Start("127.0.0.1:0")
			require.NoError(t, err)
			defer func() { assert.NoError(t, github.Close()) }()
			ann, octo := github.CreateUser("ann"), github.CreateOrganization("octo-org")
			github.SetOrgRole(octo, ann, "owner")
			github.CreateRepository(octo, "starter", map[string]string{"plugin.json": "{}"})
			github.AddMember(github.CreateTeam(octo, "core", nil), ann)
			dir := t.TempDir()

			said := setUp(t, dir, "--github-url", address, "--org", org, "--public-url", "https://onboard.example.com")
			assert.Contains(t, said, "onboard doctor")
			values, err := godotenv.Read(filepath.Join(dir, ".env"))
			require.NoError(t, err)
			assert.Equal(t, "https://onboard.example.com", values["ONBOARD_SERVER_PUBLIC_URL"])
			var id int64
			_, err = fmt.Sscan(values["ONBOARD_GITHUB_APP_INTEGRATION_ID"], &id)
			require.NoError(t, err)
			made := github.AppOf(id)
			require.NotNil(t, made)

			config := "roles: {core-committer: {teams: [octo-org/core]}, security: {users: [ann]}, qa: {users: [ann]}, pm: {users: [ann]}, admin: {users: [ann]}}\n" +
				"template: {repository: octo-org/starter}\nserver: {listen: '127.0.0.1:0', admin_listen: '127.0.0.1:0'}\n"
			require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yml"), []byte(config), 0o600))
			report, err := program(t, dir, "doctor").Output()
			require.Error(t, err, "it is installed nowhere: %s", report)
			assert.Contains(t, string(report), "Fix: install it at "+address+"/apps/onboard-of-octo/installations/new")
			github.Install(made, octo)
			require.NoError(t, github.Settled(t.Context()))
			report, err = program(t, dir, "doctor").Output()
			require.NoError(t, err, "%s", report)
			assert.Contains(t, string(report), "ok    role core-committer: 1 person, by octo-org/core\n")
			assert.Contains(t, string(report), "ok    webhook: GitHub delivers to https://onboard.example.com/api/github/hook, signed\n")
			assert.Contains(t, string(report), "ok    sign-in: people can sign in\n")
			for _, secret := range []string{values["ONBOARD_SERVER_COOKIE_KEYS"], made.WebhookSecret, made.ClientSecret, strings.Split(made.PrivateKeyPEM, "\n")[1]} {
				assert.NotContains(t, said+string(report), secret)
			}

			served := serveFrom(t, dir)
			payload := []byte(`{"zen":"Keep it logically awesome.","hook_id":1}`)
			assert.Equal(t, http.StatusUnauthorized, deliver(t, served, payload, "another secret"))
			assert.Less(t, deliver(t, served, payload, values["ONBOARD_GITHUB_APP_WEBHOOK_SECRET"]), 300)
			github.SetWebhookURL(made, served+app.HookPath) // where the public address leads
			github.Deliver("ping", "guid-of-github", payload)
			require.NoError(t, github.Settled(t.Context()))
			all := github.Deliveries()
			assert.Equal(t, 2, all[len(all)-1].StatusCode/100, "GitHub signs with what is in .env")
		})
	}
}

// program is the real program, in a folder.
func program(t *testing.T, dir string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), self, args...)
	command.Args[0] = "onboard" // TestMain runs the program under this name
	command.Dir = dir
	command.Env = append(os.Environ(), "ONBOARD_LOG_FORMAT=json")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	return command
}

// setUp runs the set-up and is its browser; it returns what was said in the terminal.
func setUp(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := program(t, dir, append([]string{"setup"}, args...)...)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	var mistakes bytes.Buffer
	command.Stderr = &mistakes
	require.NoError(t, command.Start())
	said, page := "", ""
	lines := bufio.NewScanner(out)
	for page == "" && lines.Scan() {
		said += lines.Text() + "\n"
		page = regexp.MustCompile(`http://127\.0\.0\.1:\d+/\w+/`).FindString(lines.Text())
	}
	require.NotEmpty(t, page, "%s", &mistakes)
	action, values := form(t, browse(t, http.MethodGet, page, nil))
	shown := browse(t, http.MethodPost, action, values)
	at, err := url.Parse(action)
	require.NoError(t, err)
	action, values = form(t, shown)
	values.Set("name", "Onboard of Octo")
	values.Set("as", "ann")
	last := browse(t, http.MethodPost, at.Scheme+"://"+at.Host+action, values)
	assert.Contains(t, last, "The App onboard-of-octo is there")
	rest, err := io.ReadAll(out)
	require.NoError(t, err)
	for lines.Scan() {
		said += lines.Text() + "\n"
	}
	require.NoError(t, command.Wait(), "%s", &mistakes)
	return said + string(rest)
}

// browse loads a page, and those that it leads to.
func browse(t *testing.T, method, address string, values url.Values) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(values.Encode()))
	require.NoError(t, err)
	if values != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s", page)
	return string(page)
}

// form is a page's form, and where it goes.
func form(t *testing.T, page string) (action string, values url.Values) {
	t.Helper()
	found := regexp.MustCompile(`<form method="post" action="([^"]*)">`).FindStringSubmatch(page)
	require.NotNil(t, found, page)
	values = url.Values{}
	for _, field := range regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		values.Set(field[1], html.UnescapeString(field[2]))
	}
	return html.UnescapeString(found[1]), values
}

// serveFrom runs `onboard serve` in a folder and returns where it answers.
func serveFrom(t *testing.T, dir string) string {
	t.Helper()
	command := program(t, dir, "serve")
	log, err := command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = command.Wait() }) // the test's context ends it
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct{ Message, URL string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line), lines.Text())
		if line.Message == "onboard is ready" {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return line.URL
		}
	}
	t.Fatal("the program ended before it was ready")
	return ""
}

// deliver delivers a ping, signed with a secret, and returns the answer's status.
func deliver(t *testing.T, to string, payload []byte, secret string) int {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(payload)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to+app.HookPath, bytes.NewReader(payload))
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Content-Type": "application/json", "X-GitHub-Event": "ping", "X-GitHub-Delivery": "guid-by-hand",
		"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
	} {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}
