package fakegithub

import "slices"

// TakeAway takes a repository from the installation, which then is on selected
// repositories: no token of it sees that one any more. Webhook:
// installation_repositories removed.
func (i *Installation) TakeAway(by *User, r *Repository) {
	g := i.github
	defer g.lock()()
	if !i.has(r) {
		return
	}
	selected := []*Repository{} // not nil, which is all
	for _, other := range g.repositories {
		if i.has(other) && other != r {
			selected = append(selected, other)
		}
	}
	i.selected = selected
	i.selectionChanged(by, "removed", r)
}

// Give puts a repository of the account into an installation on selected ones.
// Webhook: installation_repositories added.
func (i *Installation) Give(by *User, r *Repository) {
	defer i.github.lock()()
	if i.has(r) || r.owner != i.Account {
		return
	}
	i.selected = append(i.selected, r)
	i.selectionChanged(by, "added", r)
}

// has tells whether the installation reaches a repository.
func (i *Installation) has(r *Repository) bool {
	return r.owner == i.Account && (i.selected == nil || slices.Contains(i.selected, r))
}

// hasID is has by the repository's id.
func (i *Installation) hasID(id int64) bool {
	return i.selected == nil || slices.ContainsFunc(i.selected, func(r *Repository) bool { return r.ID == id })
}

func (i *Installation) selection() string {
	if i.selected == nil {
		return "all"
	}
	return "selected"
}

func (i *Installation) selectionChanged(by *User, action string, r *Repository) {
	g := i.github
	changed := map[string][]object{"added": {}, "removed": {}}
	changed[action] = append(changed[action], installedJSON(r))
	g.enqueue(i.App, "installation_repositories", action, i.ID, 0, object{
		"action": action, "installation": g.installationJSON(i), "repository_selection": i.selection(),
		"repositories_added": changed["added"], "repositories_removed": changed["removed"], "requester": nil, "sender": g.userJSON(by),
	})
	g.changed(Change{
		Kind: "installation", Action: action, Repository: r.fullName(), By: by.Login,
		Text: by.Login + " " + action + " " + r.fullName() + ", for the App " + i.App.Slug,
	})
}

// installedJSON is a repository in the lists of an installation's events.
func installedJSON(r *Repository) object {
	return object{"id": r.ID, "node_id": nodeID("R", r.ID), "name": r.name, "full_name": r.fullName(), "private": r.private}
}
