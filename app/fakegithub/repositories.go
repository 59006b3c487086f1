package fakegithub

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Repository is a repository. Its default branch is "main" until
// SetDefaultBranch or RenameDefaultBranch, and it is public until SetPrivate.
type Repository struct {
	ID int64

	github    *GitHub
	owner     *User
	name      string
	createdAt time.Time
	pushedAt  time.Time
	roles     map[*User]string // what Allow granted
	objects   objects
	refs      map[string]string // "refs/heads/main" → SHA
	rules     []branchRules     // what SetRules set
	treeLimit int
	private   bool
	archived  bool
	former    []string // lower-case owner/name it had before Rename
	releases  []*Release
	labels    []*label
	issues    []*Issue // the pull requests' issues too: number N is at N-1
	comments  []*Comment
	suites    []*suite
	runs      []*checkRun

	deployments   []*deployment
	defaultBranch string
}

// CreateRepository makes a repository whose first commit, by its owner, has
// these files (path → content).
func (g *GitHub) CreateRepository(owner *User, name string, files map[string]string) *Repository {
	with := map[string]File{}
	for path, content := range files {
		with[path] = File{Content: content}
	}
	return g.CreateRepositoryFiles(owner, name, with)
}

// CreateRepositoryFiles is CreateRepository with the files' modes.
func (g *GitHub) CreateRepositoryFiles(owner *User, name string, files map[string]File) *Repository {
	changes := map[string]*File{}
	for path, file := range files {
		changes[path] = &file
	}
	defer g.lock()()
	r := g.newRepository(owner, name)
	r.push(owner, r.defaultBranch, "Initial commit", changes)
	return r
}

// CreateEmptyRepository makes a repository without a commit: its branches are
// 404, its git data 409 "Git Repository is empty." until the first Push.
func (g *GitHub) CreateEmptyRepository(owner *User, name string) *Repository {
	defer g.lock()()
	return g.newRepository(owner, name)
}

func (g *GitHub) newRepository(owner *User, name string) *Repository {
	r := &Repository{
		ID: g.newID(), github: g, owner: owner, name: name, createdAt: g.now(), pushedAt: g.now(),
		roles: map[*User]string{}, objects: objects{}, refs: map[string]string{}, treeLimit: 100_000, // facts 5
		defaultBranch: "main",
	}
	g.repositories = append(g.repositories, r)
	g.emit(r, "repository", "created", owner, nil)
	g.changed(Change{Kind: "repository", Action: "created", Repository: r.fullName(), By: owner.Login, Text: owner.Login + " created " + r.fullName()})
	return r
}

// FullName is owner/name.
func (r *Repository) FullName() string {
	defer r.github.lock()()
	return r.fullName()
}

func (r *Repository) fullName() string { return r.owner.Login + "/" + r.name }

// SetTreeLimit makes recursive trees of more entries come back truncated
// (GitHub: 100,000 entries).
func (r *Repository) SetTreeLimit(entries int) {
	defer r.github.lock()()
	r.treeLimit = entries
}

// Head returns the SHA of the default branch's commit, "" if the repository is empty.
func (r *Repository) Head() string {
	defer r.github.lock()()
	return r.head()
}

func (r *Repository) head() string { return r.refs["refs/heads/"+r.defaultBranch] }

func (r *Repository) empty() bool { return len(r.refs) == 0 }

// Push commits changes (path → content, nil deletes) to the default branch and
// returns the commit's SHA. Webhooks: push, and check_suite requested.
func (r *Repository) Push(by *User, message string, changes map[string]*string) string {
	return r.PushFiles(by, message, plainFiles(changes))
}

func plainFiles(contents map[string]*string) map[string]*File {
	files := map[string]*File{}
	for path, content := range contents {
		files[path] = nil
		if content != nil {
			files[path] = &File{Content: *content}
		}
	}
	return files
}

// PushFiles is Push with the files' modes.
func (r *Repository) PushFiles(by *User, message string, changes map[string]*File) string {
	defer r.github.lock()()
	return r.push(by, r.defaultBranch, message, changes)
}

// push commits changes to a branch; one that is not there begins at the default branch's head.
func (r *Repository) push(by *User, branch, message string, changes map[string]*File) string {
	parent, files := r.refs["refs/heads/"+branch], map[string]entry{}
	if parent == "" {
		parent = r.head()
	}
	author := signature{by.Login, email(by), r.github.now()}
	c := commit{author: author, committer: author, message: message}
	if parent != "" {
		files, c.parents = r.filesAt(parent), []string{parent}
	}
	r.objects.change(files, changes)
	c.tree = r.objects.putTree(files)
	c.sha = r.objects.putCommit(c)
	r.moveRef(by, "refs/heads/"+branch, c.sha)
	return c.sha
}

