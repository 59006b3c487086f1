// Package licence checks that a plugin has a licence that lets everybody use
// it: the rules of check-rules.md, "licence".
package licence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/checks"
)

// Name is the check's name and the stage's that it decides.
const Name = "licence"

// New returns the check for a policy. It fails with a [checks.PolicyError] if
// the policy names a licence twice or one that nobody can recognise.
func New(policy Policy) (checks.Check, error) {
	if err := policy.validate(); err != nil {
		return checks.Check{}, err
	}
	scanner := newScanner(policy.accepted(), policy.Forbidden)
	return checks.Check{
		Name: Name,
		Doc: "The plugin has a licence file at its root whose text is exactly that of a licence which lets everybody use, " +
			"change and pass on the plugin: " + choice(policy.proposed()) + " are recommended. A person looks at " +
			"anything added to such a text, and at other licence files in the repository.",
		Rules: rules(policy),
		Run: func(ctx context.Context, subject checks.Subject) (checks.Result, error) {
			look := look{ctx: ctx, policy: policy, scanner: scanner, subject: subject, seen: map[string]bool{}}
			return look.run()
		},
	}, nil
}

// look is one look at one subject.
type look struct {
	ctx     context.Context
	policy  Policy
	scanner *scanner
	subject checks.Subject

	result checks.Result
	ids    []string        // of the plugin's licence
	files  []string        // that were read
	seen   map[string]bool // paths of texts that were judged
}

