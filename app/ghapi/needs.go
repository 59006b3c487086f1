package ghapi

import (
	"maps"
	"slices"
)

// Permission is one that the App needs, with the reason that people are told who
// are to grant it.
type Permission struct {
	Name     string // as GitHub's API has it: "pull_requests"
	Level    string // read or write
	Why      string
	Optional bool // the App works without it; what it is for does not
	OfOrgs   bool // it is about organisations: installations of people are without it
}

// Permissions is all that the App asks for (github-facts.md section 8): `onboard
// setup` makes the App with exactly these, and `onboard doctor` compares.
// Administration, workflows, statuses and secrets are never asked for.
func Permissions() []Permission {
	return []Permission{
		{Name: "checks", Level: "write", Why: "show every stage and gate as a check run"},
		{Name: "contents", Level: "write", Why: "read the plugin and its releases, keep the branches of the review pull request"},
		{Name: "deployments", Level: "write", Why: "show where a plugin was deployed", Optional: true},
		{Name: "issues", Level: "write", Why: "answer commands, keep the status comment and the labels"},
		{Name: "members", Level: "read", Why: "know who is in the teams that have roles", OfOrgs: true},
		{Name: "metadata", Level: "read", Why: "see repositories, and who may write to them"},
		{Name: "pull_requests", Level: "write", Why: "open the review pull request, request and count reviews"},
	}
}

// Events is what the App subscribes to (github-facts.md section 8, and label for
// labels that are renamed or deleted). GitHub sends those of installations to every
// App, and those of check runs and check suites to each that may write checks: they
// cannot be or need not be asked for.
func Events() []string {
	return []string{
		"issue_comment", "issues", "label", "membership", "pull_request", "pull_request_review", "push", "release", "repository", "team",
	}
}

// levels are what a permission may be, the least first.
var levels = []string{"", "read", "write", "admin"}

// Allows tells whether a granted level is enough for a needed one.
func Allows(granted, needed string) bool {
	return slices.Index(levels, granted) >= slices.Index(levels, needed)
}

// Lacking is which of the needed permissions are not among those granted.
func Lacking(granted map[string]string, needed []Permission) []Permission {
	return slices.DeleteFunc(slices.Clone(needed), func(p Permission) bool { return Allows(granted[p.Name], p.Level) })
}

// LackingEvents is which of the needed events are not among those subscribed to.
func LackingEvents(subscribed []string) []string {
	return slices.DeleteFunc(Events(), func(event string) bool { return slices.Contains(subscribed, event) })
}

// Needless are granted permissions that the App has no use for, by their names.
func Needless(granted map[string]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(granted)) {
		i := slices.IndexFunc(Permissions(), func(p Permission) bool { return p.Name == name })
		if i < 0 || !Allows(Permissions()[i].Level, granted[name]) {
			names = append(names, name)
		}
	}
	return names
}
