package fakegithub

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// emit sends a repository's event to every App that listens to it there. The
// fields are put into the payload; they win over the common ones.
func (g *GitHub) emit(r *Repository, event, action string, sender *User, fields object) {
	g.emitTo(r, event, action, sender, fields, func(i *Installation) bool { return i.listens(event) })
}

func (g *GitHub) emitTo(r *Repository, event, action string, sender *User, fields object, wanted func(*Installation) bool) {
	for _, i := range g.installations {
		if i.Account != r.owner || !i.suspended.IsZero() || !wanted(i) {
			continue
		}
		payload := object{
			"repository": g.repositoryJSON(r), "sender": g.userJSON(sender),
			"installation": object{"id": i.ID, "node_id": nodeID("IN", i.ID)},
		}
		if action != "" {
			payload["action"] = action
		}
		if r.owner.Type == "Organization" {
			payload["organization"] = g.organizationJSON(r.owner)
		}
		maps.Copy(payload, fields)
		g.enqueue(i.App, event, action, i.ID, r.ID, payload)
	}
}

// listens says whether the event reaches the installation: Apps that may write
// checks are subscribed to the events of checks by themselves (facts 1).
func (i *Installation) listens(event string) bool {
	if event == "check_run" || event == "check_suite" {
		return enough(i.permissions["checks"], "write")
	}
	return slices.Contains(i.events, event)
}

// emitPush sends the push event of a branch or a tag, whose repository differs
// from the other events': times are numbers and the owner has a name.
func (g *GitHub) emitPush(r *Repository, by *User, ref, before, after string) {
	owner := g.userJSON(r.owner)
	owner["name"], owner["email"] = r.owner.Login, nil
	repository := g.repositoryJSON(r)
	maps.Copy(repository, object{
		"owner": owner, "created_at": r.createdAt.Unix(), "pushed_at": r.pushedAt.Unix(), "master_branch": defaultBranch, "stargazers": 0,
	})
	if r.owner.Type == "Organization" {
		repository["organization"] = r.owner.Login
	}
	created := before == ""
	if created {
		before = "0000000000000000000000000000000000000000"
	}
	c, _ := r.objects.commit(r.objects.peel(after))
	head := g.pushedCommitJSON(r, c)
	commits := []object{head}
	if strings.HasPrefix(ref, "refs/tags/") {
		commits = []object{} // the branch's push told them
	}
	g.emit(r, "push", "", by, object{
		"ref": ref, "before": before, "after": after, "created": created, "deleted": false, "forced": false, "base_ref": nil,
		"compare": g.html("/%s/compare/%.12s...%.12s", r.fullName(), before, after),
		"commits": commits, "head_commit": head, "repository": repository,
		"pusher": object{"name": by.Login, "email": email(by)},
	})
}

// pushedCommitJSON is a commit as push events show it.
func (g *GitHub) pushedCommitJSON(r *Repository, c commit) object {
	changed := map[string][]string{"added": {}, "removed": {}, "modified": {}}
	files, _, _ := g.diff(r, r.parentOf(c.sha), c.sha)
	for _, file := range files {
		status := fmt.Sprint(file["status"])
		changed[status] = append(changed[status], fmt.Sprint(file["filename"]))
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
