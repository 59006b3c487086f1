package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app/demo"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/handlers"
)

// calm waits until nothing is left to do: all that arrived was handled, and no
// repository waits, runs, or is tried again.
func (w *soakWorld) calm(ctx context.Context) {
	w.t.Helper()
	for {
		require.NoError(w.t, w.story.GitHub.Settled(ctx))
		busy := w.busy(ctx)
		if busy == "" {
			return
		}
		require.NoError(w.t, pauseUntil(ctx, time.Now().Add(200*time.Millisecond)), "still busy: %s", busy)
	}
}

// busy names what is not done yet, "" if all is.
func (w *soakWorld) busy(ctx context.Context) string {
	var list []string
	now := time.Now().UnixMilli()
	w.query(ctx, func(rows *sql.Rows) error {
		var key, why string
		var due int64
		if err := rows.Scan(&key, &due, &why); err != nil {
			return err
		}
		list = append(list, fmt.Sprintf("%s due in %d ms: %s", key, due-now, why))
		return nil
	}, `SELECT key, due_at, last_error FROM work WHERE key <> 'template' AND (owner <> '' OR wanted > done OR attempts > 0 OR held > 0 OR due_at < $1)
		UNION ALL SELECT guid, due_at, last_error FROM delivery WHERE handled_at IS NULL`, now+1000)
	return strings.Join(list, "\n")
}

// goesOn tells whether the App has nothing to do for a plugin, and nothing holds it.
func (p *plugin) goesOn() bool {
	ctx, cancel := context.WithTimeout(p.world.t.Context(), time.Second)
	defer cancel()
	var busy int
	err := p.world.record.Read().QueryRowContext(ctx,
		`SELECT COUNT(*) FROM work WHERE key = $1 AND (owner <> '' OR wanted > done OR attempts > 0 OR held > 0)`, fmt.Sprintf("repo/%d", p.Plugin.ID)).Scan(&busy)
	if err != nil { // the database is away
		return false
	}
	record, started, err := p.world.record.Onboarding(ctx, p.Plugin.ID)
	return err == nil && busy == 0 && started && record.Held == nil
}

// query reads the database beside the programs that have it.
func (w *soakWorld) query(ctx context.Context, each func(*sql.Rows) error, query string, args ...any) {
	w.t.Helper()
	rows, err := w.record.Read().QueryContext(ctx, query, args...)
	require.NoError(w.t, err)
	defer rows.Close()
	for rows.Next() {
		require.NoError(w.t, each(rows))
	}
	require.NoError(w.t, rows.Err())
}

// sight is what people see of a plugin at the end, but for what hangs on when the
// App looked: superseded check runs, the order of answers, how many review commits
// lead to what the review PR shows, and what is told after ten minutes.
func (p *plugin) sight() string {
	var b strings.Builder
	carrier := p.Carrier()
	runs := p.Plugin.CheckRuns(carrier)
	for _, pr := range p.Plugin.PullRequests() {
		if sha := pr.HeadSHA(); sha != carrier && !fromApp(pr.Author()) {
			runs = append(runs, p.Plugin.CheckRuns(sha)...)
		}
	}
	var lines []string
	for _, run := range runs {
		lines = append(lines, fmt.Sprintf("run %s %s %s %s\n%s\n%s", run.Name, run.Status, run.Conclusion, run.Title, run.Summary, run.Text))
	}
	lines = append(lines, comments(p.Issue.Comments())...)
	lines = append(lines, fmt.Sprint("labels ", slices.Sorted(slices.Values(p.Issue.Labels()))))
	present := 0 // the review PR that took the place of all others
	for _, pr := range p.Plugin.PullRequests() {
		if fromApp(pr.Author()) {
			present = max(present, pr.Number)
		}
	}
	for _, pr := range p.Plugin.PullRequests() {
		if !fromApp(pr.Author()) {
			continue
		}
		head, _ := pr.Head()
		base, _ := pr.Base()
		lines = append(lines, comments(pr.Comments())...)
		if pr.Number != present && pr.State() != "open" { // replaced, and as it happened to be then
			lines = append(lines, fmt.Sprintf("pull request %s to %s, replaced", head, base))
			continue
		}
		lines = append(lines, fmt.Sprintf("pull request %s to %s, %s: %s\n%s\nlabels %v", head, base, pr.State(), pr.Title(), pr.Body(), slices.Sorted(slices.Values(pr.Labels()))))
		for _, file := range pr.Files() {
			lines = append(lines, fmt.Sprintf("file %s %s %s %s", file.Status, file.Path, file.Mode, file.SHA[:10]))
		}
	}
	slices.Sort(lines)
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	text := empty.ReplaceAllString(listed.ReplaceAllString(demo.Comparable(p.Plugin, b.String()), ""), "\n")
	return reviewer.ReplaceAllString(when.ReplaceAllString(text, "X"), "[SOMEBODY]")
}

