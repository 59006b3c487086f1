package licence

import (
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// The rules' ids. They are stable: appeals and waivers name them.
const (
	missing        = "licence/missing"
	unknownText    = "licence/unknown-text"
	notAllowed     = "licence/not-allowed"
	danglingLink   = "licence/dangling-link"
	unreadable     = "licence/unreadable"
	extraWords     = "licence/extra-words"
	copyrightLine  = "licence/copyright-line"
	hiddenText     = "licence/hidden-text"
	headerOnly     = "licence/header-only"
	nested         = "licence/nested"
	notRecommended = "licence/not-recommended"
)

// rules documents every kind of finding under a policy.
func rules(policy Policy) []checks.Rule {
	names := choice(policy.proposed())
	rule := func(id string, severity checks.Severity, summary, fix string) checks.Rule {
		return checks.Rule{ID: id, Severity: severity, Summary: summary, Fix: fix}
	}
	return []checks.Rule{
		rule(missing, checks.Failure, "There is a licence file at the root of the repository.",
			"Add a file LICENSE at the root with the full text of "+names+"; naming a licence in the README is not enough."),
		rule(unknownText, checks.Failure, "The licence file holds the text of a licence that we know.",
			"Replace the file's content with the unchanged full text of "+names+"."),
		rule(notAllowed, checks.Failure, "The licence lets everybody use, change and pass on the plugin.",
			"Choose another licence, for example "+names+", and put its full text into the file."),
		rule(danglingLink, checks.Failure, "A licence file that is a symbolic link leads to a file of the repository.",
			"Replace the symbolic link with a file that holds the licence's text."),
		rule(unreadable, checks.Failure, "The licence file is a text file of at most 1 MiB.",
			"Save the licence as a plain text file in UTF-8 that holds nothing but the licence."),
		rule(extraWords, checks.Warning, "The licence file holds nothing but a licence: added words can take back what it allows.",
			"Move these words to the README, or ask an admin to look at them and approve."),
		rule(copyrightLine, checks.Warning, "A copyright line only names years and holders.",
			"Shorten the line to “Copyright”, the years and the holders, or ask an admin to look at it and approve."),
		rule(hiddenText, checks.Warning, "The licence file has no invisible characters.",
			"Remove the invisible characters, or paste the licence's text anew."),
		rule(headerOnly, checks.Warning, "The licence file holds the whole licence, not only a reference to it.",
			"Replace the file's content with the full text of the Apache License, Version 2.0."),
		rule(nested, checks.Warning, "Other licence files in the repository do not put parts of it under different terms.",
			"Put the whole plugin under one licence and remove this file, or ask an admin to look at it and approve."),
		rule(notRecommended, checks.Notice, "The licence is one of those we recommend.",
			"Nothing has to be done; for a new plugin choose "+names+"."),
	}
}

// add adds a finding of the rule to the result.
func (l *look) add(id, path string, at span, message string) {
	finding := checks.NewFinding(rules(l.policy), id, message)
	finding.Path, finding.Line, finding.EndLine = path, at.line, max(at.line, at.end)
	l.result.Add(finding)
}

// choice lists names as in "a, b or c".
func choice(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
