package fakegithub

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// GitHub shows at most so much of a comparison on one page (facts 5).
const (
	comparedFiles   = 300
	comparedCommits = 250
)

// history lists a commit and its ancestors, the newest first; as in git, a
// commit comes after those built on it, whatever their dates say.
func (r *Repository) history(sha string) []commit {
	var all, waiting []commit
	seen := map[string]bool{}
	meet := func(sha string) {
		if c, ok := r.objects.commit(sha); ok && !seen[sha] {
			seen[sha] = true
			waiting = append(waiting, c)
		}
	}
	for meet(sha); len(waiting) > 0; {
		newest := 0
		for i, c := range waiting {
			if c.committer.at.After(waiting[newest].committer.at) {
				newest = i
			}
		}
		c := waiting[newest]
		waiting = slices.Delete(waiting, newest, newest+1)
		all = append(all, c)
		for _, parent := range c.parents {
			meet(parent)
		}
	}
	return all
}

// listCommits lists a branch's, tag's or commit's history, of one path if asked.
func (q *request) listCommits() (answer, error) {
	r, query := q.repository, q.URL.Query()
	if r.empty() {
		return answer{}, gitIsEmpty()
	}
	from := r.head()
	if name := query.Get("sha"); name != "" {
		from = r.resolve(name)
	}
	if from == "" {
		return answer{}, notFound()
	}
	since, err := q.moment("since")
	if err != nil {
		return answer{}, err
	}
	until, err := q.moment("until")
	if err != nil {
		return answer{}, err
	}
	commits := slices.DeleteFunc(r.history(from), func(c commit) bool {
		at := c.committer.at
		return at.Before(since) || (!until.IsZero() && at.After(until)) || !r.touches(c, query.Get("path"))
	})
	return list(q, commits, func(c commit) object { return q.github.commitJSON(r, c.sha) })
}

// moment reads a time from the query; zero if it is not there.
func (q *request) moment(name string) (time.Time, error) {
	text := q.URL.Query().Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, malformed("For '%s', %q is not a time.", name, text)
	}
	return at, nil
}

// touches says whether a commit changes the file or what is in the folder; every
// commit touches "".
func (r *Repository) touches(c commit, place string) bool {
	if place == "" {
		return true
	}
	return slices.ContainsFunc(r.differences(r.parentOf(c.sha), c.sha), func(d difference) bool { return within(d.path, place) })
}

// within says whether a path is the place or inside it.
func within(name, place string) bool {
	return name == place || strings.HasPrefix(name, strings.TrimSuffix(place, "/")+"/")
}

// compare answers what head has over the commit where it left base. The files
// are on the first page only.
func (q *request) compare() (answer, error) {
	g, r := q.github, q.repository
	left, right, ok := strings.Cut(q.PathValue("basehead"), "...")
	base, head := r.resolve(left), r.resolve(right)
	if !ok || base == "" || head == "" {
		return answer{}, notFound()
	}
	ahead, behind, common := r.divergence(base, head)
	if common == "" {
		return answer{}, failure(http.StatusNotFound, "No common ancestor between "+left+" and "+right+".")
	}
	slices.Reverse(ahead)
	shown, header := ahead[:min(len(ahead), comparedCommits)], http.Header{}
	if query := q.URL.Query(); query.Has("page") || query.Has("per_page") {
		var err error
		if shown, header, err = page(q, ahead); err != nil {
			return answer{}, err
		}
	}
	commits := []object{}
	for _, c := range shown {
		commits = append(commits, g.commitJSON(r, c.sha))
	}
	files := []object{}
	if first := q.URL.Query().Get("page"); first == "" || first == "1" {
		files, _, _ = g.diff(r, common, head)
	}
	at, self := "/"+r.fullName()+"/compare/"+left+"..."+right, g.api("/repos/%s/compare/%s...%s", r.fullName(), left, right)
	return answer{status: http.StatusOK, header: header, body: object{
		"url": self, "html_url": g.html("%s", at), "permalink_url": g.html("/%s/compare/%.7s...%.7s", r.fullName(), base, head),
		"diff_url": g.html("%s.diff", at), "patch_url": g.html("%s.patch", at),
		"base_commit": g.commitJSON(r, base), "merge_base_commit": g.commitJSON(r, common), "status": relation(len(ahead), len(behind)),
		"ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead), "commits": commits,
		"files": files[:min(len(files), comparedFiles)],
	}}, nil
}

// divergence lists what only head has, what only base has, and the newest commit
// that both have, "" if their histories are unrelated.
func (r *Repository) divergence(base, head string) (ahead, behind []commit, common string) {
	in := func(history []commit) map[string]bool {
		shas := map[string]bool{}
		for _, c := range history {
			shas[c.sha] = true
		}
		return shas
	}
	ahead, behind = r.history(head), r.history(base)
	ofHead, ofBase := in(ahead), in(behind)
	for _, c := range slices.Backward(ahead) {
		if ofBase[c.sha] {
			common = c.sha
		}
	}
	ahead = slices.DeleteFunc(ahead, func(c commit) bool { return ofBase[c.sha] })
	behind = slices.DeleteFunc(behind, func(c commit) bool { return ofHead[c.sha] })
	return ahead, behind, common
}

func relation(ahead, behind int) string {
	switch {
	case ahead > 0 && behind > 0:
		return "diverged"
	case ahead > 0:
		return "ahead"
	case behind > 0:
		return "behind"
	}
	return "identical"
}
