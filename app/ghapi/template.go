package ghapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// maxListed bounds the commits of a template that are listed at a time (S17).
const maxListed = 1000

// Template reads the repository of a starter template.
type Template struct{ repo *Repo }

// Template returns a client of a template's repository. It acts as the App's
// installation there; without one it has no credentials, which is enough for
// what is public (github-facts.md section 4) and for 60 calls an hour.
func (c *Clients) Template(ctx context.Context, owner, name string) (*Template, error) {
	app, err := c.app()
	if err != nil {
		return nil, err
	}
	repo := &Repo{clients: c, Owner: owner, Name: name}
	found, _, err := app.Apps.FindRepositoryInstallation(ctx, owner, name)
	switch {
	case hasStatus(err, http.StatusNotFound), err == nil && found.SuspendedAt != nil:
		repo.client, err = c.anonymous()
	case err != nil:
		err = explain(err, "ask whether the App is installed on %s/%s", owner, name)
	default:
		repo.client, err = c.installed(found.GetID())
	}
	if err != nil {
		return nil, err
	}
	return &Template{repo: repo}, nil
}

// anonymous is a client without credentials. It keeps no answers: asking
// whether they still hold is free only with credentials.
func (c *Clients) anonymous() (*github.Client, error) {
	base, err := url.Parse(strings.TrimSuffix(c.options.Config.V3APIURL, "/") + "/")
	if err != nil {
		return nil, fmt.Errorf("make a GitHub client without credentials: %w", err)
	}
	client := github.NewClient(&http.Client{
		Transport: c.retries()(refuseMovedWrites(c.transport())), Timeout: callTimeout,
	})
	client.BaseURL, client.UserAgent = base, c.options.UserAgent
	return client, nil
}

// Commits lists the commits of the default branch that are newer than all known
// ones, oldest first, at most the newest 1,000. From each commit it goes to the
// first parent: what only a merged branch had was never on the default branch
// itself, although GitHub lists it (S9).
func (t *Template) Commits(ctx context.Context, known func(sha string) bool) ([]template.Commit, error) {
	chain := chain{known: known, listed: map[string]*github.RepositoryCommit{}}
	options := &github.CommitsListOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for listed := 0; listed < maxListed; {
		page, response, err := t.repo.client.Repositories.ListCommits(ctx, t.repo.Owner, t.repo.Name, options)
		if err != nil {
			return nil, t.explain(err)
		}
		if err := chain.extend(page); err != nil {
			return nil, fmt.Errorf("list the commits of %s/%s: %w", t.repo.Owner, t.repo.Name, err)
		}
		if chain.ended {
			return chain.oldestFirst(), nil
		}
		if response.NextPage == 0 {
			return nil, fmt.Errorf("list the commits of %s/%s: commit %s is missing", t.repo.Owner, t.repo.Name, chain.next)
		}
		options.SHA, options.Page = chain.head, response.NextPage // the branch may move between pages
		listed += len(page)
	}
	return chain.oldestFirst(), nil
}

// explain says in plain words what mostly is wrong with a template.
func (t *Template) explain(err error) error {
	switch {
	case hasStatus(err, http.StatusNotFound):
		return fmt.Errorf("list the commits of %s/%s: there is no such repository, or it is private and the App is not installed on it", t.repo.Owner, t.repo.Name)
	case hasStatus(err, http.StatusConflict):
		return fmt.Errorf("list the commits of %s/%s: the repository is empty", t.repo.Owner, t.repo.Name)
	}
	return explain(err, "list the commits of %s/%s", t.repo.Owner, t.repo.Name)
}

// chain is the way from a branch's head from first parent to first parent.
type chain struct {
	known   func(sha string) bool
	listed  map[string]*github.RepositoryCommit // and not on the chain so far
	commits []template.Commit                   // newest first
	head    string
	next    string // SHA of the commit that follows
	ended   bool
}

// extend follows the chain as far as it is listed.
func (c *chain) extend(page []*github.RepositoryCommit) error {
	if len(page) == 0 {
		return errIncomplete
	}
	for _, commit := range page {
		c.listed[commit.GetSHA()] = commit
	}
	if c.head == "" { // the newest one comes first
		c.head, c.next = page[0].GetSHA(), page[0].GetSHA()
	}
	for {
		if c.known(c.next) {
			c.ended = true
			return nil
		}
		commit, ok := c.listed[c.next]
		if !ok {
			return nil
		}
		delete(c.listed, c.next)
		found := template.Commit{
			SHA: commit.GetSHA(), Tree: commit.GetCommit().GetTree().GetSHA(), Date: commit.GetCommit().GetCommitter().GetDate().UTC(),
		}
		if !fullSHA.MatchString(found.SHA) || !fullSHA.MatchString(found.Tree) {
			return errIncomplete
		}
		c.commits = append(c.commits, found)
		if len(commit.Parents) == 0 {
			c.ended = true
			return nil
		}
		c.next = commit.Parents[0].GetSHA()
	}
}

func (c *chain) oldestFirst() []template.Commit {
	var list []template.Commit
	for i := len(c.commits) - 1; i >= 0; i-- {
		list = append(list, c.commits[i])
	}
	return list
}

var errIncomplete = errors.New("the answer is not complete")

var fullSHA = regexp.MustCompile(`^[0-9a-f]{40}$`)

// Version reads the tree of a commit and returns what reads its files: all come
// in one archive, mostly with one call.
func (t *Template) Version(ctx context.Context, commit template.Commit) (template.Version, template.Reader, error) {
	version := template.Version{Commit: commit}
	if commit.Tree == checks.TreeSHA(nil) { // empty: there is nothing to ask for
		return version, nil, nil
	}
	subject, err := t.repo.Subject(ctx, Head{Commit: commit.SHA, Tree: commit.Tree})
	if err != nil {
		return template.Version{}, nil, err
	}
	version.Files = subject.Files
	return version, func(file checks.File) ([]byte, error) {
		return subject.Read(ctx, file, template.MaxBytes)
	}, nil
}

// Blob reads a file of the template by its SHA. It fails if the content that
// comes is that of another SHA.
func (t *Template) Blob(ctx context.Context, sha string) ([]byte, error) {
	if !fullSHA.MatchString(sha) {
		return nil, fmt.Errorf("read blob %q of %s/%s: that is no SHA", sha, t.repo.Owner, t.repo.Name)
	}
	content, err := t.repo.blob(ctx, checks.File{Path: "blob " + sha, SHA: sha})
	if err != nil {
		return nil, err
	}
	if checks.BlobSHA(content) != sha {
		return nil, fmt.Errorf("read blob %s of %s/%s: the content that came is another one's", sha, t.repo.Owner, t.repo.Name)
	}
	return content, nil
}
