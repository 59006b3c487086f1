package fakegithub

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

const contentsLimit = 1 << 20 // above, contents are not in the JSON (facts 9)

// getContents describes a file, link, submodule or folder of a commit. A file's
// bytes are given if asked for with the raw media type. A link is not followed.
func (q *request) getContents() (answer, error) {
	r, query := q.repository, q.URL.Query()
	ref := query.Get("ref")
	if ref == "" {
		ref = r.defaultBranch
	}
	sha := r.resolve(ref)
	if r.empty() {
		return answer{}, failure(http.StatusNotFound, "This repository is empty.")
	}
	if sha == "" {
		return answer{}, failure(http.StatusNotFound, "No commit found for the ref "+ref)
	}
	c, _ := r.objects.commit(sha)
	wanted := path.Clean(q.PathValue("path"))
	for _, e := range r.objects.walk(c.tree, "") {
		if e.name != wanted {
			continue
		}
		if e.mode == modeTree {
			rows := []object{}
			for _, inside := range r.objects.entries(e.sha) {
				inside.name = path.Join(e.name, inside.name)
				rows = append(rows, q.github.contentJSON(r, inside, ref))
			}
			return reply(http.StatusOK, rows), nil
		}
		return q.content(e, ref), nil
	}
	return answer{}, notFound()
}

func (q *request) content(e entry, ref string) answer {
	data, isFile := q.repository.objects.get("blob", e.sha)
	if isFile && q.accepts("raw") {
		return inMediaType("raw", data)
	}
	body := q.github.contentJSON(q.repository, e, ref)
	switch body["type"] {
	case "symlink":
		body["target"] = string(data)
	case "submodule":
		body["submodule_git_url"] = q.github.html("/%s", e.name) // .gitmodules is not read
	default:
		body["encoding"], body["content"] = "base64", base64Lines(data)
		if len(data) > contentsLimit {
			body["encoding"], body["content"] = "none", ""
		}
	}
	return reply(http.StatusOK, body)
}

// contentJSON is what GitHub's contents have in common.
func (g *GitHub) contentJSON(r *Repository, e entry, ref string) object {
	name, kind, folder := escaped(e.name), "file", "blob"
	var download any = g.html("/raw/%s/%s/%s", r.fullName(), url.PathEscape(ref), name)
	switch e.mode {
	case modeTree:
		kind, folder, download = "dir", "tree", nil
	case ModeSubmodule:
		kind, folder, download = "submodule", "tree", nil
	case ModeSymlink:
		kind = "symlink"
	}
	self := g.api("/repos/%s/contents/%s?ref=%s", r.fullName(), name, url.QueryEscape(ref))
	html, git := g.html("/%s/%s/%s/%s", r.fullName(), folder, url.PathEscape(ref), name), g.api("/repos/%s/git/%ss/%s", r.fullName(), folder, e.sha)
	size := 0
	if data, ok := r.objects.get("blob", e.sha); ok {
		size = len(data)
	}
	return object{
		"type": kind, "name": path.Base(e.name), "path": e.name, "sha": e.sha, "size": size, "url": self, "html_url": html, "git_url": git,
		"download_url": download, "_links": object{"self": self, "html": html, "git": git},
	}
}

// escaped makes a path fit for an address: each of its parts by itself.
func escaped(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}
