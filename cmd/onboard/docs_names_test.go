package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/app"
)

// TestCommandLinesInTheDocumentationAreRight parses each `onboard …` that stands in
// a block of code as the program does: its words, flags and how many arguments.
func TestCommandLinesInTheDocumentationAreRight(t *testing.T) {
	found := 0
	for name, p := range pages(t) {
		for _, block := range p.blocks {
			if !block.shell() {
				continue
			}
			for _, words := range block.commandLines() {
				if args, ok := ofOnboard(words); ok {
					found++
					assert.NoError(t, parse(args), "%s: %v", name, words)
				}
			}
		}
	}
	assert.Greater(t, found, 15)
}

// TestCommandsThatTheDocumentationNamesExist looks at those in sentences, which may
// leave arguments out.
func TestCommandsThatTheDocumentationNamesExist(t *testing.T) {
	found := 0
	for name, p := range pages(t) {
		for _, span := range p.spans {
			if words := strings.Fields(span); words != nil && words[0] == "onboard" && len(words) > 1 {
				found++
				named(t, name, words[1:])
			}
		}
	}
	assert.Greater(t, found, 15)
}

// ofOnboard returns the arguments of a command line that runs this program.
func ofOnboard(words []string) (args []string, ok bool) {
	for len(words) > 0 && (assigned.MatchString(words[0]) || words[0] == "sudo") {
		words = words[1:]
	}
	switch {
	case len(words) == 0:
		return nil, false
	case slices.Contains([]string{"onboard", "./onboard", "bin/onboard"}, words[0]):
		return words[1:], true
	case len(words) > 3 && words[0] == "go" && words[1] == "run" && words[2] == "./cmd/onboard":
		return words[3:], true
	case words[0] == "docker" || words[0] == "kubectl": // … onboard serve, the image or the container before the arguments
		if i := slices.IndexFunc(words, func(w string) bool { return w == "onboard" || w == "/onboard" }); i > 1 {
			return words[i+1:], len(words) > i+1
		}
	}
	return nil, false
}

func parse(args []string) error {
	root := newRoot()
	command, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	command.InitDefaultHelpFlag()
	if err := command.ParseFlags(rest); err != nil {
		return err
	}
	return command.ValidateArgs(command.Flags().Args())
}

var word = regexp.MustCompile(`^[a-z][a-z-]*$`)

func named(t *testing.T, page string, words []string) {
	t.Helper()
	command := newRoot()
	for len(words) > 0 && word.MatchString(words[0]) && command.HasSubCommands() {
		i := slices.IndexFunc(command.Commands(), func(c *cobra.Command) bool { return c.Name() == words[0] })
		if !assert.GreaterOrEqual(t, i, 0, "%s: %q is no command of %q", page, words[0], command.CommandPath()) {
			return
		}
		command, words = command.Commands()[i], words[1:]
	}
	command.InitDefaultHelpFlag()
	for _, flag := range words {
		if flag, ok := strings.CutPrefix(strings.Trim(flag, "[]"), "--"); ok {
			flag, _, _ = strings.Cut(flag, "=")
			assert.NotNil(t, command.Flag(flag), "%s: %q has no flag --%s", page, command.CommandPath(), flag)
		}
	}
}

// TestTheCommandsOnGitHubThatTheDocumentationNamesExist: docs/commands.md is made
// from the table of commands, and each has a heading there.
func TestTheCommandsOnGitHubThatTheDocumentationNamesExist(t *testing.T) {
	all := pages(t)
	commands := all["docs/commands.md"].headings
	stages := configured(t).stages
	said := regexp.MustCompile(`(?:^|\s)/onboard ([a-z-]+)(?: ([a-z-]+))?`)
	ofStages := []string{"approve", "request-changes", "waive", "reopen", "assign", "unassign", "appeal", "recheck"}
	found := 0
	for name, p := range all {
		texts := slices.Clone(p.spans)
		for _, block := range p.blocks {
			texts = append(texts, block.text)
		}
		for _, text := range texts {
			for _, words := range said.FindAllStringSubmatch(text, -1) {
				found++
				assert.True(t, commands[words[1]], "%s: there is no command /onboard %s", name, words[1])
				if words[2] != "" && slices.Contains(ofStages, words[1]) {
					assert.Contains(t, stages, words[2], "%s: /onboard %s", name, words[1])
				}
			}
		}
	}
	assert.Greater(t, found, 50)
}

// settings are the keys of config.yml, which has them all, and the variables that
// it names.
type settings struct {
	text   string
	top    []string
	keys   map[string]bool
	stages []string
}

