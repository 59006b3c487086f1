package fakegithub

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// suite holds one App's runs at one commit.
type suite struct {
	id        int64
	app       *App
	sha       string
	before    string // the commit before the push; "" if the suite came with its first run
	reset     bool   // rerequested and not reported on since
	createdAt time.Time
}

// requestSuites makes a suite for every App that may write checks, unless it has
// one at that commit, and tells it (facts 1).
func (r *Repository) requestSuites(by *User, before, sha string) {
	g := r.github
	for _, i := range g.installations {
		known := slices.ContainsFunc(r.suites, func(s *suite) bool { return s.app == i.App && s.sha == sha })
		if i.Account != r.owner || !i.suspended.IsZero() || !i.listens("check_suite") || known {
			continue
		}
		s := &suite{id: g.newID(), app: i.App, sha: sha, before: before, createdAt: g.now()}
		r.suites = append(r.suites, s)
		g.emitTo(r, "check_suite", "requested", by, object{"check_suite": g.suiteJSON(r, s)}, func(other *Installation) bool { return other == i })
	}
}

// suiteFor returns the App's suite at a commit, made now if no push made it.
func (r *Repository) suiteFor(app *App, sha string) *suite {
	for _, s := range r.suites {
		if s.app == app && s.sha == sha {
			return s
		}
	}
	s := &suite{id: r.github.newID(), app: app, sha: sha, createdAt: r.github.now()}
	r.suites = append(r.suites, s)
	return s
}

// worst lists conclusions from bad to good: a suite's is the worst of its runs' (facts 1).
var worst = []string{"failure", "timed_out", "action_required", "cancelled", "stale", "success", "neutral", "skipped"}

// outcome is the suite's status and conclusion, made from the latest runs.
func (r *Repository) outcome(s *suite) (status, conclusion string, runs int) {
	rank, unfinished, started := len(worst), false, false
	for _, c := range latest(r.runsAt(s.sha)) {
		if c.suite != s {
			continue
		}
		runs++
		view := c.view(r.github.now())
		unfinished = unfinished || view.Status != "completed"
		started = started || view.Status != "queued"
		if index := slices.Index(worst, view.Conclusion); index >= 0 {
			rank = min(rank, index)
		}
	}
	switch {
	case runs == 0 || s.reset || (unfinished && !started):
		return "queued", "", runs
	case unfinished:
		return "in_progress", "", runs
	}
	return "completed", worst[min(rank, len(worst)-1)], runs
}

func (q *request) getCheckSuite() (answer, error) {
	id := q.id("check_suite_id")
	for _, s := range q.repository.suites {
		if s.id == id {
			return reply(http.StatusOK, q.github.suiteJSON(q.repository, s)), nil
		}
	}
	return answer{}, notFound()
}

func (q *request) listCheckSuites() (answer, error) {
	sha := q.repository.resolve(q.PathValue("ref"))
	if sha == "" {
		return answer{}, noCommit(q.PathValue("ref"))
	}
	app, err := q.number("app_id", 0)
	if err != nil {
		return answer{}, err
	}
	name := q.URL.Query().Get("check_name")
	var suites []*suite
	for _, s := range q.repository.suites {
		has := slices.ContainsFunc(q.repository.runsAt(sha), func(c *checkRun) bool { return c.suite == s && c.Name == name })
		if s.sha == sha && (app == 0 || s.app.ID == int64(app)) && (name == "" || has) {
			suites = append(suites, s)
		}
	}
	toJSON := func(s *suite) object { return q.github.suiteJSON(q.repository, s) }
	return listIn(q, suites, toJSON, func(page []object, total int) any {
		return object{"total_count": total, "check_suites": page}
	})
}

// branchAt names a branch whose head is that commit, the default one before
// others; "" if there is none.
func (r *Repository) branchAt(sha string) string {
	if r.head() == sha {
		return r.defaultBranch
	}
	for _, ref := range slices.Sorted(maps.Keys(r.refs)) {
		if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok && r.refs[ref] == sha {
			return branch
		}
	}
	return ""
}

// suiteJSON is GitHub's check-suite.
func (g *GitHub) suiteJSON(r *Repository, s *suite) object {
	status, conclusion, runs := r.outcome(s)
	c, _ := r.objects.commit(s.sha)
	self := g.api("/repos/%s/check-suites/%d", r.fullName(), s.id)
	return object{
		"id": s.id, "node_id": nodeID("CS", s.id), "head_branch": orNull(r.branchAt(s.sha)), "head_sha": s.sha, "status": status, "conclusion": orNull(conclusion),
		"url": self, "check_runs_url": self + "/check-runs", "before": orNull(s.before), "after": s.sha, "pull_requests": r.pullsAt(s.sha),
		"app": g.appJSON(s.app), "repository": g.repositoryJSON(r), "created_at": stamp(s.createdAt), "updated_at": stamp(s.createdAt),
		"latest_check_runs_count": runs, "rerequestable": true, "runs_rerequestable": true,
		"head_commit": object{
			"id": c.sha, "tree_id": c.tree, "message": c.message, "timestamp": stamp(c.committer.at),
			"author":    object{"name": c.author.name, "email": c.author.email},
			"committer": object{"name": c.committer.name, "email": c.committer.email},
		},
	}
}
