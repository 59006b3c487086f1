package demo

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

// change tells one change of the plugin's repository.
func (p *printer) change(c fakegithub.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case c.Kind == "check_run":
		p.flushReactions()
		p.runs = slices.DeleteFunc(p.runs, func(other fakegithub.Change) bool { return other.Name == c.Name && other.SHA == c.SHA })
		p.runs = append(p.runs, c)
		return
	case c.Kind == "reaction":
		p.flushRuns()
		p.flushLabels()
		if len(p.reactions) > 0 && p.reactions[0].Name != c.Name {
			p.flushReactions()
		}
		p.reactions = append(p.reactions, c)
		return
	case c.Kind == "label" && c.Issue != 0:
		p.flushReactions()
		p.labels = append(p.labels, c)
		return
	case c.Kind == "label":
		return // one that is created is put on next
	}
	p.flush()
	switch c.Kind {
	case "push":
		if c.SHA == p.story.Plugin.Head() && c.Action == "" {
			p.tell(c, blue, "pushes “"+c.Title+"”")
		}
	case "issue":
		p.tell(c, blue, fmt.Sprintf("opens #%d “%s”", c.Issue, c.Title))
	case "pull_request":
		p.pull(c)
	case "review":
		p.tell(c, blue, fmt.Sprintf("reviews #%d: %s", c.Issue, strings.ToLower(strings.ReplaceAll(c.Name, "_", " "))))
	case "comment":
		p.comment(c)
	case "release":
		p.tell(c, blue, "publishes “"+c.Name+"” with a bundle")
	case "installation":
		p.tell(c, blue, "installs Onboard")
	}
}

var reactions = map[string]string{"eyes": "👀", "rocket": "🚀", "confused": "😕"}

// comment tells what a comment says, as people see it.
func (p *printer) comment(c fakegithub.Change) {
	verb := map[string]string{"created": "says in", "edited": "changes its comment in", "deleted": "deletes a comment in"}[c.Action]
	said := gist(c.Body)
	if strings.HasPrefix(said, "Next: ") {
		if said == p.next {
			return
		}
		p.next = said
	}
	p.tell(c, blue, fmt.Sprintf("%s #%d: %s", verb, c.Issue, said))
}

// gist is the line of a comment that says what it is about, and who is asked.
func gist(body string) string {
	lines := rendered(body)
	if strings.Contains(body, "<!-- onboard:turn:") {
		return strings.Join(lines, " ")
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "Next: ") || strings.HasPrefix(line, "/onboard") {
			return line + strings.Join(asked.FindAllString(strings.Join(lines, " "), -1), "")
		}
	}
	return lines[0]
}

var asked = regexp.MustCompile(` For [a-z-]+ [^.]* (is|are) asked\.`)

// pull tells what became of a pull request.
func (p *printer) pull(c fakegithub.Change) {
	pulls := p.story.Plugin.PullRequests()
	pr := pulls[slices.IndexFunc(pulls, func(pr *fakegithub.PullRequest) bool { return pr.Number == c.Issue })]
	switch c.Action {
	case "opened":
		p.opened(c, pr)
	case "synchronize":
		now, before := blobs(pr), p.pulls[c.Issue]
		var changed []string
		for _, path := range slices.Sorted(maps.Keys(now)) {
			if now[path] != before[path] {
				changed = append(changed, path)
			}
		}
		p.pulls[c.Issue] = now
		p.tell(c, blue, fmt.Sprintf("adds a commit to #%d for the reviewers: %s", c.Issue, strings.Join(changed, ", ")))
	case "closed":
		verb := "closes"
		if pr.Merged() {
			verb = "merges"
		}
		p.tell(c, blue, fmt.Sprintf("%s #%d", verb, c.Issue))
	}
}

// opened tells what a new pull request shows, and what it leaves out.
func (p *printer) opened(c fakegithub.Change, pr *fakegithub.PullRequest) {
	now := blobs(pr)
	for _, other := range p.pulls {
		if maps.Equal(other, now) {
			p.pulls[c.Issue] = now
			p.tell(c, blue, fmt.Sprintf("opens #%d in its place, with the same %s", c.Issue, counted(len(now), "file")))
			return
		}
	}
	p.pulls[c.Issue] = now
	var whole, changed []string
	for _, file := range pr.Files() {
		if file.Status == "modified" {
			changed = append(changed, file.Path)
		} else {
			whole = append(whole, file.Path)
		}
	}
	templates, workflows, all := 0, 0, p.story.Plugin.TreeOf(p.story.Plugin.DefaultBranch())
	for path := range all {
		switch _, shown := now[path]; {
		case shown:
		case strings.HasPrefix(path, ".github/workflows/"):
			workflows++
		default:
			templates++
		}
	}
	p.tell(c, blue, fmt.Sprintf("opens #%d, which shows reviewers %d of the plugin's %d files:", c.Issue, len(now), len(all)))
	p.block(margin+2, "", "her own      ", whole)
	p.block(margin+2, "", "changed      ", append(changed, "as differences from the template"))
	p.more(p.paint(grey, fmt.Sprintf("not shown    %s just as the template has them", counted(templates, "file"))))
	p.more(p.paint(grey, fmt.Sprintf("             %s, which GitHub would run; it is linked", counted(workflows, "workflow"))))
}