// empty lines are left where such a notice stood.
var empty = regexp.MustCompile(`\n{2,}`)

// listed tells whether there is a notice below, as that a build was read shortly before.
var listed = regexp.MustCompile(`(What is listed below is worth knowing; nothing of it stops the plugin|There is nothing to do here)\.\n+`)

// when is how the marker of an answer to a label tells what it answers; and the
// name that the repository had when something was shown.
var when = regexp.MustCompile(`labeled/\d+|label/\d+|mattermost-plugin-\w+`)

// reviewer is one of those who may be asked first: who has the fewest open reviews,
// which hangs on which plugin was looked at first.
var reviewer = regexp.MustCompile(`\[(bob|carol|dave|quinn|pam|(qa|pm)\d+)\]\([^)]*\)`)

func comments(list []fakegithub.CommentView) (lines []string) {
	for _, c := range list {
		if strings.Contains(c.Body, "<!-- onboard:turn:") || tooEarly.MatchString(c.Body) {
			continue
		}
		var reactions []string
		for _, r := range c.Reactions {
			if r.Content != "eyes" { // cosmetic: it may be missing
				reactions = append(reactions, r.Content)
			}
		}
		slices.Sort(reactions)
		if strings.Contains(c.Body, "/onboard ") && !strings.HasPrefix(c.Author, "outsider") && slices.Contains(reactions, "confused") {
			continue
		}
		lines = append(lines, fmt.Sprintf("comment by %s: %s %v", c.Author, c.Body, reactions))
	}
	return lines
}

// tooEarly answers a sign-off that has to be said again, and a button that was pressed
// before something held the onboarding for a moment.
var tooEarly = regexp.MustCompile(`^.* (cannot be decided like that now|is about .* now, and not about|is held at present)`)

func fromApp(login string) bool { return strings.HasSuffix(login, "[bot]") }

var marker = regexp.MustCompile(`<!-- (onboard:[^>]*) -->`)

// doubles names what the App made twice: comments, open review PRs, requests for a review.
func (w *soakWorld) doubles() (found []string) {
	for _, p := range w.plugins {
		markers, open := map[string]int{}, 0
		list := p.Issue.Comments()
		for _, pr := range p.Plugin.PullRequests() {
			for _, c := range pr.Comments() {
				c.Body = fmt.Sprintf("<!-- onboard:%d -->%s", pr.Number, c.Body)
				list = append(list, c)
			}
			if fromApp(pr.Author()) && pr.State() == "open" {
				open++
			}
		}
		for _, c := range list {
			if fromApp(c.Author) {
				markers[fmt.Sprint(marker.FindAllString(c.Body, -1))]++
			}
		}
		for text, n := range markers {
			if n > 1 {
				found = append(found, fmt.Sprintf("%s: %d comments %s", p.name, n, text))
			}
		}
		if open > 1 {
			found = append(found, fmt.Sprintf("%s: %d open review PRs", p.name, open))
		}
	}
	return append(found, w.doubleRequests()...)
}

