package ghapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/texts"
)

const (
	annotationsPerCall = 50  // GitHub's limit (github-facts.md section 1)
	maxAnnotations     = 200 // more help nobody; the text lists all findings
	maxAnnotationText  = 60_000

	// GitHub marks an unfinished run stale after 14 days (D).
	renewAfter = 9 * 24 * time.Hour
)

// runState is how a run can be changed: GitHub appends annotations and never
// replaces them, and a completed run does not open again, so runs like that
// are followed by a new one of the same name, which supersedes them.
const (
	stateOpen      = "open"      // unfinished
	stateDone      = "done"      // completed
	stateAnnotated = "annotated" // completed, with annotations
)

// run is a check run as it should be.
type run struct {
	Name        string
	Status      string
	Conclusion  string
	Page        string // where its details are; "" for GitHub's own page
	Output      texts.Run
	Annotations []*github.CheckRunAnnotation
	Actions     []*github.CheckRunAction

	head string // of the audit log, of a gate; it alone is no reason to publish a run anew
}

func (w run) state() string {
	switch {
	case w.Status != "completed":
		return stateOpen
	case len(w.Annotations) > 0:
		return stateAnnotated
	default:
		return stateDone
	}
}

// statusOf maps a standing to a check run's status and conclusion (design.md,
// "State → check run"). Nothing undecided is neutral or skipped: GitHub counts
// those as passing (github-facts.md section 12, trap 6).
func statusOf(s onboarding.Standing) (status, conclusion string) {
	switch s.State {
	case onboarding.Passed:
		return "completed", "success"
	case onboarding.Failed:
		return "completed", "failure"
	case onboarding.Waived: // the only one that GitHub may count as passing without having passed
		return "completed", "neutral"
	case onboarding.Waiting, onboarding.Closed:
		return "completed", "action_required"
	case onboarding.Cancelled:
		return "completed", "cancelled"
	case onboarding.Undecided:
		return "completed", "timed_out"
	case onboarding.Running:
		return "in_progress", ""
	default:
		return "queued", ""
	}
}

func runOf(view texts.View, s onboarding.Standing) run {
	w := run{Name: onboarding.RunPrefix + s.Name, Page: view.PageURL(s.Name), Output: texts.RunOf(view, s)}
	w.Status, w.Conclusion = statusOf(s)
	if s.Kind == onboarding.KindGate {
		w.head = view.AuditHead
	}
	if s.Kind == onboarding.Automatic && w.Status == "completed" && !view.OnPull { // GitHub shows buttons of completed runs only (github-facts.md section 1)
		w.Actions = []*github.CheckRunAction{{
			Label: texts.RecheckButton, Description: texts.RecheckDescription, Identifier: onboarding.ActionRecheck,
		}}
	}
	if s.Result != nil && w.Status == "completed" {
		w.Annotations = annotations(s.Result.Findings)
	}
	return w
}

// annotations puts findings on the lines they are about. GitHub shows their
// text as it is, not as Markdown; an example of a fix is in the run's text only.
func annotations(findings []onboarding.Finding) []*github.CheckRunAnnotation {
	var list []*github.CheckRunAnnotation
	for _, f := range findings {
		if f.Path == "" || f.Line == 0 || len(list) == maxAnnotations {
			continue
		}
		advice, _ := f.Advice()
		text := strings.TrimSpace(texts.Line(f.Message) + "\n" + texts.Line(advice))
		list = append(list, &github.CheckRunAnnotation{
			Path: github.String(f.Path), StartLine: github.Int(f.Line), EndLine: github.Int(max(f.Line, f.EndLine)),
			AnnotationLevel: github.String(f.Severity), Title: github.String(f.Rule),
			Message: github.String(texts.Truncate(text, maxAnnotationText)),
		})
	}
	return list
}

// AuditHead returns the head of the audit log that a gate's run carries, "" if it
// is gone or carries none. Only this App can write there (S22).
func (r *Repo) AuditHead(ctx context.Context, id int64) (string, error) {
	run, _, err := r.client.Checks.GetCheckRun(ctx, r.Owner, r.Name, id)
	if hasStatus(err, http.StatusNotFound) {
		return "", nil
	}
	_, head, _ := strings.Cut(run.GetExternalID(), " ")
	return head, explain(err, "read check run %d of %s/%s", id, r.Owner, r.Name)
}

