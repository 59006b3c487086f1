package main

import (
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/onboard-app/onboard/app/fakegithub"
)

// github is the script command "github": it starts a simulated GitHub with what
// docs/examples/import.yml is about, sets the variables by which the program
// finds it, and copies that file to import.yml.
func github(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) > 0 {
		ts.Fatalf("usage: github")
	}
	g := fakegithub.New(fakegithub.Options{})
	url, err := g.Start("127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { ts.Check(g.Close()) })
	onboard := g.CreateApp("onboard")
	organization := g.CreateOrganization("octo-org")
	g.SetWebhookURL(onboard, "https://onboard.example.com/api/github/hook")
	g.Install(onboard, organization)
	alice := g.CreateUser("alice")
	plugin := g.CreateRepository(organization, "mattermost-plugin-hello", map[string]string{"README.md": "# Hello"})
	for range 12 {
		plugin.OpenIssue(alice, "An issue", "")
	}
	for _, login := range []string{"ann", "quentin", "rita"} {
		g.CreateUser(login)
	}
	ts.Check(os.WriteFile(ts.MkAbs("key.pem"), []byte(onboard.PrivateKeyPEM), 0o600))
	for name, value := range map[string]string{
		"GITHUB_WEB_URL": url, "GITHUB_V3_API_URL": url + "/api/v3/", "GITHUB_V4_API_URL": url + "/api/graphql",
		"GITHUB_APP_INTEGRATION_ID": strconv.FormatInt(onboard.ID, 10), "GITHUB_APP_WEBHOOK_SECRET": onboard.WebhookSecret,
		"GITHUB_APP_PRIVATE_KEY_FILE": "key.pem",
		"ROLES_CORE_COMMITTER_USERS":  "alice,ann", "ROLES_QA_USERS": "quentin", "ROLES_ADMIN_USERS": "rita",
	} {
		ts.Setenv("ONBOARD_"+name, value)
	}
	example, err := os.ReadFile("../../docs/examples/import.yml")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("import.yml"), example, 0o600))
}
