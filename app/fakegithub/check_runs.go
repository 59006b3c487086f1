package fakegithub

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// checkRunInput is the body of both POST and PATCH; nil = not given.
type checkRunInput struct {
	Name        *string    `json:"name"`
	HeadSHA     *string    `json:"head_sha"`
	DetailsURL  *string    `json:"details_url"`
	ExternalID  *string    `json:"external_id"`
	Status      *string    `json:"status"`
	Conclusion  *string    `json:"conclusion"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *output    `json:"output"`
	Actions     []Action   `json:"actions"`
}

type output struct {
	Title       *string      `json:"title"`
	Summary     *string      `json:"summary"`
	Text        *string      `json:"text"`
	Annotations []Annotation `json:"annotations"`
}

// The limits of github-facts.md 1.
const (
	maxOutput          = 65_535 // characters of summary and text
	maxAnnotations     = 50     // in one request
	maxAnnotationTitle = 255
	maxMessage         = 64 << 10 // bytes of an annotation's message
	maxActions         = 3
	maxSameName        = 1000 // runs of one name in a suite
)

var (
	writableStatuses    = []string{"queued", "in_progress", "completed"}
	writableConclusions = []string{"success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"}
	annotationLevels    = []string{"notice", "warning", "failure"}
)

func (q *request) createCheckRun() (answer, error) {
	var in checkRunInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if in.Name == nil || *in.Name == "" || in.HeadSHA == nil {
		return answer{}, malformed("\"name\" and \"head_sha\" weren't supplied.")
	}
	if in.Output != nil && in.Output.Title == nil {
		return answer{}, malformed("\"title\" wasn't supplied.")
	}
	if err := in.validate(); err != nil {
		return answer{}, err
	}
	r, g := q.repository, q.github
	if _, ok := r.objects.commit(*in.HeadSHA); !ok {
		return answer{}, noCommit(*in.HeadSHA)
	}
	s := r.suiteFor(q.app, *in.HeadSHA)
	c := &checkRun{app: q.app, suite: s, createdAt: g.now()}
	c.CheckRun = CheckRun{ID: g.newID(), SuiteID: s.id, AppID: q.app.ID, HeadSHA: *in.HeadSHA, Status: "queued", StartedAt: g.now()}
	in.apply(c, g.now())
	r.runs = append(r.runs, c)
	r.dropOldest(c)
	g.checkRunSaved(r, c, "created", c.Status == "completed")
	return reply(http.StatusCreated, g.checkRunJSON(r, c, false)), nil
}

// dropOldest keeps at most 1,000 runs of one name in a suite.
func (r *Repository) dropOldest(c *checkRun) {
	same := func(other *checkRun) bool { return other.suite == c.suite && other.Name == c.Name }
	count := 0
	for _, other := range r.runs {
		if same(other) {
			count++
		}
	}
	if count > maxSameName {
		oldest := slices.IndexFunc(r.runs, same)
		r.runs = slices.Delete(r.runs, oldest, oldest+1)
	}
}

func (q *request) updateCheckRun() (answer, error) {
	c := q.repository.run(q.id("check_run_id"))
	if c == nil {
		return answer{}, notFound()
	}
	if c.app != q.app {
		return answer{}, failure(http.StatusForbidden, fmt.Sprintf("Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", q.app.ID))
	}
	var in checkRunInput
	if err := q.decode(&in); err != nil {
		return answer{}, err
	}
	if err := in.validate(); err != nil {
		return answer{}, err
	}
	before := c.Status + "/" + c.Conclusion
	in.apply(c, q.github.now())
	completes := c.Status == "completed" && c.Status+"/"+c.Conclusion != before
	q.github.checkRunSaved(q.repository, c, "updated", completes)
	return reply(http.StatusOK, q.github.checkRunJSON(q.repository, c, false)), nil
}

// apply writes what was given into the run. A conclusion forces completed; going
// back to an unfinished status forgets the conclusion; annotations are appended.
func (in *checkRunInput) apply(c *checkRun, now time.Time) {
	set(&c.Name, in.Name)
	set(&c.DetailsURL, in.DetailsURL)
	set(&c.ExternalID, in.ExternalID)
	set(&c.StartedAt, in.StartedAt)
	set(&c.Status, in.Status)
	switch {
	case in.Conclusion != nil:
		c.Status, c.Conclusion, c.CompletedAt = "completed", *in.Conclusion, now
		set(&c.CompletedAt, in.CompletedAt)
	case c.Status != "completed":
		c.Conclusion, c.CompletedAt = "", time.Time{}
	}
	if in.Output != nil {
		set(&c.Title, in.Output.Title)
		set(&c.Summary, in.Output.Summary)
		set(&c.Text, in.Output.Text)
		c.Annotations = append(c.Annotations, in.Output.Annotations...)
	}
	if in.Actions != nil {
		c.Actions = in.Actions
	}
}

func set[T any](field, given *T) {
	if given != nil {
		*field = *given
	}
}

// validate refuses what github-facts.md 1 says GitHub refuses.
func (in *checkRunInput) validate() error {
	if in.Status != nil && !slices.Contains(writableStatuses, *in.Status) {
		return malformed("For 'status', %q is not a member of %s.", *in.Status, strings.Join(writableStatuses, ", "))
	}
	if in.Conclusion != nil && !slices.Contains(writableConclusions, *in.Conclusion) {
		return malformed("For 'conclusion', %q is not a member of %s.", *in.Conclusion, strings.Join(writableConclusions, ", "))
	}
	if in.Status != nil && *in.Status == "completed" && in.Conclusion == nil {
		return malformed("\"conclusion\" wasn't supplied.")
	}
	if len(in.Actions) > maxActions {
		return malformed("No more than %d items are allowed; %d were supplied.", maxActions, len(in.Actions))
	}
	for _, a := range in.Actions {
		for field, limit := range map[*string]int{&a.Label: 20, &a.Description: 40, &a.Identifier: 20} {
			if *field == "" || tooLong(*field, limit) {
				return malformed("For an action, %q must have 1 to %d characters.", *field, limit)
			}
		}
	}
	return in.Output.validate()
}

func (o *output) validate() error {
	if o == nil {
		return nil
	}
	if o.Summary == nil {
		return malformed("\"summary\" wasn't supplied.")
	}
	if tooLong(*o.Summary, maxOutput) || (o.Text != nil && tooLong(*o.Text, maxOutput)) {
		return malformed("Only %d characters are allowed in summary and text.", maxOutput)
	}
	if len(o.Annotations) > maxAnnotations {
		return malformed("No more than %d items are allowed; %d were supplied.", maxAnnotations, len(o.Annotations))
	}
	for _, a := range o.Annotations {
		switch {
		case a.Path == "" || a.Message == "" || a.StartLine < 1 || a.EndLine < a.StartLine:
			return malformed("An annotation needs a path, a message and lines in order: %s:%d-%d.", a.Path, a.StartLine, a.EndLine)
		case !slices.Contains(annotationLevels, a.Level):
			return malformed("For 'annotation_level', %q is not a member of %s.", a.Level, strings.Join(annotationLevels, ", "))
		case len(a.Message) > maxMessage || tooLong(a.Title, maxAnnotationTitle):
			return malformed("An annotation's message or title is too long.")
		case a.StartLine != a.EndLine && a.StartColumn+a.EndColumn > 0:
			return malformed("An annotation over several lines cannot have columns.")
		}
	}
	return nil
}

func tooLong(text string, characters int) bool { return utf8.RuneCountInString(text) > characters }

func (q *request) getCheckRun() (answer, error) {
	c := q.repository.run(q.id("check_run_id"))
	if c == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.checkRunJSON(q.repository, c, false)), nil
}

func (q *request) listCheckRuns() (answer, error) {
	sha := q.repository.resolve(q.PathValue("ref"))
	if sha == "" {
		return answer{}, noCommit(q.PathValue("ref"))
	}
	app, err := q.number("app_id", 0)
	if err != nil {
		return answer{}, err
	}
	query := q.URL.Query()
	runs := q.repository.runsAt(sha)
	if query.Get("filter") != "all" {
		runs = latest(runs)
	}
	runs = slices.DeleteFunc(slices.Clone(runs), func(c *checkRun) bool {
		return (app != 0 && c.AppID != int64(app)) ||
			(query.Has("check_name") && c.Name != query.Get("check_name")) ||
			(query.Has("status") && c.view(q.github.now()).Status != query.Get("status"))
	})
	toJSON := func(c *checkRun) object { return q.github.checkRunJSON(q.repository, c, false) }
	return listIn(q, runs, toJSON, func(page []object, total int) any {
		return object{"total_count": total, "check_runs": page}
	})
}

func (q *request) listAnnotations() (answer, error) {
	c := q.repository.run(q.id("check_run_id"))
	if c == nil {
		return answer{}, notFound()
	}
	column := func(n int) any {
		if n == 0 {
			return nil
		}
		return n
	}
	return list(q, c.Annotations, func(a Annotation) object {
		return object{
			"path": a.Path, "start_line": a.StartLine, "end_line": a.EndLine, "start_column": column(a.StartColumn), "end_column": column(a.EndColumn),
			"annotation_level": a.Level, "message": a.Message, "title": orNull(a.Title), "raw_details": orNull(a.RawDetails),
			"blob_href": q.github.html("/%s/blob/%s/%s", q.repository.fullName(), c.HeadSHA, a.Path),
		}
	})
}
