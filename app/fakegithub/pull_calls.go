package fakegithub

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

type pullInput struct {
	Title    *string
	Body     *string
	Head     *string
	Base     *string
	State    *string
	Draft    bool
	Issue    *int64
	HeadRepo *string `json:"head_repo"`
}

// maxTitle is the most characters a title may have.
const maxTitle = 256

func invalidPull(field, code, message string) *apiError {
	detail := object{"resource": "PullRequest", "field": field, "code": code}
	if message != "" {
		detail["message"] = message
	}
	return refused(detail)
}

// check refuses texts that are none.
func (in pullInput) check() error {
	switch {
	case in.Title != nil && strings.TrimSpace(*in.Title) == "":
		return invalidPull("title", "missing_field", "")
	case in.Title != nil && tooLong(*in.Title, maxTitle):
		return invalidPull("title", "custom", "title is too long (maximum is 256 characters)")
	case in.Body != nil && tooLong(*in.Body, maxText):
		return invalidPull("body", "custom", "body is too long (maximum is 65536 characters)")
	case in.State != nil && *in.State != "open" && *in.State != "closed":
		return invalidPull("state", "invalid", "")
	}
	return nil
}

// pull is the one the path names, nil if there is none.
func (q *request) pull() *PullRequest {
	n := q.id("pull_number")
	if n < 1 || n > int64(len(q.repository.issues)) {
		return nil
	}
	return q.repository.issues[n-1].pull
}

// createPull opens a pull request of two branches of the repository. Forks, and
// issues that become pull requests, are not simulated: they are refused.
func (q *request) createPull() (answer, error) {
	var in pullInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	switch {
	case in.Head == nil:
		return answer{}, malformed("\"head\" wasn't supplied.")
	case in.Base == nil:
		return answer{}, malformed("\"base\" wasn't supplied.")
	case in.Title == nil:
		return answer{}, invalidPull("title", "missing_field", "")
	case in.Issue != nil:
		return answer{}, invalidPull("issue", "invalid", "")
	case in.HeadRepo != nil && !strings.EqualFold(*in.HeadRepo, q.repository.fullName()):
		return answer{}, invalidPull("head_repo", "invalid", "")
	}
	if err := in.check(); err != nil {
		return answer{}, err
	}
	head := *in.Head
	if owner, branch, ok := strings.Cut(head, ":"); ok {
		if !strings.EqualFold(owner, q.repository.owner.Login) {
			return answer{}, invalidPull("head", "invalid", "")
		}
		head = branch
	}
	body := ""
	set(&body, in.Body)
	p := q.repository.newPull(q.app.bot, *in.Title, body, head, *in.Base)
	p.draft = in.Draft
	if in.Draft && q.repository.private { // of free plans (facts 5)
		return answer{}, invalidPull("draft", "custom", "Draft pull requests are not supported in this repository.")
	}
	if err := p.refusal(); err != nil {
		return answer{}, err
	}
	p.open(q.app)
	a := reply(http.StatusCreated, p.full())
	a.header.Set("Location", p.api())
	return a, nil
}

func (q *request) getPull() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, p.full()), nil
}

// listPulls lists the open ones, newest first, unless asked otherwise. A head
// without an owner ("branch" instead of "owner:branch") is no filter at all.
func (q *request) listPulls() (answer, error) {
	query := q.URL.Query()
	state := query.Get("state")
	if state == "" {
		state = "open"
	}
	owner, head, filtered := strings.Cut(query.Get("head"), ":")
	pulls := slices.DeleteFunc(q.repository.pulls(), func(p *PullRequest) bool {
		return (state != "all" && p.state != state) || (query.Has("base") && p.base != query.Get("base")) ||
			(filtered && (!strings.EqualFold(owner, q.repository.owner.Login) || p.head != head))
	})
	sort, direction := query.Get("sort"), query.Get("direction")
	if sort == "updated" {
		slices.SortStableFunc(pulls, func(a, b *PullRequest) int { return a.updatedAt.Compare(b.updatedAt) })
	}
	if direction == "desc" || (direction == "" && (sort == "" || sort == "created")) {
		slices.Reverse(pulls)
	}
	return list(q, pulls, (*PullRequest).simple)
}

