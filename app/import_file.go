package app

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Bounds of a file to import (S17).
const (
	maxImport         = 1 << 20 // bytes
	maxOnboardings    = 500
	maxImportReason   = 500 // runes, as of a command
	maxImportEvidence = 500 // bytes
)

// importedOnboarding is an onboarding in a file to import. The tags are those of
// [Config].
type importedOnboarding struct {
	Repository string `json:"repository" example:"octo-org/mattermost-plugin-hello"`
	Issue      int    `json:"issue" example:"12"`
	Author     string `json:"author" example:"octocat"`
	Starter    string `json:"starter" example:"octocat"`
	Started    string `json:"started" example:"2026-03-01"`
	Nightly    string `json:"nightly" example:"https://builds.example.com/hello/latest.tar.gz"`
	Accepted   struct {
		By       string `json:"by" example:"octocat"`
		At       string `json:"at" example:"2026-03-02"`
		Evidence string `json:"evidence" example:"https://github.com/octo-org/mattermost-plugin-hello/issues/12#issuecomment-1"`
	} `json:"accepted"`
	Decisions []importedDecision `json:"decisions" example:"[{stage: qa, by: octocat, at: 2026-03-05, …}]"`
}

// importedDecision is what somebody decided, as an import tells it.
type importedDecision struct {
	Stage    string `json:"stage" example:"qa"`
	Verb     string `json:"verb" example:"approve"`
	By       string `json:"by" example:"octocat"`
	At       string `json:"at" example:"2026-03-05"`
	Commit   string `json:"commit" example:"0123456789abcdef0123456789abcdef01234567"`
	SHA256   string `json:"sha256" example:"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"`
	Reason   string `json:"reason" example:"Beta"`
	Until    Day    `json:"until" example:"2027-01-31"`
	Evidence string `json:"evidence" example:"https://github.com/octo-org/mattermost-plugin-hello/issues/12#issuecomment-2"`
}

// ImportError is everything that is wrong with a file to import, of which
// nothing was put on record.
type ImportError Problems

// Error lists the problems.
func (e ImportError) Error() string {
	return "nothing is imported:\n" + Problems(e).list("for example ")
}

// readImport reads the file's YAML, a list of onboardings. It notes what is
// wrong with the form; what it means, the import looks at.
func (l *loader) readImport(content []byte) (list []importedOnboarding) {
	l.source, l.layer = l.file, 1
	example := "- {repository: octo-org/mattermost-plugin-hello, issue: 12, author: octocat, started: 2026-03-01}"
	node := l.parse(content, example)
	if len(l.problems) > 0 {
		return nil
	}
	if sequence, ok := node.(*ast.SequenceNode); !ok || len(sequence.Values) == 0 || len(sequence.Values) > maxOnboardings {
		where := l.source
		if node != nil {
			where = l.placeOf(node)
		}
		l.add(where, "", fmt.Sprintf("must be a list of onboardings, at most %d", maxOnboardings), example)
		return nil
	}
	all := &key{value: &list}
	l.keys = []*key{all}
	l.applyStructs(all, l.source, node)
	return list
}

// when reads a day or a time that must be past and not before another one.
func (i *importing) when(path, text string, after time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at = Day(text).begin()
	}
	fault := ""
	switch {
	case at.IsZero():
		fault = "must be a day or a time, as 2026-03-01 or 2026-03-01T10:00:00Z"
	case at.After(i.now):
		fault = "is in the future"
	case at.Before(after):
		fault = "is before the start"
	}
	i.check(path, fault)
	return at.UTC()
}

// formOf reports what is wrong with an onboarding in itself, its decisions
// aside, and returns when it started.
func (i *importing) formOf(path string, o importedOnboarding) time.Time {
	i.check(path+"repository", unless(repositoryName.MatchString(o.Repository), "must be owner/name"))
	i.check(path+"repository", unless(!slices.Contains(i.names, strings.ToLower(o.Repository)), "is in the file twice"))
	i.names = append(i.names, strings.ToLower(o.Repository))
	i.check(path+"issue", unless(o.Issue > 0, "must be the number of the issue or pull request where it is tracked"))
	i.check(path+"author", loginsFault([]string{o.Author}))
	if o.Starter != "" {
		i.check(path+"starter", loginsFault([]string{o.Starter}))
	}
	started := i.when(path+"started", o.Started, time.Time{})
	if o.Nightly != "" {
		i.check(path+"nightly", urlFault(o.Nightly))
	}
	if a := o.Accepted; a.By+a.At+a.Evidence != "" {
		i.check(path+"accepted.by", loginsFault([]string{a.By}))
		i.when(path+"accepted.at", a.At, started)
		i.check(path+"accepted.evidence", urlFault(a.Evidence))
	}
	return started
}