// blobs are the files of a pull request, by path.
func blobs(pr *fakegithub.PullRequest) map[string]string {
	found := map[string]string{}
	for _, file := range pr.Files() {
		found[file.Path] = file.SHA
	}
	return found
}

// flush tells the check runs, labels and reactions that gathered.
func (p *printer) flush() {
	p.flushRuns()
	p.flushLabels()
	p.flushReactions()
}

// flushReactions tells reactions to several comments at once.
func (p *printer) flushReactions() {
	if n := len(p.reactions); n > 0 {
		p.tell(p.reactions[0], "", "reacts with "+strings.Repeat(reactions[p.reactions[0].Name], n))
	}
	p.reactions = nil
}

// flushRuns tells the check runs that are not as they were told before. Those
// that come later are named together at first.
func (p *printer) flushRuns() {
	first := len(p.told) == 0
	var rows, later, moved []fakegithub.Change
	for _, c := range p.runs {
		if strings.HasPrefix(c.Title, "Moved ") {
			moved = append(moved, c)
			continue
		}
		before, known := p.told[c.Name]
		p.told[c.Name] = c
		switch {
		case known && before.Title == c.Title && before.Status == c.Status && before.Conclusion == c.Conclusion:
		case !known && c.Status == "queued":
			later = append(later, c)
		default:
			rows = append(rows, c)
		}
	}
	if len(rows)+len(later) > 0 {
		what := "updates the check runs:"
		if first {
			what = fmt.Sprintf("reports the %d steps of the way as check runs:", len(rows)+len(later))
		}
		p.tell(p.runs[0], blue, what)
		for _, c := range rows {
			p.more(p.row(c))
		}
		p.later(margin+2, later)
	}
	if len(moved) > 0 {
		p.tell(moved[0], blue, fmt.Sprintf("says on commit %.7s that its check runs go on in the pull request", moved[0].SHA))
	}
	p.runs = nil
}

// later names the stages that nobody can do anything about yet, and counts the gates.
func (p *printer) later(indent int, runs []fakegithub.Change) {
	var names []string
	gates := 0
	for _, c := range runs {
		if name := called(c.Name); strings.HasPrefix(name, "gate ") {
			gates++
		} else {
			names = append(names, name)
		}
	}
	if gates > 0 {
		names = append(names, counted(gates, "gate"))
	}
	p.block(indent, grey, "· later            ", names)
}

// flushLabels tells which labels were put on (+) and taken off (−), and where.
func (p *printer) flushLabels() {
	var words, where []string
	for _, c := range p.labels {
		word := map[string]string{"added": "+", "removed": "−"}[c.Action] + c.Name
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
		if number := fmt.Sprintf("#%d", c.Issue); !slices.Contains(where, number) {
			where = append(where, number)
		}
	}
	if len(words) > 0 {
		p.tell(p.labels[0], "", "labels "+strings.Join(where, " and ")+": "+strings.Join(words, ", "))
	}
	p.labels = nil
}

var (
	signs   = map[string]string{"queued": "·", "in_progress": "…", "success": "✓", "failure": "✗", "action_required": "!", "timed_out": "!"}
	colours = map[string]string{"success": green, "failure": red, "action_required": yellow, "timed_out": yellow, "queued": grey, "in_progress": grey}
)

// row is a check run in one line.
func (p *printer) row(c fakegithub.Change) string {
	state := c.Conclusion
	if state == "" {
		state = c.Status
	}
	return p.paint(colours[state], fmt.Sprintf("%s %-18s %s", signs[state], called(c.Name), c.Title))
}

// called is a check run's name as people say it.
func called(run string) string {
	name := strings.TrimPrefix(run, "onboarding/")
	if slices.ContainsFunc(onboarding.Default().Gates, func(g onboarding.Gate) bool { return g.Name == name }) {
		return "gate " + name
	}
	return name
}
