package ghapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"
)

const heads = "refs/heads/"

// noRef is in GitHub's 422 about a branch that is not there.
const noRef = "Reference does not exist"

// Branches returns the branches whose names begin with a prefix, and the
// commits they stand at.
func (r *Repo) Branches(ctx context.Context, prefix string) (map[string]string, error) {
	refs, _, err := r.client.Git.ListMatchingRefs(ctx, r.Owner, r.Name, &github.ReferenceListOptions{Ref: "heads/" + prefix})
	if err != nil {
		return nil, explain(err, "list the branches %s… of %s/%s", prefix, r.Owner, r.Name)
	}
	branches := map[string]string{}
	for _, ref := range refs { // GitHub gives them all at once
		branches[strings.TrimPrefix(ref.GetRef(), heads)] = ref.GetObject().GetSHA()
	}
	return branches, nil
}

// hindering are the rules that keep the App from making its branches and
// adding to them (github-facts.md section 5).
var hindering = map[string]string{
	"creation": "branches may not be created", "update": "branches may not be updated", "required_signatures": "commits must be signed",
	"pull_request": "branches change by pull requests only", "merge_queue": "branches change by a merge queue only",
}

// Hindrance tells, in words, which rule of the repository would keep the App
// from making a branch of this name or adding to it; "" if none would.
func (r *Repo) Hindrance(ctx context.Context, branch string) (string, error) {
	// go-github's own call fails for each kind of rule that it does not know
	path := fmt.Sprintf("repos/%s/%s/rules/branches/%s?per_page=100", url.PathEscape(r.Owner), url.PathEscape(r.Name), escapeBranch(branch))
	request, err := r.client.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return "", fmt.Errorf("read the rules of branch %s in %s/%s: %w", branch, r.Owner, r.Name, err)
	}
	var rules []struct {
		Type string `json:"type"`
	}
	_, err = r.client.Do(ctx, request, &rules)
	if hasStatus(err, http.StatusForbidden) && strings.Contains(err.Error(), "Upgrade to") {
		return "", nil // free plans have no rulesets in private repositories (github/branch-deploy#345)
	}
	if err != nil {
		return "", explain(err, "read the rules of branch %s in %s/%s", branch, r.Owner, r.Name)
	}
	for _, rule := range rules {
		if why := hindering[rule.Type]; why != "" {
			return why, nil
		}
	}
	return "", nil
}

// escapeBranch writes a branch's name for a path that takes several segments.
func escapeBranch(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// PutBranch makes a branch at a commit. taken is true if there is one of that
// name that stands elsewhere; it is left alone.
func (r *Repo) PutBranch(ctx context.Context, name, sha string) (taken bool, err error) {
	_, _, err = r.client.Git.CreateRef(ctx, r.Owner, r.Name, &github.Reference{
		Ref: github.String(heads + name), Object: &github.GitObject{SHA: github.String(sha)},
	})
	if !hasStatus(err, http.StatusUnprocessableEntity) || !strings.Contains(err.Error(), "already exists") {
		return false, notAllowed(err, "make branch %s in %s/%s", name, r.Owner, r.Name)
	}
	branches, err := r.Branches(ctx, name)
	return err == nil && branches[name] != sha, err
}

// MoveBranch moves a branch to a descendant of the commit where it stands.
// moved is false if it stands somewhere else or is gone: nothing is forced.
func (r *Repo) MoveBranch(ctx context.Context, name, sha string) (moved bool, err error) {
	_, _, err = r.client.Git.UpdateRef(ctx, r.Owner, r.Name, &github.Reference{
		Ref: github.String(heads + name), Object: &github.GitObject{SHA: github.String(sha)},
	}, false)
	if hasStatus(err, http.StatusUnprocessableEntity) &&
		(strings.Contains(err.Error(), "fast forward") || strings.Contains(err.Error(), noRef)) {
		return false, nil
	}
	return err == nil, notAllowed(err, "move branch %s of %s/%s to %s", name, r.Owner, r.Name, sha)
}

// DeleteBranch deletes a branch; one that is gone is no error.
func (r *Repo) DeleteBranch(ctx context.Context, name string) error {
	_, err := r.client.Git.DeleteRef(ctx, r.Owner, r.Name, "heads/"+name)
	if hasStatus(err, http.StatusNotFound) || hasStatus(err, http.StatusUnprocessableEntity) && strings.Contains(err.Error(), noRef) {
		return nil
	}
	return notAllowed(err, "delete branch %s of %s/%s", name, r.Owner, r.Name)
}
