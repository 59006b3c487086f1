package manifest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/onboard-app/onboard/checks"
	"github.com/onboard-app/onboard/checks/checkstest"
)

// good is a manifest with nothing to say about.
const good = `{
  "id": "com.example.hello",
  "name": "Hello",
  "description": "Says hello.",
  "homepage_url": "https://example.com/hello",
  "support_url": "https://example.com/hello/issues",
  "release_notes_url": "https://example.com/hello/releases/tag/v1.2.3",
  "icon_path": "assets/icon.svg",
  "version": "1.2.3",
  "min_server_version": "9.0.0",
  "server": {
    "executables": {
      "linux-amd64": "server/dist/plugin-linux-amd64"
    }
  },
  "webapp": {
    "bundle_path": "webapp/dist/main.js"
  },
  "settings_schema": {
    "header": "",
    "settings": [
      {"key": "Greeting", "display_name": "Greeting", "type": "text", "default": "hi"}
    ]
  },
  "props": {"anything": [1, null, {"goes": true}]}
}
`

const readme = "# Hello\n\n![screenshot](docs/hello.png)\n\n## Installation\n## Configuration\n## Usage\n## Troubleshooting\n" +
	"## Help\nhttps://example.com/hello/issues\n## Development\n## Security\n"

// plugin is a plugin with nothing to say about; changes replace files, "" deletes one.
func plugin(changes map[string]string) map[string]string {
	files := map[string]string{
		"plugin.json": good, "README.md": readme, "assets/icon.svg": "<svg/>",
		"server/main.go": "package main\n\nfunc main() {}\n", "webapp/package.json": "{}",
	}
	for path, content := range changes {
		files[path] = content
		if content == "" {
			delete(files, path)
		}
	}
	return files
}

// edited is the plugin with the first old in its manifest replaced.
func edited(t testing.TB, old, replacement string) map[string]string {
	t.Helper()
	require.Contains(t, good, old)
	return plugin(map[string]string{"plugin.json": strings.Replace(good, old, replacement, 1)})
}

// check runs the check under a policy.
func check(t testing.TB, policy Policy, files map[string]string) checks.Result {
	t.Helper()
	c, err := New(policy)
	require.NoError(t, err)
	require.NoError(t, checks.Validate([]checks.Check{c}))
	result, cause := checks.Run(t.Context(), c, checkstest.Subject(files))
	require.NoError(t, cause)
	for _, f := range result.Findings {
		assert.True(t, strings.HasSuffix(f.Message, ".") && strings.HasSuffix(f.Fix, "."), "%q %q", f.Message, f.Fix)
		assert.Equal(t, checks.NewFinding(rules, f.Rule, "").Severity, f.Severity)
	}
	assert.LessOrEqual(t, len([]rune(result.Title)), 80)
	return result
}

// found lists the findings as "rule path:line".
func found(r checks.Result) []string {
	list := []string{}
	for _, f := range r.Findings {
		list = append(list, fmt.Sprintf("%s %s:%d", strings.TrimPrefix(f.Rule, "manifest/"), f.Path, f.Line))
	}
	return list
}

func TestAGoodPluginPassesWithoutAWord(t *testing.T) {
	result := check(t, DefaultPolicy(), plugin(nil))
	assert.Equal(t, checks.Pass, result.Outcome)
	assert.Empty(t, found(result))
	assert.Equal(t, "com.example.hello", result.Title)
	assert.Equal(t, map[string]any{
		"path": "plugin.json", "id": "com.example.hello", "name": "Hello", "version": "1.2.3", "min_server_version": "9.0.0",
		"links": "not looked up", "evidence": map[string]int{},
	}, result.Facts)
}