// Runs are our check runs on a commit, the newest of each name.
type Runs map[string]*github.CheckRun

// Runs lists our check runs on a commit. Only those of our own count, since other Apps
// may use the same names (S13).
func (r *Repo) Runs(ctx context.Context, sha string) (Runs, error) {
	runs := Runs{}
	options := &github.ListCheckRunsOptions{
		AppID: github.Int64(r.clients.options.Config.App.IntegrationID), ListOptions: github.ListOptions{PerPage: 100},
	}
	for {
		page, response, err := r.client.Checks.ListCheckRunsForRef(ctx, r.Owner, r.Name, sha, options)
		if err != nil {
			return nil, explain(err, "list the check runs of %s/%s at %s", r.Owner, r.Name, sha)
		}
		for _, run := range page.CheckRuns {
			if run.GetID() > runs[run.GetName()].GetID() {
				runs[run.GetName()] = run
			}
		}
		if response.NextPage == 0 {
			return runs, nil
		}
		options.Page = response.NextPage
	}
}

// PublishRuns makes the check runs at view.RunsAt show the view, and returns
// their pages by stage. One that GitHub refuses does not hold up the others. Which
// runs there are is asked of list, should it matter; nil: GitHub is asked then.
//
// The runs of gates carry view.AuditHead. If one on GitHub carries a head that the
// ledger does not know, PublishRuns fails with the ledger's error.
func (r *Repo) PublishRuns(ctx context.Context, view texts.View, list func() (Runs, error), ledger Ledger, now time.Time) (map[string]string, error) {
	if list == nil {
		list = func() (Runs, error) { return r.Runs(ctx, view.RunsAt) }
	}
	p := runPublisher{repo: r, sha: view.RunsAt, list: list, ledger: ledger, now: now}
	if view.RunsNew {
		p.existing = Runs{}
	}
	pages := map[string]string{}
	var failed []error
	for _, standing := range view.Verdict.Standings {
		shown, err := p.publish(ctx, runOf(view, standing))
		var held *HeldError
		if _, away := unavailable(err); away || errors.As(err, &held) {
			return pages, err
		}
		failed = append(failed, err)
		pages[standing.Name] = shown.URL
	}
	return pages, errors.Join(failed...)
}

type runPublisher struct {
	repo     *Repo
	sha      string
	list     func() (Runs, error)
	ledger   Ledger
	now      time.Time
	existing Runs // once listed
}

func (p *runPublisher) publish(ctx context.Context, want run) (Shown, error) {
	thing := "run/" + p.sha + "/" + strings.TrimPrefix(want.Name, onboarding.RunPrefix)
	sum := Digest(want)
	shown, known := p.ledger.Shown(thing)
	if p.holds(shown, sum) {
		return shown, nil
	}
	if !known || !p.editable(shown, want) {
		// a run may have been made just before a crash: look before making another
		last, err := p.last(ctx, want.Name)
		if err != nil {
			return Shown{}, err
		}
		// one that is in doubt (no state) is believed; one to be renewed (no digest) is not
		if found := shownRun(last); found.ID > shown.ID || found.ID == shown.ID && shown.State == "" {
			shown = found
		}
		if p.holds(shown, sum) {
			return shown, p.ledger.Note(ctx, thing, shown)
		}
	}
	at := p.now
	if p.editable(shown, want) {
		at = shown.At // GitHub counts from when the run was made
	}
	run, err := p.write(ctx, shown, want, sum)
	if err != nil {
		return Shown{}, err
	}
	shown = Shown{ID: run.GetID(), Digest: sum, State: want.state(), URL: run.GetHTMLURL(), At: at}
	return shown, p.ledger.Note(ctx, thing, shown)
}

// holds tells whether what is shown is what is wanted. An unfinished run that
// GitHub will soon mark stale is not.
func (p *runPublisher) holds(shown Shown, sum string) bool {
	return shown.Digest == sum && !p.old(shown)
}

// old tells whether an unfinished run is close to being marked stale.
func (p *runPublisher) old(shown Shown) bool {
	return shown.State == stateOpen && p.now.Sub(shown.At) > renewAfter
}

