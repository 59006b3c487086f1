package fakegithub

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// mergeTrees applies to ours what changed from base to theirs; ok is false if a
// file was changed in both ways. It looks at whole files, as git does first.
func mergeTrees(base, ours, theirs map[string]entry) (merged map[string]entry, ok bool) {
	merged = maps.Clone(ours)
	names := maps.Clone(base)
	maps.Copy(names, theirs)
	for name := range names {
		from, to, own := base[name], theirs[name], ours[name]
		switch {
		case from == to || own == to:
		case own != from:
			return nil, false
		case to.sha == "":
			delete(merged, name)
		default:
			merged[name] = to
		}
	}
	return merged, true
}

// mergedTree makes the tree of base and head together; ok is false if they conflict.
func (p *PullRequest) mergedTree() (files map[string]entry, ok bool) {
	r := p.repository
	_, _, common := r.divergence(p.baseSHA, p.headSHA)
	if common == "" {
		return nil, false
	}
	return mergeTrees(r.filesAt(common), r.filesAt(p.baseSHA), r.filesAt(p.headSHA))
}

func (p *PullRequest) mergeableState() string {
	switch {
	case !p.size().mergeable:
		return "dirty"
	case p.draft:
		return "draft"
	}
	return "clean"
}

// Merge merges it with a merge commit. It fails where GitHub refuses: closed, a
// draft, or a file changed on both sides. Webhooks: pull_request closed, push.
func (p *PullRequest) Merge(by *User) error {
	defer p.repository.github.lock()()
	return p.merge(by, mergeInput{}, nil)
}

type mergeInput struct {
	Title   *string `json:"commit_title"`
	Message *string `json:"commit_message"`
	Method  *string `json:"merge_method"`
	SHA     *string `json:"sha"`
}

// merge makes the commit and moves the base, if check lets it.
func (p *PullRequest) merge(by *User, in mergeInput, check func(refChange) error) error {
	r := p.repository
	files, ok := p.mergedTree()
	switch {
	case p.state == "closed", !ok:
		return failure(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	case p.draft:
		return failure(http.StatusMethodNotAllowed, "Pull Request is still a draft")
	case in.SHA != nil && *in.SHA != p.headSHA:
		return failure(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	}
	title, message, method := fmt.Sprintf("Merge pull request #%d from %s/%s", p.Number, r.owner.Login, p.head), p.title, "merge"
	set(&method, in.Method)
	parents := []string{p.baseSHA, p.headSHA}
	switch method {
	case "merge":
	case "squash":
		title, message, parents = fmt.Sprintf("%s (#%d)", p.title, p.Number), "", parents[:1]
	default:
		return failure(http.StatusMethodNotAllowed, "Rebase merges are not allowed on this repository.")
	}
	set(&title, in.Title)
	set(&message, in.Message)
	author := signature{by.Login, email(by), r.github.now()}
	c := commit{
		tree: r.objects.putTree(files), parents: parents, author: author, committer: author,
		message: strings.TrimSpace(title + "\n\n" + message),
	}
	c.sha = r.objects.putCommit(c)
	if check != nil {
		added := r.commitsOnlyIn(c.sha)
		if err := check(refChange{name: "refs/heads/" + p.base, added: added, merged: true}); err != nil {
			return err
		}
	}
	p.merged(by, c.sha)
	r.moveRef(by, "refs/heads/"+p.base, c.sha)
	return nil
}

func (q *request) getMerge() (answer, error) {
	if p := q.pull(); p == nil || p.mergedAt.IsZero() {
		return answer{}, notFound()
	}
	return nothing(), nil
}

// mergePull merges by a merge commit or by squashing; rebasing is turned off in
// every repository here.
func (q *request) mergePull() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	var in mergeInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if err := p.merge(q.app.bot, in, q.repository.allowed); err != nil {
		return answer{}, err
	}
	return reply(http.StatusOK, object{"sha": p.mergeSHA, "merged": true, "message": "Pull Request successfully merged"}), nil
}
