package main

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goreleaser is as much of .goreleaser.yaml as the tests look at.
type goreleaser struct {
	Version int
	Builds  []struct {
		Main                              string
		Env, Goos, Goarch, Flags, Ldflags []string
	}
	Archives []struct{ Files []string }
	Checksum struct {
		NameTemplate string `yaml:"name_template"`
		Algorithm    string
	}
	SBOMs   []struct{ Artifacts string } `yaml:"sboms"`
	Release struct {
		Draft  bool
		Header string
	}
}

func readYAML(t *testing.T, name string, into any) string {
	t.Helper()
	content, err := fs.ReadFile(repo, name)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, into), name)
	return string(content)
}

func TestAReleaseIsBuiltForAllPlatformsAndHoldsWhatIsNamed(t *testing.T) {
	var config goreleaser
	readYAML(t, ".goreleaser.yaml", &config)
	assert.Equal(t, 2, config.Version)
	require.Len(t, config.Builds, 1)
	build := config.Builds[0]
	_, err := fs.Stat(repo, filepath.Join(build.Main, "main.go"))
	require.NoError(t, err)
	assert.Equal(t, []string{"CGO_ENABLED=0"}, build.Env)
	assert.Equal(t, []string{"linux", "darwin", "windows"}, build.Goos)
	assert.Equal(t, []string{"amd64", "arm64"}, build.Goarch)
	assert.Equal(t, []string{"-trimpath", "-buildvcs=true"}, build.Flags)
	assert.NotContains(t, strings.Join(build.Ldflags, " "), "-X", "the version is what the toolchain notes")

	require.Len(t, config.Archives, 1)
	for _, file := range config.Archives[0].Files {
		matches, err := fs.Glob(repo, strings.ReplaceAll(file, "**/", ""))
		require.NoError(t, err)
		assert.NotEmpty(t, matches, "an archive holds %s", file)
	}
	for _, page := range []string{"LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md"} {
		assert.Contains(t, config.Archives[0].Files, page)
	}
	assert.Equal(t, "sha256", config.Checksum.Algorithm)
	require.Len(t, config.SBOMs, 1)
	assert.Equal(t, "archive", config.SBOMs[0].Artifacts)
	assert.True(t, config.Release.Draft)
	for _, page := range regexp.MustCompile(`\{\{ \.Tag \}\}/([\w./]+\.md)`).FindAllStringSubmatch(config.Release.Header, -1) {
		_, err := fs.Stat(repo, page[1])
		assert.NoError(t, err)
	}
}

// TestAttackTheReleaseWorkflowRunsOnTagsWithPinnedActionsAndLeastPermissions: what
// runs there signs what everybody installs.
func TestAttackTheReleaseWorkflowRunsOnTagsWithPinnedActionsAndLeastPermissions(t *testing.T) {
	var config goreleaser
	readYAML(t, ".goreleaser.yaml", &config)
	var workflow struct {
		On          map[string]map[string][]string
		Permissions map[string]string
		Jobs        map[string]struct {
			Needs       string
			Permissions map[string]string
			Steps       []struct {
				Uses, Run string
				With      map[string]any
			}
		}
	}
	text := readYAML(t, ".github/workflows/release.yml", &workflow)
	assert.Equal(t, map[string]map[string][]string{"push": {"tags": {"v[0-9]+.[0-9]+.[0-9]+*"}}}, workflow.On)
	assert.Equal(t, map[string]string{"contents": "read"}, workflow.Permissions)
	require.Len(t, workflow.Jobs, 2)
	assert.Empty(t, workflow.Jobs["check"].Permissions)
	assert.Equal(t, "check", workflow.Jobs["release"].Needs)
	assert.Equal(t, map[string]string{"contents": "write", "id-token": "write", "attestations": "write"}, workflow.Jobs["release"].Permissions)
	used := map[string]map[string]any{}
	for name, job := range workflow.Jobs {
		for _, step := range job.Steps {
			if step.Run != "" {
				assert.Equal(t, "bash .ci/run", step.Run, name)
				continue
			}
			action, commit, _ := strings.Cut(step.Uses, "@")
			assert.Regexp(t, `^[0-9a-f]{40}$`, commit, "%s: a tag can be moved", step.Uses)
			assert.Regexp(t, regexp.QuoteMeta(step.Uses)+` # v\d+\.\d+\.\d+\n`, text, "and says of which version it is")
			used[action] = step.With
			switch action {
			case "actions/checkout":
				assert.Equal(t, false, step.With["persist-credentials"], name)
			case "actions/setup-go":
				assert.Equal(t, map[string]any{"go-version-file": "go.mod", "cache": false}, step.With, name)
			}
		}
	}
	assert.Equal(t, "release --clean", used["goreleaser/goreleaser-action"]["args"])
	assert.Equal(t, "dist/"+config.Checksum.NameTemplate, used["actions/attest"]["subject-checksums"])
	assert.Contains(t, used, "anchore/sbom-action/download-syft", "GoReleaser makes SBOMs with it")
}

func TestTheChangelogIsInOrder(t *testing.T) {
	content, err := fs.ReadFile(repo, "CHANGELOG.md")
	require.NoError(t, err)
	heading := regexp.MustCompile(`(?m)^## (.*)$`)
	version := regexp.MustCompile(`^(Unreleased|\[?\d+\.\d+\.\d+\]? - \d{4}-\d{2}-\d{2})$`)
	kinds := []string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
	versions := heading.FindAllStringSubmatch(string(content), -1)
	require.NotEmpty(t, versions)
	assert.Equal(t, "Unreleased", versions[0][1])
	for _, v := range versions {
		assert.Regexp(t, version, v[1])
	}
	for _, kind := range regexp.MustCompile(`(?m)^### (.*)$`).FindAllStringSubmatch(string(content), -1) {
		assert.True(t, slices.Contains(kinds, kind[1]), "%s is no kind of change", kind[1])
	}
}