// doubleRequests names who was asked to review twice.
func (w *soakWorld) doubleRequests() (found []string) {
	asked, seen := map[string]int{}, map[string]bool{}
	for _, d := range w.story.GitHub.Deliveries() {
		if seen[d.GUID] || d.Event != "pull_request" || !strings.HasPrefix(d.Action, "review_request") {
			continue
		}
		seen[d.GUID] = true
		var payload struct {
			Number            int
			Repository        struct{ ID int64 }
			RequestedReviewer struct{ Login string } `json:"requested_reviewer"`
		}
		require.NoError(w.t, json.Unmarshal(d.Payload, &payload))
		key := fmt.Sprintf("repository %d, #%d, %s", payload.Repository.ID, payload.Number, payload.RequestedReviewer.Login)
		if d.Action == "review_requested" {
			asked[key]++
		} else {
			asked[key]--
		}
	}
	for key, n := range asked {
		if n > 1 {
			found = append(found, fmt.Sprintf("%s: asked %d times", key, n))
		}
	}
	return found
}

// lost names the deliveries that were answered 202 and are not on record as
// handled, though they concern a repository that was known by then.
func (w *soakWorld) lost(ctx context.Context) (found []string) {
	handled, known := map[string]bool{}, map[string]int64{}
	w.query(ctx, func(rows *sql.Rows) error {
		var guid, key string
		var received int64
		var at sql.NullInt64
		if err := rows.Scan(&guid, &key, &received, &at); err != nil {
			return err
		}
		handled[guid] = at.Valid
		if first, ok := known[key]; at.Valid && (!ok || at.Int64 < first) {
			known[key] = at.Int64
		}
		return nil
	}, `SELECT guid, key, received_at, handled_at FROM delivery`)
	route := handlers.Route(handlers.All(handlers.Deps{Store: w.record, AppID: w.story.App.ID, Pipeline: onboarding.Default(), Now: time.Now, ChecksPulls: true}))
	for guid, d := range w.balancer.acked {
		var payload struct{ Sender struct{ Type string } }
		require.NoError(w.t, json.Unmarshal(d.payload, &payload))
		if payload.Sender.Type == "Bot" { // the App hears of its own acts
			continue
		}
		done, stored := handled[guid]
		if stored {
			if !done {
				found = append(found, fmt.Sprintf("%s %s is not handled", d.event, guid))
			}
			continue
		}
		key, err := route(ctx, d.event, d.payload)
		require.NoError(w.t, err)
		first, ok := known[key]
		if key != "" && ok && d.at.UnixMilli() > first+1000 {
			found = append(found, fmt.Sprintf("%s %s concerns %s and is not on record", d.event, guid, key))
		}
	}
	return found
}

// equal compares what became of two worlds.
func (w *soakWorld) equal(undisturbed *soakWorld) (same int) {
	for i, p := range w.plugins {
		want, got := undisturbed.plugins[i].sight(), p.sight()
		if want == got {
			same++
			continue
		}
		owner, _, _ := strings.Cut(p.Plugin.FullName(), "/")
		for name, text := range map[string]string{"calls": w.calls.of(owner), "calls-undisturbed": undisturbed.calls.of(owner), "got": got, "want": want} {
			require.NoError(w.t, os.WriteFile(filepath.Join(w.logs, owner+"."+name), []byte(text), 0o600))
		}
		w.t.Errorf("%s (%s) is not as undisturbed:\n%s%s", p.name, p.Plugin.FullName(), without("- ", want, got), without("+ ", got, want))
	}
	return same
}

// without lists the lines of one text that another has not, or not so often.
func without(sign, text, other string) string {
	var b strings.Builder
	lines := strings.Split(other, "\n")
	for line := range strings.SplitSeq(text, "\n") {
		if at := slices.Index(lines, line); at >= 0 {
			lines = slices.Delete(lines, at, at+1)
			continue
		}
		b.WriteString(sign + line + "\n")
	}
	return b.String()
}
