package app

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Change is one difference between two configurations, in plain words.
type Change struct {
	What     string // "basic-review needs 2 approvals, not 1"
	Concerns string // "onboardings that start from now on"
}

// Whom changes concern that are not about one stage.
const (
	concernsAll  = "all onboardings under way"
	concernsNew  = "onboardings that start from now on"
	concernsNone = "no onboarding, only how the App itself runs"
	reachedStay  = "; a gate that was reached stays, until the plugin changes"
)

// Diff says what another configuration changes: first the pipeline, then the
// roles, then every other key. Secrets are compared and not shown (S20).
func Diff(from, to Config) []Change {
	changes := diffPipeline(from.Pipeline, to.Pipeline)
	changes = append(changes, diffRoles(from, to)...)
	after := keysOf(&to)
	for _, k := range keysOf(&from) {
		if section, _, _ := strings.Cut(k.path, "."); section != "pipeline" && section != "roles" {
			for _, what := range diffKey(k, find(after, k.path)) {
				changes = append(changes, Change{What: what, Concerns: concernsOf(k.path)})
			}
		}
	}
	return changes
}

// concernsOf says which onboardings a key outside the pipeline and the roles
// concerns.
func concernsOf(path string) string {
	switch {
	case strings.HasPrefix(path, "start."):
		return concernsNew
	case path == "plugin_owners":
		return "onboardings of these plugins: what their owners decided about them does not count"
	case path == "reviewers.holidays":
		return "when people are reminded from now on"
	case strings.HasPrefix(path, "reviewers."):
		return "who is asked to review from now on"
	case path == "policy.owners.block":
		return concernsNew + ", of these owners"
	case strings.HasPrefix(path, "policy."): // the App's results name the policy by which they were found
		return concernsAll + ": every check looks again" + reachedStay
	case path == "template.repository":
		return concernsAll + ": starter-template looks again" + reachedStay
	case path == "checks.pull_requests":
		return "pull requests that are opened or pushed to from now on"
	case path == "mode":
		return concernsAll + ": what of them is published"
	case strings.HasPrefix(path, "writes.posts_"):
		return "when people are notified from now on"
	case strings.HasPrefix(path, "chat."):
		return "what is said in chat from now on"
	case strings.HasPrefix(path, "targets"):
		return "what is deployed from now on"
	case strings.HasPrefix(path, "review_pr."):
		return "onboardings that end from now on"
	}
	return concernsNone
}

// diffKey says in words what differs in one key.
func diffKey(from, to *key) []string {
	if to == nil || reflect.DeepEqual(from.value, to.value) { // of an entry that is gone, its map tells
		return nil
	}
	if _, secret := from.value.(*Secret); secret {
		return []string{from.path + " is another one"}
	}
	switch before := from.value.(type) {
	case *[]string:
		return diffList(from.path, *before, *to.value.(*[]string))
	case *[]Day:
		return diffList(from.path, *before, *to.value.(*[]Day))
	case *[]Away:
		return diffList(from.path, whoIsAway(*before), whoIsAway(*to.value.(*[]Away)))
	case *[]ChatName:
		return diffList(from.path, calledWhat(*before), calledWhat(*to.value.(*[]ChatName)))
	case *Targets: // their keys are compared one by one
		return diffList(from.path, before.names(), to.value.(*Targets).names())
	case *PluginOwners:
		return diffPluginOwners(from.path, *before, *to.value.(*PluginOwners))
	}
	return []string{fmt.Sprintf("%s is %s, not %s", from.path, show(to), show(from))}
}

// show is a key's value as people read it.
func show(k *key) string {
	if text, ok := k.value.(*string); ok {
		return fmt.Sprintf("%q", *text)
	}
	return fmt.Sprint(k.elem().Interface())
}

// diffList says what a list has more and less.
func diffList[T ~string](name string, from, to []T) []string {
	var words []string
	if more := without(to, from); len(more) > 0 {
		words = append(words, fmt.Sprintf("%s has %s too", name, listed(more)))
	}
	if less := without(from, to); len(less) > 0 {
		words = append(words, fmt.Sprintf("%s has %s no more", name, listed(less)))
	}
	if len(words) == 0 {
		words = append(words, name+" is in another order")
	}
	return words
}

// diffRoles says who has a role more and less.
func diffRoles(from, to Config) []Change {
	var changes []Change
	names := append(from.Roles.names(), to.Roles.names()...)
	slices.Sort(names)
	for _, role := range slices.Compact(names) {
		before, after := from.Roles[role], to.Roles[role]
		concerns := "no onboarding: no stage asks for this role"
		if stages := to.Pipeline.WaitingFor(role); len(stages) > 0 {
			concerns = "what is decided on " + listed(stages) + " from now on; what was decided stays"
		} else if role == onboarding.Admin {
			concerns = "what admins decide from now on; what was decided stays"
		}
		if before == nil {
			changes = append(changes, Change{What: fmt.Sprintf("role %s is new", role), Concerns: concerns})
		}
		if after == nil {
			changes = append(changes, Change{What: fmt.Sprintf("role %s is gone", role), Concerns: concerns})
		}
		for _, what := range slices.Concat(
			diffPeople(string(role), "", before.users(), after.users()),
			diffPeople(string(role), "team ", before.teams(), after.teams()),
		) {
			changes = append(changes, Change{What: what, Concerns: concerns})
		}
	}
	return changes
}

func diffPeople(role, kind string, from, to []string) []string {
	var words []string
	for _, name := range without(to, from) {
		words = append(words, fmt.Sprintf("%s%s has the role %s", kind, name, role))
	}
	for _, name := range without(from, to) {
		words = append(words, fmt.Sprintf("%s%s has the role %s no more", kind, name, role))
	}
	return words
}

func (p *People) users() []string {
	if p == nil {
		return nil
	}
	return p.Users
}

func (p *People) teams() []string {
	if p == nil {
		return nil
	}
	return p.Teams
}

// without are the items of a list that another does not have.
func without[T comparable](list, other []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(item T) bool { return slices.Contains(other, item) })
}

// listed is "a", "a and b" or "a, b and c".
func listed[T ~string](names []T) string { return joined(names, "and") }

// either is "a", "a or b" or "a, b or c".
func either[T ~string](names []T) string { return joined(names, "or") }

func joined[T ~string](names []T, word string) string {

	var texts []string
	for _, name := range names {
		texts = append(texts, string(name))
	}
	if n := len(texts); n > 1 {
		texts = []string{strings.Join(texts[:n-1], ", "), texts[n-1]}
	}
	return strings.Join(texts, " "+word+" ")
}
