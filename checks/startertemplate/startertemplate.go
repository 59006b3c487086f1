// Package startertemplate checks what a plugin took over from the starter
// template: what is boilerplate and what is for review, which leftovers of the
// template must go, and what hides from reviewers (check-rules.md,
// "starter-template"; S7).
package startertemplate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/template"
)

// Name is the check's name and the stage's that it decides.
const Name = "starter-template"

// Source returns the template's index as it is now. If there is none yet, its
// error is a NotReadyError.
type Source func(context.Context) (*template.Index, error)

// NotReadyError says that the template's versions are not known yet. It goes
// away by itself.
type NotReadyError struct{ Reason string } // a sentence without its full stop

func (e *NotReadyError) Error() string { return e.Reason }

// New returns the check. It asks for the template's index at each run, so that
// an index is decoded only when it is needed and may be extended meanwhile:
// nil stands for template.Builtin. A source that fails makes the outcome error;
// that of a NotReadyError has its reason for title.
func New(index Source) checks.Check {
	if index == nil {
		index = func(context.Context) (*template.Index, error) { return template.Builtin() }
	}
	return checks.Check{
		Name: Name,
		Doc: "The plugin's files are compared with every version of the starter template. What is still as in the template " +
			"need not be reviewed; the template's name, addresses and README must be replaced. " +
			"A person looks at characters and paths that read as something else than they are.",
		Rules: rules(),
		Run: func(ctx context.Context, subject checks.Subject) (checks.Result, error) {
			x, err := index(ctx)
			var notReady *NotReadyError
			if errors.As(err, &notReady) {
				return checks.Result{Outcome: checks.Error, Title: checks.Shorten(notReady.Reason, maxTitle)}, nil
			}
			if err != nil {
				return checks.Result{}, fmt.Errorf("get the template's index: %w", err)
			}
			l := look{ctx: ctx, index: x, commits: x.Commits(), subject: subject}
			return l.run()
		},
	}
}

// maxTitle is the length of a result's title, in runes.
const maxTitle = 80

// look is one look at one subject.
type look struct {
	ctx     context.Context
	index   *template.Index
	commits []template.Commit
	subject checks.Subject

	compared template.Comparison
	result   checks.Result
}

func (l *look) run() (checks.Result, error) {
	l.result = checks.Result{Check: Name, Outcome: checks.Pass, Findings: []checks.Finding{}}
	var err error
	if l.compared, err = l.index.Compare(l.ctx, l.subject); err != nil {
		return checks.Result{}, err
	}
	for _, step := range []func() error{l.manifest, l.readmes, l.modules, l.contents} {
		if err := step(); err != nil {
			return checks.Result{}, err
		}
	}
	l.leftFiles()
	l.paths()
	l.build()
	l.origin()
	slices.SortStableFunc(l.result.Findings, func(a, b checks.Finding) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule))
	})
	l.result.Title, l.result.Facts = l.title(), l.facts()
	zerolog.Ctx(l.ctx).Debug().Str("derived", string(l.compared.Derived)).Int("files", len(l.subject.Files)).
		Str("outcome", string(l.result.Outcome)).Msg("compared with the starter template")
	return l.result, nil
}

// weight orders findings: what must be fixed comes first, notices last.
func weight(f checks.Finding) int {
	return slices.Index([]checks.Severity{checks.Failure, checks.Warning, checks.Notice}, f.Severity)
}

// title says the result in one line of at most 80 runes.
func (l *look) title() string {
	failures := 0
	for _, f := range l.result.Findings {
		if f.Severity == checks.Failure {
			failures++
		}
	}
	own, modified := l.compared.Count(template.Own), l.compared.Count(template.Modified)
	switch {
	case failures > 0:
		return counted(failures, "leftover") + " of the starter template must be replaced"
	case l.result.Outcome == checks.Review:
		return "A person must look at what can hide from reviewers"
	case l.compared.Derived == template.No:
		return fmt.Sprintf("Not made from the starter template: %s for review", counted(own, "file"))
	default:
		return fmt.Sprintf("Template of %s: %d unmodified, %d modified, %s",
			l.date(l.compared.Nearest), l.compared.Count(template.Unmodified), modified, counted(own, "own file"))
	}
}

// Bounds of the lists in the facts.
const (
	maxListed = 300 // paths of a class
	maxMissed = 50  // later versions, the newest ones
)

// facts are what design.md promises, and lists for the table in the check run.
func (l *look) facts() map[string]any {
	c := l.compared
	facts := map[string]any{
		"derived": string(c.Derived), "nearest": nil, "interval": []string{},
		"unmodified": c.Count(template.Unmodified), "modified": c.Count(template.Modified), "own": c.Count(template.Own),
		"deleted": len(c.Deleted), "missed": len(c.Missed), "template": l.index.Repository(),
	}
	if c.Nearest >= 0 {
		facts["nearest"] = l.commits[c.Nearest].SHA
		facts["nearest_date"] = l.date(c.Nearest)
		facts["interval"] = []string{l.commits[c.First].SHA, l.commits[c.Last].SHA}
	}
	lists := map[string][]string{"unmodified": {}, "modified": {}, "own": {}, "deleted": {}}
	for _, m := range c.Matches {
		lists[string(m.Class)] = append(lists[string(m.Class)], m.File.Path)
	}
	lists["deleted"] = append(lists["deleted"], c.Deleted...)
	for class, list := range lists {
		lists[class] = list[:min(len(list), maxListed)]
	}
	facts["files"] = lists
	missed := []map[string]any{}
	for _, m := range slices.Backward(c.Missed) {
		if len(missed) == maxMissed {
			break
		}
		missed = append(missed, map[string]any{"commit": l.commits[m.Version].SHA, "date": l.date(m.Version), "files": m.Paths})
	}
	facts["missed_commits"] = missed
	return facts
}

// date is the day of a version.
func (l *look) date(version int) string { return l.commits[version].Date.Format("2006-01-02") }

// counted writes a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
