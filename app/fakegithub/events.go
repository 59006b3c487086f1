package fakegithub

import (
	"maps"
	"slices"
)

// emit sends a repository's event to every App that listens to it there. The
// fields are put into the payload; they win over the common ones.
func (g *GitHub) emit(r *Repository, event, action string, sender *User, fields object) {
	g.emitTo(r, event, action, sender, fields, func(i *Installation) bool { return i.listens(event) })
}

func (g *GitHub) emitTo(r *Repository, event, action string, sender *User, fields object, wanted func(*Installation) bool) {
	payload := object{"repository": g.repositoryJSON(r)}
	maps.Copy(payload, fields)
	g.deliver(r.owner, r.ID, event, action, sender, payload, wanted)
}

// emitOf is emit for an event of an account, not of a repository.
func (g *GitHub) emitOf(account *User, event, action string, sender *User, fields object) {
	g.deliver(account, 0, event, action, sender, fields, func(i *Installation) bool { return i.listens(event) })
}

func (g *GitHub) deliver(account *User, repository int64, event, action string, sender *User, fields object, wanted func(*Installation) bool) {
	for _, i := range g.installations {
		if i.Account != account || !i.suspended.IsZero() || !wanted(i) || repository != 0 && !i.hasID(repository) {
			continue
		}
		payload := object{"sender": g.userJSON(sender), "installation": object{"id": i.ID, "node_id": nodeID("IN", i.ID)}}
		if action != "" {
			payload["action"] = action
		}
		if account.Type == "Organization" {
			payload["organization"] = g.organizationJSON(account)
		}
		maps.Copy(payload, fields)
		g.enqueue(i.App, event, action, i.ID, repository, payload)
	}
}

// listens says whether the event reaches the installation: Apps that may write
// checks are subscribed to the events of checks by themselves (facts 1), and
// events of people need members:read (facts 4).
func (i *Installation) listens(event string) bool {
	switch event {
	case "check_run", "check_suite":
		return enough(i.permissions["checks"], "write")
	case "membership", "team", "member", "organization":
		return slices.Contains(i.events, event) && enough(i.permissions["members"], "read")
	}
	return slices.Contains(i.events, event)
}

// push is a ref that moved. before and after are "" if it was not, or is no more, there.
type push struct {
	ref, before, after string
	commits            []commit // new to the repository, oldest first
}

// GitHub lists at most so many commits in a push event.
const pushedCommits = 2048

// emitPush sends the push event of a branch or a tag, whose repository differs
// from the other events': times are numbers and the owner has a name.
func (g *GitHub) emitPush(r *Repository, by *User, p push) {
	owner := g.userJSON(r.owner)
	owner["name"], owner["email"] = r.owner.Login, nil
	repository := g.repositoryJSON(r)
	maps.Copy(repository, object{
		"owner": owner, "created_at": r.createdAt.Unix(), "pushed_at": r.pushedAt.Unix(), "master_branch": r.defaultBranch, "stargazers": 0,
	})
	if r.owner.Type == "Organization" {
		repository["organization"] = r.owner.Login
	}
	created, deleted := p.before == "", p.after == ""
	fields := object{
		"ref": p.ref, "created": created, "deleted": deleted, "forced": !created && !deleted && !r.contains(p.after, p.before), "base_ref": nil,
		"head_commit": nil, "repository": repository, "pusher": object{"name": by.Login, "email": email(by)},
	}
	commits := []object{}
	for _, c := range p.commits[max(0, len(p.commits)-pushedCommits):] {
		commits = append(commits, g.pushedCommitJSON(r, c))
	}
	if c, ok := r.objects.commit(r.objects.peel(p.after)); ok {
		fields["head_commit"] = g.pushedCommitJSON(r, c)
	}
	if created {
		p.before = zeroSHA
	}
	if deleted {
		p.after = zeroSHA
	}
	fields["commits"], fields["before"], fields["after"] = commits, p.before, p.after
	fields["compare"] = g.html("/%s/compare/%.12s...%.12s", r.fullName(), p.before, p.after)
	g.emit(r, "push", "", by, fields)
}

// pushedCommitJSON is a commit as push events show it.
func (g *GitHub) pushedCommitJSON(r *Repository, c commit) object {
	changed := map[string][]string{"added": {}, "removed": {}, "modified": {}}
	for _, file := range r.differences(r.parentOf(c.sha), c.sha) {
		changed[file.status()] = append(changed[file.status()], file.path)
	}
	person := func(s signature) object {
		return object{"name": s.name, "email": s.email, "username": s.name, "date": stamp(s.at)}
	}
	return object{
		"id": c.sha, "tree_id": c.tree, "distinct": true, "message": c.message, "timestamp": stamp(c.committer.at),
		"url": g.html("/%s/commit/%s", r.fullName(), c.sha), "author": person(c.author), "committer": person(c.committer),
		"added": changed["added"], "removed": changed["removed"], "modified": changed["modified"],
	}
}
