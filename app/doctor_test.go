package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/doctor"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store/storetest"
)

// examined is what the doctor says of the world's App.
func (w *world) examined() (*doctor.Report, string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	report, err := app.Doctor(ctx, w.config, nil, nil)
	require.NoError(w.t, err)
	return report, w.reportText(report)
}

var (
	numbers = regexp.MustCompile(`\b[1-9][0-9]{3,}\b|last \d+`)
	moments = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)
	room    = regexp.MustCompile(`\d+ MiB are free|at least 1 GiB is free`)
)

// reportText is a report as people read it, without what differs at each run.
func (w *world) reportText(report *doctor.Report) string {
	w.t.Helper()
	var b strings.Builder
	require.NoError(w.t, report.Write(&b))
	text := moments.ReplaceAllString(b.String(), "TIME")
	if w.config.GitHub.App.PrivateKeyFile != "" {
		text = strings.ReplaceAll(text, filepath.Dir(w.config.GitHub.App.PrivateKeyFile), "SECRETS")
	}
	text = strings.NewReplacer(
		w.URL, "GITHUB", strings.TrimPrefix(w.config.Database.URL, "sqlite://"), "DATABASE",
		filepath.Dir(strings.TrimPrefix(w.config.Database.URL, "sqlite://")), "FOLDER",
		w.config.Server.Listen, "LISTEN",
	).Replace(text)
	return room.ReplaceAllString(numbers.ReplaceAllString(text, "N"), "there is room")
}

// keyInFile has the key in a file of that mode.
func (w *world) keyInFile(mode os.FileMode) {
	file := filepath.Join(w.t.TempDir(), "key.pem")
	require.NoError(w.t, os.WriteFile(file, []byte(w.App.PrivateKeyPEM), 0o600))
	require.NoError(w.t, os.Chmod(file, mode))
	w.config.GitHub.App.PrivateKeyFile = file
}

func onlySQLite(t *testing.T) {
	t.Helper()
	if storetest.OnPostgres() {
		t.Skip("what it says of a file is compared")
	}
}

func TestTheDoctorFindsAllWellBesideTheRunningApp(t *testing.T) {
	onlySQLite(t)
	w := newStage(t)
	w.keyInFile(0o600)
	w.GitHub.CreateRepository(w.GitHub.CreateOrganization("example"), "plugin-starter", map[string]string{"plugin.json": "{}"})
	w.config.Template.Repository = "example/plugin-starter"
	w.config.Roles[onboarding.CoreCommitter] = &app.People{Users: []string{"alice"}}
	w.start()
	w.config.Server.Listen = strings.TrimPrefix(w.app.URL(), "http://")
	w.say(w.Alice, "/onboard")
	calls := len(w.GitHub.Calls())
	report, text := w.examined()
	assert.Equal(t, `ok    configuration: it is right
ok    files: nobody else can read the 1 file with secrets
ok    database: sqlite://DATABASE opens, and is up to date
ok    disk: there is room in FOLDER
ok    serve: the App runs at LISTEN
warn  sign-in: it is off: server.public_url is not set. Fix: see "Signing in to the pages" in docs/operating.md
ok    app: GitHub takes the key: onboard (App N) of onboard-makers
ok    clock: it agrees with GitHub's
ok    permissions: the App asks for what it needs
ok    events: the App hears of all 10 that it handles
warn  webhook: GitHub delivers to http://LISTEN/api/github/hook: what private repositories hold can be read on the way. Fix: set it at GITHUB/organizations/onboard-makers/settings/apps/onboard: https://…
ok    deliveries: the N were taken
ok    installations: 1: alice
warn  role admin: nobody has it. Fix: roles.admin.users or .teams
ok    role core-committer: 1 person, by 1 login
warn  role pm: nobody has it. Fix: roles.pm.users or .teams
warn  role qa: nobody has it. Fix: roles.qa.users or .teams
warn  role security: nobody has it. Fix: roles.security.users or .teams
ok    template: example/plugin-starter can be read
`, text)
	assert.Equal(t, doctor.Warn, report.Status())
	asked := w.GitHub.Calls()[calls:]
	assert.LessOrEqual(t, len(asked), 12)
	for _, call := range asked {
		assert.False(t, call.Write, "%s %s", call.Method, call.Path)
	}
	assert.Equal(t, []string{"eyes", "rocket"}, reacted(w.say(w.Alice, "/onboard status")), "the App works on")
}