// editable tells whether the run that is shown can become the wanted one. One
// with annotations is always made anew: if the answer to an update is lost, a
// second update would append them again.
func (p *runPublisher) editable(shown Shown, want run) bool {
	if len(want.Annotations) > 0 {
		return false
	}
	switch shown.State {
	case stateOpen:
		return !p.old(shown)
	case stateDone:
		return want.Status == "completed"
	default:
		return false
	}
}

// last returns the newest of our runs of a name on the commit, nil if there is none.
func (p *runPublisher) last(ctx context.Context, name string) (*github.CheckRun, error) {
	if p.existing == nil {
		existing, err := p.list()
		if err != nil {
			return nil, err
		}
		for _, run := range existing {
			if _, head, ok := strings.Cut(run.GetExternalID(), " "); ok {
				if err := p.ledger.Audited(ctx, head); err != nil {
					return nil, err
				}
			}
		}
		p.existing = existing
	}
	return p.existing[name], nil
}

// shownRun reads what a run on GitHub shows; its external id begins with our digest.
func shownRun(run *github.CheckRun) Shown {
	if run == nil {
		return Shown{}
	}
	digest, _, _ := strings.Cut(run.GetExternalID(), " ")
	shown := Shown{ID: run.GetID(), Digest: digest, URL: run.GetHTMLURL(), At: run.GetStartedAt().Time, State: stateOpen}
	switch {
	case run.GetStatus() == "completed" && run.GetOutput().GetAnnotationsCount() > 0:
		shown.State = stateAnnotated
	case run.GetStatus() == "completed":
		shown.State = stateDone
	}
	return shown
}

// write makes or changes a run. The external id is written with the last
// annotations, so that a run without all of them is not taken for complete.
func (p *runPublisher) write(ctx context.Context, shown Shown, want run, sum string) (*github.CheckRun, error) {
	first, rest := splitAnnotations(want.Annotations)
	update := github.UpdateCheckRunOptions{
		Name: want.Name, Status: github.String(want.Status), Output: output(want.Output, first), Actions: want.Actions,
	}
	if want.Page != "" {
		update.DetailsURL = github.String(want.Page)
	}
	if want.Conclusion != "" {
		update.Conclusion = github.String(want.Conclusion)
		update.CompletedAt = &github.Timestamp{Time: p.now}
	}
	if len(rest) == 0 {
		update.ExternalID = github.String(want.externalID(sum))
	}
	var run *github.CheckRun
	var err error
	if p.editable(shown, want) {
		run, _, err = p.repo.client.Checks.UpdateCheckRun(ctx, p.repo.Owner, p.repo.Name, shown.ID, update)
	} else {
		run, _, err = p.repo.client.Checks.CreateCheckRun(ctx, p.repo.Owner, p.repo.Name, github.CreateCheckRunOptions{
			Name: want.Name, HeadSHA: p.sha, DetailsURL: update.DetailsURL, Status: update.Status, Conclusion: update.Conclusion, ExternalID: update.ExternalID,
			StartedAt: &github.Timestamp{Time: p.now}, CompletedAt: update.CompletedAt, Output: update.Output, Actions: update.Actions,
		})
	}
	for len(rest) > 0 && err == nil {
		first, rest = splitAnnotations(rest)
		more := github.UpdateCheckRunOptions{Name: want.Name, Output: output(want.Output, first)}
		if len(rest) == 0 {
			more.ExternalID = github.String(want.externalID(sum))
		}
		run, _, err = p.repo.client.Checks.UpdateCheckRun(ctx, p.repo.Owner, p.repo.Name, run.GetID(), more)
	}
	if err != nil {
		return nil, explain(err, "publish check run %s of %s/%s at %s", want.Name, p.repo.Owner, p.repo.Name, p.sha)
	}
	return run, nil
}

// externalID is what a run keeps for us: what it shows, and a gate's the head of
// the audit log.
func (w run) externalID(sum string) string { return strings.TrimSpace(sum + " " + w.head) }

func splitAnnotations(list []*github.CheckRunAnnotation) (first, rest []*github.CheckRunAnnotation) {
	n := min(len(list), annotationsPerCall)
	return list[:n], list[n:]
}

func output(text texts.Run, annotations []*github.CheckRunAnnotation) *github.CheckRunOutput {
	out := &github.CheckRunOutput{
		Title: github.String(text.Title), Summary: github.String(text.Summary), Annotations: annotations,
	}
	if text.Text != "" {
		out.Text = github.String(text.Text)
	}
	return out
}