func (q *request) updatePull() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	var in pullInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if err := in.check(); err != nil {
		return answer{}, err
	}
	if in.State != nil && *in.State == "open" {
		if err := p.reopen(q.app.bot); err != nil {
			return answer{}, err
		}
	}
	if err := p.edit(q.app.bot, in); err != nil {
		return answer{}, err
	}
	if in.State != nil && *in.State == "closed" {
		p.close(q.app.bot)
	}
	return reply(http.StatusOK, p.full()), nil
}

func (p *PullRequest) api() string {
	return p.repository.github.api("/repos/%s/pulls/%d", p.repository.fullName(), p.Number)
}

// simple is GitHub's pull-request-simple, which lists have.
func (p *PullRequest) simple() object {
	r, g := p.repository, p.repository.github
	self, html, repo := p.api(), p.html(), g.api("/repos/%s", r.fullName())
	issue := g.issueJSON(p.Issue)
	body := object{
		"id": p.ID, "node_id": nodeID("PR", p.ID), "url": self, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
		"issue_url": issue["url"], "commits_url": self + "/commits", "review_comments_url": self + "/comments",
		"review_comment_url": repo + "/pulls/comments{/number}", "comments_url": issue["comments_url"], "statuses_url": repo + "/statuses/" + p.headSHA,
		"draft": p.draft, "merged_at": stamp(p.mergedAt), "merge_commit_sha": orNull(p.mergeSHA), "auto_merge": nil,
		"head": p.side(p.head, p.headSHA), "base": p.side(p.base, p.baseSHA), "requested_reviewers": g.usersJSON(p.requested), "requested_teams": teamsJSON(p.requestedTeams),
	}
	for _, same := range []string{
		"number", "state", "title", "body", "user", "author_association", "labels", "assignee", "assignees", "milestone", "locked",
		"active_lock_reason", "created_at", "updated_at", "closed_at",
	} {
		body[same] = issue[same]
	}
	links := object{}
	for name, field := range map[string]string{
		"self": "url", "html": "html_url", "issue": "issue_url", "comments": "comments_url", "review_comments": "review_comments_url",
		"review_comment": "review_comment_url", "commits": "commits_url", "statuses": "statuses_url",
	} {
		links[name] = object{"href": body[field]}
	}
	body["_links"] = links
	return body
}

func (p *PullRequest) side(branch, sha string) object {
	r, g := p.repository, p.repository.github
	return object{"label": r.owner.Login + ":" + branch, "ref": branch, "sha": sha, "user": g.userJSON(r.owner), "repo": g.repositoryJSON(r)}
}

// full is GitHub's pull-request: the simple one and what it takes to count.
func (p *PullRequest) full() object {
	body, size := p.simple(), p.size()
	maps.Copy(body, object{
		"merged": !p.mergedAt.IsZero(), "merged_by": p.repository.github.userOrNull(p.mergedBy), "mergeable": nil, "mergeable_state": "unknown", "rebaseable": nil,
		"comments": len(p.comments()), "review_comments": 0, "maintainer_can_modify": false, "commits": size.commits,
		"additions": size.additions, "deletions": size.deletions, "changed_files": size.files,
	})
	if p.state == "open" {
		body["mergeable"], body["rebaseable"], body["mergeable_state"] = size.mergeable, size.mergeable, p.mergeableState()
	}
	return body
}

// pullsAt lists the open pull requests whose head is that commit, as check runs
// and suites show them.
func (r *Repository) pullsAt(sha string) []object {
	g, rows := r.github, []object{}
	repo := object{"id": r.ID, "name": r.name, "url": g.api("/repos/%s", r.fullName())}
	for _, p := range r.pulls() {
		if p.state == "open" && p.headSHA == sha {
			rows = append(rows, object{
				"id": p.ID, "number": p.Number, "url": p.api(),
				"head": object{"ref": p.head, "sha": p.headSHA, "repo": repo}, "base": object{"ref": p.base, "sha": p.baseSHA, "repo": repo},
			})
		}
	}
	return rows
}
