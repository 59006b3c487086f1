package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
)

// refuse notes what GitHub, or the record, has against an entry.
func (i *importing) refuse(path, format string, args ...any) {
	i.add(i.lookup(path).where, path, fmt.Sprintf(format, args...), "")
}

// fails notes that GitHub could not be asked. It is asked nothing more then.
func (i *importing) fails(err error) bool {
	if i.away == nil {
		i.away = err
	}
	return i.away != nil
}

// begin is an onboarding without its decisions; ok is false if nothing more can
// be said of it.
func (i *importing) begin(ctx context.Context, path string, o importedOnboarding, started time.Time) (one store.Imported, ok bool) {
	owner, name, _ := strings.Cut(o.Repository, "/")
	if i.fails(nil) {
		return one, false
	}
	found, installed, err := i.github.Installed(ctx, owner, name)
	switch {
	case i.fails(err):
		return one, false
	case !installed:
		i.refuse(path+"repository", "the App is not installed on %s, or there is no such repository", o.Repository)
		return one, false
	case slices.Contains(i.ids, found.ID):
		i.refuse(path+"repository", "%s has another name in the file, too", o.Repository)
		return one, false
	}
	i.ids = append(i.ids, found.ID)
	if known, err := i.known(ctx, path, found.ID); i.fails(err) || known {
		return one, false
	}
	i.blocked(path, found)
	repo, err := i.github.Repo(found.Installation, found.Owner, found.Name)
	if i.fails(err) {
		return one, false
	}
	has, err := repo.HasIssue(ctx, o.Issue)
	if i.fails(err) {
		return one, false
	}
	if !has {
		i.refuse(path+"issue", "%s has no issue or pull request %d", o.Repository, o.Issue)
	}
	record := onboarding.Record{Repository: found.ID, Round: 1, Issue: o.Issue, StartedAt: started, NightlyURL: o.Nightly, OwnerID: found.OwnerID, Private: found.Private}
	if found.OwnerIsUser {
		record.Owner = onboarding.Person{ID: found.OwnerID, Login: found.Owner}
	}
	record.Author, _ = i.person(ctx, path+"author", o.Author)
	record.Starter = record.Author
	if o.Starter != "" {
		record.Starter, _ = i.person(ctx, path+"starter", o.Starter)
	}
	one.Repository = store.Repository{ID: found.ID, Installation: found.Installation, OwnerID: found.OwnerID, Owner: found.Owner, Name: found.Name, Private: found.Private}
	_, err = i.owners.Keep(ctx, &record, one.Repository.FullName())
	if i.fails(err) {
		return one, false
	}
	one.Entries = append(one.Entries, store.Entry{
		At: started, Kind: "start", Who: record.Starter, About: append([]onboarding.Person{record.Author}, record.PluginOwners...), Source: i.next(),
		Details: json.RawMessage(fmt.Sprintf(`{"imported":true,"issue":%d}`, o.Issue)),
	})
	i.accept(ctx, path, o, &record, &one)
	one.Record = record
	return one, i.away == nil
}

// known tells whether an onboarding of the repository is on record: one of this
// very file is passed over, another one is a problem.
func (i *importing) known(ctx context.Context, path string, repository int64) (bool, error) {
	if i.record == nil {
		return false, nil
	}
	record, known, err := i.record.Onboarding(ctx, repository)
	if err != nil || !known {
		return false, err
	}
	entries, err := i.record.Audit(ctx, repository, 1, 1)
	if err != nil {
		return false, err
	}
	name := i.names[len(i.names)-1]
	if len(entries) > 0 && strings.HasPrefix(entries[0].Source, i.prefix()) {
		i.again = append(i.again, name)
		return true, nil
	}
	i.refuse(path+"repository", "an onboarding of %s is on record already, in #%d", name, record.Issue)
	return true, nil
}

// blocked refuses an owner whose repositories are not taken (S18).
func (i *importing) blocked(path string, found ghapi.Installed) {
	for _, login := range i.config.Policy.Owners.Block {
		if strings.EqualFold(login, found.Owner) {
			i.refuse(path+"repository", "policy.owners.block names its owner")
		}
	}
}

// accept is the start's acceptance: that of the file, or that of a starter who
// has a role, as at any start (design.md, "Start").
func (i *importing) accept(ctx context.Context, path string, o importedOnboarding, record *onboarding.Record, one *store.Imported) {
	a := o.Accepted
	if a.By == "" {
		roles, err := i.roles.Of(ctx, record.Starter)
		if !i.fails(err) && (len(roles) > 0 || i.config.Start.Accept == AcceptNone) {
			record.AcceptedAt = record.StartedAt
		}
		return
	}
	by, roles := i.person(ctx, path+"accepted.by", a.By)
	if by.ID == 0 {
		return
	}
	if len(roles) == 0 {
		i.refuse(path+"accepted.by", "%s has no role", by.Login)
	}
	record.AcceptedAt = i.when(path+"accepted.at", a.At, record.StartedAt)
	one.Entries = append(one.Entries, store.Entry{
		At: record.AcceptedAt, Kind: string(onboarding.Accept), Who: by, Source: i.next(), URL: a.Evidence,
		Details: details(onboarding.Decision{Roles: roles}),
	})
}

// decided asks who made a decision, and whether they may (S10, S11). The roles
// are those of today.
func (i *importing) decided(ctx context.Context, path, login string, stage onboarding.Stage, d *onboarding.Decision, record onboarding.Record) bool {
	d.By, d.Roles = i.person(ctx, path+"by", login)
	may := []onboarding.Role{stage.Deciders()[0]}
	switch d.Verb {
	case onboarding.Waive:
		may = []onboarding.Role{onboarding.Admin}
	case onboarding.RequestChanges:
		may = stage.Deciders()
	}
	switch {
	case d.By.ID == 0: // that is told already
		return false
	case record.Excluded(d.By):
		i.refuse(path+"by", "%s is on the plugin's side (%s) and decides nothing about it", d.By.Login, record.Side(d.By))
		return false
	case !slices.ContainsFunc(may, d.Has):
		i.refuse(path+"by", "%s has not the role %s", d.By.Login, either(may))
		return false
	}
	return true
}

// person is who has a login now, with all their roles; nobody, which is noted,
// if GitHub knows no such person.
func (i *importing) person(ctx context.Context, path, login string) (onboarding.Person, []onboarding.Role) {
	if i.fails(nil) {
		return onboarding.Person{}, nil
	}
	person, err := i.roles.Holder(ctx, login)
	if i.fails(err) {
		return onboarding.Person{}, nil
	}
	if person.ID == 0 {
		i.refuse(path, "GitHub knows no person %s", login)
		return onboarding.Person{}, nil
	}
	roles, err := i.roles.Of(ctx, person)
	if i.fails(err) { // there may be more roles
		return onboarding.Person{}, nil
	}
	return person, roles
}
