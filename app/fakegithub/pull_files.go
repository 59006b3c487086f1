package fakegithub

import "slices"

// GitHub lists at most so much of a pull request (facts 5; commits as the docs say).
const (
	pullFiles   = 3000
	pullCommits = 250
)

// ChangedFile is a file of a pull request.
type ChangedFile struct {
	Path         string
	PreviousPath string // of a renamed file, else ""
	Status       string // added, modified, removed, renamed
	Mode         string // after the change, of a removed file before it
	SHA          string // likewise
}

// Files lists what the pull request changes: the difference of its head since
// where it left the base, by path.
func (p *PullRequest) Files() []ChangedFile {
	defer p.repository.github.lock()()
	var files []ChangedFile
	for _, d := range p.files() {
		shown := d.file
		if shown.sha == "" {
			shown = d.old
		}
		files = append(files, ChangedFile{Path: d.path, PreviousPath: d.previous, Status: d.status(), Mode: shown.mode, SHA: shown.sha})
	}
	return files
}

// files is empty where there is no common history, as people can make it by
// moving a branch: GitHub has nothing to compare then.
func (p *PullRequest) files() []difference {
	r := p.repository
	_, _, common := r.divergence(p.baseSHA, p.headSHA)
	if common == "" {
		return nil
	}
	return renames(r.differences(common, p.headSHA))
}

// Commits lists the SHAs of what the head has and the base has not, oldest first.
func (p *PullRequest) Commits() []string {
	defer p.repository.github.lock()()
	var shas []string
	for _, c := range p.commits() {
		shas = append(shas, c.sha)
	}
	return shas
}

// commits of a merged pull request are those that were merged.
func (p *PullRequest) commits() []commit {
	ahead, _, _ := p.repository.divergence(p.baseSHA, p.headSHA)
	slices.Reverse(ahead)
	return ahead
}

// pullSize is how much a pull request is, between two commits.
type pullSize struct {
	base, head                           string
	commits, files, additions, deletions int
	mergeable                            bool
}

// size is measured once for two commits: every event carries it.
func (p *PullRequest) size() pullSize {
	if p.measured.base == p.baseSHA && p.measured.head == p.headSHA {
		return p.measured
	}
	files := p.files()
	size := pullSize{base: p.baseSHA, head: p.headSHA, commits: len(p.commits()), files: len(files)}
	for _, d := range files {
		_, added, deleted := p.repository.github.diffEntry(p.repository, d, p.headSHA)
		size.additions, size.deletions = size.additions+added, size.deletions+deleted
	}
	_, size.mergeable = p.mergedTree()
	p.measured = size
	return size
}

func (q *request) listPullFiles() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	files := p.files()
	return list(q, files[:min(len(files), pullFiles)], func(d difference) object {
		row, _, _ := q.github.diffEntry(q.repository, d, p.headSHA)
		return row
	})
}

func (q *request) listPullCommits() (answer, error) {
	p := q.pull()
	if p == nil {
		return answer{}, notFound()
	}
	commits := p.commits()
	return list(q, commits[:min(len(commits), pullCommits)], func(c commit) object { return q.github.commitJSON(q.repository, c.sha) })
}
