package fakegithub

import (
	"net/http"
	"slices"
)

func (q *request) getApp() (answer, error) {
	app := q.github.appJSON(q.app)
	app["installations_count"] = len(q.ownInstallations())
	return reply(http.StatusOK, app), nil
}

func (q *request) ownInstallations() []*Installation {
	var own []*Installation
	for _, i := range q.github.installations {
		if i.App == q.app {
			own = append(own, i)
		}
	}
	return own
}

// ownInstallation is the one the path names, nil if it is not this App's.
func (q *request) ownInstallation() *Installation {
	own := q.ownInstallations()
	id := q.id("installation_id")
	if index := slices.IndexFunc(own, func(i *Installation) bool { return i.ID == id }); index >= 0 {
		return own[index]
	}
	return nil
}

func (q *request) listInstallations() (answer, error) {
	return list(q, q.ownInstallations(), q.github.installationJSON)
}

func (q *request) getInstallation() (answer, error) {
	i := q.ownInstallation()
	if i == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.installationJSON(i)), nil
}

func (q *request) getRepositoryInstallation() (answer, error) {
	r := q.github.repository(q.PathValue("owner"), q.PathValue("repo"))
	if r == nil {
		if moved := q.github.formerly(q.PathValue("owner"), q.PathValue("repo")); moved != nil && q.github.installationOn(q.app, moved) != nil {
			return q.movedTo(moved), nil
		}
		return answer{}, notFound()
	}
	i := q.github.installationOn(q.app, r)
	if i == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.installationJSON(i)), nil
}

// installationOn is the App's installation that reaches a repository, nil if there
// is none.
func (g *GitHub) installationOn(app *App, r *Repository) *Installation {
	if i := g.installationOf(app, r.owner); i != nil && i.has(r) {
		return i
	}
	return nil
}

// appJSON is GitHub's integration.
func (g *GitHub) appJSON(app *App) object {
	return object{
		"id": app.ID, "slug": app.Slug, "node_id": nodeID("A", app.ID), "client_id": app.ClientID, "owner": g.userJSON(app.owner),
		"name": app.name, "description": app.description, "external_url": app.url, "html_url": g.html("/apps/%s", app.Slug),
		"created_at": stamp(app.createdAt), "updated_at": stamp(app.createdAt), "permissions": app.permissions, "events": app.events,
	}
}

func (g *GitHub) appOrNull(app *App) any {
	if app == nil {
		return nil
	}
	return g.appJSON(app)
}

func (g *GitHub) installationJSON(i *Installation) object {
	var suspendedBy any
	if !i.suspended.IsZero() {
		suspendedBy = g.userJSON(i.Account)
	}
	return object{
		"id": i.ID, "account": g.userJSON(i.Account), "app_id": i.App.ID, "app_slug": i.App.Slug, "client_id": i.App.ClientID,
		"target_id": i.Account.ID, "target_type": i.Account.Type, "repository_selection": i.selection(), "permissions": i.permissions, "events": i.events,
		"access_tokens_url": g.api("/app/installations/%d/access_tokens", i.ID), "repositories_url": g.api("/installation/repositories"),
		"html_url": g.html("/settings/installations/%d", i.ID), "created_at": stamp(i.createdAt), "updated_at": stamp(i.createdAt),
		"single_file_name": nil, "has_multiple_single_files": false, "single_file_paths": []string{},
		"suspended_at": stamp(i.suspended), "suspended_by": suspendedBy,
	}
}
