package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/ghapi"
)

// maxNamed bounds the accounts that are named, and the lines about them.
const maxNamed = 20

// installations looks where the App is installed, and what it may do there.
func (p Patient) installations(ctx context.Context, r *Report, self ghapi.Self) {
	list, more, err := p.GitHub.Installations(ctx)
	if err != nil {
		r.Add("installations", Fail, err.Error(), "try again later")
		return
	}
	if len(list) == 0 {
		r.Add("installations", Fail, "the App is installed nowhere", "install it at "+strings.TrimSuffix(self.URL, "/")+"/installations/new")
		return
	}
	var names []string
	var troubles Report
	for _, i := range list {
		names = append(names, i.Account)
		p.installation(&troubles, self, i)
	}
	slices.Sort(names)
	text := strings.Join(names[:min(len(names), maxNamed)], ", ")
	if len(names) > maxNamed {
		text += " …"
	}
	count := fmt.Sprint(len(names))
	if more {
		count = "more than " + count
	}
	r.ok("installations", "%s: %s", count, text)
	r.Lines = append(r.Lines, troubles.Lines[:min(len(troubles.Lines), maxNamed)]...)
	if beyond := len(troubles.Lines) - maxNamed; beyond > 0 {
		r.Add("installation", Warn, fmt.Sprintf("%d more have something like that", beyond), "")
	}
}

// installation looks at one of them. What its owner did not accept yet lacks there,
// and what the App does not ask for is told elsewhere.
func (p Patient) installation(r *Report, self ghapi.Self, i ghapi.Installation) {
	needed := slices.DeleteFunc(ghapi.Permissions(), func(need ghapi.Permission) bool {
		return i.OfPerson && need.OfOrgs || !ghapi.Allows(self.Permissions[need.Name], need.Level)
	})
	lacking := ghapi.Lacking(i.Permissions, needed)
	unheard := slices.DeleteFunc(ghapi.LackingEvents(i.Events), func(event string) bool {
		return !slices.Contains(self.Events, event) || i.OfPerson && (event == "membership" || event == "team")
	})
	accept := fmt.Sprintf("an owner of %s accepts what the App asks for at %s", i.Account, i.URL)
	switch {
	case i.Suspended:
		r.Add("installation", Warn, "the App is suspended on "+i.Account, fmt.Sprintf("an owner of %s unsuspends it at %s", i.Account, i.URL))
	case len(lacking) > 0:
		status := Warn
		if slices.ContainsFunc(lacking, func(lack ghapi.Permission) bool { return !lack.Optional }) {
			status = Fail
		}
		r.Add("installation", status, fmt.Sprintf("on %s the App still lacks %s", i.Account, spell(lacking, i.Permissions)), accept)
	case len(unheard) > 0:
		r.Add("installation", Fail, fmt.Sprintf("on %s the App does not hear of %s", i.Account, strings.Join(unheard, ", ")), accept)
	}
}
