package fakegithub

import (
	"fmt"
	"slices"
	"strings"
)

// branchRules is a ruleset for the branches that a pattern names.
type branchRules struct {
	id      int64
	pattern string
	rules   []string
}

// violations are GitHub's sentences about the rules that this GitHub enforces.
var violations = map[string]string{
	"creation":                "Cannot create ref due to creations being restricted.",
	"update":                  "Cannot update this protected ref.",
	"deletion":                "Cannot delete this protected ref.",
	"non_fast_forward":        "Cannot force-push to this branch",
	"required_signatures":     "Commits must have verified signatures.",
	"required_linear_history": "This branch must not contain merge commits.",
	"pull_request":            "Changes must be made through a pull request.",
}

// SetRules makes a ruleset for branches, e.g. SetRules("onboard/**", "creation");
// of one pattern the rules are replaced, none takes them away. The pattern is as
// in GitHub's rulesets: ~ALL, ~DEFAULT_BRANCH, or a name with * and **. The rules
// are creation, update, deletion, non_fast_forward, required_signatures (no
// commit here is signed), required_linear_history and pull_request; any other
// panics. They bind the API's callers; people pass by them, as administrators can.
func (r *Repository) SetRules(pattern string, rules ...string) {
	defer r.github.lock()()
	for _, rule := range rules {
		if violations[rule] == "" {
			panic(fmt.Sprintf("fakegithub: rules of %s: there is no rule %q", pattern, rule)) // a mistake of the caller
		}
	}
	r.rules = slices.DeleteFunc(r.rules, func(set branchRules) bool { return set.pattern == pattern })
	if len(rules) > 0 {
		r.rules = append(r.rules, branchRules{r.github.newID(), pattern, rules})
	}
}

func (set branchRules) bind(r *Repository, branch string) bool {
	switch set.pattern {
	case "~ALL":
		return true
	case "~DEFAULT_BRANCH":
		return branch == r.defaultBranch
	}
	return globExpression(strings.TrimPrefix(set.pattern, "refs/heads/")).MatchString(branch)
}

// refChange is what somebody wants to do with a ref.
type refChange struct {
	name                     string
	created, deleted, forced bool
	added                    []commit // new to the repository
	merged                   bool     // through a pull request
}

// breaks says whether the rule forbids the change.
func (c refChange) breaks(rule string) bool {
	switch rule {
	case "creation":
		return c.created
	case "update":
		return !c.created && !c.deleted
	case "deletion":
		return c.deleted
	case "non_fast_forward":
		return c.forced
	case "required_signatures":
		return len(c.added) > 0
	case "required_linear_history":
		return slices.ContainsFunc(c.added, func(a commit) bool { return len(a.parents) > 1 })
	}
	return !c.created && !c.deleted && !c.merged // pull_request
}

// allowed refuses, with every reason, what the rules of a branch forbid.
func (r *Repository) allowed(c refChange) error {
	branch, ok := strings.CutPrefix(c.name, "refs/heads/")
	if !ok {
		return nil
	}
	var reasons []string
	for _, set := range r.rules {
		for _, rule := range set.rules {
			if set.bind(r, branch) && c.breaks(rule) && !slices.Contains(reasons, violations[rule]) {
				reasons = append(reasons, violations[rule])
			}
		}
	}
	if reasons == nil {
		return nil
	}
	return unprocessable("Repository rule violations found\n\n" + strings.Join(reasons, "\n\n") + "\n\n")
}

// listBranchRules answers for branches that do not exist yet, too (facts 5).
func (q *request) listBranchRules() (answer, error) {
	r := q.repository
	var rows []object
	for _, set := range r.rules {
		if !set.bind(r, q.PathValue("branch")) {
			continue
		}
		for _, rule := range set.rules {
			row := object{"type": rule, "ruleset_source_type": "Repository", "ruleset_source": r.fullName(), "ruleset_id": set.id}
			if parameters := ruleParameters[rule]; parameters != nil {
				row["parameters"] = parameters
			}
			rows = append(rows, row)
		}
	}
	return list(q, rows, func(row object) object { return row })
}

// ruleParameters are those of a rule as the settings page makes it.
var ruleParameters = map[string]object{
	"update": {"update_allows_fetch_and_merge": false},
	"pull_request": {
		"dismiss_stale_reviews_on_push": false, "require_code_owner_review": false, "require_last_push_approval": false,
		"required_approving_review_count": 0, "required_review_thread_resolution": false,
	},
}