func TestFieldsOfTheManifest(t *testing.T) {
	tests := []struct{ name, old, replacement, found string }{
		{"an id with a space fails", `com.example.hello"`, `com example"`, "invalid-id plugin.json:2"},
		{"an id of two letters fails", `com.example.hello"`, `ab"`, "invalid-id plugin.json:2"},
		{"a missing id fails", `"id": "com.example.hello",`, ``, "missing-field plugin.json:1"},
		{"a reserved prefix is noted", `com.example.hello"`, `COM.Mattermost.hello"`, "reserved-id plugin.json:2"},
		{"a blank name fails", `"Hello"`, `"  "`, "missing-field plugin.json:3"},
		{"an empty description fails", `"Says hello."`, `""`, "missing-field plugin.json:4"},
		{"a null description fails", `"Says hello."`, `null`, "missing-field plugin.json:4"},
		{"a missing version is normal", `"version": "1.2.3",`, ``, ""},
		{"an empty version is normal", `"version": "1.2.3"`, `"version": ""`, ""},
		{"a version with a v fails", `"version": "1.2.3"`, `"version": "v1.2.3"`, "invalid-version plugin.json:9"},
		{"a missing min_server_version fails", `"min_server_version": "9.0.0",`, ``, "missing-field plugin.json:1"},
		{"a short min_server_version fails", `"9.0.0"`, `"9.0"`, "invalid-version plugin.json:10"},
		{"a missing homepage is noted", `"homepage_url": "https://example.com/hello",`, ``, "recommended-field plugin.json:1"},
		{"a missing support_url fails", `"support_url": "https://example.com/hello/issues",`, ``, "missing-field plugin.json:1"},
		{"http fails", `"https://example.com/hello"`, `"http://example.com/hello"`, "invalid-url plugin.json:5"},
		{"an address that is none fails", `"https://example.com/hello"`, `"example.com"`, "invalid-url plugin.json:5"},
		{"an address without a host fails", `"https://example.com/hello"`, `"https:///hello"`, "invalid-url plugin.json:5"},
		{"an address with a password fails", `"https://example.com/hello"`, `"https://me:pw@example.com/hello"`, "invalid-url plugin.json:5"},
		{"an address with a space fails", `"https://example.com/hello"`, `"https://example.com/he llo"`, "invalid-url plugin.json:5"},
		{"release notes of another version are noted", `tag/v1.2.3`, `tag/v1.2.2`, "release-notes plugin.json:7"},
		{"an icon that is nowhere fails", `assets/icon.svg`, `assets/logo.svg`, "icon-file plugin.json:8"},
		{"an icon that the build must copy is noted", `assets/icon.svg`, `public/icon.svg`, "icon-elsewhere plugin.json:8"},
		{"an icon that is no picture fails", `assets/icon.svg`, `server/main.go`, "icon-file plugin.json:8"},
		{"a missing icon is noted", `"icon_path": "assets/icon.svg",`, ``, "recommended-field plugin.json:1"},
		{"a server without linux-amd64 fails", `linux-amd64"`, `darwin-arm64"`, "no-executable plugin.json:12"},
		{"a server part that is not declared is for a person", `"server": {`, `"servers": {`, "undeclared-part plugin.json:1|unknown-key plugin.json:11"},
		{"a webapp that is not declared is for a person", `"bundle_path": "webapp/dist/main.js"`, ``, "undeclared-part plugin.json:16"},
		{"an unknown key is noted", `"key": "Greeting"`, `"ky": "Greeting"`, "unknown-key plugin.json:22"},
		{"a key in capitals is noted", `"description"`, `"Description"`, "unknown-key plugin.json:4"},
		{"a number for a text fails", `"Says hello."`, `7`, "wrong-type plugin.json:4"},
		{"a text for a list fails", `[
      {"key": "Greeting", "display_name": "Greeting", "type": "text", "default": "hi"}
    ]`, `"Greeting"`, "wrong-type plugin.json:21"},
		{"a number for an executable fails", `"server/dist/plugin-linux-amd64"`, `1`, "wrong-type plugin.json:13"},
		{"an unknown type of setting is only noted", `"type": "text"`, `"type": "txt"`, "settings-schema plugin.json:22"},
		{"a key that is there twice fails", `"name": "Hello",`, `"name": "Hello", "name": "Hello",`, "duplicate-key plugin.json:3"},
		{"a trailing comma fails on its line", `{"goes": true}]}`, `{"goes": true}]},`, "syntax plugin.json:25"},
		{"a comment fails on its line", `"name": "Hello",`, "// me\n\"name\": \"Hello\",", "syntax plugin.json:3"},
		{"a missing bracket fails at the end", "true}]}\n}\n", "true}]}\n", "syntax plugin.json:25"},
		{"a second value fails", "true}]}\n}\n", "true}]}\n}\n{}\n", "syntax plugin.json:27"},
		{"a byte order mark fails", "{\n  \"id\"", "\ufeff{\n  \"id\"", "syntax plugin.json:1"},
		{"Latin-1 fails on its line", "Says hello.", "Salut \xe9", "syntax plugin.json:4"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := check(t, DefaultPolicy(), edited(t, test.old, test.replacement))
			assert.Equal(t, test.found, strings.Join(found(result), "|"), "%+v", result.Findings)
			switch {
			case strings.HasSuffix(test.name, "normal"), strings.HasSuffix(test.name, "noted"):
				assert.Equal(t, checks.Pass, result.Outcome)
			case strings.HasSuffix(test.name, "for a person"):
				assert.Equal(t, checks.Review, result.Outcome)
			default:
				assert.Equal(t, checks.Fail, result.Outcome)
			}
		})
	}
}