func email(u *User) string {
	return fmt.Sprintf("%d+%s@users.noreply.example", u.ID, strings.ToLower(u.Login))
}

// userOf finds the account behind a commit's email, nil if there is none.
func (g *GitHub) userOf(s signature) *User {
	if u := g.users[strings.ToLower(s.name)]; u != nil && email(u) == s.email {
		return u
	}
	return nil
}

// repository finds one by its name, whose case does not matter.
func (g *GitHub) repository(owner, name string) *Repository {
	index := slices.IndexFunc(g.repositories, func(r *Repository) bool {
		return strings.EqualFold(r.owner.Login, owner) && strings.EqualFold(r.name, name)
	})
	if index < 0 {
		return nil
	}
	return g.repositories[index]
}

func (q *request) getRepository() (answer, error) {
	body := q.github.repositoryJSON(q.repository)
	maps.Copy(body, object{"network_count": 0, "subscribers_count": 1, "permissions": permissionsOf("read")})
	if q.repository.owner.Type == "Organization" {
		body["organization"] = q.github.userJSON(q.repository.owner)
	}
	return reply(http.StatusOK, body), nil
}

// repositoryJSON is GitHub's repository, which is also what webhooks carry.
func (g *GitHub) repositoryJSON(r *Repository) object {
	open := 0
	for _, i := range r.issues {
		if i.state == "open" {
			open++
		}
	}
	api, html := g.api("/repos/%s", r.fullName()), g.html("/%s", r.fullName())
	visibility := "public"
	if r.private {
		visibility = "private"
	}
	body := object{
		"id": r.ID, "node_id": nodeID("R", r.ID), "name": r.name, "full_name": r.fullName(), "owner": g.userJSON(r.owner),
		"private": r.private, "visibility": visibility, "html_url": html, "description": nil, "fork": false, "url": api,
		"git_url": strings.Replace(html, "http:", "git:", 1) + ".git", "ssh_url": "git@fake:" + r.fullName() + ".git", "clone_url": html + ".git", "svn_url": html,
		"mirror_url": nil, "homepage": nil, "language": nil, "license": nil, "topics": []string{},
		"created_at": stamp(r.createdAt), "updated_at": stamp(r.pushedAt), "pushed_at": stamp(r.pushedAt),
		"size": len(r.objects), "stargazers_count": 0, "watchers_count": 0, "watchers": 0, "forks_count": 0, "forks": 0,
		"open_issues_count": open, "open_issues": open, "default_branch": r.defaultBranch, "archived": r.archived, "disabled": false,
		"has_issues": true, "has_projects": true, "has_downloads": true, "has_wiki": true, "has_pages": false, "has_discussions": false,
		"allow_forking": true, "is_template": false, "web_commit_signoff_required": false,
	}
	for name, path := range repositoryLinks {
		body[name+"_url"] = api + path
	}
	return body
}

var repositoryLinks = map[string]string{
	"archive": "/{archive_format}{/ref}", "assignees": "/assignees{/user}", "blobs": "/git/blobs{/sha}", "branches": "/branches{/branch}",
	"collaborators": "/collaborators{/collaborator}", "comments": "/comments{/number}", "commits": "/commits{/sha}",
	"compare": "/compare/{base}...{head}", "contents": "/contents/{+path}", "contributors": "/contributors", "deployments": "/deployments",
	"downloads": "/downloads", "events": "/events", "forks": "/forks", "git_commits": "/git/commits{/sha}", "git_refs": "/git/refs{/sha}",
	"git_tags": "/git/tags{/sha}", "hooks": "/hooks", "issue_comment": "/issues/comments{/number}", "issue_events": "/issues/events{/number}",
	"issues": "/issues{/number}", "keys": "/keys{/key_id}", "labels": "/labels{/name}", "languages": "/languages", "merges": "/merges",
	"milestones": "/milestones{/number}", "notifications": "/notifications{?since,all,participating}", "pulls": "/pulls{/number}",
	"releases": "/releases{/id}", "stargazers": "/stargazers", "statuses": "/statuses/{sha}", "subscribers": "/subscribers",
	"subscription": "/subscription", "tags": "/tags", "teams": "/teams", "trees": "/git/trees{/sha}",
}
