package fakegithub

import "fmt"

// Commit makes a commit on another one ("" makes a root) without moving a
// branch. Merge and Reset bring it onto the default branch.
func (r *Repository) Commit(by *User, parent, message string, changes map[string]*string) string {
	defer r.github.lock()()
	author := signature{by.Login, email(by), r.github.now()}
	c := commit{author: author, committer: author, message: message}
	files := map[string]entry{}
	if parent != "" {
		c.parents = []string{parent}
		files = r.filesAt(parent)
	}
	r.objects.change(files, plainFiles(changes))
	c.tree = r.objects.putTree(files)
	return r.objects.putCommit(c)
}

// Merge merges a commit into the default branch with a merge commit, whose SHA
// it returns. The files are the merged commit's, so its branch must have begun
// at the default branch's head. Webhook: push.
func (r *Repository) Merge(by *User, merged, message string) string {
	defer r.github.lock()()
	author := signature{by.Login, email(by), r.github.now()}
	c := commit{author: author, committer: author, message: message, parents: []string{r.head(), merged}}
	c.tree = r.mustCommit(merged).tree
	sha := r.objects.putCommit(c)
	r.move(by, sha)
	return sha
}

// Reset points the default branch at a commit, as a push by force does.
// Webhook: push.
func (r *Repository) Reset(by *User, sha string) {
	defer r.github.lock()()
	r.mustCommit(sha)
	r.move(by, sha)
}

// mustCommit panics if there is no such commit: a mistake of the caller.
func (r *Repository) mustCommit(sha string) commit {
	c, ok := r.objects.commit(sha)
	if !ok {
		panic(fmt.Sprintf("fakegithub: %s has no commit %q", r.fullName(), sha))
	}
	return c
}

// move points the default branch at a commit and tells so.
func (r *Repository) move(by *User, sha string) {
	r.moveRef(by, "refs/heads/"+r.defaultBranch, sha)
}