func (l *look) run() (checks.Result, error) {
	l.result = checks.Result{Check: Name, Outcome: checks.Pass, Findings: []checks.Finding{}}
	main, other := candidates(l.subject)
	if len(main) > maxMain {
		l.add(unreadable, "", span{}, fmt.Sprintf("There are %d licence files at the root, more than the %d that are read.", len(main), maxMain))
		main = main[:maxMain]
	}
	for _, file := range main {
		if err := l.judge(file, l.main); err != nil {
			return checks.Result{}, err
		}
	}
	if len(main) == 0 {
		l.add(missing, "", span{}, "The repository has no licence file, so nobody may use the plugin.")
	}
	for i, file := range other {
		if i == maxOther {
			l.add(nested, file.Path, span{}, fmt.Sprintf("There are %d other licence files; only the first %d were read.", len(other), maxOther))
			break
		}
		if err := l.judge(file, l.other); err != nil {
			return checks.Result{}, err
		}
	}
	slices.Sort(l.ids)
	slices.Sort(l.files)
	l.ids, l.files = slices.Compact(l.ids), slices.Compact(l.files)
	l.result.Title = l.title()
	slices.SortStableFunc(l.result.Findings, func(a, b checks.Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	l.result.Facts = map[string]any{"ids": listed(l.ids), "files": listed(l.files)}
	zerolog.Ctx(l.ctx).Debug().Strs("ids", l.ids).Strs("files", l.files).Str("outcome", string(l.result.Outcome)).Msg("looked at licences")
	return l.result, nil
}

// judge reads a file and judges its text, once even if several links lead there.
func (l *look) judge(file checks.File, decide func(checks.File, document, reading)) error {
	doc, err := open(l.ctx, l.subject, file)
	if err != nil {
		return err
	}
	l.files = append(l.files, file.Path)
	if l.seen[doc.path] {
		return nil
	}
	l.seen[doc.path] = true
	r, err := l.scanner.read(doc.text)
	if err != nil {
		return fmt.Errorf("read licence file %q: %w", doc.path, err)
	}
	decide(file, doc, r)
	return nil
}

// main judges a file that holds the plugin's licence.
func (l *look) main(file checks.File, doc document, r reading) {
	if errors.Is(doc.problem, errDangling) {
		l.add(danglingLink, file.Path, span{}, "The licence file is a symbolic link that leads to no file of this repository.")
		return
	}
	if doc.problem != nil {
		l.add(unreadable, doc.path, span{}, fmt.Sprintf("The licence file could not be read: %v.", doc.problem))
		return
	}
	l.ids = append(l.ids, r.ids...)
	if len(r.ids) == 0 {
		l.add(unknownText, doc.path, span{line: 1}, "The text of the licence file is not that of a licence we know, so a person must look.")
		return
	}
	refused := false
	for _, id := range r.ids {
		if !l.policy.passes(id) {
			refused = true
			l.add(notAllowed, doc.path, r.at[id], fmt.Sprintf("The licence %s is not one that plugins may have.", id))
		}
	}
	if refused {
		return // what else stands in the file changes nothing
	}
	for _, id := range r.ids {
		if !slices.Contains(l.policy.Recommended, id) {
			l.add(notRecommended, doc.path, r.at[id], fmt.Sprintf("The licence %s is fine, but not one of those we recommend.", id))
		}
	}
	l.additions(doc.path, r)
}

// additions adds findings about what is more, or less, than a licence's text.
func (l *look) additions(path string, r reading) {
	if r.headerOnly {
		l.add(headerOnly, path, r.at["Apache-2.0"], "The file only refers to the Apache licence; its full text is missing.")
	}
	l.addEach(extraWords, path, r.extra, func(s span) string {
		return fmt.Sprintf("These words belong to no licence we know: “%s”.", excerpt(s.text))
	})
	l.addEach(copyrightLine, path, r.copyright, func(s span) string {
		why, _ := suspicious(s.text)
		return fmt.Sprintf("The copyright statement “%s” %s, so it might restrict the licence.", excerpt(s.text), why)
	})
	l.addEach(hiddenText, path, r.hidden, func(span) string {
		return "This line has invisible characters, which can hide what it says."
	})
}

// addEach adds a finding for each place, up to maxPlaces of them (S17).
func (l *look) addEach(rule, path string, places []span, message func(span) string) {
	for i, place := range places {
		if i == maxPlaces {
			l.add(rule, path, place, fmt.Sprintf("There are %d more places like this in the file.", len(places)-maxPlaces))
			return
		}
		l.add(rule, path, place, message(place))
	}
}

// other judges a licence file that is not the plugin's own.
func (l *look) other(_ checks.File, doc document, r reading) {
	const what = "This other licence file %s, so parts of the plugin may be under different terms."
	if doc.problem != nil {
		l.add(nested, doc.path, span{}, fmt.Sprintf(what, "could not be read ("+doc.problem.Error()+")"))
		return
	}
	if len(r.ids) == 0 {
		l.add(nested, doc.path, span{line: 1}, fmt.Sprintf(what, "has a text that we do not know"))
		return
	}
	for _, id := range r.ids {
		if !l.policy.passes(id) {
			l.add(nested, doc.path, r.at[id], fmt.Sprintf(what, "has the licence "+id+", which plugins may not have"))
			return
		}
	}
	if odd := slices.Concat(r.extra, r.copyright, r.hidden); len(odd) > 0 {
		l.add(nested, doc.path, odd[0], fmt.Sprintf(what, "adds words to its licence (“"+excerpt(odd[0].text)+"”)"))
	}
}

// title says the outcome in one line of at most 80 runes.
func (l *look) title() string {
	ids := "No licence"
	if len(l.ids) > 0 {
		ids = strings.Join(l.ids, ", ")
	}
	switch l.result.Outcome {
	case checks.Pass:
		return checks.Shorten(ids, 80)
	case checks.Review:
		return checks.Shorten(ids, 57) + ": a person must look"
	}
	switch worst := l.result.Findings[slices.IndexFunc(l.result.Findings, func(f checks.Finding) bool { return f.Severity == checks.Failure })]; worst.Rule {
	case notAllowed:
		refused := slices.DeleteFunc(slices.Clone(l.ids), l.policy.passes)
		return checks.Shorten("Not allowed: "+strings.Join(refused, ", "), 80)
	case missing:
		return "No licence file"
	case unknownText:
		return "The licence's text is not known"
	default:
		return "The licence file cannot be read"
	}
}

// listed returns the list, empty rather than nil, so that JSON has an array.
func listed(list []string) []string {
	return append([]string{}, list...)
}

// excerpt shortens a quotation and puts it on one line.
func excerpt(text string) string {
	return checks.Shorten(strings.Join(strings.Fields(text), " "), 160)
}
