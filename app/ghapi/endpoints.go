package ghapi

import "strings"

// Other is the endpoint of calls that [Endpoint] does not know.
const Other = "other"

const (
	ofRepo       = "/repos/{owner}/{repo}"
	ofTeam       = "/orgs/{org}/teams/{team_slug}"
	accessTokens = "/access_tokens"
)

// endpoints are the calls that the App makes, as GitHub's description writes
// them; {name...} takes several segments. The first that fits counts.
var endpoints = []string{
	"GET /app",
	"GET /app/installations",
	"GET /app/installations/{installation_id}",
	"POST /app/installations/{installation_id}" + accessTokens,
	"GET /app/hook/config",
	"GET /app/hook/deliveries",
	"GET /app/hook/deliveries/{delivery_id}",
	"POST /app/hook/deliveries/{delivery_id}/attempts",
	"GET /orgs/{org}/installation",
	"GET " + ofTeam,
	"GET " + ofTeam + "/members",
	"GET " + ofTeam + "/memberships/{username}",
	"GET /rate_limit",
	"GET /user",
	"GET /users/{username}",
	"GET /user/{account_id}",

	"GET " + ofRepo,
	"GET " + ofRepo + "/installation",
	"GET " + ofRepo + "/collaborators/{username}/permission",
	"GET " + ofRepo + "/branches/{branch...}",
	"GET " + ofRepo + "/rules/branches/{branch...}",
	"GET " + ofRepo + "/commits",
	"GET " + ofRepo + "/commits/{ref...}/check-runs",
	"GET " + ofRepo + "/commits/{ref...}/check-suites",
	"GET " + ofRepo + "/commits/{ref...}",
	"GET " + ofRepo + "/compare/{basehead...}",
	"GET " + ofRepo + "/contents/{path...}",
	"GET " + ofRepo + "/tarball/{ref...}",
	"GET " + ofRepo + "/git/ref/{ref...}",
	"GET " + ofRepo + "/git/matching-refs/{ref...}",
	"GET " + ofRepo + "/git/tags/{tag_sha}",
	"GET " + ofRepo + "/git/commits/{commit_sha}",
	"GET " + ofRepo + "/git/trees/{tree_sha...}",
	"GET " + ofRepo + "/git/blobs/{file_sha}",
	"POST " + ofRepo + "/git/blobs",
	"POST " + ofRepo + "/git/trees",
	"POST " + ofRepo + "/git/commits",
	"POST " + ofRepo + "/git/refs",
	"PATCH " + ofRepo + "/git/refs/{ref...}",
	"DELETE " + ofRepo + "/git/refs/{ref...}",

	"GET " + ofRepo + "/releases",
	"GET " + ofRepo + "/releases/latest",
	"GET " + ofRepo + "/releases/tags/{tag...}",
	"GET " + ofRepo + "/releases/assets/{asset_id}",
	"GET " + ofRepo + "/releases/{release_id}/assets",
	"GET " + ofRepo + "/releases/{release_id}",

	"POST " + ofRepo + "/check-runs",
	"GET " + ofRepo + "/check-runs/{check_run_id}",
	"PATCH " + ofRepo + "/check-runs/{check_run_id}",
	"GET " + ofRepo + "/check-runs/{check_run_id}/annotations",
	"GET " + ofRepo + "/check-suites/{check_suite_id}",

	"GET " + ofRepo + "/deployments",
	"POST " + ofRepo + "/deployments",
	"POST " + ofRepo + "/deployments/{deployment_id}/statuses",

	"GET " + ofRepo + "/pulls",
	"POST " + ofRepo + "/pulls",
	"GET " + ofRepo + "/pulls/{pull_number}",
	"PATCH " + ofRepo + "/pulls/{pull_number}",
	"GET " + ofRepo + "/pulls/{pull_number}/files",
	"GET " + ofRepo + "/pulls/{pull_number}/commits",
	"GET " + ofRepo + "/pulls/{pull_number}/reviews",
	"GET " + ofRepo + "/pulls/{pull_number}/requested_reviewers",
	"POST " + ofRepo + "/pulls/{pull_number}/requested_reviewers",
	"DELETE " + ofRepo + "/pulls/{pull_number}/requested_reviewers",

	"GET " + ofRepo + "/issues/{issue_number}",
	"GET " + ofRepo + "/issues/{issue_number}/comments",
	"POST " + ofRepo + "/issues/{issue_number}/comments",
	"GET " + ofRepo + "/issues/comments/{comment_id}",
	"PATCH " + ofRepo + "/issues/comments/{comment_id}",
	"DELETE " + ofRepo + "/issues/comments/{comment_id}",
	"GET " + ofRepo + "/issues/comments/{comment_id}/reactions",
	"POST " + ofRepo + "/issues/comments/{comment_id}/reactions",
	"GET " + ofRepo + "/issues/{issue_number}/reactions",
	"POST " + ofRepo + "/issues/{issue_number}/reactions",
	"GET " + ofRepo + "/issues/{issue_number}/labels",
	"POST " + ofRepo + "/issues/{issue_number}/labels",
	"PUT " + ofRepo + "/issues/{issue_number}/labels",
	"DELETE " + ofRepo + "/issues/{issue_number}/labels/{name}",
	"GET " + ofRepo + "/labels",
	"POST " + ofRepo + "/labels",
	"GET " + ofRepo + "/labels/{name}",
	"PATCH " + ofRepo + "/labels/{name}",
	"DELETE " + ofRepo + "/labels/{name}",
}

// endpoint is one of them, taken apart.
type endpoint struct {
	name     string // without the dots
	method   string
	segments []string
}

var templates = func() (list []endpoint) {
	for _, described := range endpoints {
		method, path, _ := strings.Cut(described, " ")
		list = append(list, endpoint{strings.ReplaceAll(described, "...}", "}"), method, strings.Split(path, "/")})
	}
	return list
}()

// Endpoint is a call as GitHub's description writes it, be its path escaped or
// not: "GET /repos/{owner}/{repo}". It has no name in it, and there are few of
// them. Calls that the App does not make are [Other].
func Endpoint(method, path string) string {
	segments := strings.Split(path, "/")
	for _, t := range templates {
		if t.method == method && fits(t.segments, segments) {
			return t.name
		}
	}
	return Other
}

// Endpoints are all that [Endpoint] may return.
func Endpoints() []string {
	list := []string{Other}
	for _, t := range templates {
		list = append(list, t.name)
	}
	return list
}

// fits tells whether a path is of a template.
func fits(template, path []string) bool {
	switch {
	case len(template) == 0 || len(path) == 0:
		return len(template) == len(path)
	case strings.HasSuffix(template[0], "...}"):
		for taken := 1; taken <= len(path); taken++ {
			if fits(template[1:], path[taken:]) {
				return true
			}
		}
		return false
	case strings.HasPrefix(template[0], "{"):
		return path[0] != "" && fits(template[1:], path[1:])
	}
	return template[0] == path[0] && fits(template[1:], path[1:])
}