func TestTheDoctorSaysHowToMendWhatIsWrong(t *testing.T) {
	onlySQLite(t)
	w := newStage(t)
	w.keyInFile(0o644)
	acme := w.GitHub.CreateOrganization("acme")
	w.GitHub.CreateTeam(acme, "core", nil)
	w.GitHub.InstallWith(w.App, acme, map[string]string{"checks": "read", "members": ""})
	w.GitHub.Install(w.App, w.GitHub.CreateUser("bert")).Suspend(w.Alice)
	wanted := map[string]string{"administration": "write", "members": "read", "metadata": "read", "issues": "read", "checks": "write", "contents": "write"}
	w.GitHub.ChangeApp(w.App, wanted, slices.DeleteFunc(ghapi.Events(), func(e string) bool { return e == "push" }))
	w.GitHub.SetWebhookURL(w.App, w.URL+"/nobody/takes/this")
	w.GitHub.Deliver("ping", "guid-1", []byte("{}"))
	require.NoError(t, w.GitHub.Settled(t.Context()))
	w.config.Roles[onboarding.CoreCommitter] = &app.People{Teams: []string{"acme/core", "octo/gone"}}
	w.config.Roles[onboarding.QA] = &app.People{Users: []string{"alice", "nobody-at-all"}, Lead: "no-lead"}
	w.config.Roles[onboarding.Admin] = &app.People{Users: []string{"alice"}}
	w.config.Template.Repository = "example/gone"
	w.config.Database.URL = "sqlite://" + filepath.Join(t.TempDir(), "gone", "onboard.db")
	w.clock.Store(int64(20 * time.Second))
	report, text := w.examined()
	assert.Equal(t, doctor.Fail, report.Status())
	assert.Equal(t, `ok    configuration: it is right
warn  files: github.app.private_key_file SECRETS/key.pem may be read by others (mode 0644). Fix: chmod 600 SECRETS/key.pem
fail  database: sqlite://DATABASE: FOLDER cannot be written to: no such file or directory. Fix: let this user write there
warn  disk: the room in FOLDER is not known: no such file or directory
ok    serve: no App runs at LISTEN
warn  sign-in: it is off: server.public_url is not set. Fix: see "Signing in to the pages" in docs/operating.md
ok    app: GitHub takes the key: onboard (App N) of onboard-makers
warn  clock: it is 20s behind GitHub's. Fix: have this machine's clock set over the network (NTP)
fail  permissions: the App does not ask for deployments: write (has none), issues: write (has read), pull_requests: write (has none). Fix: set them at GITHUB/organizations/onboard-makers/settings/apps/onboard/permissions
warn  permissions: the App asks for more than it needs: administration. Fix: take that away at GITHUB/organizations/onboard-makers/settings/apps/onboard/permissions
fail  events: the App does not hear of push. Fix: subscribe to them at GITHUB/organizations/onboard-makers/settings/apps/onboard/permissions
fail  webhook: GitHub delivers to GITHUB/nobody/takes/this, where Onboard takes nothing. Fix: set it at GITHUB/organizations/onboard-makers/settings/apps/onboard: it must end with /api/github/hook
warn  deliveries: 8 of the N were not taken, the newest at TIME: no App runs here. Fix: run 'onboard serve': it has GitHub send them again
ok    installations: 3: acme, alice, bert
fail  installation: on acme the App still lacks checks: write (has read), members: read (has none). Fix: an owner of acme accepts what the App asks for at GITHUB/settings/installations/N
warn  installation: the App is suspended on bert. Fix: an owner of bert unsuspends it at GITHUB/settings/installations/N
ok    role admin: 1 person, by 1 login
fail  role core-committer: the team acme/core cannot be read: the App has no members permission on acme; the team octo/gone cannot be read: the App is not installed on octo. Fix: mend roles.core-committer, or what the App may do there
warn  role pm: nobody has it. Fix: roles.pm.users or .teams
ok    role qa: 1 person, by 2 logins
warn  role security: nobody has it. Fix: roles.security.users or .teams
fail  logins: the configured login no-lead: GitHub knows nobody of this name. Fix: correct the configuration
fail  logins: the configured login nobody-at-all: GitHub knows nobody of this name. Fix: correct the configuration
fail  template: list the commits of example/gone: there is no such repository, or it is private and the App is not installed on it. Fix: check template.repository, or install the App on it
`, text)
}

func TestTheDoctorSaysWhyGitHubRefusesTheApp(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*world)
		want   string
	}{
		"another key":         {func(w *world) { w.GitHub.RotateKey(w.App) }, "GitHub refuses the key of App"},
		"another App's key":   {func(w *world) { w.config.GitHub.App.IntegrationID = 1 }, "GitHub refuses the key of App 1"},
		"GitHub is away":      {func(w *world) { w.GitHub.Inject(fakegithub.Fault{Status: 503}) }, "GitHub cannot be asked"},
		"the network is away": {func(w *world) { w.config.GitHub.V3APIURL = "http://127.0.0.1:1/" }, "GitHub cannot be asked"},
		"no such API":         {func(w *world) { w.config.GitHub.V3APIURL = w.URL + "/nothing/" }, "GitHub knows no App"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newStage(t)
			test.change(w)
			report, text := w.examined()
			assert.Equal(t, doctor.Fail, report.Status())
			assert.Contains(t, text, "fail  app: "+test.want)
			assert.Contains(t, text, "warn  github: its webhook, installations, roles and template were not looked at")
		})
	}
}

