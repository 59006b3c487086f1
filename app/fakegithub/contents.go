package fakegithub

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// resolve finds the commit of a branch, a tag (annotated or not), a full ref or a
// SHA of at least seven digits; "" if there is none.
func (r *Repository) resolve(ref string) string {
	for _, name := range []string{ref, "refs/" + ref, "refs/heads/" + ref, "refs/tags/" + ref} {
		if sha := r.refs[name]; sha != "" {
			return r.objects.peel(sha)
		}
	}
	if _, ok := r.objects.commit(ref); ok {
		return ref
	}
	found := ""
	for sha, o := range r.objects {
		if len(ref) >= 7 && o.kind == "commit" && strings.HasPrefix(sha, ref) {
			if found != "" {
				return "" // ambiguous
			}
			found = sha
		}
	}
	return found
}

// accepts says whether the caller asked for one of GitHub's own media types,
// with or without the old version in its name.
func (q *request) accepts(kind string) bool {
	accept := q.Header.Get("Accept")
	return strings.Contains(accept, "application/vnd.github."+kind) || strings.Contains(accept, "application/vnd.github.v3."+kind)
}

func inMediaType(kind string, data []byte) answer {
	return answer{status: http.StatusOK, raw: data, header: http.Header{"Content-Type": {"application/vnd.github." + kind + "; charset=utf-8"}}}
}

func noCommit(ref string) *apiError {
	return failure(http.StatusUnprocessableEntity, "No commit found for SHA: "+ref)
}

func (q *request) getBranch() (answer, error) {
	name := q.PathValue("branch")
	sha := q.repository.refs["refs/heads/"+name]
	if sha == "" {
		return answer{}, failure(http.StatusNotFound, "Branch not found")
	}
	self := q.github.api("/repos/%s/branches/%s", q.repository.fullName(), name)
	return reply(http.StatusOK, object{
		"name": name, "commit": q.github.commitJSON(q.repository, sha), "protected": false, "protection_url": self + "/protection",
		"_links": object{"self": self, "html": q.github.html("/%s/tree/%s", q.repository.fullName(), name)},
		"protection": object{
			"enabled": false, "required_status_checks": object{"enforcement_level": "off", "contexts": []string{}, "checks": []string{}},
		},
	}), nil
}

func (q *request) getCommit() (answer, error) {
	if q.repository.empty() {
		return answer{}, gitIsEmpty()
	}
	ref := q.PathValue("ref")
	sha := q.repository.resolve(ref)
	if sha == "" {
		return answer{}, noCommit(ref)
	}
	if q.accepts("sha") {
		return inMediaType("sha", []byte(sha)), nil
	}
	body := q.github.commitJSON(q.repository, sha)
	files, additions, deletions := q.github.diff(q.repository, q.repository.parentOf(sha), sha)
	body["files"], body["stats"] = files, object{"additions": additions, "deletions": deletions, "total": additions + deletions}
	return reply(http.StatusOK, body), nil
}

func (q *request) getGitCommit() (answer, error) {
	if q.repository.empty() {
		return answer{}, gitIsEmpty()
	}
	c, ok := q.repository.objects.commit(q.PathValue("commit_sha"))
	if !ok {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.gitCommitJSON(q.repository, c)), nil
}

// getTree takes the SHA of a tree or a commit, or a ref. A recursive answer over
// the limit is truncated.
func (q *request) getTree() (answer, error) {
	r, name := q.repository, q.PathValue("tree_sha")
	if r.empty() {
		return answer{}, gitIsEmpty()
	}
	sha := name
	if c, ok := r.objects.commit(r.resolve(name)); ok {
		sha = c.tree
	}
	if _, ok := r.objects.get("tree", sha); !ok {
		return answer{}, notFound()
	}
	entries := r.objects.entries(sha)
	if q.URL.Query().Has("recursive") { // any value counts, even 0
		entries = r.objects.walk(sha, "")
	}
	truncated := len(entries) > r.treeLimit
	rows := []object{}
	for _, e := range entries[:min(len(entries), r.treeLimit)] {
		rows = append(rows, q.github.treeEntryJSON(r, e))
	}
	return reply(http.StatusOK, object{
		"sha": sha, "url": q.github.api("/repos/%s/git/trees/%s", r.fullName(), sha), "tree": rows, "truncated": truncated,
	}), nil
}

