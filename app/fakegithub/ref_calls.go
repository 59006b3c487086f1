package fakegithub

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// refName is what git takes for a ref, as far as people come near its limits.
var refName = regexp.MustCompile(`^refs/[^/]+(/[^/]+)+$`)

func validRef(name string) bool {
	return refName.MatchString(name) && !strings.ContainsAny(name, " ~^:?*[\\\x7f") && !strings.Contains(name, "..") && !strings.Contains(name, "@{") &&
		!slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
			return strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") || strings.HasSuffix(part, ".")
		})
}

type refInput struct {
	Ref   *string
	SHA   *string
	Force bool
}

// createRef makes a branch or a tag.
func (q *request) createRef() (answer, error) {
	r := q.repository
	if r.empty() {
		return answer{}, gitIsEmpty()
	}
	var in refInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	switch {
	case in.Ref == nil:
		return answer{}, malformed("\"ref\" wasn't supplied.")
	case !validRef(*in.Ref):
		return answer{}, unprocessable("Reference name must start with 'refs/' and contain at least two slashes, and be one that git takes.")
	case r.refs[*in.Ref] != "":
		return answer{}, unprocessable("Reference already exists")
	}
	for other := range r.refs {
		if within(other, *in.Ref) || within(*in.Ref, other) {
			return answer{}, unprocessable("Reference update failed") // git keeps refs as files and folders
		}
	}
	if err := q.writeRef(*in.Ref, in); err != nil {
		return answer{}, err
	}
	return q.created("/git/"+*in.Ref, q.github.refJSON(r, *in.Ref)), nil
}

// updateRef moves a ref: forward only, unless forced.
func (q *request) updateRef() (answer, error) {
	r, name := q.repository, "refs/"+q.PathValue("ref")
	if r.empty() {
		return answer{}, gitIsEmpty()
	}
	var in refInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if r.refs[name] == "" {
		return answer{}, unprocessable("Reference does not exist")
	}
	if err := q.writeRef(name, in); err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, q.github.refJSON(r, name)), nil
}

// writeRef does what creating and updating have in common: the object, the
// direction, the workflows and the rules are checked, then the ref is moved.
func (q *request) writeRef(name string, in refInput) error {
	r := q.repository
	if in.SHA == nil {
		return malformed("\"sha\" wasn't supplied.")
	}
	sha, before := *in.SHA, r.refs[name]
	found, ok := r.objects[sha]
	if !ok {
		return unprocessable("Object does not exist")
	}
	if strings.HasPrefix(name, "refs/heads/") && found.kind != "commit" {
		return unprocessable("Reference update failed")
	}
	forward := before == "" || r.contains(r.objects.peel(sha), r.objects.peel(before))
	if !forward && !in.Force {
		return unprocessable("Update is not a fast forward")
	}
	added := r.commitsOnlyIn(sha)
	if !q.token.may("workflows:write") && slices.ContainsFunc(added, r.changesWorkflows) {
		return failure(http.StatusForbidden, "Resource not accessible by integration")
	}
	if err := r.allowed(refChange{name: name, created: before == "", forced: !forward, added: added}); err != nil {
		return err
	}
	r.moveRef(q.app.bot, name, sha)
	return nil
}

func (q *request) deleteRef() (answer, error) {
	r, name := q.repository, "refs/"+q.PathValue("ref")
	switch {
	case r.empty():
		return answer{}, gitIsEmpty()
	case r.refs[name] == "":
		return answer{}, unprocessable("Reference does not exist")
	case name == "refs/heads/"+r.defaultBranch:
		return answer{}, unprocessable("Cannot delete the default branch")
	}
	if err := r.allowed(refChange{name: name, deleted: true}); err != nil {
		return answer{}, err
	}
	r.moveRef(q.app.bot, name, "")
	return nothing(), nil
}

// nothing is an answer without a body.
func nothing() answer { return answer{status: http.StatusNoContent, header: http.Header{}} }
