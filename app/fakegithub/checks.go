package fakegithub

import (
	"fmt"
	"slices"
	"time"
)

// CheckRun is a check run as people see it.
type CheckRun struct {
	ID          int64
	SuiteID     int64
	AppID       int64
	Name        string
	HeadSHA     string
	Status      string // queued, in_progress, completed
	Conclusion  string // "" until completed
	Title       string
	Summary     string
	Text        string
	Annotations []Annotation // of all requests, in order
	Actions     []Action
	DetailsURL  string
	ExternalID  string
	StartedAt   time.Time
	CompletedAt time.Time // zero until completed
}

// Annotation is a remark on lines of a file.
type Annotation struct {
	Path        string `json:"path"`
	StartLine   int    `json:"start_line"`
	EndLine     int    `json:"end_line"`
	StartColumn int    `json:"start_column"` // 0 = none
	EndColumn   int    `json:"end_column"`   // 0 = none
	Level       string `json:"annotation_level"`
	Message     string `json:"message"`
	Title       string `json:"title"`
	RawDetails  string `json:"raw_details"`
}

// Action is a button of a check run.
type Action struct {
	Label       string `json:"label"`
	Description string `json:"description"`
	Identifier  string `json:"identifier"`
}

type checkRun struct {
	CheckRun
	app       *App
	suite     *suite
	createdAt time.Time
}

// staleAfter is how long GitHub waits for a run to complete (facts 1).
const staleAfter = 14 * 24 * time.Hour

// view is a copy as GitHub shows it now: an unfinished run turns stale.
func (c *checkRun) view(now time.Time) CheckRun {
	view := c.CheckRun
	view.Annotations, view.Actions = slices.Clone(c.Annotations), slices.Clone(c.Actions)
	if view.Status != "completed" && now.Sub(c.createdAt) > staleAfter {
		view.Status, view.Conclusion, view.CompletedAt = "completed", "stale", c.createdAt.Add(staleAfter)
	}
	return view
}

// CheckRuns returns the latest run of each App and name at a commit, in order of their ids.
func (r *Repository) CheckRuns(sha string) []CheckRun {
	defer r.github.lock()()
	return r.views(latest(r.runsAt(sha)))
}

// AllCheckRuns returns the superseded ones too.
func (r *Repository) AllCheckRuns(sha string) []CheckRun {
	defer r.github.lock()()
	return r.views(r.runsAt(sha))
}

func (r *Repository) views(runs []*checkRun) []CheckRun {
	var views []CheckRun
	for _, run := range runs {
		views = append(views, run.view(r.github.now()))
	}
	return views
}

func (r *Repository) runsAt(sha string) []*checkRun {
	var runs []*checkRun
	for _, run := range r.runs {
		if run.HeadSHA == sha {
			runs = append(runs, run)
		}
	}
	return runs
}

// latest keeps the newest run, which has the highest id, of each App and name.
func latest(runs []*checkRun) []*checkRun {
	type key struct {
		app  int64
		name string
	}
	newest := map[key]*checkRun{}
	for _, run := range runs {
		newest[key{run.AppID, run.Name}] = run
	}
	var kept []*checkRun
	for _, run := range runs {
		if newest[key{run.AppID, run.Name}] == run {
			kept = append(kept, run)
		}
	}
	return kept
}

// Rerequest presses "Re-run" of a check run: the suite resets, the run itself
// does not (facts 1). Webhook: check_run rerequested, to the owning App only.
func (r *Repository) Rerequest(by *User, run int64) error {
	return r.press(by, run, "rerequested", nil)
}

// RequestAction presses a run's button. It fails unless the run is completed and has it.
func (r *Repository) RequestAction(by *User, run int64, identifier string) error {
	return r.press(by, run, "requested_action", func(c *checkRun) (object, bool) {
		has := slices.ContainsFunc(c.Actions, func(a Action) bool { return a.Identifier == identifier })
		return object{"requested_action": object{"identifier": identifier}}, has && c.Status == "completed"
	})
}

func (r *Repository) press(by *User, id int64, action string, fields func(*checkRun) (object, bool)) error {
	g := r.github
	defer g.lock()()
	c := r.run(id)
	if c == nil {
		return fmt.Errorf("%s of check run %d: there is none in %s", action, id, r.fullName())
	}
	payload := object{}
	if fields != nil {
		extra, ok := fields(c)
		if !ok {
			return fmt.Errorf("%s of check run %s: it shows no such button", action, c.Name)
		}
		payload = extra
	}
	if action == "rerequested" {
		c.suite.reset = true
	}
	payload["check_run"] = g.checkRunJSON(r, c, true)
	g.emitTo(r, "check_run", action, by, payload, func(i *Installation) bool { return i.App == c.app && i.listens("check_run") })
	g.changed(Change{Kind: "check_run", Action: action, Repository: r.fullName(), By: by.Login, Name: c.Name, SHA: c.HeadSHA, Text: fmt.Sprintf("%s pressed a button of %s: %s", by.Login, c.Name, action)})
	return nil
}

func (r *Repository) run(id int64) *checkRun {
	index := slices.IndexFunc(r.runs, func(c *checkRun) bool { return c.ID == id })
	if index < 0 {
		return nil
	}
	return r.runs[index]
}

// checkRunSaved tells the world about a new or changed run.
func (g *GitHub) checkRunSaved(r *Repository, c *checkRun, action string, completes bool) {
	if action == "created" {
		g.emit(r, "check_run", "created", c.app.bot, object{"check_run": g.checkRunJSON(r, c, true)})
	}
	if completes {
		g.emit(r, "check_run", "completed", c.app.bot, object{"check_run": g.checkRunJSON(r, c, true)})
	}
	c.suite.reset = false
	state := c.Status
	if c.Conclusion != "" {
		state = c.Conclusion
	}
	g.changed(Change{
		Kind: "check_run", Action: action, Repository: r.fullName(), By: c.app.bot.Login, Name: c.Name, SHA: c.HeadSHA,
		Status: c.Status, Conclusion: c.Conclusion, Title: c.Title, Text: fmt.Sprintf("%s is %s: %s", c.Name, state, c.Title),
	})
}

// checkRunJSON is GitHub's check-run. Webhooks carry the whole suite in it.
func (g *GitHub) checkRunJSON(r *Repository, c *checkRun, webhook bool) object {
	view := c.view(g.now())
	suite := object{"id": c.SuiteID}
	if webhook {
		suite = g.suiteJSON(r, c.suite)
	}
	self := g.api("/repos/%s/check-runs/%d", r.fullName(), c.ID)
	return object{
		"id": c.ID, "node_id": nodeID("CR", c.ID), "name": c.Name, "head_sha": c.HeadSHA, "external_id": c.ExternalID, "url": self,
		"html_url": g.html("/%s/runs/%d", r.fullName(), c.ID), "details_url": c.DetailsURL, "status": view.Status, "conclusion": orNull(view.Conclusion),
		"started_at": stamp(view.StartedAt), "completed_at": stamp(view.CompletedAt), "app": g.appJSON(c.app), "check_suite": suite,
		"pull_requests": r.pullsAt(c.HeadSHA),
		"output": object{
			"title": orNull(c.Title), "summary": orNull(c.Summary), "text": orNull(c.Text),
			"annotations_count": len(c.Annotations), "annotations_url": self + "/annotations",
		},
	}
}
