package fakegithub

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// route is one endpoint. needs is what its caller has to have: "app" (the App's
// own JWT), "user" (a person's token), "nobody" (credentials are not looked at), ""
// (any installation token), or permissions of the installation of which one is
// enough, e.g. "issues:write|pull_requests:write".
type route struct {
	pattern string // method and path with GitHub's own parameter names; {name...} takes several segments
	needs   string
	serve   func(*request) (answer, error)
}

// name is the path as GitHub's description writes it.
func (r route) name() string {
	_, path, _ := strings.Cut(r.pattern, " ")
	return strings.ReplaceAll(path, "...}", "}")
}

// router finds the route of a request. http.ServeMux cannot: it refuses
// issues/comments/{id} beside issues/{number}/comments, and takes several
// segments only at the end, but refs with slashes stand before /check-runs.
type router []compiledRoute

type compiledRoute struct {
	route
	method string
	path   *regexp.Regexp
	fixed  int // literal characters: the more, the more specific
}

var parameter = regexp.MustCompile(`\{(\w+)(\.\.\.)?\}`)

func newRouter(routes []route) router {
	var compiled router
	for _, r := range routes {
		method, path, _ := strings.Cut(r.pattern, " ")
		expression := parameter.ReplaceAllStringFunc(path, func(p string) string {
			name := parameter.FindStringSubmatch(p)
			if name[2] != "" {
				return "(?P<" + name[1] + ">.+)"
			}
			return "(?P<" + name[1] + ">[^/]+)"
		})
		compiled = append(compiled, compiledRoute{
			route: r, method: method, path: regexp.MustCompile("^" + expression + "$"),
			fixed: len(parameter.ReplaceAllString(path, "")),
		})
	}
	slices.SortStableFunc(compiled, func(a, b compiledRoute) int { return b.fixed - a.fixed })
	return compiled
}

// find sets the request's path values and returns its route, or one that answers 404.
func (routes router) find(r *http.Request) route {
	for _, candidate := range routes {
		if candidate.method != r.Method {
			continue
		}
		match := candidate.path.FindStringSubmatch(r.URL.EscapedPath())
		if match == nil {
			continue
		}
		for i, name := range candidate.path.SubexpNames()[1:] {
			value, err := url.PathUnescape(match[i+1])
			if err != nil {
				return unknownRoute
			}
			r.SetPathValue(name, value)
		}
		return candidate.route
	}
	return unknownRoute
}

var unknownRoute = route{serve: func(*request) (answer, error) { return answer{}, notFound() }}

