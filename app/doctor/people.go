package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/ghapi"
)

// maxLogins bounds the logins beside the roles' that are asked about.
const maxLogins = 100

// people looks whether everybody is there who is configured.
func (p Patient) people(ctx context.Context, r *Report, _ ghapi.Self) {
	var told []string
	for _, role := range slices.Sorted(maps.Keys(p.Members)) {
		configured := p.Members[role]
		check := "role " + string(role)
		if len(configured.Users)+len(configured.Teams) == 0 {
			r.Add(check, Warn, "nobody has it", fmt.Sprintf("roles.%s.users or .teams", role))
			continue
		}
		people, err := p.Roles.Members(ctx, role)
		switch {
		case err != nil:
			told = append(told, err.Error())
			r.Add(check, Fail, strings.TrimPrefix(err.Error(), fmt.Sprintf("list who has the role %s: ", role)), fmt.Sprintf("mend roles.%s, or what the App may do there", role))
		case len(people) == 0:
			r.Add(check, Fail, "nobody is left who has it", fmt.Sprintf("roles.%s.users or .teams", role))
		default:
			r.ok(check, "%s, by %s", count(len(people), "person", "people"), by(configured))
		}
	}
	for _, login := range p.Logins[:min(len(p.Logins), maxLogins)] {
		if _, err := p.Roles.Named(ctx, login); err != nil {
			told = append(told, err.Error())
			r.Add("logins", Fail, err.Error(), "try again later")
			break // the others fail alike
		}
	}
	for _, problem := range p.Roles.Problems() {
		if !slices.ContainsFunc(told, func(text string) bool { return strings.Contains(text, problem) }) {
			r.Add("logins", Fail, problem, "correct the configuration")
		}
	}
}

// by says by what people have a role.
func by(m ghapi.Members) string {
	parts := slices.Clone(m.Teams)
	if n := len(m.Users); n > 0 {
		parts = append(parts, count(n, "login", "logins"))
	}
	return strings.Join(parts, ", ")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// template looks whether the starter template can be read.
func (p Patient) template(ctx context.Context, r *Report, _ ghapi.Self) {
	owner, name, _ := strings.Cut(p.Template, "/")
	template, err := p.GitHub.Template(ctx, owner, name)
	if err == nil {
		err = template.Readable(ctx)
	}
	if err != nil {
		r.Add("template", Fail, err.Error(), "check template.repository, or install the App on it")
		return
	}
	r.ok("template", "%s can be read", p.Template)
}
