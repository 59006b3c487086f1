package fakegithub

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Rename gives the repository another name. API calls with the old one are
// answered 301 towards /repositories/{id} until a new repository takes the name;
// downloads are sent on to the new one. Webhook: repository renamed.
func (r *Repository) Rename(by *User, name string) {
	g := r.github
	defer g.lock()()
	before, old := r.name, r.fullName()
	r.former = append(r.former, strings.ToLower(old))
	r.name = name
	g.emit(r, "repository", "renamed", by, object{"changes": object{"repository": object{"name": object{"from": before}}}})
	g.changed(Change{Kind: "repository", Action: "renamed", Repository: r.fullName(), By: by.Login, Text: by.Login + " renamed " + old + " to " + r.fullName()})
}

// SetPrivate hides the repository, or shows it again: users without a grant have
// the role none, and downloads need a link that an API call gave. Webhook:
// repository privatized or publicized; none if nothing changes.
func (r *Repository) SetPrivate(by *User, private bool) {
	g := r.github
	defer g.lock()()
	if r.private == private {
		return
	}
	r.private = private
	action := "publicized"
	if private {
		action = "privatized"
	}
	g.emit(r, "repository", action, by, nil)
	g.changed(Change{Kind: "repository", Action: action, Repository: r.fullName(), By: by.Login, Text: by.Login + " " + action + " " + r.fullName()})
}

// Transfer gives the repository to another account; who owned it stays as somebody
// who may write. Webhook: repository transferred, which only the new owner's
// installation gets (facts 6).
func (r *Repository) Transfer(by, to *User) {
	g := r.github
	defer g.lock()()
	from, old := r.owner, r.fullName()
	if from == to {
		return
	}
	r.former = append(r.former, strings.ToLower(old))
	if from.Type == "User" {
		r.roles[from] = "write"
	}
	r.owner = to
	kind := strings.ToLower(from.Type)
	g.emit(r, "repository", "transferred", by, object{"changes": object{"owner": object{"from": object{kind: g.userJSON(from)}}}})
	g.changed(Change{Kind: "repository", Action: "transferred", Repository: r.fullName(), By: by.Login, Text: by.Login + " transferred " + old + " to " + to.Login})
}

// Delete deletes the repository with all that is in it. Another one of its name
// has another id. Webhook: repository deleted.
func (r *Repository) Delete(by *User) {
	g := r.github
	defer g.lock()()
	g.emit(r, "repository", "deleted", by, nil)
	g.repositories = slices.DeleteFunc(g.repositories, func(other *Repository) bool { return other == r })
	g.changed(Change{Kind: "repository", Action: "deleted", Repository: r.fullName(), By: by.Login, Text: by.Login + " deleted " + r.fullName()})
}

// formerly finds the repository that was renamed last from this name, nil if there is none.
func (g *GitHub) formerly(owner, name string) *Repository {
	old := strings.ToLower(owner + "/" + name)
	for _, r := range slices.Backward(g.repositories) {
		if slices.Contains(r.former, old) {
			return r
		}
	}
	return nil
}

var ofRepository = regexp.MustCompile(`^/repos/[^/]+/[^/]+`)

// movedTo is the answer to a call with a former name, whatever its method
// (github-facts.md 12, trap 14).
func (q *request) movedTo(r *Repository) answer {
	_, rest, _ := strings.Cut(q.escapedPath, apiPrefix)
	target := q.github.api("/repositories/%d", r.ID) + ofRepository.ReplaceAllString(rest, "")
	if q.URL.RawQuery != "" {
		target += "?" + q.URL.RawQuery
	}
	a := reply(http.StatusMovedPermanently, object{
		"message": "Moved Permanently", "url": target, "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
	})
	a.header.Set("Location", target)
	return a
}

var byID = regexp.MustCompile(`^/repositories/(\d+)`)

// named turns /repositories/{id}/… into /repos/{owner}/{repo}/… . Paths of
// unknown repositories, and all others, stay as they are.
func (g *GitHub) named(r *http.Request) *http.Request {
	match := byID.FindStringSubmatch(r.URL.EscapedPath())
	if match == nil {
		return r
	}
	defer g.lock()()
	index := slices.IndexFunc(g.repositories, func(repository *Repository) bool { return strconv.FormatInt(repository.ID, 10) == match[1] })
	if index < 0 {
		return r
	}
	prefix := "/repos/" + g.repositories[index].fullName()
	named := r.Clone(r.Context())
	named.URL.Path = prefix + strings.TrimPrefix(r.URL.Path, match[0])
	if r.URL.RawPath != "" {
		named.URL.RawPath = prefix + strings.TrimPrefix(r.URL.RawPath, match[0])
	}
	return named
}
