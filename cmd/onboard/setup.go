package main

import (
	"cmp"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/setup"
)

func setupCommand(o *options) *cobra.Command {
	var github string
	s := setup.Options{HookPath: app.HookPath, CallbackPath: app.CallbackPath}
	command := &cobra.Command{
		Use:   "setup",
		Short: "Create the GitHub App in the browser, and keep its secrets",
		Long: `Serves a page on this machine alone, from which your browser takes the App to
GitHub: exactly the permissions and events that Onboard needs are filled in. When
you confirmed there, the App's id and secrets go into .env and its private key into
a file beside it, both with mode 0600. They are shown nowhere.

The App is yours, or with --org an organisation's that you own. GitHub Enterprise
Server is named by --github-url, or by github.web_url and github.v3_api_url in the
configuration, which are used as given. Without --public-url, or
server.public_url, GitHub cannot reach Onboard, and 'onboard serve --pull' fetches the deliveries.

What .env holds already of an App is not replaced unless you say --replace.

Exits with 0 if there is an App, with 1 if it was ended before, with 2 if it could
not begin.`,
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := app.Load(o.file(), append(os.Environ(), addresses(github)...), defaultDotenv)
			if err != nil {
				return err
			}
			s.WebURL, s.V3APIURL, s.V4APIURL = config.GitHub.WebURL, config.GitHub.V3APIURL, config.GitHub.V4APIURL
			s.PublicURL = cmp.Or(s.PublicURL, config.Server.PublicURL)
			s.Environ, s.UserAgent, s.Out = os.Environ(), app.UserAgent(), command.OutOrStdout()
			err = setup.Run(command.Context(), s)
			if errors.Is(err, setup.ErrNoApp) {
				return exitError{code: exitNo, err: err}
			}
			return err
		},
	}
	command.Flags().StringVar(&s.Listen, "listen", "127.0.0.1:0", "`host:port` of the page, on this machine; port 0 takes a free one")
	command.Flags().StringVar(&s.Organization, "org", "", "`organisation` that owns the App (default: you)")
	command.Flags().StringVar(&github, "github-url", "", "`URL` of a GitHub Enterprise Server")
	command.Flags().StringVar(&s.PublicURL, "public-url", "", "`URL` at which GitHub and people reach Onboard, as https://onboard.example.com")
	command.Flags().StringVar(&s.Directory, "directory", ".", "`folder` for .env and the private key")
	command.Flags().BoolVar(&s.Replace, "replace", false, "replace what .env holds of another App")
	return command
}

// addresses are the variables for a GitHub at that address: its API is where GitHub
// Enterprise Server has it (github-facts.md section 8).
func addresses(github string) []string {
	github = strings.TrimSuffix(github, "/")
	switch github {
	case "":
		return nil
	case "https://github.com":
		return variables(github, "https://api.github.com", "https://api.github.com/graphql")
	}
	return variables(github, github+"/api/v3", github+"/api/graphql")
}

func variables(web, v3, v4 string) []string {
	return []string{"ONBOARD_GITHUB_WEB_URL=" + web, "ONBOARD_GITHUB_V3_API_URL=" + v3, "ONBOARD_GITHUB_V4_API_URL=" + v4}
}