func TestFilesOfThePlugin(t *testing.T) {
	tests := []struct {
		name    string
		changes map[string]string
		outcome checks.Outcome
		found   string
	}{
		{"no manifest fails", map[string]string{"plugin.json": ""}, checks.Fail, "missing :0|readme-support"},
		{"a manifest below the root is none", map[string]string{"plugin.json": "", "server/plugin.json": good}, checks.Fail, "missing :0"},
		{"an empty manifest fails", map[string]string{"plugin.json": " "}, checks.Fail, "syntax plugin.json:1"},
		{"a manifest that is a list fails", map[string]string{"plugin.json": "\n[]"}, checks.Fail, "wrong-type plugin.json:2"},
		{"a manifest in YAML passes", map[string]string{"plugin.json": "", "plugin.yaml": yamlOf(good)}, checks.Pass, ""},
		{"YAML is reported on its line", map[string]string{"plugin.json": "", "plugin.yaml": strings.Replace(yamlOf(good), "9.0.0", "9.0", 1)}, checks.Fail, "invalid-version plugin.yaml:9"},
		{"YAML keys have their own case", map[string]string{"plugin.json": "", "plugin.yml": strings.Replace(yamlOf(good), "name:", "Name:", 1)}, checks.Fail, "missing-field plugin.yml:1|unknown-key plugin.yml:2"},
		{"broken YAML fails on its line", map[string]string{"plugin.json": "", "plugin.yaml": "id: a\nname: [\n"}, checks.Fail, "syntax plugin.yaml:2"},
		{"two manifests fail", map[string]string{"plugin.yml": yamlOf(good)}, checks.Fail, "several plugin.json:0"},
		{"no README fails", map[string]string{"README.md": "", "SECURITY.md": "Tell us."}, checks.Fail, "missing-readme :0"},
		{"a README in .github is one", map[string]string{"README.md": "", ".github/README.md": readme}, checks.Pass, ""},
		{"a README that is a link to docs is read", map[string]string{"README.md": "-> docs/start.md", "docs/start.md": readme}, checks.Pass, ""},
		{"a README that leads nowhere is for a person", map[string]string{"README.md": "-> /etc/passwd", "SECURITY.md": "x"}, checks.Review, "readme-unread README.md:0"},
		{"a README without a picture is noted", map[string]string{"README.md": strings.Replace(readme, "![screenshot](docs/hello.png)", "![b](https://img.shields.io/x.svg)", 1)}, checks.Pass, "readme-image README.md:0"},
		{"headings in code do not count", map[string]string{"README.md": strings.Replace(readme, "## Usage\n", "```\n## Usage\n```\n", 1)}, checks.Pass, "readme-headings README.md:0"},
		{"underlined headings count", map[string]string{"README.md": strings.Replace(readme, "## Usage\n", "Usage\n-----\n", 1)}, checks.Pass, ""},
		{"a README without the support address is noted", map[string]string{"README.md": strings.Replace(readme, "/issues", "", 1)}, checks.Pass, "readme-support README.md:0"},
		{"no security contact is noted", map[string]string{"README.md": strings.Replace(readme, "## Security", "", 1)}, checks.Pass, "security-contact :0"},
		{"a security policy in .github is one", map[string]string{"README.md": strings.Replace(readme, "## Security", "", 1), ".github/SECURITY.md": "x"}, checks.Pass, ""},
		{"a server without a folder is for a person", map[string]string{"server/main.go": ""}, checks.Review, "missing-folder plugin.json:11"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := check(t, DefaultPolicy(), plugin(test.changes))
			assert.Equal(t, test.outcome, result.Outcome, "%+v", result.Findings)
			if test.outcome != checks.Fail || !strings.HasPrefix(test.found, "missing :0") {
				assert.Equal(t, test.found, strings.Join(found(result), "|"), "%+v", result.Findings)
			} else {
				assert.Equal(t, "missing :0", found(result)[0])
			}
		})
	}
}

// yamlOf writes the members of the good manifest as YAML, one a line: JSON is
// the flow style of YAML.
func yamlOf(manifest string) string {
	lines := strings.Split(strings.TrimSpace(manifest), "\n")
	flat := strings.Join(lines[1:len(lines)-1], "\n")
	var b strings.Builder
	depth := 0
	for line := range strings.Lines(flat) {
		trimmed := strings.TrimSpace(line)
		if depth == 0 {
			key, rest, _ := strings.Cut(trimmed, ": ")
			trimmed = strings.Trim(key, `"`) + ": " + rest
		}
		depth += strings.Count(trimmed, "{") + strings.Count(trimmed, "[") - strings.Count(trimmed, "}") - strings.Count(trimmed, "]")
		if depth == 0 {
			trimmed = strings.TrimSuffix(trimmed, ",") + "\n"
		}
		b.WriteString(trimmed)
	}
	return b.String()
}

