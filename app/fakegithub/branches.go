package fakegithub

import "fmt"

// PushBranch is Push to a branch of any name; one that is not there begins at the
// default branch's head. Webhooks: push, check_suite requested, and of an open
// pull request pull_request synchronize.
func (r *Repository) PushBranch(by *User, branch, message string, changes map[string]*string) string {
	defer r.github.lock()()
	return r.push(by, branch, message, plainFiles(changes))
}

// PushOrphan makes a branch of one commit without parents that has these files,
// or moves a branch there: its history has nothing in common with the others'.
func (r *Repository) PushOrphan(by *User, branch, message string, files map[string]string) string {
	defer r.github.lock()()
	flat := map[string]entry{}
	for path, content := range files {
		flat[path] = r.objects.putFile(File{Content: content})
	}
	author := signature{by.Login, email(by), r.github.now()}
	sha := r.objects.putCommit(commit{tree: r.objects.putTree(flat), author: author, committer: author, message: message})
	r.moveRef(by, "refs/heads/"+branch, sha)
	return sha
}

// MoveBranch points a branch at any commit, as a forced push does; one that is not
// there is made. It panics if there is no such commit.
func (r *Repository) MoveBranch(by *User, branch, sha string) {
	defer r.github.lock()()
	if _, ok := r.objects.commit(sha); !ok {
		panic(fmt.Sprintf("fakegithub: move %s of %s: there is no commit %q", branch, r.fullName(), sha)) // a mistake of the caller
	}
	r.moveRef(by, "refs/heads/"+branch, sha)
}

// DeleteBranch deletes a branch; open pull requests of it are closed. It fails for
// the default branch, and for one that is not there.
func (r *Repository) DeleteBranch(by *User, branch string) error {
	defer r.github.lock()()
	if branch == r.defaultBranch || r.refs["refs/heads/"+branch] == "" {
		return fmt.Errorf("delete the branch %s of %s: it is the default branch, or there is none", branch, r.fullName())
	}
	r.moveRef(by, "refs/heads/"+branch, "")
	return nil
}

// Branch returns the SHA of a branch's commit, "" if there is no such branch.
func (r *Repository) Branch(name string) string {
	defer r.github.lock()()
	return r.refs["refs/heads/"+name]
}

// DefaultBranch is the name of the default branch.
func (r *Repository) DefaultBranch() string {
	defer r.github.lock()()
	return r.defaultBranch
}

// SetDefaultBranch makes another branch the default one. It fails if there is no
// such branch. Webhook: repository edited.
func (r *Repository) SetDefaultBranch(by *User, branch string) error {
	defer r.github.lock()()
	if r.refs["refs/heads/"+branch] == "" {
		return fmt.Errorf("make %s the default branch of %s: there is none", branch, r.fullName())
	}
	r.setDefaultBranch(by, branch)
	return nil
}

func (r *Repository) setDefaultBranch(by *User, branch string) {
	from := r.defaultBranch
	r.defaultBranch = branch
	r.edited(by, "edited", "made "+branch+" the default branch of", object{"changes": object{"default_branch": object{"from": from}}})
}

// RenameDefaultBranch gives the default branch another name. Pull requests to it
// follow; those from it are closed. It fails if the name is taken or the
// repository is empty. Webhooks: push of both names, repository edited,
// pull_request edited or closed.
func (r *Repository) RenameDefaultBranch(by *User, name string) error {
	defer r.github.lock()()
	from, sha := r.defaultBranch, r.head()
	if sha == "" || r.refs["refs/heads/"+name] != "" {
		return fmt.Errorf("rename the default branch of %s to %s: there is nothing, or one of that name", r.fullName(), name)
	}
	r.moveRef(by, "refs/heads/"+name, sha)
	r.setDefaultBranch(by, name)
	for _, p := range r.pulls() {
		if p.base == from && p.state == "open" {
			p.base = name
			p.changed(by, "edited", object{"changes": object{"base": object{"ref": object{"from": from}, "sha": object{"from": sha}}}})
		}
	}
	r.moveRef(by, "refs/heads/"+from, "")
	return nil
}

// Archive makes the repository read-only for the API. Webhook: repository archived.
func (r *Repository) Archive(by *User) {
	defer r.github.lock()()
	r.archived = true
	r.edited(by, "archived", "archived", nil)
}

// Unarchive undoes Archive. Webhook: repository unarchived.
func (r *Repository) Unarchive(by *User) {
	defer r.github.lock()()
	r.archived = false
	r.edited(by, "unarchived", "unarchived", nil)
}

// edited tells of a change of the repository itself.
func (r *Repository) edited(by *User, action, did string, fields object) {
	r.github.emit(r, "repository", action, by, fields)
	r.github.changed(Change{Kind: "repository", Action: action, Repository: r.fullName(), By: by.Login, Text: by.Login + " " + did + " " + r.fullName()})
}

// TreeEntry is a file of a commit, for comparing.
type TreeEntry struct {
	Mode    string
	SHA     string // of the blob, of a submodule the commit's
	Content string // "" of a submodule
}

// TreeOf returns all files of a branch, tag or commit by their paths; nothing if
// there is no such ref.
func (r *Repository) TreeOf(ref string) map[string]TreeEntry {
	defer r.github.lock()()
	tree := map[string]TreeEntry{}
	for name, e := range r.filesAt(r.resolve(ref)) {
		data, _ := r.objects.get("blob", e.sha)
		tree[name] = TreeEntry{e.mode, e.sha, string(data)}
	}
	return tree
}
