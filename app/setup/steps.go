package setup

import (
	"fmt"
	"path/filepath"
	"strings"
)

// step is one thing that is left to do.
type step struct {
	What    string
	Command string // to be typed; "" for none
	Link    string // to be opened; "" for none
}

// steps are what is left to do.
func (s *saved) steps(o Options) []step {
	var list []step
	if s.Why != "" {
		list = append(list, step{What: fmt.Sprintf("Put what %s holds into .env yourself: %s.", s.Env, s.Why)})
	}
	if s.NoHook {
		list = append(list, step{
			What: "GitHub made no webhook secret: set one on the App's page, and in " + s.Env + " as " + hookVariable + ".", Link: o.appsURL(),
		})
	}
	serve := "onboard serve"
	if o.PublicURL == "" {
		serve += " --pull"
	}
	return append(list,
		step{What: "Install the App on the accounts that own plugins, and on the organisations whose teams have roles:", Link: s.installURL()},
		step{What: "Say who decides: the roles in config.yml."},
		step{What: "In that folder, see whether all is well:", Command: "onboard doctor"},
		step{What: "Start it there:", Command: serve},
	)
}

// installURL is where the App is installed: GitHub's own address for it.
func (s *saved) installURL() string { return strings.TrimSuffix(s.app.URL, "/") + "/installations/new" }

// text is the end of the set-up for the terminal. It shows no secret.
func (s *saved) text(o Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe App %s is there. Its values are in %s, its private key in %s, for you alone to read.\n\n",
		s.app.Slug, filepath.Join(s.Folder, s.Env), filepath.Join(s.Folder, s.Key))
	for i, step := range s.steps(o) {
		fmt.Fprintf(&b, "%d. %s\n", i+1, step.What)
		for _, more := range []string{step.Command, step.Link} {
			if more != "" {
				fmt.Fprintf(&b, "   %s\n", more)
			}
		}
	}
	return b.String()
}

// Slug is how the App is called in addresses.
func (s *saved) Slug() string { return s.app.Slug }
