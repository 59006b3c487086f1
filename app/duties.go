package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/deploy"
)

// The roles of a process: what of the App it does (S20).
const (
	RoleWeb    = "web"    // takes deliveries, and has the pages
	RoleWorker = "worker" // looks at repositories
	RoleDeploy = "deploy" // deploys to servers, and so holds their tokens
)

// Roles of a process that is told none: all.
func allRoles() []string { return []string{RoleWeb, RoleWorker, RoleDeploy} }

// ParseRoles reads what `onboard serve --role` was given.
func ParseRoles(text string) (roles []string, err error) {
	for role := range strings.SplitSeq(text, ",") {
		if role = strings.TrimSpace(role); !slices.Contains(allRoles(), role) {
			return nil, fmt.Errorf("there is no role %q: --role takes web, worker and deploy, or several with commas between them", role)
		}
		roles = append(roles, role)
	}
	return roles, nil
}

// WithRoles has the App do only that, and leave the rest to others that share its
// database.
func WithRoles(roles ...string) Option { return func(a *App) { a.duties = roles } }

// does tells whether this process has a role.
func (a *App) does(role string) bool { return slices.Contains(a.duties, role) }

// keys are those of the queue that this process runs, as queue.Options have them.
func (a *App) keys() (only, except string) {
	switch worker, deploys := a.does(RoleWorker), a.does(RoleDeploy); {
	case worker && deploys:
		return "", ""
	case worker:
		return "", deploy.Outside
	case deploys:
		return deploy.Outside, ""
	}
	return "none/", ""
}
