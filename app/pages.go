package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/reconcile"
	"github.com/onboard-app/onboard/app/web"
	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/handlers"
)

// newPages makes what people look at.
func (a *App) newPages(config Config, checklist []checks.Check) *web.Web {
	return web.New(web.Options{
		Store: a.store, Pipeline: config.Pipeline, Commands: handlers.Commands(), WebURL: config.GitHub.WebURL,
		PublicURL: config.Server.PublicURL, Visitors: visitors{a.signin, a.store}, Now: a.now,
		Team:    team{roles: a.roles, names: config.Roles.names(), absent: config.Reviewers.away(), now: a.now},
		MaxOpen: config.Reviewers.MaxOpen, Operator: operator{a}, Policy: config.policy(), Checks: checkDocs(checklist),
	})
}

// team is who has a role, and who is away.
type team struct {
	roles  reconcile.Roles
	names  []onboarding.Role
	absent []reconcile.Away
	now    func() time.Time
}

var _ web.Team = team{}

// Candidates implements [web.Team].
func (t team) Candidates(ctx context.Context) ([]onboarding.Candidate, error) {
	var list []onboarding.Candidate
	var unknown []error
	find := func(person onboarding.Person) int {
		return slices.IndexFunc(list, func(c onboarding.Candidate) bool { return c.Person.ID == person.ID })
	}
	for _, role := range t.names {
		people, err := t.roles.Members(ctx, role)
		unknown = append(unknown, err)
		for _, person := range people {
			i := find(person)
			if i < 0 {
				i, list = len(list), append(list, onboarding.Candidate{Person: person})
			}
			list[i].Roles = append(list[i].Roles, role)
		}
	}
	for _, absent := range t.absent {
		person, err := t.roles.Named(ctx, absent.Login)
		unknown = append(unknown, err)
		if i := find(person); i >= 0 && (absent.Back.IsZero() || t.now().Before(absent.Back)) {
			list[i].Away, list[i].AwayUntil = true, absent.Back
		}
	}
	return list, errors.Join(unknown...)
}

// policy is what plugins are checked for, as a page shows it.
func (c Config) policy() web.Policy {
	licences, nightly := c.Policy.Licence, c.Policy.Nightly
	return web.Policy{
		Start:    web.StartPolicy{OnlyRoles: c.Start.Who == StartRoles, MustAccept: c.Start.Accept == AcceptRequired},
		Licences: web.LicencePolicy{Recommended: some(licences.Recommended), Allowed: some(licences.Allowed), Forbidden: some(licences.Forbidden)},
		Nightly:  web.NightlyPolicy{LagHours: nightly.Lag.Hours(), Hosts: some(nightly.Hosts), Nights: nightly.Nights},
	}
}

// some is a list that is no null in JSON.
func some(list []string) []string { return append([]string{}, list...) }
