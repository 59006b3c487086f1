// Package manifest checks a plugin's manifest and what the marketplace asks of
// a plugin's files: check-rules.md "manifest", process.md "The marketplace
// checklist". It also lists what reviewers should look at in the server's code.
package manifest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/checks"
)

// Name is the check's name and the stage's that it decides.
const Name = "manifest"

// New returns the check for a policy. It fails if the policy requires a field
// that manifests do not have.
func New(policy Policy) (checks.Check, error) {
	if err := policy.validate(); err != nil {
		return checks.Check{}, err
	}
	return checks.Check{
		Name: Name,
		Doc: "The plugin's manifest, plugin.json, is one that a Mattermost server accepts, and it says what the marketplace " +
			"shows: name, description, links and icon. What else the marketplace asks of a plugin, and places in the " +
			"server's code that reviewers should look at, are listed as notices.",
		Rules: rules,
		Run: func(ctx context.Context, subject checks.Subject) (checks.Result, error) {
			l := look{ctx: ctx, policy: policy, subject: subject, count: map[string]int{}}
			return l.run()
		},
	}, nil
}

// look is one look at one subject.
type look struct {
	ctx     context.Context
	policy  Policy
	subject checks.Subject

	path     string         // of the manifest; "" if there is none
	root     *value         // the manifest with its lines; nil if it cannot be read
	manifest model.Manifest // decoded as the server does; its zero value if it cannot be

	result checks.Result
	count  map[string]int // of findings by rule, those that are not listed included
}

func (l *look) run() (checks.Result, error) {
	l.result = checks.Result{Check: Name, Outcome: checks.Pass, Findings: []checks.Finding{}}
	for _, step := range []func() error{l.read, l.fields, l.settings, l.layout, l.links, l.readme, l.security, l.evidence} {
		if err := step(); err != nil {
			return checks.Result{}, err
		}
	}
	l.closeLists()
	slices.SortStableFunc(l.result.Findings, func(a, b checks.Finding) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	l.result.Title = l.title()
	l.result.Facts = l.facts()
	zerolog.Ctx(l.ctx).Debug().Str("id", l.manifest.Id).Str("outcome", string(l.result.Outcome)).Msg("looked at the manifest")
	return l.result, nil
}

// weight puts failures before warnings before notices.
func weight(f checks.Finding) int {
	return slices.Index([]checks.Severity{checks.Failure, checks.Warning, checks.Notice}, f.Severity)
}

// title says the outcome in one line of at most 80 runes.
func (l *look) title() string {
	problems := 0
	for _, f := range l.result.Findings {
		if f.Severity.Outcome() == l.result.Outcome {
			problems++
		}
	}
	switch {
	case l.result.Outcome == checks.Pass:
		return checks.Shorten(cmp.Or(l.manifest.Id, "The manifest is fine"), 80)
	case l.result.Outcome == checks.Review:
		return checks.Shorten(l.manifest.Id, 57) + ": a person must look"
	case l.path == "":
		return "No manifest"
	case problems == 1:
		return "1 thing to fix"
	default:
		return fmt.Sprintf("%d things to fix", problems)
	}
}

// facts are what was measured.
func (l *look) facts() map[string]any {
	links := "not looked up"
	if l.policy.Links != nil {
		links = "looked up"
	}
	evidence := map[string]int{}
	for rule, n := range l.count {
		if name, ok := strings.CutPrefix(rule, evidencePrefix); ok {
			evidence[name] = n
		}
	}
	return map[string]any{
		"path": l.path, "id": l.manifest.Id, "name": l.manifest.Name, "version": l.manifest.Version,
		"min_server_version": l.manifest.MinServerVersion, "links": links, "evidence": evidence,
	}
}
