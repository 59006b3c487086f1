package app

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
)

// Roles says who decides, by role. It has all that the default pipeline asks
// for, and those that are configured beside them.
type Roles map[onboarding.Role]*People

// People are those of one role. A login is resolved once: whoever claims it
// later has no role (S10).
type People struct {
	Users []string `json:"users" jsonschema:"Logins on GitHub." example:"[octocat]"`
	Teams []string `json:"teams" jsonschema:"Teams on GitHub, each as organisation/team." example:"[octo-org/reviewers]"`
	Lead  string   `json:"lead" jsonschema:"Login of who is told when the role is waited for too long; nobody, if not given." example:"octocat"`
}

// nobody tells whether no one has the role.
func (p *People) nobody() bool { return p == nil || len(p.Users)+len(p.Teams) == 0 }

func defaultRoles() Roles {
	roles := Roles{}
	for _, role := range onboarding.DefaultRoles() {
		roles[role] = &People{}
	}
	return roles
}

// names are the roles that there are, in the order of the alphabet.
func (r Roles) names() []onboarding.Role { return slices.Sorted(maps.Keys(r)) }

// members are the configured people and teams by role.
func (r Roles) members() map[onboarding.Role]ghapi.Members {
	members := map[onboarding.Role]ghapi.Members{}
	for role, people := range r {
		if people != nil {
			members[role] = ghapi.Members{Users: people.Users, Teams: people.Teams}
		}
	}
	return members
}

// leads are the logins of those who lead a role.
func (r Roles) leads() map[onboarding.Role]string {
	leads := map[onboarding.Role]string{}
	for role, people := range r {
		if people != nil && people.Lead != "" {
			leads[role] = people.Lead
		}
	}
	return leads
}

// teamName is GitHub's rule.
var teamName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[a-z0-9._-]{1,100}$`)

func loginsFault(logins []string) string {
	for _, login := range logins {
		if !onboarding.IsLogin(login) {
			return fmt.Sprintf("%q is no login on GitHub", login)
		}
	}
	return ""
}

// validateRoles reports people that GitHub cannot know, and a role that looks
// like a mistyped one: its people would have no say.
func (l *loader) validateRoles(c Config) {
	for _, role := range c.Roles.names() {
		path, people := "roles."+string(role), c.Roles[role]
		l.check(path+".users", loginsFault(people.Users))
		if people.Lead != "" {
			l.check(path+".lead", loginsFault([]string{people.Lead}))
		}
		for _, team := range people.Teams {
			l.check(path+".teams", unless(teamName.MatchString(team), fmt.Sprintf("%q must be organisation/team, as in the address of its page", team)))
		}
		if known := knownRoles(c.Pipeline); !slices.Contains(known, role) {
			for _, other := range known {
				if near(string(role), string(other)) {
					l.add(l.lookup(path+".users").where, path, fmt.Sprintf("no stage asks for this role; did you mean %q?", other), string(other)+": …")
					break
				}
			}
		}
	}
}

// knownRoles are the default roles and those that the pipeline asks for.
func knownRoles(p onboarding.Pipeline) []onboarding.Role {
	known := onboarding.DefaultRoles()
	for _, stage := range p.Stages {
		known = append(append(known, stage.Role), stage.Seats...)
	}
	return known
}

// validatePipeline reports what is wrong with the pipeline, if it could be read:
// half of one has mistakes that nobody made.
func (l *loader) validatePipeline(c Config) {
	if l.lookup("pipeline.stages").broken || l.lookup("pipeline.gates").broken {
		return
	}
	var wrong onboarding.PipelineError
	if errors.As(c.Pipeline.Validate(c.Roles.names()), &wrong) {
		for _, fault := range wrong {
			l.check("pipeline."+fault.Path, fault.What)
		}
	}
}

// doubts are what is right and probably not meant: stages that nothing and
// nobody can pass.
func (l *loader) doubts(c Config) Problems {
	l.problems = nil
	note := func(path, what string) {
		where := ""
		if k := l.lookup(path); k != nil {
			where = k.where
		}
		l.add(where, strings.TrimSuffix(path, ".users"), what, "")
	}
	if list, err := checksOf(c, nil, 0); err == nil {
		for _, doubt := range c.Pipeline.Doubts(checkNames(list)) {
			note("pipeline."+doubt.Path, doubt.What)
		}
	}
	for _, role := range c.Roles.names() {
		waiting, nobody := c.Pipeline.WaitingFor(role), c.Roles[role].nobody()
		switch path := "roles." + string(role) + ".users"; {
		case nobody && len(waiting) > 0:
			note(path, "nobody has this role, so nobody can pass "+strings.Join(waiting, ", "))
		case nobody && role == onboarding.Admin:
			note(path, "nobody has this role, so nobody can pass what a check leaves to a person")
		case len(waiting) == 0 && !slices.Contains(onboarding.DefaultRoles(), role):
			note(path, "no stage asks for this role")
		}
	}
	l.doubtServers(c, note)
	return l.problems
}