func (g *GitHub) treeEntryJSON(r *Repository, e entry) object {
	row := object{"path": e.name, "mode": e.mode, "sha": e.sha}
	switch e.mode {
	case modeTree:
		row["mode"], row["type"] = "040000", "tree"
		row["url"] = g.api("/repos/%s/git/trees/%s", r.fullName(), e.sha)
	case ModeSubmodule:
		row["type"] = "commit"
	default:
		row["type"], row["size"] = "blob", len(r.objects[e.sha].data)
		row["url"] = g.api("/repos/%s/git/blobs/%s", r.fullName(), e.sha)
	}
	return row
}

// getBlob answers base64 in lines, or the bytes themselves if asked with the raw media type.
func (q *request) getBlob() (answer, error) {
	if q.repository.empty() {
		return answer{}, gitIsEmpty()
	}
	sha := q.PathValue("file_sha")
	data, ok := q.repository.objects.get("blob", sha)
	if !ok {
		return answer{}, notFound()
	}
	if len(data) > 100<<20 { // facts 5
		return answer{}, &apiError{http.StatusForbidden, "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API.", []object{{"resource": "Blob", "field": "data", "code": "too_large"}}}
	}
	if q.accepts("raw") {
		return inMediaType("raw", data), nil
	}
	return reply(http.StatusOK, object{
		"sha": sha, "node_id": nodeID("B", sha), "size": len(data), "encoding": "base64", "content": base64Lines(data),
		"url": q.github.api("/repos/%s/git/blobs/%s", q.repository.fullName(), sha),
	}), nil
}

// base64Lines encodes as GitHub does, in lines of 60 characters.
func base64Lines(data []byte) string {
	var content strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(data)), 60) {
		content.Write(line)
		content.WriteByte('\n')
	}
	return content.String()
}

// gitCommitJSON is GitHub's git-commit.
func (g *GitHub) gitCommitJSON(r *Repository, c commit) object {
	repo := r.fullName()
	parents := []object{}
	for _, parent := range c.parents {
		parents = append(parents, object{"sha": parent, "url": g.api("/repos/%s/git/commits/%s", repo, parent), "html_url": g.html("/%s/commit/%s", repo, parent)})
	}
	return object{
		"sha": c.sha, "node_id": nodeID("C", c.sha), "url": g.api("/repos/%s/git/commits/%s", repo, c.sha), "html_url": g.html("/%s/commit/%s", repo, c.sha),
		"author": signatureJSON(c.author), "committer": signatureJSON(c.committer), "message": c.message, "parents": parents,
		"tree":         object{"sha": c.tree, "url": g.api("/repos/%s/git/trees/%s", repo, c.tree)},
		"verification": unsigned(),
	}
}

func signatureJSON(s signature) object {
	return object{"name": s.name, "email": s.email, "date": stamp(s.at)}
}

// commitJSON is GitHub's commit: the git one inside, the accounts around it.
func (g *GitHub) commitJSON(r *Repository, sha string) object {
	c, _ := r.objects.commit(sha)
	inner := g.gitCommitJSON(r, c)
	body := object{
		"sha": sha, "node_id": inner["node_id"], "html_url": inner["html_url"], "parents": inner["parents"],
		"url": g.api("/repos/%s/commits/%s", r.fullName(), sha), "comments_url": g.api("/repos/%s/commits/%s/comments", r.fullName(), sha),
		"author": nil, "committer": nil,
	}
	for role, who := range map[string]signature{"author": c.author, "committer": c.committer} {
		if u := g.userOf(who); u != nil {
			body[role] = g.userJSON(u)
		}
	}
	for _, outer := range []string{"sha", "node_id", "html_url", "parents"} {
		delete(inner, outer)
	}
	inner["comment_count"] = 0
	body["commit"] = inner
	return body
}

func (r *Repository) filesAt(sha string) map[string]entry {
	c, _ := r.objects.commit(sha)
	return r.objects.files(c.tree)
}

func (r *Repository) parentOf(sha string) string {
	if c, _ := r.objects.commit(sha); len(c.parents) > 0 {
		return c.parents[0]
	}
	return ""
}