// routes lists every endpoint: one line and one method each.
func routes() []route {
	const repo, team = "/repos/{owner}/{repo}", "/orgs/{org}/teams/{team_slug}"
	// Of a pull request its comments and labels are the issue's: either permission is enough.
	const issues, readIssues = "issues:write|pull_requests:write", "issues:read|pull_requests:read"
	return []route{
		// The App itself.
		{"GET /app", "app", (*request).getApp},
		{"GET /app/installations", "app", (*request).listInstallations},
		{"GET /app/installations/{installation_id}", "app", (*request).getInstallation},
		{"POST /app/installations/{installation_id}/access_tokens", "app", (*request).createToken},
		{"POST /app-manifests/{code}/conversions", "nobody", (*request).convertManifest},
		{"GET /app/hook/config", "app", (*request).getHookConfig},
		{"GET /app/hook/deliveries", "app", (*request).listDeliveries},
		{"GET /app/hook/deliveries/{delivery_id}", "app", (*request).getDelivery},
		{"POST /app/hook/deliveries/{delivery_id}/attempts", "app", (*request).redeliver},
		{"GET " + repo + "/installation", "app", (*request).getRepositoryInstallation},
		{"GET /orgs/{org}/installation", "app", (*request).getOrganizationInstallation},

		// Accounts and limits.
		{"GET /rate_limit", "", (*request).getRateLimit},
		{"GET /users/{username}", "", (*request).getUser},
		{"GET /user", "user", (*request).getAuthenticatedUser},

		// Teams.
		{"GET " + team, "members:read", (*request).getTeam},
		{"GET " + team + "/members", "members:read", (*request).listMembers},
		{"GET " + team + "/memberships/{username}", "members:read", (*request).getMembership},

		// Repositories and git.
		{"GET " + repo, "metadata:read", (*request).getRepository},
		{"GET " + repo + "/collaborators/{username}/permission", "metadata:read", (*request).getPermission},
		{"GET " + repo + "/branches/{branch...}", "contents:read", (*request).getBranch},
		{"GET " + repo + "/commits", "contents:read", (*request).listCommits},
		{"GET " + repo + "/commits/{ref...}", "contents:read", (*request).getCommit},
		{"GET " + repo + "/compare/{basehead...}", "contents:read", (*request).compare},
		{"GET " + repo + "/contents/{path...}", "contents:read", (*request).getContents},
		{"GET " + repo + "/tarball/{ref...}", "contents:read", (*request).getTarball},
		{"GET " + repo + "/git/ref/{ref...}", "contents:read", (*request).getRef},
		{"GET " + repo + "/git/matching-refs/{ref...}", "contents:read", (*request).listMatchingRefs},
		{"GET " + repo + "/git/tags/{tag_sha}", "contents:read", (*request).getGitTag},
		{"GET " + repo + "/git/commits/{commit_sha}", "contents:read", (*request).getGitCommit},
		{"GET " + repo + "/git/trees/{tree_sha...}", "contents:read", (*request).getTree},
		{"GET " + repo + "/git/blobs/{file_sha}", "contents:read", (*request).getBlob},
		{"POST " + repo + "/git/blobs", "contents:write", (*request).createBlob},
		{"POST " + repo + "/git/trees", "contents:write", (*request).createTree},
		{"POST " + repo + "/git/commits", "contents:write", (*request).createCommit},
		{"POST " + repo + "/git/refs", "contents:write", (*request).createRef},
		{"PATCH " + repo + "/git/refs/{ref...}", "contents:write", (*request).updateRef},
		{"DELETE " + repo + "/git/refs/{ref...}", "contents:write", (*request).deleteRef},
		{"GET " + repo + "/rules/branches/{branch...}", "metadata:read", (*request).listBranchRules},

		// Releases.
		{"GET " + repo + "/releases", "contents:read", (*request).listReleases},
		{"GET " + repo + "/releases/latest", "contents:read", (*request).getLatestRelease},
		{"GET " + repo + "/releases/tags/{tag...}", "contents:read", (*request).getReleaseOfTag},
		{"GET " + repo + "/releases/{release_id}", "contents:read", (*request).getRelease},
		{"GET " + repo + "/releases/{release_id}/assets", "contents:read", (*request).listAssets},
		{"GET " + repo + "/releases/assets/{asset_id}", "contents:read", (*request).getAsset},

		// Checks.
		{"POST " + repo + "/check-runs", "checks:write", (*request).createCheckRun},
		{"GET " + repo + "/check-runs/{check_run_id}", "checks:read", (*request).getCheckRun},
		{"PATCH " + repo + "/check-runs/{check_run_id}", "checks:write", (*request).updateCheckRun},
		{"GET " + repo + "/check-runs/{check_run_id}/annotations", "checks:read", (*request).listAnnotations},
		{"GET " + repo + "/commits/{ref...}/check-runs", "checks:read", (*request).listCheckRuns},
		{"GET " + repo + "/check-suites/{check_suite_id}", "checks:read", (*request).getCheckSuite},
		{"GET " + repo + "/commits/{ref...}/check-suites", "checks:read", (*request).listCheckSuites},

		// Deployments.
		{"POST " + repo + "/deployments", "deployments:write", (*request).createDeployment},
		{"GET " + repo + "/deployments", "deployments:read", (*request).listDeployments},
		{"POST " + repo + "/deployments/{deployment_id}/statuses", "deployments:write", (*request).createDeploymentStatus},
		{"GET " + repo + "/deployments/{deployment_id}/statuses", "deployments:read", (*request).listDeploymentStatuses},

		// Pull requests.
		{"POST " + repo + "/pulls", "pull_requests:write", (*request).createPull},
		{"GET " + repo + "/pulls", "pull_requests:read", (*request).listPulls},
		{"GET " + repo + "/pulls/{pull_number}", "pull_requests:read", (*request).getPull},
		{"PATCH " + repo + "/pulls/{pull_number}", "pull_requests:write", (*request).updatePull},
		{"GET " + repo + "/pulls/{pull_number}/files", "pull_requests:read", (*request).listPullFiles},
		{"GET " + repo + "/pulls/{pull_number}/commits", "pull_requests:read", (*request).listPullCommits},

		{"GET " + repo + "/pulls/{pull_number}/merge", "contents:read", (*request).getMerge},
		{"PUT " + repo + "/pulls/{pull_number}/merge", "contents:write", (*request).mergePull},
		{"GET " + repo + "/pulls/{pull_number}/requested_reviewers", "pull_requests:read", (*request).getReviewers},
		{"POST " + repo + "/pulls/{pull_number}/requested_reviewers", "pull_requests:write", (*request).requestReviewers},
		{"DELETE " + repo + "/pulls/{pull_number}/requested_reviewers", "pull_requests:write", (*request).removeReviewers},
		{"GET " + repo + "/pulls/{pull_number}/reviews", "pull_requests:read", (*request).listReviews},
		{"POST " + repo + "/pulls/{pull_number}/reviews", "pull_requests:write", (*request).createReview},
		{"GET " + repo + "/pulls/{pull_number}/reviews/{review_id}", "pull_requests:read", (*request).getReview},
		{"PUT " + repo + "/pulls/{pull_number}/reviews/{review_id}", "pull_requests:write", (*request).updateReview},
		{"PUT " + repo + "/pulls/{pull_number}/reviews/{review_id}/dismissals", "pull_requests:write", (*request).dismissReview},
		{"POST " + repo + "/pulls/{pull_number}/reviews/{review_id}/events", "pull_requests:write", (*request).submitReview},

		// Issues, comments, reactions.
		{"GET " + repo + "/issues/{issue_number}", readIssues, (*request).getIssue},
		{"GET " + repo + "/issues/{issue_number}/comments", readIssues, (*request).listComments},
		{"POST " + repo + "/issues/{issue_number}/comments", issues, (*request).createComment},
		{"GET " + repo + "/issues/comments/{comment_id}", readIssues, (*request).getComment},
		{"PATCH " + repo + "/issues/comments/{comment_id}", issues, (*request).updateComment},
		{"DELETE " + repo + "/issues/comments/{comment_id}", issues, (*request).deleteComment},
		{"GET " + repo + "/issues/comments/{comment_id}/reactions", readIssues, (*request).listCommentReactions},
		{"POST " + repo + "/issues/comments/{comment_id}/reactions", issues, (*request).createCommentReaction},
		{"GET " + repo + "/issues/{issue_number}/reactions", readIssues, (*request).listIssueReactions},
		{"POST " + repo + "/issues/{issue_number}/reactions", issues, (*request).createIssueReaction},

		// Labels.
		{"GET " + repo + "/labels", readIssues, (*request).listLabels},
		{"POST " + repo + "/labels", issues, (*request).createLabel},
		{"GET " + repo + "/labels/{name}", readIssues, (*request).getLabel},
		{"PATCH " + repo + "/labels/{name}", issues, (*request).updateLabel},
		{"DELETE " + repo + "/labels/{name}", issues, (*request).deleteLabel},
		{"GET " + repo + "/issues/{issue_number}/labels", readIssues, (*request).listIssueLabels},
		{"POST " + repo + "/issues/{issue_number}/labels", issues, (*request).addIssueLabels},
		{"PUT " + repo + "/issues/{issue_number}/labels", issues, (*request).setIssueLabels},
		{"DELETE " + repo + "/issues/{issue_number}/labels/{name}", issues, (*request).removeIssueLabel},
	}
}
