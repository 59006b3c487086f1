package fakegithub

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// CreateTag points a tag at a commit ("" = the default branch's head); one of
// that name is moved. With a message it is an annotated tag, a git object of its
// own. Webhook: push of refs/tags/<name>. It returns the SHA the ref points at.
func (r *Repository) CreateTag(by *User, name, commit, message string) string {
	defer r.github.lock()()
	return r.tag(by, name, commit, message)
}

func (r *Repository) tag(by *User, name, target, message string) string {
	g, ref := r.github, "refs/tags/"+name
	if target == "" {
		target = r.head()
	}
	if _, ok := r.objects.commit(target); !ok {
		panic(fmt.Sprintf("fakegithub: tag %s of %s: there is no commit %q", name, r.fullName(), target)) // a mistake of the caller
	}
	sha := target
	if message != "" {
		sha = r.objects.put("tag", fmt.Appendf(nil, "object %s\ntype commit\ntag %s\ntagger %s\n\n%s", target, name, signature{by.Login, email(by), g.now()}, message))
	}
	r.moveRef(by, ref, sha)
	return sha
}

// peel follows an annotated tag to its commit; any other object is itself.
func (o objects) peel(sha string) string {
	data, ok := o.get("tag", sha)
	if !ok {
		return sha
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return o.peel(strings.TrimPrefix(line, "object "))
}

// gitIsEmpty is GitHub's answer about the git data of a repository without a commit.
func gitIsEmpty() *apiError {
	return failure(http.StatusConflict, "Git Repository is empty.")
}

func (q *request) getRef() (answer, error) {
	if q.repository.empty() {
		return answer{}, gitIsEmpty()
	}
	name := "refs/" + q.PathValue("ref")
	if q.repository.refs[name] == "" {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.refJSON(q.repository, name)), nil
}

// listMatchingRefs answers with every ref that begins so, by name. It has no pages.
func (q *request) listMatchingRefs() (answer, error) {
	if q.repository.empty() {
		return answer{}, gitIsEmpty()
	}
	rows := []object{}
	for _, name := range slices.Sorted(maps.Keys(q.repository.refs)) {
		if strings.HasPrefix(name, "refs/"+q.PathValue("ref")) {
			rows = append(rows, q.github.refJSON(q.repository, name))
		}
	}
	return reply(http.StatusOK, rows), nil
}

func (q *request) getGitTag() (answer, error) {
	if q.repository.empty() {
		return answer{}, gitIsEmpty()
	}
	sha, repo := q.PathValue("tag_sha"), q.repository.fullName()
	data, ok := q.repository.objects.get("tag", sha)
	if !ok {
		return answer{}, notFound()
	}
	header, message, _ := strings.Cut(string(data), "\n\n")
	fields := map[string]string{}
	for line := range strings.SplitSeq(header, "\n") {
		name, value, _ := strings.Cut(line, " ")
		fields[name] = value
	}
	return reply(http.StatusOK, object{
		"sha": sha, "node_id": nodeID("TA", sha), "url": q.github.api("/repos/%s/git/tags/%s", repo, sha), "tag": fields["tag"], "message": message,
		"tagger":       signatureJSON(parseSignature(fields["tagger"])),
		"object":       object{"sha": fields["object"], "type": fields["type"], "url": q.github.api("/repos/%s/git/commits/%s", repo, fields["object"])},
		"verification": unsigned(),
	}), nil
}

// refJSON is GitHub's git-ref.
func (g *GitHub) refJSON(r *Repository, name string) object {
	sha, repo := r.refs[name], r.fullName()
	kind := r.objects[sha].kind
	return object{
		"ref": name, "node_id": nodeID("REF", name), "url": g.api("/repos/%s/git/%s", repo, name),
		"object": object{"sha": sha, "type": kind, "url": g.api("/repos/%s/git/%ss/%s", repo, kind, sha)},
	}
}

func unsigned() object {
	return object{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
}
