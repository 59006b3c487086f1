package manifest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/onboard-app/onboard/checks"
)

// TestHostileManifestsAreRefused has manifests that would crash a server, hide
// something from one of two readers, or lead out of the plugin.
func TestHostileManifestsAreRefused(t *testing.T) {
	deep := strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000)
	member := func(json string) string { return strings.Replace(good, `"props"`, json+`, "props"`, 1) }
	tests := []struct{ name, path, manifest, rule string }{
		{"a null setting", "plugin.json", strings.Replace(good, `{"key": "Greeting"`, `null, {"key": "Greeting"`, 1), wrongType},
		{"a null option", "plugin.json", strings.Replace(good, `"type": "text"`, `"type": "radio", "options": [null]`, 1), wrongType},
		{"a null section", "plugin.json", strings.Replace(good, `"header": ""`, `"sections": [null]`, 1), wrongType},
		{"a null setting in YAML", "plugin.yaml", "id: abc\nname: a\nsettings_schema:\n  settings:\n    - ~\n", wrongType},
		{"an id that is there twice", "plugin.json", member(`"id": "com.example.other"`), duplicateKey},
		{"an id in another case", "plugin.json", member(`"ID": "com.example.other"`), duplicateKey},
		{"an id with a letter that is folded", "plugin.json", member(`"\u017fupport_url": "https://evil.example"`), duplicateKey},
		{"a key twice in the settings", "plugin.json", strings.Replace(good, `"header": ""`, `"settings": [{"type":"bool"},{"type":"bool"},{"type":"bool"}]`, 1), duplicateKey},
		{"two settings schemas", "plugin.json", member(`"settings_schema": {}`), duplicateKey},
		{"a key twice in YAML", "plugin.yml", "id: abc\nid: abd\n", duplicateKey},
		{"a second manifest behind the first", "plugin.json", good + good, syntax},
		{"values nested too deep", "plugin.json", member(`"x": ` + deep), syntax},
		{"values nested too deep for the decoder", "plugin.json", strings.Repeat(`{"a":`, 200_000), syntax},
		{"YAML aliases that grow", "plugin.yaml", "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nid: *c\n", syntax},
		{"a YAML alias of itself", "plugin.yaml", "a: &a [*a]\n", syntax},
		{"YAML nested too deep", "plugin.yaml", "a: " + deep[:400] + deep[len(deep)-400:], syntax},
		{"too many bytes", "plugin.json", good + strings.Repeat(" ", maxBytes), tooLarge},
		{"a symbolic link", "plugin.json", "-> /etc/passwd", notAFile},
		{"an executable out of the plugin", "plugin.json", strings.Replace(good, "server/dist/plugin", "../../bin/plugin", 1), unsafePath},
		{"an absolute executable", "plugin.json", strings.Replace(good, "server/dist/plugin", "/bin/plugin", 1), unsafePath},
		{"a bundle with backslashes", "plugin.json", strings.Replace(good, "webapp/dist/main.js", `..\\..\\main.js`, 1), unsafePath},
		{"an icon out of the plugin", "plugin.json", strings.Replace(good, "assets/icon.svg", "assets/../../icon.svg", 1), unsafePath},
		{"an id that is a path", "plugin.json", strings.Replace(good, "com.example.hello", "../com.example", 1), invalidID},
		{"an id with a line feed", "plugin.json", strings.Replace(good, "com.example.hello", `com.example\n`, 1), invalidID},
		{"an id that is endless", "plugin.json", strings.Replace(good, "com.example.hello", strings.Repeat("a", 100_000), 1), invalidID},
		{"a link that runs a script", "plugin.json", strings.Replace(good, "https://example.com/hello\"", `javascript:alert(1)"`, 1), invalidURL},
		{"a link with hidden characters", "plugin.json", strings.Replace(good, "https://example.com/hello\"", `https://example.com/\u202ehello"`, 1), invalidURL},
		{"a link that shows another host", "plugin.json", strings.Replace(good, "https://example.com/hello\"", `https://example.com@evil.example"`, 1), invalidURL},
		{"a NUL", "plugin.json", "\x00", syntax},
		{"UTF-16", "plugin.json", "\xff\xfe{\x00}\x00", syntax},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := plugin(map[string]string{"plugin.json": ""})
			files[test.path] = test.manifest
			result := check(t, DefaultPolicy(), files)
			assert.Equal(t, checks.Fail, result.Outcome)
			assert.True(t, slices.ContainsFunc(result.Findings, func(f checks.Finding) bool { return f.Rule == test.rule }), "%+v", result.Findings)
		})
	}
}

func TestAttackOneRuleCannotFloodTheReport(t *testing.T) {
	var b strings.Builder
	for i := range 5_000 {
		fmt.Fprintf(&b, "\"k%d\": 1,\n", i)
	}
	result := check(t, DefaultPolicy(), edited(t, `"props"`, b.String()+`"props"`))
	assert.Len(t, result.Findings, maxListed+1)
	assert.Equal(t, "There are 4980 more places like these; the first 20 are listed.", result.Findings[0].Message)
}

func TestAttackALinkInTheREADMEIsNotFollowedOutside(t *testing.T) {
	for _, target := range []string{"../../secret", "/etc/passwd", "README.md", "."} {
		assert.Equal(t, checks.Review, check(t, DefaultPolicy(), plugin(map[string]string{"README.md": "-> " + target, "SECURITY.md": "x"})).Outcome, target)
	}
}