func TestSettingsAreReportedOneByOne(t *testing.T) {
	manifest := strings.Replace(good, `"settings": [`, `"sections": [
      {"key": "",
       "settings": [
        {"key": "a", "type": "bool"},
        {"key": "b", "type": "bool", "placeholder": "x"}]}
    ],
    "settings": [
      {"key": "c", "type": "odd"},`, 1)
	result := check(t, DefaultPolicy(), plugin(map[string]string{"plugin.json": manifest}))
	assert.Equal(t, checks.Pass, result.Outcome)
	assert.Equal(t, []string{"settings-schema plugin.json:22", "settings-schema plugin.json:25", "settings-schema plugin.json:28"}, found(result))
}

func TestThePolicyDecidesWhatIsRequired(t *testing.T) {
	bare := plugin(map[string]string{"plugin.json": `{"id": "com.example.hello", "name": "Hello", "server": {"executable": "server/x"}, "webapp": {"bundle_path": "webapp/x"}}`})
	assert.Equal(t, checks.Pass, check(t, Policy{}, bare).Outcome)
	assert.Equal(t, []string{"missing-field plugin.json:1"}, found(check(t, Policy{Required: []string{"icon_path"}}, bare)))
	for name, policy := range map[string]Policy{
		`no field "icon"`: {Required: []string{"icon"}},
		"twice":           {Required: []string{"version"}, Recommended: []string{"version"}},
		"is empty":        {Reserved: []Reserved{{}}},
	} {
		_, err := New(policy)
		assert.ErrorContains(t, err, name)
	}
}

func TestAttackAReservedIDIsForItsOwnersOnly(t *testing.T) {
	for id, want := range map[string]bool{
		"com.mattermost.hello": false, "COM.MatterMost.hello": false, "com.example.hello": true, "com.mattermostx": true, "com.mattermost": true,
	} {
		_, allowed := DefaultPolicy().ReservedFor(id, "mallory")
		assert.Equal(t, want, allowed, id)
		_, allowed = DefaultPolicy().ReservedFor(id, "Mattermost")
		assert.True(t, allowed, id)
	}
}

// answers is a Fetcher with prepared answers.
type answers map[string]int

func (a answers) Status(_ context.Context, address string) (int, error) {
	status, ok := a[address]
	if !ok {
		return 0, errors.New("connection reset")
	}
	return status, nil
}

func TestLinksAreLookedUpIfThePolicyCan(t *testing.T) {
	policy := DefaultPolicy()
	policy.Links = answers{"https://example.com/hello": 200, "https://example.com/hello/issues": 200, "https://example.com/hello/releases/tag/v1.2.3": 404}
	result := check(t, policy, plugin(nil))
	assert.Equal(t, []string{"broken-url plugin.json:7"}, found(result))
	assert.Equal(t, "looked up", result.Facts["links"])
}

func TestFaultWhatCannotBeReadIsAnError(t *testing.T) {
	for _, path := range []string{"plugin.json", "README.md", "assets/icon.svg", "server/main.go", "webapp/package.json"} {
		t.Run(path, func(t *testing.T) {
			s := checkstest.Subject(plugin(nil))
			read := s.Read
			s.Read = func(ctx context.Context, file checks.File, limit int64) ([]byte, error) {
				if file.Path == path {
					return nil, errors.New("connection reset")
				}
				return read(ctx, file, limit)
			}
			c, err := New(DefaultPolicy())
			require.NoError(t, err)
			result, cause := checks.Run(t.Context(), c, s)
			assert.Equal(t, checks.Error, result.Outcome)
			assert.ErrorContains(t, cause, "connection reset")
			assert.ErrorContains(t, cause, path)
		})
	}
	t.Run("a link", func(t *testing.T) {
		c, err := New(Policy{Links: answers{}})
		require.NoError(t, err)
		result, cause := checks.Run(t.Context(), c, checkstest.Subject(plugin(nil)))
		assert.Equal(t, checks.Error, result.Outcome)
		assert.ErrorContains(t, cause, `look up homepage_url "https://example.com/hello"`)
	})
}

func BenchmarkManifest(b *testing.B) {
	files := plugin(nil)
	for i := range 60 {
		files[fmt.Sprintf("server/file%d.go", i)] = "package main\n" + strings.Repeat("func f(a, b int) int { return a + b*2 }\n", 200)
	}
	c, err := New(DefaultPolicy())
	require.NoError(b, err)
	s := checkstest.Subject(files)
	for b.Loop() {
		if _, err := checks.Run(b.Context(), c, s); err != nil {
			b.Fatal(err)
		}
	}
}
