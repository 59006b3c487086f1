package fakegithub

import (
	"fmt"
	"slices"
	"strings"
)

const zeroSHA = "0000000000000000000000000000000000000000"

// moveRef points a branch or tag at another object, "" deleting it, and lets the
// world follow: observers, the push event, check suites, pull requests. Moving a
// ref to where it is does nothing.
func (r *Repository) moveRef(by *User, ref, sha string) {
	g, before := r.github, r.refs[ref]
	if before == sha {
		return
	}
	added := r.commitsOnlyIn(sha)
	if sha == "" {
		delete(r.refs, ref)
	} else {
		r.refs[ref] = sha
	}
	r.pushedAt = g.now()
	g.changed(r.pushed(by, ref, sha))
	branch, isBranch := strings.CutPrefix(ref, "refs/heads/")
	if !isBranch {
		added = nil // the branch's push told them
	}
	g.emitPush(r, by, push{ref: ref, before: before, after: sha, commits: added})
	if !isBranch {
		return
	}
	if sha != "" {
		r.requestSuites(by, before, sha)
	}
	r.pullsFollow(by, branch, before, sha)
}

// pushed is what observers hear about a ref that moved.
func (r *Repository) pushed(by *User, ref, sha string) Change {
	change := Change{Kind: "push", Repository: r.fullName(), By: by.Login, SHA: r.objects.peel(sha)}
	branch, isBranch := strings.CutPrefix(ref, "refs/heads/")
	tag, isTag := strings.CutPrefix(ref, "refs/tags/")
	switch {
	case sha == "":
		change.Action, change.Name = "deleted", ref
		change.Text = fmt.Sprintf("%s deleted %s", by.Login, ref)
	case isTag:
		change.Action, change.Name = "tag", tag
		change.Text = fmt.Sprintf("%s tagged %s as %s", by.Login, change.SHA[:7], tag)
	default:
		if !isBranch {
			branch = ref
		}
		c, _ := r.objects.commit(sha)
		change.Title, _, _ = strings.Cut(c.message, "\n")
		change.Text = fmt.Sprintf("%s pushed %s to %s: %s", by.Login, sha[:7], branch, change.Title)
	}
	return change
}

// commitsOnlyIn lists the commits that a ref brings and no other ref has, oldest first.
func (r *Repository) commitsOnlyIn(sha string) []commit {
	known := map[string]bool{}
	for _, other := range r.refs {
		r.mark(known, r.objects.peel(other))
	}
	var added []commit
	for _, c := range r.history(r.objects.peel(sha)) {
		if !known[c.sha] {
			added = append(added, c)
		}
	}
	slices.Reverse(added)
	return added
}

// mark adds a commit and all its ancestors to the set.
func (r *Repository) mark(set map[string]bool, sha string) {
	for waiting := []string{sha}; len(waiting) > 0; {
		next := waiting[0]
		waiting = waiting[1:]
		if c, ok := r.objects.commit(next); ok && !set[next] {
			set[next] = true
			waiting = append(waiting, c.parents...)
		}
	}
}

// contains says whether a commit is another or one of its ancestors.
func (r *Repository) contains(sha, ancestor string) bool {
	set := map[string]bool{}
	r.mark(set, sha)
	return set[ancestor]
}