func TestTheDoctorLooksWithoutAnApp(t *testing.T) {
	w := newStage(t)
	w.config.GitHub.App = app.GitHubApp{}
	report, text := w.examined()
	assert.Equal(t, doctor.Fail, report.Status())
	assert.Contains(t, text, "fail  configuration: github.app.integration_id: is missing. Fix: run 'onboard setup', or ONBOARD_GITHUB_APP_INTEGRATION_ID=")
	assert.Contains(t, text, "database:")
	assert.NotContains(t, text, "fail  app")
	assert.Empty(t, w.GitHub.Calls())
}

func TestTheDoctorOnlyWarnsOfWhatIsOptional(t *testing.T) {
	w := newStage(t)
	w.GitHub.ChangeApp(w.App, map[string]string{
		"checks": "write", "contents": "write", "issues": "write", "members": "read", "metadata": "read", "pull_requests": "write",
	}, ghapi.Events())
	_, text := w.examined()
	assert.Contains(t, text, "warn  permissions: the App does not ask for deployments: write (has none).")
	w.GitHub.InstallationOf(w.App, w.Alice).AcceptPermissions(w.Alice, map[string]string{"members": "", "deployments": ""})
	_, text = w.examined()
	assert.NotContains(t, text, "installation: ", "no person has members, and what the App does not ask for is told once")
}

func TestTheDoctorSaysWhetherPeopleCanSignIn(t *testing.T) {
	w := newStage(t)
	w.config.GitHub.OAuth = app.OAuth{}
	_, text := w.examined()
	assert.Contains(t, text, "ok    sign-in: it is off, as it is not configured\n")
	w.config.GitHub.OAuth.ClientID, w.config.GitHub.OAuth.ClientSecret = "id", "secret"
	w.config.Server.PublicURL = "https://onboard.example.com"
	_, text = w.examined()
	assert.Contains(t, text, "ok    sign-in: people can sign in; a restart signs them out, as server.cookie_keys is not set\n")
	w.config.Server.CookieKeys = "0123456789abcdef0123456789abcdef"
	_, text = w.examined()
	assert.Contains(t, text, "ok    sign-in: people can sign in\n")
}

func TestAHangingGitHubDoesNotHoldTheDoctor(t *testing.T) {
	w := newStage(t)
	w.GitHub.Inject(fakegithub.Fault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	report, err := app.Doctor(ctx, w.config, nil, nil)
	require.NoError(t, err)
	assert.Equal(t, doctor.Fail, report.Status())
	assert.Less(t, time.Since(began), 15*time.Second)
}

func TestAttackTheDoctorShowsNoSecretAndNoSecondLine(t *testing.T) {
	w := newStage(t)
	w.config.Database.URL, w.config.Database.Password = "postgres://onboard@127.0.0.1:1/onboard", "hunter2-of-the-database"
	w.GitHub.Inject(fakegithub.Fault{Status: http.StatusUnauthorized})
	report, text := w.examined()
	asJSON, err := json.Marshal(report)
	require.NoError(t, err)
	for _, secret := range []string{"hunter2", w.App.WebhookSecret, strings.Split(w.App.PrivateKeyPEM, "\n")[1], "eyJ"} {
		assert.NotContains(t, text, secret)
		assert.NotContains(t, string(asJSON), secret)
	}
	var r doctor.Report
	r.Add("x", doctor.Fail, "a\nok    app: forged \x1b[2K ghs_1_aaaa.bbbb", "b\r\nc\u202e")
	var b strings.Builder
	require.NoError(t, r.Write(&b))
	assert.Equal(t, "fail  x: a; ok    app: forged �[2K ghs_********. Fix: b ; c�\n", b.String())
}

func TestTheDoctorsJSONSaysTheSame(t *testing.T) {
	w := newStage(t)
	report, _ := w.examined()
	text, err := json.Marshal(report)
	require.NoError(t, err)
	var read struct {
		Status string
		Checks []doctor.Line
	}
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, string(report.Status()), read.Status)
	assert.Equal(t, report.Lines, read.Checks)
	empty, err := json.Marshal(&doctor.Report{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"status":"ok","checks":[]}`, string(empty))
	assert.NotEmpty(t, fmt.Sprint(read.Checks))
}