func configured(t *testing.T) settings {
	t.Helper()
	content, err := fs.ReadFile(repo, "config.yml")
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, yaml.Unmarshal(content, &tree))
	s := settings{text: string(content), keys: map[string]bool{}}
	var walk func(prefix string, tree map[string]any)
	walk = func(prefix string, tree map[string]any) {
		for name, value := range tree {
			s.keys[prefix+name] = true
			if inner, ok := value.(map[string]any); ok {
				walk(prefix+name+".", inner)
			}
		}
	}
	walk("", tree)
	s.top = slices.Collect(maps.Keys(tree))
	for _, stage := range app.Default().Pipeline.Stages {
		s.stages = append(s.stages, stage.Name)
	}
	return s
}

func TestSettingsThatTheDocumentationNamesExist(t *testing.T) {
	config := configured(t)
	variable := regexp.MustCompile(`\bONBOARD_[A-Z0-9_]+`)
	key := regexp.MustCompile(`^([a-z_]+)(\.[a-z_*-]+)*(: .*)?$`)
	found := 0
	all := pages(t)
	delete(all, "docs/api.md") // its names are those of JSON
	for name, p := range all {
		content, err := fs.ReadFile(repo, name)
		require.NoError(t, err)
		for _, v := range variable.FindAllString(string(content), -1) {
			found++
			assert.Regexp(t, `\b`+v+`\b`, config.text, "%s names %s, which sets nothing", name, v)
		}
		for _, span := range p.spans {
			dotted, _, hasValue := strings.Cut(span, ": ")
			parts := key.FindStringSubmatch(span)
			if parts == nil || !slices.Contains(config.top, parts[1]) || !strings.Contains(dotted, ".") && !hasValue {
				continue
			}
			found++
			assert.True(t, config.keys[strings.TrimSuffix(dotted, ".*")], "%s names the setting %s, which there is not", name, dotted)
		}
	}
	assert.Greater(t, found, 15)
}

// secretFile is the key of a file with a secret, and its path.
var secretFile = regexp.MustCompile(`(_file: )[^\s#]+`)

// TestConfigurationsInTheDocumentationAreRight: YAML whose keys are those of
// config.yml is read as the program reads it; all other YAML must at least be YAML.
func TestConfigurationsInTheDocumentationAreRight(t *testing.T) {
	top := configured(t).top
	for name, p := range pages(t) {
		for _, block := range p.blocks {
			if block.language != "yaml" && block.language != "yml" {
				continue
			}
			var tree map[string]any
			if !assert.NoError(t, yaml.Unmarshal([]byte(block.text), &tree), "%s:\n%s", name, block.text) {
				continue
			}
			if slices.ContainsFunc(slices.Collect(maps.Keys(tree)), func(key string) bool { return !slices.Contains(top, key) }) {
				continue
			}
			folder := t.TempDir() // where the files with secrets are, too
			secret, file := filepath.Join(folder, "secret"), filepath.Join(folder, "config.yml")
			require.NoError(t, os.WriteFile(secret, []byte(strings.Repeat("s", 64)), 0o600))
			require.NoError(t, os.WriteFile(file, []byte(secretFile.ReplaceAllString(block.text, "${1}"+secret)), 0o600))
			_, err := app.Load(file, nil, "")
			assert.NoError(t, err, "%s:\n%s", name, block.text)
		}
	}
}

// TestRulesMetricsAndAlertsThatTheDocumentationNamesExist: docs/checks.md is made
// from the checks, and docs/deploy/alerts.yml is tested with what it names.
func TestRulesMetricsAndAlertsThatTheDocumentationNamesExist(t *testing.T) {
	sources := map[string]string{}
	for _, pattern := range []string{"docs/checks.md", "docs/deploy/alerts.yml", "app/metrics/*.go"} {
		files, err := fs.Glob(repo, pattern)
		require.NoError(t, err)
		for _, file := range files {
			content, err := fs.ReadFile(repo, file)
			require.NoError(t, err)
			sources[pattern] += string(content)
		}
		require.NotEmpty(t, sources[pattern], pattern)
	}
	rule := regexp.MustCompile(`^(licence|starter-template|manifest|nightly-build|release)/[a-z-]+$`)
	alert := regexp.MustCompile(`^Onboard[A-Z]\w+$`)
	metric := regexp.MustCompile(`^onboard_([a-z_]+)$`)
	for name, p := range pages(t) {
		for _, span := range p.spans {
			if rule.MatchString(span) {
				assert.Contains(t, sources["docs/checks.md"], "`"+span+"`", name)
			}
			if alert.MatchString(span) {
				assert.Contains(t, sources["docs/deploy/alerts.yml"], "alert: "+span+"\n", name)
			}
			if m := metric.FindStringSubmatch(span); m != nil {
				known := strings.Contains(sources["app/metrics/*.go"], `"`+m[0]+`"`) || strings.Contains(sources["app/metrics/*.go"], `describe("`+m[1]+`"`)
				assert.True(t, known, "%s: there is no metric %s", name, span)
			}
		}
	}
}
