package release

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCIThatBuildsTagsIsEvidence(t *testing.T) {
	const github, gitlab, circle = ".github/workflows/a.yml", ".gitlab-ci.yml", ".circleci/config.yml"
	tests := []struct {
		name, path, text string
		builds           bool
	}{
		{"tags by pattern", github, "on:\n  push:\n    tags:\n      - 'v*'\n", true},
		{"tags beside branches", ".github/workflows/ci.yaml", "on: {push: {branches: [main], tags: v*}}", true},
		{"the key in quotes", github, "\"on\":\n  push:\n    tags: ['v*']\n", true},
		{"releases", github, "on:\n  release:\n    types: [published]\n", true},
		{"releases without types", github, "on:\n  release:\n", true},
		{"a list with release", github, "on: [push, release]", true},
		{"a word", github, "on: release", true},
		{"an anchor", github, "x: &t ['v*']\non: {push: {tags: *t}}", true},
		{"our own for releases", github, Workflow, true},
		{"branches only", github, "on: {push: {branches: [main]}}", false},
		{"pushes of whatever", github, "on: push", false},
		{"an empty list of tags", github, "on: {push: {tags: []}}", false},
		{"tags of nothing", github, "on: {push: {tags: }}", false},
		{"tags in a script", github, "on: push\njobs: {a: {run: 'on: {push: {tags: v}}'}}", false},
		{"a workflow below the folder", ".github/workflows/old/a.yml", cd, false},
		{"no YAML", github, "on: [push", false},
		{"nothing", github, "", false},
		{"a list", github, "- on", false},

		{"GitLab: a plain job", gitlab, "build: {script: [make]}", true},
		{"GitLab: only tags", gitlab, "build: {script: [make], only: [tags]}", true},
		{"GitLab: only tags as refs", gitlab, "build: {script: [make], only: {refs: [tags]}}", true},
		{"GitLab: a rule", gitlab, "build: {script: [make], rules: [{if: $CI_COMMIT_TAG}]}", true},
		{"GitLab: a rule for all", gitlab, "build: {script: [make], rules: [{if: $X, when: never}, {when: always}]}", true},
		{"GitLab: only branches", gitlab, "build: {script: [make], only: [main]}", false},
		{"GitLab: never tags", gitlab, "build: {script: [make], rules: [{if: $CI_COMMIT_TAG, when: never}]}", false},
		{"GitLab: except tags", gitlab, "build: {script: [make], except: [tags]}", false},
		{"GitLab: a pipeline without tags", gitlab, "workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\nbuild: {script: [make]}", false},
		{"GitLab: no jobs", gitlab, "stages: [a]", false},

		{"CircleCI: filters", circle, "workflows: {w: {jobs: [{build: {filters: {tags: {only: /v.*/}}}}]}}", true},
		{"CircleCI: none", circle, "workflows: {version: 2, w: {jobs: [build]}}", false},
		{"CircleCI: elsewhere", "x/.circleci/config.yml", "workflows: {w: {jobs: [{build: {filters: {tags: {only: /v.*/}}}}]}}", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			delete(w.files, github)
			delete(w.files, ".github/workflows/cd.yml")
			w.files[test.path] = test.text
			result := w.look()
			if test.builds {
				assert.Equal(t, []string{test.path}, result.Facts["ci"])
				assert.NotContains(t, ids(result), noCI)
			} else {
				assert.Empty(t, result.Facts["ci"])
				assert.Contains(t, ids(result), noCI)
			}
		})
	}
}

// hostileYAML is what makes some parsers need minutes, gigabytes or the stack.
func hostileYAML() map[string]string {
	const n = maxConfigBytes
	return map[string]string{
		"brackets":          strings.Repeat("[", n),
		"closed brackets":   strings.Repeat("[", n/2) + strings.Repeat("]", n/2),
		"braces":            strings.Repeat("{a: ", n/4),
		"dashes":            strings.Repeat("- ", n/2),
		"question marks":    strings.Repeat("? ", n/2),
		"anchors":           strings.Repeat("&a ", n/3),
		"a list of itself":  "on: &a [*a]",
		"a loop of jobs":    "workflows: &w {jobs: *w, w: *w}",
		"a billion laughs":  "a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\non: &d [*c,*c,*c,*c,*c,*c]\nworkflows: {w: {jobs: *d}}",
		"a merge of itself": "on: &a {<<: *a}",
		"NULs":              strings.Repeat("\x00", n),
		"UTF-16":            "\xff\xfeo\x00n\x00",
		"many keys":         strings.Repeat("a: \n", n/4),
	}
}

func TestHostileCIConfigurationsAreNoEvidence(t *testing.T) {
	for name, text := range hostileYAML() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.files = map[string]string{"plugin.json": w.files["plugin.json"], ".github/workflows/a.yml": text, ".circleci/config.yml": text}
			result := w.look()
			assert.Empty(t, result.Facts["ci"])
			assert.Contains(t, ids(result), noCI)
		})
	}
}

func TestHostileNumbersOfWorkflowsAreBounded(t *testing.T) {
	w := newWorld(t)
	for i := range 2 * maxConfigs {
		w.files[".github/workflows/"+strings.Repeat("a", i+1)+".yml"] = cd
	}
	w.files[".github/workflows/b.yml"] = cd + strings.Repeat("#", maxConfigBytes)
	ci, ok := w.look().Facts["ci"].([]string)
	require.True(t, ok)
	assert.Len(t, ci, maxConfigs)
}

func FuzzCI(f *testing.F) {
	for _, text := range hostileYAML() {
		f.Add([]byte(text[:min(len(text), 1000)]))
	}
	f.Add([]byte(Workflow))
	f.Add([]byte("build: {script: [make], rules: [{if: $CI_COMMIT_TAG}]}"))
	f.Add([]byte("workflows: {w: {jobs: [{build: {filters: {tags: {only: /v.*/}}}}]}}"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		if root := parse(text); root != nil {
			githubBuildsTags(root)
			gitlabBuildsTags(root)
			circleBuildsTags(root)
		}
	})
}

func FuzzTag(f *testing.F) {
	for _, tag := range []string{"v1.2.3", "1.2.3-rc.1+x", "v", "vv1.0.0", "v１.0.0"} {
		f.Add(tag)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		version, ok := tagVersion(tag)
		if ok {
			assert.Equal(t, strings.TrimPrefix(tag, "v"), version.String())
		}
	})
}