// decisionOf reads a decision and reports what is wrong with it in itself. Who
// made it, GitHub is asked.
func (i *importing) decisionOf(path string, d importedDecision, started time.Time) (onboarding.Decision, onboarding.Stage) {
	stage, known := i.config.Pipeline.Stage(d.Stage)
	i.check(path+"stage", unless(known, fmt.Sprintf("%q is no stage%s", d.Stage, i.nearStage(d.Stage))))
	verb := onboarding.Verb(d.Verb)
	switch {
	case d.Verb == "":
		verb = onboarding.Approve
	case !slices.Contains([]onboarding.Verb{onboarding.Approve, onboarding.Waive, onboarding.RequestChanges}, verb):
		i.check(path+"verb", "must be one of approve, request-changes, waive")
	case verb == onboarding.RequestChanges && stage.Kind == onboarding.Automatic:
		i.check(path+"verb", "an automatic stage can be approved or waived only")
	}
	i.check(path+"by", loginsFault([]string{d.By}))
	decision := onboarding.Decision{Verb: verb, Stage: d.Stage, At: i.when(path+"at", d.At, started), Reason: d.Reason, URL: d.Evidence}
	if known {
		decision.Bound = i.bound(path, d, verb, stage)
	}
	i.check(path+"reason", unless(d.Reason != "" || verb == onboarding.Approve, "is missing"))
	i.check(path+"reason", unless(utf8.RuneCountInString(d.Reason) <= maxImportReason, fmt.Sprintf("must have at most %d characters", maxImportReason)))
	if d.Until != "" {
		i.check(path+"until", unless(!d.Until.begin().IsZero(), dayFault(d.Until)))
		i.check(path+"until", unless(verb == onboarding.Waive, "is for waivers only"))
		decision.Until = d.Until.begin().AddDate(0, 0, 1)
	}
	i.check(path+"evidence", urlFault(d.Evidence))
	return decision, stage
}

// bound is what a decision is about (S4): the sha256 of the release's bundle or
// the plugin's commit. What is decided on an automatic stage is about just its
// findings, of which the App makes a sha256 of its own.
func (i *importing) bound(path string, d importedDecision, verb onboarding.Verb, stage onboarding.Stage) string {
	key, what, text, pattern := "commit", "the commit that was looked at, 40 hex digits", d.Commit, commitName
	otherKey, other := "sha256", d.SHA256
	if stage.Kind == onboarding.Automatic || i.config.Pipeline.AboutRelease(stage) {
		key, what, text, pattern = "sha256", "the sha256 of the bundle that was looked at, 64 hex digits", d.SHA256, bundleName
		otherKey, other = "commit", d.Commit
	}
	switch {
	case stage.Kind != onboarding.Automatic && verb == onboarding.Waive:
		i.check(path+"commit", unless(text+other == "", "a waiver of this stage is about no commit or file: leave it out"))
		return ""
	case other != "":
		i.check(path+otherKey, "is not what this stage is decided about; give "+key+", "+what)
	case text == "" && (stage.Kind == onboarding.Automatic || verb == onboarding.RequestChanges):
	default:
		i.check(path+key, unless(pattern.MatchString(text), "must be "+what))
	}
	return text
}

var (
	commitName = regexp.MustCompile(`^[0-9a-f]{40}$`)
	bundleName = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// nearStage suggests a stage, or lists them all.
func (i *importing) nearStage(word string) string {
	var names []string
	for _, stage := range i.config.Pipeline.Stages {
		if word != "" && near(word, stage.Name) {
			return fmt.Sprintf("; did you mean %q?", stage.Name)
		}
		names = append(names, stage.Name)
	}
	return ": they are " + listed(names)
}

// linkable matches what can stand in a link on GitHub and cannot end it (S19).
var linkable = regexp.MustCompile(`^https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%-]+$`)

func urlFault(text string) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "is missing"
	case err != nil || u.Host == "" || !linkable.MatchString(text) || len(text) > maxImportEvidence:
		return "must be the address of a page, https://…"
	case u.User != nil:
		return "must not hold a user name or password"
	}
	return ""
}
