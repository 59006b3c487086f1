package release

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/onboard-app/onboard/checks"
)

// Bounds of the configurations that are read. What is beyond them counts as no
// evidence, which is a notice only.
const (
	maxConfigs     = 30
	maxConfigBytes = 64 << 10
	maxJobs        = 200 // of one configuration
)

// workflowFile matches GitHub's workflows.
var workflowFile = regexp.MustCompile(`^\.github/workflows/[^/]+\.ya?ml$`)

// evidence returns the CI configurations of the tree that build on tags or
// releases. It is what they say: whether they work, the release shows.
func (l *look) evidence() ([]string, error) {
	var found []string
	tries := 0
	for _, file := range l.subject.Files {
		builds := reader(file.Path)
		if builds == nil || !plain(file) || file.Size > maxConfigBytes {
			continue
		}
		if tries++; tries > maxConfigs {
			break
		}
		content, err := l.subject.Read(l.ctx, file, maxConfigBytes)
		if err != nil {
			return nil, fmt.Errorf("read the CI configuration %q: %w", file.Path, err)
		}
		if root := parse(content); root != nil && builds(root) {
			found = append(found, file.Path)
		}
	}
	return found, nil
}

// plain reports whether a file has a content of its own.
func plain(file checks.File) bool {
	return file.Mode == checks.Regular || file.Mode == checks.Executable
}

// reader returns what tells whether the CI configuration at the path builds on
// tags; nil if none is there.
func reader(path string) func(*yaml.Node) bool {
	switch {
	case workflowFile.MatchString(path):
		return githubBuildsTags
	case path == ".gitlab-ci.yml":
		return gitlabBuildsTags
	case path == ".circleci/config.yml":
		return circleBuildsTags
	}
	return nil
}

// parse reads YAML into nodes; nil if it is none. Aliases stay aliases, so that
// nothing grows, and yaml.v3 refuses deep nesting: for 64 KiB it needs 60 ms at
// the worst (goccy/go-yaml: 16 s for brackets).
func parse(content []byte) *yaml.Node {
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil || len(document.Content) == 0 {
		return nil
	}
	return document.Content[0]
}

// githubBuildsTags reads a workflow: `on: push: tags` or `on: release`.
func githubBuildsTags(root *yaml.Node) bool {
	on := get(root, "on")
	return has(on, "release") || len(items(get(on, "push", "tags"))) > 0
}

// gitlabBuildsTags reads a pipeline: a job runs on tags unless it says `only`,
// `except` or `rules`, and they have to let tags in.
func gitlabBuildsTags(root *yaml.Node) bool {
	if rules := get(root, "workflow", "rules"); rules != nil && !ruledIn(rules) {
		return false
	}
	return slices.ContainsFunc(values(root), func(job *yaml.Node) bool {
		if get(job, "script") == nil {
			return false
		}
		only, except, rules := get(job, "only"), get(job, "except"), get(job, "rules")
		switch {
		case rules != nil:
			return ruledIn(rules)
		case only != nil:
			return has(only, "tags") || has(get(only, "refs"), "tags")
		default:
			return !has(except, "tags") && !has(get(except, "refs"), "tags")
		}
	})
}

// ruledIn reports whether one of GitLab's rules lets tags in: it speaks of them
// or has no condition.
func ruledIn(rules *yaml.Node) bool {
	return slices.ContainsFunc(items(rules), func(rule *yaml.Node) bool {
		condition, when := get(rule, "if"), get(rule, "when")
		if when != nil && when.Value == "never" {
			return false
		}
		return condition == nil || strings.Contains(condition.Value, "$CI_COMMIT_TAG")
	})
}

// circleBuildsTags reads CircleCI's workflows: a job runs on tags only if its
// filters say which.
func circleBuildsTags(root *yaml.Node) bool {
	return slices.ContainsFunc(values(get(root, "workflows")), func(workflow *yaml.Node) bool {
		return slices.ContainsFunc(items(get(workflow, "jobs")), func(job *yaml.Node) bool {
			return slices.ContainsFunc(values(job), func(settings *yaml.Node) bool {
				return get(settings, "filters", "tags", "only") != nil
			})
		})
	})
}

// resolve follows an alias to what it stands for.
func resolve(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// get returns the value of a path of keys, nil if there is none.
func get(node *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		mapping := resolve(node)
		if mapping == nil || mapping.Kind != yaml.MappingNode {
			return nil
		}
		node = nil
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if mapping.Content[i].Value == key {
				node = mapping.Content[i+1]
			}
		}
	}
	return resolve(node)
}

// values returns the values of a mapping.
func values(node *yaml.Node) []*yaml.Node {
	node = resolve(node)
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	var list []*yaml.Node
	for i := 1; i < len(node.Content) && len(list) < maxJobs; i += 2 {
		list = append(list, node.Content[i])
	}
	return list
}

// items returns the items of a list, or a single value as a list.
func items(node *yaml.Node) []*yaml.Node {
	node = resolve(node)
	switch {
	case node == nil || node.ShortTag() == "!!null":
		return nil
	case node.Kind == yaml.SequenceNode:
		return node.Content[:min(len(node.Content), maxJobs)]
	default:
		return []*yaml.Node{node}
	}
}

// has reports whether a value is a word, or a list or mapping with it.
func has(node *yaml.Node, word string) bool {
	node = resolve(node)
	if node != nil && node.Kind == yaml.MappingNode {
		for i := 0; i < len(node.Content); i += 2 {
			if node.Content[i].Value == word {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(items(node), func(item *yaml.Node) bool { return resolve(item).Value == word })
}
